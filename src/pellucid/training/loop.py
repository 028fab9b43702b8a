"""The training loop: it decides when; the engine does; whoever listens shows it."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Protocol

import numpy as np

from pellucid.core._arrays import Array, check_matrix, first_non_finite, floating, namespace
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.engines import Batch, engine_named
from pellucid.errors import ArrayError, LabelError, NonFiniteError, ShapeError
from pellucid.network import Network
from pellucid.training.events import EpochEnd, Event, Listener, TrainingEnd, TrainingStart
from pellucid.training.history import History
from pellucid.training.options import TrainingOptions


class LabelledColumns(Protocol):
    """What training needs of a data set: X (n_x, m) and Y (n_y, m)."""

    @property
    def X(self) -> Array: ...  # noqa: D102
    @property
    def Y(self) -> Array | None: ...  # noqa: D102


def fit(
    network: Network,
    data: LabelledColumns,
    options: TrainingOptions | None = None,
    *,
    parameters: Mapping[str, Array] | None = None,
) -> Generator[Event, None, None]:
    """Train, telling about it: one `TrainingStart`, an `EpochEnd` per epoch, one `TrainingEnd`.

    A KeyboardInterrupt, raised here or thrown in, ends the run with the parameters so far.

    Args:
        network: what is trained.
        data: X (n_x, m) and Y (n_y, m), of any array library.
        options: how; the defaults are the course's.
        parameters: where to start instead of freshly drawn weights; not changed.

    Yields:
        Events.

    Raises:
        ShapeError: the data do not fit the network.
        NonFiniteError: NaN or infinity in X.
        LabelError: Y is missing, or holds what is no label.
        DivergenceError: the cost became NaN or infinite; it carries the last finite parameters.
    """
    options = options or TrainingOptions()
    X, Y = checked_columns(network, data.X, data.Y)
    if parameters is None:
        parameters = initialize_parameters_deep(
            network.layer_dims, scheme=options.initialization, rng=options.rng
        )
    _check_parameters(network, parameters)
    engine = engine_named(options.engine)
    session = engine.open(network, parameters, X, Y)
    m = int(X.shape[1])
    size = min(options.batch_size or m, m)
    costs: list[float] = []
    reason = "completed"
    try:
        yield TrainingStart(network, m, options.epochs, -(-m // size), engine.name)
        for epoch in range(options.epochs):
            batches = epoch_batches(m, options.batch_size, options.shuffle_seed, epoch)
            costs.append(_weighted(session.advance(batches, options.learning_rate), batches, m))
            yield EpochEnd(epoch, session.iteration, costs[-1], session.snapshot)
    except KeyboardInterrupt:
        reason = "interrupted"
    yield TrainingEnd(
        network, session.finish(), History(tuple(costs), session.iteration, engine.name, reason)
    )


def train(
    network: Network,
    data: LabelledColumns,
    options: TrainingOptions | None = None,
    *,
    parameters: Mapping[str, Array] | None = None,
    listeners: Sequence[Listener] = (),
) -> TrainingEnd:
    """Run `fit` to its end, passing each event to every listener; the last event is the result.

    Ctrl-C, wherever it strikes, ends the training and returns what there is. Arguments and errors are
    those of `fit`.
    """
    with closing(fit(network, data, options, parameters=parameters)) as events:
        for event in _until_interrupted(events, listeners):
            if isinstance(event, TrainingEnd):
                return event
    raise AssertionError("fit ends with TrainingEnd")


def _until_interrupted(
    events: Generator[Event, None, None], listeners: Sequence[Listener]
) -> Iterator[Event]:
    event = next(events)
    while True:
        try:
            for listener in listeners:
                listener(event)
        except KeyboardInterrupt:
            if isinstance(event, TrainingEnd):
                yield event
                return
            event = events.throw(KeyboardInterrupt())
            continue
        yield event
        try:
            event = next(events)
        except StopIteration:
            return


def epoch_batches(m: int, batch_size: int | None, shuffle_seed: int, epoch: int) -> list[Batch]:
    """The batches of one epoch: shuffled columns in runs of `batch_size`, the last perhaps shorter.

    Args:
        m: number of examples.
        batch_size: examples per batch; None: one batch of everything, in order.
        shuffle_seed: see `TrainingOptions`.
        epoch: counted from 0.

    Returns:
        Column indices, (k,) each, or `[None]` for everything.
    """
    if batch_size is None:
        return [None]
    order = np.random.RandomState((shuffle_seed + 1 + epoch) % 2**32).permutation(m)
    return [order[start : start + batch_size] for start in range(0, m, batch_size)]


def _weighted(costs: list[float], batches: Sequence[Batch], m: int) -> float:
    """The mean over the epoch's examples of costs that are means over their batches."""
    if len(costs) == 1:
        return costs[0]
    sizes = [m if batch is None else len(batch) for batch in batches]
    return sum(cost * size for cost, size in zip(costs, sizes, strict=True)) / m


def checked_columns(network: Network, X: Array, Y: Array | None) -> tuple[Array, Array]:
    """X (n_x, m) and Y (n_y, m), found to fit the network, in one type of floating-point number.

    Raises:
        ShapeError: they do not fit the network, or each other.
        NonFiniteError: NaN or infinity in X, with the row and the column of the first.
        LabelError: Y is missing, or holds what is no label.
    """
    if Y is None:
        raise LabelError("the data have no labels; expected Y to train on")
    xp = namespace(X=X, Y=Y)
    check_matrix("X", X, "(n_x, m)")
    check_matrix("Y", Y, "(n_y, m)")
    m = X.shape[1]
    if X.shape[0] != network.n_x:
        raise ShapeError(
            f"layer_dims is {list(network.layer_dims)} and X has shape {tuple(X.shape)}; expected as many "
            f"inputs as X has rows: layer_dims[0] = {X.shape[0]} (examples are columns)"
        )
    if tuple(Y.shape) != (network.n_y, m):
        raise ShapeError(
            f"Y has shape {tuple(Y.shape)}, X has shape {tuple(X.shape)} and layer_dims ends in "
            f"{network.n_y}; expected Y of shape ({network.n_y}, {m})"
        )
    if m == 0:
        raise ShapeError(f"X has shape {tuple(X.shape)}: no example; expected at least one column")
    X = floating(xp, X)
    if X.dtype not in (xp.float64, xp.float32):
        raise ArrayError(f"X holds {X.dtype} numbers; expected float64 or float32")
    check_finite_columns(X)
    Y = xp.astype(Y, X.dtype)
    _check_labels(xp, network, Y)
    return X, Y


def _check_labels(xp: Any, network: Network, Y: Array) -> None:
    wrong = ~((Y >= 0) & (Y <= 1))
    if bool(xp.any(wrong)):
        j = int(xp.argmax(xp.astype(xp.any(wrong, axis=0), xp.int32)))
        i = int(xp.argmax(xp.astype(wrong[:, j], xp.int32)))
        raise LabelError(
            f"Y[{i}, {j}] is {float(Y[i, j]):g}; expected 0 or 1 (a number between them is a soft label), "
            "one row per output unit"
        )
    if network.output_activation == "softmax":
        off = xp.abs(xp.sum(Y, axis=0) - 1) > 1e-3
        if bool(xp.any(off)):
            j = int(xp.argmax(xp.astype(off, xp.int32)))
            raise LabelError(
                f"column {j} of Y sums to {float(xp.sum(Y[:, j])):g}; expected one-hot columns, "
                "which sum to 1, for a softmax output"
            )


def check_finite_columns(X: Array) -> None:
    """Refuse NaN and infinity in X (n_x, m).

    Raises:
        NonFiniteError: with the row and the column of the first.
    """
    found = first_non_finite(X)
    if found is not None:
        i, j, value, count = found
        more = f" ({count} such values in all)" if count > 1 else ""
        raise NonFiniteError(
            f"X[{i}, {j}] is {value}: input (row) {i} of example (column) {j}{more}; "
            "expected finite numbers"
        )


def _check_parameters(network: Network, parameters: Mapping[str, Array]) -> None:
    for name, shape in network.parameter_shapes.items():
        found: Any = getattr(parameters.get(name), "shape", None)
        if found is None or tuple(found) != shape:
            raise ShapeError(
                f"{name} has shape {found and tuple(found)}; expected {shape} "
                f"for layer_dims {list(network.layer_dims)}"
            )
