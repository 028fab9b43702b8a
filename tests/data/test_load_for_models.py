"""Examples for a model that is there already: labelled ones to evaluate it, others to predict on."""

from pathlib import Path

import numpy as np
import pytest

from pellucid.data.load import load_labelled, read_inputs
from pellucid.data.pictures import decode_picture
from pellucid.data.recipe import Recipe
from pellucid.errors import DataError, FormatError, LabelError, NotFoundError, OptionError
from small_data import photograph, photographs, points
from table_files import write_hdf5, write_npz

NUMBERS = Recipe("numbers", (3,))
PICTURES = Recipe("pictures", (4, 6, 3), divisor=255)
CATS = ("cat", "dog")


def test_labelled_examples_of_another_order(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "data.npz", X=points(4)["X"], y=np.array(["dog", "cat", "dog", "fish"]))
    data = load_labelled(path, NUMBERS, ("fish", "dog", "cat"))
    np.testing.assert_array_equal(data.labels, [1, 2, 1, 0])
    with pytest.raises(
        LabelError, match=r"data\.npz: the examples have the class fish; expected one of cat"
    ):
        load_labelled(path, NUMBERS, CATS)


def test_a_part_that_is_not_there(tmp_path: Path) -> None:
    data = points(6)
    path = write_npz(tmp_path / "data.npz", X_test=data["X"], y_test=data["y"])
    assert load_labelled(path, NUMBERS, ("0", "1")).m == 6
    with pytest.raises(DataError, match=r"has no training part; expected one \(or --part test\)"):
        load_labelled(path, NUMBERS, ("0", "1"), part="train")
    with pytest.raises(OptionError, match="unknown part 'both'; expected test or train"):
        load_labelled(path, NUMBERS, ("0", "1"), part="both")


@pytest.mark.parametrize("name", ["data.npz", "data.h5"])
def test_the_test_part_of_a_file_is_the_default(name: str, tmp_path: Path) -> None:
    data = points(10)
    write = write_hdf5 if name.endswith(".h5") else write_npz
    path = write(
        tmp_path / name,
        X_train=data["X"][:6],
        y_train=data["y"][:6],
        X_test=data["X"][6:],
        y_test=data["y"][6:],
    )
    np.testing.assert_array_equal(load_labelled(path, NUMBERS, ("0", "1")).X.T, data["X"][6:])
    np.testing.assert_array_equal(load_labelled(path, NUMBERS, ("0", "1"), part="train").X.T, data["X"][:6])


def test_inputs_of_every_kind_in_their_order(tmp_path: Path) -> None:
    photographs(tmp_path / "pets", 2)
    photograph(tmp_path / "rex.jpg", "dog", 9)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 4, 6, 3), np.uint8)
    np.save(tmp_path / "pictures.npy", pictures)
    data = read_inputs([tmp_path / "pictures.npy", tmp_path / "rex.jpg", tmp_path / "pets"], PICTURES)
    assert data.labels is None
    names = ["cat.0.jpg", "cat.1.jpg", "dog.0.jpg", "dog.1.jpg"]
    assert data.sources == (
        "pictures.npy, row 0",
        "pictures.npy, row 1",
        str(tmp_path / "rex.jpg"),
        *(str(tmp_path / "pets" / name) for name in names),
    )
    np.testing.assert_array_equal(data.rows[:2], pictures.reshape(2, -1))
    rex = decode_picture(tmp_path / "rex.jpg", (4, 6, 3))
    np.testing.assert_array_equal(data.rows[2], rex.reshape(-1))


def test_unreadable_inputs_are_skipped(tmp_path: Path) -> None:
    photograph(tmp_path / "rex.jpg", "dog", 9)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "nothing.jpg").symlink_to(tmp_path / "gone.jpg")
    inputs = [tmp_path / "notes.txt", tmp_path / "rex.jpg", str(tmp_path / "noth*")]
    data = read_inputs(inputs, PICTURES)
    assert data.sources == (str(tmp_path / "rex.jpg"),)
    first, second = data.skipped
    assert first.startswith(f"{tmp_path / 'notes.txt'} is not a picture; expected a JPEG")
    assert second.startswith(f"there is no file {tmp_path / 'nothing.jpg'}; expected a JPEG")
    with pytest.raises(FormatError, match=r"notes\.txt is not a picture"):
        read_inputs(inputs, PICTURES, strict=True)


def test_no_inputs_at_all() -> None:
    with pytest.raises(
        NotFoundError, match="nothing to predict on; expected pictures, folders or array files"
    ):
        read_inputs([], NUMBERS)


def test_pictures_for_numbers(tmp_path: Path) -> None:
    root = photographs(tmp_path / "pets", 1)
    for source in (root, root / "cat.0.jpg"):
        for load in (
            lambda source=source: read_inputs([source], NUMBERS),
            lambda source=source: load_labelled(source, NUMBERS, CATS),
        ):
            with pytest.raises(
                DataError, match=r"is a picture \(or a folder of them\); the model was trained on rows"
            ):
                load()


def test_examples_of_another_shape(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "data.npz", X=np.ones((4, 5)), y=np.arange(4) % 2)
    line = r"data\.npz holds examples of 5 numbers; the model was trained on rows of 3 numbers"
    with pytest.raises(DataError, match=line):
        read_inputs([path], NUMBERS)
    with pytest.raises(DataError, match=line):
        load_labelled(path, NUMBERS, ("0", "1"))
