"""Mistakes: a set of switches that turn known mistakes of a function on.

A switch is written `code~variant@place`: the code names the mistake, the variant one way of making it, and
the place a layer or an activation; the last two are optional. The functions beside this file are the
course's, written out so that any set of switches can be on; with all of them off they give the results of
`pellucid.core`.
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
    """The switches that are on; in the functions beside this file, `on(switch)` tests one of them.

    Attributes:
        strict: whether shapes that do not match are refused, as in the reference's functions, even if NumPy
            would broadcast them.
    """

    def __init__(self, on: Iterable[str] = (), *, strict: bool = False) -> None:
        self._on = frozenset(on)
        self.strict = strict

    def __call__(self, switch: str) -> bool:
        """Whether this switch is on."""
        return switch in self._on

    def at(self, *places: str) -> "Mistakes":
        """The switches at these places: without their place; switches of other places have no effect.

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
        """The result of the first entry of `table` that is on, or of the default.

        Args:
            table: one way to compute for each switch.
            default: the right way.
            arguments: of either.
        """
        for switch, make in table.items():
            if switch in self._on:
                return make(*arguments)
        return default(*arguments)
