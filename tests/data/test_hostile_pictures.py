"""Files that are no pictures, or no longer: an array or a FormatError, never anything else."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pellucid.data.decoding import decode
from pellucid.data.picture_formats import MAX_PIXELS
from pellucid.data.pictures import decode_picture
from pellucid.errors import FormatError, NotFoundError

SHAPE = (8, 8, 3)


def saved(form: str, **options: object) -> bytes:
    y, x = np.mgrid[:20, :24]
    buffer = io.BytesIO()
    Image.fromarray(np.stack([9 * x, 7 * y, x * y], -1).astype(np.uint8)).save(buffer, form, **options)
    return buffer.getvalue()


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera with a long name"
    return saved("JPEG", exif=exif)


WHOLE = {form: saved(form) for form in ("JPEG", "PNG", "BMP", "WEBP")}
WHOLE["JPEG with EXIF"] = with_exif()
WHOLE["lossless WEBP"] = saved("WEBP", lossless=True)


def refusal(path: Path) -> str:
    with pytest.raises(FormatError) as caught:
        decode_picture(path, SHAPE)
    message = str(caught.value)
    assert path.name in message
    assert "expected" in message
    assert "\n" not in message
    assert "Traceback" not in message
    return message


def array_or_refusal(data: bytes) -> bool:
    """Whether `data` is a picture; fails on anything but a right array or a one-line FormatError."""
    try:
        found = decode(io.BytesIO(data), "a.jpg", SHAPE)
    except FormatError as error:
        message = str(error)
    else:
        assert (found.shape, found.dtype) == (SHAPE, np.uint8)
        return True
    assert message.startswith("a.jpg ")
    assert message.isprintable()
    return False


@pytest.mark.parametrize("form", WHOLE)
def test_truncated_anywhere(tmp_path: Path, form: str) -> None:
    whole = WHOLE[form]
    assert array_or_refusal(whole)
    for length in [*range(0, len(whole) // 2, 7), len(whole) // 2]:
        assert not array_or_refusal(whole[:length])
    path = tmp_path / "cat.1.jpg"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert "truncated or damaged picture (" in refusal(path)


@given(form=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_flipped_bytes(form: str, data: st.DataObject) -> None:
    damaged = bytearray(WHOLE[form])
    places = data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=12))
    for place in places:
        damaged[place] = data.draw(st.integers(0, 255))
    array_or_refusal(bytes(damaged))


@given(form=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_flipped_headers(form: str, data: st.DataObject) -> None:
    damaged = bytearray(WHOLE[form])
    for place in data.draw(st.lists(st.integers(2, 60), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.sampled_from([0, 1, 2, 127, 128, 254, 255]))
    array_or_refusal(bytes(damaged))


@given(
    start=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8 ", b"BM"]),
    rest=st.binary(max_size=200),
)
def test_random_bytes(start: bytes, rest: bytes) -> None:
    array_or_refusal(start + rest)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height"),
    [(9460, 9460), (12000, 12000), (60000, 60000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)],
)
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(width, height))
    assert f"{width} x {height} pixels; expected at most 89,478,485" in refusal(path)


def huge(form: str, width: int, height: int) -> bytes:
    """A small picture whose header claims to be a large one."""
    data = bytearray(WHOLE[form])
    if form == "BMP":
        data[18:26] = struct.pack("<II", width, height)
    elif form == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", height, width)
    else:
        data[21:25] = struct.pack("<I", width - 1 | (height - 1) << 14)
    return bytes(data)


# Pillow itself warns of the smaller ones, and refuses the larger ones.
@pytest.mark.parametrize(("width", "height"), [(10_000, 9_000), (16_384, 16_000)])
@pytest.mark.parametrize("form", ["BMP", "JPEG", "lossless WEBP"])
def test_enormous_dimensions(tmp_path: Path, form: str, width: int, height: int) -> None:
    path = tmp_path / "huge.jpg"
    path.write_bytes(huge(form, width, height))
    message = refusal(path)
    assert "expected at most 89,478,485 pixels: reduce it" in message
    assert f"{width} x {height} pixels" in message or "too large to decode" in message
    assert "damaged" not in message


def test_no_warning_reaches_the_process(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(12_000, 12_000))
    code = f"from pellucid.data.pictures import read_pictures\nread_pictures([{str(path)!r}], (8, 8, 3))"
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=False
    )
    assert "FormatError" in done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"This is no cat.\n", "is not a picture"),
        (b"BM is how this text begins, and it is long enough", "is not a picture"),
        (bytes(100), "is not a picture"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "is a HEIC or AVIF picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a picture"),
    ],
)
def test_other_content_under_the_name_of_a_picture(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "cat.1.jpg"
    path.write_bytes(data)
    assert what in refusal(path)


@pytest.mark.parametrize(
    ("form", "what"), [("GIF", "a GIF picture"), ("TIFF", "a TIFF picture"), ("PPM", "no")]
)
def test_other_formats_are_refused_whatever_their_name(tmp_path: Path, form: str, what: str) -> None:
    path = tmp_path / "cat.1.jpg"
    Image.new("RGB", (9, 9)).save(path, format=form)
    assert f"is {what}" in refusal(path)


def test_pipes_devices_and_folders_are_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert "is a pipe" in refusal(pipe)
    link = tmp_path / "link.jpg"
    link.symlink_to("/dev/zero")
    assert "is a pipe" in refusal(link)
    folder = tmp_path / "folder.jpg"
    folder.mkdir()
    assert "is a folder" in refusal(folder)


def test_links_to_pictures_are_followed_and_broken_ones_named(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(WHOLE["PNG"])
    (tmp_path / "link.png").symlink_to("real")
    assert decode_picture(tmp_path / "link.png", SHAPE).shape == SHAPE
    (tmp_path / "broken.png").symlink_to("nothing")
    with pytest.raises(NotFoundError, match=r"no file .*broken\.png"):
        decode_picture(tmp_path / "broken.png", SHAPE)
    (tmp_path / "loop.png").symlink_to("loop.png")
    refusal(tmp_path / "loop.png")


def test_a_file_larger_than_any_picture(tmp_path: Path) -> None:
    path = tmp_path / "vast.webp"
    with path.open("wb") as file:
        file.write(WHOLE["WEBP"])
        file.truncate(1 << 40)
    assert "1,099,511,627,776 bytes" in refusal(path)


def test_names_that_no_terminal_can_print(tmp_path: Path) -> None:
    for name in ("two\nlines.jpg", "bell\x07.jpg", os.fsdecode(b"\xff\xfe.jpg"), "null\0.jpg"):
        with pytest.raises((FormatError, NotFoundError)) as caught:
            decode_picture(tmp_path / name, SHAPE)
        assert str(caught.value).isprintable()
        str(caught.value).encode()


def test_running_out_of_memory_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr("pellucid.data.decoding._resized", exhausted)
    with pytest.raises(FormatError, match="MemoryError"):
        decode(io.BytesIO(WHOLE["PNG"]), "a.png", SHAPE)


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(WHOLE["JPEG"])

    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert "cannot be read (Permission denied)" in refusal(path)
