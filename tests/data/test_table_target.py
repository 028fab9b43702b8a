"""What is predicted: classes or numbers, decided by the column; targets in and out of their units."""

from typing import Any

import numpy as np
import pytest

from pellucid.core.model import L_model_forward
from pellucid.data.table import Table
from pellucid.data.table_target import Target
from pellucid.errors import DataError, LabelError, NonFiniteError, OptionError


def table(y: Any) -> Table:
    return Table({**Table.from_frame({"y": y}).columns}, "t.csv", 2)


@pytest.mark.parametrize(
    ("y", "task", "classes", "because"),
    [
        ([">50K", "<=50K"] * 2, None, ("<=50K", ">50K"), "it holds texts"),
        ([True, False] * 2, None, ("False", "True"), "it holds texts"),
        ([2, 10, None] * 2, None, ("2", "10"), "it holds two different numbers"),
        ([0.5, 1.5] * 2, None, ("0.5", "1.5"), "it holds two different numbers"),
        ([10, 9, 2] * 5, None, ("2", "9", "10"), "it holds 3 different integers"),
        ([*range(20)] * 5, None, tuple(map(str, range(20))), "it holds 20 different integers"),
        ([*range(21)] * 5, None, (), "it holds 21 different numbers"),
        ([*range(20)] * 4, None, (), "it holds 20 different numbers"),
        ([1, 2, 2.5] * 9, None, (), "it holds 3 different numbers"),
        ([1, 2, 2.5] * 9, "classification", ("1", "2", "2.5"), "classification was asked for"),
        ([0, 1] * 9, "regression", (), "regression was asked for"),
        (["1", "2", "3"] * 9, None, ("1", "2", "3"), "it holds texts"),
        (["1", "2", "3"] * 9, "regression", (), "regression was asked for"),
    ],
)
def test_what_is_decided(y: Any, task: Any, classes: tuple[str, ...], because: str) -> None:
    target = Target.decide(table(y), "y", task)
    assert (target.classes, target.because) == (classes, because)
    assert target.task == ("classification" if classes else "regression")
    assert target.n_y == (len(classes) if len(classes) > 2 else 1)
    assert because in target.describe()
    assert target.task in target.describe()


@pytest.mark.parametrize(
    ("y", "task", "error", "line"),
    [
        ([None, None], None, LabelError, "t.csv: the target y has no values; expected one in each row"),
        (["a", "a"], None, LabelError, "t.csv: the target y is always a; expected at least two classes"),
        ([3, 3], None, LabelError, "t.csv: the target y is always 3; expected at least two classes"),
        ([3, 3], "regression", LabelError, "t.csv: the target y is always 3; expected numbers that differ"),
        (
            [f"n{i}" for i in range(9)],
            None,
            LabelError,
            "t.csv: the target y has 9 different values in 9 rows; expected classes that several rows "
            "share, at most 10,000",
        ),
        (
            [*range(9)],
            "classification",
            LabelError,
            "t.csv: the target y has 9 different values in 9 rows; expected classes that several rows "
            "share, at most 10,000; --task regression predicts numbers",
        ),
        (["a", "b"], "regression", DataError, "t.csv, line 2: column y holds 'a'; expected a number"),
        (["1", "2", "3", "b"], None, DataError, "t.csv, line 5: column y holds 'b', and 75% of its values"),
        ([1, 2, np.inf, 4], None, NonFiniteError, "t.csv, line 4: column y holds inf"),
        ([1e308, -1e308, 1e308, 0], None, DataError, "t.csv: the target y holds numbers up to 1e+308"),
        ([1, 2], "ranking", OptionError, "unknown task 'ranking'; expected classification or regression"),
    ],
)
def test_what_cannot_be_predicted(y: Any, task: Any, error: type[Exception], line: str) -> None:
    with pytest.raises(error) as caught:
        Target.decide(table(y), "y", task)
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(
    ("classes", "is_text"),
    [((), False), (("0", "1"), False), (("1.5", "2"), False), (("0", "b"), True), (("01", "2"), True)],
)
def test_whether_classes_are_texts(classes: tuple[str, ...], is_text: bool) -> None:
    assert Target("y", classes).is_text == is_text


def test_an_unknown_column() -> None:
    with pytest.raises(DataError, match=r"there is no column z; the target has .*; the columns are y$"):
        Target.decide(table([1, 2]), "z")


def test_classes_as_targets() -> None:
    two = Target("y", ("a", "b"))
    np.testing.assert_array_equal(two.encode(table(["b", "a", "b"])), [[1, 0, 1]])
    three = Target("y", ("1", "2", "10"))
    encoded = three.encode(table([10, 1, 10]), "float32")
    np.testing.assert_array_equal(encoded, [[0, 1, 0], [0, 0, 0], [1, 0, 1]])
    assert encoded.dtype == np.float32
    assert two.scale.scaled(encoded) is encoded


@pytest.mark.parametrize(
    ("y", "classes", "error", "line"),
    [
        (["a", "c"], ("a", "b"), LabelError, "t.csv, line 3: the target y is c; expected one of a, b"),
        (
            ["a", None],
            ("a", "b"),
            LabelError,
            "t.csv, line 3: the target y is missing; expected one in each row",
        ),
        ([1, None], (), LabelError, "t.csv, line 3: the target y is missing; expected one in each row"),
        (["1", "x"], (), DataError, "t.csv, line 3: column y holds 'x'; expected a number"),
    ],
)
def test_targets_that_are_none(y: Any, classes: Any, error: type[Exception], line: str) -> None:
    with pytest.raises(error) as caught:
        Target("y", classes).encode(table(y))
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numbers_are_predicted_in_their_units(dtype: str) -> None:
    numbers = table([*range(100, 200)])
    target = Target.decide(numbers, "y")
    Y = target.encode(numbers, dtype)
    scaled = target.scale.scaled(Y)
    assert Y.dtype == scaled.dtype == dtype
    assert float(scaled.mean()) == pytest.approx(0, abs=1e-6)
    assert float(scaled.std()) == pytest.approx(1, rel=1e-6)
    rng = np.random.default_rng(0)
    shapes = {"W1": (3, 4), "b1": (3, 1), "W2": (1, 3), "b2": (1, 1)}
    parameters = {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
    kept = {name: value.copy() for name, value in parameters.items()}
    X = rng.normal(size=(4, 7)).astype(dtype)
    identity = {"hidden_activation": "relu", "output_activation": "identity"}
    before, _ = L_model_forward(X, parameters, **identity)
    folded = target.scale.folded(parameters)
    after, _ = L_model_forward(X, folded, **identity)
    np.testing.assert_allclose(after, before * target.scale.deviation[0] + target.scale.mean[0], rtol=1e-5)
    assert {str(value.dtype) for value in folded.values()} == {dtype}
    for name, value in kept.items():
        np.testing.assert_array_equal(parameters[name], value)


def test_what_is_learnt_of_classes_is_left_alone() -> None:
    parameters = {"W1": np.ones((1, 2)), "b1": np.ones((1, 1))}
    folded = Target("y", ("a", "b")).scale.folded(parameters)
    assert all(folded[name] is parameters[name] for name in parameters)


def test_the_mark_of_the_training_table_reads_the_test_table_too() -> None:
    train = Table.from_frame({"y": ["1,5", "2,25", "3,125", "4,75"] * 10})
    target = Target.decide(train, "y", "regression", decimal=",")
    # Alone, these would be thousands.
    assert target.encode(Table.from_frame({"y": ["1,234"]})).tolist() == [[1.234]]
    assert target.noticed(train, is_given=True) == ["y: read as numbers with decimal commas"]
