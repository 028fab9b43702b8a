"""Folders of photographs: every layout, and the files that are left out."""

import random
from pathlib import Path

import numpy as np
import pytest

from pellucid.data.folder_layout import list_pictures, survey_folder
from pellucid.data.folders import read_folder
from pellucid.data.pictures import decode_picture
from picture_folders import SHAPE, fill, table


def test_the_class_in_the_file_names(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "cat.10.jpg",
        "dog.2.jpg",
        "cat.2.JPG",
        "cat.1.Jpeg",
        "dog.1.webp",
        "dog.3.bmp",
        "dog.4.PNG",
    )
    parts = read_folder(tmp_path, SHAPE)
    assert parts.test is None
    assert parts.train is not None
    assert parts.train.classes == ("cat", "dog")
    assert parts.train.skipped == ()
    assert table(parts.train, tmp_path) == [
        ("cat.1.Jpeg", "cat", 4),
        ("cat.2.JPG", "cat", 3),
        ("cat.10.jpg", "cat", 1),
        ("dog.1.webp", "dog", 5),
        ("dog.2.jpg", "dog", 2),
        ("dog.3.bmp", "dog", 6),
        ("dog.4.PNG", "dog", 7),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat.17.jpg", "cat"),
        ("cat_17.jpg", "cat"),
        ("cat-17.jpg", "cat"),
        ("cat17.jpg", "cat"),
        ("cat 17.jpg", "cat"),
        ("cat (17).jpg", "cat"),
        ("Cat.0017.jpg", "Cat"),
        ("maine coon_3.jpg", "maine coon"),
        ("maine_coon.3.jpg", "maine_coon"),
        ("class2.17.jpg", "class2"),
        ("кошка.3.jpg", "кошка"),
        ("猫12.jpg", "猫"),
    ],
)
def test_what_a_file_name_tells(tmp_path: Path, name: str, expected: str) -> None:
    fill(tmp_path, name, "zebra.1.jpg")
    assert (name, expected, 1) in table(read_folder(tmp_path, SHAPE).train, tmp_path)


def test_a_folder_per_class(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "dog/10.png",
        "dog/9.png",
        "a cat/x.png",
        "a cat/indoors/y.png",
        "fox/b1.png",
        "notes.txt/.x.png",
    )
    parts = read_folder(tmp_path, SHAPE)
    assert parts.train is not None
    assert parts.train.classes == ("a cat", "dog", "fox")
    assert table(parts.train, tmp_path) == [
        ("a cat/x.png", "a cat", 3),
        ("a cat/indoors/y.png", "a cat", 4),
        ("dog/9.png", "dog", 2),
        ("dog/10.png", "dog", 1),
        ("fox/b1.png", "fox", 5),
    ]
    assert parts.train.skipped == (f"{tmp_path / 'notes.txt'} holds no pictures: not a class",)


def test_hidden_and_other_files_are_ignored(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "cat/1.png",
        "dog/1.png",
        ".git/1.png",
        "cat/.hidden.png",
        "cat/.thumbs/1.png",
        "dog/1.gif",
    )
    (tmp_path / "README.txt").write_text("cats and dogs")
    (tmp_path / "cat" / "Thumbs.db").write_bytes(b"x")
    parts = read_folder(tmp_path, SHAPE)
    assert [row[0] for row in table(parts.train, tmp_path)] == ["cat/1.png", "dog/1.png"]
    assert parts.train is not None
    assert parts.train.skipped == ()


@pytest.mark.parametrize("test", ["test", "TEST", "val", "Valid", "validation", "testing", "test_set"])
@pytest.mark.parametrize("train", ["train", "Train", "training", "training_set"])
def test_training_and_test_folders(tmp_path: Path, train: str, test: str) -> None:
    fill(tmp_path, f"{train}/dog/1.png", f"{train}/cat/1.png", f"{test}/dog.1.png")
    counts: list[tuple[int, int]] = []
    parts = read_folder(tmp_path, SHAPE, progress=lambda *count: counts.append(count))
    assert table(parts.train, tmp_path) == [
        (f"{train}/cat/1.png", "cat", 2),
        (f"{train}/dog/1.png", "dog", 1),
    ]
    assert table(parts.test, tmp_path) == [(f"{test}/dog.1.png", "dog", 3)]
    assert parts.test is not None
    # One class is enough to test on, and counted as in training.
    assert parts.test.classes == ("cat", "dog")
    assert parts.test.labels.tolist() == [1]
    assert counts == [(1, 3), (2, 3), (3, 3)]


def test_test_is_preferred_to_validation_and_the_rest_is_mentioned(tmp_path: Path) -> None:
    fill(tmp_path, "train/a.1.png", "train/b.1.png", "test/a.1.png", "val/a.2.png", "extra/a.3.png")
    (tmp_path / "docs").mkdir()
    parts = read_folder(tmp_path, SHAPE)
    assert [row[0] for row in table(parts.test, tmp_path)] == ["test/a.1.png"]
    assert parts.train is not None
    assert parts.train.skipped == (
        f"{tmp_path / 'extra'} is neither train nor test: not read",
        f"{tmp_path / 'val'} is neither train nor test: not read",
    )


def test_one_part_alone(tmp_path: Path) -> None:
    fill(tmp_path / "one", "train/a.1.png", "train/b.1.png")
    fill(tmp_path / "other", "test/b.1.png", "test/a.1.png")
    parts = read_folder(tmp_path / "one", SHAPE)
    assert len(table(parts.train, tmp_path)) == 2
    assert parts.test is None
    parts = read_folder(tmp_path / "other", SHAPE)
    assert parts.train is None
    assert [row[1] for row in table(parts.test, tmp_path)] == ["a", "b"]


def test_folders_too_deep_are_mentioned(tmp_path: Path) -> None:
    fill(tmp_path, "cat/1.png", "dog/a/1.png", "dog/a/b/1.png")
    parts = read_folder(tmp_path, SHAPE)
    assert [row[0] for row in table(parts.train, tmp_path)] == ["cat/1.png", "dog/a/1.png"]
    assert parts.train is not None
    assert parts.train.skipped == (f"{tmp_path / 'dog/a/b'} lies too deep: not read",)


def test_links_are_followed_but_never_round_in_circles(tmp_path: Path) -> None:
    fill(tmp_path, "elsewhere/7.png", "data/cat/1.png", "owls/1.png")
    data = tmp_path / "data"
    (data / "dog").mkdir()
    (data / "dog" / "1.png").symlink_to(tmp_path / "elsewhere" / "7.png")
    (data / "owl").symlink_to(tmp_path / "owls")
    for loop, target in (
        ("self", "."),
        ("cat/up", ".."),
        ("cat/here", "../cat"),
        ("dog/far", tmp_path / "data"),
    ):
        (data / loop).symlink_to(target)
    expected = [("cat/1.png", "cat", 2), ("dog/1.png", "dog", 1), ("owl/1.png", "owl", 3)]
    assert table(read_folder(data, SHAPE).train, data) == expected
    (tmp_path / "link").symlink_to("data")
    assert table(read_folder(tmp_path / "link", SHAPE).train, tmp_path / "link") == expected
    fill(tmp_path, "flat/cat.1.png", "flat/dog.1.png")
    (tmp_path / "flat" / "loop").symlink_to(".")
    assert len(table(read_folder(tmp_path / "flat", SHAPE).train, data)) == 2


def test_the_order_does_not_depend_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [
        f"{name}{separator}{i}.png"
        for name in ("cat", "Cat", "dog")
        for separator in "._"
        for i in (1, 2, 10)
    ]
    fill(tmp_path, *names)
    listed = Path.iterdir
    orders = set()
    for seed in range(5):

        def shuffled(self: Path, seed: int = seed) -> list[Path]:
            entries = list(listed(self))
            random.Random(seed).shuffle(entries)
            return entries

        monkeypatch.setattr(Path, "iterdir", shuffled)
        examples = read_folder(tmp_path, SHAPE).train
        assert examples is not None
        orders.add(examples.sources)
    assert len(orders) == 1


def test_the_classes_of_five_hundred_photographs(data_root: Path) -> None:
    train, test = survey_folder(data_root / "cats_dogs")
    for part, count in ((train, 200), (test, 50)):
        assert part is not None
        assert part.names == ("cat",) * count + ("dog",) * count
        assert [path.name.split(".")[0] for path in part.paths] == list(part.names)
        numbers = [int(path.name.split(".")[1]) for path in part.paths]
        assert numbers == sorted(numbers[:count]) + sorted(numbers[count:])


def test_real_photographs(data_root: Path, tmp_path: Path) -> None:
    for path in sorted((data_root / "cats_dogs" / "train").iterdir())[::20]:
        (tmp_path / path.name).symlink_to(path.resolve())
    train = read_folder(tmp_path, (16, 16, 3)).train
    assert train is not None
    assert train.classes == ("cat", "dog")
    assert train.labels is not None
    assert train.labels.tolist() == [0] * 10 + [1] * 10
    for source, row in zip(train.sources, train.rows, strict=True):
        np.testing.assert_array_equal(row, decode_picture(source, (16, 16, 3)))
    assert len(np.unique(train.rows.reshape(20, -1), axis=0)) == 20


def test_a_list_of_all_pictures(tmp_path: Path) -> None:
    fill(tmp_path, "b/1.png", "a10.png", "a9.png", "b/c/d/2.png", "b/c/d/e/3.png", ".hidden/4.png", "5.gif")
    (tmp_path / "b" / "loop").symlink_to("..")
    expected = ["a9.png", "a10.png", "b/1.png", "b/c/d/2.png"]
    assert list_pictures(tmp_path) == [tmp_path / name for name in expected]
    assert list_pictures(str(tmp_path / "b")) == [
        tmp_path / "b" / name for name in ("1.png", "c/d/2.png", "c/d/e/3.png")
    ]
