"""The training loop: it decides when; the engine does; whoever listens shows it."""

import inspect
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Literal

from pellucid.core._arrays import Array, namespace
from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.training.columns import LabelledColumns, checked_columns, checked_weights
from pellucid.training.events import EpochEnd, Event, Listener, TrainingEnd, TrainingStart
from pellucid.training.options import TrainingOptions
from pellucid.training.run import Run
from pellucid.training.validation import Weighted, split_off

Stride = int | Literal["auto"]


def fit(
    network: Network,
    data: LabelledColumns,
    options: TrainingOptions | None = None,
    *,
    parameters: Mapping[str, Array] | None = None,
    weights: Array | None = None,
    validation: LabelledColumns | None = None,
    stride: Stride = 1,
) -> Generator[Event, None, None]:
    """Train, telling about it: one `TrainingStart`, an `EpochEnd` per epoch, one `TrainingEnd`.

    A KeyboardInterrupt, raised here or thrown in, ends the run with the parameters so far.

    Args:
        network: what is trained.
        data: X (n_x, m) and Y (n_y, m), of any array library.
        options: how; the defaults are the course's.
        parameters: where to start instead of freshly drawn weights; not changed.
        weights: how much each example counts, (m,) or (1, m), not negative; None: all the same.
        validation: examples that are not trained on; their cost is told with every epoch.
        stride: how many epochs are taken before their events are told: the more, the less the telling
            costs, but then `EpochEnd.snapshot` has the parameters after the last of them. "auto": as many
            as take about a twentieth of a second. Where something is decided after every epoch
            (validation, early stopping, the adaptive schedule), it is 1.

    Yields:
        Events.

    Raises:
        ShapeError: the data do not fit the network.
        NonFiniteError: NaN or infinity in X.
        LabelError: Y is missing, or holds what is no label; or the weights are none.
        OptionError: validation examples both given and to be split off.
        TooLargeError: there is not enough memory.
        DivergenceError: the cost became NaN or infinite; it carries the last finite parameters.
    """
    options = options or TrainingOptions()
    most = _checked_stride(stride)
    examples, held_out = _examples(network, data, options, weights, validation)
    run = Run(network, examples, held_out, options, parameters)
    k, m = run.epochs.steps_per_epoch, run.epochs.m
    reason = "completed"
    try:
        yield TrainingStart(network, m, options.epochs, k, run.engine.name)
        while not run.over:
            told = run.epoch
            run.advance(most)
            for epoch in range(told, run.epoch):
                validated = run.validation_costs[epoch] if held_out is not None else None
                yield EpochEnd(
                    epoch, (epoch + 1) * k, run.costs[epoch], run.snapshot, validated, run.rates[epoch]
                )
        if run.enough:
            reason = "early_stopping"
    except KeyboardInterrupt:
        reason = "interrupted"
    yield TrainingEnd(network, run.finish(), run.history(reason))


def train(
    network: Network,
    data: LabelledColumns,
    options: TrainingOptions | None = None,
    *,
    parameters: Mapping[str, Array] | None = None,
    weights: Array | None = None,
    validation: LabelledColumns | None = None,
    listeners: Sequence[Listener] = (),
    stride: Stride | None = None,
) -> TrainingEnd:
    """Run `fit` to its end, passing each event to every listener; the last event is the result.

    Ctrl-C, wherever it strikes, ends the training and returns what there is. Arguments and errors are
    those of `fit`; without a `stride`, it is 1 where somebody listens, else "auto".
    """
    if stride is None:
        stride = 1 if listeners else "auto"
    events = fit(
        network, data, options, parameters=parameters, weights=weights, validation=validation, stride=stride
    )
    event: Event | None = None
    interrupted = False
    with closing(events):
        while True:
            # Ctrl-C may strike in any line of these; where events are many, they are most of the work.
            try:
                while not isinstance(event, TrainingEnd):
                    event = events.throw(KeyboardInterrupt()) if interrupted else next(events)
                    interrupted = False
                    for listener in listeners:
                        listener(event)
                return event
            except KeyboardInterrupt:
                if isinstance(event, TrainingEnd):
                    return event
                # Before the training began, or while it ended, there is nobody left to be told.
                if inspect.getgeneratorstate(events) == inspect.GEN_CLOSED:
                    raise
                interrupted = True


def _checked_stride(stride: Stride) -> int | None:
    if stride == "auto":
        return None
    if type(stride) is not int or stride < 1:
        raise OptionError(f"stride is {stride!r:.80}; expected a whole number of at least 1, or 'auto'")
    return stride


def _examples(
    network: Network,
    data: LabelledColumns,
    options: TrainingOptions,
    weights: Array | None,
    validation: LabelledColumns | None,
) -> tuple[Weighted, Weighted | None]:
    """What is trained on, and what is not."""
    X, Y = checked_columns(network, data.X, data.Y)
    examples = Weighted(X, Y, checked_weights(weights, X))
    fraction = options.validation_fraction
    if fraction is not None and validation is not None:
        raise OptionError(
            f"validation_fraction is {fraction:g} and a validation set is given; expected one of them"
        )
    if fraction is not None:
        return split_off(network, examples, fraction, options.shuffle_seed)
    if validation is None:
        return examples, None
    X_held_out, Y_held_out = checked_columns(network, validation.X, validation.Y)
    xp = namespace(X=X, validation_X=X_held_out)
    return examples, Weighted(xp.astype(X_held_out, X.dtype), xp.astype(Y_held_out, X.dtype))
