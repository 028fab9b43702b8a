"""Whole fits beside scikit-learn's: the settings of `fits`, a grid search of a hundred networks.

Ours and theirs are fitted in turn, each in fresh processes. In the document, as "drop_in":

    rows        a list: name, then for "ours" and "theirs": samples (seconds), median, failed;
                loss_deviation (of the last loss, relative; null where there is none), speed_up (medians)
    speed_up    the geometric mean of those of the fits; null without any
    slowest     the smallest of all
"""

import math
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.child import Answers, answers_in_turn
from benchmarks.errors import BenchmarkError
from benchmarks.fits import FITS, FROM_FOLDER, Fit, estimators_of, problem_of_fit

GRID_SEARCH = "grid search: 20 settings, 5 folds, breast cancer"
_SIDES = ("ours", "theirs")

# Twenty settings, a hundred networks, on two processors.
_GRID: dict[str, list[Any]] = {
    "hidden_layer_sizes": [(8,), (16,), (32,), (16, 8), (32, 16)],
    "alpha": [1e-4, 1e-2],
    "learning_rate_init": [0.001, 0.01],
}
_SEARCHED = {"max_iter": 100, "batch_size": 32, "random_state": 0}


def fitted(job: dict[str, Any]) -> dict[str, Any]:
    """A worker's job: fit all settings by one side, and search the grid.

    Args:
        job: "side" ("ours" or "theirs"), "names", "data" (a folder or ""), "threads".

    Returns:
        {"fits": {name: [seconds, the last loss, epochs]}}.
    """
    names, side = job["names"], _SIDES.index(job["side"])
    root = Path(job["data"]) if job["data"] else None
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        # That an epoch more would have improved something is no news here.
        warnings.simplefilter("ignore")
        _fit(FITS[0], side, root)
        for fit in [fit for fit in FITS if fit.name in names]:
            found[fit.name] = _fit(fit, side, root)
        if GRID_SEARCH in names:
            found[GRID_SEARCH] = _search(side, job["threads"], root)
    return {"fits": found}


def _fit(fit: Fit, side: int, root: Path | None) -> list[Any]:
    X, y, weights = problem_of_fit(fit, root)
    estimator = estimators_of(fit)[side]
    started = time.perf_counter()
    estimator.fit(X, y, weights)
    return [time.perf_counter() - started, float(estimator.loss_), int(estimator.n_iter_)]


def _search(side: int, threads: int, root: Path | None) -> list[Any]:
    X, y, _ = problem_of_fit(FITS[0], root)
    estimator = estimators_of(FITS[0])[side].set_params(**_SEARCHED)
    if side == 0:
        from pellucid import sweep

        started = time.perf_counter()
        found: Any = sweep(estimator, _GRID, X, y, cv=5, n_jobs=threads)
    else:
        from sklearn.model_selection import GridSearchCV

        started = time.perf_counter()
        found = GridSearchCV(estimator, _GRID, cv=5, n_jobs=threads).fit(X, y)
    took = time.perf_counter() - started
    return [took, float(found.best_score_), int(found.best_estimator_.n_iter_)]


def fits_with(text: str, data: Path | None) -> list[str]:
    """The names, of fits and of the grid search, that contain a text.

    Args:
        text: "" for all.
        data: the folder of data; without it the fits on its sets are left out.

    Raises:
        BenchmarkError: there is none.
    """
    names = [fit.name for fit in FITS if data is not None or fit.data not in FROM_FOLDER] + [GRID_SEARCH]
    found = [name for name in names if text in name]
    if not found:
        raise BenchmarkError(f"no fit's name contains {text!r}; expected a part of one, as early_stopping")
    return found


def drop_in_job(side: str, names: Sequence[str], data: Path | None, threads: int) -> dict[str, Any]:
    """The job that fits all of them once; see `fitted`."""
    return {
        "job": "drop_in",
        "side": side,
        "names": list(names),
        "data": str(data or ""),
        "threads": threads,
    }


def measured_drop_in(
    names: Sequence[str], repeats: int, threads: int, data: Path | None, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Measure, and return what the document holds.

    Args:
        names: of fits, see `fits_with`.
        repeats: fresh processes of either side.
        threads: for both.
        data: the folder of data.
        progress: is told what is measured next.
    """
    jobs = {side: drop_in_job(side, names, data, threads) for side in _SIDES}
    answers = answers_in_turn(jobs, repeats, lambda line: progress(f"{len(names)} fits, {line}"))
    rows = [_row(name, answers) for name in names]
    ratios = {row["name"]: row["speed_up"] for row in rows if row["speed_up"]}
    fits = [ratio for name, ratio in ratios.items() if name != GRID_SEARCH]
    return {
        "rows": rows,
        "speed_up": math.exp(statistics.fmean(map(math.log, fits))) if fits else None,
        "slowest": min(ratios.values(), default=None),
    }


def _row(name: str, answers: dict[str, Answers]) -> dict[str, Any]:
    sides: dict[str, dict[str, Any]] = {}
    for side in _SIDES:
        samples = [answer["fits"][name][0] for answer in answers[side].found]
        median = statistics.median(samples) if samples else None
        sides[side] = {"samples": samples, "median": median, "failed": answers[side].failed}
    whole = all(sides[side]["median"] for side in _SIDES)
    deviation = None
    if whole:
        ours, theirs = (answers[side].found[0]["fits"][name][1] for side in _SIDES)
        deviation = abs(ours - theirs) / max(abs(theirs), 1e-300)
    speed_up = sides["theirs"]["median"] / sides["ours"]["median"] if whole else None
    return {"name": name, **sides, "loss_deviation": deviation, "speed_up": speed_up}
