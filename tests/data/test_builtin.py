"""The data sets to begin with."""

import sys

import numpy as np
import pytest
from sklearn import datasets

from pellucid.data.builtin import BUILTINS, read_builtin
from pellucid.data.recipe import Recipe
from pellucid.data.rows import Rows
from pellucid.errors import MissingPackageError, NotFoundError


def train_part(name: str, seed: int = 0) -> Rows:
    train, test = read_builtin(name, seed=seed)
    assert train is not None
    assert test is None
    return train


@pytest.mark.parametrize("name", BUILTINS)
def test_every_one_is_whole(name: str) -> None:
    train = train_part(name)
    assert len(train) == len(train.labels) == len(train.sources)
    assert sorted(set(train.labels.tolist())) == list(range(len(train.classes)))
    assert train.labels.dtype == np.int64
    assert train.sources[3] == f"{name}, row 3"
    assert str(len(train)) in BUILTINS[name]


def test_digits_are_pictures() -> None:
    train = train_part("digits")
    assert train.rows.shape == (1797, 8, 8)
    assert train.rows.dtype == np.uint8
    assert train.classes == tuple("0123456789")
    sixteenths = datasets.load_digits().images
    assert set(np.unique(train.rows)) == {round(k * 255 / 16) for k in range(17)}
    np.testing.assert_array_equal(np.rint(train.rows / 255 * 16), sixteenths)
    assert Recipe.for_rows(train.rows).describe() == "grey pictures of 8 x 8 pixels"


def test_breast_cancer_is_numbers() -> None:
    train = train_part("breast-cancer")
    assert train.rows.shape == (569, 30)
    assert train.classes == ("malignant", "benign")
    assert np.bincount(train.labels).tolist() == [212, 357]


def test_moons_and_circles_are_where_they_are_said_to_be() -> None:
    moons = train_part("moons")
    assert moons.rows.shape == (400, 2)
    height = [
        moons.rows[moons.labels == moons.classes.index(name), 1].mean() for name in ("upper", "lower")
    ]
    assert height[0] > height[1] + 0.3
    circles = train_part("circles")
    assert circles.rows.shape == (400, 2)
    radius = np.hypot(*circles.rows.T)
    outer = circles.labels == circles.classes.index("outer")
    assert radius[outer].min() > radius[~outer].max()


@pytest.mark.parametrize("name", ["moons", "circles"])
def test_the_seed_decides(name: str) -> None:
    np.testing.assert_array_equal(train_part(name, 3).rows, train_part(name, 3).rows)
    assert not np.array_equal(train_part(name, 3).rows, train_part(name, 4).rows)
    before = np.random.get_state()[1].tolist()
    train_part(name)
    assert np.random.get_state()[1].tolist() == before


def test_an_unknown_name() -> None:
    with pytest.raises(NotFoundError) as caught:
        read_builtin("iris")
    assert str(caught.value) == (
        "there is no built-in data set 'iris'; expected digits, breast-cancer, moons, circles"
    )


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingPackageError) as caught:
        read_builtin("digits")
    assert str(caught.value) == (
        "the built-in data set digits needs scikit-learn: pip install 'pellucid[sklearn]'"
    )
