"""Partial dependence: by hand on every row, for numbers, dates and categories."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.data.table import Table
from pellucid.errors import DataError
from pellucid.report.dependence import partial_dependence
from table_models import levelled, priced, trained


def with_value(table: Table, column: str, value: object) -> Table:
    """The table with one value in every row of a column."""
    same = np.full(table.m, value, table[column].dtype)
    return replace(table, columns={**table.columns, column: same})


def test_numbers_and_categories_by_hand() -> None:
    model, table, _ = priced()
    x, city = partial_dependence(model, table, ["x", "city"])
    assert (x.column, x.kind, len(x.shares)) == ("x", "number", 0)
    assert 20 <= len(x.values) <= 24
    assert np.all(np.diff(x.numbers) > 0)
    assert set(x.numbers) <= set(table["x"])
    for number, answer in zip(x.numbers[::6], x.answers[0, ::6], strict=True):
        assert answer == pytest.approx(model.predict(with_value(table, "x", number)).mean(), rel=1e-5)
    slope = np.polyfit(x.numbers, x.answers[0], 1)[0]
    assert 50 < slope < 110
    np.testing.assert_array_equal(x.rows, np.sort(table["x"]))
    assert (city.kind, set(city.values), len(city.numbers)) == ("category", {"Bern", "Basel"}, 0)
    assert city.shares.sum() == pytest.approx(1)
    assert city.shares[0] >= city.shares[1]
    for value, answer in zip(city.values, city.answers[0], strict=True):
        assert answer == pytest.approx(model.predict(with_value(table, "city", value)).mean(), rel=1e-5)
    assert city.span == np.ptp(city.answers)


def test_probabilities_of_classes_dates_and_missing_values() -> None:
    model, table, _ = levelled(K=3)
    x, day, city = partial_dependence(model, table, ["x", "day", "city"])
    assert x.answers.shape == (3, len(x.values))
    np.testing.assert_allclose(x.answers.sum(axis=0), 1, rtol=1e-5)
    assert x.answers[2, -1] > x.answers[2, 0] + 0.3
    assert day.kind == "date"
    assert list(day.values) == sorted(str(value) for value in day.values)
    assert None not in day.values
    assert np.all(np.diff(day.numbers) > 0)
    assert None in city.values
    two, table, _ = levelled()
    [x] = partial_dependence(two, table, ["x"])
    expected = two.predict_proba(with_value(table, "x", x.numbers[3]))[:, 1].mean()
    assert x.answers.shape[0] == 1
    assert x.answers[0, 3] == pytest.approx(expected, rel=1e-5)


def test_where_many_rows_share_a_value_the_others_are_tried_too() -> None:
    rng = np.random.default_rng(0)
    gain = np.where(rng.random(300) < 0.9, 0.0, rng.integers(1, 40, 300))
    table = Table.from_frame({"gain": gain, "y": 3 * gain + rng.normal(size=300)})
    loaded, model = trained(table, "y", epochs=2)
    [found] = partial_dependence(model, loaded.test_table, ["gain"])
    assert found.numbers[0] == 0
    assert len(found.values) > 4


def test_texts_that_are_no_numbers_are_not_tried() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200) + 10
    texts = ["-" if i % 31 == 0 else f"{value:.3f} kg" for i, value in enumerate(x)]
    table = Table.from_frame({"x": texts, "y": x + 0.1 * rng.normal(size=200)})
    loaded, model = trained(table, "y", epochs=2)
    assert "-" in loaded.test_table["x"]
    [found] = partial_dependence(model, loaded.test_table, ["x"])
    assert found.kind == "number"
    assert all(str(value).endswith(" kg") for value in found.values)
    numbers = [float(str(value).removesuffix(" kg")) for value in found.values]
    np.testing.assert_allclose(found.numbers, numbers, rtol=1e-6)
    assert len(found.rows) == int(np.sum(loaded.test_table["x"] != "-"))


def test_a_column_that_is_always_the_same_is_left_out() -> None:
    model, table, _ = priced()
    rows = np.flatnonzero(table["city"] == "Bern")[:5]
    assert [one.column for one in partial_dependence(model, table.take(rows), ["city", "x"])] == ["x"]
    assert partial_dependence(model, table.take(rows[:1]), ["city", "x"]) == ()
    assert partial_dependence(model, table, []) == ()


def test_other_columns_are_refused() -> None:
    model, table, _ = priced()
    with pytest.raises(DataError, match="'price' is no column that the model takes"):
        partial_dependence(model, table, ["price"])
