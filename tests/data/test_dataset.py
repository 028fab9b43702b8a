"""Dataset: rows made columns, labels made targets, and what is refused on the way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.dataset import Dataset, check_finite, labels_of, one_hot
from pellucid.data.recipe import Recipe
from pellucid.data.rows import Rows, check_labels
from pellucid.errors import DataError, LabelError, NonFiniteError, OptionError

ROWS = np.arange(12.0).reshape(4, 3)
PLAIN = Recipe("numbers", (3,))
SOURCES = ("f, row 0", "f, row 1", "f, row 2", "f, row 3")


def some(labels: list[int] | None = None, classes: tuple[str, ...] = (), rows: np.ndarray = ROWS) -> Rows:
    return Rows(rows, None if labels is None else np.array(labels), classes, SOURCES, ("g: broken",))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_from_rows(dtype: str) -> None:
    data = Dataset.from_rows(some([0, 1, 1, 0], ("no", "yes")), PLAIN, dtype)
    np.testing.assert_array_equal(data.X, ROWS.T)
    np.testing.assert_array_equal(data.Y, [[0, 1, 1, 0]])
    assert data.X.dtype == data.Y.dtype == dtype
    assert (data.n_x, data.m) == (3, 4)
    assert data.labels.tolist() == [0, 1, 1, 0]
    assert data.classes == ("no", "yes")
    assert data.recipe is PLAIN
    assert data.finite
    assert data.sources == SOURCES
    assert data.skipped == ("g: broken",)
    assert repr(data) == "Dataset(4 examples of 3 inputs, classes no, yes)"


def test_more_than_two_classes() -> None:
    data = Dataset.from_rows(some([2, 0, 1, 2], ("a", "b", "c")), PLAIN)
    np.testing.assert_array_equal(data.Y, [[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]])
    assert data.labels.tolist() == [2, 0, 1, 2]


def test_without_labels() -> None:
    data = Dataset.from_rows(some(), PLAIN)
    assert data.Y is None
    assert repr(data) == "Dataset(4 examples of 3 inputs, classes unknown)"
    with pytest.raises(LabelError) as caught:
        data.labels  # noqa: B018
    assert str(caught.value) == "these examples have no labels; expected labelled ones"


def test_no_copy_where_nothing_is_done() -> None:
    rows = ROWS.copy()
    assert np.shares_memory(Dataset.from_rows(some(rows=rows), PLAIN).X, rows)


def test_pictures_in_columns() -> None:
    pictures = np.arange(4 * 2 * 5 * 3).reshape(4, 2, 5, 3).astype(np.uint8)
    recipe = Recipe.for_rows(pictures)
    data = Dataset.from_rows(some(rows=pictures), recipe)
    for i, picture in enumerate(pictures):
        np.testing.assert_array_equal(data.X[:, i], picture.ravel() / 255)
    np.testing.assert_array_equal(recipe.pictures(data.X), pictures)


def test_an_unknown_dtype() -> None:
    with pytest.raises(OptionError) as caught:
        Dataset.from_rows(some(), PLAIN, "float16")
    assert str(caught.value) == "unknown dtype 'float16'; expected float64 or float32"


@given(st.integers(1, 7), st.lists(st.integers(0, 6), min_size=1, max_size=20))
def test_one_hot_and_back(n_y: int, values: list[int]) -> None:
    labels = np.array(values) % max(2, n_y)
    Y = one_hot(labels, n_y, "float32")
    assert Y.dtype == np.float32
    assert Y.shape == (n_y, len(labels))
    np.testing.assert_array_equal(labels_of(Y), labels)
    if n_y > 1:
        np.testing.assert_array_equal(Y.sum(axis=0), 1)


def test_labels_of_probabilities() -> None:
    assert labels_of(np.array([[0.5, 0.500001, 0.2]])).tolist() == [0, 1, 0]
    assert labels_of(np.array([[0.1, 0.6], [0.7, 0.2], [0.2, 0.2]])).tolist() == [1, 0]
    assert labels_of(np.array([[0.6]])).dtype == labels_of(np.ones((3, 1))).dtype == np.int64


@pytest.mark.parametrize(("value", "word"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_what_is_not_finite_is_named(value: float, word: str) -> None:
    rows = ROWS.copy()
    rows[2, 1] = value
    with pytest.raises(NonFiniteError) as caught:
        Dataset.from_rows(some(rows=rows), PLAIN)
    assert str(caught.value) == (
        f"the input in row 2, column 1 is {word} (f, row 2); expected finite numbers: remove or "
        "replace them"
    )
    rows[3, 0] = rows[2, 2] = -value
    with pytest.raises(NonFiniteError) as caught:
        check_finite(rows.T)
    assert str(caught.value) == (
        f"the input in row 2, column 1 is {word}; expected finite numbers; 3 such values in all: remove or "
        "replace them"
    )


def test_finite_numbers_whose_sum_is_not() -> None:
    check_finite(np.full((3, 4), 1e308))
    check_finite(np.full((3, 4), 3e38, np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_named_when_it_was_to_be_scaled(value: float) -> None:
    rows = ROWS.copy()
    rows[2, 1] = value
    with pytest.raises(NonFiniteError, match=rf"^the input in row 2, column 1 is {value} \(f, row 2\);"):
        Dataset.from_rows(some(rows=rows), Recipe.for_rows(rows))


def test_what_single_precision_cannot_hold() -> None:
    rows = ROWS.copy()
    rows[2, 1] = 1e39
    with pytest.raises(NonFiniteError, match=r"^the input in row 2, column 1 is inf"):
        Dataset.from_rows(some(rows=rows), PLAIN, "float32")


@pytest.mark.parametrize(
    ("labels", "classes", "least", "line"),
    [
        ([0, 0], (), 2, "here: found no class; expected at least two classes"),
        ([0, 0], ("a",), 2, "here: found one class, a; expected at least two classes"),
        ([0, 2, 1], ("a", "b"), 2, "here: the label in row 1 is 2; expected 0 to 1 (a, b)"),
        ([0, 1, -1], ("a", "b"), 2, "here: the label in row 2 is -1; expected 0 to 1 (a, b)"),
        ([1], ("a",), 1, "here: the label in row 0 is 1; expected 0 to 0 (a)"),
    ],
)
def test_labels_that_are_refused(
    labels: list[int], classes: tuple[str, ...], least: int, line: str
) -> None:
    with pytest.raises(LabelError) as caught:
        check_labels(np.array(labels), classes, "here", least)
    assert str(caught.value) == line


def test_labels_that_are_not() -> None:
    check_labels(np.array([0, 1, 1]), ("a", "b"), "here")
    check_labels(np.array([0]), ("a",), "here", least=1)


@given(st.permutations(["a", "b", "c", "d"]), st.lists(st.integers(0, 2), min_size=4, max_size=4))
def test_labels_are_renumbered(names: list[str], labels: list[int]) -> None:
    train = some([0, 1, 2, 3], ("a", "b", "c", "d"))
    test = some(labels, tuple(names[:3])).beside(train)
    assert test.classes == train.classes
    assert [test.classes[i] for i in test.labels] == [names[i] for i in labels]
    assert test.sources == SOURCES
    assert test.skipped == ("g: broken",)


def test_the_same_classes_stay() -> None:
    train = some([0, 1, 1, 0], ("a", "b"))
    assert train.beside(train).labels.tolist() == [0, 1, 1, 0]
    unlabelled = some().beside(train)
    assert unlabelled.labels is None
    assert unlabelled.classes == ("a", "b")


def test_classes_that_training_never_saw() -> None:
    train = some([0, 1, 1, 0], ("a", "b"))
    test = some([0, 0, 1, 1], ("b", "c"))
    for refuse in (lambda: test.beside(train), lambda: test.with_classes(train.classes)):
        with pytest.raises(LabelError) as caught:
            refuse()
        assert str(caught.value) == "the examples have the class c; expected one of a, b"


def test_examples_of_another_shape() -> None:
    train = some([0, 1, 1, 0], ("a", "b"))
    with pytest.raises(DataError) as caught:
        some(rows=ROWS[:, :2]).beside(train)
    assert str(caught.value) == (
        "a training example has shape (3,) and a test example (2,); expected the same shape"
    )


def test_some_of_the_examples() -> None:
    few = some([0, 1, 2, 3], ("a", "b", "c", "d")).take(np.array([3, 1]))
    np.testing.assert_array_equal(few.rows, ROWS[[3, 1]])
    assert few.labels.tolist() == [3, 1]
    assert few.sources == ("f, row 3", "f, row 1")
    assert few.classes == ("a", "b", "c", "d")
    assert len(few) == 2
    assert some().take(np.array([0])).labels is None
