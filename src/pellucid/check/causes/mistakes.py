"""Mistakes as switches: how a function of the course is computed with some of them on.

A switch is written `code~variant@place`: the code says which mistake, the variant in which way it was
made, the place at which layer or activation; the last two may be missing. The functions beside this file
are the course's, written out so that any set of switches can be on; with none on they give what
`pellucid.core` gives.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pellucid.errors import ShapeError

Array = Any
Table = Mapping[str, Callable[..., Any]]


def code_of(switch: str) -> str:
    """The code of a switch: `dw-order` of `dw-order~t@last`.

    Args:
        switch: as above.
    """
    return switch.partition("@")[0].partition("~")[0]


def at_places(switches: Iterable[str], places: Iterable[str]) -> tuple[str, ...]:
    """Every switch alone (everywhere), then at each of the places.

    Args:
        switches: without a place.
        places: their names.
    """
    switches = tuple(switches)
    return (*switches, *(f"{switch}@{place}" for place in places for switch in switches))


class Mistakes:
    """The switches that are on; `on(switch)` asks for one.

    Attributes:
        strict: whether shapes that do not fit are refused, as the reference's functions do, where NumPy
            would stretch one of them.
    """

    def __init__(self, on: Iterable[str] = (), *, strict: bool = False) -> None:
        self._on = frozenset(on)
        self.strict = strict

    def __call__(self, switch: str) -> bool:
        """Whether this one is on."""
        return switch in self._on

    def at(self, *places: str) -> "Mistakes":
        """The switches as they hold at these places: their place is taken off, those of others stay off.

        Args:
            places: for example "hidden", "relu".
        """
        held = set()
        for switch in self._on:
            name, _, place = switch.partition("@")
            held.add(name if place in places else switch)
        return Mistakes(held, strict=self.strict)

    def check(self, a: Array, b: Array) -> None:
        """Refuse two arrays of different shapes, if strict.

        Args:
            a: one.
            b: the other.

        Raises:
            ShapeError: they differ.
        """
        if self.strict and a.shape != b.shape:
            raise ShapeError(f"shapes {a.shape} and {b.shape} differ")

    def choose(self, table: Table, default: Callable[..., Any], *arguments: Any) -> Any:
        """What the first entry of `table` that is on makes of the arguments, or the default.

        Args:
            table: one way to compute for each switch.
            default: the right way.
            arguments: of either.
        """
        for switch, make in table.items():
            if switch in self._on:
                return make(*arguments)
        return default(*arguments)
