"""The document inside a model file: versions, descriptions of no model, and parts that do not fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import changed, file_of, refusal, small_model, taken_apart
from pellucid.errors import DataError, LabelError, ModelFileError, OptionError, PellucidError
from pellucid.files.model_file import read_model_file, write_model_file
from pellucid.model import Model

NO_MODEL = "describes no model that Pellucid knows: "


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture
def sound(path: Path) -> bytes:
    small_model().save(path)
    return path.read_bytes()


def with_text(sound: bytes, text: Any) -> bytes:
    return changed(sound, lambda header: header["__metadata__"].update(pellucid=text))


def with_document(sound: bytes, **changes: Any) -> bytes:
    document = json.loads(taken_apart(sound)[0]["__metadata__"]["pellucid"])
    return with_text(sound, json.dumps({**document, **changes}))


@pytest.mark.parametrize("version", [2, 3, 10**18])
def test_a_newer_format_says_to_upgrade(path: Path, sound: bytes, version: int) -> None:
    newer = f"was written by a newer format ({version}); this Pellucid reads format 1: upgrade pellucid"
    assert refusal(path, with_document(sound, format_version=version)) == newer

    def future(header: dict[str, Any]) -> None:
        header["W1"]["dtype"] = "F4"
        header["__metadata__"] = {"pellucid": json.dumps({"format_version": version}), "new": ""}

    assert refusal(path, changed(sound, future)) == newer


@pytest.mark.parametrize("version", [0, -1, 1.0, True, "1", None, [1]])
def test_versions_that_never_were(path: Path, sound: bytes, version: Any) -> None:
    assert refusal(path, with_document(sound, format_version=version)) == (
        f"is damaged: its format_version is {version!r}; expected 1"
    )


def test_a_missing_version(path: Path, sound: bytes) -> None:
    assert refusal(path, with_text(sound, "{}")) == "is damaged: its format_version is None; expected 1"


@pytest.mark.parametrize("metadata", [None, [], "pellucid", {}, {"Pellucid": "{}"}, {"pellucid": None}])
def test_metadata_that_are_not_ours(path: Path, sound: bytes, metadata: Any) -> None:
    content = changed(sound, lambda header: header.update(__metadata__=metadata))
    assert refusal(path, content).startswith("is a safetensors file that Pellucid did not write; expected")


def test_metadata_that_hold_more(path: Path, sound: bytes) -> None:
    content = changed(sound, lambda header: header["__metadata__"].update(format="pt"))
    assert refusal(path, content) == "is damaged: its metadata hold more than pellucid, their one key"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (["{}"], "pellucid, in its metadata, is not a text"),
        (1, "pellucid, in its metadata, is not a text"),
        ("", "the description of the model is not JSON (Expecting value"),
        ("\ufeff{}", "the description of the model is not JSON (Unexpected UTF-8 BOM"),
        ("[]", "the description of the model is not a JSON object"),
        ("null", "the description of the model is not a JSON object"),
        ('{"a": Infinity}', "Infinity stands where a number is expected"),
        ('{"a": -1e400}', "-1e400 stands where a finite number is expected"),
        (
            '{"format_version": 1, "format_version": 1}',
            "the key 'format_version' occurs twice in one object",
        ),
        ('{"a": [{"b": 1, "\\u0062": 2}]}', "the key 'b' occurs twice in one object"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "the description of the model is nested too deeply"),
        ('{"a":' * 20 + "1" + "}" * 20, "the description of the model is nested too deeply"),
        (
            '{"a": [' + "1," * 4_000_000 + "1]}",
            "its header holds more than 4000000 values",
        ),
    ],
)
def test_documents_that_are_no_strict_json(path: Path, sound: bytes, text: Any, sentence: str) -> None:
    assert refusal(path, with_text(sound, text)).startswith(f"is damaged: {sentence}")


def test_values_that_hide_behind_escapes_are_counted(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.files.safetensors_header.MAX_VALUES", 100)
    text = b'{"__metadata__": {"pellucid": "' + b"1\\u002c" * 100 + b'"}}'
    assert refusal(path, file_of(text)) == (
        "is damaged: the description of the model is not JSON (Extra data: line 1 column 2 (char 1))"
    )
    assert refusal(path, file_of(text.replace(b'"1', b'"[1\\u002c1'))) == (
        "is damaged: the description of the model holds more than 100 values"
    )


NETWORK = small_model().network.to_dict()
RECIPE = small_model().recipe.to_dict()
HISTORY = small_model().history.to_dict()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"author": "somebody"}, "a model is described by classes, history, network, recipe"),
        ({"classes": "ab"}, "a model's classes are a list of names"),
        ({"classes": [0, 1]}, "a model's classes are a list of names"),
        ({"classes": ["a", "b", "c"]}, "the classes are ('a', 'b', 'c'); the network tells 2 apart"),
        ({"classes": ["a", "a"]}, "the classes are ('a', 'a'); the network tells 2 apart"),
        ({"network": None}, "a network is described by cost, hidden_activation"),
        ({"network": {**NETWORK, "layer_dims": [2, 0]}}, "layer_dims is [2, 0]; expected integers"),
        (
            {"network": {**NETWORK, "layer_dims": [2, 1e300]}},
            "layer_dims is [2, 1e+300]; expected integers",
        ),
        ({"network": {**NETWORK, "hidden_activation": "os.system"}}, "hidden_activation is 'os.system'"),
        ({"network": {**NETWORK, "cost": "x\n" * 999}}, "cost is 'x\\nx\\nx"),
        ({"network": {**NETWORK, "penalty": 0}}, "a network is described by"),
        ({"recipe": {**RECIPE, "shape": [3]}}, "recipe: mean has 2 numbers; expected 3 finite ones"),
        (
            {"recipe": {**RECIPE, "shape": [3], "mean": [], "deviation": []}},
            "the recipe makes 3 inputs; the network expects 2",
        ),
        (
            {"recipe": {**RECIPE, "shape": []}},
            "recipe: shape is (); expected one to four positive integers",
        ),
        ({"recipe": {**RECIPE, "shape": [True, 2]}}, "recipe: shape is not a list of numbers"),
        ({"recipe": {**RECIPE, "divisor": 0}}, "recipe: divisor is 0.0; expected a number above 0"),
        (
            {"recipe": {**RECIPE, "deviation": [1, 0]}},
            "recipe: deviation holds a number that is not above 0",
        ),
        ({"recipe": {**RECIPE, "kind": ["numbers"]}}, "recipe: unknown kind ['numbers']"),
        ({"recipe": {**RECIPE, "kind": "pictures"}}, "recipe: pictures of shape (2,); expected"),
        ({"history": []}, "a history is described by costs, engine, iterations, reason"),
        ({"history": {**HISTORY, "costs": [2**62, "1"]}}, "history: the costs are not all finite numbers"),
        (
            {"history": {**HISTORY, "iterations": -1}},
            "history: iterations is -1; expected an integer of at least 0",
        ),
        ({"history": {**HISTORY, "reason": "bored"}}, "history: unknown reason 'bored'"),
    ],
)
def test_documents_that_describe_no_model(
    path: Path, sound: bytes, changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(path, with_document(sound, **changes)).startswith(NO_MODEL + sentence)


@pytest.mark.parametrize("part", ["mean", "shape"])
def test_numbers_too_long_to_be_printed(path: Path, sound: bytes, part: str) -> None:
    recipe = {**RECIPE, "shape": [2**62] * 300, "mean": [1] if part == "mean" else [], "deviation": []}
    assert refusal(path, with_document(sound, recipe=recipe)).startswith(NO_MODEL)


@pytest.mark.parametrize("missing", ["network", "recipe", "classes", "history"])
def test_documents_that_lack_a_part(path: Path, sound: bytes, missing: str) -> None:
    document = json.loads(taken_apart(sound)[0]["__metadata__"]["pellucid"])
    del document[missing]
    assert refusal(path, with_text(sound, json.dumps(document))) == (
        f"{NO_MODEL}a model is described by classes, history, network, recipe"
    )


def test_another_network_than_the_tensors(path: Path, sound: bytes) -> None:
    def with_layers(*dims: int) -> bytes:
        return with_document(sound, network={**NETWORK, "layer_dims": list(dims)})

    assert refusal(path, with_layers(2, 3, 1, 1)) == "is damaged: the tensor W3 of its network is missing"
    assert refusal(path, with_layers(2, 1)) == (
        "is damaged: the tensor W1 has the shape (3, 2); its network expects (1, 2)"
    )
    assert (
        refusal(path, with_layers(2, 3)) == "is damaged: the tensor 'W2' belongs to no layer of its network"
    )


@pytest.mark.parametrize("error", [OptionError, LabelError, DataError, ModelFileError, PellucidError])
def test_what_the_caller_refuses_is_told_in_one_line(path: Path, error: type[PellucidError]) -> None:
    write_model_file(path, {}, {"W1": np.ones((1, 1))})

    def refuse(document: Any) -> dict[str, tuple[int, int]]:
        raise error("this\nis " + "very " * 1000 + "wrong")

    with pytest.raises(ModelFileError) as found:
        read_model_file(path, refuse)
    line = str(found.value)
    assert line.startswith(f"{path} {NO_MODEL}this is very very")
    assert line.endswith(" ...")
    assert "\n" not in line
    assert len(line) < len(str(path)) + 400
    assert isinstance(found.value.__cause__, error)


def test_a_bug_of_the_caller_is_not_hidden(path: Path) -> None:
    write_model_file(path, {}, {"W1": np.ones((1, 1))})
    with pytest.raises(ZeroDivisionError):
        read_model_file(path, lambda document: {"W1": (1 // 0, 1)})


def test_names_with_lone_surrogates_survive(path: Path, sound: bytes) -> None:
    """Python gives such a name to a folder whose name is not UTF-8."""
    path.write_bytes(with_document(sound, classes=["caf\udce9", "\u6c34"]))
    assert Model.load(path).classes == ("caf\udce9", "\u6c34")


def test_a_path_with_a_line_break_stays_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines"
    path.write_bytes(file_of({}))
    with pytest.raises(ModelFileError) as error:
        Model.load(path)
    assert str(error.value).startswith(f"{str(path)!r} is a safetensors file that Pellucid did not write")
