"""What the tests of models share: every kind of model for Hypothesis, one small model, files by hand."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.core.activations import HIDDEN_ACTIVATIONS
from pellucid.data.recipe import Recipe
from pellucid.errors import ModelFileError
from pellucid.model import Model
from pellucid.network import Network
from pellucid.training.history import REASONS, History

finite = st.floats(allow_nan=False, allow_infinity=False)
above_0 = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
few = st.integers(1, 5)
hidden_activations = st.sampled_from(HIDDEN_ACTIVATIONS)


class_outputs = st.one_of(
    st.tuples(st.just("sigmoid"), st.integers(1, 4)), st.tuples(st.just("softmax"), st.integers(2, 4))
)
number_outputs = st.tuples(st.sampled_from(("identity", "exp")), st.integers(1, 3))
shares = st.floats(0, 0.9)


@st.composite
def networks(
    draw: st.DrawFn,
    n_x: st.SearchStrategy[int] = few,
    outputs: st.SearchStrategy[tuple[str, int]] = class_outputs,
) -> Network:
    hidden = draw(st.lists(st.integers(1, 4), max_size=3))
    output, n_y = draw(outputs)
    each = st.tuples(*[hidden_activations] * len(hidden))
    return Network(
        (draw(n_x), *hidden, n_y),
        hidden_activation=draw(hidden_activations | each),
        output_activation=output,
        l2=draw(above_0),
        dropout=draw(shares | st.tuples(*[shares] * len(hidden))),
    )


shapes = st.one_of(
    st.tuples(st.just("numbers"), st.tuples(st.integers(1, 6))),
    st.tuples(st.just("pictures"), st.tuples(st.integers(1, 3), st.integers(1, 3))),
    st.tuples(st.just("pictures"), st.tuples(st.integers(1, 2), st.integers(1, 2), st.just(3))),
)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    kind, shape = draw(shapes)
    n = int(np.prod(shape))
    mean = draw(st.one_of(st.just(()), st.tuples(*[finite] * n)))
    deviation = draw(st.one_of(st.just(()), st.tuples(*[above_0] * n)))
    return Recipe(kind, shape, draw(above_0), mean, deviation)


@st.composite
def _histories(draw: st.DrawFn) -> History:
    costs = tuple(draw(st.lists(finite, max_size=5)))
    best = draw(st.none() | st.integers(0, len(costs) - 1)) if costs else None
    return History(
        costs=costs,
        iterations=draw(st.integers(0, 10**18)),
        engine=draw(st.text(max_size=5)),
        reason=draw(st.sampled_from(REASONS)),
        validation_costs=tuple(draw(st.lists(finite, max_size=len(costs)))),
        best_epoch=best,
        shortcut=draw(st.text(max_size=5)),
    )


histories = _histories()
# Names of folders that are not UTF-8 reach Python with lone surrogates in them.
names = st.text(st.characters(), max_size=6)


@st.composite
def models(
    draw: st.DrawFn, outputs: st.SearchStrategy[tuple[str, int]] = class_outputs | number_outputs
) -> Model:
    recipe = draw(recipes())
    network = draw(networks(n_x=st.just(recipe.n_x), outputs=outputs))
    width = draw(st.sampled_from([64, 32]))
    numbers = st.floats(allow_nan=False, allow_infinity=False, width=width)
    parameters = {
        name: draw(arrays(f"float{width}", shape, elements=numbers, fill=numbers))
        for name, shape in network.parameter_shapes.items()
    }
    n_classes = 0 if network.is_regression else max(network.n_y, 2)
    classes = tuple(draw(st.lists(names, min_size=n_classes, max_size=n_classes, unique=True)))
    return Model(network, parameters, recipe, classes, draw(histories))


def small_model(seed: int = 1, dtype: str = "float64", history: History | None = None) -> Model:
    """2 inputs, 3 hidden units, cat or not."""
    network = Network((2, 3, 1))
    rng = np.random.default_rng(seed)
    parameters = {
        name: rng.standard_normal(shape).astype(dtype) for name, shape in network.parameter_shapes.items()
    }
    recipe = Recipe("numbers", (2,), mean=(1.0, 2.0), deviation=(0.5, 4.0))
    return Model(
        network, parameters, recipe, ("no cat", "cat"), history or History((0.7, 0.6), 2, "reference")
    )


def assert_same_model(actual: Model, expected: Model) -> None:
    """Every part equal, the parameters to the bit."""
    assert actual.network == expected.network
    assert actual.recipe == expected.recipe
    assert actual.classes == expected.classes
    assert actual.history == expected.history
    assert list(actual.parameters) == list(expected.network.parameter_shapes)
    for name, value in expected.parameters.items():
        assert actual.parameters[name].dtype == value.dtype
        assert actual.parameters[name].tobytes() == value.tobytes()


def file_of(header: Any, data: bytes = b"") -> bytes:
    """A file with that header (JSON text, or what becomes it) and those numbers."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def taken_apart(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the numbers of a file."""
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def changed(sound: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A file with another header and the same numbers."""
    header, numbers = taken_apart(sound)
    change(header)
    return file_of(header, numbers)


def refusal(path: Path, content: bytes | None = None) -> str:
    """What is said about the file at `path`, after its name; `content` is written there before."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelFileError) as error:
        Model.load(path)
    line = str(error.value)
    assert "\n" not in line
    assert len(line) < len(str(path)) + 400
    assert line.startswith(f"{path} ")
    return line.removeprefix(f"{path} ")
