"""From a path or a name to data sets: every kind of source, the split, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.data.dataset import Dataset
from pellucid.data.load import load_data, load_labelled, read_inputs
from pellucid.data.pictures import decode_picture
from pellucid.data.recipe import Recipe
from pellucid.data.splitting import stratified_split
from pellucid.errors import (
    FormatError,
    LabelError,
    NonFiniteError,
    NotFoundError,
    OptionError,
    PellucidError,
)
from small_data import photographs, points, truncate, write_points
from table_files import write_hdf5, write_npz, written

NUMBERS = Recipe("numbers", (3,))
PICTURES = Recipe("pictures", (4, 6, 3), divisor=255)
CATS = ("cat", "dog")

labels = arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 5))
fractions = st.floats(0.001, 0.999)
seeds = st.integers(0, 2**32 - 1)


@given(labels=labels, fraction=fractions, seed=seeds)
def test_every_class_gives_the_test_part_its_share(labels: np.ndarray, fraction: float, seed: int) -> None:
    counts = np.bincount(labels)
    if counts.max() < 2:
        with pytest.raises(
            LabelError, match="every class has a single example; expected more, or a test set"
        ):
            stratified_split(labels, fraction, seed)
        return
    train, test = stratified_split(labels, fraction, seed)
    # Each example is in one of the two, and both are in order.
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(len(labels)))
    for part in (train, test):
        assert (np.diff(part) > 0).all()
    for label, count in enumerate(counts):
        mine = int((labels[test] == label).sum())
        if count < 2:
            assert mine == 0
        else:
            assert 1 <= mine <= count - 1
            assert abs(mine - fraction * count) <= 1


@given(labels=labels.filter(lambda labels: np.bincount(labels).max() > 1), seed=seeds)
def test_the_split_is_that_of_its_seed(labels: np.ndarray, seed: int) -> None:
    for one, other in zip(
        stratified_split(labels, 0.3, seed), stratified_split(labels, 0.3, seed), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_another_seed_draws_another_split() -> None:
    labels = np.arange(40) % 2
    assert not np.array_equal(stratified_split(labels, 0.5, 1)[1], stratified_split(labels, 0.5, 2)[1])


@pytest.mark.parametrize("name", ["data.h5", "data.npz"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_table_is_split_and_scaled_by_its_training_part(name: str, classes: int, tmp_path: Path) -> None:
    path = write_points(tmp_path / name, m=60, classes=classes)
    train, test = load_data(path, test_fraction=0.2, seed=4)
    assert (train.X.shape, test.X.shape) == ((3, 48), (3, 12))
    assert train.Y is not None
    assert test.Y is not None
    assert (train.Y.shape, test.Y.shape) == (((1, 48), (1, 12)) if classes == 2 else ((3, 48), (3, 12)))
    assert train.classes == test.classes == ("0", "1", "2")[:classes]
    assert train.recipe is test.recipe
    np.testing.assert_allclose(train.X.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(train.X.std(axis=1), 1)
    data = points(60, classes=classes)
    _, rows = stratified_split(data["y"], 0.2, 4)
    np.testing.assert_array_equal(test.labels, data["y"][rows])
    np.testing.assert_array_equal(test.X, train.recipe.columns(data["X"][rows]))
    assert test.sources == tuple(f"{name}, X row {i}" for i in rows)


def test_one_number_for_both_sides_of_pictures(tmp_path: Path) -> None:
    root = photographs(tmp_path / "pets", 2)
    for size in (5, np.int64(5), (5, 5), [5, 5]):
        train, _ = load_data(root, image_size=size)
        assert train.recipe.shape == (5, 5, 3)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"seed": np.random.default_rng(1)},
            "seed is of type Generator; expected an integer from 0 to",
        ),
        ({"seed": np.random.RandomState(1)}, "seed is of type RandomState; expected an integer"),
        ({"seed": None}, "seed is of type NoneType; expected an integer"),
        ({"seed": True}, "seed is of type bool; expected an integer"),
        ({"seed": 1.0}, "seed is of type float; expected an integer"),
        ({"image_size": "64"}, "image_size is '64'; expected an integer such as 64, or"),
        ({"image_size": 64.0}, "image_size is 64.0; expected an integer such as 64, or"),
        ({"image_size": (64, 64, 3)}, "image_size is (64, 64, 3); expected an integer"),
        ({"image_size": (64, True)}, "image_size is (64, True); expected an integer"),
        ({"image_size": None}, "image_size is None; expected an integer"),
        ({"test_fraction": "0.2"}, "test_fraction is of type str; expected a number between 0 and 1"),
        ({"test_fraction": None}, "test_fraction is of type NoneType; expected a number between 0 and 1"),
    ],
)
def test_arguments_of_another_type(options: dict[str, Any], line: str) -> None:
    with pytest.raises(OptionError) as caught:
        load_data("moons", **options)
    assert str(caught.value).startswith(line)


def test_the_parts_of_one_file(tmp_path: Path) -> None:
    data = points(30)
    path = write_npz(
        tmp_path / "data.npz",
        X_train=data["X"][:20],
        y_train=data["y"][:20],
        X_test=data["X"][20:],
        y_test=data["y"][20:],
    )
    train, test = load_data(path, scaling="none")
    np.testing.assert_array_equal(train.X.T, data["X"][:20])
    np.testing.assert_array_equal(test.X.T, data["X"][20:])


def test_a_file_with_a_test_part_only_is_split(tmp_path: Path) -> None:
    data = points(30)
    path = write_npz(tmp_path / "data.npz", X_test=data["X"], y_test=data["y"])
    train, test = load_data(path)
    assert (train.m, test.m) == (24, 6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_type_of_number(dtype: str, tmp_path: Path) -> None:
    for part in load_data(write_points(tmp_path / "data.npz"), dtype=dtype):
        assert part.Y is not None
        assert (str(part.X.dtype), str(part.Y.dtype)) == (dtype, dtype)


def test_a_test_set_of_its_own_takes_the_place_of_the_one_beside(tmp_path: Path) -> None:
    root = photographs(tmp_path / "pets" / "train", 2).parent
    photographs(root / "test", 1)
    other = photographs(tmp_path / "others", 3)
    train, test = load_data(root, other, image_size=(4, 6))
    assert (train.m, test.m) == (4, 6)
    assert all(source.startswith(str(other)) for source in test.sources)


def test_a_test_set_is_resized_as_the_training_pictures_are(tmp_path: Path) -> None:
    stored = write_hdf5(
        tmp_path / "data.h5",
        train_set_x=np.zeros((4, 5, 7, 3), np.uint8),
        train_set_y=np.arange(4) % 2,
        list_classes=np.array(CATS),
    )
    train, test = load_data(stored, photographs(tmp_path / "pets", 2), image_size=(64, 64))
    assert train.recipe.shape == (5, 7, 3)
    assert (train.n_x, test.n_x, test.m) == (105, 105, 4)


def test_test_labels_are_counted_in_the_training_classes(tmp_path: Path) -> None:
    train_path = write_npz(tmp_path / "train.npz", X=points(9)["X"], y=np.array(["a", "b", "c"] * 3))
    test_path = write_npz(tmp_path / "test.npz", X=points(4)["X"], y=np.array(["c", "b", "c", "b"]))
    train, test = load_data(train_path, test_path)
    assert train.classes == test.classes == ("a", "b", "c")
    np.testing.assert_array_equal(test.labels, [2, 1, 2, 1])


def test_photographs(tmp_path: Path) -> None:
    root = photographs(tmp_path / "pets", 5)
    train, test = load_data(root, image_size=(4, 6))
    assert (train.m, test.m) == (8, 2)
    assert train.recipe == test.recipe == PICTURES
    for part in (train, test):
        for j, source in enumerate(part.sources):
            assert part.classes[part.labels[j]] == Path(source).name.partition(".")[0]
            expected = decode_picture(source, (4, 6, 3)).reshape(-1) / 255
            np.testing.assert_array_equal(part.X[:, j], expected)


def test_what_is_skipped_is_told_once(tmp_path: Path) -> None:
    root = photographs(tmp_path / "pets", 5)
    truncate(root / "cat.2.jpg")
    train, test = load_data(root, image_size=(4, 6))
    (line,) = train.skipped + test.skipped
    assert line.startswith(f"{root / 'cat.2.jpg'} is a truncated or damaged picture")
    assert train.m + test.m == 9
    with pytest.raises(FormatError, match=r"cat\.2\.jpg is a truncated or damaged picture"):
        load_data(root, image_size=(4, 6), strict=True)


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    load_data(photographs(tmp_path / "pets", 3), progress=lambda *done: seen.append(done))
    assert seen == [(i, 6) for i in range(1, 7)]


@pytest.mark.parametrize("name", ["moons", "circles", "breast-cancer", "digits"])
def test_built_in_data(name: str) -> None:
    train, test = load_data(name, seed=3)
    assert train.recipe.kind == ("pictures" if name == "digits" else "numbers")
    assert train.classes == test.classes
    assert np.abs(train.X).max() < 30


def test_a_path_comes_before_a_built_in_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path / "moons", 3)
    train, _ = load_data("moons", image_size=(4, 6))
    assert train.classes == CATS


def test_hdf5_behind_a_user_block(tmp_path: Path) -> None:
    def write(file: Any) -> None:
        file["X"], file["y"] = points(10)["X"], points(10)["y"]

    path = written(tmp_path / "data.mat", write, userblock_size=2048)
    train, test = load_data(path)
    assert train.m + test.m == 10
    assert len(read_inputs([path], NUMBERS)) == 10


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"scaling": "log"}, "unknown scaling 'log'; expected one of auto, none, unit, standard"),
        ({"dtype": "int8"}, "unknown dtype 'int8'; expected one of float64, float32"),
        ({"test_fraction": 0}, "the test fraction is 0; expected a number between 0 and 1"),
        ({"test_fraction": 1.5}, "the test fraction is 1.5; expected a number between 0 and 1"),
        ({"seed": -1}, "rng is -1; expected a seed from 0 to 4294967295"),
    ],
)
def test_options_are_refused_before_anything_is_read(options: dict[str, Any], line: str) -> None:
    with pytest.raises(OptionError) as caught:
        load_data("nowhere", **options)
    assert str(caught.value) == line


def test_a_shape_that_no_picture_has(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"pictures of shape|shape is"):
        load_data(photographs(tmp_path / "pets", 2), image_size=(0, 4))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("scaling", ["auto", "none"])
def test_inputs_that_are_not_finite_keep_the_row_of_the_file(
    value: float, scaling: str, tmp_path: Path
) -> None:
    data = points(30)
    data["X"][29, 0] = value
    path = write_npz(tmp_path / "data.npz", **data)
    with pytest.raises(NonFiniteError, match=rf"row 29, column 0 is {value} \(data\.npz, X row 29\)"):
        load_data(path, scaling=scaling)
    with pytest.raises(NonFiniteError, match=r"row 29, column 0"):
        load_labelled(path, NUMBERS, ("0", "1"))
    with pytest.raises(NonFiniteError, match=r"row 29, column 0"):
        Dataset.from_rows(read_inputs([path], NUMBERS), NUMBERS)


def test_fewer_than_two_classes(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "data.npz", X=points(4)["X"], y=[1, 1, 1, 1], classes=np.array(CATS))
    with pytest.raises(LabelError, match=r"data\.npz: all labels are dog; expected at least two classes"):
        load_data(path)
    # To evaluate on, one is enough.
    assert load_labelled(path, NUMBERS, CATS).m == 4
    train, test = load_data(write_points(tmp_path / "train.npz"), write_points(tmp_path / "one.npz", m=1))
    assert (train.m, test.m) == (40, 1)


@pytest.mark.parametrize("value", ["nowhere", "*.nothing", "x" * 300])
def test_nothing_there(value: str) -> None:
    for load in (
        lambda: load_data(value),
        lambda: load_data("moons", value),
        lambda: load_labelled(value, NUMBERS, CATS),
        lambda: read_inputs([value], NUMBERS),
        lambda: read_inputs([value], PICTURES),
    ):
        with pytest.raises(NotFoundError) as caught:
            load()
        assert value in str(caught.value)


def test_labels_that_are_missing(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", points(4)["X"])
    for load in (
        lambda: load_data(tmp_path / "rows.npy"),
        lambda: load_data("moons", tmp_path / "rows.npy"),
        lambda: load_labelled(tmp_path / "rows.npy", NUMBERS, ("0", "1")),
    ):
        with pytest.raises(LabelError, match=r"rows\.npy has no labels; expected labelled examples"):
            load()


def test_every_refusal_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "notes.txt", tmp_path / "empty", tmp_path / "gone"):
        with pytest.raises(PellucidError) as caught:
            load_data(source)
        assert str(source) in str(caught.value)
        assert str(caught.value).isprintable()
