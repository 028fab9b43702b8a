"""Data that cannot be trained on: one line each, exit code 2, nothing written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from small_data import photograph, photographs, points, truncate, write_points
from table_files import write_hdf5, write_npz

Refused = Callable[..., str]

X = points(12)["X"]


@pytest.mark.parametrize("name", ["nowhere.h5", "no/such/folder", "mnist", "a" * 300])
def test_a_path_that_does_not_exist(name: str, refused: Refused) -> None:
    line = refused("train", name)
    assert name in line
    if len(name) < 300:
        assert line == (
            f"there is no file or folder {name}; "
            "built-in data sets are digits, breast-cancer, moons, circles"
        )


def test_an_empty_folder(here: Path, refused: Refused) -> None:
    (here / "empty").mkdir()
    line = refused("train", "empty")
    assert line.startswith(
        "empty holds no pictures (found: nothing); expected .jpg, .jpeg, .png, .bmp, .webp"
    )


def test_a_folder_of_other_files(here: Path, refused: Refused) -> None:
    (here / "tables").mkdir()
    write_points(here / "tables" / "a.h5")
    write_points(here / "tables" / "b.h5")
    assert refused("train", "tables").startswith("tables holds no pictures (found: 2 .h5); expected .jpg")


@pytest.mark.parametrize("layout", ["pets/cat/{}.jpg", "pets/cat.{}.jpg", "pets/train/cat.{}.jpg"])
def test_a_folder_with_one_class(layout: str, here: Path, refused: Refused) -> None:
    for number in range(3):
        photograph(here / layout.format(number), "cat", number)
    line = refused("train", "pets")
    assert "pets" in line
    assert (
        "found one class, cat; expected at least two: one folder per class, or the class in the names"
        in line
    )


def test_labels_that_are_all_the_same(here: Path, refused: Refused) -> None:
    names = np.array(["cat", "dog"])
    write_hdf5(here / "cats.h5", X=X, y=np.zeros(12, int), list_classes=names)
    assert refused("train", "cats.h5") == ("cats.h5: all labels are cat; expected at least two classes")
    write_npz(here / "cats.npz", X=X, y=np.full(12, 7))
    assert refused("train", "cats.npz") == "cats.npz: found one class, 7; expected at least two classes"


def test_hdf5_without_the_expected_keys(here: Path, refused: Refused) -> None:
    write_hdf5(here / "other.h5", pixels=X, answers=np.arange(12))
    line = refused("train", "other.h5")
    assert line.startswith(
        "other.h5 holds answers (12,) int64, pixels (12, 3) float64; expected arrays named X "
    )
    assert "train_set_x, train_set_y" in line


@pytest.mark.parametrize("name", ["short.h5", "short.npz"])
def test_x_and_y_of_different_lengths(name: str, here: Path, refused: Refused) -> None:
    write = write_hdf5 if name.endswith("h5") else write_npz
    write(here / name, X=X, y=np.arange(11) % 2)
    assert refused("train", name) == (
        f"{name}: X has shape (12, 3) and y (11,); expected one label for each of the 12 rows"
    )


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        (np.r_[np.nan, np.ones(11)], "the label in row 0 of data.h5, y is missing (nan)"),
        (np.ones((12, 2, 2)), "X has shape (12, 3) and y (12, 2, 2)"),
    ],
)
def test_labels_that_are_not_classes(labels: np.ndarray, line: str, here: Path, refused: Refused) -> None:
    write_hdf5(here / "data.h5", X=X, y=labels)
    said = refused("train", "data.h5")
    assert line in said
    assert "expected" in said


def test_labels_beyond_the_named_classes(here: Path, refused: Refused) -> None:
    write_hdf5(here / "data.h5", X=X, y=np.arange(12) % 3, list_classes=np.array(["cat", "dog"]))
    assert refused("train", "data.h5") == (
        "data.h5, y: the label in row 2 is 2; expected 0 to 1 (cat, dog)"
    )


@pytest.mark.parametrize("scaling", ["auto", "none"])
@pytest.mark.parametrize(("value", "name"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_inputs_that_are_not_finite(
    value: float, name: str, scaling: str, here: Path, refused: Refused
) -> None:
    data = points(40)
    data["X"][17, 1] = value
    write_hdf5(here / "data.h5", **data)
    assert refused("train", "data.h5", "--scaling", scaling) == (
        f"the input in row 17, column 1 is {name} (data.h5, X row 17); "
        "expected finite numbers: remove or replace them"
    )


def test_inputs_that_are_not_finite_are_counted(here: Path, refused: Refused) -> None:
    data = points(40)
    data["X"][3:6, 2] = np.nan
    write_points(here / "train.npz")
    write_npz(here / "test.npz", **data)
    assert refused("train", "train.npz", "--test", "test.npz") == (
        "the input in row 3, column 2 is nan (test.npz, X row 3); "
        "expected finite numbers; 3 such values in all: remove or replace them"
    )


def test_a_truncated_hdf5_file(here: Path, refused: Refused) -> None:
    truncate(write_points(here / "data.h5", m=400))
    assert refused("train", "data.h5").startswith("data.h5 is a damaged HDF5 file (")


def test_an_archive_with_a_pickle_inside(here: Path, refused: Refused) -> None:
    write_npz(here / "data.npz", X=np.array([{}, []], object), y=np.arange(2))
    line = refused("train", "data.npz")
    assert line.startswith("data.npz, X is of type object, which is not read; expected ")


def test_files_of_no_known_format(here: Path, refused: Refused) -> None:
    (here / "notes.h5").write_bytes(b"\x00hello")
    assert refused("train", "notes.h5").startswith(
        "notes.h5 is of no known format; expected HDF5, .npz or .npy"
    )
    photograph(here / "cat.jpg", "cat")
    assert refused("train", "cat.jpg").startswith(
        "cat.jpg is a single picture; expected a folder of pictures"
    )
    np.save(here / "rows.npy", X)
    assert refused("train", "rows.npy") == "rows.npy has no labels; expected labelled examples"


def test_a_test_set_that_does_not_fit(here: Path, refused: Refused) -> None:
    write_points(here / "train.npz")
    assert refused("train", "train.npz", "--test", "nowhere").startswith(
        "there is no file or folder nowhere;"
    )
    write_points(here / "three.npz", classes=3)
    assert refused("train", "train.npz", "--test", "three.npz") == (
        "three.npz: the examples have the class 2; expected one of 0, 1"
    )
    write_npz(here / "wide.npz", X=np.ones((4, 5)), y=np.arange(4) % 2)
    assert refused("train", "train.npz", "--test", "wide.npz") == (
        "wide.npz: a training example has shape (3,) and a test example (5,); expected the same shape"
    )
    photographs(here / "photos", 2)
    assert refused("train", "train.npz", "--test", "photos").startswith(
        "photos: a training example has shape"
    )
    np.save(here / "rows.npy", X)
    assert refused("train", "train.npz", "--test", "rows.npy").startswith("rows.npy has no labels;")


def test_strict_stops_at_the_first_unreadable_picture(here: Path, refused: Refused) -> None:
    truncate(photographs(here / "pets", 3) / "cat.1.jpg")
    line = refused("train", "pets", "--strict")
    assert line.startswith("pets/cat.1.jpg is a truncated or damaged picture (")
    assert line.endswith("expected a JPEG, PNG, BMP or WebP picture: save it again, or remove it")


def test_a_class_of_which_nothing_can_be_read(here: Path, refused: Refused) -> None:
    photographs(here / "pets", 3)
    for picture in (here / "pets").glob("dog*"):
        picture.write_bytes(b"")
    line = refused("train", "pets")
    assert "none of the pictures of the class dog could be read; the first: " in line
    assert "dog.0.jpg is empty" in line
