"""The thorough gradient check: any network, any engine, central differences of the cost in float64.

The slopes are those of the cost that `pellucid.core` computes, and the gradient is the engine's: an engine
with the same mistake in cost and gradient does not pass. The course's own check is
`pellucid.core.gradient_check`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pellucid.core._arrays import Array, as_numpy, check_number
from pellucid.engines import Engine, StepOptions, TrainingState, engine_for, flat, named
from pellucid.errors import NonFiniteError, OptionError
from pellucid.examples import Examples, check_inputs
from pellucid.network import Network
from pellucid.tracing.gradient_report import Block, Coordinate, GradientReport
from pellucid.tracing.inputs import checked_network
from pellucid.tracing.slopes import CostSurface, Floats, Slope, agree

# The number of random directions in which a block moves, and the most draws for one that meets a kink.
_DIRECTIONS = 3
_ATTEMPTS = 5


def gradient_check_network(
    parameters: Mapping[str, Array],
    X: Array,
    Y: Array,
    network: Network | None = None,
    *,
    engine: str | Engine = "auto",
    weights: Array | None = None,
    coordinates: int = 25,
    step: float = 1e-5,
    seed: int = 0,
    dropout_seed: int = 0,
) -> GradientReport:
    """Compare an engine's gradients with central differences of the cost.

    In each block (W1, b1, ...) coordinates are drawn at random, and then more in the row and the column of
    the one with the largest error. All numbers of a larger block are also moved at once in random
    directions: if gradient and slope differ there, the block is halved until a wrong coordinate is found.

    If the two points of a difference lie on different sides of a kink (of ReLU and its relatives, |.|), the
    coordinate is left out, and counted.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed. With zero biases a ReLU is often exactly
            at its kink.
        X: inputs, (n_x, m).
        Y: targets, (n_y, m).
        network: as for `trace`.
        engine: an `Engine`, its name, or "auto".
        weights: how much each example counts, (1, m); None: all the same.
        coordinates: the number to draw in each block, and the most to add near the largest error.
        step: half the distance of the two points.
        seed: of the random coordinates and directions.
        dropout_seed: the key of the dropout masks, which are those of a training's first step.

    Returns:
        A `GradientReport`, whose `verdict` is "right", "wrong" or "unjudged".

    Raises:
        ShapeError, ParametersError: X, Y, the parameters and the network do not fit.
        OptionError: the engine is unknown, or a number is out of its range.
        NonFiniteError: the cost is not finite.
        LabelError: Y does not hold valid targets, or the weights are invalid.
    """
    step = check_number("step", step, above=0.0, most=0.1)
    if type(coordinates) is not int or coordinates < 1:
        raise OptionError(f"coordinates is {coordinates!r:.80}; expected an integer of at least 1")
    network = checked_network(network, parameters)
    chosen = engine_for(engine, network)
    check_inputs(network, X, Y)
    columns, targets = (np.asarray(as_numpy(array), np.float64) for array in (X, Y))
    example_weights = None if weights is None else np.asarray(as_numpy(weights), np.float64)
    values = {name: as_numpy(value) for name, value in parameters.items()}
    row = np.asarray(flat(network, values, np.float64))
    with np.errstate(all="ignore"):
        surface = CostSurface(network, row, columns, targets, example_weights, dropout_seed)
        if not math.isfinite(surface.cost):
            raise NonFiniteError(
                f"the cost of these parameters is {surface.cost}; expected a finite one: pellucid.trace "
                "shows where it comes from"
            )
        examples = Examples(columns, targets, example_weights).checked(network)
        start = TrainingState(named(network, row))
        session = chosen.open(network, examples, start, StepOptions(dropout_seed=dropout_seed))
        result = session.gradient(start.parameters)
        gradient = flat(network, result.grads, np.float64, prefix="d")
        rng = np.random.default_rng(seed)
        places = named(network, np.arange(len(row)))
        blocks = []
        for name, shape in network.parameter_shapes.items():
            first = int(places[name][0, 0])
            check = _BlockCheck(surface, gradient, name, shape, first, step, rng)
            blocks.append(check.run(coordinates))
    cost_is_right = agree(result.cost, Slope(surface.cost, surface.rounding, kink=False))
    return GradientReport(
        *(network, chosen.name, columns.shape[1], step),
        *(surface.cost, result.cost, cost_is_right, tuple(blocks)),
    )


@dataclass(eq=False)
class _BlockCheck:
    """The check of one parameter."""

    surface: CostSurface
    gradient: Floats
    name: str
    shape: tuple[int, int]
    start: int
    step: float
    rng: np.random.Generator
    checked: dict[int, Coordinate] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    directions: int = 0
    wrong_directions: int = 0
    kinks: int = 0
    unsettled: int = 0

    def run(self, coordinates: int) -> Block:
        """Draw coordinates and directions, follow the errors, and report."""
        size = self.shape[0] * self.shape[1]
        if size <= coordinates:
            self._check(range(size))
        else:
            self._check(self.rng.choice(size, coordinates, replace=False).tolist())
            for _ in range(_DIRECTIONS):
                self._check_direction(np.arange(size))
            self._check_around_the_largest_error(coordinates)
        coordinates_checked = tuple(self.checked[index] for index in sorted(self.checked))
        return Block(
            self.name,
            self.shape,
            coordinates_checked,
            self.directions,
            self.wrong_directions,
            self.kinks,
            self.unsettled,
            self.surface.rounding / self.step,
        )

    def _check(self, indices: "range | list[int]") -> None:
        """Check single coordinates, given by their indices in a parameter stored column by column."""
        for index in indices:
            if index in self.checked or index in self.left_out:
                continue
            expected = float(self.gradient[self.start + index])
            slope = self._slope(np.array([index]), np.ones(1), expected)
            if slope is None:
                self.left_out.add(index)
                continue
            column, row = divmod(index, self.shape[0])
            right = agree(expected, slope)
            self.checked[index] = Coordinate(row, column, expected, slope.value, right)

    def _slope(self, indices: Floats, direction: Floats, expected: float) -> Slope | None:
        """The slope; None at a kink, or if the cost is too curved, and then the reason is counted."""
        slope = self.surface.settled(self.start + indices, direction, expected, self.step)
        self.kinks += slope.kink
        unsettled = not slope.kink and math.isnan(slope.value)
        self.unsettled += unsettled
        return None if slope.kink or unsettled else slope

    def _drawn(self, indices: Floats) -> tuple[float, Slope | None, float]:
        """Gradient and slope in a random direction, to which these coordinates contribute equally."""
        length = 1 / math.sqrt(len(indices))
        direction = self.rng.choice([-length, length], len(indices))
        gradient = self.gradient[self.start + indices]
        expected = float(gradient @ direction)
        size = float(np.linalg.norm(gradient)) * length
        return expected, self._slope(indices, direction, expected), size

    def _check_direction(self, indices: Floats) -> None:
        for _ in range(_ATTEMPTS):
            expected, slope, size = self._drawn(indices)
            if slope is None:
                continue
            self.directions += 1
            if not agree(expected, slope, size):
                self.wrong_directions += 1
                self._check([self._culprit(indices)])
            return

    def _culprit(self, indices: Floats) -> int:
        """The coordinate with the largest error, by repeated halving."""
        while len(indices) > 1:
            middle = len(indices) // 2
            halves = (indices[:middle], indices[middle:])
            errors = []
            for half in halves:
                expected, slope, _ = self._drawn(half)
                errors.append(0.0 if slope is None else abs(expected - slope.value))
            indices = halves[int(errors[1] > errors[0])]
        return int(indices[0])

    def _check_around_the_largest_error(self, most: int) -> None:
        if not self.checked:
            return
        worst = max(self.checked, key=lambda index: self.checked[index].error)
        column, row = divmod(worst, self.shape[0])
        n, n_prev = self.shape
        neighbours = [row + n * j for j in range(n_prev)] + [i + n * column for i in range(n)]
        self.rng.shuffle(neighbours)
        self._check([index for index in neighbours if index not in self.checked][:most])
