"""Files that are no models: each is refused, and the line says what it is and where it is wrong."""

import gzip
import io
import json
import os
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from models import changed, file_of, refusal, small_model, taken_apart
from pellucid.errors import ModelFileError
from pellucid.files.model_file import read_model_file, write_model_file
from pellucid.model import Model

EXPECTED = "expected a model saved by Pellucid"
PICKLE = f"is a pickle; Pellucid never loads pickles: {EXPECTED}"
NOT_OURS = f"is a safetensors file that Pellucid did not write; {EXPECTED}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture
def sound(path: Path) -> bytes:
    """The bytes of a sound file: W1 (3, 2), b1 (3, 1), W2 (1, 3), b2 (1, 1), float64."""
    small_model().save(path)
    return path.read_bytes()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, W1=np.ones((3, 2)))
    return file.getvalue()


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"content")
    return file.getvalue()


WEIGHTS = {"W1": np.ones((2, 3))}


FOREIGN = [
    (b"", f"is empty; {EXPECTED}"),
    *[(pickle.dumps(WEIGHTS, protocol=protocol), PICKLE) for protocol in (0, 2, 3, 4, 5)],
    (pickle.dumps(np.float64(1), protocol=0), PICKLE),
    # How torch.save begins without its zip archive.
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", PICKLE),
    (npz(), f"is an archive of NumPy arrays (.npz); {EXPECTED}"),
    (b"\x93NUMPY\x01\x00v\x00{'descr'", f"is a NumPy array (.npy); {EXPECTED}"),
    (zipped("model/data.pkl"), f"is a PyTorch file, a zip archive with a pickle inside; {PICKLE[13:]}"),
    (zipped("config.json"), f"is a zip archive; {EXPECTED}"),
    (b"\x89HDF\r\n\x1a\n" + bytes(100), f"is an HDF5 file; {EXPECTED}"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", f"is a PNG picture; {EXPECTED}"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", f"is a JPEG picture; {EXPECTED}"),
    (b"GIF89a" + bytes(10), f"is a GIF picture; {EXPECTED}"),
    (gzip.compress(b"model"), f"is compressed (gzip); {EXPECTED}"),
    (
        b"version https://git-lfs.github.com/spec/v1\noid",
        "is a pointer to a file in Git LFS; git lfs pull",
    ),
    (b"W1,b1\n1,2\n", f"is not a safetensors file; {EXPECTED}"),
    (b'{"W1": [1, 2]}', f"is not a safetensors file; {EXPECTED}"),
    (bytes(1000), f"is not a safetensors file; {EXPECTED}"),
    (safetensors.numpy.save(WEIGHTS), NOT_OURS),
    (safetensors.numpy.save(WEIGHTS, {"format": "pt"}), NOT_OURS),
    (safetensors.numpy.save({"W1": np.ones(3, np.int8)}), NOT_OURS),
]


# Archives hold the time: as names of tests they would differ from process to process.
@pytest.mark.parametrize(("content", "sentence"), FOREIGN, ids=range(len(FOREIGN)))
def test_other_files_are_called_by_their_names(path: Path, content: bytes, sentence: str) -> None:
    assert refusal(path, content).startswith(sentence)


def test_no_pickle_is_ever_executed(path: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "executed"),)

    refusal(path, pickle.dumps(Evil()))
    assert not (tmp_path / "executed").exists()


def test_what_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"is a folder; {EXPECTED}"
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", Path("/dev/zero")):
            assert refusal(path) == f"is a pipe, a socket or a device; {EXPECTED}"
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        assert refusal(tmp_path / "loop").startswith("cannot be read (")


def test_a_pipe_that_takes_the_place_of_the_file_does_not_block(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.touch()
    status = path.stat()
    path.unlink()
    os.mkfifo(path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", lambda path: status)
        refused = refusal(path)
    assert refused == f"is a pipe, a socket or a device; {EXPECTED}"


def test_a_file_that_may_not_be_read(path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    assert refusal(path) == f"cannot be read (Permission denied); {EXPECTED}"


def test_a_file_of_a_size_that_no_model_has(path: Path, sound: bytes) -> None:
    os.truncate(path, (16 << 30) + 1)
    assert refusal(path) == f"has 17,179,869,185 bytes; {EXPECTED} of at most 17,179,869,184"


def test_a_file_that_becomes_shorter(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model_file(path, {}, {"W1": np.ones((100, 1000))})
    empty = np.empty
    monkeypatch.setattr(np, "empty", lambda *a: os.truncate(path, 500_000) or empty(*a))
    with pytest.raises(ModelFileError) as error:
        read_model_file(path, lambda document: {"W1": (100, 1000)})
    assert str(error.value) == f"{path} became shorter while it was read"


def test_more_than_there_is_memory_for(path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", refuse)
    assert refusal(path) == "needs more memory than there is"


def test_truncated_files(path: Path, sound: bytes) -> None:
    header = len(sound) - 8 * 13
    n = len(sound)
    assert refusal(path, sound[:-1]) == f"is truncated: its tensors end at byte {n}, the file at {n - 1}"
    assert refusal(path, sound[:100]) == f"is truncated: its header ends at byte {header}, the file at 100"
    assert refusal(path, sound + b"\0") == "is damaged: 1 bytes follow its last tensor"


@pytest.mark.parametrize("length", [64 << 20 | 1, 2**40, 2**63, 2**64 - 1])
def test_a_header_of_any_length_is_not_read(path: Path, sound: bytes, length: int) -> None:
    assert refusal(path, length.to_bytes(8, "little") + sound[8:]) == (
        f"is damaged: its header claims {length} bytes; expected at most 67108864"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"{", "its header is not JSON (Expecting property name"),
        (b"{}{}", "its header is not JSON (Extra data"),
        (b"{'a': 1}", "its header is not JSON (Expecting property name"),
        (b'{"a": 1,}', "its header is not JSON ("),
        (b'{"a\xff": 1}', "its header is not JSON ('utf-8' codec can't decode byte 0xff"),
        (b'{"a\n": 1}', "its header is not JSON (Invalid control character"),
        (b'{"a": NaN}', "NaN stands where a number is expected"),
        (b'{"a": -Infinity}', "-Infinity stands where a number is expected"),
        (b'{"a": 1e999}', "1e999 stands where a finite number is expected"),
        (
            b'{"a": ' + b"9" * 5000 + b"}",
            "9999999999999999999999999999999999999999 stands where a number of at",
        ),
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', "the key 'b' occurs twice in one object"),
        (b'{"W1": 1, "W1": 1}', "the key 'W1' occurs twice in one object"),
        (b'{"__metadata__": {}, "__metadata__": {}}', "the key '__metadata__' occurs twice in one object"),
        (b'{"a": ' + b"[" * 8 + b"]" * 8 + b"}", "its header is nested too deeply"),
        (b'{"a":' * 100_000, "its header is nested too deeply"),
        (b'{"a": [' + b"[]," * 2_000_000 + b"[]]}", "its header holds more than 4000000 values"),
    ],
)
def test_headers_that_are_no_strict_json(path: Path, text: bytes, sentence: str) -> None:
    assert refusal(path, file_of(text)).startswith(f"is damaged: {sentence}")


W1 = "the tensor 'W1' "
HUGE = 2**31 - 1


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ([], W1 + "is not described by dtype, shape and data_offsets"),
        ({"dtype": "F16"}, W1 + "has the dtype 'F16'; expected F64 or F32"),
        ({"dtype": "float64"}, W1 + "has the dtype 'float64'; expected F64 or F32"),
        ({"dtype": ["F64"]}, W1 + "has the dtype ['F64']; expected F64 or F32"),
        ({"dtype": "F32"}, W1 + "spans 48 bytes; its shape (3, 2) takes 24"),
        ({"dtype": "F32", "shape": [6, 2]}, "some of its tensors are float64 and some float32"),
        ({"shape": [6]}, W1 + "has the shape [6]; expected two positive integers"),
        ({"shape": [3, 2, 1]}, W1 + "has the shape [3, 2, 1]; expected two positive integers"),
        ({"shape": [3, 0]}, W1 + "has the shape [3, 0]; expected two positive integers"),
        ({"shape": [-3, -2]}, W1 + "has the shape [-3, -2]; expected two positive integers"),
        ({"shape": [6, True]}, W1 + "has the shape [6, True]; expected two positive integers"),
        ({"shape": [3.0, 2]}, W1 + "has the shape [3.0, 2]; expected two positive integers"),
        (
            {"shape": {"0": 3, "1": 2}},
            W1 + "has the shape {'0': 3, '1': 2}; expected two positive integers",
        ),
        (
            {"shape": [HUGE, HUGE]},
            W1 + "spans 48 bytes; its shape (2147483647, 2147483647) takes 36893488113059",
        ),
        ({"shape": [HUGE + 1, 1]}, W1 + "has the shape [2147483648, 1]; expected two positive integers"),
        (
            {"shape": [HUGE, HUGE], "data_offsets": [0, 8 * HUGE**2]},
            "36893488113059364872 stands where a number",
        ),
        (
            {"shape": [HUGE, 1], "data_offsets": [0, 8 * HUGE]},
            "the tensor 'W2' begins at 48; expected 17179869176",
        ),
        ({"shape": [3, 1]}, W1 + "spans 48 bytes; its shape (3, 1) takes 24"),
        ({"data_offsets": [0]}, W1 + "has the data_offsets [0]; expected its begin and end"),
        (
            {"data_offsets": [False, 48]},
            W1 + "has the data_offsets [False, 48]; expected its begin and end",
        ),
        ({"data_offsets": [-48, 0]}, W1 + "has the data_offsets [-48, 0]; expected its begin and end"),
        ({"data_offsets": [48, 0]}, W1 + "spans -48 bytes; its shape (3, 2) takes 48"),
        ({"data_offsets": [8, 56]}, W1 + "begins at 8; expected 0, the end of the one before"),
        ({"data_offsets": [48, 96]}, W1 + "begins at 48; expected 0, the end of the one before"),
        ({"shape": [2, 3]}, "the tensor W1 has the shape (2, 3); its network expects (3, 2)"),
        ({"offset": 0}, W1 + "is not described by dtype, shape and data_offsets"),
    ],
)
def test_entries_that_describe_no_tensor(path: Path, sound: bytes, entry: Any, sentence: str) -> None:
    def change(header: dict[str, Any]) -> None:
        header["W1"] = {**header["W1"], **entry} if entry else entry

    assert refusal(path, changed(sound, change)).startswith(f"is damaged: {sentence}")


@pytest.mark.parametrize("key", ["dtype", "shape", "data_offsets"])
def test_an_entry_that_lacks_a_key(path: Path, sound: bytes, key: str) -> None:
    content = changed(sound, lambda header: header["b1"].pop(key))
    assert refusal(path, content) == (
        "is damaged: the tensor 'b1' is not described by dtype, shape and data_offsets"
    )


def test_shape_bombs_allocate_nothing(path: Path, sound: bytes) -> None:
    def bomb(header: dict[str, Any]) -> None:
        header["W1"] = {"dtype": "F64", "shape": [10**6, 10**6], "data_offsets": [0, 8 * 10**12]}
        del header["W2"], header["b1"], header["b2"]
        document = json.loads(header["__metadata__"]["pellucid"])
        document["network"]["layer_dims"] = [10**6, 10**6]
        header["__metadata__"]["pellucid"] = json.dumps(document)

    content = changed(sound, bomb)
    tracemalloc.start()
    try:
        assert refusal(path, content).startswith("is truncated: its tensors end at byte 80000000")
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_tensors_that_the_network_does_not_have(path: Path, sound: bytes) -> None:
    def rename(old: str, new: str) -> bytes:
        return changed(sound, lambda header: header.update({new: header.pop(old)}))

    assert refusal(path, rename("b2", "b3")) == "is damaged: the tensor b2 of its network is missing"
    header, numbers = taken_apart(sound)
    header["W9"] = {"dtype": "F64", "shape": [1, 1], "data_offsets": [len(numbers), len(numbers) + 8]}
    assert refusal(path, file_of(header, numbers + bytes(8))) == (
        "is damaged: the tensor 'W9' belongs to no layer of its network"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_parameters_that_are_no_numbers(path: Path, sound: bytes, value: float) -> None:
    damaged = sound[:-8] + np.float64(value).tobytes()
    assert refusal(path, damaged) == f"is damaged: b2[0, 0] is {value}; expected finite numbers"


def test_a_sound_file_is_loaded(path: Path, sound: bytes) -> None:
    path.write_bytes(changed(sound, lambda header: None))
    assert Model.load(path).dtype == "float64"
