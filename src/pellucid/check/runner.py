"""Runner: the interface of `Sandbox`, which calls the functions of a solution; tests have another."""

from collections.abc import Iterable
from typing import Any, Protocol

from pellucid.check.outcome import Outcome


class Runner(Protocol):
    """Calls functions of a solution."""

    loaded: Outcome
    isolation: str

    def call(
        self, name: str, args: tuple[Any, ...], *, seed: int | None = None, alone: bool = False
    ) -> Outcome:
        """The outcome of one call."""
        ...

    def calls(self, calls: Iterable[tuple[Any, ...]]) -> list[Outcome]:
        """The outcomes of many calls."""
        ...
