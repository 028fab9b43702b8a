"""Cross-validation: every row is held out once, and each fold has preprocessing of its own."""

from typing import Any

import numpy as np
import pytest

from pellucid.data.table import Table
from pellucid.data.table_target import Target
from pellucid.errors import OptionError
from pellucid.report import cross_validation
from pellucid.report.cross_validation import cross_validate, fold_rows, joined
from pellucid.report.scores import Score, score_named
from table_models import levelled_table, priced_table, trained

SETTINGS = {"search": "none", "layers": (6,), "epochs": 4, "seed": 3}


def classes_of(counts: dict[str, int]) -> tuple[Table, Target]:
    """A table with so many rows of each class."""
    level = [name for name, count in counts.items() for _ in range(count)]
    table = Table.from_frame({"x": np.arange(len(level)) / 7, "level": level})
    return table, Target.decide(table, "level")


@pytest.mark.parametrize("folds", [2, 5, 12])
def test_every_row_is_held_out_once_and_classes_are_spread(folds: int) -> None:
    table, target = classes_of({"a": 31, "b": 17, "c": 12})
    held_out = fold_rows(table, target, folds, seed=0)
    assert np.concatenate(held_out).tolist() != list(range(60))
    assert sorted(np.concatenate(held_out).tolist()) == list(range(60))
    for name in "abc":
        counts = [int(np.sum(table["level"][rows] == name)) for rows in held_out]
        assert max(counts) - min(counts) <= 1
    sizes = list(map(len, held_out))
    assert max(sizes) - min(sizes) <= 1
    again = fold_rows(table, target, folds, seed=0)
    assert all(map(np.array_equal, held_out, again))
    assert not all(map(np.array_equal, held_out, fold_rows(table, target, folds, seed=1)))


def test_a_class_of_a_single_row_is_always_trained_on() -> None:
    table, target = classes_of({"a": 5, "b": 1, "c": 6})
    held_out = np.concatenate(fold_rows(table, target, 3, seed=0))
    assert sorted(held_out.tolist()) == [*range(5), *range(6, 12)]


def test_more_folds_than_rows_are_refused() -> None:
    table, target = classes_of({"a": 5, "b": 4})
    with pytest.raises(
        OptionError, match="cv is 6 and the most frequent class has 5 rows; expected at most"
    ):
        fold_rows(table, target, 6, seed=0)
    prices = priced_table(10)
    with pytest.raises(OptionError, match="cv is 11 and the table has 10 rows"):
        fold_rows(prices, Target.decide(prices, "price"), 11, seed=0)
    assert len(fold_rows(prices, Target.decide(prices, "price"), 10, seed=0)) == 10


def all_of(table: Table, name: str, metric: Score, **how: Any) -> list[cross_validation.CrossValidation]:
    return list(cross_validate(table, Target.decide(table, name), 3, SETTINGS, metric, **how))


def test_each_fold_is_a_training_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = []

    def watched(*arguments: Any, **how: Any) -> Any:
        fitted.append(fit_model(*arguments, **how))
        return fitted[-1]

    fit_model = cross_validation.fit_model
    monkeypatch.setattr(cross_validation, "fit_model", watched)
    table, metric = levelled_table(90), score_named(None, "ab")
    first, second, last = all_of(table, "level", metric, drop=["noise"])
    assert [first.folds, second.folds, last.folds, last.asked] == [1, 2, 3, 3]
    assert list(last.scores) == ["roc_auc", "accuracy", "log_loss"]
    assert last.of["roc_auc"].label == "ROC AUC"
    target = Target.decide(table, "level")
    for k, rows in enumerate(fold_rows(table, target, 3, seed=0)):
        model = fitted[k].model
        assert "noise" not in model.recipe.column_names
        probabilities = model.predict_proba(table.take(rows))
        right = model.predict(table.take(rows)) == table["level"][rows]
        assert last.scores["accuracy"][k] == pytest.approx(right.mean())
        labels = (table["level"][rows] == "level 1").astype(int)
        loss = -np.log(probabilities[np.arange(len(rows)), labels]).mean()
        assert last.scores["log_loss"][k] == pytest.approx(loss, rel=1e-5)
        x = np.setdiff1d(np.arange(90), rows)
        assert model.recipe.inputs[0].mean == pytest.approx(table["x"][x].mean())
    values = np.array(last.scores["roc_auc"])
    assert last.mean("roc_auc") == pytest.approx(values.mean())
    assert last.deviation("roc_auc") == pytest.approx(values.std(ddof=1))
    assert first.deviation("roc_auc") is None


def test_numbers_have_a_scale_for_each_fold() -> None:
    last = all_of(priced_table(90), "price", score_named("mae", ()))[-1]
    assert list(last.scores) == ["mae", "r2", "rmse"]
    assert 0 < (last.mean("mae") or 0) < 150


def test_a_score_that_a_fold_does_not_have_is_left_out_of_the_mean() -> None:
    # The two rows of "rare" are in two of the three folds.
    level = ["rare"] * 2 + ["usual"] * 40
    table = Table.from_frame({"x": np.random.default_rng(0).normal(size=42), "level": level})
    last = all_of(table, "level", score_named(None, "ab"))[-1]
    areas = last.scores["roc_auc"]
    assert sum(area is None for area in areas) == 1
    assert last.mean("roc_auc") == pytest.approx(np.mean([area for area in areas if area is not None]))
    table = Table.from_frame({"x": np.arange(42), "level": ["rare", *["usual"] * 41]})
    last = all_of(table, "level", score_named(None, "ab"))[-1]
    assert (last.mean("roc_auc"), last.deviation("roc_auc")) == (None, None)


def test_parts_of_a_table_are_put_together_again() -> None:
    loaded, _ = trained(levelled_table(40), "level", epochs=1)
    whole = joined(loaded.train_table, loaded.test_table)
    expected = levelled_table(40)
    assert whole.rows is not None
    assert whole.rows.tolist() == list(range(40))
    for name in expected.names:
        np.testing.assert_array_equal(whole[name], expected[name])
