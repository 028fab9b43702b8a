"""Model files that are none, and data that a model cannot answer for."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import changed
from pellucid.data.recipe import Recipe
from pellucid.model import Model
from pellucid.network import Network
from small_data import photograph, photographs, points, truncate, write_points
from table_files import write_hdf5, write_npz

Refused = Callable[..., str]
COMMANDS = ("summary", "evaluate", "predict")


@pytest.fixture(params=COMMANDS)
def model_refused(request: pytest.FixtureRequest, refused: Refused, here: Path) -> Refused:
    """How each command that takes a model refuses this one."""
    write_points(here / "data.npz")
    data = () if request.param == "summary" else ("data.npz",)
    return lambda model: refused(request.param, model, *data)


def test_a_model_that_does_not_exist(model_refused: Refused) -> None:
    line = "there is no file nowhere.safetensors; expected a model saved by Pellucid"
    assert model_refused("nowhere.safetensors") == line


def test_a_model_that_is_truncated(number_model: Path, here: Path, model_refused: Refused) -> None:
    (here / "model.safetensors").write_bytes(number_model.read_bytes())
    truncate(here / "model.safetensors")
    line = model_refused("model.safetensors")
    assert line.startswith("model.safetensors is ")
    assert "truncated" in line or "damaged" in line


def test_something_else_renamed_to_a_model(here: Path, model_refused: Refused) -> None:
    photograph(here / "photo.safetensors", "cat")
    assert model_refused("photo.safetensors") == (
        "photo.safetensors is a JPEG picture; expected a model saved by Pellucid"
    )
    write_points(here / "table.safetensors")
    line = "table.safetensors is an archive of NumPy arrays (.npz); expected a model saved by Pellucid"
    assert model_refused("table.safetensors") == line
    (here / "empty.safetensors").touch()
    assert model_refused("empty.safetensors").startswith("empty.safetensors is ")


def test_a_model_under_another_name_is_a_model(number_model: Path, here: Path, done: Callable) -> None:
    (here / "weights.jpg").write_bytes(number_model.read_bytes())
    assert done("summary", "weights.jpg").out == done("summary", number_model).out


def test_a_model_of_a_newer_format(number_model: Path, here: Path, model_refused: Refused) -> None:
    def newer(header: dict[str, Any]) -> None:
        document = json.loads(header["__metadata__"]["pellucid"])
        header["__metadata__"]["pellucid"] = json.dumps({**document, "format_version": 99})

    (here / "new.safetensors").write_bytes(changed(number_model.read_bytes(), newer))
    line = model_refused("new.safetensors")
    assert line.startswith("new.safetensors ")
    assert "99" in line
    assert "newer" in line


@pytest.mark.parametrize("protocol", [0, 2, 3, 4, 5])
def test_a_model_that_is_a_pickle(protocol: int, here: Path, refused: Refused) -> None:
    (here / "model.pkl").write_bytes(pickle.dumps({"W1": [1.0]}, protocol))
    line = refused("summary", "model.pkl")
    assert line.startswith("model.pkl is a pickle; Pellucid never loads pickles: ")


def test_a_folder_instead_of_a_model(here: Path, number_model: Path, model_refused: Refused) -> None:
    assert "is a folder; expected a model saved by Pellucid" in model_refused(number_model.parent)


def test_arguments_the_wrong_way_round(number_model: Path, here: Path, refused: Refused) -> None:
    write_points(here / "data.npz")
    assert refused("evaluate", "data.npz", number_model).startswith(
        "data.npz is an archive of NumPy arrays"
    )
    assert refused("train", number_model).endswith(
        "is of no known format; expected HDF5, .npz or .npy, or a folder of JPEG, PNG, BMP or WebP pictures"
    )


@pytest.mark.parametrize("command", ["evaluate", "predict"])
@pytest.mark.parametrize("kind", ["photo", "folder"])
def test_photographs_for_a_model_of_numbers(
    command: str, kind: str, here: Path, number_model: Path, refused: Refused
) -> None:
    photographs(here / "pets", 1)
    data = "pets" if kind == "folder" else "pets/cat.0.jpg"
    assert refused(command, number_model, data) == (
        f"{data} is a picture (or a folder of them); the model was trained on rows of 3 numbers: "
        "expected an array file (.npy, .npz or HDF5)"
    )


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_rows_of_another_size(command: str, here: Path, number_model: Path, refused: Refused) -> None:
    write_npz(here / "wide.npz", X=np.ones((4, 5)), y=np.arange(4) % 2)
    assert refused(command, number_model, "wide.npz") == (
        "wide.npz holds examples of 5 numbers; the model was trained on rows of 3 numbers"
    )


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_pictures_of_another_size(command: str, here: Path, picture_model: Path, refused: Refused) -> None:
    write_hdf5(here / "large.h5", X=np.zeros((4, 9, 9, 3), np.uint8), y=np.arange(4) % 2)
    assert refused(command, picture_model, "large.h5") == (
        "large.h5 holds examples of 9 x 9 x 3 numbers; "
        "the model was trained on colour pictures of 8 x 8 pixels"
    )
    write_points(here / "points.npz")
    assert refused(command, picture_model, "points.npz") == (
        "points.npz holds examples of 3 numbers; the model was trained on colour pictures of 8 x 8 pixels"
    )


def test_inputs_that_are_not_finite(here: Path, number_model: Path, refused: Refused) -> None:
    data = points(8)
    data["X"][5, 2] = -np.inf
    write_npz(here / "data.npz", **data)
    line = "the input in row 5, column 2 is -inf (data.npz, X row 5); expected finite numbers"
    for command in ("evaluate", "predict"):
        assert refused(command, number_model, "data.npz").startswith(line)


def test_inputs_too_large_to_count_with(here: Path, refused: Refused) -> None:
    parameters = {
        "W1": np.full((2, 1), 1e300),
        "b1": np.zeros((2, 1)),
        "W2": np.array([[1.0, -1.0]]),
        "b2": np.zeros((1, 1)),
    }
    model = Model(Network((1, 2, 1)), parameters, Recipe("numbers", (1,)), ("no", "yes"))
    model.save(here / "large.safetensors")
    write_npz(here / "data.npz", X=[[1e10], [1.0]], y=[0, 1], classes=["no", "yes"])
    for command in ("evaluate", "predict"):
        line = refused(command, "large.safetensors", "data.npz", "--json")
        assert line.startswith(
            "data.npz, X row 0: the network makes nan of these inputs, which are too large"
        )


def test_a_cost_that_is_infinite_is_null_in_json(here: Path, done: Callable) -> None:
    parameters = {"W1": np.full((1, 1), 1e300), "b1": np.zeros((1, 1))}
    Model(Network((1, 1)), parameters, Recipe("numbers", (1,)), ("no", "yes")).save(
        here / "sure.safetensors"
    )
    write_npz(here / "data.npz", X=[[1e10], [-1e10]], y=[0, 1], classes=["no", "yes"])
    outcome = done("evaluate", "sure.safetensors", "data.npz", "--part", "train", "--json")
    assert (outcome.document["cost"], outcome.document["accuracy"]) == (None, 0.0)
    assert outcome.err == ""


def test_labels_that_evaluation_needs(here: Path, number_model: Path, refused: Refused) -> None:
    np.save(here / "rows.npy", points(4)["X"])
    assert (
        refused("evaluate", number_model, "rows.npy")
        == "rows.npy has no labels; expected labelled examples"
    )
    write_points(here / "three.npz", classes=3)
    assert refused("evaluate", number_model, "three.npz") == (
        "three.npz: the examples have the class 2; expected one of 0, 1"
    )


def test_a_class_that_the_model_does_not_know(here: Path, picture_model: Path, refused: Refused) -> None:
    photographs(here / "pets", 2, kinds=("cat", "fish"))
    assert refused("evaluate", picture_model, "pets") == (
        "pets: the examples have the class fish; expected one of cat, dog"
    )


def test_nothing_to_predict_on(
    here: Path, picture_model: Path, number_model: Path, refused: Refused
) -> None:
    line = "there is no file or folder nowhere.jpg, and nothing matches it as a pattern"
    assert refused("predict", picture_model, "nowhere.jpg") == line
    assert refused("predict", picture_model, "*.png").startswith(
        "there is no file or folder *.png, and nothing"
    )
    (here / "empty").mkdir()
    assert refused("predict", picture_model, "empty").startswith("empty holds no pictures (found: nothing)")
    (here / "notes.txt").write_bytes(b"\x00hello")
    assert refused("predict", number_model, "notes.txt").startswith(
        "notes.txt is of no known format; expected"
    )


def test_pictures_none_of_which_can_be_read(here: Path, picture_model: Path, refused: Refused) -> None:
    truncate(photograph(here / "cat.jpg", "cat"))
    (here / "dog.jpg").touch()
    line = refused("predict", picture_model, "cat.jpg", "dog.jpg")
    assert line.startswith("none of 2 pictures could be read; the first: cat.jpg is a truncated or damaged")
    assert refused("predict", picture_model, "dog.jpg", "--strict").startswith(
        "dog.jpg is empty; expected a JPEG"
    )
