"""Many photographs at once: order, what is skipped, strictness, progress, and stopping."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data import pictures
from pellucid.data.pictures import decode_picture, read_pictures
from pellucid.errors import FormatError, MissingPackageError, NotFoundError, OptionError

SHAPE = (4, 5, 3)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Twelve pictures, each of one shade: the i-th of 10 i."""
    found = [tmp_path / f"{i}.png" for i in range(12)]
    for i, path in enumerate(found):
        Image.new("RGB", (7, 6), (10 * i,) * 3).save(path)
    return found


def shades(rows: np.ndarray) -> list[int]:
    assert rows.shape[1:] == SHAPE
    assert rows.dtype == np.uint8
    return [int(row.flat[0]) // 10 for row in rows]


@pytest.mark.parametrize("threads", [None, 1, 7])
def test_the_order_is_kept(paths: list[Path], threads: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def the_first_is_slow(path: Path, shape: tuple[int, ...]) -> np.ndarray:
        time.sleep(0.05 if path is paths[0] else 0)
        return decode_picture(path, shape)

    monkeypatch.setattr(pictures, "decode_picture", the_first_is_slow)
    counts: list[tuple[int, int]] = []
    rows, kept, skipped = read_pictures(
        paths, SHAPE, threads=threads, progress=lambda *count: counts.append(count)
    )
    assert shades(rows) == list(range(12))
    assert kept == tuple(map(str, paths))
    assert skipped == ()
    assert counts == [(i, 12) for i in range(1, 13)]


def test_pictures_are_decoded_at_the_same_time(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(3)

    def waiting(path: Path, shape: tuple[int, ...]) -> np.ndarray:
        # Breaks unless two others are being decoded.
        together.wait(timeout=20)
        return decode_picture(path, shape)

    monkeypatch.setattr(pictures, "decode_picture", waiting)
    rows, _, skipped = read_pictures(paths, SHAPE, threads=3)
    assert (shades(rows), skipped) == (list(range(12)), ())


def test_what_cannot_be_read_is_skipped_with_a_line_each(paths: list[Path]) -> None:
    paths[3].write_bytes(paths[3].read_bytes()[:45])
    paths[0].write_bytes(b"")
    paths[11].unlink()
    counts: list[tuple[int, int]] = []
    rows, kept, skipped = read_pictures(paths, SHAPE, progress=lambda *count: counts.append(count))
    assert shades(rows) == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert kept == tuple(str(paths[i]) for i in (1, 2, 4, 5, 6, 7, 8, 9, 10))
    assert counts[-1] == (12, 12)
    for index, line in zip((0, 3, 11), skipped, strict=True):
        assert str(paths[index]) in line
        assert "\n" not in line


def test_strict_refuses_the_first_unreadable_one(paths: list[Path]) -> None:
    paths[9].write_bytes(b"no picture")
    paths[2].write_bytes(b"no picture either")
    with pytest.raises(FormatError, match=r"2\.png is not a picture; expected a JPEG"):
        read_pictures(paths, SHAPE, strict=True)
    paths[1].unlink()
    with pytest.raises(NotFoundError, match=r"no file .*1\.png"):
        read_pictures(paths, SHAPE, strict=True)


def test_nothing_readable_is_an_error(paths: list[Path]) -> None:
    for path in paths:
        path.write_bytes(b"no picture")
    with pytest.raises(FormatError, match=r"none of 12 pictures could be read; the first: .*0\.png is no"):
        read_pictures(paths, SHAPE)
    with pytest.raises(FormatError, match="no pictures to read; expected at least one"):
        read_pictures([], SHAPE)


def test_grey_and_text_paths(paths: list[Path]) -> None:
    rows, kept, _ = read_pictures([str(path) for path in paths], (3, 3))
    assert rows.shape == (12, 3, 3)
    assert kept == tuple(map(str, paths))
    assert rows[:, 0, 0].tolist() == [10 * i for i in range(12)]


def test_options_are_checked(paths: list[Path]) -> None:
    with pytest.raises(OptionError, match="threads is 0; expected at least 1"):
        read_pictures(paths, SHAPE, threads=0)
    with pytest.raises(OptionError, match="shape"):
        read_pictures(paths, (0, 1))


def test_a_missing_pillow_is_no_unreadable_picture(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pellucid.data.decoding", raising=False)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingPackageError, match="Pillow"):
        read_pictures(paths, SHAPE)


def test_a_mistake_of_ours_is_no_unreadable_picture(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "decode_picture", lambda path, shape: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        read_pictures(paths, SHAPE)


def test_an_interrupted_reading_begins_no_other_picture(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def slow(path: Path, shape: tuple[int, ...]) -> np.ndarray:
        begun.append(path)
        time.sleep(0.02)
        return decode_picture(path, shape)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pictures, "decode_picture", slow)
    with pytest.raises(KeyboardInterrupt):
        read_pictures(paths, SHAPE, threads=2, progress=interrupt)
    for thread in threading.enumerate():
        if thread.name.startswith("pictures"):
            thread.join()
    assert len(begun) <= 5


def test_ctrl_c_stops_within_a_fraction_of_a_second(paths: list[Path]) -> None:
    code = f"""
import os, signal, threading, time
from pellucid.data import pictures

def press_ctrl_c():
    global begin
    begin = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)

def progress(done, total):
    if done == 1:
        threading.Timer(0.1, press_ctrl_c).start()

pictures.decode_picture = lambda path, shape: time.sleep(0.05) or 0
try:
    pictures.read_pictures([{str(paths[0])!r}] * 2000, (4, 4, 3), threads=2, progress=progress)
except KeyboardInterrupt:
    print(time.monotonic() - begin)
"""
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1
    # Nor does the process wait for 2000 pictures (50 seconds) before it ends.
    assert time.monotonic() - begin < 20
