"""What a model says of photographs and rows, in every form of input and output."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import r2_score

from pellucid import DeepNetwork
from pellucid.data.pictures import decode_picture
from pellucid.model import Model
from small_data import photograph, photographs, points, truncate, write_points
from table_files import write_hdf5


def sources(document: dict) -> list[str]:
    return [row["source"] for row in document["predictions"]]


def test_the_lines(here: Path, done: Callable, picture_model: Path) -> None:
    photograph(here / "rex.jpg", "dog", 7)
    photograph(here / "mimi.jpg", "cat", 8)
    outcome = done("predict", picture_model, "rex.jpg", "mimi.jpg")
    lines = [line.split() for line in outcome.out.splitlines()]
    assert [(label, source) for label, _, source in lines] == [("dog", "rex.jpg"), ("cat", "mimi.jpg")]
    assert all(0.5 < float(probability) <= 1 for _, probability, _ in lines)
    assert outcome.err == ""


def test_what_is_printed_is_what_the_model_says(here: Path, done: Callable, picture_model: Path) -> None:
    photograph(here / "rex.jpg", "dog", 7)
    model = Model.load(picture_model)
    probabilities = model.predict_proba(decode_picture("rex.jpg", model.recipe.shape)[None])[0]
    (row,) = done("predict", picture_model, "rex.jpg", "--json").document["predictions"]
    assert row == {
        "source": "rex.jpg",
        "label": "dog",
        "probability": probabilities[1],
        "probabilities": {"cat": probabilities[0], "dog": probabilities[1]},
    }


def test_csv(here: Path, done: Callable, picture_model: Path) -> None:
    photograph(here / "rex, the dog.jpg", "dog", 7)
    photograph(here / "mimi.jpg", "cat", 8)
    arguments = (picture_model, "rex, the dog.jpg", "mimi.jpg")
    table = list(csv.reader(io.StringIO(done("predict", *arguments, "--csv").out)))
    assert table[0] == ["source", "label", "probability", "probability of cat", "probability of dog"]
    for row, said in zip(
        table[1:], done("predict", *arguments, "--json").document["predictions"], strict=True
    ):
        assert row[:2] == [said["source"], said["label"]]
        assert [float(cell) for cell in row[2:]] == [said["probability"], *said["probabilities"].values()]


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        (["pets"], ["pets/cat.1.jpg", "pets/cat.2.jpg", "pets/dog.1.jpg", "pets/dog.2.jpg"]),
        (["pets/dog.*"], ["pets/dog.1.jpg", "pets/dog.2.jpg"]),
        (["**/*.2.jpg"], ["pets/cat.2.jpg", "pets/dog.2.jpg"]),
        (["pets/dog.2.jpg", "pets/cat.*"], ["pets/dog.2.jpg", "pets/cat.1.jpg", "pets/cat.2.jpg"]),
        (
            ["pets/[cd]?[tg].1.jpg", "pets/cat.1.jpg"],
            ["pets/cat.1.jpg", "pets/dog.1.jpg"],
        ),
    ],
)
def test_folders_and_patterns(
    inputs: list[str], found: list[str], here: Path, done: Callable, picture_model: Path
) -> None:
    photographs(here / "pets", 2, first=1)
    assert sources(done("predict", picture_model, *inputs, "--json").document) == found


def test_what_is_reached_twice_is_predicted_once(here: Path, done: Callable, picture_model: Path) -> None:
    photographs(here / "pets", 1)
    (here / "link.jpg").symlink_to("pets/dog.0.jpg")
    np.save(here / "rows.npy", np.zeros((1, 8, 8, 3), np.uint8))
    inputs = ("rows.npy", "pets/dog.0.jpg", here / "pets", "./pets/*.jpg", "link.jpg", "rows.npy")
    assert sources(done("predict", picture_model, *inputs, "--json").document) == [
        "rows.npy, row 0",
        "pets/dog.0.jpg",
        str(here / "pets" / "cat.0.jpg"),
    ]


def test_a_name_of_several_lines(
    here: Path, done: Callable, refused: Callable, picture_model: Path
) -> None:
    photograph(here / "a\nb\x1b[31m.jpg", "dog")
    assert done("predict", picture_model, "a*").out.endswith("  'a\\nb\\x1b[31m.jpg'\n")
    assert refused("predict", picture_model, "no\nwhere") == (
        r"there is no file or folder 'no\nwhere', and nothing matches it as a pattern"
    )


def test_pictures_that_were_scaled_already(here: Path, refused: Callable, picture_model: Path) -> None:
    np.save(here / "scaled.npy", np.full((2, 8, 8, 3), 0.5))
    assert refused("predict", picture_model, "scaled.npy").startswith(
        "scaled.npy: the picture in row 0 holds 0.5; pictures hold integers from 0 to 255"
    )


def test_a_name_with_brackets_is_no_pattern(here: Path, done: Callable, picture_model: Path) -> None:
    photograph(here / "dog[1].jpg", "dog")
    assert sources(done("predict", picture_model, "dog[1].jpg", "--json").document) == ["dog[1].jpg"]


def test_the_class_folders_of_the_training_data(here: Path, done: Callable, picture_model: Path) -> None:
    photograph(here / "pets" / "dog" / "rex.png", "dog")
    photograph(here / "pets" / "cat" / "mimi.JPG", "cat")
    document = done("predict", picture_model, "pets", "--json").document
    assert sources(document) == ["pets/cat/mimi.JPG", "pets/dog/rex.png"]
    assert [row["label"] for row in document["predictions"]] == ["cat", "dog"]


@pytest.mark.parametrize("name", ["rows.npy", "rows.npz", "rows.h5"])
def test_array_files(name: str, here: Path, done: Callable, number_model: Path) -> None:
    data = points(6, seed=4)
    if name == "rows.npy":
        np.save(here / name, data["X"])
    else:
        write_points(here / name, m=6, seed=4)
    document = done("predict", number_model, name, "--json").document
    prefix = "rows.npy, row" if name == "rows.npy" else f"{name}, X row"
    assert sources(document) == [f"{prefix} {i}" for i in range(6)]
    expected = Model.load(number_model).predict_proba(data["X"])
    # To rounding: rows of the model's own type of number are answered by compiled code.
    found = [list(row["probabilities"].values()) for row in document["predictions"]]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_several_array_files(here: Path, done: Callable, number_model: Path) -> None:
    write_points(here / "a.npz", m=2)
    write_points(here / "b.h5", m=3)
    document = done("predict", number_model, "b.h5", "a.npz", "--json").document
    assert sources(document) == [
        *(f"b.h5, X row {i}" for i in range(3)),
        *(f"a.npz, X row {i}" for i in range(2)),
    ]


def test_both_parts_of_a_file_are_predicted(here: Path, done: Callable, number_model: Path) -> None:
    data = points(5)
    write_hdf5(here / "data.h5", X_train=data["X"][:3], y_train=data["y"][:3], X_test=data["X"][3:])
    document = done("predict", number_model, "data.h5", "--json").document
    assert sources(document) == [
        f"data.h5, X_{p} row {i}" for p, n in (("train", 3), ("test", 2)) for i in range(n)
    ]


def test_photographs_and_arrays_keep_their_order(here: Path, done: Callable, picture_model: Path) -> None:
    photograph(here / "rex.jpg", "dog")
    photograph(here / "mimi.jpg", "cat")
    pictures = np.stack([decode_picture(name, (8, 8, 3)) for name in ("mimi.jpg", "rex.jpg")])
    np.save(here / "pictures.npy", pictures)
    np.save(here / "flat.npy", pictures.reshape(2, -1).astype(float))
    inputs = ("rex.jpg", "pictures.npy", "mimi.jpg", "flat.npy")
    document = done("predict", picture_model, *inputs, "--json").document
    assert [row["label"] for row in document["predictions"]] == ["dog", "cat", "dog", "cat", "cat", "dog"]
    rex, mimi, rex_too, mimi_too, mimi_flat, rex_flat = (
        row["probability"] for row in (document["predictions"][i] for i in (0, 1, 2, 3, 4, 5))
    )
    assert rex == rex_too == rex_flat
    assert mimi == mimi_too == mimi_flat


def test_unreadable_pictures_are_named_and_the_others_go_on(
    here: Path, done: Callable, run: Callable, picture_model: Path
) -> None:
    truncate(photograph(here / "half.jpg", "dog"))
    (here / "empty.jpg").touch()
    (here / "notes.jpg").write_text("no picture")
    photograph(here / "rex.jpg", "dog")
    outcome = done("predict", picture_model, "half.jpg", "empty.jpg", "rex.jpg", "notes.jpg", "--json")
    lines = outcome.err.splitlines()
    assert lines[0].startswith("pellucid: half.jpg is a truncated or damaged picture (")
    assert lines[1] == "pellucid: empty.jpg is empty; expected a JPEG, PNG, BMP or WebP picture"
    assert lines[2] == "pellucid: notes.jpg is not a picture; expected a JPEG, PNG, BMP or WebP picture"
    assert lines[3] == "pellucid: 3 skipped; with --strict an unreadable picture stops the run"
    assert sources(outcome.document) == ["rex.jpg"]
    assert [f"pellucid: {line}" for line in outcome.document["skipped"]] == lines[:3]
    strict = run("predict", picture_model, "rex.jpg", "empty.jpg", "--strict")
    assert (strict.status, strict.out, strict.err) == (2, "", f"{lines[1]}\n")


def test_several_classes(here: Path, done: Callable) -> None:
    write_points(here / "data.npz", m=30, classes=3)
    options = ("--layers", 6, "--iterations", 300, "--learning-rate", 0.5)
    done("train", "data.npz", *options, "--out", "run")
    rows = done("predict", "run/model.safetensors", "data.npz", "--json").document["predictions"]
    for row in rows:
        assert sum(row["probabilities"].values()) == pytest.approx(1)
        assert (
            row["probability"] == max(row["probabilities"].values()) == row["probabilities"][row["label"]]
        )
    assert np.mean([int(row["label"]) for row in rows] == points(30, classes=3)["y"]) > 0.9


def test_a_model_of_numbers(here: Path, done: Callable, refused: Callable) -> None:
    X = np.random.default_rng(0).standard_normal((2, 20))
    net = DeepNetwork([2, 4, 2], output_activation="identity", num_iterations=5).fit(X, X[::-1])
    net.save(here / "m.safetensors")
    np.save(here / "rows.npy", X.T[:3])
    expected = net.predict(X[:, :3]).T
    lines = done("predict", "m.safetensors", "rows.npy").out.splitlines()
    assert [float(word) for word in lines[0].split()[:2]] == pytest.approx(expected[0], rel=1e-4)
    document = done("predict", "m.safetensors", "rows.npy", "--json").document
    np.testing.assert_allclose([row["numbers"] for row in document["predictions"]], expected)
    assert done("predict", "m.safetensors", "rows.npy", "--csv").out.startswith(
        "source,number 1,number 2\n"
    )
    assert "classes" not in done("summary", "m.safetensors").out
    assert refused("evaluate", "m.safetensors", "rows.npy") == (
        "rows.npy has no labels; expected labelled examples"
    )
    np.savez(here / "both.npz", X=X.T, y=X[::-1].T)
    report = done("evaluate", "m.safetensors", "both.npz", "--json").document
    assert (report["classes"], report["accuracy"]) == ([], None)
    found = [row["numbers"] for row in report["predictions"]]
    assert report["figures"]["r2"] == pytest.approx(r2_score(X[::-1].T, found))
    assert [row["true"] for row in report["predictions"]] == X[::-1].T.tolist()
    assert done("evaluate", "m.safetensors", "both.npz").out.startswith("examples ")
