"""Slopes of a network's cost by central differences, and the detection of kinks, where they are wrong."""

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

# Factors of the shorter steps for a slope that differs from the gradient: the first step may be too long.
SHORTER = (0.1, 0.01)
# The allowed difference of slope and gradient, relative to their sizes.
TOLERANCE = 1e-6
# A cost is rounded several times; this many times the bound for one rounding.
_ROUNDINGS = 4


class Slope(NamedTuple):
    """The slope of the cost in one direction.

    Attributes:
        value: by central differences; NaN if no step was short enough.
        noise: a bound on its error by rounding and by the length of the step.
        kink: whether the two points lie on different sides of a kink.
    """

    value: float
    noise: float
    kink: bool


class CostSurface:
    """The cost of a network as a function of all its parameters in one row; computed by `pellucid.core`.

    Attributes:
        cost: at the given parameters.
        rounding: a bound on its rounding error.

    Args:
        network: the network of the parameters.
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
        # One buffer for all points, so that large matrices are not copied for each of them.
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
        J = float(cost.forward(ZL, self._Y, weights=self._weights, **network.cost_options))
        if network.l1 or network.l2:
            J += weight_penalty(self._parameters, self._total, l2=network.l2, l1=network.l1)
        return J

    def _rounding(self, caches: Sequence[LayerCache]) -> float:
        """A bound on the rounding error of the cost, to first order.

        Each Z is a sum of rounded terms, and dZ is the effect of a change of Z on the cost.
        """
        network, cost = self._network, cost_named(self._network.cost)
        dZL = cost.backward(caches[-1][1], self._Y, weights=self._weights, **network.cost_options)
        bound = abs(self.cost)
        for l, dZ, _, _, _ in backward_pass(
            dZL,
            caches,
            hidden_activation=network.hidden_activation,
            masks=self._masks,
            input_gradient=False,
        ):
            (A_prev, W, b), _ = caches[l - 1]
            terms = np.abs(W) @ np.abs(A_prev) + np.abs(b)
            bound += float(np.sum(np.abs(dZ) * terms)) / dZ.shape[1]
        return float(_ROUNDINGS * np.finfo(np.float64).eps * bound)

    def _at_the_row(self) -> tuple[float, list[Floats]]:
        """The cost at the current row, and on which side of every kink it is."""
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

    def slope(self, indices: Floats, direction: Floats, step: float) -> Slope:
        """(J(theta + step d) - J(theta - step d)) / (2 step).

        Args:
            indices: of the parameters that move, (k,).
            direction: d, (k,).
            step: half the distance of the two points.
        """
        before = self._row[indices].copy()
        try:
            self._row[indices] = before + step * direction
            high, sides = self._at_the_row()
            self._row[indices] = before - step * direction
            low, other_sides = self._at_the_row()
        finally:
            self._row[indices] = before
        kink = not all(map(np.array_equal, sides, other_sides))
        return Slope((high - low) / (2 * step), self.rounding / step, kink)

    def settled(self, indices: Floats, direction: Floats, expected: float, step: float) -> Slope:
        """The slope; if it is not the expected one, with shorter steps until two slopes agree.

        If the step is too long for a curved cost the slope is wrong, and the gradient may be right.
        """
        slope = self.slope(indices, direction, step)
        if slope.kink or agree(expected, slope):
            return slope
        for shorter in SHORTER:
            finer = self.slope(indices, direction, step * shorter)
            if finer.kink:
                return finer
            if agree(slope.value, finer):
                # The remaining difference is the error by the longer step.
                return slope._replace(noise=slope.noise + abs(slope.value - finer.value))
            slope = finer
        return slope._replace(value=math.nan)


def agree(expected: float, slope: Slope, size: float = 0.0) -> bool:
    """Whether a number is the slope, up to `TOLERANCE` and the slope's noise.

    Args:
        expected: the number.
        slope: by central differences.
        size: the size of the terms, if the number is a sum: a sum that is small by chance is not more exact
            than its terms.
    """
    return abs(expected - slope.value) <= (
        TOLERANCE * (abs(expected) + abs(slope.value) + size) + slope.noise
    )
