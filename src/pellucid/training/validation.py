"""Examples that are not trained on: splitting them off, and their cost."""

from typing import Any, NamedTuple, Self

import numpy as np

from pellucid.core._arrays import Array, as_numpy, namespace
from pellucid.core.model import L_model_forward
from pellucid.errors import LabelError
from pellucid.network import Network
from pellucid.training.columns import bare_cost, predicts_numbers

Integers = np.ndarray[Any, np.dtype[np.int64]]


class Weighted(NamedTuple):
    """Checked examples: X (n_x, m), Y (n_y, m), and how much each counts, (1, m) or None."""

    X: Array
    Y: Array
    weights: Array | None = None

    @property
    def m(self) -> int:
        """How many."""
        return int(self.X.shape[1])

    def take(self, columns: Integers) -> Self:
        """Some of them, in that order."""
        xp = namespace(X=self.X)
        index = xp.asarray(columns)
        parts = [part if part is None else xp.take(part, index, axis=1) for part in self]
        return type(self)(*parts)

    def cost(self, network: Network, parameters: dict[str, Array]) -> float:
        """What the network's answers cost: without dropout, penalties or label smoothing."""
        # What overflows is told as the cost that comes of it.
        with np.errstate(over="ignore", invalid="ignore"):
            _, caches = L_model_forward(self.X, parameters, **network.activations)
            return bare_cost(network, caches[-1][1], self.Y, self.weights)


def split_off(network: Network, data: Weighted, fraction: float, seed: int) -> tuple[Weighted, Weighted]:
    """Examples to train on and a share held out: drawn by `RandomState(seed)`, of each class its share.

    Args:
        network: says whether the targets are classes: one sigmoid unit, or softmax.
        data: all of them.
        fraction: the share that is held out.
        seed: of the draw.

    Returns:
        `(train, held_out)`, each in the order that the examples had.

    Raises:
        LabelError: too few examples to hold one out, or all weights of a part are 0.
    """
    rng = np.random.RandomState(seed)
    taken = []
    for group in _groups(network, as_numpy(data.Y)):
        count = min(max(1, round(fraction * len(group))), len(group) - 1)
        taken.append(rng.permutation(group)[:count])
    held_out = np.sort(np.concatenate(taken))
    if not len(held_out):
        raise LabelError(
            f"validation_fraction is {fraction:g} and there are {data.m} examples, of which none can be "
            "held out: every class has a single one; expected more, or a validation set of its own"
        )
    parts = data.take(np.setdiff1d(np.arange(data.m), held_out)), data.take(held_out)
    for name, part in zip(("trained on", "held out"), parts, strict=True):
        if part.weights is not None and not float(part.weights.sum()) > 0:
            raise LabelError(f"the weights of the examples {name} are all 0; expected some above 0")
    return parts


def _groups(network: Network, Y: np.ndarray[Any, Any]) -> list[Integers]:
    """The columns of each class; all in one where the targets are not one class for each example."""
    one_class = network.n_y == 1 or network.output_activation == "softmax"
    if predicts_numbers(network) or not one_class:
        return [np.arange(Y.shape[1])]
    labels = Y[0] > 0.5 if network.n_y == 1 else np.argmax(Y, axis=0)
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]
