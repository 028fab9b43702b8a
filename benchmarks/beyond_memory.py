"""Tables larger than memory: what reading, encoding and training take, streamed and in memory.

    python -m benchmarks.beyond_memory --rows 1000000 10000000 --memory 1GB --folder somewhere

The rows are those of `benchmarks.large_table`, written some at a time. Each line is a process of its own:
`load_tables` with `memory` on a file without cache files and again with them, then epochs of one network on
blocks. Beside them the same network, order and rows in memory, in turns with the blocks in one process; the
parameters have to be the same to the bit. The peak is that of resident memory, less what the process had
when everything was imported. The files are read before, so that their pages are cached.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.large_table import columns_of

_LAYERS = (128, 64)
_BATCH = 256
_ROWS_AT_A_TIME = 200_000
# Of rows that are trained on in memory, too: more would need more memory than small machines have.
_MOST_IN_MEMORY = 2_000_000
_TURNS = 5


def written(path: Path, rows: int) -> Path:
    """Write the table, unless it is there.

    Args:
        path: of the CSV file.
        rows: how many.
    """
    import pyarrow as pa
    from pyarrow import csv

    if path.exists():
        return path
    rng = np.random.default_rng(0)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        for start in range(0, rows, _ROWS_AT_A_TIME):
            part = pa.table(columns_of(rng, min(_ROWS_AT_A_TIME, rows - start)))
            csv.write_csv(part, file, csv.WriteOptions(include_header=start == 0))
    temporary.replace(path)
    return path


def measured(path: Path, memory: int, epochs: int, compares: bool) -> dict[str, float]:
    """What loading and training take in this process.

    Args:
        path: of the table.
        memory: see `load_tables`.
        epochs: of each training.
        compares: whether to train in memory, too.
    """
    import pyarrow.compute
    import pyarrow.csv  # noqa: F401 - so that it counts as imported

    from pellucid import Network, TrainingOptions, train
    from pellucid.data.load_table import load_tables
    from pellucid.optimizer import Optimizer
    from pellucid.training.order import WindowOrder
    from pellucid.training.streaming import order_for, window_for

    how: dict[str, Any] = {"target": "y", "dtype": "float32", "encoded": True}
    before = _peak()
    started = time.perf_counter()
    tables = load_tables(path, memory=memory, **how)
    found = {"load": time.perf_counter() - started}
    data, adam = tables.train, Optimizer("adam")
    network = Network((data.n_x, *_LAYERS, 1))
    options = TrainingOptions(epochs, 1e-3, _BATCH, rng=1, optimizer=adam)
    window = window_for(data.checked(network), network, _BATCH, adam)
    order = order_for(data, _BATCH, 0, window)
    assert isinstance(order, WindowOrder)  # the data are stored

    def trained(examples: Any) -> tuple[float, float, Any]:
        wall, cpu = time.perf_counter(), time.process_time()
        end = train(network, examples, options, order=order, judged=False, tested=False)
        return time.perf_counter() - wall, time.process_time() - cpu, end.parameters

    wall, cpu, parameters = trained(data)
    found |= {"rows": data.m, "wall": wall, "cpu": cpu, "peak": _peak() - before}
    if compares:
        whole, times = load_tables(path, **how).train, []
        for _ in range(_TURNS):
            in_memory, streamed = trained(whole), trained(data)
            times.append((*in_memory[:2], *streamed[:2]))
            same = all(np.array_equal(value, parameters[name]) for name, value in in_memory[2].items())
            assert same, "blocks gave other parameters than memory"
        names = ("memory wall", "memory cpu", "wall", "cpu")
        found |= dict(zip(names, np.min(times, axis=0).tolist(), strict=True))
    return found


def _peak() -> int:
    """The most resident memory of this process so far, in bytes."""
    # Not `ru_maxrss`, which begins with that of the parent.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _in_a_child(arguments: Sequence[str]) -> dict[str, float]:
    from benchmarks.child import ROOT, ChildError, with_bytecode

    command = [sys.executable, "-m", "benchmarks.beyond_memory", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=with_bytecode(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ChildError((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each number of rows and say what it took."""
    from pellucid.data.options import DataOptions

    parser = argparse.ArgumentParser(
        "python -m benchmarks.beyond_memory", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("build") / "beyond-memory")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--compares", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    memory = DataOptions(memory=asked.memory).memory
    asked.folder.mkdir(parents=True, exist_ok=True)
    folder = asked.folder.absolute()
    if asked.child:
        path = folder / f"rows-{asked.rows[0]}.csv"
        print(json.dumps(measured(path, memory or 0, asked.epochs, asked.compares)))
        return
    print("| rows | read and encoded | read again | epoch, for a row | in memory | speed | peak |")
    print("|---|---|---|---|---|---|---|")
    for rows in asked.rows:
        path = written(folder / f"rows-{rows}.csv", rows)
        for cached in (path.parent / f"{path.name}.pellucid-cache").glob("*"):
            cached.unlink()
        # The bound is below what the table takes, whatever its size.
        bound = str(min(memory or 0, rows * 250))
        how = ["--child", "--rows", str(rows), "--memory", bound, "--folder", str(folder)]
        how += ["--epochs", str(asked.epochs)]
        first = _in_a_child(how)
        again = _in_a_child([*how, "--compares"] if rows <= _MOST_IN_MEMORY else how)
        each = 1e6 / (asked.epochs * again["rows"])
        beside, speed = "-", "-"
        if "memory wall" in again:
            beside = f"{each * again['memory wall']:.2f} us, {each * again['memory cpu']:.2f} us of CPU"
            ratios = (again[f"memory {kind}"] / again[kind] for kind in ("wall", "cpu"))
            speed = "{:.0%}, {:.0%} by CPU".format(*ratios)
        print(
            f"| {rows:,} | {first['load']:.1f} s | {again['load']:.1f} s | "
            f"{each * again['wall']:.2f} us, {each * again['cpu']:.2f} us of CPU | {beside} | {speed} | "
            f"{first['peak'] / 1e6:.0f} MB of {int(bound) / 1e6:.0f} MB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
