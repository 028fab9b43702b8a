"""What every contender offers the stop-watch: a trainer that takes rounds, or a call that answers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from benchmarks.works import Floats, Problem


class Trainer(ABC):
    """One contender at one problem, everything prepared but the steps themselves."""

    @abstractmethod
    def run(self, rounds: int) -> None:
        """Take `rounds` times one step on each batch; when it returns, the last step is done."""

    @abstractmethod
    def parameters(self) -> dict[str, Floats]:
        """W{l} (n_l, n_{l-1}) and b{l} (n_l, 1) as they are now."""


# The ways in which a contender can do its work, by name: it is timed in the fastest of them. The name of an
# only one is "".
Variants = Mapping[str, Callable[[Problem], Trainer]]

# One call answers one row.
Predictor = Callable[[], object]
