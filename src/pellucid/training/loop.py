"""The only training loop: a generator of events. Listeners show them; `run` takes the steps."""

import inspect
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Literal

from pellucid.core._arrays import Array, namespace
from pellucid.engines import TrainingState
from pellucid.errors import LearningWarning, OptionError, ShapeError
from pellucid.errors import warn as warn_user
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.training.call_size import interrupts_held
from pellucid.training.doubt import Ending
from pellucid.training.events import (
    EpochEnd,
    EpochProgress,
    Event,
    Listener,
    NotLearning,
    Now,
    StepEnd,
    TrainingEnd,
    TrainingStart,
)
from pellucid.training.learning import judge
from pellucid.training.monitor import Monitor
from pellucid.training.options import TrainingOptions
from pellucid.training.order import Order
from pellucid.training.run import Run
from pellucid.training.run_state import RunState, SavedRun
from pellucid.training.validation import split_off

# Within an epoch, the time from event to event.
_SECONDS = 1.0

Every = int | Literal["epoch", "step", "auto"]


def fit(
    network: Network,
    examples: Examples,
    options: TrainingOptions | None = None,
    *,
    state: SavedRun | RunState | TrainingState | None = None,
    validation: Examples | None = None,
    order: Order | None = None,
    monitor: Monitor | None = None,
    stop: threading.Event | None = None,
    every: Every = "epoch",
    tested: bool = True,
    judged: bool = True,
) -> Generator[Event, None, None]:
    """Train: one `TrainingStart`, an `EpochEnd` per epoch (and a `StepEnd` per step), one `TrainingEnd`.

    An `EpochProgress` comes every second within epochs that last longer. A `NotLearning` precedes the end
    of a training that learned nothing.

    A KeyboardInterrupt, raised here or thrown in, ends the run with the parameters so far; so does `stop`.
    Ctrl-C waits for the call of the engine in progress, and further ones do nothing. One that comes more
    than two seconds later does not wait: the engine may then have taken steps that are not counted, and
    there may be no result.

    Args:
        network: the network to train.
        examples: X (n_x, m) and Y (n_y, m), of any array library.
        options: training options; None: the course's.
        state: the state to start from; None: freshly drawn weights. A `TrainingState` begins a run from its
            parameters and slots; a `RunState` goes on with a run of the same network, examples and options,
            to the same bits as if it had not stopped; a `SavedRun` also checks that they are the same. Not
            changed.
        validation: examples that are not trained on; every `EpochEnd` holds their cost.
        order: order of the batches; None: the course's, see `TrainingOptions.shuffle_seed`.
        monitor: the quantity to watch after every epoch; None: as the options say.
        stop: set it in any thread, and the run ends within a fraction of a second, or one step if that is
            longer.
        every: "epoch": the engine waits at the end of each epoch while its event is handled. "step": it
            waits after every step. An integer: the engine takes that number of epochs before their events
            follow; "auto": as many as take about a twentieth of a second. With a decision after every epoch
            (validation, early stopping, the adaptive schedule), the engine takes one epoch at a time.
        tested: test the cost after the last step, which no later step tests.
        judged: check whether the training learned anything; see `pellucid.training.learning`.

    Raises:
        ShapeError: the examples do not fit the network.
        NonFiniteError: NaN or infinity in X.
        LabelError: Y is missing or holds invalid labels, or the weights are invalid.
        OptionError: `validation` and a `validation_fraction` are both given, or another invalid option.
        TooLargeError: not enough memory.
        DivergenceError: the cost became NaN or infinite; it carries the last finite parameters.
    """
    options = options or TrainingOptions()
    epochs = _epochs_at_a_time(every)
    trained_on, held_out = _examples(network, examples, options, validation)
    run = Run(network, trained_on, held_out, options, state, order=order, monitor=monitor, stop=stop)
    now = Now(run.snapshot, run.training_state, run.state, run.origin)
    k, m = run.order.steps_per_epoch, run.order.m
    reason = "completed"
    with ExitStack() as ending:
        try:
            yield TrainingStart(network, m, options.epochs, k, run.engine.name, now)
            while not run.over:
                if every == "step":
                    epoch = run.epoch
                    columns, cost = run.advance_step()
                    yield StepEnd(run.iteration, epoch, cost, run.learning_rate, columns, now)
                else:
                    run.advance(epochs, most_seconds=_SECONDS)
                yield from _epoch_ends(run, now)
                if run.share_of_epoch and every != "step":
                    yield EpochProgress(run.epoch, run.iteration, run.share_of_epoch, now)
            if run.plateaued:
                reason = "early_stopping"
            elif run.epoch < options.epochs:
                reason = "stopped"
        except KeyboardInterrupt:
            # A key that is held down must not end the ending.
            ending.enter_context(interrupts_held())
            # Who has pressed it wants the parameters so far: their cost is not tested first.
            reason, tested = "interrupted", False
            with suppress(KeyboardInterrupt):
                yield from _epoch_ends(run, now)
        parameters, history = run.finish(tested=tested), run.history(reason)
        if judged and len(run.costs) == run.epoch:
            # Ctrl-C now only ends the check: the training is complete.
            with suppress(KeyboardInterrupt):
                first = _first_parameters(state)
                not_learning = judge(Ending(network, trained_on, options, first, parameters, history))
                if not_learning is not None:
                    yield not_learning
        yield TrainingEnd(network, parameters, history, run.state())


def _first_parameters(state: SavedRun | RunState | TrainingState | None) -> Mapping[str, Array] | None:
    """The initial parameters of the training; None: freshly drawn ones, or unknown."""
    if isinstance(state, SavedRun):
        state = state.state
    if isinstance(state, RunState):
        return None if state.epoch or state.first_weights is not None else state.training.parameters
    return None if state is None else state.parameters


def _epoch_ends(run: Run, now: Now) -> Iterator[EpochEnd]:
    """The events of the complete epochs that were not reported yet."""
    k = run.order.steps_per_epoch
    while run.reported < run.epoch:
        epoch, run.reported = run.reported, run.reported + 1
        # Counted from the end: a run may go on from a state without the costs of its epochs.
        i = epoch - run.epoch
        cost = score = None
        if run.validated is not None and run.validated[0] == epoch:
            _, cost, score = run.validated
        yield EpochEnd(epoch, (epoch + 1) * k, run.costs[i], now, cost, run.rates[i], score)


def train(
    network: Network,
    examples: Examples,
    options: TrainingOptions | None = None,
    *,
    state: SavedRun | RunState | TrainingState | None = None,
    validation: Examples | None = None,
    order: Order | None = None,
    monitor: Monitor | None = None,
    stop: threading.Event | None = None,
    listeners: Sequence[Listener] = (),
    every: Every | None = None,
    tested: bool = True,
    judged: bool = True,
    warn: bool = True,
) -> TrainingEnd:
    """Run `fit` to its end, and pass each event to every listener; the last event is the result.

    Ctrl-C ends the training at any time, and the result so far is returned. A listener with a method
    `close` is closed in the end, whatever the end is. Arguments and errors are those
    of `fit`; without `every`, it is "epoch" with listeners, else "auto". A `NotLearning` also gives a
    `LearningWarning` at the caller's line outside Pellucid, unless `warn` is False.
    """
    if every is None:
        every = "epoch" if listeners else "auto"
    events = fit(
        network,
        examples,
        options,
        state=state,
        validation=validation,
        order=order,
        monitor=monitor,
        stop=stop,
        every=every,
        tested=tested,
        judged=judged,
    )
    event: Event | None = None
    interrupted = False
    with _closed(events, listeners):
        while True:
            # Ctrl-C may come in any of these lines; with many events they are most of the work.
            try:
                while not isinstance(event, TrainingEnd):
                    event = events.throw(KeyboardInterrupt()) if interrupted else next(events)
                    interrupted = False
                    if warn and isinstance(event, NotLearning):
                        warn_user(learning_warning(event), LearningWarning)
                    for listener in listeners:
                        listener(event)
                return event
            except KeyboardInterrupt:
                if isinstance(event, TrainingEnd):
                    return event
                # Before the training begins, and while it ends, there is no result to return.
                if inspect.getgeneratorstate(events) == inspect.GEN_CLOSED:
                    raise
                interrupted = True


@contextmanager
def _closed(events: Generator[Event, None, None], listeners: Sequence[Listener]) -> Iterator[None]:
    """At its end the training is closed, and every listener that can be."""
    with ExitStack() as stack:
        stack.callback(events.close)
        for listener in listeners:
            if callable(close := getattr(listener, "close", None)):
                stack.callback(close)
        yield


def learning_warning(event: NotLearning) -> str:
    """The text of the `LearningWarning` about a training."""
    return f"{event.message} (pellucid.{event.command.replace('-', '_')} shows more)"


def _epochs_at_a_time(every: Every) -> int | None:
    if every == "auto":
        return None
    if every in ("epoch", "step"):
        return 1
    if type(every) is not int or every < 1:
        raise OptionError(
            f"every is {every!r:.80}; expected 'epoch', 'step', 'auto' or an integer of at least 1"
        )
    return every


def _examples(
    network: Network, examples: Examples, options: TrainingOptions, validation: Examples | None
) -> tuple[Examples, Examples | None]:
    """The training examples and the held-out ones, of one dtype."""
    examples = examples.checked(network)
    fraction = options.validation_fraction
    if fraction is not None and validation is not None:
        raise OptionError(
            f"validation_fraction is {fraction:g} and a validation set is given; expected one of them"
        )
    if fraction is not None:
        return split_off(network, examples, fraction, options.shuffle_seed)
    if validation is None:
        return examples, None
    try:
        held_out = validation.checked(network)
    except ShapeError as error:
        raise ShapeError(f"validation examples: {error}") from None
    if not (examples.is_dense and held_out.is_dense):
        return examples, held_out
    xp = namespace(X=examples.X, validation_X=held_out.X)
    X, Y = (xp.astype(part, examples.X.dtype, copy=False) for part in (held_out.X, held_out.Y))
    return examples, replace(held_out, X=X, Y=Y)
