"""search: compare settings on held-out examples, side by side, within a budget of seconds."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeAlias

import numpy as np

from pellucid.engines import default_threads
from pellucid.errors import DivergenceError, LabelError
from pellucid.examples import Examples
from pellucid.machine import available_bytes
from pellucid.training.call_size import now
from pellucid.training.candidates import Candidate, check_comparable, differences
from pellucid.training.cluster import Shared, has_cluster, nbytes_of, run_on_cluster
from pellucid.training.trials import Floats, Groups, Measured, Trial, TrialResult, trials_html
from pellucid.training.validation import folds

# The share of the examples that each split holds out.
HELD_OUT = 0.2

# With fewer examples, a fifth of them ranks settings by chance alone.
FEWEST_EXAMPLES = 50

# Held-out examples that are enough to rank settings; with fewer in one split there are more splits.
_ENOUGH_HELD_OUT = 400

# Seconds between two checks of `stop`.
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class TrialMeasured:
    """The event of a search: a candidate was measured.

    Attributes:
        result: the result of its training so far, in one split of the examples.
        done: number of measurements so far.
        total: number of measurements planned; there are fewer if trainings diverge.
    """

    result: TrialResult
    done: int
    total: int


SearchListener: TypeAlias = Callable[[TrialMeasured], None]


@dataclass(frozen=True)
class Searched:
    """The result of a search.

    Attributes:
        chosen: index of the chosen candidate.
        table: the result of each candidate, in the order of the candidates.
        reason: reason of the choice, in words.
        interrupted: whether Ctrl-C or `stop` ended the search.
        out_of_time: whether the budget ended the search.
    """

    chosen: int
    table: tuple[TrialResult, ...]
    reason: str
    interrupted: bool = False
    out_of_time: bool = False

    @property
    def candidate(self) -> Candidate:
        """The chosen settings."""
        return self.table[self.chosen].candidate

    def __repr__(self) -> str:
        return f"Searched({self.reason:.200})"

    def _repr_html_(self) -> str:
        return trials_html(self.table, self.chosen, self.reason)


def search(
    candidates: Sequence[Candidate],
    examples: Examples,
    *,
    seconds: float,
    seed: int = 0,
    listeners: Sequence[SearchListener] = (),
    stop: threading.Event | None = None,
) -> Searched:
    """Train each candidate on a part of the examples, and choose the one with the lowest held-out cost.

    A fifth of the examples is held out, stratified by class. If that is fewer than 400 examples, the search
    repeats with the next fifth, five times at most, and averages the costs. Each network trains on one
    thread, as many at a time as there are threads; their number does not change the result. Where the
    program has chosen a backend of joblib's that reaches other machines, as Dask's, they train there.

    The search gives up a training that is too slow to end in time, and skips the next round of trainings if
    the last one took longer than the time that is left. An incomplete training does not count. The first
    candidate is chosen if there is no comparison: a single candidate, fewer than 50 examples, no time to
    train it, or no memory for a second copy of the examples.

    Args:
        candidates: the settings, the preferred one first. All have the same inputs, outputs and cost. The
            `threads` of the first are the number of networks that train at a time. Every network starts
            from `RandomState(seed)`; the `rng` of its options is not used.
        examples: X (n_x, m) and Y (n_y, m), of any array library.
        seconds: the budget.
        seed: of the splits and of the initial weights.
        listeners: called with a `TrialMeasured` after every training.
        stop: set it in any thread, and the search ends within a fraction of a second, as on Ctrl-C.

    Raises:
        OptionError: no candidates, or candidates that cannot be compared.
        DivergenceError: no candidate could be trained.
        ShapeError, NonFiniteError, LabelError, TooLargeError: as for `fit`.
    """
    candidates = tuple(candidates)
    check_comparable(candidates)
    first = candidates[0]
    examples = examples.checked(first.network)
    reason = _why_not(candidates, examples, seconds)
    if reason:
        return _untried(candidates, reason, out_of_time=seconds <= 0)
    runner = Runner(first.options.threads or default_threads(), seconds=seconds, stop=stop)
    rounds = _Rounds(candidates, examples, seed, runner, listeners)
    try:
        with runner:
            rounds.run()
    except LabelError as error:
        return _untried(candidates, f"nothing was tried: {error}")
    return rounds.searched()


def _why_not(candidates: Sequence[Candidate], examples: Examples, seconds: float) -> str | None:
    """The reason why settings cannot be compared; None: they can."""
    if len(candidates) == 1:
        return "there is one setting, so nothing was tried"
    if examples.m < FEWEST_EXAMPLES:
        return f"{examples.m} examples are too few to try settings on: it takes {FEWEST_EXAMPLES}"
    if seconds <= 0:
        return f"the budget is {seconds:g} seconds, so nothing was tried"
    available = available_bytes()
    needed = examples.m * examples.n_x * np.dtype(str(examples.X.dtype).rpartition(".")[2]).itemsize
    needed = getattr(examples.X, "nbytes", needed)
    if available is not None and needed > available:
        return "there is not enough memory to hold examples out, so nothing was tried"
    return None


def _untried(candidates: Sequence[Candidate], reason: str, *, out_of_time: bool = False) -> Searched:
    table = tuple(TrialResult(candidate, 0, math.inf, 0.0, 0) for candidate in candidates)
    return Searched(0, table, f"the first setting: {reason}", out_of_time=out_of_time)


class Runner:
    """Trains trials side by side until they end, time runs out, or they are stopped.

    A context manager: its threads end with it, and Ctrl-C within it sets `interrupted` instead of raising.

    Args:
        threads: number of trials that train at a time.
        seconds: the budget; None: no limit.
        stop: ends the trials once it is set.

    Attributes:
        stopped: set to end the trials.
        deadline: end of the budget, on the clock of `call_size.now`; None: no limit.
        interrupted: whether Ctrl-C or `stop` ended the trials.
        out_of_time: whether the deadline was reached.
    """

    def __init__(
        self, threads: int, *, seconds: float | None = None, stop: threading.Event | None = None
    ) -> None:
        # This loads the logging module, which predictions do not need.
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(threads, "pellucid-search")
        self._stop = stop
        self.stopped = threading.Event()
        self.deadline = None if seconds is None else now() + seconds
        self.interrupted = self.out_of_time = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        # Trials in progress stop, and measure their parameters so far.
        self.stopped.set()
        self._pool.shutdown(cancel_futures=True)
        self.interrupted |= isinstance(error, KeyboardInterrupt)
        return isinstance(error, KeyboardInterrupt)

    def run(self, trials: Mapping[Trial, int], report: Callable[[Trial], None]) -> None:
        """Train each trial up to its epoch, and call `report` with each after its measurement."""
        from concurrent.futures import FIRST_COMPLETED, wait

        futures = {self._pool.submit(trial.train, epochs): trial for trial, epochs in trials.items()}
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, self._wait_seconds(), FIRST_COMPLETED)
            for future in done:
                future.result()
                report(futures[future])
            self._check_limits()

    def _wait_seconds(self) -> float | None:
        """Seconds to wait for a trial before the next check of the clock and of `stop`."""
        if self.stopped.is_set():
            return None
        seconds = [] if self._stop is None else [_POLL_SECONDS]
        if self.deadline is not None:
            seconds.append(max(0.0, self.deadline - now()))
        return min(seconds, default=None)

    def _check_limits(self) -> None:
        if self._stop is not None and self._stop.is_set():
            self.interrupted = True
            self.stopped.set()
        elif self.deadline is not None and now() >= self.deadline:
            self.out_of_time = True
            self.stopped.set()


class _Rounds:
    """The rounds of a search: in each, every candidate is trained on one split of the examples.

    Args:
        candidates: the settings to compare.
        examples: all examples, checked.
        seed: of the splits and of the initial weights.
        runner: trains the trials.
        listeners: called with every measurement.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        examples: Examples,
        seed: int,
        runner: Runner,
        listeners: Sequence[SearchListener],
    ) -> None:
        self._candidates, self._examples, self._seed = candidates, examples, seed
        self._runner, self._listeners = runner, listeners
        self._count = min(round(1 / HELD_OUT), math.ceil(_ENOUGH_HELD_OUT / (HELD_OUT * examples.m)))
        self._done = 0
        # For each candidate: the seconds of its trainings, and the costs of the groups in each round.
        self._seconds = [0.0 for _ in candidates]
        self._costs: list[list[Floats]] = [[] for _ in candidates]
        self._epochs = [0 for _ in candidates]
        self._shares: list[Floats] = []
        self._remaining = list(range(len(candidates)))
        self._divergences: dict[int, DivergenceError] = {}

    def run(self) -> None:
        """Run rounds while there is time, and candidates to compare."""
        runner, last_seconds = self._runner, 0.0
        splits = folds(self._candidates[0].network, self._examples, HELD_OUT, self._seed)
        for i, (kept, held_out) in enumerate(splits):
            if i == self._count or len(self._remaining) < min(2, i + 1) or runner.stopped.is_set():
                return
            began = now()
            if runner.deadline is not None and began + last_seconds > runner.deadline:
                runner.out_of_time = True
                return
            self._round(kept, Groups.drawn(held_out, self._seed))
            last_seconds = now() - began

    def _round(self, kept: Examples, groups: Groups) -> None:
        stopped, deadline = self._runner.stopped, self._runner.deadline
        trials = {i: Trial(self._tried(i), kept, groups, stopped, deadline) for i in self._remaining}
        indices = {trial: i for i, trial in trials.items()}
        epochs = {trial: trial.candidate.options.epochs for trial in indices}
        try:
            if has_cluster():
                self._elsewhere(trials, kept, groups)
            else:
                self._runner.run(epochs, lambda trial: self._report(indices[trial], trial))
        finally:
            self._record(trials, groups)

    def _elsewhere(self, trials: Mapping[int, Trial], kept: Examples, groups: Groups) -> None:
        """Train the trials of a round on a cluster; the examples are sent once."""
        runner = self._runner
        size = nbytes_of(kept) + sum(map(nbytes_of, groups.parts))
        seconds = None if runner.deadline is None else runner.deadline - now()
        jobs = [trial.candidate for trial in trials.values()]
        for job, measured in run_on_cluster(_measured, Shared((kept, groups, seconds), size), jobs):
            i = list(trials)[job]
            trials[i].adopt(measured)
            self._report(i, trials[i])

    def _record(self, trials: Mapping[int, Trial], groups: Groups) -> None:
        """Record the costs of a round. After the first round, only a complete one counts."""
        for i, trial in trials.items():
            self._seconds[i] += trial.seconds
            self._runner.out_of_time |= trial.gave_up
            if trial.divergence is not None:
                self._divergences[i] = trial.divergence
        remaining = [i for i, trial in trials.items() if trial.divergence is None]
        ended = [i for i in remaining if trials[i].ended]
        if not self._shares:
            remaining = ended
        self._remaining = remaining
        if ended and ended == remaining:
            self._shares.append(groups.shares)
            for i in ended:
                costs = trials[i].costs
                assert costs is not None  # it ended, so it was measured
                self._costs[i].append(costs)
                self._epochs[i] = trials[i].epochs

    def _tried(self, i: int) -> Candidate:
        """The candidate for a trial: on one thread, with the initial weights of the search's seed."""
        candidate = self._candidates[i]
        return replace(candidate, options=replace(candidate.options, rng=self._seed, threads=1))

    def _report(self, i: int, trial: Trial) -> None:
        self._done += 1
        if i == 0 and trial.gave_up:
            # The others cannot be compared with the first.
            self._runner.stopped.set()
        total = self._count * len(self._candidates)
        result = replace(trial.result, candidate=self._candidates[i])
        for listener in self._listeners:
            listener(TrialMeasured(result, self._done, total))

    def searched(self) -> Searched:
        """The result of the search.

        Raises:
            DivergenceError: no candidate could be trained.
        """
        ended = (self._runner.interrupted, self._runner.out_of_time)
        diverged = self._divergences
        if len(diverged) == len(self._candidates):
            raise nothing_trained("settings", list(diverged.values()), len(diverged))
        measured = self._measured()
        table = tuple(self._result(i, i in measured) for i in range(len(self._candidates)))
        before = f"{('interrupted', 'out of time')[ended.index(True)]}: " if any(ended) else ""
        first = next(i for i in range(len(table)) if i not in diverged)
        if first not in measured:
            reason = f"{before}setting {first + 1} of {len(table)}, with no time to measure it"
            return Searched(first, table, reason, *ended)
        chosen = min(measured, key=lambda i: table[i].validation_cost)
        return Searched(chosen, table, before + self._reason(chosen, table), *ended)

    def _reason(self, chosen: int, table: Sequence[TrialResult]) -> str:
        """The reason of the choice, in words."""
        text = differences(self._candidates)[chosen]
        measured = sum(math.isfinite(result.validation_cost) for result in table)
        reason = (
            f"setting {chosen + 1} of {len(table)} ({text}) with the validation cost "
            f"{table[chosen].validation_cost:.4g}, the lowest of {measured}"
        )
        first = table[0].validation_cost
        return reason if chosen == 0 or math.isinf(first) else f"{reason}; the first has {first:.4g}"

    def _result(self, i: int, measured: bool) -> TrialResult:
        """The result of a candidate; its cost is the mean over all rounds."""
        candidate, seconds = self._candidates[i], self._seconds[i]
        if not measured:
            return TrialResult(candidate, 0, math.inf, seconds, 0)
        costs = [float(shares @ costs) for shares, costs in zip(self._shares, self._costs[i], strict=True)]
        return TrialResult(candidate, self._epochs[i], float(np.mean(costs)), seconds, len(costs))

    def _measured(self) -> list[int]:
        """Indices of the candidates that were measured in every round."""
        rounds = len(self._shares)
        return [i for i in self._remaining if rounds and len(self._costs[i]) == rounds]


def _measured(shared: tuple[Examples, Groups, float | None], candidate: Candidate) -> Measured:
    """A whole training of a candidate, in a process of a cluster."""
    kept, groups, seconds = shared
    deadline = None if seconds is None else now() + seconds
    trial = Trial(candidate, kept, groups, threading.Event(), deadline)
    trial.train(candidate.options.epochs)
    return trial.measured


def nothing_trained(plural: str, divergences: Sequence[DivergenceError], count: int) -> DivergenceError:
    """The error if the training of every candidate diverged.

    Args:
        plural: the candidates in words: "settings".
        divergences: their errors.
        count: number of candidates.
    """
    first = divergences[0]
    return DivergenceError(
        f"none of the {count} {plural} could be trained; the first: {first}",
        first.iteration,
        first.parameters,
    )
