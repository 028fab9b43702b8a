"""What a notebook and a terminal show of every result: a line, a small table; no array, no raw name."""

import re
import threading
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from pages import text_of
from pellucid import DeepNetwork, MLPClassifier, Network, Table, fit_model, load_tables, sweep
from pellucid.data.dataset import Dataset, one_hot
from pellucid.data.recipe import Recipe
from pellucid.examples import Examples
from pellucid.model import NumberEvaluation
from pellucid.tracing import gradient_check_network, health, trace
from pellucid.training import Candidate, Event, TrainingOptions, auto_layers, fit, lr_find, search, train

# Short trainings are enough here.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

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
    watched = replace(OPTIONS, patience=3, validation_fraction=0.2, epochs=5, optimizer="adam")
    events: list[Event] = [*fit(NETWORK, examples, watched, every="step")]
    rows = {"<i>": RNG.randn(300), "town": [f"town {i % 7}" for i in range(300)], "y": ["a", "b"] * 150}
    step = trace(model.parameters, X, Y, model.network)
    bad = trace(model.parameters, 1000 * X, Y, model.network, learning_rate=30)
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
        "Fitted": fit_model(dataset, epochs=3),
        "Sweep": sweep(MLPClassifier((4,), max_iter=2), {"alpha": [0.1, 0.2]}, X.T, LABELS, cv=2),
        "LoadedTables": load_tables(Table.from_frame(rows), target="y"),
        "Examples": Examples(X, Y, np.ones((1, 120))),
        "unhealthy": health(bad),
        "events": events,
        "watched": events[-1],
    }


@pytest.fixture(scope="module")
def real() -> dict[str, Any]:
    return shown()


KINDS = [
    *("Model", "DeepNetwork", "Dataset", "Evaluation", "NumberEvaluation", "History", "TrainingEnd"),
    *("Trace", "HealthReport", "GradientReport", "Searched", "AutoLayers", "LearningRateRange"),
    *("Fitted", "Sweep", "LoadedTables"),
]


@pytest.mark.parametrize("kind", [*KINDS, "RunState", "Examples"])
def test_a_terminal_shows_one_line(real: dict[str, Any], kind: str) -> None:
    said = repr(real[kind])
    assert type(real[kind]).__name__ == kind
    assert said.startswith(f"{kind}(")
    assert said.endswith(")")
    assert len(said) <= 220
    assert "\n" not in said
    assert "array" not in said


def parts_of(value: Any, found: dict[type, list[Any]], depth: int = 0) -> None:
    """Everything of this package that can be reached through a few attributes, by type."""
    if depth > 8:
        return
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list) or type(value) is tuple:
        for item in value:
            parts_of(item, found, depth + 1)
        return
    kind = type(value)
    known = found.setdefault(kind, [])
    if not kind.__module__.startswith("pellucid.") or any(value is other for other in known):
        return
    known.append(value)
    named = [*getattr(value, "_fields", ()), *getattr(value, "__dict__", ())]
    named += [name for name in dir(kind) if isinstance(getattr(kind, name), property | cached_property)]
    for name in named:
        if not name.startswith("_"):
            parts_of(getattr(value, name), found, depth + 1)


def test_whatever_hangs_on_a_result_is_a_line_too(real: dict[str, Any]) -> None:
    found: dict[type, list[Any]] = {}
    parts_of(real, found)
    ours = {kind: values for kind, values in found.items() if kind.__module__.startswith("pellucid.")}
    # Results of every room; a walk that finds a handful has stopped too early.
    assert len(ours) > 45
    for kind, values in ours.items():
        for value in values:
            said = repr(value)
            assert len(said) <= 310, kind
            assert not re.search(r"\n|array\(|bound method", said), kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_shows_a_small_page(real: dict[str, Any], kind: str) -> None:
    html = real[kind]._repr_html_()
    assert text_of(html)
    assert len(html) < (30_000 if kind == "Trace" else 12_000)
    # Names come from files: they are text, never tags.
    assert "<b>" not in html
    assert "<i>" not in html


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


def test_a_search_has_a_column_for_each_setting_that_differs() -> None:
    optimizers = ("adamw:weight_decay=0.5", "adam")
    candidates = [Candidate(NETWORK, replace(OPTIONS, epochs=2, optimizer=name)) for name in optimizers]
    html = search(candidates, Examples(X, Y), seconds=60)._repr_html_()
    head, first, second = (re.sub(r"<[^>]*>", "", row) for row in html.split("<tr>")[1:4])
    assert head.startswith("optimizerweight_decayparameters")
    assert first.startswith("adamw0.51,")
    assert second.startswith("adam1,")


def test_a_failed_setting_says_why_in_whole_words() -> None:
    estimator = MLPClassifier((4,), max_iter=30, solver="sgd", random_state=0)
    html = sweep(estimator, {"learning_rate_init": [1e300]}, X.T, LABELS, cv=2)._repr_html_()
    assert '<td style="text-align:left;vertical-align:top">1e+300</td>' in html
    assert "The input data may contain large values" in text_of(html)


def test_a_table_of_many_columns_stays_narrow() -> None:
    table = Table.from_frame({f"column {i}": [1.5, float("nan")] for i in range(50)})
    said = text_of(table._repr_html_())
    assert "column 0numbers11.5, (missing)column 1" in said
    assert said.endswith("rows: 2more columns: 10")
