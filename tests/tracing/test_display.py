"""A trace for people and for machines: text, HTML, JSON."""

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models import networks
from pages import text_of
from pellucid.engines import TrainingState
from pellucid.errors import OptionError
from pellucid.tracing import Statistics, trace
from pellucid.tracing.page import trace_html
from pellucid.tracing.text import trace_text
from problems import NETWORKS, problem


def test_every_step_has_a_line_and_columns_are_aligned() -> None:
    t = trace(*problem(NETWORKS["course"], m=3))
    lines = str(t).splitlines()
    assert lines[0] == "one training step, layers [4, 5, 3, 1], 3 examples"
    assert lines[1] == (
        "relu, relu, sigmoid; binary_cross_entropy; gradient_descent with learning rate 0.0075"
    )
    how: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.5, "clip_norm": 0.25}
    state = TrainingState(t.parameters, step_count=1234)
    assert str(trace(state, t.X, t.Y, **how)).splitlines()[1] == (
        "relu, relu, sigmoid; binary_cross_entropy; adam with learning rate 0.5, gradients clipped to norm "
        "0.25; after 1,234 steps"
    )
    for step in t:
        (line,) = (line for line in lines if line.startswith(f"{step.name} = "))
        assert line.startswith(step.formula.text)
        assert line.endswith(str(step.source))
    heads = [line for line in lines if line.endswith("made by")]
    assert [line.split()[0] for line in heads] == ["forward", "cost", "backward", "update"]
    assert len({line.index("shape") for line in heads}) == 1
    at = heads[0].index("made by")
    assert all(re.search(r"core/\w+\.py:", line).start() == at for line in lines if "core/" in line)


def test_small_matrices_are_shown_and_large_ones_are_not() -> None:
    parameters, X, Y, network = problem(NETWORKS["course"], m=3)
    lines = str(trace(parameters, X, Y, network)).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Z1 = "))
    shown = np.array([[float(cell) for cell in line.split()] for line in lines[at + 1 : at + 6]])
    np.testing.assert_allclose(shown, parameters["W1"] @ X + parameters["b1"], rtol=1e-3)
    lines = str(trace(*problem(NETWORKS["course"], m=9))).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Z1 = "))
    assert lines[at + 1].startswith("A1 = ")


def test_one_layer_as_text() -> None:
    t = trace(*problem(NETWORKS["course"]))
    said = trace_text(t, t.layer(2))
    assert "dW2 = " in said
    assert "dW1 = " not in said
    assert "cost = " not in said


def test_what_is_not_finite_is_counted() -> None:
    parameters, X, Y, network = problem(NETWORKS["course"], m=9)
    X[0, 0], X[0, 1] = np.nan, np.inf
    said = str(trace(parameters, X, Y, network))
    assert re.search(r"^Z1 = .* 5 NaN, 5 infinite", said, re.MULTILINE)
    assert said.endswith("no update: the cost is not finite, and training takes no step then")


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_notebook_shows_every_step(kind: str) -> None:
    t = trace(*problem(NETWORKS[kind], m=3), optimizer="adam")
    page = t._repr_html_()
    assert page == trace_html(t)
    written = text_of(page)
    for step in t:
        assert step.formula.text in written
    assert page.count("<details>") == sum(step.shape == () or max(step.shape) <= 8 for step in t)


def test_the_schema() -> None:
    how: dict[str, Any] = {"optimizer": "adam", "clip_norm": 0.5, "dropout_seed": 3}
    parameters, X, Y, network = problem(NETWORKS["squares"], m=3)
    first = trace(parameters, X, Y, network, **how)
    t = trace(first.after, X, Y, network, weights=np.ones((1, 3)), **how)
    document = t.to_dict()
    assert set(document) == {
        *("schema", "version", "network", "examples", "learning_rate", "optimizer"),
        *("clip_norm", "dropout_seed", "update_count", "step_count"),
        *("inputs", "parameters", "slots", "steps"),
    }
    assert (document["clip_norm"], document["dropout_seed"]) == (0.5, 3)
    assert document["update_count"] == document["step_count"] == 1
    for slot in ("v", "s"):
        for name, row in document["slots"][slot].items():
            np.testing.assert_array_equal(row["value"], first[f"{slot}_{name}"].value)
    assert (document["schema"], document["version"]) == ("pellucid-trace", 1)
    assert document["network"] == t.network.to_dict()
    assert list(document["inputs"]) == ["X", "Y", "weights"]
    assert [row["name"] for row in document["steps"]] == list(t.names)
    for row, step in zip(document["steps"], t, strict=True):
        assert set(row) == {
            *("name", "layer", "phase", "shape", "value", "statistics", "formula", "source"),
        }
        np.testing.assert_array_equal(row["value"], step.value)
        assert set(row["formula"]) == {"text", "latex", "mathml"}
        assert set(row["source"]) == {"function", "file", "first", "last"}
        assert set(row["statistics"]) == {"min", "max", "mean", "zeros", "nan", "infinite"}
    for name, value in t.parameters.items():
        np.testing.assert_array_equal(document["parameters"][name]["value"], value)


def test_large_matrices_are_described_only() -> None:
    t = trace(*problem(NETWORKS["course"]))
    rows = {row["name"]: row for row in t.to_dict(most=50)["steps"]}
    assert rows["Z1"]["value"] is None
    assert rows["Z1"]["shape"] == [5, 20]
    assert rows["Z1"]["statistics"]["max"] == t["Z1"].value.max()
    assert rows["W2"]["value"] is not None


def test_one_layer_as_json() -> None:
    t = trace(*problem(NETWORKS["course"]))
    rows = t.to_dict(layer=1)["steps"]
    assert [row["name"] for row in rows] == [step.name for step in t.layer(1)]
    with pytest.raises(OptionError):
        t.to_dict(layer=9)


@given(networks(), st.sampled_from([np.nan, np.inf, -np.inf, 0.5]))
def test_it_is_strict_json(network: Any, value: float) -> None:
    parameters, X, Y, _ = problem(network, m=2)
    X[0, 0] = value
    t = trace(parameters, X, Y, network)
    text = json.dumps(t.to_dict(), allow_nan=False)
    back = json.loads(text)
    for row, step in zip(back["steps"], t, strict=True):
        np.testing.assert_array_equal(np.asarray(row["value"], float), step.value)


@given(arrays(np.float64, (3, 4), elements=st.floats(width=32) | st.just(0.0)))
def test_statistics(values: np.ndarray) -> None:
    found = Statistics.of(values)
    finite = values[np.isfinite(values)]
    assert found.nan == np.isnan(values).sum()
    assert found.infinite == np.isinf(values).sum()
    assert found.zeros == np.mean(values == 0)
    if finite.size:
        assert (found.minimum, found.maximum) == (finite.min(), finite.max())
        assert found.mean == pytest.approx(finite.mean())
    else:
        assert (found.minimum, found.maximum, found.mean) == (None, None, None)
    assert found.nan + found.infinite + finite.size == 12


def test_statistics_of_single_precision_do_not_overflow() -> None:
    assert Statistics.of(np.full(4, 3e38, np.float32)).mean == pytest.approx(3e38, rel=1e-6)


def test_its_name_is_short() -> None:
    t = trace(*problem(NETWORKS["course"]))
    assert repr(t) == "Trace(26 steps, layers [4, 5, 3, 1], 20 examples)"
