"""A table from its file to the probabilities of its test rows: our defaults, scikit-learn's two ways.

In the document, as "adult": a list of title, samples (seconds: reading, preparing, training, predicting;
not what is imported before), median, auc (of the test file), failed.
"""

import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.child import answers_in_turn

_TARGET = "income"


def _ours(folder: Path, **how: Any) -> tuple[Any, Any]:
    from pellucid import fit_model, load_tables

    tables = load_tables(
        folder / "adult-train.csv", folder / "adult-test.csv", target=_TARGET, dtype="float32", encoded=True
    )
    model = fit_model(tables.train, scale=tables.target.scale, **how).model
    return model.evaluate(tables.test).probabilities[:, 1], tables.test.labels


def _alone(folder: Path) -> tuple[Any, Any]:
    return _ours(folder, search="none", members=1)


def _frames(folder: Path) -> tuple[Any, ...]:
    import pandas as pd

    found: list[Any] = []
    for part in ("train", "test"):
        frame = pd.read_csv(folder / f"adult-{part}.csv", na_values="?", skipinitialspace=True)
        found += [frame.drop(columns=_TARGET), frame[_TARGET].to_numpy(str) == ">50K"]
    return tuple(found)


def _their_network(folder: Path) -> tuple[Any, Any]:
    """The default MLP behind what its guide asks for: categories one-hot, numbers standardised."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    X, y, X_test, y_test = _frames(folder)
    numbers = X.select_dtypes("number").columns
    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        remainder=OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    fitted = make_pipeline(prepared, MLPClassifier(random_state=0)).fit(X, y)
    return fitted.predict_proba(X_test)[:, 1], y_test


def _boosting(folder: Path) -> tuple[Any, Any]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, y, X_test, y_test = _frames(folder)
    texts = X.select_dtypes(exclude="number").columns
    for frame in (X, X_test):
        frame[texts] = frame[texts].astype("category")
    fitted = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0).fit(X, y)
    return fitted.predict_proba(X_test)[:, 1], y_test


_WAYS: dict[str, tuple[str, Callable[[Path], tuple[Any, Any]]]] = {
    "ours": ("Pellucid, `pellucid train --search none --members 1`", _alone),
    "searched": ("Pellucid, `pellucid train`: five settings compared, four members", _ours),
    "theirs": ("scikit-learn's MLPClassifier, default, in a pipeline", _their_network),
    "boosting": ("scikit-learn's HistGradientBoostingClassifier, default", _boosting),
}


def answered(job: dict[str, Any]) -> dict[str, Any]:
    """A worker's job: the whole way, and how good the answers are.

    Args:
        job: "side", one of `_WAYS`; "data", the folder of data.
    """
    import pandas as pd  # noqa: F401 - what is imported is not timed, but for what each loads late
    from sklearn.metrics import roc_auc_score

    way = _WAYS[job["side"]][1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.perf_counter()
        probabilities, truth = way(Path(job["data"]) / "tables")
        took = time.perf_counter() - started
    return {"seconds": took, "auc": float(roc_auc_score(np.asarray(truth), probabilities))}


def adult_job(side: str, data: Path, threads: int) -> dict[str, Any]:
    """The job that goes one way once; see `answered`."""
    return {"job": "adult", "side": side, "data": str(data), "threads": threads}


def measured_adult(
    repeats: int, threads: int, data: Path, progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Measure, the ways in turn. Arguments: `measured_drop_in`'s."""
    jobs = {side: adult_job(side, data, threads) for side in _WAYS}
    answers = answers_in_turn(jobs, repeats, lambda line: progress(f"adult, {line}"))
    rows = []
    for side, (title, _) in _WAYS.items():
        samples = [answer["seconds"] for answer in answers[side].found]
        rows.append(
            {
                "title": title,
                "samples": samples,
                "median": statistics.median(samples) if samples else None,
                "auc": answers[side].found[0]["auc"] if samples else None,
                "failed": answers[side].failed,
            }
        )
    return rows
