"""What the readers of HDF5 and NumPy files refuse alike, each with its line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.data._labels import read_labels
from pellucid.data._named_arrays import assemble, find_keys
from pellucid.errors import DataError, FormatError, LabelError
from table_files import FORMATS, Format

X = np.arange(12.0).reshape(4, 3)
y = np.array([0, 1, 1, 0])
PICTURES = np.arange(4 * 2 * 5 * 3).reshape(4, 2, 5, 3).astype(np.uint8)


@pytest.fixture(params=FORMATS, ids=str)
def fmt(request: pytest.FixtureRequest) -> Format:
    return request.param


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        (
            {"a": X, "b": y},
            "FILE holds a (4, 3) float64, b (4,) int64; expected arrays named X (or x, data, features, "
            "images) with y (or labels, target), X_train, y_train, X_test, y_test, or train_set_x, "
            "train_set_y: rename yours",
        ),
        (
            {f"n{i:02}": y for i in range(14)},
            "FILE holds "
            + ", ".join(f"n{i:02} (4,) int64" for i in range(12))
            + " and 2 more; expected arrays named X (or x, data, features, images) with y (or labels, "
            "target), X_train, y_train, X_test, y_test, or train_set_x, train_set_y: rename yours",
        ),
        (
            {"X": X, "data": X, "y": y},
            "FILE: X and data could both be the training inputs; expected one: rename or remove the other",
        ),
        (
            {"X_test": X, "target_test": y, "test_y": y},
            "FILE: target_test and test_y could both be the test labels; expected one: rename or remove "
            "the other",
        ),
        (
            {"X": X, "class_names": ["a", "b"], "classes": ["a", "b"], "y": y},
            "FILE: class_names and classes could both be the classes; expected one: rename or remove the "
            "other",
        ),
        (
            {"X": X, "y_test": y},
            "FILE has the test labels y_test but no test inputs; expected both",
        ),
        (
            {"X": X, "y": y[:3]},
            "FILE: X has shape (4, 3) and y (3,); expected one label for each of the 4 rows: examples in "
            "columns need y.reshape(1, -1)",
        ),
        (
            {"X": X.T, "y": y},
            "FILE: X has shape (3, 4) and y (4,); expected one label for each of the 3 rows: examples in "
            "columns need y.reshape(1, -1)",
        ),
        (
            {"X": y, "y": y},
            "FILE, X has shape (4,); expected numbers (m, n), or pictures (m, height, width) or "
            "(m, height, width, 3)",
        ),
        (
            {"X": np.moveaxis(PICTURES, 3, 1), "y": y},
            "FILE, X has shape (4, 3, 2, 5); expected numbers (m, n), or pictures (m, height, width) or "
            "(m, height, width, 3)",
        ),
        ({"X": X[:0], "y": y}, "FILE, X is empty, of shape (0, 3); expected at least one example"),
        ({"X": X[:, :0], "y": y}, "FILE, X is empty, of shape (4, 0); expected at least one example"),
        ({"X": np.float64(1), "y": y}, "FILE, X has 0 dimensions; expected 1 to 4"),
        ({"X": X.reshape(1, 1, 1, 4, 3), "y": y}, "FILE, X has 5 dimensions; expected 1 to 4"),
        (
            {"X": X.astype(complex), "y": y},
            "FILE, X is of type complex128, which is not read; expected integers or floating-point numbers "
            "of at most 64 bits",
        ),
        (
            {"X": np.array([["a"]]), "y": y},
            "FILE, X is of type TEXT, which is not read; expected integers or floating-point numbers of at "
            "most 64 bits",
        ),
        (
            {"X": X, "y": y.astype(complex)},
            "FILE, y is of type complex128, which is not read; expected numbers of at most 64 bits or text "
            "of fixed length",
        ),
        (
            {"X": X, "y": y, "classes": y},
            "FILE, classes is of type int64, which is not read; expected text",
        ),
        (
            {"X": X, "y": y, "classes": np.array([["a"] * 101] * 100)},
            "FILE, classes holds 10100 names; expected at most 10000",
        ),
    ],
)
def test_refused_files(fmt: Format, tmp_path: Path, arrays: dict[str, Any], line: str) -> None:
    found = fmt.refuses(tmp_path, **arrays)
    assert found.replace("|S1", "TEXT").replace("<U1", "TEXT") == line


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        (
            {"y": [0, 1, 2, 0], "classes": ["no", "yes"]},
            "FILE, y: the label in row 2 is 2; expected 0 to 1 (no, yes)",
        ),
        (
            {"y": [0, 1, -1, 0], "classes": ["no", "yes"]},
            "FILE, y: the label in row 2 is -1; expected 0 to 1 (no, yes)",
        ),
        (
            {"y": ["no"] * 4, "classes": ["no", "yes"]},
            "FILE, y holds text and the file names its classes; expected indices of these names, 0 to 1",
        ),
        (
            {"y": np.eye(3)[y], "classes": ["no", "yes"]},
            "FILE, y is one-hot with 3 columns, but 2 classes are named; expected one column for "
            "each class",
        ),
        (
            {"y": [0, 1.5, 0, 1], "classes": ["no", "yes"]},
            "the label in row 1 of FILE, y is 1.5; expected classes, as integers or text: this looks "
            "like the target of a regression",
        ),
        (
            {"y": [0, 1, 2.0**60, 1], "classes": ["no", "yes"]},
            "the label in row 2 of FILE, y is 1.152921504606847e+18; expected classes, as integers or "
            "text: this looks like the target of a regression",
        ),
        (
            {"y": [0, 1, np.inf, 1]},
            "the label in row 2 of FILE, y is inf; expected classes, as integers or text: this looks "
            "like the target of a regression",
        ),
        (
            {"y": [0, 1, 0, np.nan]},
            "the label in row 3 of FILE, y is missing (nan); expected a class: remove the row",
        ),
        (
            {"y": ["a", "", "b", "b"]},
            "FILE, y holds the class name ''; expected 1 to 200 printable characters",
        ),
        (
            {"y": ["a", "\x1b[2J", "b", "b"]},
            "FILE, y holds the class name \"'\\\\x1b[2J'\"; expected 1 to 200 printable characters",
        ),
        (
            {"y": ["a", "b" * 201, "a", "a"]},
            f"FILE, y holds the class name '{'b' * 57}...'; expected 1 to 200 printable characters",
        ),
        (
            {"y": [[1, 0], [0, 1], [1, 1], [0, 1]]},
            "FILE, y has shape (4, 2), and row 2 is not one-hot; expected one 1 among zeros in each row, "
            "or (m,) with one class for each row",
        ),
        (
            {"y": [["a", "b"]] * 4},
            "FILE, y has shape (4, 2), and row 0 is not one-hot; expected one 1 among zeros in each row, "
            "or (m,) with one class for each row",
        ),
        (
            {"y": y.reshape(4, 1, 1)},
            "FILE: X has shape (4, 3) and y (4, 1, 1); expected (m,), (1, m), one-hot (m, K) or "
            "targets (m, n_y)",
        ),
        (
            {"y": y, "classes": ["yes", "yes"]},
            "FILE, classes names the class yes twice; expected different names",
        ),
        (
            {"y": y, "classes": [["a", "b"], ["c", "d"]]},
            "FILE, classes has shape (2, 2); expected (K,), at most 10000 names",
        ),
        (
            {"y": [0, 1, 1, 0], "X_test": X, "y_test": [0, 1, 2, 0]},
            "FILE: the examples have the class 2; expected one of 0, 1",
        ),
        (
            {"y": [0, 1, 1, 0], "X_test": X, "y_test": [0, 1, 2, 0], "classes": ["no", "yes"]},
            "FILE, y_test: the label in row 2 is 2; expected 0 to 1 (no, yes)",
        ),
    ],
)
def test_refused_labels(fmt: Format, tmp_path: Path, arrays: dict[str, Any], line: str) -> None:
    assert fmt.refuses(tmp_path, LabelError, X=X, **arrays) == line


def test_too_many_classes(fmt: Format, tmp_path: Path) -> None:
    many = np.arange(10_001).astype("U5")
    assert fmt.refuses(tmp_path, LabelError, X=np.ones((len(many), 1)), y=many) == (
        "FILE, y holds 10001 different values; expected at most 10000 classes: this looks like the target "
        "of a regression, or an identifier"
    )
    with pytest.raises(LabelError, match=r"^y has 10001 columns; expected at most 10000 classes$"):
        read_labels(np.eye(1, 10_001, dtype=np.uint8), (), "y")


def test_parts_of_different_shapes(fmt: Format, tmp_path: Path) -> None:
    assert fmt.refuses(tmp_path, DataError, X=X, y=y, X_test=X[:, :2], y_test=y) == (
        "a training example has shape (3,) and a test example (2,); expected the same shape"
    )


@pytest.mark.parametrize("values", [np.array([b"\xff"]), np.array([b"ok", b"\xc3"])])
def test_text_that_is_not_unicode(fmt: Format, tmp_path: Path, values: np.ndarray) -> None:
    assert fmt.refuses(tmp_path, LabelError, X=X, y=y, classes=values) == (
        "FILE, classes holds text that is not Unicode; expected class names in UTF-8"
    )


def test_impossible_bytes() -> None:
    keys = find_keys(Path("f"), ["X", "y"], lambda name: "")
    with pytest.raises(
        FormatError, match=r"^f, X is damaged: a boolean is neither 0 nor 1; expected only these$"
    ):
        assemble(Path("f"), keys, {"X": np.array([[2]], np.uint8).view(bool), "y": y})
    with pytest.raises(
        FormatError, match=r"^f, y is damaged: it holds characters beyond Unicode; expected text$"
    ):
        assemble(Path("f"), keys, {"X": X, "y": np.array([0x41, 0x110000], ">u4").view(">U1")})
