"""sweep: many settings of one estimator, cross-validated side by side on the cores, on one X."""

import statistics
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import ParameterGrid, check_cv

from pellucid.core._arrays import as_numpy
from pellucid.display import facts, table
from pellucid.engines import engine_for, processors
from pellucid.errors import OptionError, PellucidError
from pellucid.estimators.fitting import fit_examples
from pellucid.estimators.perceptron import Perceptron
from pellucid.estimators.settings import check_settings, network_of
from pellucid.estimators.start import parameters_of
from pellucid.estimators.verbose import silently
from pellucid.examples import Examples
from pellucid.progress import Bar
from pellucid.training.cluster import Shared, has_cluster, nbytes_of, run_on_cluster
from pellucid.training.feed import outputs

Integers = np.ndarray[Any, Any]

# Of the settings, in a table.
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Trial:
    """One setting, and what became of it.

    Attributes:
        parameters: what differs from the estimator that was given.
        scores: one for each split; NaN where training failed, or had not ended when Ctrl-C came.
        epochs: `n_iter_` of each split.
        seconds: of training and scoring, all splits together.
        failed: what the first split that failed said; empty: none did.
    """

    parameters: Mapping[str, Any]
    scores: tuple[float, ...]
    epochs: tuple[int, ...]
    seconds: float
    failed: str = ""

    def __repr__(self) -> str:
        said = f"failed: {self.failed:.100}" if self.failed else f"score {self.score:.4f}"
        return f"Trial({_words(self.parameters):.180}; {said})"

    @property
    def score(self) -> float:
        """The mean of the scores; NaN if one of them is."""
        return statistics.fmean(self.scores)

    @property
    def figures(self) -> tuple[str, str, str, str]:
        """Mean and deviation of the scores, mean of the epochs, and the seconds, as texts."""
        epochs = round(statistics.fmean(self.epochs)) if self.epochs else 0
        return f"{self.score:.4f}", f"{np.std(self.scores):.4f}", f"{epochs:,}", f"{self.seconds:.2f}"


@dataclass(frozen=True, eq=False)
class Sweep:
    """The result of `sweep`.

    Attributes:
        trials: every setting, in the order they were given.
        best_estimator_: the best setting, fitted to all rows; None without `refit`, or where all failed.
        interrupted: whether Ctrl-C ended it early.
    """

    trials: tuple[Trial, ...]
    best_estimator_: Any = field(default=None, repr=False)
    interrupted: bool = False

    @property
    def best(self) -> Trial:
        """The trial with the highest mean score; the first of them, if several have it.

        Raises:
            OptionError: all of them failed; the message has the first reason.
        """
        ranked = self.ranked
        if not np.isfinite(ranked[0].score):
            reasons = [trial.failed for trial in self.trials if trial.failed]
            raise OptionError(
                f"no setting could be scored: {reasons[0] if reasons else 'all were interrupted'}"
            )
        return ranked[0]

    @property
    def best_params_(self) -> dict[str, Any]:
        """The parameters of the best trial."""
        return dict(self.best.parameters)

    @property
    def best_score_(self) -> float:
        """Its mean score."""
        return self.best.score

    @property
    def ranked(self) -> list[Trial]:
        """The trials, best first; those that failed last."""
        return sorted(self.trials, key=lambda trial: (not np.isfinite(trial.score), -trial.score))

    def __repr__(self) -> str:
        best = self.ranked[0]
        said = "none could be scored"
        if np.isfinite(best.score):
            said = f"best {best.score:.4f}: {_words(best.parameters):.200}"
        return f"Sweep({len(self.trials)} settings, {said}{', interrupted' if self.interrupted else ''})"

    def _repr_html_(self) -> str:
        """The twenty best, a column for each parameter; the best in bold."""
        shown = self.ranked[:_MOST_SHOWN]
        names = list(dict.fromkeys(name for trial in shown for name in trial.parameters))
        failed = any(trial.failed for trial in shown)
        head = [*names, "score", "spread", "epochs", "seconds", *(["failed"] if failed else [])]
        rows = [
            [
                *(_cell(trial.parameters[name]) if name in trial.parameters else "" for name in names),
                *trial.figures,
                *([shorten(trial.failed, 160, placeholder=" ...")] if failed else []),
            ]
            for trial in shown
        ]
        sides = "<" * len(names) + ">>>>" + "<" * failed
        more = len(self.trials) - len(shown)
        strong = 0 if np.isfinite(shown[0].score) else None
        notes = [("more settings", str(more))] if more else []
        notes += [("ended by", "Ctrl-C")] if self.interrupted else []
        return table(head, rows, sides, strong=strong) + (facts(notes) if notes else "")

    def __str__(self) -> str:
        """A table of the twenty best, for people."""
        lines = [f"{'score':>8}  {'spread':>7}  {'epochs':>6}  {'seconds':>7}  parameters"]
        for trial in self.ranked[:_MOST_SHOWN]:
            score, spread, epochs, seconds = trial.figures
            words = _words(trial.parameters)
            words += f"  ({trial.failed:.80})" if trial.failed else ""
            lines.append(f"{score:>8}  {spread:>7}  {epochs:>6}  {seconds:>7}  {words}")
        more = len(self.trials) - _MOST_SHOWN
        return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def sweep(
    estimator: Any,
    parameters: Mapping[str, Sequence[Any]] | Iterable[Mapping[str, Any]],
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    cv: Any = 5,
    scoring: Any = None,
    n_jobs: int | None = None,
    refit: bool = True,
    verbose: bool = False,
) -> Sweep:
    """Cross-validate settings of an `MLPClassifier` or `MLPRegressor`, many networks at once.

    The splits, the trainings and the scores are those of scikit-learn's `GridSearchCV`; but one X is
    checked once and shared by all, and each network has one thread of its own. Ctrl-C ends it with what was
    scored so far. Within `joblib.parallel_config` with a backend that reaches other machines, as Dask's or
    Ray's, the networks train there, and X is sent once.

    Args:
        estimator: with the parameters that all settings share.
        parameters: lists of values by name, all combinations of which are tried (or a list of such
            mappings); or an iterable of settings, such as scikit-learn's `ParameterSampler`.
        X: (m, n), dense or sparse; with `encode` any table.
        y: targets.
        sample_weight: (m,), how much each row counts, in training and in the scores.
        cv: how many folds, or a splitter of scikit-learn's, or pairs of row indices.
        scoring: a scorer's name or callable; None is accuracy, or R^2 of numbers.
        n_jobs: how many networks train at a time; None: as many as there are processors.
        refit: fit the best setting to all rows, with all threads.
        verbose: show a progress bar where standard error is a terminal.

    Raises:
        OptionError: no estimator of Pellucid's, an unknown parameter, or settings that are none.
        ValueError: rows or targets that cannot be trained with.
    """
    settings = _settings(estimator, parameters)
    work = _Work(estimator, X, y, sample_weight, cv, scoring)
    jobs = [(i, k) for i in range(len(settings)) for k in range(len(work.splits))]
    done: dict[tuple[int, int], _Outcome] = {}
    with Bar("sweep", len(jobs), shown=verbose) as bar:
        run = _run_on_cluster if has_cluster() else _run_in_threads
        interrupted = run(work, settings, jobs, n_jobs, done, bar)
    trials = tuple(_trial(setting, i, len(work.splits), done) for i, setting in enumerate(settings))
    result = Sweep(trials, None, interrupted)
    if not refit or not any(np.isfinite(trial.score) for trial in trials):
        return result
    best = clone(estimator).set_params(**result.best_params_)
    return Sweep(trials, best.fit(X, y, sample_weight), interrupted)


@dataclass(frozen=True)
class _Outcome:
    score: float
    epochs: int
    seconds: float
    failed: str = ""


def _run_in_threads(
    work: "_Work",
    settings: Sequence[Mapping[str, Any]],
    jobs: Sequence[tuple[int, int]],
    n_jobs: int | None,
    done: dict[tuple[int, int], _Outcome],
    bar: Bar,
) -> bool:
    """Train all jobs in threads of this process; returns whether Ctrl-C ended them."""
    with ThreadPoolExecutor(min(len(jobs), _jobs(n_jobs))) as pool:
        waiting: dict[Future[_Outcome], tuple[int, int]] = {
            pool.submit(work.trained, settings[i], k): (i, k) for i, k in jobs
        }
        try:
            for future in _as_completed(waiting):
                done[waiting[future]] = future.result()
                bar.update(len(done), _state(done))
        except KeyboardInterrupt:
            work.stop.set()
            pool.shutdown(cancel_futures=True)
            # Some ended since the last look.
            ended = {future: job for future, job in waiting.items() if not future.cancelled()}
            done |= {job: future.result() for future, job in ended.items()}
            return True
    return False


def _run_on_cluster(
    work: "_Work",
    settings: Sequence[Mapping[str, Any]],
    jobs: Sequence[tuple[int, int]],
    n_jobs: int | None,
    done: dict[tuple[int, int], _Outcome],
    bar: Bar,
) -> bool:
    """The same on the workers of a cluster, which the rows are sent to once."""
    shared = Shared((work, settings), work.nbytes)
    try:
        for number, outcome in run_on_cluster(_trained, shared, jobs, n_jobs):
            done[jobs[number]] = outcome
            bar.update(len(done), _state(done))
    except KeyboardInterrupt:
        return True
    return False


def _trained(shared: tuple["_Work", Sequence[Mapping[str, Any]]], job: tuple[int, int]) -> _Outcome:
    work, settings = shared
    i, k = job
    return work.trained(settings[i], k)


class _Work:
    """What all trainings share, found in order once."""

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any, cv: Any, scoring: Any) -> None:
        self._estimator = clone(estimator)
        check_settings(self._estimator)
        self._examples = self._estimator._examples(X, y, sample_weight, first=True, incremental=False)
        # Its checks made rows of numbers of X: what is split and scored are those of the user.
        self._X, self._y = X, np.asarray(y)
        self._weights = None if sample_weight is None else np.asarray(sample_weight)
        splitter = check_cv(cv, self._y, classifier=is_classifier(estimator))
        self.splits = [*splitter.split(np.zeros(len(self._y)), self._y)]
        self._scorer = None if scoring is None else check_scoring(self._estimator, scoring)
        self.stop = threading.Event()

    def __getstate__(self) -> dict[str, Any]:
        # An event is of one process.
        return {**vars(self), "stop": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, stop=threading.Event())

    @property
    def nbytes(self) -> int:
        """The memory that the rows take, in bytes."""
        return nbytes_of(self._examples) + int(getattr(self._X, "nbytes", 0)) + self._y.nbytes

    def trained(self, setting: Mapping[str, Any], split: int) -> _Outcome:
        """One network, trained on one split and scored on what it left out."""
        started = time.perf_counter()
        try:
            score, epochs = self._score(setting, *self.splits[split])
        # What the setting itself is to blame for; scikit-learn's checks raise ValueError too.
        except (PellucidError, ValueError) as error:
            return _Outcome(np.nan, 0, time.perf_counter() - started, str(error))
        if self.stop.is_set():
            return _Outcome(np.nan, epochs, time.perf_counter() - started, "interrupted")
        return _Outcome(score, epochs, time.perf_counter() - started)

    def _score(self, setting: Mapping[str, Any], train: Integers, test: Integers) -> tuple[float, int]:
        one = clone(self._estimator).set_params(**setting)
        one.set_params(n_threads=1, verbose=False)
        one.callbacks = [*(one.callbacks or ()), lambda _: self.stop.is_set()]
        own, other = (None if self._weights is None else self._weights[rows] for rows in (train, test))
        X, y = self._X, self._y
        # What a table's columns become is learnt from the rows that are trained on.
        if one.encode or "dtype" in setting:
            with silently():
                one.fit(_rows(X, train), y[train], own)
            return float(self._scored(one, _rows(X, test), y[test], other)), one.n_iter_
        check_settings(one)
        self._inherit(one)
        examples = Examples(self._examples.X, self._examples.Y, self._weighted(one, train), finite=True)
        with silently():
            fit_examples(one, examples, train, first=True, incremental=False)
        if self._scorer is not None:
            return float(self._scored(one, _rows(X, test), y[test], other)), one.n_iter_
        network, parameters = network_of(one, examples.n_x), parameters_of(one.coefs_, one.intercepts_)
        left_out = self._examples.take(test)
        AL = as_numpy(outputs(engine_for(one.engine, network).predictor(network, parameters), left_out))
        weights = None if other is None else np.reshape(other, (1, -1))
        return float(one._score(AL, Examples(left_out.X, left_out.Y, weights))), one.n_iter_

    def _scored(self, one: Any, X: Any, y: Any, weights: Any) -> float:
        scorer = self._scorer or type(one).score
        return float(scorer(one, X, y) if weights is None else scorer(one, X, y, sample_weight=weights))

    def _inherit(self, one: Any) -> None:
        """What the checks of X and y found out."""
        for name, value in vars(self._estimator).items():
            if name.endswith("_") or name == "_label_binarizer":
                setattr(one, name, value)

    def _weighted(self, one: Any, train: Integers) -> Any:
        own = None if self._weights is None else self._weights[train].astype(self._examples.X.dtype)
        part = one._weighted(own, self._y[train], stream=False)
        if part is None:
            return None
        weights = np.zeros((1, len(self._y)))
        weights[0, train] = part
        return weights


def _cell(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{value!s:.60}"


def _words(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items()) or "as given"


def _settings(estimator: Any, parameters: Any) -> list[Mapping[str, Any]]:
    if not isinstance(estimator, Perceptron):
        raise OptionError(
            f"sweep is given a {type(estimator).__name__}; expected Pellucid's MLPClassifier or "
            "MLPRegressor: for others there is scikit-learn's GridSearchCV"
        )
    grid = isinstance(parameters, (Mapping, list, tuple))
    settings = [*(ParameterGrid(parameters) if grid else parameters)]
    if not settings:
        raise OptionError("there is no setting to try; expected lists of values by the names of parameters")
    known = estimator.get_params(deep=False)
    for setting in settings:
        unknown = [name for name in setting if name not in known]
        if unknown:
            raise OptionError(
                f"{unknown[0]!r:.80} is no parameter of {type(estimator).__name__}; expected some of "
                f"{', '.join(known)}"
            )
    return settings


def _jobs(n_jobs: int | None) -> int:
    if n_jobs is None:
        return processors()
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, (int, np.integer)) or n_jobs == 0:
        raise OptionError(f"n_jobs is {n_jobs!r:.80}; expected an integer, -1 for all processors, or None")
    return int(n_jobs) if n_jobs > 0 else max(1, processors() + 1 + int(n_jobs))


def _as_completed(waiting: Mapping[Future[_Outcome], Any]) -> Iterator[Future[_Outcome]]:
    """The futures as they end. Between two looks Ctrl-C is heard."""
    left = set(waiting)
    while left:
        ended, left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED)
        yield from ended


def _state(done: Mapping[Any, _Outcome]) -> str:
    scores = [outcome.score for outcome in done.values() if np.isfinite(outcome.score)]
    return f"best split so far {max(scores):.4f}" if scores else ""


def _trial(
    setting: Mapping[str, Any], i: int, splits: int, done: Mapping[tuple[int, int], _Outcome]
) -> Trial:
    missing = _Outcome(np.nan, 0, 0.0, "interrupted")
    found = [done.get((i, k), missing) for k in range(splits)]
    failed = next((outcome.failed for outcome in found if outcome.failed), "")
    return Trial(
        setting,
        tuple(outcome.score for outcome in found),
        tuple(outcome.epochs for outcome in found),
        sum(outcome.seconds for outcome in found),
        failed,
    )


def _rows(X: Any, rows: Integers) -> Any:
    from sklearn.utils import _safe_indexing

    return _safe_indexing(X, rows)
