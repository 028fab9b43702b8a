"""What every engine offers, and what every training asks of it. No engine is named here."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from pellucid.core._arrays import Array
from pellucid.network import Network

# The columns of one batch: their indices, (k,), or None for all of them.
Batch = Array | None


class Session(ABC):
    """One network in training: the parameters as they are now, and the way to the next ones."""

    @abstractmethod
    def advance(self, batches: Sequence[Batch], learning_rate: float) -> list[float]:
        """One gradient step for each batch, in order.

        Args:
            batches: column indices into the X and Y of the session, (k,) each; None is all columns.
            learning_rate: for all of these steps.

        Returns:
            The cost of each batch under the parameters before its step.

        Raises:
            DivergenceError: a cost is not finite. The step is not taken, and the session goes back to
                the last parameters whose cost was finite.
        """

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
    def open(self, network: Network, parameters: Mapping[str, Array], X: Array, Y: Array) -> Session:
        """Begin to train.

        Args:
            network: what is trained.
            parameters: where it starts, of the shapes of `network.parameter_shapes`; not changed.
            X: inputs, (n_x, m); its type of number is that of the whole training.
            Y: targets, (n_y, m).

        Raises:
            OptionError: this engine cannot do what is asked; the message names one that can.
        """
