"""Recipes written by nobody knows whom: what is no recipe is refused."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.recipe import Recipe
from pellucid.errors import OptionError

DOCUMENT = Recipe.for_rows(np.arange(6.0).reshape(2, 3)).to_dict()


@pytest.mark.parametrize(
    "document", [None, [], "recipe", {}, {**DOCUMENT, "more": 1}, {"kind": "numbers", "shape": [3]}]
)
def test_documents_with_other_keys(document: Any) -> None:
    with pytest.raises(OptionError) as caught:
        Recipe.from_dict(document)
    assert str(caught.value) == "a recipe is described by deviation, divisor, kind, mean, shape"


PICTURES = "expected (height, width) or (height, width, 3), with sides of at most 4096"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"kind": "os.system"}, "recipe: unknown kind 'os.system'; expected pictures or numbers"),
        ({"kind": None}, "recipe: unknown kind None; expected pictures or numbers"),
        ({"kind": ["numbers"]}, "recipe: unknown kind ['numbers']; expected pictures or numbers"),
        ({"shape": 3}, "recipe: shape is not a list of numbers"),
        ({"shape": "3"}, "recipe: shape is not a list of numbers"),
        ({"shape": [True]}, "recipe: shape is not a list of numbers"),
        ({"shape": ["3"]}, "recipe: shape is not a list of numbers"),
        ({"shape": [[3]]}, "recipe: shape is not a list of numbers"),
        ({"shape": {"0": 3}}, "recipe: shape is not a list of numbers"),
        ({"shape": []}, "recipe: shape is (); expected one to four positive integers"),
        ({"shape": [3.0]}, "recipe: shape is (3.0,); expected one to four positive integers"),
        ({"shape": [0]}, "recipe: shape is (0,); expected one to four positive integers"),
        ({"shape": [-3]}, "recipe: shape is (-3,); expected one to four positive integers"),
        ({"shape": [4]}, "recipe: mean has 3 numbers; expected 4 finite ones"),
        ({"kind": "pictures"}, f"recipe: pictures of shape (3,); {PICTURES}"),
        ({"kind": "pictures", "shape": [1, 1, 4]}, f"recipe: pictures of shape (1, 1, 4); {PICTURES}"),
        (
            {"kind": "pictures", "shape": [1, 1, 3, 1]},
            f"recipe: pictures of shape (1, 1, 3, 1); {PICTURES}",
        ),
        ({"kind": "pictures", "shape": [4097, 1]}, f"recipe: pictures of shape (4097, 1); {PICTURES}"),
        ({"divisor": True}, "recipe: divisor is not a number"),
        ({"divisor": "255"}, "recipe: divisor is not a number"),
        ({"divisor": None}, "recipe: divisor is not a number"),
        ({"divisor": 0}, "recipe: divisor is 0.0; expected a number above 0"),
        ({"divisor": -1.0}, "recipe: divisor is -1.0; expected a number above 0"),
        ({"divisor": math.nan}, "recipe: divisor is nan; expected a number above 0"),
        ({"divisor": math.inf}, "recipe: divisor is inf; expected a number above 0"),
        ({"mean": [1.0, 2.0]}, "recipe: mean has 2 numbers; expected 3 finite ones"),
        ({"mean": [1.0, 2.0, math.nan]}, "recipe: mean has 3 numbers; expected 3 finite ones"),
        ({"mean": [1.0, 2.0, False]}, "recipe: mean is not a list of numbers"),
        ({"mean": None}, "recipe: mean is not a list of numbers"),
        ({"deviation": [1.0, math.inf, 1.0]}, "recipe: deviation has 3 numbers; expected 3 finite ones"),
        ({"deviation": [1.0, 0.0, 1.0]}, "recipe: deviation holds a number that is not above 0"),
        ({"deviation": [1.0, -1.0, 1.0]}, "recipe: deviation holds a number that is not above 0"),
        ({"deviation": [1.0, "1", 1.0]}, "recipe: deviation is not a list of numbers"),
    ],
)
def test_documents_that_are_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(OptionError) as caught:
        Recipe.from_dict({**DOCUMENT, **changes})
    assert str(caught.value) == line


BEYOND = "recipe: a number is beyond what floating-point numbers hold"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"divisor": 10**400}, BEYOND),
        ({"mean": [10**400, 0, 0]}, BEYOND),
        ({"deviation": [1, 1, -(10**400)]}, BEYOND),
        (
            {"shape": [10**400]},
            f"recipe: shape is (1{'0' * 78}; expected one to four positive integers",
        ),
        (
            {"shape": [1] * 1000},
            f"recipe: shape is ({'1, ' * 26}1; expected one to four positive integers",
        ),
        (
            {"shape": [10**9] * 3},
            "recipe: shape is (1000000000, 1000000000, 1000000000); expected at most 2147483648 "
            "inputs in all",
        ),
    ],
)
def test_documents_of_huge_numbers(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(OptionError) as caught:
        Recipe.from_dict({**DOCUMENT, "mean": [], "deviation": [], **changes})
    assert str(caught.value) == line


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(DOCUMENT)), JSON, max_size=3))
def test_any_document_is_a_recipe_or_refused(changes: dict[str, Any]) -> None:
    try:
        recipe = Recipe.from_dict({**DOCUMENT, **changes})
    except OptionError:
        return
    assert Recipe.from_dict(recipe.to_dict()) == recipe
