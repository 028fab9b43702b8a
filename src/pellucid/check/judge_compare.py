"""Compare the results of a function with the expected ones, name by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Tolerance for a right result, in float32, relative to the largest number of the array; and the error above
# which a note says that a right result is less exact than the reference.
TOLERANCE = 3e-4
EXACT = 1e-6


@dataclass(frozen=True)
class Difference:
    """One quantity that differs from its expected value.

    Attributes:
        quantity: its name, for example "dW".
        kind: "none", "count", "numbers", "missing", "shape", "nan" or "value".
        expected: the expected value.
        got: the observed value; None: it is missing.
    """

    quantity: str
    kind: str
    expected: Any
    got: Any


def differences(expected: Any, got: Any, names: Any = "") -> list[Difference]:
    """All quantities that differ; additional keys in a dictionary are not a difference.

    Args:
        expected: the expected result: arrays, in tuples, lists and dictionaries.
        got: the observed result.
        names: of the quantities, nested like `expected`; "" for a dictionary, whose keys are the names.
    """
    return list(_walk(expected, got, names, ""))


def error_of(expected: Any, got: Any) -> float:
    """The largest relative error of any quantity; both have the same form.

    Args:
        expected: the expected result.
        got: the observed result.
    """
    if isinstance(expected, Mapping):
        return max((error_of(value, got[key]) for key, value in expected.items()), default=0.0)
    if isinstance(expected, (tuple, list)):
        return max((error_of(e, g) for e, g in zip(expected, got, strict=True)), default=0.0)
    return _relative(np.asarray(expected, float), np.asarray(got, float))


def _walk(expected: Any, got: Any, names: Any, where: str) -> Iterator[Difference]:
    if got is None:
        yield Difference(where or _plain(names) or "the result", "none", expected, got)
    elif isinstance(expected, Mapping):
        yield from _mapping(expected, got, where or _plain(names))
    elif isinstance(expected, (tuple, list)):
        yield from _sequence(expected, got, names, where)
    else:
        yield from _array(expected, got, where or _plain(names) or "the result")


def _plain(names: Any) -> str:
    return names if isinstance(names, str) else ""


def _mapping(expected: Mapping[str, Any], got: Any, where: str) -> Iterator[Difference]:
    if not isinstance(got, Mapping):
        yield Difference(where or "the result", "numbers", expected, got)
        return
    for key, value in expected.items():
        if key not in got:
            yield Difference(key, "missing", value, None)
        else:
            yield from _walk(value, got[key], key, key)


def _sequence(expected: Sequence[Any], got: Any, names: Any, where: str) -> Iterator[Difference]:
    named = names if isinstance(names, tuple) else ("",) * len(expected)
    if not isinstance(got, (tuple, list)) or len(got) != len(expected):
        yield Difference(where or _plain(names) or "the result", "count", expected, got)
        return
    for i, (value, observed) in enumerate(zip(expected, got, strict=True)):
        if isinstance(names, str) and names:
            inside = f"{where or names}[{i}]"
        else:
            name = named[i] if i < len(named) else ""
            inside = f"{where} {name}".strip() if isinstance(name, str) and name else where
            inside = inside or (
                f"result {i + 1}" if not isinstance(value, (tuple, list, dict)) else "cache"
            )
        nested = named[i] if isinstance(names, tuple) else _inner_names(value)
        yield from _walk(value, observed, nested, inside)


def _inner_names(value: Any) -> Any:
    # An entry of caches has the same parts as every layer's cache.
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], tuple):
        return (("A_prev", "W", "b"), "Z")
    return ""


def _array(expected: Any, got: Any, where: str) -> Iterator[Difference]:
    right = np.asarray(expected)
    observed = _number(got)
    if observed is None:
        yield Difference(where, "numbers", expected, got)
    elif observed.shape != right.shape:
        yield Difference(where, "shape", right, observed)
    elif bool(np.isnan(observed).any()) and not bool(np.isnan(right).any()):
        yield Difference(where, "nan", right, observed)
    elif _relative(right.astype(float), observed) > TOLERANCE:
        yield Difference(where, "value", right, observed)


def _number(got: Any) -> np.ndarray[Any, Any] | None:
    if isinstance(got, (bool, int, float, np.ndarray, np.generic)):
        array = np.asarray(got)
        if array.dtype.kind in "biuf":
            return array.astype(float)
    return None


def _relative(right: np.ndarray[Any, Any], observed: np.ndarray[Any, Any]) -> float:
    if right.size == 0:
        return 0.0
    same = (right == observed) | (np.isnan(right) & np.isnan(observed))
    if same.all():
        return 0.0
    finite = np.isfinite(right)
    if not np.isfinite(observed[finite]).all() or not same[~finite].all():
        return float("inf")
    scale = float(np.abs(right[finite]).max(initial=0.0))
    error = float(np.abs(right[finite] - observed[finite]).max())
    # Rounding errors around an exact zero of the reference.
    return 0.0 if error < 1e-12 else error / max(scale, 1e-9)
