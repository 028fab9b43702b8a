"""Recipes of tables written by nobody knows whom: what is no recipe is refused."""

import json
import math
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import OptionError

TRAIN = Table.from_frame(
    {"x": [*range(200), None], "c": [*"ab" * 100, None], "z": [1] * 201, "y": np.arange(201) % 2}
)
RECIPE = TableRecipe.fit(TRAIN, target="y")
DOCUMENT = RECIPE.to_dict()


def test_there_and_back_through_json() -> None:
    assert TableRecipe.from_dict(json.loads(json.dumps(DOCUMENT, allow_nan=False))) == RECIPE


@pytest.mark.parametrize(
    "document",
    [None, [], "recipe", {}, {**DOCUMENT, "more": 1}, {"kind": "table"}, {**DOCUMENT, "kind": 1}],
)
def test_documents_with_other_keys(document: Any) -> None:
    with pytest.raises(OptionError) as caught:
        TableRecipe.from_dict(document)
    assert str(caught.value) == "a recipe of a table is described by columns, kind, left_out, target"


@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        (("columns",), {}, "recipe: columns and left_out are lists"),
        (("left_out",), None, "recipe: columns and left_out are lists"),
        (("left_out",), [["z"]], "recipe: left_out holds pairs of texts, and target is a text"),
        (("left_out",), [["z", 1]], "recipe: left_out holds pairs of texts, and target is a text"),
        (("target",), None, "recipe: left_out holds pairs of texts, and target is a text"),
        (("columns",), [], "recipe: 0 columns become 0 inputs; expected 1 to 1,000,000"),
        (("target",), "x", "recipe: column x occurs twice; expected each once"),
        (("left_out",), [["c", "why"]], "recipe: column c occurs twice; expected each once"),
        (("columns",), [None], "recipe: a column is of the kind None; expected number or category"),
        (("columns", 0, "kind"), ["number"], "recipe: a column is of the kind ['number']; expected"),
        (("columns", 0, "kind"), "os.system", "recipe: a column is of the kind 'os.system'; expected"),
        (("columns", 0, "kind"), "category", "recipe: a column is described by categories, kind, missing"),
        (("columns", 0, "more"), 1, "recipe: a column is described by deviation, edges, fill, kind, mean"),
        (("columns", 0, "missing"), 1, "recipe: a column is described by deviation, edges, fill, kind"),
        (("columns", 0, "name"), "", "recipe: a column is called ''; expected a name"),
        (("columns", 0, "name"), 7, "recipe: a column is called 7; expected a name"),
        (("columns", 0, "mean"), "0", "recipe: a column of numbers holds a value that is not a number"),
        (("columns", 0, "mean"), True, "recipe: a column of numbers holds a value that is not a number"),
        (("columns", 0, "fill"), math.nan, "recipe: column x holds numbers that are not finite"),
        (("columns", 0, "mean"), 10**400, "recipe: a number is beyond what floating-point numbers hold"),
        (("columns", 0, "deviation"), 0, "recipe: column x holds numbers that are not finite, or a dev"),
        (("columns", 0, "deviation"), -1.0, "recipe: column x holds numbers that are not finite, or a dev"),
        (("columns", 0, "edges"), {}, "recipe: a column of numbers holds a value that is not a number"),
        (("columns", 0, "edges"), ["0"], "recipe: a column of numbers holds a value that is not a number"),
        (("columns", 0, "edges"), [0], "recipe: column x has 1 edges; expected none, or 2 to 1000"),
        (("columns", 0, "edges"), [0, 0], "recipe: column x has 2 edges; expected none, or 2 to 1000"),
        (("columns", 0, "edges"), [1, 0], "recipe: column x has 2 edges; expected none, or 2 to 1000"),
        (("columns", 0, "edges"), [-1e308, 1e308], "recipe: column x has 2 edges; expected none, or 2"),
        (("columns", 0, "edges"), [0, math.inf], "recipe: column x holds numbers that are not finite"),
        (("columns", 0, "edges"), [*range(2000)], "recipe: column x has 2000 edges; expected none, or 2"),
        (("columns", 1, "categories"), "ab", "recipe: a column's categories are a list, and other is"),
        (("columns", 1, "other"), 0, "recipe: a column's categories are a list, and other is"),
        (("columns", 1, "categories"), ["a", 1], "recipe: the categories of c are not different texts"),
        (("columns", 1, "categories"), ["a", ["b"]], "recipe: the categories of c are not different texts"),
        (("columns", 1, "categories"), ["a", "a"], "recipe: the categories of c are not different texts"),
        (
            ("columns", 1, "categories"),
            [str(i) for i in range(10_001)],
            "recipe: column c has 10001 categories; expected 1 to 10000",
        ),
    ],
)
def test_documents_that_are_refused(place: tuple[Any, ...], value: Any, line: str) -> None:
    document = deepcopy(DOCUMENT)
    inner: Any = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(OptionError) as caught:
        TableRecipe.from_dict(document)
    assert str(caught.value).startswith(line)


def test_a_column_without_inputs() -> None:
    column = {"kind": "category", "name": "c", "categories": [], "other": False, "missing": False}
    with pytest.raises(OptionError, match="column c has 0 categories; expected 1 to 10000"):
        TableRecipe.from_dict({**DOCUMENT, "columns": [column]})


def test_more_inputs_than_any_network_has() -> None:
    categories = [str(i) for i in range(10_000)]
    columns = [{**DOCUMENT["columns"][1], "name": f"c{i}", "categories": categories} for i in range(100)]
    with pytest.raises(OptionError, match="100 columns become 1000100 inputs; expected 1 to 1,000,000"):
        TableRecipe.from_dict({**DOCUMENT, "columns": columns})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from([0, 1]), st.data())
def test_any_document_is_a_recipe_or_refused(place: int, data: st.DataObject) -> None:
    document = deepcopy(DOCUMENT)
    column = document["columns"][place]
    column.update(data.draw(st.dictionaries(st.sampled_from(list(column)), JSON, max_size=3)))
    document.update(data.draw(st.dictionaries(st.sampled_from(["target", "left_out"]), JSON, max_size=1)))
    try:
        recipe = TableRecipe.from_dict(document)
    except OptionError:
        return
    assert TableRecipe.from_dict(recipe.to_dict()) == recipe
