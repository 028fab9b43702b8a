"""Folders that are not what was meant: what every mistake is told."""

import os
from pathlib import Path

import pytest

from pellucid.data.folder_layout import list_pictures
from pellucid.data.folders import read_folder
from pellucid.errors import FormatError, LabelError, NotFoundError
from picture_folders import SHAPE, fill, table


@pytest.mark.parametrize(
    "name", ["17.jpg", "2024-05-06.jpg", "cat.jpg", "cat.17b.jpg", "_3.jpg", "cat٣.jpg"]
)
def test_a_file_name_without_a_class_is_named(tmp_path: Path, name: str) -> None:
    fill(tmp_path, "cat.1.jpg", "dog.1.jpg", name)
    with pytest.raises(
        LabelError, match=f"{name}: the name contains no class.*expected one folder per class, or"
    ):
        read_folder(tmp_path, SHAPE)


def test_words_of_a_split_may_be_classes(tmp_path: Path) -> None:
    fill(tmp_path / "tickets", "valid/1.png", "invalid/1.png")
    parts = read_folder(tmp_path / "tickets", SHAPE)
    assert parts.train is not None
    assert parts.train.classes == ("invalid", "valid")
    fill(tmp_path / "vehicles", "train/1.png", "bus/1.png", "car/1.png")
    with pytest.raises(
        FormatError, match="the folder train beside bus, car; expected either train and test"
    ):
        read_folder(tmp_path / "vehicles", SHAPE)


def test_two_training_folders(tmp_path: Path) -> None:
    fill(tmp_path, "train/a.1.png", "Training/a.2.png")
    with pytest.raises(FormatError, match="holds the folders train, Training; expected only one"):
        read_folder(tmp_path, SHAPE)


def test_pictures_beside_class_folders_are_ambiguous(tmp_path: Path) -> None:
    fill(tmp_path, "cat/1.png", "dog/1.png", "a.1.png", "a.2.png", "a.3.png", "a.4.png", "a.5.png")
    with pytest.raises(
        FormatError,
        match=r"both pictures \(a.1.png, a.2.png, a.3.png and 2 more\) and .*\(cat, dog\); expected",
    ):
        read_folder(tmp_path, SHAPE)
    split = fill(tmp_path / "split", "train/a.1.png", "train/b.1.png", "sample.png")
    with pytest.raises(
        FormatError, match=r"both pictures \(sample.png\) and folders of pictures \(train\)"
    ):
        read_folder(split, SHAPE)


def test_a_test_class_that_training_lacks(tmp_path: Path) -> None:
    fill(tmp_path, "train/a.1.png", "train/b.1.png", "test/a.1.png", "test/owl.7.png")
    with pytest.raises(
        LabelError, match=r"owl\.7\.png is of the class owl, which .*train lacks; .*one of a, b"
    ):
        read_folder(tmp_path, SHAPE)


def test_one_class_is_too_few_to_train_on_but_not_to_evaluate(tmp_path: Path) -> None:
    fill(tmp_path, "cat.1.png", "cat.2.png")
    with pytest.raises(LabelError, match="found one class, cat; expected at least two"):
        read_folder(tmp_path, SHAPE)
    assert len(table(read_folder(tmp_path, SHAPE, least=1).train, tmp_path)) == 2


def test_an_empty_folder_and_what_is_there_instead(tmp_path: Path) -> None:
    with pytest.raises(
        FormatError, match=r"holds no pictures \(found: nothing\); expected \.jpg, .*cat\.17\.jpg"
    ):
        read_folder(tmp_path, SHAPE)
    for name in ("a.gif", "b.GIF", "c.txt", "LICENSE", "cat/d.gif", "cat/e/f.gif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    with pytest.raises(FormatError, match=r"\(found: 4 \.gif, 1 \.txt, 1 without extension, 1 folder\)"):
        read_folder(tmp_path, SHAPE)
    fill(tmp_path, "test/a.1.png", "test/b.1.png")
    (tmp_path / "train").mkdir()
    with pytest.raises(FormatError, match="train holds no pictures"):
        read_folder(tmp_path, SHAPE)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"there is no folder .*missing; expected a folder of pictures"):
        read_folder(tmp_path / "missing", SHAPE)
    (tmp_path / "file").write_text("x")
    with pytest.raises(FormatError, match=r"file cannot be listed .*; expected a folder"):
        read_folder(tmp_path / "file", SHAPE)
    with pytest.raises(FormatError, match="cannot be listed"):
        read_folder("a\0b", SHAPE)


def test_unreadable_pictures_are_skipped_and_named(tmp_path: Path) -> None:
    fill(
        tmp_path, *(f"train/{name}.{i}.png" for name in ("cat", "dog") for i in range(3)), "test/dog.1.png"
    )
    (tmp_path / "train" / "cat.1.png").write_bytes(b"no picture")
    os.mkfifo(tmp_path / "train" / "dog.9.png")
    parts = read_folder(tmp_path, SHAPE)
    names = [row[:2] for row in table(parts.train, tmp_path / "train")]
    assert names == [
        (f"{name}.{i}.png", name)
        for name, i in [("cat", 0), ("cat", 2), ("dog", 0), ("dog", 1), ("dog", 2)]
    ]
    assert parts.train is not None
    assert len(parts.train.skipped) == 2
    assert "cat.1.png is not a picture" in parts.train.skipped[0]
    assert "dog.9.png is a pipe" in parts.train.skipped[1]
    with pytest.raises(FormatError, match=r"cat\.1\.png is not a picture"):
        read_folder(tmp_path, SHAPE, strict=True)


def test_a_class_that_loses_all_its_pictures(tmp_path: Path) -> None:
    fill(tmp_path, "cat.1.png", "dog.1.png", "dog.2.png", "owl.1.png")
    for name in ("dog.1.png", "dog.2.png"):
        (tmp_path / name).write_bytes(b"no picture")
    with pytest.raises(
        LabelError, match=r"of the class dog could be read; the first: .*dog\.1\.png is not a picture"
    ):
        read_folder(tmp_path, SHAPE)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    strange = os.fsdecode(b"\xff\xfe")
    fill(tmp_path, f"{strange}/1.png", "two\nlines/ü 1.png")
    parts = read_folder(tmp_path, SHAPE)
    assert parts.train is not None
    assert parts.train.classes == (r"'\udcff\udcfe'", r"'two\nlines'")
    assert sorted(row[1] for row in table(parts.train, tmp_path)) == list(parts.train.classes)


def test_a_list_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_text("x")
    with pytest.raises(
        FormatError, match=r"holds no pictures \(found: 1 \.gif\); expected \.jpg, .* files$"
    ):
        list_pictures(tmp_path)
    with pytest.raises(NotFoundError, match="there is no folder"):
        list_pictures(tmp_path / "missing")
