"""Checkpoint files: the newer of two generations, or the older where the newer is damaged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.data.recipe import Recipe
from pellucid.errors import ModelFileError, NotFoundError, OutputError, PellucidError
from pellucid.files.checkpoint_file import (
    GENERATIONS,
    holds_checkpoint,
    read_checkpoint,
    remove_older,
    write_checkpoint,
)
from pellucid.model import Model
from pellucid.network import Network
from pellucid.training import SavedTraining

TENSORS = {"W1": np.arange(6.0).reshape(2, 3), "b1": np.ones((2, 1), np.float32)}


def document(number: int) -> dict[str, Any]:
    return {"checkpoint": {"number": number}}


def number_in(folder: Path) -> int:
    found: int = read_checkpoint(folder).document["checkpoint"]["number"]
    return found


def test_the_newest_is_read_back(tmp_path: Path) -> None:
    assert not holds_checkpoint(tmp_path)
    for number in range(5):
        path = write_checkpoint(tmp_path, document(number), TENSORS)
        assert path == tmp_path / GENERATIONS[number % 2]
        found = read_checkpoint(tmp_path)
        assert found.document == document(number)
        assert (found.path, found.refused) == (path, ())
        for name, value in TENSORS.items():
            assert found.tensors[name].dtype == value.dtype
            np.testing.assert_array_equal(found.tensors[name], value)
    assert holds_checkpoint(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == list(GENERATIONS)
    remove_older(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [GENERATIONS[0]]
    remove_older(tmp_path)
    assert number_in(tmp_path) == 4


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"^there is no checkpoint in .*; expected checkpoint-1"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("newest", [0, 1])
def test_any_changed_byte_is_noticed(newest: int, tmp_path: Path) -> None:
    for number in range(2 + newest):
        write_checkpoint(tmp_path, document(number), TENSORS)
    path = tmp_path / GENERATIONS[1 - newest if newest == 0 else 0]
    assert number_in(tmp_path) == 1 + newest
    whole = path.read_bytes()
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :])
        try:
            found = read_checkpoint(tmp_path)
        except PellucidError as error:
            raise AssertionError(f"byte {i}: {error}") from None
        assert found.document == document(newest), f"byte {i}"
        assert len(found.refused) == 1 or found.refused == ()


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_a_shortened_file_is_never_read(cut: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for number in range(2):
            path = write_checkpoint(folder, document(number), TENSORS)
        whole = path.read_bytes()
        path.write_bytes(whole[: cut % len(whole)])
        assert number_in(Path(folder)) == 0
        # The damaged one is replaced, not the whole one.
        assert write_checkpoint(folder, document(2), TENSORS) == path
        assert number_in(Path(folder)) == 2


def test_the_message_names_every_generation(tmp_path: Path) -> None:
    (tmp_path / GENERATIONS[0]).write_bytes(b"")
    (tmp_path / GENERATIONS[1]).write_bytes(b"\x80\x04pickle")
    with pytest.raises(ModelFileError) as caught:
        read_checkpoint(tmp_path)
    assert f"{tmp_path / GENERATIONS[0]} is empty" in str(caught.value)
    assert f"{tmp_path / GENERATIONS[1]} is" in str(caught.value)


def test_a_model_is_no_checkpoint_and_a_checkpoint_no_model(tmp_path: Path, model: Model) -> None:
    model.save(tmp_path / GENERATIONS[0])
    with pytest.raises(ModelFileError, match="is a model, or something else"):
        read_checkpoint(tmp_path)
    path = write_checkpoint(tmp_path, document(0), {"W1": np.ones((2, 2))})
    with pytest.raises(ModelFileError, match="pellucid train --resume goes on with it"):
        Model.load(path)


def test_what_cannot_be_written_leaves_both(tmp_path: Path) -> None:
    for number in range(2):
        write_checkpoint(tmp_path, document(number), TENSORS)
    before = {name: (tmp_path / name).read_bytes() for name in GENERATIONS}
    for tensors in ({"W1": np.zeros((0, 2))}, {"W1": np.zeros(3)}, {"W1": np.array([["a"]])}):
        with pytest.raises(OutputError, match="cannot be written"):
            write_checkpoint(tmp_path, document(2), tensors)
    with pytest.raises(OutputError, match="cannot be written"):
        write_checkpoint(tmp_path, {"checkpoint": {"number": float("nan")}}, TENSORS)
    assert {name: (tmp_path / name).read_bytes() for name in GENERATIONS} == before


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"members": []},
        {"members": [{}]},
        {"members": [[1]]},
        {"members": [None], "origin": {"network": {}}},
        {"members": 3},
        [],
        None,
    ],
)
def test_a_document_of_something_else(wrong: Any, tmp_path: Path) -> None:
    write_checkpoint(tmp_path, {"checkpoint": wrong}, TENSORS)
    with pytest.raises(ModelFileError, match="describes no"):
        SavedTraining.read(tmp_path)


@pytest.fixture
def model() -> Model:
    parameters = {"W1": np.ones((1, 2)), "b1": np.zeros((1, 1))}
    return Model(Network((2, 1)), parameters, Recipe("numbers", (2,)), ("a", "b"))
