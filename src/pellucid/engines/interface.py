"""What every engine offers, and what every training asks of it. No engine is named here."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from pellucid.core._arrays import Array
from pellucid.network import Network
from pellucid.optimizer import Optimizer

Integers = np.ndarray[Any, np.dtype[np.int64]]


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


@dataclass(frozen=True)
class Steps:
    """How each step is taken: what is neither the network nor the data.

    Attributes:
        optimizer: by which rule the parameters follow their gradients.
        clip_norm: a gradient longer than this is shortened to it; None: never.
        dropout_seed: the key of the dropout masks, see `pellucid.core.dropout`.
        threads: how many may work, for an engine that has its own; None: as many as pay.
    """

    optimizer: Optimizer = field(default_factory=Optimizer)
    clip_norm: float | None = None
    dropout_seed: int = 0
    threads: int | None = None


@dataclass(frozen=True, eq=False)
class Memory:
    """What the optimizer carries from step to step, so that another session can go on from there.

    Attributes:
        taken: how many steps it has seen.
        kept: its letters, see `Optimizer.keeps`, each with a row of numbers (count,) in the order of
            `engines.packing`.
    """

    taken: int
    kept: Mapping[str, np.ndarray[Any, Any]]


class Session(ABC):
    """One network in training: the parameters as they are now, and the way to the next ones."""

    @abstractmethod
    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> list[float]:
        """One step for each batch, in order.

        Args:
            batches: the columns of each step.
            learning_rates: one for all of these steps, or one for each.

        Returns:
            The cost of each batch, penalties included, under the parameters before its step (and with
            the dropout of that step).

        Raises:
            DivergenceError: a cost is not finite. The step is not taken, and the session goes back to
                the last parameters whose cost was finite.
            KeyboardInterrupt: Ctrl-C; the session stands after the last step that was complete.
        """

    @property
    @abstractmethod
    def penalties(self) -> list[float]:
        """What part of the costs that the last `advance` returned is penalty."""

    @abstractmethod
    def cost_and_gradient(self, row: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        """The cost of all examples under other parameters, and its gradient; no step is taken.

        From then on these are the session's parameters.

        Args:
            row: all parameters in one row (count,), in the order of `engines.packing`.

        Returns:
            The cost, penalties and the dropout of the next step included, and the gradient in the same
            order. They may be infinite or NaN: whoever asks decides what that means.
        """

    @property
    @abstractmethod
    def beyond_precision(self) -> float:
        """How much less the last `cost_and_gradient`'s cost were if probabilities had a least value.

        Of a cross-entropy with labels 0 and 1, if none counted as less than the precision of its type of
        number (`numpy.finfo(...).eps`), as scikit-learn clips them; 0 for other costs.
        """

    @abstractmethod
    def memory(self) -> Memory:
        """What the optimizer carries; later steps do not change what was returned."""

    @property
    @abstractmethod
    def iteration(self) -> int:
        """How many steps were taken."""

    @abstractmethod
    def snapshot(self) -> dict[str, Array]:
        """The parameters as they are now; later steps do not change what was returned."""

    @abstractmethod
    def finish(self) -> dict[str, Array]:
        """The parameters after the last step, whose cost no later step tests: it is tested here.

        Raises:
            DivergenceError: one of them, or their cost, is not finite; it carries the last whose cost was.
        """


class Engine(ABC):
    """A way of training networks: all engines take the same steps to the same numbers."""

    name: str

    @abstractmethod
    def open(
        self,
        network: Network,
        parameters: Mapping[str, Array],
        X: Array,
        Y: Array,
        *,
        weights: Array | None = None,
        steps: Steps | None = None,
        memory: Memory | None = None,
    ) -> Session:
        """Begin to train.

        Args:
            network: what is trained.
            parameters: where it starts, of the shapes of `network.parameter_shapes`; not changed.
            X: inputs, (n_x, m); its type of number is that of the whole training. It is not to be changed
                while the session lives: an engine may look at it where it is, or at a copy.
            Y: targets, (n_y, m).
            weights: how much each example counts, (1, m), not negative; None: all the same.
            steps: how each step is taken; the default is the course's gradient descent.
            memory: of an earlier session with the same network and optimizer, to go on from; None: none.

        Raises:
            OptionError: this engine cannot do what is asked; the message names one that can.
        """
