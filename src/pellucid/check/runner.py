"""What answers calls into a solution, whoever it is."""

from collections.abc import Iterable
from typing import Any, Protocol

from pellucid.check.outcome import Outcome


class Runner(Protocol):
    """What answers calls into a solution: `Sandbox`, or `InProcess`."""

    loaded: Outcome
    isolation: str

    def call(
        self, name: str, args: tuple[Any, ...], *, seed: int | None = None, alone: bool = False
    ) -> Outcome:
        """What comes of one call."""
        ...

    def calls(self, calls: Iterable[tuple[Any, ...]]) -> list[Outcome]:
        """What comes of many."""
        ...
