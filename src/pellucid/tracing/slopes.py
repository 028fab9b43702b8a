"""Slopes of a network's cost by central differences, and where they cannot be trusted: at kinks."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from pellucid.core.activations import activation_named
from pellucid.core.costs import cost_named
from pellucid.core.dropout import dropout_masks
from pellucid.core.linear import LayerCache
from pellucid.core.model import L_model_forward, backward_pass
from pellucid.core.regularization import weight_penalty
from pellucid.engines import named
from pellucid.network import Network

Floats = np.ndarray[Any, Any]

# A slope that is not the gradient is taken again with shorter steps: was the first one too long?
SHORTER = (0.1, 0.01)
# How far slope and gradient may differ, in shares of their sizes.
TOLERANCE = 1e-6
# A cost is rounded more than once; the bound for once is taken so many times.
_ROUNDINGS = 4


class Slope(NamedTuple):
    """How fast the cost rises in one direction.

    Attributes:
        value: by central differences; NaN where it could not be settled.
        noise: by how much rounding, and the length of the step, may have changed it.
        kink: whether the two points lie on different sides of a kink.
    """

    value: float
    noise: float
    kink: bool


class CostSurface:
    """The cost of a network as a function of all its parameters in one row; computed by `pellucid.core`.

    Attributes:
        cost: at the parameters that were given.
        rounding: by how much rounding may have changed it.

    Args:
        network: what the parameters belong to.
        row: the parameters, (count,), in the order of `engines.packing`; not changed.
        X: inputs, (n_x, m), float64.
        Y: targets, (n_y, m), float64.
        weights: (1, m), float64, or None.
        dropout_seed: the key of the dropout masks, which are those of a training's first step.
    """

    def __init__(
        self,
        network: Network,
        row: Floats,
        X: Floats,
        Y: Floats,
        weights: Floats | None,
        dropout_seed: int,
    ) -> None:
        self._network, self._X, self._Y, self._weights = network, X, Y, weights
        # One buffer for all points: a matrix of many weights is not copied for each of them.
        self._row = row.copy()
        self._parameters = named(network, self._row)
        self._masks = dropout_masks(network.dropout_rates, network.layer_dims, X, seed=dropout_seed, step=0)
        self._total = X.shape[1] if weights is None else float(weights.sum())
        _, caches = self._forward()
        self.cost = self._cost_of(caches)
        self.rounding = self._rounding(caches)

    def _forward(self) -> tuple[Floats, list[LayerCache]]:
        return L_model_forward(self._X, self._parameters, **self._network.activations, masks=self._masks)

    def _cost_of(self, caches: Sequence[LayerCache]) -> float:
        network, ZL = self._network, caches[-1][1]
        cost = cost_named(network.cost)
        found = float(cost.forward(ZL, self._Y, weights=self._weights, **network.cost_options))
        if network.l1 or network.l2:
            found += weight_penalty(self._parameters, self._total, l2=network.l2, l1=network.l1)
        return found

    def _rounding(self, caches: Sequence[LayerCache]) -> float:
        """By how much rounding may change the cost, to the first order.

        Each Z is a sum whose terms are rounded, and each dZ says what that does to the cost.
        """
        network, cost = self._network, cost_named(self._network.cost)
        dZL = cost.backward(caches[-1][1], self._Y, weights=self._weights, **network.cost_options)
        found = abs(self.cost)
        for l, dZ, _, _, _ in backward_pass(
            dZL,
            caches,
            hidden_activation=network.hidden_activation,
            masks=self._masks,
            input_gradient=False,
        ):
            (A_prev, W, b), _ = caches[l - 1]
            terms = np.abs(W) @ np.abs(A_prev) + np.abs(b)
            found += float(np.sum(np.abs(dZ) * terms)) / dZ.shape[1]
        return float(_ROUNDINGS * np.finfo(np.float64).eps * found)

    def _here(self) -> tuple[float, list[Floats]]:
        """The cost at the parameters as they are, and on which side of every kink they are."""
        AL, caches = self._forward()
        return self._cost_of(caches), list(self._sides(caches, AL))

    def _sides(self, caches: Sequence[LayerCache], AL: Floats) -> Iterator[Floats]:
        network = self._network
        for name, (_, Z) in zip(network.hidden_activations, caches[:-1], strict=True):
            if activation_named(name).kinked:
                yield Z > 0
        pieces = cost_named(network.cost).pieces
        if pieces is not None:
            yield pieces(AL - self._Y, **network.cost_options)
        if network.l1:
            for l in range(1, network.depth + 1):
                yield np.sign(self._parameters[f"W{l}"])

    def slope(self, where: Floats, direction: Floats, step: float) -> Slope:
        """(J(theta + step d) - J(theta - step d)) / (2 step).

        Args:
            where: indices of the parameters that move, (k,).
            direction: how they move, (k,).
            step: half the distance of the two points.
        """
        before = self._row[where].copy()
        try:
            self._row[where] = before + step * direction
            high, sides = self._here()
            self._row[where] = before - step * direction
            low, other_sides = self._here()
        finally:
            self._row[where] = before
        kink = not all(map(np.array_equal, sides, other_sides))
        return Slope((high - low) / (2 * step), self.rounding / step, kink)

    def settled(self, where: Floats, direction: Floats, expected: float, step: float) -> Slope:
        """The slope; where it is not the expected one, taken with shorter steps until two of them agree.

        A step that is too long for a curved cost gives a wrong slope, and a gradient is not to be blamed.
        """
        slope = self.slope(where, direction, step)
        if slope.kink or agree(expected, slope):
            return slope
        for shorter in SHORTER:
            finer = self.slope(where, direction, step * shorter)
            if finer.kink:
                return finer
            if agree(slope.value, finer):
                # What is left of the difference is the longer step's share.
                return slope._replace(noise=slope.noise + abs(slope.value - finer.value))
            slope = finer
        return slope._replace(value=math.nan)


def agree(expected: float, slope: Slope, size: float = 0.0) -> bool:
    """Whether a number is the slope, to `TOLERANCE` and what rounding may have done.

    Args:
        expected: the number.
        slope: by central differences.
        size: of what the number is a sum of: a sum that is small by chance is no more exact than its parts.
    """
    return abs(expected - slope.value) <= (
        TOLERANCE * (abs(expected) + abs(slope.value) + size) + slope.noise
    )
