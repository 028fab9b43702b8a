"""The report of a gradient check, block by block, as text, HTML and plain values."""

import math
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

import numpy as np

from pellucid.display import aligned_table, table
from pellucid.network import Network
from pellucid.tracing.slopes import TOLERANCE
from pellucid.tracing.steps import plain

# The columns of the table (errors are relative), and the alignment of each.
_HEAD = ("block", "shape", "checked", "directions", "kinks", "error", "allowed", "verdict")
_SIDES = "<<>>>>><"

VERDICTS = ("right", "wrong", "unjudged")
# More of them would not fit a terminal.
_MOST_SHOWN = 5


class Coordinate(NamedTuple):
    """One number of a parameter, with its gradient and its slope.

    Attributes:
        row: of the parameter, from 0.
        column: of the parameter, from 0.
        gradient: the engine's gradient.
        slope: the slope by central differences.
        right: whether the two agree.
    """

    row: int
    column: int
    gradient: float
    slope: float
    right: bool

    @property
    def error(self) -> float:
        """The absolute difference between gradient and slope."""
        return abs(self.gradient - self.slope)


@dataclass(frozen=True, eq=False)
class Block:
    """One parameter, W1 or b2.

    Attributes:
        name: of the parameter.
        shape: of the parameter.
        coordinates: those that were checked.
        directions: the number of random directions in which all of its numbers were moved at once.
        wrong_directions: the number of these in which the gradient and the slope differ.
        kinks: the number of coordinates and directions that were left out because of a kink.
        unsettled: the number left out because the cost is too curved for the shortest step.
        noise: a bound on the rounding error of each slope.
    """

    name: str
    shape: tuple[int, int]
    coordinates: tuple[Coordinate, ...]
    directions: int
    wrong_directions: int
    kinks: int
    unsettled: int
    noise: float

    def __repr__(self) -> str:
        checked = f"{len(self.coordinates)} numbers and {self.directions} directions checked"
        return f"Block({self.name} {self.shape}, {self.verdict}, {checked})"

    @property
    def wrong(self) -> tuple[Coordinate, ...]:
        """The coordinates whose gradient and slope differ, the largest difference first."""
        return tuple(sorted((c for c in self.coordinates if not c.right), key=lambda c: -c.error))

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`."""
        if self.wrong or self.wrong_directions:
            return "wrong"
        return "right" if self.coordinates or self.directions else "unjudged"

    @property
    def sizes(self) -> tuple[float, float]:
        """||gradient - slope|| and ||gradient|| + ||slope||, over the coordinates."""
        gradient, slope = (
            np.array([getattr(c, name) for c in self.coordinates]) for name in ("gradient", "slope")
        )
        norm = np.linalg.norm
        return float(norm(gradient - slope)), float(norm(gradient) + norm(slope))

    @property
    def relative_error(self) -> float:
        """||gradient - slope|| / (||gradient|| + ||slope||); 0 if both are 0."""
        difference, size = self.sizes
        return difference / size if size else 0.0

    @property
    def allowed(self) -> float:
        """The relative error that tolerance and rounding allow; infinite if both norms are 0."""
        _, size = self.sizes
        rounding = self.noise * math.sqrt(len(self.coordinates))
        return TOLERANCE + rounding / size if size else math.inf

    def to_dict(self) -> dict[str, Any]:
        """The block in values that JSON can hold."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "verdict": self.verdict,
            "checked": len(self.coordinates),
            "directions": self.directions,
            "wrong_directions": self.wrong_directions,
            "kinks": self.kinks,
            "unsettled": self.unsettled,
            "relative_error": plain(self.relative_error),
            "allowed": plain(self.allowed),
            "wrong": [{name: plain(value) for name, value in c._asdict().items()} for c in self.wrong],
        }


@dataclass(frozen=True, eq=False)
class GradientReport:
    """The result of a gradient check.

    Attributes:
        network: the network that was checked.
        engine: the name of the engine.
        examples: the number of examples.
        step: half the distance of the two points of a central difference.
        cost: the cost by the functions of `pellucid.core`.
        engine_cost: the cost by the engine.
        cost_is_right: whether the two agree.
        blocks: one for each parameter.
    """

    network: Network
    engine: str
    examples: int
    step: float
    cost: float
    engine_cost: float
    cost_is_right: bool
    blocks: tuple[Block, ...]

    def __getitem__(self, name: str) -> Block:
        """The block of one parameter."""
        return {block.name: block for block in self.blocks}[name]

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`: wrong if a block or the cost is wrong; unjudged if all blocks are unjudged."""
        verdicts = {block.verdict for block in self.blocks}
        if "wrong" in verdicts or not self.cost_is_right:
            return "wrong"
        return "right" if "right" in verdicts else "unjudged"

    @property
    def difference(self) -> float:
        """||gradient - slope|| / (||gradient|| + ||slope||) over all coordinates, the course's measure."""
        checked = [c for block in self.blocks for c in block.coordinates]
        gradient, slope = (np.array([getattr(c, name) for c in checked]) for name in ("gradient", "slope"))
        size = float(np.linalg.norm(gradient) + np.linalg.norm(slope))
        return float(np.linalg.norm(gradient - slope)) / size if size else 0.0

    @property
    def tolerance(self) -> str:
        """The condition for a right coordinate, and its reason."""
        noise = self.blocks[0].noise
        return (
            f"a coordinate is right if |gradient - slope| <= {TOLERANCE:g} (|gradient| + |slope|) + "
            f"{noise:.1g}: central differences with the step {self.step:g} are that exact in float64, and "
            f"rounding may change a slope by {noise:.1g}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The report in values that JSON can hold."""
        return {
            "verdict": self.verdict,
            "engine": self.engine,
            "network": self.network.to_dict(),
            "examples": self.examples,
            "step": self.step,
            "difference": plain(self.difference),
            "tolerance": self.tolerance,
            "cost": plain(self.cost),
            "engine_cost": plain(self.engine_cost),
            "cost_is_right": self.cost_is_right,
            "blocks": [block.to_dict() for block in self.blocks],
        }

    def __repr__(self) -> str:
        return f"GradientReport({self.verdict}, difference {self.difference:.2g}, {self.engine} engine)"

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(line)}</p>" for line in [*self._verdict_lines(), self.tolerance])
        rows = [_row(block) for block in self.blocks]
        return f"<div><p>{escape(self._headline())}</p>{table(_HEAD, rows, _SIDES)}{notes}</div>"

    def _headline(self) -> str:
        return (
            f"gradients of the {self.engine} engine, layers {list(self.network.layer_dims)}, "
            f"{self.examples:,} examples"
        )

    def __str__(self) -> str:
        return self.text()

    def text(self, columns: int | None = None) -> str:
        """The report as text.

        Args:
            columns: the width of the terminal; None: any width.
        """
        blocks = aligned_table([_HEAD, *(_row(block) for block in self.blocks)], _SIDES, columns)
        return "\n".join([self._headline(), "", blocks, "", *self._verdict_lines(), self.tolerance])

    def _verdict_lines(self) -> list[str]:
        lines = [f"{self.verdict}: the difference over all coordinates is {self.difference:.2g}"]
        if self.verdict == "unjudged":
            lines = [
                "unjudged: there is a kink at every coordinate; try other parameters or other examples"
            ]
        if not self.cost_is_right:
            lines.append(f"the cost is {self.engine_cost:.9g}; expected {self.cost:.9g}")
        for block in self.blocks:
            for c in block.wrong[:_MOST_SHOWN]:
                where = f"{block.name}[{c.row}, {c.column}]"
                lines.append(f"{where}: the gradient is {c.gradient:.6g} and the slope {c.slope:.6g}")
            if len(block.wrong) > _MOST_SHOWN:
                lines.append(
                    f"{block.name}: {len(block.wrong)} coordinates are wrong ({_MOST_SHOWN} shown)"
                )
        unsettled = sum(block.unsettled for block in self.blocks)
        if unsettled:
            lines.append(
                f"{unsettled} were left out: the cost is too curved there for central differences; scale "
                "the inputs"
            )
        return lines


def _row(block: Block) -> tuple[str, ...]:
    size = block.shape[0] * block.shape[1]
    return (
        block.name,
        str(block.shape),
        f"{len(block.coordinates):,} of {size:,}",
        str(block.directions),
        str(block.kinks),
        f"{block.relative_error:.1e}",
        f"{block.allowed:.1e}",
        block.verdict,
    )
