"""The model file: models are read as written, to the bit; and an unreadable file is never written."""

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.numpy import load

from models import assert_same_model, file_of, models, networks, small_model, taken_apart
from pellucid.core.activations import HIDDEN_ACTIVATIONS
from pellucid.data.recipe import Recipe
from pellucid.errors import NotFoundError, OptionError, OutputError
from pellucid.files.model_file import read_model_file, write_model_file
from pellucid.model import Model
from pellucid.network import Network
from pellucid.training.history import History

SHAPES = {"W1": (2, 3), "b1": (2, 1)}
TENSORS = {name: np.ones(shape) for name, shape in SHAPES.items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@given(models())
def test_every_model_comes_back(model: Model) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        assert_same_model(Model.load(path), model)
        # The same model, the same bytes: from memory as from the file.
        again = Path(folder) / "again"
        Model.load(path).save(again)
        assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("hidden", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize(("output", "n_y"), [("sigmoid", 1), ("softmax", 3)])
def test_every_activation_and_type(path: Path, dtype: str, hidden: str, output: str, n_y: int) -> None:
    network = Network((2, 4, n_y), hidden_activation=hidden, output_activation=output)
    parameters = {name: np.full(shape, 0.1, dtype) for name, shape in network.parameter_shapes.items()}
    model = Model(network, parameters, Recipe("numbers", (2,)), ("a", "b", "c")[: max(n_y, 2)])
    model.save(path)
    assert_same_model(Model.load(path), model)


@given(networks())
@example(Network((1,) * 13))
def test_the_tensors_come_in_the_order_of_the_layers(network: Network) -> None:
    rng = np.random.default_rng(1)
    tensors = {name: rng.standard_normal(shape) for name, shape in network.parameter_shapes.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        write_model_file(path, {}, tensors)
        read = read_model_file(path, lambda document: network.parameter_shapes)
    assert list(read) == list(tensors)
    for name, value in read.items():
        np.testing.assert_array_equal(value, tensors[name])


def test_the_file_is_what_the_library_reads(path: Path) -> None:
    model = small_model(dtype="float32")
    model.save(path)
    loaded = load(path.read_bytes())
    assert loaded.keys() == dict(model.parameters).keys()
    for name, value in loaded.items():
        np.testing.assert_array_equal(value, model.parameters[name], strict=True)
    header, _ = taken_apart(path.read_bytes())
    assert list(header["__metadata__"]) == ["pellucid"]
    document = json.loads(header["__metadata__"]["pellucid"])
    assert list(document) == ["format_version", "network", "recipe", "classes", "history"]
    assert document["format_version"] == 1


def test_the_bytes_do_not_depend_on_how_the_tensors_lie_in_memory(path: Path, tmp_path: Path) -> None:
    W = np.arange(6.0).reshape(2, 3)
    write_model_file(path, {}, {**TENSORS, "W1": W})
    for same in (np.asfortranarray(W), np.repeat(W, 2, axis=1)[:, ::2], W[::-1, ::-1][::-1, ::-1]):
        write_model_file(tmp_path / "same", {}, {**TENSORS, "W1": same})
        assert (tmp_path / "same").read_bytes() == path.read_bytes()


def test_what_is_read_can_be_trained_on(path: Path) -> None:
    small_model().save(path)
    before = path.read_bytes()
    for value in Model.load(path).parameters.values():
        assert value.flags.writeable
        assert value.flags.c_contiguous
        assert value.flags.aligned
        value[:] = 0
    assert path.read_bytes() == before


def test_a_million_costs(path: Path) -> None:
    write_model_file(path, {}, TENSORS)
    header, numbers = taken_apart(path.read_bytes())
    costs = "0.3333333333333333," * 999_999 + "2e-100"
    header["__metadata__"]["pellucid"] = f'{{"format_version":1,"costs":[{costs}]}}'
    path.write_bytes(file_of(header, numbers))
    seen: list[Any] = []
    read_model_file(path, lambda document: seen.append(document["costs"]) or SHAPES)
    assert seen == [[1 / 3] * 999_999 + [2e-100]]


def test_the_document_is_given_before_any_tensor_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model_file(path, {"a": [1, {"b": None}]}, TENSORS)
    order: list[Any] = []
    empty = np.empty
    monkeypatch.setattr(np, "empty", lambda *a: order.append("allocated") or empty(*a))
    read_model_file(path, lambda document: order.append(document) or SHAPES)
    assert order == [{"a": [1, {"b": None}]}, "allocated", "allocated"]


def test_saving_asks_for_nothing_but_what_it_needs(path: Path) -> None:
    small_model().save(path)
    assert list(path.parent.iterdir()) == [path]
    if os.name == "posix":
        umask = os.umask(0o022)
        os.umask(umask)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({}, "there are none; expected all tensors float64 or all float32"),
        ({"W1": np.ones((1, 1), int)}, "W1 is int64; expected all tensors float64 or all float32"),
        ({"W1": np.ones((1, 1), "float16")}, "W1 is float16; expected all tensors"),
        (
            {"W1": np.ones((1, 1)), "b1": np.ones((1, 1), "float32")},
            "W1 is float64, b1 is float32; expected",
        ),
        ({"W1": np.array([[0, np.nan]])}, "W1[0, 1] is nan; expected finite numbers"),
        ({"W1": np.array([[np.inf], [-np.inf]])}, "W1[0, 0] is inf; expected finite numbers"),
        ({"W1": np.ones(3)}, "its own reader would find that it is damaged: the tensor 'W1' has the shape"),
        ({"W1": np.ones((0, 3))}, "its own reader would find that it is damaged: the tensor 'W1' has the"),
    ],
)
def test_tensors_that_could_not_be_read_are_not_written(path: Path, tensors: Any, reason: str) -> None:
    path.write_bytes(b"old")
    with pytest.raises(OutputError) as error:
        write_model_file(path, {}, tensors)
    assert str(error.value).startswith(f"{path} cannot be written: {reason}")
    assert path.read_bytes() == b"old"


DEEP: list[Any] = []
for _ in range(7):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"costs": [float("nan")]}, "Out of range float values are not JSON compliant"),
        ({"n": np.int64(1)}, "Object of type int64 is not JSON serializable"),
        ({"n": 10**30}, "its own reader would find that it is damaged: 1000000000"),
        (
            {"deep": DEEP},
            "its own reader would find that it is damaged: the description of the model is nested",
        ),
    ],
)
def test_documents_that_could_not_be_read_are_not_written(path: Path, document: Any, reason: str) -> None:
    with pytest.raises(OutputError) as error:
        write_model_file(path, document, TENSORS)
    assert str(error.value).startswith(f"{path} cannot be written: {reason}")
    assert not path.exists()


def test_a_description_that_is_too_long_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.files.model_file.MAX_HEADER", 1000)
    with pytest.raises(OutputError) as error:
        small_model(history=History((1 / 3,) * 100, 100)).save(path)
    assert str(error.value).endswith("; expected at most 1000: a shorter history makes room")
    assert not path.exists()


def test_a_history_with_a_cost_that_is_no_number_is_not_saved(path: Path) -> None:
    with pytest.raises(OptionError, match="the costs are not all finite numbers"):
        small_model(history=History((float("nan"),), 1)).save(path)


@pytest.mark.parametrize("name", ["missing", "missing/model", "a\0b", ""])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    path = f"{tmp_path}/{name}" if name else ""
    with pytest.raises(NotFoundError, match=r"there is no file .*; expected a model saved by Pellucid"):
        Model.load(path)
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError):
        Model.load(tmp_path / "file" / "model")


def test_numbers_may_begin_at_any_byte(path: Path) -> None:
    """Other writers do not pad the header to eight bytes."""
    small_model().save(path)
    header, numbers = taken_apart(path.read_bytes())
    for spaces in range(1, 9):
        text = json.dumps(header).encode() + b" " * spaces
        path.write_bytes(file_of(text, numbers))
        assert_same_model(Model.load(path), small_model())


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(-0.0)
@example(5e-324)
@example(1.7976931348623157e308)
def test_every_finite_number_keeps_its_bits(value: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        write_model_file(
            path, {"value": value}, {"W1": np.full((2, 3), value), "b1": np.full((2, 1), -value)}
        )
        documents: list[Any] = []
        read = read_model_file(path, lambda document: documents.append(document) or SHAPES)
    assert read["W1"].tobytes() == np.full((2, 3), value).tobytes()
    assert np.float64(documents[0]["value"]).tobytes() == np.float64(value).tobytes()
