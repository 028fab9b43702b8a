"""A table of a million rows: read, trained with defaults and saved, beside scikit-learn's boosting.

    python -m benchmarks.large_table --rows 1000000 --folder somewhere

The rows are made: 24 standard normal numbers, a city of 200, a date of 1,500 days, a zip code of five
digits with zeros in front, and y from x0 x1 + sin(3 x2) + 0.5 x3 and noise. Each side is a process of its
own, timed from outside with its imports: `pellucid train --no-plots` from the file to the saved model and
its report, and pyarrow's reader, OrdinalEncoder, days for dates and HistGradientBoostingClassifier, from
the file to the area on the same share of test rows. They go in turns.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

_NUMBERS = 24


class Taken(NamedTuple):
    """What one process took.

    Attributes:
        seconds: from its start to its end.
        memory: bytes at most.
        auc: of its test rows.
    """

    seconds: float
    memory: int
    auc: float


def written(path: Path, rows: int, seed: int = 0) -> Path:
    """Write the table, unless it is there.

    Args:
        path: of the CSV file.
        rows: how many.
        seed: of the numbers.
    """
    import pyarrow as pa
    from pyarrow import csv

    if path.exists():
        return path
    csv.write_csv(pa.table(columns_of(np.random.default_rng(seed), rows)), path)
    return path


def columns_of(rng: np.random.Generator, rows: int) -> dict[str, Any]:
    """Rows of the table, by column.

    Args:
        rng: that they are drawn from.
        rows: how many.
    """
    X = rng.normal(size=(rows, _NUMBERS)).astype(np.float32)
    signal = X[:, 0] * X[:, 1] + np.sin(3 * X[:, 2]) + 0.5 * X[:, 3] + 0.5 * rng.normal(size=rows)
    columns: dict[str, Any] = {f"x{i}": X[:, i] for i in range(_NUMBERS)}
    columns["city"] = np.char.add("city ", rng.integers(0, 200, rows).astype(str))
    columns["day"] = np.datetime_as_string(np.datetime64("2019-01-01") + rng.integers(0, 1500, rows))
    columns["zip"] = np.char.zfill(rng.integers(500, 1500, rows).astype(str), 5)
    columns["y"] = np.where(signal > 0, "yes", "no")
    return columns


def boosted(path: Path) -> float:
    """The ROC area of boosting on a fifth of the rows."""
    import pyarrow as pa
    from pyarrow import csv
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import OrdinalEncoder

    table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types={"zip": pa.string()}))
    days = table["day"].cast(pa.date32()).cast(pa.int32())
    numbers = np.column_stack([*(table[f"x{i}"].to_numpy() for i in range(_NUMBERS)), days.to_numpy()])
    texts = np.column_stack([table[name].to_numpy(zero_copy_only=False) for name in ("city", "zip")])
    # It takes at most 255 categories.
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=254)
    X = np.hstack([numbers, encoder.fit_transform(texts)])
    y = table["y"].to_numpy(zero_copy_only=False) == "yes"
    train, test = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, random_state=0)
    places = [_NUMBERS + 1, _NUMBERS + 2]
    fitted = HistGradientBoostingClassifier(categorical_features=places).fit(X[train], y[train])
    return float(roc_auc_score(y[test], fitted.predict_proba(X[test])[:, 1]))


def taken(side: str, path: Path, folder: Path) -> Taken:
    """Run one side once.

    Args:
        side: "ours" or "boosting".
        path: of the table.
        folder: where ours leaves its run.

    Raises:
        ChildError: the process failed; the message is the last line it wrote.
    """
    from benchmarks.child import ROOT, ChildError, with_bytecode

    ours = [
        "-m",
        "pellucid",
        "train",
        str(path),
        "--target",
        "y",
        "--out",
        str(folder),
        "--no-plots",
        "--json",
    ]
    theirs = ["-m", "benchmarks.large_table", "--boosting", str(path)]
    command = [sys.executable, *(ours if side == "ours" else theirs)]
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env=with_bytecode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None  # they are pipes
        assert process.stderr is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds, errors = time.perf_counter() - started, process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise ChildError((errors.strip().splitlines() or ["it said nothing"])[-1])
    answer: Any = json.loads(said)
    auc = answer["figures"]["roc_auc"] if side == "ours" else answer
    return Taken(seconds, used.ru_maxrss * 1024, auc)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both sides in turns and say what they took."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.large_table", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("build") / "large-table")
    parser.add_argument("--boosting", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.boosting is not None:
        print(json.dumps(boosted(asked.boosting)))
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    folder = asked.folder.absolute()
    path = written(folder / f"rows-{asked.rows}.csv", asked.rows)
    print(
        f"{asked.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB\n\n| side | seconds | memory | ROC area |"
    )
    print("|---|---|---|---|")
    for _ in range(asked.repeats):
        for side in ("ours", "boosting"):
            run = folder / f"run-{time.time_ns()}"
            one = taken(side, path, run)
            print(f"| {side} | {one.seconds:.1f} | {one.memory / 1e9:.2f} GB | {one.auc:.4f} |", flush=True)


if __name__ == "__main__":
    main()
