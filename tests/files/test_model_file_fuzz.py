"""Random damage: for any bytes the result is a model or a one-line error, without delay."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import file_of, refusal, small_model, taken_apart
from pellucid.errors import ModelFileError
from pellucid.model import Model

# The file is written anew for each example.
anew = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
often = settings(anew, max_examples=200)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "model.safetensors"
    small_model(dtype="float32").save(path)
    return path.read_bytes()


def load_or_refuse(path: Path, content: bytes) -> bool:
    """Whether it is a model; nothing but ModelFileError may come instead."""
    path.write_bytes(content)
    try:
        Model.load(path)
    except ModelFileError as error:
        line = str(error)
    else:
        return True
    assert line.startswith(f"{path} ")
    assert "\n" not in line
    return False


def test_truncation_at_every_byte(path: Path, sound: bytes) -> None:
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        with pytest.raises(ModelFileError):
            Model.load(path)


def test_a_bit_flipped_in_every_byte_of_the_header(path: Path, sound: bytes) -> None:
    """Few of them go unnoticed: in a cost, a class name, a mean."""
    numbers = len(taken_apart(sound)[1])
    survived = 0
    for at in range(len(sound) - numbers):
        damaged = bytearray(sound)
        damaged[at] ^= 1 << (at % 8)
        survived += load_or_refuse(path, bytes(damaged))
    assert survived < len(sound) / 10


@given(st.binary(max_size=300))
@often
def test_any_bytes(path: Path, content: bytes) -> None:
    refusal(path, content)


@given(st.binary(max_size=200), st.binary(max_size=50))
@often
def test_any_bytes_as_the_header(path: Path, header: bytes, numbers: bytes) -> None:
    refusal(path, file_of(b"{" + header, numbers))


@given(st.data())
@often
def test_several_bytes_replaced_inserted_or_removed(path: Path, sound: bytes, data: st.DataObject) -> None:
    content = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        removed = data.draw(st.integers(0, 6))
        content[start : start + removed] = data.draw(st.binary(max_size=6))
    load_or_refuse(path, bytes(content))


numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, 10**400, -1]),
    st.floats(),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in [(value, key), *places(value[key])]]


@given(st.data())
@often
def test_any_value_anywhere_in_the_header_or_the_document(
    path: Path, sound: bytes, data: st.DataObject
) -> None:
    header, content = taken_apart(sound)
    document = json.loads(header["__metadata__"]["pellucid"])
    tree = {"header": header, "document": document}
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(tree)))
        if data.draw(st.booleans()) and isinstance(container, dict):
            container[data.draw(st.text(max_size=3))] = container.pop(key)
        else:
            container[key] = data.draw(anything)
    header = tree.get("header", {})
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    if isinstance(metadata, dict) and "pellucid" in metadata:
        metadata["pellucid"] = json.dumps(tree.get("document"))
    load_or_refuse(path, file_of(header, content))


@given(anything)
@anew
def test_any_json_as_the_header(path: Path, header: Any) -> None:
    refusal(path, file_of(header))


@given(st.lists(st.tuples(st.sampled_from(["W1", "b1", "W2", "b2"]), anything), max_size=6))
@anew
def test_entries_in_any_order_and_number(path: Path, sound: bytes, entries: list[tuple[str, Any]]) -> None:
    metadata = json.dumps(taken_apart(sound)[0]["__metadata__"])
    text = ",".join(f"{json.dumps(name)}:{json.dumps(entry)}" for name, entry in entries)
    refusal(path, file_of(f'{{"__metadata__":{metadata}{"," if text else ""}{text}}}'.encode()))
