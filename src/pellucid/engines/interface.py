"""The interface between the engines and the training loop. No engine is named here.

An `Engine` opens a `Session`: one network in training on some examples. A session advances by batches,
gives the gradient at any parameters, evaluates other examples, goes on with other examples, and returns or
takes its `TrainingState`: a value that holds all that the next step depends on, apart from the examples
and the options.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from pellucid.core._arrays import Array
from pellucid.encoded_table import EncodedTable
from pellucid.errors import OptionError
from pellucid.examples import Columns, Examples
from pellucid.network import Network
from pellucid.optimizer import Optimizer

Integers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, Any]
Parameters = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Batches:
    """The columns that each of several steps takes.

    Attributes:
        columns: (N,) indices into the columns of X and Y, one batch after the other; None: every step
            takes all of them.
        offsets: (k + 1,): batch i is `columns[offsets[i] : offsets[i + 1]]`; for full batches, 0 .. k.
        width: columns of the largest batch of the order that they are part of: an engine that compiles for
            a shape fills up smaller batches to it; None: unknown.
    """

    columns: Integers | None
    offsets: Integers
    width: int | None = None

    @classmethod
    def full(cls, steps: int = 1) -> Self:
        """`steps` steps on all columns, in their order."""
        return cls(None, np.arange(steps + 1))

    @classmethod
    def runs(cls, order: Integers, size: int) -> Self:
        """`order` (N,) in runs of `size`, the last perhaps shorter."""
        N = len(order)
        return cls(order, np.append(np.arange(0, N, size), N), min(size, N))

    @classmethod
    def of(cls, batches: Sequence[Sequence[int] | Integers]) -> Self:
        """One batch for each sequence of column indices."""
        sizes = np.array([0, *map(len, batches)])
        columns = np.concatenate([np.asarray(batch, np.int64) for batch in batches])
        return cls(columns, np.cumsum(sizes))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[Integers | None]:
        for i in range(len(self)):
            yield None if self.columns is None else self.columns[self.offsets[i] : self.offsets[i + 1]]

    def part(self, first: int, last: int) -> "Batches":
        """Batches `first` to `last`, the last excluded."""
        if self.columns is None:
            return Batches.full(last - first)
        offsets = self.offsets[first : last + 1]
        return Batches(self.columns[offsets[0] : offsets[-1]], offsets - offsets[0], self.width)


@dataclass(frozen=True)
class StepOptions:
    """Options of a training step.

    Attributes:
        optimizer: the update rule.
        clip_norm: largest norm of the gradient; a longer one is scaled down to it. None: no clipping.
        dropout_seed: the key of the dropout masks, see `pellucid.core.dropout`.
        threads: the largest number of threads, for an engine that has its own; None: as many as pay. The
            last bits of the result depend on it.
    """

    optimizer: Optimizer = field(default_factory=Optimizer)
    clip_norm: float | None = None
    dropout_seed: int = 0
    threads: int | None = None


class TrainingState(NamedTuple):
    """Everything that the next step depends on, apart from the examples and the options. A value.

    Attributes:
        parameters: `{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`.
        slots: the optimizer's slots, `{"v": {"dW1": ..., "db1": ...}, "s": ...}`, with the names of
            `Optimizer.slots`; empty before the first step: all zeros.
        update_count: steps that changed the parameters: t of Adam's bias correction.
        step_count: steps taken; it is the step of the dropout masks. A batch whose weights are all 0 counts
            as a step and changes nothing else.
    """

    parameters: Mapping[str, Array]
    slots: Mapping[str, Mapping[str, Array]] = {}
    update_count: int = 0
    step_count: int = 0

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in self.parameters.items())
        slots = f"; slots {', '.join(self.slots)}" if self.slots else ""
        # Deep networks have many; the first ones tell which it is.
        return f"TrainingState({shapes:.160}{slots}; {self.step_count} steps taken)"


class Costs(NamedTuple):
    """The cost of each of several batches, in nats per example (or the unit of a regression's cost).

    Attributes:
        cost: at the parameters before the step, with the step's dropout and the penalty.
        penalty: the L1 and L2 penalty in the cost.
    """

    cost: list[float]
    penalty: list[float]


class Gradient(NamedTuple):
    """The cost of all examples at some parameters, and its gradient.

    Attributes:
        cost: with the penalty, and the dropout of the next step; may be infinite or NaN.
        penalty: the L1 and L2 penalty in the cost.
        grads: `{"dW1": (n_1, n_0), "db1": (n_1, 1), ...}`.
        outputs: AL, (n_y, m).
    """

    cost: float
    penalty: float
    grads: Parameters
    outputs: Array


class Session(ABC):
    """One network in training.

    One thread at a time advances it. `state` may be called from any thread at any time; it waits until the
    call in progress returns.
    """

    @abstractmethod
    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> Costs:
        """One step for each batch, in order.

        The same steps give the same bits, however they are split into calls.

        Args:
            batches: the columns of each step.
            learning_rates: one for all of these steps, or one for each.

        Raises:
            DivergenceError: a cost is not finite. The step is not taken, and the session goes back to
                the last parameters whose cost was finite.
            KeyboardInterrupt: Ctrl-C; the session keeps the state after the last complete step.
        """

    @abstractmethod
    def gradient(self, parameters: Mapping[str, Array]) -> Gradient:
        """The cost of all examples at other parameters, and its gradient; no step is taken.

        They become the session's parameters.
        """

    @abstractmethod
    def evaluate(self, examples: Examples) -> tuple[float, Array]:
        """The cost and the outputs of other examples at the session's parameters: a forward pass alone.

        The cost is that of the predictions, without dropout, penalty and label smoothing. An engine may
        keep its preparation of the last examples.

        Args:
            examples: checked, inputs that the session `takes`.

        Returns:
            The cost, which may be infinite or NaN, and AL (n_y, m).
        """

    def takes(self, X: Any) -> bool:
        """Whether `evaluate` takes these inputs as they are; else they have to be made dense."""
        return not isinstance(X, Columns)

    @abstractmethod
    def feed(self, examples: Examples) -> None:
        """Go on with other examples, from the same state and in the same buffers.

        Args:
            examples: checked, inputs that the engine `takes`, of the same dtype; any number of them.
        """

    @abstractmethod
    def state(self) -> TrainingState:
        """The present state; later steps do not change the returned value. From any thread."""

    def steps_taken(self) -> int:
        """The step count of `state`, without waiting: for a signal handler in the thread of the call."""
        return self.state().step_count

    def parameters(self) -> Parameters:
        """The parameters of `state`. From any thread."""
        return dict(self.state().parameters)

    def agreed(self, steps: int) -> int:
        """The number of steps for the next call: one number for all processes that train together.

        Args:
            steps: what this process would take.

        Raises:
            KeyboardInterrupt: another process has ended the training before its end.
        """
        return steps

    def end_for_all(self) -> None:
        """Tell the other processes, in their next `agreed`, that the training ends before its end."""
        return

    @abstractmethod
    def restore(self, state: TrainingState) -> None:
        """Go on from a state, taken here or in another session of the same network and optimizer."""

    @abstractmethod
    def finish(self) -> Parameters:
        """The parameters after the last step. Their cost is tested here, since no later step tests it.

        Raises:
            DivergenceError: a parameter, or the cost, is not finite; the error carries the last parameters
                whose cost was finite.
        """


class Predictor(ABC):
    """Forward propagation alone, in blocks, without caches; a call has nothing left to set up.

    It holds a copy of the parameters and the scaling of raw rows. Every way to predict ends here.
    """

    @abstractmethod
    def __call__(self, rows: Any) -> Floats | None:
        """The predictions for raw rows (m, n_x): (m, n_y), or with `spread` (m, 2).

        None unless the rows are a contiguous NumPy array of the parameters' dtype, all finite. The caller
        then reports the problem, or converts the rows and calls again.
        """

    def takes(self, X: Any) -> bool:
        """Whether `outputs` and `evaluate` take these inputs as they are; else they have to be dense."""
        return not isinstance(X, Columns)

    @abstractmethod
    def outputs(self, X: Any) -> Floats:
        """AL (n_y, m) of columns (n_x, m) that are scaled already, in the parameters' dtype."""

    @abstractmethod
    def evaluate(self, examples: Examples) -> tuple[float, Floats]:
        """The cost of the predictions for scaled, labelled columns, and AL (n_y, m): `Session.evaluate`."""


def is_read(X: Any) -> bool:
    """Whether both engines here read these inputs as they are: one array, or the columns of a table."""
    return isinstance(X, EncodedTable) or not isinstance(X, Columns)


def refuse(engine: "Engine", reason: str, source: str = "") -> None:
    """Refuse an engine that cannot serve.

    Args:
        engine: the engine.
        reason: the result of its `why_not`; empty: it can serve.
        source: where the engine was named, for the message: " (from PELLUCID_ENGINE)".

    Raises:
        OptionError: the reason is not empty.
    """
    if reason:
        raise OptionError(f"the {engine.name} engine{source} {reason}; expected 'reference' or 'auto'")


class Engine(ABC):
    """A way to train networks. All engines take the same steps and reach the same numbers."""

    name: str

    @property
    def arithmetic(self) -> str:
        """What the last bits of the results depend on, beside the number of threads: the instructions."""
        return f"NumPy {np.__version__}"

    def why_not(
        self, network: Network | None = None, X: Any = None, optimizer: Optimizer | None = None
    ) -> str:
        """The reason why this engine cannot serve, as the predicate of a sentence; empty if it can.

        "was not compiled when pellucid was installed", "trains on NumPy arrays, and X is torch's".

        Args:
            network: the network to train; None: any.
            X: the inputs; None: NumPy's.
            optimizer: the update rule; None: any.
        """
        del network, X, optimizer
        return ""

    def takes(self, X: Any, network: Network) -> bool:
        """Whether a session trains on these inputs as they are; else they have to be made dense.

        Args:
            X: inputs, one array or `Columns`.
            network: to be trained.
        """
        del network
        return not isinstance(X, Columns)

    @abstractmethod
    def open(
        self,
        network: Network,
        examples: Examples,
        state: TrainingState,
        options: StepOptions | None = None,
    ) -> Session:
        """Begin to train, or go on.

        Args:
            network: the network to train.
            examples: checked, inputs that the engine `takes`; their dtype is that of the whole training.
            state: the first state: `TrainingState(parameters)`, or that of another session. Not changed.
            options: of each step; None: the course's gradient descent.

        Raises:
            OptionError: this engine cannot serve; the message names one that can.
        """

    @abstractmethod
    def predictor(
        self,
        network: Network,
        parameters: Mapping[str, Floats],
        *,
        mean: Sequence[float] = (),
        deviation: Sequence[float] = (),
        spread: bool = False,
    ) -> Predictor:
        """A function from raw rows to predictions.

        Args:
            network: the trained network.
            parameters: NumPy arrays of float64 or float32; copied.
            mean: (n_x,), subtracted from every raw row; empty: no subtraction.
            deviation: (n_x,), the divisor of every raw row; empty: no division.
            spread: return (1 - p, p) for the one output p, the probability of the second of two classes.
        """
