"""One fit of many: a table split, its training rows fitted by a contender's defaults, its test rows scored.

Every contender gets the same two CSV files, and what its guide asks for. A column of which all values are
numbers is one of numbers, unless it is listed as codes:

    ours             the files, as `pellucid train` reads them
    hgb              categories by their type, of more than the 255 that it allows their order as numbers
    lightgbm         categories by their type; missing values as they are, like hgb
    catboost         categories by name, as texts, a missing one as a text; missing numbers as they are
    mlp, linear      numbers standardised, a missing one the mean and an indicator; categories one-hot, with
                     missing ones; the targets of the network's regression standardised
    realmlp, tabm    categories by their type; a missing number the mean
"""

import csv
import importlib
import math
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.errors import BenchmarkError
from benchmarks.many_sources import MISSING, RealTable, read_texts, with_frequent_classes

Floats = np.ndarray[Any, Any]

_TEST_SHARE = 0.25
# Of the classes of a table that was cut: with fewer rows a split by class may leave one side without any.
_LEAST_AFTER_CUT = 4
# scikit-learn's boosting allows as many categories; its guide says to take the order of more for numbers.
_MOST_CATEGORIES = 255


@dataclass(frozen=True)
class Split:
    """Two CSV files, and what is to be known of them.

    Attributes:
        train: the file to fit to.
        test: the file to predict.
        table: what it is.
        texts: its columns of categories.
        classes: those of the rows, in alphabetical order; empty where numbers are predicted.
        rows: of the training file.
        columns: beside the target.
    """

    train: Path
    test: Path
    table: RealTable
    texts: tuple[str, ...]
    classes: tuple[str, ...]
    rows: int
    columns: int

    def frames(self) -> tuple[Any, Any, Any]:
        """(X, y, X of the test file) as pandas reads them: categories as texts, numbers as float64."""
        train, test = self._read(self.train), self._read(self.test)
        target = self.table.target
        return train.drop(columns=target), train[target].to_numpy(), test.drop(columns=target)

    def truth(self) -> Floats:
        """The targets of the test file."""
        found: Floats = self._read(self.test)[self.table.target].to_numpy()
        return found

    def _read(self, path: Path) -> Any:
        import pandas as pd

        with path.open(encoding="utf-8", newline="") as file:
            names = next(csv.reader(file))
        texts = {*self.texts, *([self.table.target] if self.classes else [])}
        types = {name: object if name in texts else np.float64 for name in names}
        return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[*MISSING])


def split_of(path: Path, table: RealTable, seed: int, most_rows: int | None, folder: Path) -> Split:
    """Split a table into two files, by class where classes are predicted.

    Args:
        path: its CSV file.
        table: what it is.
        seed: of the split.
        most_rows: so many rows are taken of a larger table, by class; None: all.
        folder: where the files go.
    """
    from sklearn.model_selection import train_test_split

    frame, target = read_texts(path), table.target
    by_class = table.task != "numbers"

    def parted(rows: Any, size: float) -> list[Any]:
        labels = rows[target] if by_class else None
        found: list[Any] = train_test_split(rows, test_size=size, random_state=seed, stratify=labels)
        return found

    if by_class:
        frame = with_frequent_classes(frame, target)
    if most_rows is not None and len(frame) > most_rows:
        frame = parted(frame, most_rows)[1]
        if by_class:
            frame = with_frequent_classes(frame, target, _LEAST_AFTER_CUT)
    parts = parted(frame, _TEST_SHARE)
    files = folder / "train.csv", folder / "test.csv"
    for file, part in zip(files, parts, strict=True):
        part.to_csv(file, index=False)
    texts = [name for name in frame.columns if name != target and _is_text(frame[name])]
    return Split(
        *files,
        table,
        tuple(dict.fromkeys([*texts, *table.codes])),
        tuple(sorted(set(frame[target]))) if by_class else (),
        len(parts[0]),
        frame.shape[1] - 1,
    )


def _is_text(column: Any) -> bool:
    import pandas as pd

    found = column[~column.isin(MISSING)]
    return bool(pd.to_numeric(found, errors="coerce").isna().any())


@dataclass(frozen=True)
class Way:
    """A contender on its way from the files to its answers.

    Attributes:
        split: the files.
        seed: of the contender.
        threads: for the contender.
        notes: what it said, to be kept with the result.
    """

    split: Split
    seed: int
    threads: int
    notes: list[str]

    def chosen(self, module: str, classifier: str, regressor: str, **given: Any) -> Any:
        """The estimator for the task."""
        name = classifier if self.split.classes else regressor
        return getattr(importlib.import_module(module), name)(**given)

    def answers(self, fitted: Any, X: Any) -> Floats:
        """Numbers, or the probabilities of `Split.classes`, a column each."""
        if not self.split.classes:
            return np.asarray(fitted.predict(X), np.float64).ravel()
        return _in_columns(fitted.predict_proba(X), fitted.classes_, self.split.classes)


def _in_columns(probabilities: Any, names: Sequence[Any], classes: Sequence[str]) -> Floats:
    found = np.asarray(probabilities, np.float64)
    columns = np.zeros((len(found), len(classes)))
    for column, name in zip(found.T, names, strict=True):
        columns[:, classes.index(str(name))] = column
    return columns


def _ours(way: Way, search: str) -> Floats:
    from pellucid.data.load_table import load_tables
    from pellucid.modelling import fit_model

    split, table = way.split, way.split.table
    task = "classification" if split.classes else "regression"
    how: dict[str, Any] = {"target": table.target, "task": task, "categorical": table.codes}
    tables = load_tables(split.train, split.test, dtype="float32", encoded=True, **how)
    fitted = fit_model(tables.train, scale=tables.target.scale, seed=way.seed, search=search)
    found = fitted.model.evaluate(tables.test)
    way.notes.extend(tables.noticed)
    if fitted.searched is not None:
        tried, chosen = len(fitted.searched.table), fitted.searched.chosen
        way.notes.append(f"setting {chosen} of {tried}: {fitted.searched.reason}")
    if not split.classes:
        return np.asarray(found.predicted[0], np.float64)
    return _in_columns(found.probabilities, found.classes, split.classes)


def _typed(way: Way, most: int | None = None) -> tuple[Any, Any, Any]:
    """`Split.frames` with categories by their type; where there are more than `most`, as their order."""
    import pandas as pd

    X, y, X_test = way.split.frames()
    for name in way.split.texts:
        known = pd.Categorical(X[name]).categories
        for frame in (X, X_test):
            found = pd.Series(pd.Categorical(frame[name], categories=known), index=frame.index)
            if most is not None and len(known) > most:
                found = found.cat.codes.astype(np.float64).replace(-1.0, np.nan)
            frame[name] = found
    return X, y, X_test


def _hgb(way: Way) -> Floats:
    X, y, X_test = _typed(way, _MOST_CATEGORIES)
    names = "HistGradientBoostingClassifier", "HistGradientBoostingRegressor"
    given: dict[str, Any] = {"categorical_features": "from_dtype", "random_state": way.seed}
    return way.answers(way.chosen("sklearn.ensemble", *names, **given).fit(X, y), X_test)


def _lightgbm(way: Way) -> Floats:
    X, y, X_test = _typed(way)
    for frame in (X, X_test):
        # It refuses some characters in names.
        frame.columns = [f"x{j}" for j in range(frame.shape[1])]
    given = {"n_jobs": way.threads, "random_state": way.seed, "verbose": -1}
    model = way.chosen("lightgbm", "LGBMClassifier", "LGBMRegressor", **given)
    return way.answers(model.fit(X, y), X_test)


def _catboost(way: Way) -> Floats:
    X, y, X_test = way.split.frames()
    for name in way.split.texts:
        for frame in (X, X_test):
            frame[name] = frame[name].fillna("missing")
    given: dict[str, Any] = {"thread_count": way.threads, "random_seed": way.seed, "verbose": False}
    given |= {"allow_writing_files": False, "cat_features": [*way.split.texts]}
    model = way.chosen("catboost", "CatBoostClassifier", "CatBoostRegressor", **given)
    return way.answers(model.fit(X, y), X_test)


def _encoded(way: Way) -> tuple[Any, Any, Any]:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    X, y, X_test = way.split.frames()
    numbers = [name for name in X.columns if name not in way.split.texts]
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), [*way.split.texts]),
    )
    return encode.fit_transform(X), y, encode.transform(X_test)


def _mlp(way: Way) -> Floats:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    X, y, X_test = _encoded(way)
    model = way.chosen("sklearn.neural_network", "MLPClassifier", "MLPRegressor", random_state=way.seed)
    if not way.split.classes:
        model = TransformedTargetRegressor(model, transformer=StandardScaler())
    return way.answers(model.fit(X, y), X_test)


def _linear(way: Way) -> Floats:
    X, y, X_test = _encoded(way)
    given = {"max_iter": 1000} if way.split.classes else {}
    model = way.chosen("sklearn.linear_model", "LogisticRegression", "RidgeCV", **given)
    return way.answers(model.fit(X, y), X_test)


def _pytabkit(way: Way, name: str) -> Floats:
    X, y, X_test = _typed(way)
    means = X.mean(numeric_only=True)
    X, X_test = X.fillna(means), X_test.fillna(means)
    given = {"n_threads": way.threads, "random_state": way.seed, "device": "cpu"}
    model = way.chosen("pytabkit", f"{name}_Classifier", f"{name}_Regressor", **given)
    model.fit(X, y, cat_col_names=[*way.split.texts])
    return way.answers(model, X_test)


@dataclass(frozen=True)
class TableContender:
    """Who fits a table.

    Attributes:
        title: in words.
        package: on PyPI, for its version.
        modules: what it loads before it is timed.
        answers: to the test rows.
        slow: whether it has to be asked for by name.
    """

    title: str
    package: str
    modules: tuple[str, ...]
    answers: Callable[[Way], Floats]
    slow: bool = False


_PELLUCID = ("pellucid.data.load_table", "pellucid.modelling", "pyarrow.csv")
_SCIKIT_LEARN = ("sklearn.ensemble", "sklearn.neural_network", "sklearn.linear_model", "sklearn.compose")

TABLE_CONTENDERS: dict[str, TableContender] = {
    "ours": TableContender("Pellucid", "pellucid", _PELLUCID, lambda way: _ours(way, "quick")),
    "ours-none": TableContender(
        "Pellucid, `--search none`", "pellucid", _PELLUCID, lambda way: _ours(way, "none")
    ),
    "hgb": TableContender("HistGradientBoosting", "scikit-learn", _SCIKIT_LEARN, _hgb),
    "lightgbm": TableContender("LightGBM", "lightgbm", ("lightgbm",), _lightgbm),
    "catboost": TableContender("CatBoost", "catboost", ("catboost",), _catboost),
    "mlp": TableContender("scikit-learn's MLP", "scikit-learn", _SCIKIT_LEARN, _mlp),
    "linear": TableContender("LogisticRegression, RidgeCV", "scikit-learn", _SCIKIT_LEARN, _linear),
    "realmlp": TableContender(
        "RealMLP_TD", "pytabkit", ("pytabkit",), lambda way: _pytabkit(way, "RealMLP_TD"), slow=True
    ),
    "tabm": TableContender(
        "TabM_D", "pytabkit", ("pytabkit",), lambda way: _pytabkit(way, "TabM_D"), slow=True
    ),
}


def fit_of_table(job: dict[str, Any]) -> dict[str, Any]:
    """A worker's job: the whole way of one contender, and how good its answers are.

    Args:
        job: "table" (as a dictionary), "file", "contender", "seed", "most_rows", "threads".

    Returns:
        "score" as of `scored`; from the files to the answers "seconds", "processor" (seconds of all
        processors, also by its children), "others" (what other processes worked meanwhile) and "memory";
        "fitted_rows", "columns", "version" and "notes".
    """
    contender = TABLE_CONTENDERS[job["contender"]]
    for name in ("pandas", "sklearn.model_selection", *contender.modules):
        importlib.import_module(name)
    table = RealTable.from_dict(job["table"])
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        split = split_of(Path(job["file"]), table, job["seed"], job["most_rows"], Path(folder))
        way = Way(split, job["seed"], job["threads"], [])
        machine.forget_peak()
        busy, started, worked = machine.busy_seconds(), time.perf_counter(), machine.processor_seconds()
        answers = contender.answers(way)
        took, work = time.perf_counter() - started, machine.processor_seconds() - worked
        busy_now = machine.busy_seconds()
        memory, score = machine.peak_memory(), scored(split.truth(), answers, split.classes)
    return {
        "score": score,
        "seconds": took,
        "processor": work,
        "others": None if busy is None or busy_now is None else max(0.0, busy_now - busy - work),
        "memory": memory,
        "fitted_rows": split.rows,
        "columns": split.columns,
        "version": metadata.version(contender.package),
        "notes": way.notes,
    }


def scored(truth: Floats, answers: Floats, classes: Sequence[str]) -> dict[str, float]:
    """How good answers are.

    Args:
        truth: names of classes, or numbers.
        answers: the probabilities of the classes, a column each, or numbers.
        classes: their names.

    Returns:
        "rmse" and "r2"; or "log_loss" and "accuracy", and of two classes "auc".

    Raises:
        BenchmarkError: an answer is no number.
    """
    from sklearn.metrics import roc_auc_score

    if not np.isfinite(answers).all():
        raise BenchmarkError("some answers are not finite")
    if not classes:
        truth = truth.astype(np.float64)
        error = float(np.mean((truth - answers) ** 2))
        return {"rmse": math.sqrt(error), "r2": 1 - error / float(truth.var())}
    labels = np.array([classes.index(name) for name in truth])
    # Some round a probability to 0, which would cost infinitely much.
    of_truth = np.clip(answers[np.arange(len(labels)), labels], 1e-7, 1)
    found = {
        "log_loss": -float(np.log(of_truth).mean()),
        "accuracy": float((answers.argmax(axis=1) == labels).mean()),
    }
    if len(classes) == 2:
        found["auc"] = float(roc_auc_score(labels, answers[:, 1]))
    return found
