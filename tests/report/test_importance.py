"""Permutation importance: scikit-learn's, and by hand; what does not matter drops nothing."""

from typing import Any

import numpy as np
import pytest

from pellucid.data.table import Table
from pellucid.errors import DataError
from pellucid.model import NumberEvaluation
from pellucid.report.importance import permutation_importance, places_of
from pellucid.report.scores import CLASS_SCORES, NUMBER_SCORES
from table_models import levelled, priced, trained


def test_what_the_target_was_made_of_comes_first() -> None:
    model, table, answers = levelled()
    found = permutation_importance(model, table, answers, CLASS_SCORES["roc_auc"])
    assert found is not None
    assert found.columns[0].column == "x"
    assert {one.column for one in found.columns} == {"x", "city", "noise", "day"}
    assert found.reference == pytest.approx(CLASS_SCORES["roc_auc"].of(answers))
    assert found.columns[0].drop > 10 * abs(found.columns[-1].drop)
    assert (found.rows, found.left_out) == (table.m, 0)
    assert all(len(one.drops) == 5 for one in found.columns)
    again = permutation_importance(model, table, answers, CLASS_SCORES["roc_auc"])
    assert again == found
    other = permutation_importance(model, table, answers, CLASS_SCORES["roc_auc"], seed=1)
    assert other != found


@pytest.mark.parametrize("name", ["r2", "rmse"])
def test_it_is_that_of_scikit_learn(name: str) -> None:
    base, inspection = pytest.importorskip("sklearn.base"), pytest.importorskip("sklearn.inspection")
    model, table, answers = priced()
    score = NUMBER_SCORES[name]

    class Face(base.RegressorMixin, base.BaseEstimator):  # type: ignore[misc, name-defined] # of no types
        def fit(self, X: Any, y: Any) -> None: ...

        def predict(self, X: Any) -> Any:
            return model.predict(Table.from_frame(dict(zip(("x", "city", "noise"), X.T, strict=True))))

    X = np.column_stack([table["x"].astype(object), table["city"], table["noise"].astype(object)])
    scoring = {"r2": "r2", "rmse": "neg_root_mean_squared_error"}[name]
    expected = inspection.permutation_importance(
        Face(), X, answers.targets[0], scoring=scoring, n_repeats=60, random_state=0
    )
    found = permutation_importance(model, table, answers, score, repeats=60)
    assert found is not None
    drops = {one.column: one.drop for one in found.columns}
    means = dict(zip(("x", "city", "noise"), expected.importances_mean, strict=True))
    for column, mean in means.items():
        assert drops[column] == pytest.approx(mean, rel=0.05, abs=0.02 * max(means.values()))


def test_a_score_that_is_better_lower_rises() -> None:
    model, table, answers = levelled(K=3)
    found = permutation_importance(model, table, answers, CLASS_SCORES["log_loss"])
    assert found is not None
    assert found.columns[0].column == "x"
    assert found.columns[0].drop > 0.1


def test_large_tables_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.report.importance._MOST_ROWS", 30)
    monkeypatch.setattr("pellucid.report.importance._MOST_COLUMNS", 1)
    model, table, answers = priced()
    found = permutation_importance(model, table, answers, NUMBER_SCORES["mae"])
    assert found is not None
    assert (found.rows, found.left_out) == (30, 2)
    assert [one.column for one in found.columns] == ["x"]


def test_where_the_score_is_not_defined_there_is_none() -> None:
    model, table, answers = levelled()
    only = np.flatnonzero(answers.labels == 1)
    part = model.predict_proba(table.take(only))
    kind = type(answers)
    one_class = kind(answers.labels[only], answers.predicted[only], part, 0.0)
    assert permutation_importance(model, table.take(only), one_class, CLASS_SCORES["roc_auc"]) is None
    found = permutation_importance(model, table.take(only), one_class, CLASS_SCORES["accuracy"])
    assert found is not None
    two = kind(answers.labels[:2], answers.predicted[:2], answers.probabilities[:2], 0.0)
    assert permutation_importance(model, table.take(slice(2)), two, CLASS_SCORES["accuracy"]) is not None


def test_other_rows_are_refused() -> None:
    model, table, answers = priced()
    few = NumberEvaluation(answers.targets[:, :3], answers.predicted[:, :3], 0.0)
    with pytest.raises(DataError, match="there are 80 rows and 3 answers; expected a model of tables"):
        permutation_importance(model, table, few, NUMBER_SCORES["r2"])


def test_the_inputs_of_each_column_are_found() -> None:
    loaded, _ = trained(levelled()[1], "level", epochs=1)
    names = loaded.recipe.input_names
    for column, place in places_of(loaded.recipe):
        assert all(name.startswith(column) for name in names[place])
    assert place.stop == len(names)
