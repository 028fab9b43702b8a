"""What a notebook and a terminal show of every result: a line, a small table; no array, no raw name."""

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pages import text_of
from pellucid import DeepNetwork, Network
from pellucid.data.dataset import Dataset, one_hot
from pellucid.data.recipe import Recipe
from pellucid.examples import Examples
from pellucid.model import NumberEvaluation
from pellucid.tracing import gradient_check_network, health, trace
from pellucid.training import Candidate, TrainingOptions, auto_layers, lr_find, search, train

RNG = np.random.RandomState(0)
NAMES = ("<b>", "a & b", "c")
ROWS = RNG.randn(120, 40)
LABELS = np.argmax(ROWS[:, :3], axis=1)
RECIPE = Recipe.for_rows(ROWS)
X, Y = RECIPE.columns(ROWS), one_hot(LABELS, 3)
NETWORK = Network((40, 30, 3), output_activation="softmax")
OPTIONS = TrainingOptions(epochs=40, learning_rate=0.1)


def shown() -> dict[str, Any]:
    """A real one of everything that is shown."""
    net = DeepNetwork([40, 30, 3], num_iterations=2000, learning_rate=0.05)
    net.fit(X, Y, validation=(X, Y), classes=NAMES, recipe=RECIPE)
    model = net.to_model()
    dataset = Dataset(X, Y, classes=NAMES, recipe=RECIPE)
    examples = Examples(X, Y)
    candidates = [Candidate(NETWORK, replace(OPTIONS, learning_rate=rate)) for rate in (0.1, 0.2)]
    numbers = RNG.randn(2, 100)
    end = train(NETWORK, examples, OPTIONS)
    step = trace(model.parameters, X, Y, model.network)
    return {
        "Model": model,
        "DeepNetwork": net,
        "Dataset": dataset,
        "Evaluation": model.evaluate(dataset),
        "NumberEvaluation": NumberEvaluation(numbers, numbers + 0.1, 0.5),
        "History": model.history,
        "TrainingEnd": end,
        "RunState": end.state,
        "LearningRateRange": lr_find(NETWORK, examples, OPTIONS),
        "Trace": step,
        "HealthReport": health(step),
        "GradientReport": gradient_check_network(model.parameters, X, Y, model.network, coordinates=3),
        "Searched": search(candidates, examples, seconds=60, stop=threading.Event()),
        "AutoLayers": auto_layers(
            lambda hidden: replace(NETWORK, layer_dims=(40, *hidden, 3)),
            examples,
            OPTIONS,
            candidates=[(), (8,)],
        ),
    }


@pytest.fixture(scope="module")
def real() -> dict[str, Any]:
    return shown()


KINDS = [
    *("Model", "DeepNetwork", "Dataset", "Evaluation", "NumberEvaluation", "History", "TrainingEnd"),
    *("Trace", "HealthReport", "GradientReport", "Searched", "AutoLayers"),
]


@pytest.mark.parametrize("kind", [*KINDS, "RunState", "LearningRateRange"])
def test_a_terminal_shows_one_line(real: dict[str, Any], kind: str) -> None:
    said = repr(real[kind])
    assert type(real[kind]).__name__ == kind
    assert said.startswith(f"{kind}(")
    assert said.endswith(")")
    assert len(said) <= 220
    assert "\n" not in said
    assert "array" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_shows_a_small_page(real: dict[str, Any], kind: str) -> None:
    html = real[kind]._repr_html_()
    assert text_of(html)
    assert len(html) < (30_000 if kind == "Trace" else 12_000)
    # Names come from files: they are text, never tags.
    assert "<b>" not in html


def test_what_the_pages_say(real: dict[str, Any]) -> None:
    model, dataset, evaluation = (real[kind] for kind in ("Model", "Dataset", "Evaluation"))
    said = text_of(model._repr_html_())
    assert "classes: <b>, a & b, c" in said
    assert RECIPE.describe() in said
    counts = np.bincount(LABELS)
    assert f"a & b{counts[1]}{counts[1] / 120:.1%}" in text_of(dataset._repr_html_())
    said = text_of(evaluation._repr_html_())
    assert f"accuracy: {evaluation.accuracy:.4f}" in said
    assert f"always the most frequent class: {counts.max() / 120:.4f}" in said
    assert "".join(map(str, [0, *evaluation.confusion[0]])) in said
    assert "always the mean: 0" in text_of(real["NumberEvaluation"]._repr_html_())
    searched = real["Searched"]
    bold = [row for row in searched._repr_html_().split("<tr>") if "bold" in row]
    assert len(bold) == 1
    assert f"{searched.table[searched.chosen].validation_cost:.4g}" in bold[0]
    assert real["GradientReport"].tolerance in text_of(real["GradientReport"]._repr_html_())


def test_a_data_set_of_many_classes_or_of_numbers() -> None:
    many = Dataset(X, one_hot(np.arange(120) % 30, 30), classes=tuple(map(str, range(30))), recipe=RECIPE)
    said = text_of(many._repr_html_())
    assert said.endswith(f"18 more{18 * 4}{18 / 30:.1%}")
    numbers = Dataset(X, np.arange(120.0)[None], classes=(), recipe=RECIPE)
    assert text_of(numbers._repr_html_()).endswith("1059.5119")
    assert text_of(Dataset(X, None, classes=(), recipe=RECIPE)._repr_html_()).endswith("labels: none")
