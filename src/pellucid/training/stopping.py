"""Deciding by the costs: when they no longer fall, and which parameters had the lowest."""

import math
from collections.abc import Callable

from pellucid.core._arrays import Array

Parameters = dict[str, Array]


class Plateau:
    """Counts the epochs in a row that brought no improvement, as scikit-learn counts them.

    Args:
        patience: how many of them are borne.
        min_delta: by how much a cost has to be below the lowest before it, to be an improvement.
    """

    def __init__(self, patience: int, min_delta: float) -> None:
        self._patience = patience
        self._min_delta = min_delta
        self._lowest = math.inf
        self._waited = 0

    def reached(self, cost: float) -> bool:
        """Take the cost of an epoch: are there more than `patience` now? If so, counting starts again."""
        self._waited = 0 if cost < self._lowest - self._min_delta else self._waited + 1
        self._lowest = min(cost, self._lowest)
        if self._waited <= self._patience:
            return False
        self._waited = 0
        return True


class Best:
    """Keeps the parameters whose cost was the lowest.

    Args:
        before: the costs are those of the parameters before the epoch, not of those after it.
        parameters: the first ones.
    """

    def __init__(self, *, before: bool, parameters: Parameters) -> None:
        self._before = before
        self._last = parameters
        self._cost = math.inf
        self.parameters = parameters
        self.epoch: int | None = None

    def see(self, epoch: int, cost: float, snapshot: Callable[[], Parameters]) -> None:
        """Take the cost of an epoch.

        Args:
            epoch: counted from 0.
            cost: what is to be low.
            snapshot: gives the parameters after the epoch.
        """
        lowest = cost < self._cost
        if lowest:
            self._cost, self.epoch = cost, epoch
        if not self._before:
            self.parameters = snapshot() if lowest else self.parameters
            return
        self.parameters = self._last if lowest else self.parameters
        self._last = snapshot()
