"""What every engine offers, and what every training asks of it. No engine is named here.

An `Engine` opens a `Session`: one network in training on some examples. A session advances by batches,
gives the gradient at any parameters, evaluates other examples, is fed other examples, and gives and takes
its `TrainingState`: all that the next step depends on beside the examples and the options, as a value.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from pellucid.core._arrays import Array
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.optimizer import Optimizer

Integers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, Any]
Parameters = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Batches:
    """Which columns each of several steps takes.

    Attributes:
        columns: (N,) indices into the columns of X and Y, one batch after the other; None: every step
            takes all of them.
        offsets: (k + 1,): batch i is `columns[offsets[i] : offsets[i + 1]]`; for full batches, 0 .. k.
    """

    columns: Integers | None
    offsets: Integers

    @classmethod
    def full(cls, steps: int = 1) -> Self:
        """`steps` steps on all columns, in their order."""
        return cls(None, np.arange(steps + 1))

    @classmethod
    def runs(cls, order: Integers, size: int) -> Self:
        """`order` (N,) in runs of `size`, the last perhaps shorter."""
        N = len(order)
        return cls(order, np.append(np.arange(0, N, size), N))

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
        return Batches(self.columns[offsets[0] : offsets[-1]], offsets - offsets[0])


@dataclass(frozen=True)
class StepOptions:
    """Options of a training step.

    Attributes:
        optimizer: the update rule.
        clip_norm: a gradient longer than this is shortened to it; None: never.
        dropout_seed: the key of the dropout masks, see `pellucid.core.dropout`.
        threads: the most threads that work, for an engine that has its own; None: as many as pay. The
            result depends on it to the last bit.
    """

    optimizer: Optimizer = field(default_factory=Optimizer)
    clip_norm: float | None = None
    dropout_seed: int = 0
    threads: int | None = None


class TrainingState(NamedTuple):
    """Everything that the next step depends on, beside the examples and the options. A value.

    Attributes:
        parameters: `{"W1": (n_1, n_0), "b1": (n_1, 1), ...}`.
        slots: the optimizer's: `{"v": {"dW1": ..., "db1": ...}, "s": ...}`, those of
            `Optimizer.slots`; empty before the first step, where all of them are 0.
        update_count: steps that changed the parameters: t of Adam's bias correction.
        step_count: steps taken, which number the dropout masks; a batch whose weights are all 0 is a step
            and changes nothing.
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
        cost: under the parameters before its step, with its dropout; the penalty included.
        penalty: the L1 and L2 penalty in it.
    """

    cost: list[float]
    penalty: list[float]


class Gradient(NamedTuple):
    """The cost of all examples at some parameters, and its gradient.

    Attributes:
        cost: penalty and dropout of the next step included; may be infinite or NaN.
        penalty: the L1 and L2 penalty in it.
        grads: `{"dW1": (n_1, n_0), "db1": (n_1, 1), ...}`.
        outputs: AL, (n_y, m).
    """

    cost: float
    penalty: float
    grads: Parameters
    outputs: Array


class Session(ABC):
    """One network in training: the state it is in now, and the way to the next one.

    One thread at a time advances it. `state` may be called from any thread at any time: it waits for the
    call in progress.
    """

    @abstractmethod
    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> Costs:
        """One step for each batch, in order.

        The same steps give the same bits however they are cut into calls.

        Args:
            batches: the columns of each step.
            learning_rates: one for all of these steps, or one for each.

        Raises:
            DivergenceError: a cost is not finite. The step is not taken, and the session goes back to
                the last parameters whose cost was finite.
            KeyboardInterrupt: Ctrl-C; the session stands after the last step that was complete.
        """

    @abstractmethod
    def gradient(self, parameters: Mapping[str, Array]) -> Gradient:
        """The cost of all examples at other parameters, and its gradient; no step is taken.

        From then on these are the session's parameters.
        """

    @abstractmethod
    def evaluate(self, examples: Examples) -> tuple[float, Array]:
        """The cost and the outputs of other examples at the session's parameters.

        Forward propagation alone.

        Without dropout, penalty and label smoothing: the cost of the answers. An engine may keep what it
        prepared for the last examples.

        Args:
            examples: checked, dense.

        Returns:
            The cost, which may be infinite or NaN, and AL (n_y, m).
        """

    @abstractmethod
    def feed(self, examples: Examples) -> None:
        """Go on with other examples, from the same state and in the same buffers.

        Args:
            examples: checked, dense, of the same type of number; any number of them.
        """

    @abstractmethod
    def state(self) -> TrainingState:
        """The state as it is now; later steps do not change what was returned. From any thread."""

    def steps_taken(self) -> int:
        """The step count of `state`, without waiting: for a signal handler in the thread of the call."""
        return self.state().step_count

    def parameters(self) -> Parameters:
        """Those of `state`, without its slots. From any thread."""
        return dict(self.state().parameters)

    @abstractmethod
    def restore(self, state: TrainingState) -> None:
        """Go on from a state, taken here or in another session of the same network and optimizer."""

    @abstractmethod
    def finish(self) -> Parameters:
        """The parameters after the last step, whose cost no later step tests: it is tested here.

        Raises:
            DivergenceError: one of them, or their cost, is not finite; it carries the last whose cost was.
        """


class Predictor(ABC):
    """Forward propagation alone, in blocks: no cache is kept, and nothing is left to set up in a call.

    It holds a copy of the parameters and a scaling of raw rows; every way to predict ends here.
    """

    @abstractmethod
    def __call__(self, rows: Any) -> Floats | None:
        """The answers to raw rows (m, n_x): (m, n_y), or with `spread` (m, 2).

        None where these are no contiguous NumPy rows of the parameters' type of number, or not all are
        finite: the caller says what is wrong, or converts them and calls again.
        """

    @abstractmethod
    def outputs(self, X: Array) -> Floats:
        """AL (n_y, m) of columns (n_x, m) that are scaled already, in the type of the parameters."""

    @abstractmethod
    def evaluate(self, examples: Examples) -> tuple[float, Floats]:
        """The cost of the answers to scaled, labelled columns and AL (n_y, m), as `Session.evaluate`."""


def refuse(engine: "Engine", reason: str, source: str = "") -> None:
    """Refuse an engine for a reason of `Engine.why_not`; an empty one is none.

    Args:
        engine: what was asked for.
        reason: see `Engine.why_not`.
        source: who named the engine, " (from PELLUCID_ENGINE)".

    Raises:
        OptionError: there is a reason.
    """
    if reason:
        raise OptionError(f"the {engine.name} engine{source} {reason}; expected 'reference' or 'auto'")


class Engine(ABC):
    """A way of training networks: all engines take the same steps to the same numbers."""

    name: str

    def why_not(
        self, network: Network | None = None, X: Any = None, optimizer: Optimizer | None = None
    ) -> str:
        """Why this engine cannot serve, as the predicate of a sentence about it; empty where it can.

        "was not compiled when pellucid was installed", "trains on NumPy arrays, and X is torch's".

        Args:
            network: what is to be trained; None: any.
            X: the inputs; None: NumPy's.
            optimizer: the update rule; None: any.
        """
        del network, X, optimizer
        return ""

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
            network: what is trained.
            examples: checked, dense; the type of number of X is that of the whole training.
            state: where it starts: `TrainingState(parameters)`, or what another session left. Not changed.
            options: of each step; the default is the course's gradient descent.

        Raises:
            OptionError: this engine cannot do what is asked; the message names one that can.
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
        """What answers rows.

        Args:
            network: what was trained.
            parameters: of NumPy, float64 or float32; copied.
            mean: subtracted from every raw row, (n_x,); empty: nothing is.
            deviation: what every raw row is divided by, (n_x,); empty: by nothing.
            spread: answer the one output p, the probability of the second of two classes, as (1 - p, p).
        """
