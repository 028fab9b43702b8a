"""What a call does to its arguments: a key bound to another array, or an array written into."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pellucid.check import wire


class ArgumentWatch:
    """Arguments as they were before a call, to compare with what they are after it."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        self._arguments = arguments
        self._before = [bytes(wire.encode(argument)) for argument in arguments]
        self._arrays = [[(a, a.tobytes()) for a in _arrays(argument)] for argument in arguments]

    def changed(self) -> tuple[int, ...]:
        """The positions of the arguments that are other than before, in any way."""
        now = map(wire.encode, self._arguments)
        return tuple(i for i, (a, b) in enumerate(zip(now, self._before, strict=True)) if a != b)

    def written(self) -> tuple[int, ...]:
        """The positions of those with an array that holds other numbers than before."""
        return tuple(
            i
            for i, arrays in enumerate(self._arrays)
            if any(array.tobytes() != before for array, before in arrays)
        )


def _arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _arrays(inner)
    elif isinstance(value, np.ndarray):
        yield value
