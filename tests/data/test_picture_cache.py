"""A folder of pictures that do not fit into memory: decoded once, and the same examples."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid import Network, TrainingOptions, train
from pellucid.data import picture_cache
from pellucid.data.load import load_data
from pellucid.errors import FormatError, LabelError
from pellucid.stored import Stored
from tests.stored_columns import order_on_files

pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

SIZE = 8
MEMORY = 100_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sixty pictures of two classes, one of them unreadable."""
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(30):
            pixels = rng.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    (tmp_path / "pictures" / "cats" / "7.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    return tmp_path / "pictures"


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_cache, "_FEWEST", 7)
    monkeypatch.setattr(picture_cache, "_MOST", 7)


def loaded(folder: Path, memory: int = MEMORY, **how: Any) -> Any:
    return load_data(folder, image_size=SIZE, dtype="float32", memory=memory, **how)


def test_the_examples_are_those_in_memory(folder: Path) -> None:
    counts: list[tuple[int, int]] = []
    found, held_out = loaded(folder, progress=lambda *count: counts.append(count))
    assert counts[-1] == (60, 60)
    assert [done for done, _ in counts] == sorted(done for done, _ in counts)
    for stored, whole in zip((found, held_out), loaded(folder, 10**12), strict=True):
        assert isinstance(stored.X, Stored)
        np.testing.assert_array_equal(stored.X.dense(slice(None)), whole.X)
        np.testing.assert_array_equal(stored.Y, whole.Y)
        assert stored.recipe == whole.recipe
        assert stored.classes == whole.classes
        assert tuple(stored.sources) == tuple(whole.sources)
    assert "7.png" in found.skipped[0]
    assert "was made in" in found.skipped[1]
    network, options = Network((found.n_x, 4, 1)), TrainingOptions(epochs=2, batch_size=8, rng=1, threads=1)
    order = order_on_files(network, found, options)
    expected = train(network, loaded(folder, 10**12)[0], options, order=order)
    assert train(network, found, options).history.costs == expected.history.costs


def test_they_are_decoded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = loaded(folder)[0]
    assert [one.name for one in (folder.parent / "pictures.pellucid-cache").iterdir()] == ["train"]
    monkeypatch.setattr(picture_cache, "decode_all", lambda *a, **k: pytest.fail("decoded again"))
    again = loaded(folder)[0]
    np.testing.assert_array_equal(again.X.dense(slice(None)), first.X.dense(slice(None)))
    # What was found then is said again.
    assert [line for line in again.skipped if "7.png" in line] == [first.skipped[0]]
    with pytest.raises(FormatError, match=r"7.png"):
        loaded(folder, strict=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "cats" / "8.png").unlink(),
        lambda folder: (folder / "cats" / "8.png").rename(folder / "dogs" / "x.png"),
        lambda folder: os.utime(folder / "dogs" / "3.png", (1, 1)),
        lambda folder: Image.new("RGB", (9, 9)).save(folder / "dogs" / "3.png"),
        lambda folder: (folder.parent / "pictures.pellucid-cache" / "train").write_bytes(b"damaged"),
    ],
)
def test_a_folder_that_changed_is_decoded_again(change: Any, folder: Path) -> None:
    loaded(folder)
    change(folder)
    found, expected = loaded(folder)[0], loaded(folder, 10**12)[0]
    assert any("it was made anew" in line for line in found.skipped)
    np.testing.assert_array_equal(found.X.dense(slice(None)), expected.X)
    assert tuple(found.sources) == tuple(expected.sources)


def test_other_sizes_are_other_pictures(folder: Path) -> None:
    loaded(folder)
    found, _ = load_data(folder, image_size=6, memory=60_000, cache=folder.parent / "there")
    assert found.n_x == 6 * 6 * 3
    assert len(list((folder.parent / "there").iterdir())) == 1


def test_a_class_that_cannot_be_read(folder: Path) -> None:
    for path in (folder / "cats").iterdir():
        path.write_bytes(b"broken")
    with pytest.raises(LabelError, match="none of the pictures of the class cats could be read"):
        loaded(folder)
    for path in (folder / "dogs").iterdir():
        path.write_bytes(b"broken")
    with pytest.raises(FormatError, match="none of 60 pictures could be read; the first"):
        loaded(folder)
