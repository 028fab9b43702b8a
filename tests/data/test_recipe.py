"""Recipe: what is done to raw rows, done again, undone, written down and read back."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data.dataset import DTYPES
from pellucid.data.recipe import SCALINGS, Recipe
from pellucid.errors import DataError, OptionError

SIDES = st.integers(1, 6)
SHAPES = st.one_of(st.tuples(SIDES), st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES, st.just(3)))
PICTURE_SHAPES = st.tuples(SIDES, SIDES, SIDES) | st.tuples(SIDES, SIDES, SIDES, st.just(3))
MODERATE = st.floats(-1e6, 1e6)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    shape = draw(SHAPES)
    kind = "numbers" if len(shape) == 1 else draw(st.sampled_from(["numbers", "pictures"]))
    n_x = math.prod(shape)
    some = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=n_x, max_size=n_x)
    above_0 = st.floats(0, exclude_min=True, allow_infinity=False)
    positive = st.lists(above_0, min_size=n_x, max_size=n_x)
    return Recipe(
        kind,
        shape,
        draw(above_0),
        tuple(draw(st.just([]) | some)),
        tuple(draw(st.just([]) | positive)),
    )


@given(recipes())
def test_written_down_and_read_back(recipe: Recipe) -> None:
    document = json.loads(json.dumps(recipe.to_dict(), allow_nan=False))
    assert Recipe.from_dict(document) == recipe
    assert Recipe.from_dict(document).to_dict() == recipe.to_dict()


@given(st.data())
def test_column_i_is_picture_i_row_by_row(data: st.DataObject) -> None:
    pictures = data.draw(hnp.arrays(np.uint8, st.tuples(SIDES, SIDES, SIDES, st.just(3))))
    recipe = Recipe.for_rows(pictures, "none")
    X = recipe.columns(pictures)
    m, height, width, _ = pictures.shape
    assert X.shape == (height * width * 3, m)
    assert X.dtype == np.float64
    i, r, c, k = (data.draw(st.integers(0, n - 1)) for n in pictures.shape)
    assert X[(r * width + c) * 3 + k, i] == pictures[i, r, c, k]
    np.testing.assert_array_equal(X, pictures.reshape(m, -1).T)


def test_as_the_course_flattens() -> None:
    pictures = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    X = Recipe.for_rows(pictures).columns(pictures)
    np.testing.assert_array_equal(X, pictures.reshape(pictures.shape[0], -1).T / 255.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_copy_where_nothing_is_done(dtype: str) -> None:
    recipe = Recipe("numbers", (3,))
    rows = np.arange(12, dtype=dtype).reshape(4, 3)
    assert np.shares_memory(recipe.columns(rows, dtype), rows)
    assert recipe.columns(rows, dtype).flags.f_contiguous
    columns = np.ascontiguousarray(rows.T)
    assert recipe.columns(columns.T, dtype).flags.c_contiguous
    assert np.shares_memory(recipe.columns(columns.T, dtype), columns)


@pytest.mark.parametrize("scaling", ["auto", "unit", "standard"])
def test_raw_rows_are_left_alone(scaling: str) -> None:
    rows = np.arange(12.0).reshape(4, 3)
    Recipe.for_rows(rows, scaling).columns(rows)
    np.testing.assert_array_equal(rows, np.arange(12.0).reshape(4, 3))


@given(
    hnp.arrays(np.uint8, PICTURE_SHAPES),
    st.sampled_from(SCALINGS),
    st.sampled_from(DTYPES),
)
def test_pictures_come_back(pictures: np.ndarray, scaling: str, dtype: str) -> None:
    recipe = Recipe.for_rows(pictures, scaling)
    back = recipe.pictures(recipe.columns(pictures, dtype))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, pictures)


@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 9), st.integers(1, 5)), elements=MODERATE))
def test_numbers_come_back(rows: np.ndarray) -> None:
    recipe = Recipe.for_rows(rows)
    np.testing.assert_allclose(recipe.rows(recipe.columns(rows)), rows, rtol=1e-9, atol=1e-9)


def test_numbers_are_no_pictures() -> None:
    assert Recipe("numbers", (12,)).pictures(np.ones((12, 2))) is None
    assert Recipe("pictures", (2, 2, 3)).pictures(np.ones((3, 2))) is None


def test_pictures_of_what_no_picture_was() -> None:
    X = np.array([[-5.0, 0.4], [255.6, 1e9]])
    recipe = Recipe("pictures", (2, 1))
    np.testing.assert_array_equal(recipe.pictures(X)[:, :, 0], [[0, 255], [0, 255]])


def test_standard_scaling() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal([3.0, -500.0, 0.0], [1.0, 90.0, 1e-6], (200, 3))
    X = Recipe.for_rows(rows).columns(rows)
    np.testing.assert_allclose(X.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=1), 1, rtol=1e-12)
    other = rng.normal(size=(5, 3))
    recipe = Recipe.for_rows(rows)
    np.testing.assert_allclose(recipe.columns(other), ((other - rows.mean(0)) / rows.std(0)).T)


@pytest.mark.parametrize("constant", [0.0, 5.0, -3.0, 2.0**40])
def test_a_constant_input(constant: float) -> None:
    rows = np.array([[constant, 1.0], [constant, 3.0], [constant, 5.0]])
    recipe = Recipe.for_rows(rows)
    assert recipe.deviation[0] == 1.0
    np.testing.assert_array_equal(recipe.columns(rows)[0], 0)
    np.testing.assert_array_equal(recipe.columns(rows + 1)[0], 1)


@pytest.mark.parametrize(("constant", "m"), [(0.1, 7), (0.7, 11), (-2.2, 13)])
def test_a_constant_input_that_rounds(constant: float, m: int) -> None:
    rows = np.full((m, 1), constant)
    recipe = Recipe.for_rows(rows)
    assert recipe.deviation == (1.0,)
    np.testing.assert_array_equal(recipe.columns(rows), 0)


def test_single_precision_of_small_differences() -> None:
    rows = np.array([[1e9], [1e9 + 1], [1e9 + 2]])
    X = Recipe.for_rows(rows).columns(rows, "float32")
    assert X.dtype == np.float32
    np.testing.assert_allclose(X, Recipe.for_rows(rows).columns(rows), rtol=1e-6)
    tiny = np.array([[0.0], [1e-50]])
    np.testing.assert_allclose(Recipe.for_rows(tiny).columns(tiny, "float32"), [[-1, 1]])


@pytest.mark.parametrize(
    ("rows", "scaling", "kind", "divisor", "standard"),
    [
        (np.ones((2, 4, 4, 3), np.uint8), "auto", "pictures", 255, False),
        (np.ones((2, 4, 4), np.uint8), "auto", "pictures", 255, False),
        (np.ones((2, 4), np.uint8), "auto", "numbers", 1, True),
        (np.ones((2, 4)), "auto", "numbers", 1, True),
        (np.ones((2, 4)), "unit", "numbers", 255, False),
        (np.ones((2, 4)), "none", "numbers", 1, False),
        (np.ones((2, 4, 4), np.uint8), "standard", "pictures", 1, True),
        (np.ones((2, 4, 4), np.uint8), "none", "pictures", 1, False),
        (np.ones((2, 4, 4)), "auto", "numbers", 1, True),
    ],
)
def test_what_auto_means(rows: np.ndarray, scaling: str, kind: str, divisor: float, standard: bool) -> None:
    recipe = Recipe.for_rows(rows, scaling)
    assert recipe.kind == kind
    assert recipe.shape == rows.shape[1:]
    assert all(type(side) is int for side in recipe.shape)
    assert recipe.divisor == divisor
    assert bool(recipe.mean) == bool(recipe.deviation) == standard


def test_flattened_rows_are_taken_too() -> None:
    pictures = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    recipe = Recipe.for_rows(pictures)
    np.testing.assert_array_equal(recipe.columns(pictures.reshape(2, -1)), recipe.columns(pictures))


def test_no_rows() -> None:
    assert Recipe("numbers", (3,)).columns(np.empty((0, 3))).shape == (3, 0)


@pytest.mark.parametrize(
    ("recipe", "shape", "line"),
    [
        (Recipe("numbers", (3,)), (2, 4), "an example has 4 numbers; expected rows of 3 numbers"),
        (
            Recipe("numbers", (3,)),
            (3,),
            "the examples are a rank-1 array of shape (3,); expected rows of 3 numbers: "
            "rows.reshape(1, -1) makes one example of it",
        ),
        (
            Recipe("pictures", (2, 5, 3)),
            (2, 5, 2, 3),
            "an example has 5 x 2 x 3 numbers; expected colour pictures of 5 x 2 pixels",
        ),
        (
            Recipe("pictures", (2, 5)),
            (2, 11),
            "an example has 11 numbers; expected grey pictures of 5 x 2 pixels",
        ),
    ],
)
def test_rows_of_another_shape(recipe: Recipe, shape: tuple[int, ...], line: str) -> None:
    with pytest.raises(DataError) as caught:
        recipe.columns(np.ones(shape))
    assert str(caught.value) == line


@pytest.mark.parametrize("value", [0.5, 1e-9, -1.0, 256.0, 255.5, -3, 300])
@pytest.mark.parametrize("flat", [True, False])
def test_numbers_that_no_picture_holds(value: float, flat: bool) -> None:
    recipe = Recipe("pictures", (2, 2, 3), 255.0)
    rows = np.zeros((3, 2, 2, 3), type(value))
    rows[1, 1, 0, 2] = value
    with pytest.raises(DataError) as caught:
        recipe.columns(rows.reshape(3, -1) if flat else rows)
    assert str(caught.value) == (
        f"the picture in row 1 holds {value}; pictures hold integers from 0 to 255: if yours go "
        "from 0 to 1, multiply by 255 and round"
    )
    # Other scalings make no such promise.
    Recipe("pictures", (2, 2, 3)).columns(rows)
    Recipe("numbers", (12,), 255.0).columns(rows.reshape(3, -1))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint16"])
def test_pictures_of_another_type_of_number(dtype: str) -> None:
    pictures = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
    recipe = Recipe.for_rows(pictures)
    np.testing.assert_array_equal(recipe.columns(pictures.astype(dtype)), recipe.columns(pictures))


def test_what_is_not_finite_is_named_by_others() -> None:
    rows = np.array([[[np.nan, np.inf]]])
    assert not np.isfinite(Recipe("pictures", (1, 2), 255.0).columns(rows)).any()


@pytest.mark.parametrize("dtype", ["complex128", "U3", "O"])
def test_rows_that_are_no_numbers(dtype: str) -> None:
    rows = np.ones((2, 3)).astype(dtype)
    with pytest.raises(DataError) as caught:
        Recipe("numbers", (3,)).columns(rows)
    assert str(caught.value) == (
        f"the examples are of type {rows.dtype}; expected numbers: rows of 3 numbers"
    )


def test_in_words() -> None:
    assert Recipe("pictures", (2, 5, 3), 255.0).describe_scaling() == "divided by 255"
    assert Recipe("numbers", (2,)).describe_scaling() == "as they are"
    assert Recipe.for_rows(np.eye(2)).describe_scaling() == "each scaled to mean 0 and deviation 1"


def test_unknown_scaling() -> None:
    with pytest.raises(OptionError) as caught:
        Recipe.for_rows(np.ones((2, 2)), "minmax")
    assert str(caught.value) == "unknown scaling 'minmax'; expected one of auto, none, unit, standard"
