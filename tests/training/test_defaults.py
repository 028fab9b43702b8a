"""How tables are trained by default: sizes, outputs, enough steps; and that it beats what it has to."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.training import TrainingOptions
from pellucid.training.defaults import defaults_for, members_for, settings_for


@pytest.mark.parametrize(
    ("n_y", "task", "output"),
    [(1, "classification", "sigmoid"), (3, "classification", "softmax"), (1, "regression", "identity")],
)
@pytest.mark.parametrize("m", [1, 100, 4999, 5000, 10**7])
def test_any_table_gives_a_network_and_options(m: int, n_y: int, task: str, output: str) -> None:
    network, options = defaults_for("table", m, 12, n_y, task)
    made = Network(**network)
    assert (made.n_x, made.n_y, made.output_activation) == (12, n_y, output)
    TrainingOptions(**options)
    assert options["epochs"] * -(-m // options["batch_size"]) >= 300


def test_few_rows_get_a_smaller_network() -> None:
    few, many = (Network(**defaults_for("table", m, 12, 1, "regression")[0]) for m in (2999, 3000))
    assert few.layer_dims == (12, 64, 32, 1)
    assert many.layer_dims == (12, 128, 64, 1)


def test_no_setting_of_tables_jumps_with_their_size() -> None:
    sizes = [int(100 * 1.02**i) for i in range(500)]
    found = [defaults_for("table", m, 12, 1, "regression") for m in sizes]
    for (_, one), (_, other) in pairwise(found):
        assert other["batch_size"] in (one["batch_size"], 2 * one["batch_size"])
        assert 0.8 < other["learning_rate"] / one["learning_rate"] < 1.25
        assert 0.9 < other["optimizer"].weight_decay / one["optimizer"].weight_decay < 1.1
        assert 0.7 < other["epochs"] / one["epochs"] < 1.2
    for (one, _), (other, _) in pairwise(found):
        assert abs(other["dropout"] - one["dropout"]) < 0.03


@pytest.mark.parametrize(("m", "candidates"), [(500, 5), (50_000, 5), (200_000, 5), (200_001, 1)])
def test_a_quick_search_of_tables(m: int, candidates: int) -> None:
    found = settings_for("quick", "table", m, 12, 1, "regression")
    assert len(found) == candidates
    assert found[0] == defaults_for("table", m, 12, 1, "regression")
    assert len(settings_for("thorough", "table", m, 12, 1, "regression")) > 5


@pytest.mark.parametrize(
    ("kind", "m", "members"), [("table", 1000, 4), ("table", 10**6, 1), ("numbers", 1000, 1)]
)
def test_members(kind: str, m: int, members: int) -> None:
    assert members_for(kind, m) == members


def test_an_unknown_task() -> None:
    with pytest.raises(OptionError, match="unknown task 'ranking'; expected classification or regression"):
        defaults_for("table", 10, 2, 1, "ranking")


def trained(loaded: Any) -> Any:
    """The test set's evaluation."""
    from pellucid.model import Model
    from pellucid.training import train

    network, options = defaults_for(
        "table", loaded.train.m, loaded.recipe.n_x, loaded.target.n_y, loaded.target.task
    )
    end = train(Network(**network), loaded.fitting, TrainingOptions(rng=0, **options))
    parameters = loaded.target.scale.folded(end.parameters)
    return Model(end.network, parameters, loaded.recipe, loaded.target.classes).evaluate(loaded.test)


def test_the_census_as_well_as_gradient_boosting(data_root: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    pytest.importorskip("pyarrow")
    from pellucid.data.load_table import load_tables

    folder = data_root / "tables"
    train, test = folder / "adult-train.csv", folder / "adult-test.csv"
    loaded = load_tables(train, test, target="income", dtype="float32")
    evaluation = trained(loaded)
    # scikit-learn's HistGradientBoostingClassifier reaches 0.9272 on this table.
    assert metrics.roc_auc_score(evaluation.labels, evaluation.probabilities[:, 1]) > 0.9272 - 0.01
    assert evaluation.accuracy > 0.86


def test_small_tables() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    from pellucid.data.load_table import load_tables
    from pellucid.data.table import Table

    def table(bunch: Any) -> Table:
        columns = Table.from_frame(np.asarray(bunch.data), [*map(str, bunch.feature_names)]).columns
        return Table({**columns, "y": np.asarray(bunch.target, np.float64)})

    cancer = load_tables(table(datasets.load_breast_cancer()), target="y", dtype="float32")
    assert trained(cancer).accuracy > 0.93
    # 88 rows to test on: from split to split R^2 goes from 0.3 to 0.6, and least squares with it.
    diabetes = table(datasets.load_diabetes(scaled=False))
    splits = [load_tables(diabetes, target="y", dtype="float32", seed=seed) for seed in range(4)]
    assert np.mean([trained(split).r2 for split in splits]) > 0.33
