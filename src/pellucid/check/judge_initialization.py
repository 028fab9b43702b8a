"""Judge initial parameters by shape, scale and differences between layers, not by the numbers drawn."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pellucid import core
from pellucid.check.judge_compare import Difference
from pellucid.check.outcome import Outcome

Array = np.ndarray[Any, Any]

# Relative tolerance of the scale, for layers of tens of thousands of weights.
_SCALE_ERROR = 0.04


class Start(NamedTuple):
    """One call: the sizes, and the seed of NumPy's global stream."""

    dims: tuple[int, ...]
    seed: int


class InitializationVerdict(NamedTuple):
    """The mistakes of an initialization; no codes if it is right."""

    codes: tuple[str, ...]
    difference: Difference | None
    start: Start | None
    notes: tuple[str, ...]
    message: str = ""


# The published exercise first; large layers show the scale; equal widths show layers that are copies.
TWO_LAYERS = (Start((3, 2, 1), 1), Start((4, 3, 2), 7), Start((400, 300, 200), 5), Start((4, 4, 4), 8))
DEEP = (
    Start((5, 4, 3), 3),
    Start((400, 300, 200, 100), 5),
    Start((4, 4, 4, 4, 1), 8),
    Start((3, 5, 2, 4, 6, 1), 9),
    Start((2, 1), 9),
)
_PUBLISHED = {"initialize_parameters": (3, 2, 1), "initialize_parameters_deep": (5, 4, 3)}
# Of the exercise that compares three initializations: what the spread has to be, by n_prev.
SCALES: Mapping[str, tuple[str, Callable[[int], float]]] = {
    "initialize_parameters_zeros": ("0", lambda _: 0.0),
    "initialize_parameters_random": ("10", lambda _: 10.0),
    "initialize_parameters_he": ("sqrt(2 / n_prev)", lambda n_prev: (2 / n_prev) ** 0.5),
}


def judge_initialization(
    name: str, starts: Sequence[Start], outcomes: Sequence[Outcome]
) -> InitializationVerdict:
    """The mistakes in the parameters of some initializations.

    Args:
        name: of the function.
        starts: the calls.
        outcomes: all of kind "value".
    """
    codes: dict[str, tuple[Difference, Start]] = {}
    notes: tuple[str, ...] = ()
    for start, outcome in zip(starts, outcomes, strict=True):
        for code, difference in _form(start.dims, outcome.value):
            codes.setdefault(code, (difference, start))
        for code, difference in _content(name, start.dims, outcome.value):
            codes.setdefault(code, (difference, start))
        if not codes:
            notes = notes or _stream_note(name, start, outcome.value)
    if not codes:
        return InitializationVerdict((), None, None, notes)
    shaped = next((found for code, found in codes.items() if code.endswith("-wrong-shape")), None)
    if shaped and len(starts[0].dims) == 3 and (ignored := _ignored(starts, outcomes)):
        return InitializationVerdict(("size-ignored",), *shaped, (), ignored)
    difference, start = next(iter(codes.values()))
    return InitializationVerdict(tuple(codes), difference, start, ())


def _form(dims: tuple[int, ...], value: Any) -> list[tuple[str, Difference]]:
    """Wrong keys and shapes."""
    if value is None:
        return [("returns-none", Difference("parameters", "none", dims, None))]
    if not isinstance(value, Mapping):
        code = "wrong-count" if isinstance(value, (tuple, list)) else "not-numbers"
        return [(code, Difference("parameters", "numbers", dims, value))]
    keys = [f"{letter}{l}" for l in range(1, len(dims)) for letter in "Wb"]
    missing = [key for key in keys if key not in value]
    if missing:
        l = int(missing[0][1:])
        shape = (dims[l], dims[l - 1] if missing[0][0] == "W" else 1)
        return [(_misnamed(missing, keys, value), Difference(missing[0], "missing", np.zeros(shape), None))]
    mistakes = []
    for l in range(1, len(dims)):
        for key, shape in ((f"W{l}", (dims[l], dims[l - 1])), (f"b{l}", (dims[l], 1))):
            array = value[key]
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
                mistakes.append(("not-numbers", Difference(key, "numbers", np.zeros(shape), array)))
            elif array.shape != shape:
                mistakes.append(
                    (_shape_code(key, shape, array), Difference(key, "shape", np.zeros(shape), array))
                )
    return mistakes


def _ignored(starts: Sequence[Start], outcomes: Sequence[Outcome]) -> str:
    """Which size of (n_x, n_h, n_y) stands as one number where it should vary, in words; else ""."""
    for key, axis, i in (
        ("W1", 1, 0),
        ("W1", 0, 1),
        ("b1", 0, 1),
        ("W2", 1, 1),
        ("W2", 0, 2),
        ("b2", 0, 2),
    ):
        arrays = [o.value.get(key) for o in outcomes if isinstance(o.value, Mapping)]
        sizes = {a.shape[axis] for a in arrays if isinstance(a, np.ndarray) and a.ndim == 2}
        if len(arrays) == len(starts) and len(sizes) == 1 and len({start.dims[i] for start in starts}) > 2:
            (size,) = sizes
            what = ("row" if axis == 0 else "column") + ("" if size == 1 else "s")
            name = ("n_x", "n_h", "n_y")[i]
            return f"{name} is ignored: {key} has {size} {what} whatever {name} is"
    return ""


def _misnamed(missing: Sequence[str], keys: Sequence[str], value: Mapping[str, Any]) -> str:
    if any("{" in key for key in value):
        return "key-not-formatted"
    if "W0" in value or f"W{len(keys) // 2 + 1}" in value:
        return "keys-off-by-one"
    if set(missing) == set(keys[-2:]) and len(value) == len(keys) - 2:
        return "loop-one-short"
    return "keys-misnamed" if len(value) >= len(keys) else "key-missing"


def _shape_code(key: str, shape: tuple[int, ...], array: Array) -> str:
    kind = "weights" if key[0] == "W" else "biases"
    if kind == "biases" and array.ndim == 1:
        return "biases-rank-1"
    return f"{kind}-transposed" if array.shape == shape[::-1] else f"{kind}-wrong-shape"


def _content(name: str, dims: tuple[int, ...], value: Mapping[str, Array]) -> list[tuple[str, Difference]]:
    """Wrong numbers."""
    mistakes = []
    wrong_form = _form(dims, value)
    # Without the right form there is no scale to compare.
    if any(difference.quantity[0] != "b" for _, difference in wrong_form):
        return []
    weights = [np.asarray(value[f"W{l}"], float) for l in range(1, len(dims))]
    code = _weights_code(name, dims, weights)
    if code:
        spreads = _spreads(name, dims)
        mistakes.append(
            (code, Difference("W1", "value", f"a spread of {spreads}", float(weights[0].std())))
        )
    for l in range(1, len(dims)):
        b = np.asarray(value[f"b{l}"], float) if not wrong_form else np.zeros(1)
        if not (b == 0).all():
            code = "biases-ones" if (b == b.flat[0]).all() and b.size > 1 else "biases-random"
            # One number alone shows no pattern: the wider layers do.
            if b.size > 1:
                mistakes.append((code, Difference(f"b{l}", "value", np.zeros(b.shape), b)))
                break
    return mistakes


def _weights_code(name: str, dims: tuple[int, ...], weights: Sequence[Array]) -> str:
    if name == "initialize_parameters_zeros":
        return "weights-scale-wrong" if any(W.any() for W in weights) else ""
    wide = [W for W in weights if W.size > 8]
    if wide and all((W == 0).all() for W in wide):
        return "weights-zeros"
    if wide and all((W == W.flat[0]).all() for W in wide):
        return "weights-constant"
    if wide and all((W >= 0).all() for W in wide):
        return "weights-all-positive"
    if _copies(weights):
        return "weights-same-in-every-layer"
    if min(dims) < 100:
        return ""
    spreads = [float(W.std()) for W in weights]
    known = [_known(name, n, n_prev) for n, n_prev in zip(dims[1:], dims[:-1], strict=True)]
    wrong = [s for s, ks in zip(spreads, known, strict=True) if not any(_near(s, k) for k in ks.values())]
    if not wrong:
        return ""
    return "weights-scale-missing" if all(_near(s, 1.0) for s in wrong) else "weights-scale-wrong"


def _known(name: str, n: int, n_prev: int) -> dict[str, float]:
    if name in SCALES:
        text, scale = SCALES[name]
        return {text: scale(n_prev)}
    return {
        "0.01": 0.01,
        "sqrt(1 / n_prev)": (1 / n_prev) ** 0.5,
        "sqrt(2 / n_prev)": (2 / n_prev) ** 0.5,
        "sqrt(2 / (n + n_prev))": (2 / (n + n_prev)) ** 0.5,
    }


def _spreads(name: str, dims: tuple[int, ...]) -> str:
    known = _known(name, dims[1], dims[0])
    return " or ".join(
        f"{value:.3g}" if text.isdigit() else f"{text} = {value:.3g}" for text, value in known.items()
    )


def _near(observed: float, expected: float) -> bool:
    return abs(observed - expected) < _SCALE_ERROR * expected


def _copies(weights: Sequence[Array]) -> bool:
    """Whether the layers hold the same numbers, up to a factor, from the first on."""
    first = weights[0].ravel()
    for W in weights[1:]:
        k = min(first.size, W.size)
        a, b = first[:k], W.ravel()[:k]
        if k < 4 or not a.any() or not np.allclose(b * np.abs(a).max(), a * np.abs(b).max(), rtol=1e-6):
            return False
    return len(weights) > 1


def _stream_note(name: str, start: Start, value: Mapping[str, Array]) -> tuple[str, ...]:
    if start.dims != _PUBLISHED.get(name):
        return ()
    deep = name == "initialize_parameters_deep"
    stream = np.random.RandomState(start.seed)
    if deep:
        expected = core.initialize_parameters_deep(start.dims, rng=stream)
    else:
        expected = core.initialize_parameters(*start.dims, rng=stream)
    if all(np.allclose(value[key], expected[key], rtol=1e-6) for key in expected):
        return ()
    return (
        "right; the random numbers differ from those of the published exercise, which is not a mistake",
    )
