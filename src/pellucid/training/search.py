"""Trying settings on held-out examples: side by side, within a budget of seconds."""

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
from pellucid.training.call_size import now
from pellucid.training.candidates import Candidate, check_comparable, differences
from pellucid.training.memory import available_bytes
from pellucid.training.trials import Floats, Groups, Trial, TrialResult, trials_html
from pellucid.training.validation import folds

# The share that each split holds out.
HELD_OUT = 0.2

# Of fewer examples, a fifth of them tells settings apart by chance alone.
FEWEST_EXAMPLES = 50

# So many held-out examples tell settings apart; fewer in one split, and others are held out in turn.
_ENOUGH_HELD_OUT = 400

# How often a search looks whether somebody has set `stop`, in seconds.
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class TrialMeasured:
    """What a search tells its listeners: a candidate was measured.

    Attributes:
        result: what its training has shown so far, in one split of the examples.
        done: how many measurements were made.
        total: how many there will be; fewer where trainings diverge.
    """

    result: TrialResult
    done: int
    total: int


SearchListener: TypeAlias = Callable[[TrialMeasured], None]


@dataclass(frozen=True)
class Searched:
    """The settings that were chosen.

    Attributes:
        chosen: their index.
        table: what is known of each candidate, in the order in which they were given.
        reason: why these, in words.
        interrupted: Ctrl-C or `stop` ended the search.
        out_of_time: the budget ended it.
    """

    chosen: int
    table: tuple[TrialResult, ...]
    reason: str
    interrupted: bool = False
    out_of_time: bool = False

    @property
    def candidate(self) -> Candidate:
        """The settings that were chosen."""
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
    """Train each candidate on a part of the examples, and choose by the cost of those that are held out.

    A fifth is held out, of each class its share. Where that is fewer than 400 examples, the next fifth is
    held out in turn, five times at most, and the costs are averaged. One network trains on one thread, as
    many at a time as there are threads, and the result does not depend on their number. The chosen
    candidate is the one with the lowest cost.

    A training whose speed shows that it will not end in time is given up; so is the next round of trainings
    if the last one took longer than what is left. What was not trained to its end does not count. The first
    candidate is chosen where nothing can be compared with it: a single candidate, fewer than 50 examples,
    no time to train it, no memory for a second copy of the examples.

    Args:
        candidates: what is tried, the one to prefer first. All have the same inputs, outputs and cost.
            The `threads` of the first are how many networks train at a time. Every network starts from
            `RandomState(seed)`, whatever the `rng` of its options.
        examples: X (n_x, m) and Y (n_y, m), of any array library.
        seconds: the budget.
        seed: of what is held out and of the first weights.
        listeners: called with a `TrialMeasured` after every training, as they end.
        stop: set it in any thread, and the search ends within a fraction of a second, as on Ctrl-C.

    Raises:
        OptionError: no candidates, or such as cannot be compared.
        DivergenceError: no candidate could be trained.
        ShapeError, NonFiniteError, LabelError, TooLargeError: as of `fit`.
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
    """Why there is nothing to try; None: there is."""
    if len(candidates) == 1:
        return "there is one setting, so nothing was tried"
    if examples.m < FEWEST_EXAMPLES:
        return f"{examples.m} examples are too few to try settings on: it takes {FEWEST_EXAMPLES}"
    if seconds <= 0:
        return f"the budget is {seconds:g} seconds, so nothing was tried"
    available = available_bytes()
    needed = examples.m * examples.n_x * np.dtype(str(examples.X.dtype).rpartition(".")[2]).itemsize
    if available is not None and needed > available:
        return "there is not enough memory to hold examples out, so nothing was tried"
    return None


def _untried(candidates: Sequence[Candidate], reason: str, *, out_of_time: bool = False) -> Searched:
    table = tuple(TrialResult(candidate, 0, math.inf, 0.0, 0) for candidate in candidates)
    return Searched(0, table, f"the first setting: {reason}", out_of_time=out_of_time)


class Runner:
    """Trains trials side by side until they end, time runs out, or somebody stops them.

    A context: at its end the threads end too, and Ctrl-C within it is noted, not raised.

    Args:
        threads: how many train at a time.
        seconds: the budget; None: without end.
        stop: ends it from outside.

    Attributes:
        stopped: set to end the trials.
        deadline: when time runs out, on the clock of `call_size.now`; None: never.
        interrupted: Ctrl-C or `stop` ended it.
        out_of_time: the deadline was reached.
    """

    def __init__(
        self, threads: int, *, seconds: float | None = None, stop: threading.Event | None = None
    ) -> None:
        # It loads the logging module; predicting does without.
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
        # Trials in the middle of something measure what they have.
        self.stopped.set()
        self._pool.shutdown(cancel_futures=True)
        self.interrupted |= isinstance(error, KeyboardInterrupt)
        return isinstance(error, KeyboardInterrupt)

    def run(self, trials: Mapping[Trial, int], tell: Callable[[Trial], None]) -> None:
        """Train each trial up to its epoch; `tell` is called with each as it is measured."""
        from concurrent.futures import FIRST_COMPLETED, wait

        futures = {self._pool.submit(trial.train, epochs): trial for trial, epochs in trials.items()}
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, self._look_after(), FIRST_COMPLETED)
            for future in done:
                future.result()
                tell(futures[future])
            self._look()

    def _look_after(self) -> float | None:
        """How many seconds to wait for a trial before looking at the clock and at `stop`."""
        if self.stopped.is_set():
            return None
        seconds = [] if self._stop is None else [_LOOK_SECONDS]
        if self.deadline is not None:
            seconds.append(max(0.0, self.deadline - now()))
        return min(seconds, default=None)

    def _look(self) -> None:
        if self._stop is not None and self._stop.is_set():
            self.interrupted = True
            self.stopped.set()
        elif self.deadline is not None and now() >= self.deadline:
            self.out_of_time = True
            self.stopped.set()


class _Rounds:
    """The rounds of a search: in each, every candidate is trained on one split of the examples.

    Args:
        candidates: what is tried.
        examples: all of them, checked.
        seed: of the splits and of the first weights.
        runner: trains.
        listeners: told of every measurement.
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
        # Of each candidate: what its trainings took, and the costs of the groups in each round.
        self._seconds = [0.0 for _ in candidates]
        self._costs: list[list[Floats]] = [[] for _ in candidates]
        self._epochs = [0 for _ in candidates]
        self._shares: list[Floats] = []
        self._going = list(range(len(candidates)))
        self._divergences: dict[int, DivergenceError] = {}

    def run(self) -> None:
        """Round after round, while there is time and something to compare."""
        runner, took = self._runner, 0.0
        splits = folds(self._candidates[0].network, self._examples, HELD_OUT, self._seed)
        for i, (kept, held_out) in enumerate(splits):
            if i == self._count or len(self._going) < min(2, i + 1) or runner.stopped.is_set():
                return
            began = now()
            if runner.deadline is not None and began + took > runner.deadline:
                runner.out_of_time = True
                return
            self._round(kept, Groups.drawn(held_out, self._seed))
            took = now() - began

    def _round(self, kept: Examples, groups: Groups) -> None:
        stopped, deadline = self._runner.stopped, self._runner.deadline
        trials = {i: Trial(self._alike(i), kept, groups, stopped, deadline) for i in self._going}
        indices = {trial: i for i, trial in trials.items()}
        work = {trial: trial.candidate.options.epochs for trial in indices}
        try:
            self._runner.run(work, lambda trial: self._tell(indices[trial], trial))
        finally:
            self._count_in(trials, groups)

    def _count_in(self, trials: Mapping[int, Trial], groups: Groups) -> None:
        """Take what a round has measured; one that is not the first counts only as a whole."""
        for i, trial in trials.items():
            self._seconds[i] += trial.seconds
            self._runner.out_of_time |= trial.gave_up
            if trial.divergence is not None:
                self._divergences[i] = trial.divergence
        going = [i for i, trial in trials.items() if trial.divergence is None]
        ended = [i for i in going if trials[i].ended]
        if not self._shares:
            going = ended
        self._going = going
        if ended and ended == going:
            self._shares.append(groups.shares)
            for i in ended:
                costs = trials[i].costs
                assert costs is not None  # it ended, so it was measured
                self._costs[i].append(costs)
                self._epochs[i] = trials[i].epochs

    def _alike(self, i: int) -> Candidate:
        """A candidate as it is tried: on one thread, from weights that all share."""
        candidate = self._candidates[i]
        return replace(candidate, options=replace(candidate.options, rng=self._seed, threads=1))

    def _tell(self, i: int, trial: Trial) -> None:
        self._done += 1
        if i == 0 and trial.gave_up:
            # There will be nothing to compare the others with.
            self._runner.stopped.set()
        total = self._count * len(self._candidates)
        result = replace(trial.result, candidate=self._candidates[i])
        for listener in self._listeners:
            listener(TrialMeasured(result, self._done, total))

    def searched(self) -> Searched:
        """The choice.

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
            reason = f"{before}setting {first + 1} of {len(table)}, which there was no time to measure"
            return Searched(first, table, reason, *ended)
        chosen = min(measured, key=lambda i: table[i].validation_cost)
        return Searched(chosen, table, before + self._reason(chosen, table), *ended)

    def _reason(self, chosen: int, table: Sequence[TrialResult]) -> str:
        """Why this candidate, in words."""
        text = differences(self._candidates)[chosen]
        of = sum(math.isfinite(result.validation_cost) for result in table)
        reason = (
            f"setting {chosen + 1} of {len(table)} ({text}) with the validation cost "
            f"{table[chosen].validation_cost:.4g}, the lowest of {of}"
        )
        first = table[0].validation_cost
        return reason if chosen == 0 or math.isinf(first) else f"{reason}; the first has {first:.4g}"

    def _result(self, i: int, measured: bool) -> TrialResult:
        """What is known of a candidate; its cost is the mean over all rounds."""
        candidate, seconds = self._candidates[i], self._seconds[i]
        if not measured:
            return TrialResult(candidate, 0, math.inf, seconds, 0)
        costs = [float(shares @ costs) for shares, costs in zip(self._shares, self._costs[i], strict=True)]
        return TrialResult(candidate, self._epochs[i], float(np.mean(costs)), seconds, len(costs))

    def _measured(self) -> list[int]:
        """The candidates that were measured in every round."""
        rounds = len(self._shares)
        return [i for i in self._going if rounds and len(self._costs[i]) == rounds]


def nothing_trained(what: str, divergences: Sequence[DivergenceError], count: int) -> DivergenceError:
    """The error that says that the training of every candidate diverged."""
    first = divergences[0]
    return DivergenceError(
        f"none of the {count} {what} could be trained; the first: {first}",
        first.iteration,
        first.parameters,
    )
