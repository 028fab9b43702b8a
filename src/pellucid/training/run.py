"""Run: one training in progress. It opens the session, calls the engine, and ends each epoch.

`loop` yields the events; `Run` takes the steps. A run that starts from the `RunState` of another goes on as
if that had never stopped.
"""

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pellucid.core._arrays import Array
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.engines import Batches, Costs, Session, TrainingState, default_threads, engine_for
from pellucid.errors import DivergenceError, OptionError
from pellucid.examples import Columns, Examples, Integers
from pellucid.network import Network
from pellucid.optimizer import Optimizer
from pellucid.stored import Stored
from pellucid.training.call_size import CallSizer, interrupts_wait, now
from pellucid.training.feed import Feed, columns_that_fit, evaluate
from pellucid.training.history import History
from pellucid.training.memory import check_memory, needed_bytes, too_large
from pellucid.training.monitor import Best, Monitor, numbers
from pellucid.training.options import TrainingOptions
from pellucid.training.order import Order, WindowOrder
from pellucid.training.origin import Origin
from pellucid.training.run_state import RunState, SavedRun
from pellucid.training.schedules import Extent, Schedule
from pellucid.training.shortcut import ReducedProblem, find_span, reduced, why_not
from pellucid.training.streaming import order_for, window_for
from pellucid.training.turnstile import Turnstile

Parameters = dict[str, Array]


class Run:
    """A network, an open session, and the course of the training so far.

    One thread advances it; `state` and `snapshot` may be called from any thread, and wait until the call in
    progress returns.

    Args:
        network: the network to train.
        examples: the training examples, checked.
        held_out: validation examples, checked; None: no validation.
        options: the training options.
        state: the state to start from, see `fit`; None: freshly drawn weights.
        order: order of the batches; None: the course's.
        monitor: the quantity to watch; None: as the options say.
        stop: once it is set, the run ends between two calls of the engine.

    Attributes:
        epoch: number of complete epochs.
        costs, rates, validation_costs, scores: one per epoch, see `RunState`.
        plateaued: whether the monitor has ended the training.
        reported: number of epochs whose events were yielded.
        validated: the last validated epoch, its cost and score; None: no validation in this run so far.

    Raises:
        ShapeError: the parameters do not fit the network.
        TooLargeError: not enough memory.
        OptionError: the engine cannot serve, the monitor lacks validation examples or a score, or the state
            is of other data or settings.
    """

    def __init__(
        self,
        network: Network,
        examples: Examples,
        held_out: Examples | None,
        options: TrainingOptions,
        state: SavedRun | RunState | TrainingState | None = None,
        *,
        order: Order | None = None,
        monitor: Monitor | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.network, self._held_out, self._options, self._stop = network, held_out, options, stop
        self.engine = engine_for(options.engine, network, examples.X, Optimizer.named(options.optimizer))
        # The short cut is one of dense inputs.
        run_state = state.state if isinstance(state, SavedRun) else state
        reduces = options.shortcut == "always" or getattr(run_state, "first_weights", None) is not None
        if reduces and not examples.is_dense and examples.m <= columns_that_fit(examples):
            examples = examples.dense(np.arange(examples.m))
        size, window = options.batch_size, None
        if isinstance(examples.X, Stored):
            window = window_for(examples, network, size, Optimizer.named(options.optimizer))
        self._feed, self._examples = Feed(examples, self.engine, network, window=window), examples
        self._origin: Origin | None = None
        self.order = order or order_for(examples, size, options.shuffle_seed, window)
        self._monitor = monitor or _monitor_of(options, held_out)
        _check_monitor(self._monitor, held_out)
        self._schedule = Schedule.named(options.schedule)
        self._extent = Extent(options.epochs, self.order.steps_per_epoch, self.order.m)
        self._sizer = CallSizer()
        self._turnstile = Turnstile()
        if isinstance(state, SavedRun):
            self.origin().check(state.origin)
            state = state.state
        self._reduced: ReducedProblem | None = None
        self.session = self._opened(examples, state)
        self._go_on_from(state if isinstance(state, RunState) else RunState(self.session.state()))

    def _opened(self, examples: Examples, state: RunState | TrainingState | None) -> Session:
        network, options = self.network, self._options
        k = min(options.batch_size or self.order.m, self.order.m)
        size = (network, k, str(examples.X.dtype).rpartition(".")[2], Optimizer.named(options.optimizer))
        if isinstance(examples.X, (np.ndarray, Columns)):
            # Arrays of other libraries may lie in the memory of a device.
            check_memory(*size)
        try:
            if state is None:
                scheme, rng = options.initialization, options.rng
                state = TrainingState(
                    initialize_parameters_deep(network.layer_dims, scheme=scheme, rng=rng)
                )
            return self._begun(state)
        except MemoryError as error:
            raise too_large(network, k, needed_bytes(*size), "there is less") from error

    def _begun(self, state: RunState | TrainingState) -> Session:
        """A session on the examples, or on the reduced problem of the short cut."""
        network, examples, options = self.network, self._feed.first, self._options
        training = state.training if isinstance(state, RunState) else state
        self._threads = options.threads or default_threads()
        if isinstance(state, RunState) and state.threads is not None and options.threads is None:
            self._threads = state.threads
        if isinstance(state, RunState):
            if state.first_weights is not None:
                reason = why_not(network, examples.X, Optimizer.named(options.optimizer))
                if reason:
                    raise OptionError(
                        f"the run state is of a training on the short cut, and {reason}; expected the "
                        "network, examples and optimizer that it began with"
                    )
                first = {**training.parameters, "W1": state.first_weights}
                self._reduced = reduced(network, examples.X, first)
        elif not (self._feed.whole and examples.is_dense) or training.slots:
            _refuse_shortcut(options.shortcut, slots=bool(training.slots))
        else:
            network.check_parameters(training.parameters)
            self._reduced = find_span(
                network,
                examples.X,
                training.parameters,
                Optimizer.named(options.optimizer),
                shortcut=options.shortcut,
                steps=options.epochs * self.order.steps_per_epoch,
                batch=options.batch_size,
                restores=1 if self._held_out is None else options.epochs,
            )
            if self._reduced is not None:
                training = training._replace(parameters=self._reduced.parameters)
        if self._reduced is not None:
            network = self._reduced.network
            examples = Examples(self._reduced.X, examples.Y, examples.weights, finite=True)
        network.check_parameters(training.parameters)
        return self.engine.open(
            network, examples, training, replace(options.step_options, threads=self._threads)
        )

    def _check_state(self, state: RunState) -> None:
        """Refuse a state of other batches: its next steps would take the wrong examples.

        Raises:
            OptionError: with both sizes.
        """
        m, k = self.order.m, self.order.steps_per_epoch
        same = (state.m, state.steps_per_epoch) in ((None, None), (m, k))
        # The caller's own order may hold other examples in every epoch, as in a stream.
        if not same and (state.step or type(self.order) in (Order, WindowOrder)):
            raise OptionError(
                f"the run state is of {state.m} examples in {state.steps_per_epoch} steps an epoch, and "
                f"there are {m} in {k}; expected the same examples and batch_size, or its TrainingState to "
                "begin a run from"
            )

    def _go_on_from(self, state: RunState) -> None:
        self._check_state(state)
        self.epoch, self._step, self._step_costs = state.epoch, state.step, list(state.step_costs)
        self._seen = state.seen
        self.costs, self.rates = list(state.costs), list(state.rates)
        self.validation_costs, self.scores = list(state.validation_costs), list(state.scores)
        self._monitor_state = state.monitor
        self._schedule_plateau, self._divided = state.schedule_plateau, state.divided
        self._last_finite = state.last_finite
        # Steps of another run, from whose training state this run began.
        self._steps_before = state.training.step_count - self.iteration
        # The order of the epoch in progress.
        self._batches = self.order.batches(self.epoch, 1) if state.step else None
        self.plateaued = state.plateaued
        self.reported = self.epoch
        self.validated: tuple[int, float, float | None] | None = None
        if self._held_out is not None and self._last_finite is None:
            self._last_finite = self.session.parameters()
        if self._monitor.kept is not None and self._monitor_state.best.parameters is None:
            parameters = self.session.parameters()
            best = Best(parameters, previous=parameters if self._keeps_previous else None)
            self._monitor_state = self._monitor_state._replace(best=best)

    @property
    def _keeps_previous(self) -> bool:
        """Whether an epoch's cost is that of the parameters before it, as with the full batch."""
        return self._monitor.kept == "cost" and self._options.batch_size is None

    @property
    def needs_epoch_end(self) -> bool:
        """Whether something has to be measured or decided after every epoch."""
        watched = self._schedule.needs_epoch_end or self._monitor.needs_epoch_end
        return watched or self._held_out is not None

    @property
    def stopped(self) -> bool:
        """Whether `stop` has been set."""
        return self._stop is not None and self._stop.is_set()

    @property
    def over(self) -> bool:
        """Whether the training has ended."""
        return self.plateaued or self.stopped or self.epoch >= self._options.epochs

    @property
    def iteration(self) -> int:
        """The number of steps in this run: of the complete epochs and of the one in progress."""
        return self.epoch * self.order.steps_per_epoch + self._step

    @property
    def learning_rate(self) -> float:
        """The rate of the last step."""
        return self._rate

    @property
    def share_of_epoch(self) -> float:
        """How much of the epoch in progress is done, from 0 to below 1."""
        return self._step / self.order.steps_per_epoch

    def advance(self, epochs: int | None, *, most_seconds: float = math.inf) -> None:
        """Take steps to the end of an epoch, or until `stop` is set.

        Args:
            epochs: this number of epochs, or those that are left; None: as many as one call of the engine
                takes, at least one.
            most_seconds: after so long it returns within an epoch.

        Raises:
            DivergenceError: with parameters of full size.
            KeyboardInterrupt: Ctrl-C; the steps so far are counted.
        """
        first, began = self.epoch, now()
        until = self._options.epochs if epochs is None else min(first + epochs, self._options.epochs)
        while not self.over and self.epoch < until:
            self._call(self._sizer.steps, until - self.epoch)
            if (epochs is None and self.epoch > first) or (self._step and now() - began > most_seconds):
                return

    def advance_step(self) -> tuple[Integers | None, float]:
        """Take one step. Returns the columns of its batch (None: all), and their cost before the step."""
        batches = self._call(1, 1)
        return next(iter(batches)), self._last_cost

    def _call(self, steps: int, epochs: int) -> Batches:
        """Call the engine once, for at most this number of steps and epochs."""
        began = now()
        self._single: int | None = None
        with interrupts_wait(self._within_a_step):
            # Who has agreed takes the steps: the others count on it.
            batches = self._agreed_call(self.session.agreed(steps), epochs)
        self._sizer.observe(len(batches), now() - began)
        return batches

    def _agreed_call(self, steps: int, epochs: int) -> Batches:
        k = self.order.steps_per_epoch
        count = 1 if self._step or self.needs_epoch_end else max(1, min(steps // k, epochs))
        last = count * k if count > 1 else min(self._step + steps, k)
        with self._turnstile:
            # A single step may take long: Ctrl-C interrupts it, and the step is not taken.
            self._single = self.iteration if last - self._step == 1 else None
            if self._batches is None:
                self._batches = self.order.batches(self.epoch, count)
            whole = self._step == 0 and last == len(self._batches)
            batches = self._batches if whole else self._batches.part(self._step, last)
            self._advance(batches)
        return batches

    def _within_a_step(self) -> bool:
        """Whether a call of a single step is in progress, and the engine has not taken it yet."""
        if self._single is None:
            return False
        return self.session.steps_taken() == self._steps_before + self._single

    def _advance(self, batches: Batches) -> None:
        try:
            rates = self._rates(len(batches))
            costs = self._feed.advance(self.session, batches, rates, self._batches, self._step)
            self._record(costs, rates)
            if self._batches is None and self.needs_epoch_end:
                self._end_epoch()
        except DivergenceError as error:
            error.parameters = self._full_size(error.parameters)
            raise

    def _rates(self, count: int) -> float | list[float]:
        rate = self._options.learning_rate
        if self._schedule.is_constant:
            return rate
        first = self.epoch * self._extent.steps_per_epoch + self._step
        scheduled = self._schedule.rates(rate, self._extent, first, count, self._divided, self._seen)
        rates: list[float] = scheduled.tolist()
        return rates

    def _record(self, costs: Costs, rates: float | Sequence[float]) -> None:
        """Record the steps of a call, and the epochs that they complete."""
        k, shown = self.order.steps_per_epoch, self._monitor.shown
        self._step_costs += costs.cost if shown is None else map(shown, costs.cost, costs.penalty)
        self._last_cost = self._step_costs[-1]
        done = len(self._step_costs) // k
        self._rate = rates if isinstance(rates, float) else rates[-1]
        if not done:
            self._step = len(self._step_costs)
            return
        assert self._batches is not None  # _call drew them
        self.costs += self.order.costs(self._step_costs, self._batches)
        if isinstance(rates, float):
            self.rates += [rates] * done
        else:
            self.rates += rates[-1:] if done == 1 else rates[k - 1 :: k]
        self._seen += done * self.order.m
        self.epoch, self._step, self._step_costs, self._batches = self.epoch + done, 0, [], None

    def _end_epoch(self) -> None:
        """Validate, divide the rate, keep the best parameters, stop: as each is due after an epoch."""
        monitor, cost = self._monitor, self.costs[-1]
        if self._schedule.needs_epoch_end and not monitor.divides:
            plateau = self._schedule_plateau.after(cost, self._schedule.tol or 0.0)
            if plateau.waited > (self._schedule.patience or 0):
                plateau = plateau._replace(waited=0)
                self._divided += self._divides()
            self._schedule_plateau = plateau
        measured = (None, None) if self._held_out is None else self._validated(self._held_out)
        values = numbers(cost, *measured)
        if monitor.kept is not None:
            self._keep(values[monitor.kept])
        plateau = self._monitor_state.plateau.after(
            values[monitor.watched], monitor.min_delta, ties=monitor.ties
        )
        if monitor.patience is not None and plateau.waited > monitor.patience:
            divides = monitor.divides and self._divides()
            self._divided += divides
            self.plateaued = not divides
            plateau = plateau._replace(waited=0) if divides else plateau
        self._monitor_state = self._monitor_state._replace(plateau=plateau)

    def _divides(self) -> bool:
        """Whether the schedule divides the rate at a plateau."""
        schedule, rate = self._schedule, self._options.learning_rate
        return schedule.needs_epoch_end and schedule.divides(rate, self._divided)

    def _validated(self, held_out: Examples) -> tuple[float, float | None]:
        """The cost and the score of the validation examples."""
        if self._reduced is None:
            cost, AL = evaluate(self.session, held_out)
        else:
            cost, AL = evaluate(self.engine.predictor(self.network, self.snapshot()), held_out)
        if not np.isfinite(cost):
            raise DivergenceError(
                f"the validation cost became {cost} after epoch {self.epoch - 1}; expected a finite "
                "number: take a smaller learning rate, or scale the inputs",
                self.iteration,
                dict(self._last_finite or {}),
            )
        self._last_finite = self.session.parameters()
        cost = cost if self._monitor.shown is None else self._monitor.shown(cost, 0.0)
        score = None if self._monitor.score is None else self._monitor.score(AL, held_out)
        self.validation_costs.append(cost)
        if score is not None:
            self.scores.append(score)
        self.validated = (self.epoch - 1, cost, score)
        return cost, score

    def _keep(self, value: float) -> None:
        best, keeps_previous = self._monitor_state.best, self._keeps_previous
        better = value < best.value
        parameters = self.session.parameters() if better or keeps_previous else None
        if better:
            best = Best(best.previous if keeps_previous else parameters, value, self.epoch - 1)
        if keeps_previous:
            best = best._replace(previous=parameters)
        self._monitor_state = self._monitor_state._replace(best=best)

    def _full_size(self, parameters: Mapping[str, Array]) -> Parameters:
        return dict(parameters) if self._reduced is None else self._reduced.restore(parameters)

    def snapshot(self) -> Parameters:
        """The present parameters, of full size. From any thread."""
        return self._full_size(self.session.parameters())

    def training_state(self) -> TrainingState:
        """The present training state, of full size: for a trace. From any thread."""
        state = self.session.state()
        return state if self._reduced is None else self._reduced.restore_state(state)

    def state(self) -> RunState:
        """The present state of the run. From any thread."""
        with self._turnstile:
            return RunState(
                training=self.session.state(),
                epoch=self.epoch,
                step=self._step,
                step_costs=tuple(self._step_costs),
                seen=self._seen,
                costs=tuple(self.costs),
                rates=tuple(self.rates),
                validation_costs=tuple(self.validation_costs),
                scores=tuple(self.scores),
                monitor=self._monitor_state,
                schedule_plateau=self._schedule_plateau,
                divided=self._divided,
                last_finite=self._last_finite,
                first_weights=None if self._reduced is None else self._reduced.first_weights,
                m=self.order.m,
                steps_per_epoch=self.order.steps_per_epoch,
                plateaued=self.plateaued,
                threads=self._threads,
                engine=self.engine.name,
                arithmetic=self.engine.arithmetic,
            )

    def origin(self) -> Origin:
        """What the state of this run belongs to. From any thread; it reads all examples once."""
        if self._origin is None:
            self._origin = Origin.of(
                *(self.network, self._options, self.order, self._monitor, self._examples, self._held_out)
            )
        return self._origin

    def finish(self, *, tested: bool = True) -> Parameters:
        """The final parameters.

        Args:
            tested: whether to test the cost after the last step, which no later step tests.

        Raises:
            DivergenceError: the last step led to a cost that is not finite.
        """
        if not self.plateaued and self.epoch < self._options.epochs:
            self.session.end_for_all()
        best = self._monitor_state.best
        if best.epoch is not None and best.parameters is not None:
            # Their cost is known to be finite; the cost after later steps does not matter.
            return self._full_size(best.parameters)
        if not tested:
            return self.snapshot()
        try:
            return self._full_size(self.session.finish())
        except DivergenceError as error:
            error.parameters = self._full_size(error.parameters)
            raise

    def history(self, reason: str) -> History:
        """The history of the run so far."""
        best = self._monitor_state.best.epoch
        if best is not None:
            # A run may go on from a state without the costs of its epochs.
            best -= self.epoch - len(self.costs)
        return History(
            tuple(self.costs),
            self.iteration,
            self.engine.name,
            reason,
            tuple(self.validation_costs),
            best if best is None or best >= 0 else None,
            "" if self._reduced is None else self._reduced.description,
        )


def _monitor_of(options: TrainingOptions, held_out: Examples | None) -> Monitor:
    if options.patience is None:
        return Monitor()
    watched = "cost" if held_out is None else "validation_cost"
    kept = watched if options.restore_best else None
    return Monitor(watched, kept, options.patience, options.min_delta)


def _check_monitor(monitor: Monitor, held_out: Examples | None) -> None:
    for verb, quantity in (("watches", monitor.watched), ("keeps the best", monitor.kept)):
        shown = str(quantity).replace("_", " ")
        if held_out is None and quantity in ("validation_cost", "score"):
            raise OptionError(
                f"the monitor {verb} {shown}, and nothing is held out; expected validation examples"
            )
        if quantity == "score" and monitor.score is None:
            raise OptionError(f"the monitor {verb} score; expected a function `score` that computes it")


def _refuse_shortcut(shortcut: str, *, slots: bool) -> None:
    """Refuse "always" if the training begins with slots, or if X is too large."""
    if shortcut == "always":
        reason = "the state to start from has slots" if slots else "X is too large to be dense all at once"
        raise OptionError(f"shortcut is 'always', and {reason}; expected 'auto' or 'never'")
