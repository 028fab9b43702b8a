"""The rules HDF5 and NumPy files share: names of arrays, rows or columns, labels, classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data._labels import read_labels
from pellucid.data._named_arrays import assemble, find_keys
from pellucid.data.dataset import one_hot
from table_files import FORMATS, Format

X = np.arange(12.0).reshape(4, 3)
y = np.array([0, 1, 1, 0])
PICTURES = np.arange(4 * 2 * 5 * 3).reshape(4, 2, 5, 3).astype(np.uint8)


@pytest.fixture(params=FORMATS, ids=str)
def fmt(request: pytest.FixtureRequest) -> Format:
    return request.param


@pytest.mark.parametrize("inputs", ["X", "x", "data", "features", "images", "Data", "IMAGES"])
@pytest.mark.parametrize("labels", ["Y", "y", "labels", "target", "Target"])
def test_usual_names(fmt: Format, tmp_path: Path, inputs: str, labels: str) -> None:
    train, test = fmt.parts(tmp_path, **{inputs: X, labels: y, "other": y})
    assert test is None
    np.testing.assert_array_equal(train.rows, X)
    np.testing.assert_array_equal(train.labels, y)
    assert train.labels.dtype == np.int64
    assert train.classes == ("0", "1")
    assert train.sources[:2] == (f"data, {inputs} row 0", f"data, {inputs} row 1")
    assert len(train.sources) == len(train) == 4


@pytest.mark.parametrize(
    "names",
    [
        ("X_train", "y_train", "X_test", "y_test"),
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_x", "train_y", "test_x", "test_y"),
        ("train_set_x", "train_set_y", "test_set_x", "test_set_y"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("X", "y", "X_test", "Y_test"),
    ],
)
def test_both_parts(fmt: Format, tmp_path: Path, names: tuple[str, ...]) -> None:
    train, test = fmt.parts(tmp_path, **dict(zip(names, (X, y, X[:2] + 1, y[:2]), strict=True)))
    np.testing.assert_array_equal(train.rows, X)
    np.testing.assert_array_equal(test.rows, X[:2] + 1)
    np.testing.assert_array_equal(test.labels, y[:2])
    assert test.sources == (f"data, {names[2]} row 0", f"data, {names[2]} row 1")


def test_a_test_part_alone(fmt: Format, tmp_path: Path) -> None:
    train, test = fmt.parts(tmp_path, X_test=X, y_test=y)
    assert train is None
    np.testing.assert_array_equal(test.labels, y)


def test_no_labels(fmt: Format, tmp_path: Path) -> None:
    train, test = fmt.parts(tmp_path, X_train=X, X_test=X, y_test=y)
    assert train.labels is None
    assert train.classes == ()
    np.testing.assert_array_equal(test.labels, y)
    assert fmt.parts(tmp_path, X=X, class_names=["a", "b"]).train.classes == ("a", "b")
    _, test = fmt.parts(tmp_path, X=X, y=y, X_test=X)
    assert test.labels is None
    assert test.classes == ("0", "1")


@pytest.mark.parametrize("name", ["list_classes", "classes", "class_names", "target_names", "Classes"])
def test_class_names(fmt: Format, tmp_path: Path, name: str) -> None:
    train, test = fmt.parts(tmp_path, X=X, y=y, X_test=X[:1], y_test=y[:1], **{name: ["non-cat", "cat"]})
    assert train.classes == test.classes == ("non-cat", "cat")
    np.testing.assert_array_equal(train.labels, y)


@pytest.mark.parametrize("shape", [(1, 2), (2, 1)])
def test_class_names_in_a_row_or_column(fmt: Format, tmp_path: Path, shape: tuple[int, int]) -> None:
    names = np.array(["näin", "ja"]).reshape(shape)
    assert fmt.parts(tmp_path, X=X, y=y, classes=names).train.classes == ("näin", "ja")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((4, 2, 5, 3), (4, 2, 5, 3)),
        ((4, 2, 5, 1), (4, 2, 5)),
        ((4, 5, 6), (4, 5, 6)),
        ((4, 30), (4, 30)),
    ],
)
def test_shapes(fmt: Format, tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    rows = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
    read = fmt.parts(tmp_path, X=rows, y=y).train.rows
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, rows.reshape(expected))


def test_what_is_not_8_bits_is_numbers(fmt: Format, tmp_path: Path) -> None:
    rows = PICTURES / 255
    np.testing.assert_array_equal(fmt.parts(tmp_path, X=rows, y=y).train.rows, rows.reshape(4, 30))


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "<i4", ">i8", "u8", "f2", "<f4", ">f8"])
def test_types(fmt: Format, tmp_path: Path, dtype: str) -> None:
    rows = (X > 3).astype(dtype)
    read = fmt.parts(tmp_path, X=rows, y=y).train.rows
    np.testing.assert_array_equal(read, rows)
    assert read.dtype == np.dtype(dtype).newbyteorder("=")


@pytest.mark.parametrize(
    "Y", [y[None, :], np.eye(2)[y].T, np.eye(3)[y].T], ids=["(1, m)", "(2, m)", "(3, m)"]
)
def test_columns_as_in_the_course(fmt: Format, tmp_path: Path, Y: np.ndarray) -> None:
    train = fmt.parts(tmp_path, X=X.T, Y=Y).train
    np.testing.assert_array_equal(train.rows, X)
    np.testing.assert_array_equal(train.labels, y)
    assert train.sources[1] == "data, X column 1"


def test_columns_are_a_view() -> None:
    columns = np.ascontiguousarray(X.T)
    keys = find_keys(Path("f"), ["X", "Y"], lambda name: "")
    train = assemble(Path("f"), keys, {"X": columns, "Y": y[None, :]}).train
    assert np.shares_memory(train.rows, columns)


SQUARE = np.arange(9.0).reshape(3, 3)


@pytest.mark.parametrize(
    ("inputs", "labels", "turned"),
    [
        (SQUARE, np.array([0, 1, 1]), False),
        (SQUARE, np.array([[0], [1], [1]]), False),
        (SQUARE, np.array([[0, 1, 1]]), True),
        (SQUARE, np.eye(3)[[0, 1, 1]], False),
        (SQUARE, np.eye(3)[[0, 1, 1]].T, True),
        (X, y[:, None], False),
        (X, y[None, :], False),
        (X[:, :1], y[:, None], False),
        (X[:, :1], np.array([[0], [1], [0], [0]]), False),
        (X[:, :1].T, y[None, :], True),
        (X[:1].T, np.array([[1]]), True),
        (X[:1], np.array([[1]]), False),
        (X[:1].T, np.array([[0], [1]]), True),
    ],
)
def test_rows_or_columns(
    fmt: Format, tmp_path: Path, inputs: np.ndarray, labels: np.ndarray, turned: bool
) -> None:
    train = fmt.parts(tmp_path, X=inputs, y=labels).train
    np.testing.assert_array_equal(train.rows, inputs.T if turned else inputs)
    assert len(train.labels) == len(train.rows)


def test_pictures_beside_a_row_of_labels(fmt: Format, tmp_path: Path) -> None:
    train = fmt.parts(tmp_path, train_set_x=PICTURES, train_set_y=y[None, :]).train
    np.testing.assert_array_equal(train.rows, PICTURES)
    np.testing.assert_array_equal(train.labels, y)


@pytest.mark.parametrize(
    ("values", "classes", "labels"),
    [
        ([0, 1, 1, 0], ("0", "1"), [0, 1, 1, 0]),
        ([True, False, True, True], ("False", "True"), [1, 0, 1, 1]),
        ([1.0, 0.0, 2.0, 1.0], ("0", "1", "2"), [1, 0, 2, 1]),
        ([-1, 1, 1, -1], ("-1", "1"), [0, 1, 1, 0]),
        ([-1.0, 1.0, 1.0, -1.0], ("-1", "1"), [0, 1, 1, 0]),
        ([3, 1, 2, 1], ("1", "2", "3"), [2, 0, 1, 0]),
        ([10, 9, 9, 9], ("9", "10"), [1, 0, 0, 0]),
        (["dog", "cat", "dög", "cat"], ("cat", "dog", "dög"), [1, 0, 2, 0]),
        ([2**63, 0, 0, 0], ("0", str(2**63)), [1, 0, 0, 0]),
        ([[0, 1, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]], ("0", "1", "2"), [1, 0, 0, 1]),
        ([[False, True], [True, False], [True, False], [True, False]], ("0", "1"), [1, 0, 0, 0]),
        ([[3], [1], [1], [1]], ("1", "3"), [1, 0, 0, 0]),
        ([5, 5, 5, 5], ("5",), [0, 0, 0, 0]),
    ],
)
def test_labels(
    fmt: Format, tmp_path: Path, values: list[Any], classes: tuple[str, ...], labels: list[int]
) -> None:
    kind = np.uint64 if 2**63 in values else None
    train = fmt.parts(tmp_path, X=X, y=np.array(values, kind)).train
    assert train.classes == classes
    assert train.labels.tolist() == labels


def test_one_hot_with_names(fmt: Format, tmp_path: Path) -> None:
    train = fmt.parts(tmp_path, X=X, y=np.eye(2)[y], classes=["no", "yes"]).train
    assert train.classes == ("no", "yes")
    assert train.labels.tolist() == y.tolist()


def test_test_labels_are_counted_in_the_training_classes(fmt: Format, tmp_path: Path) -> None:
    train, test = fmt.parts(tmp_path, X=X, y=[7, 8, 9, 7], X_test=X[:2], y_test=[9, 9])
    assert train.classes == test.classes == ("7", "8", "9")
    assert test.labels.tolist() == [2, 2]


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30)
    | st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), min_size=1, max_size=30)
)
def test_any_labels_find_their_names_again(values: list[Any]) -> None:
    indices, classes = read_labels(np.array(values), (), "y")
    assert [classes[i] for i in indices] == list(map(str, values))
    assert len(set(classes)) == len(set(values)) == len(classes)


@given(st.integers(2, 6), st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_one_hot_is_the_inverse(n_classes: int, values: list[int]) -> None:
    labels = np.array(values) % n_classes
    rows = np.eye(n_classes)[labels]
    np.testing.assert_array_equal(read_labels(rows, (), "y")[0], labels)
    if n_classes > 2:
        np.testing.assert_array_equal(one_hot(labels, n_classes).T, rows)
