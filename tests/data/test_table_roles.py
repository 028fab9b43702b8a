"""What a table's columns are taken for, and what is noticed of them."""

import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data._table_dates import ISO, PARTS, DateColumn, form_of, is_ambiguous, moments_of, part_of
from pellucid.data._table_numbers import NumberColumn
from pellucid.data._table_roles import Role, roles_of
from pellucid.data._table_spelling import NumberForm, canonical
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.data.table_texts import Texts
from pellucid.errors import DataError, OptionError

M = 60
RNG = np.random.default_rng(0)


def role(values: Any, name: str = "x", separator: str = "", **declared: str) -> tuple[Role, list[str]]:
    """The role of one column beside another, and the lines about it."""
    table = Table.from_frame({name: values, "other": RNG.normal(size=len(values))})
    table = Table(table.columns, separator=separator)
    roles = roles_of(table, declared)
    return roles.by_name[name], roles.noticed


def recipe_of(**columns: Any) -> TableRecipe:
    return TableRecipe.fit(Table.from_frame({**columns, "other": RNG.normal(size=M)}))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("PassengerId", np.arange(1, M + 1)),
        ("Unnamed: 0", RNG.permutation(M)),
        ("rownames", np.arange(M) * 3),
        ("column 1", np.arange(M)),
        ("__index_level_0__", np.arange(M)),
        ("customer_id", RNG.permutation(10**6)[:M]),
        ("key", RNG.permutation(10**6)[:M]),
        ("invoiceNumber", RNG.permutation(10**6)[:M]),
        ("measured", np.arange(100, 100 + M)),
    ],
)
def test_row_numbers_and_ids_are_left_out_with_a_line(name: str, values: Any) -> None:
    found, noticed = role(values, name)
    assert (found.kind, found.is_guess) == ("left out", True)
    (line,) = noticed
    assert line.startswith(f"{name}: left out, ")
    assert "--numeric" in line
    kept, lines = role(values, name, **{name: "numeric"})
    assert (kept.kind, lines) == ("number", [])


@pytest.mark.parametrize(
    "name", ["paid", "monkey", "grid", "valid", "turkey", "November", "casino", "width"]
)
def test_a_name_that_only_ends_like_an_id_is_none(name: str) -> None:
    found, (line,) = role(RNG.permutation(10**6)[:M], name)
    assert found.kind == "number"
    assert f"kept as numbers; if they are ids, --drop {name}" in line


@pytest.mark.parametrize("name", ["year", "Year", "time", "start_year", "age"])
def test_years_of_a_series_are_kept_and_named(name: str) -> None:
    found, (line,) = role(np.arange(1950, 1950 + M), name)
    assert found.kind == "number"
    assert "kept as numbers" in line


def test_what_repeats_or_is_missing_is_no_row_number() -> None:
    assert role([1, 1, *range(2, M)], "id")[0].kind == "number"
    assert role([None, *range(M)], "id")[0].kind == "number"
    assert role(RNG.normal(size=M), "id")[0].kind == "number"


def test_ids_are_kept_where_there_is_nothing_else() -> None:
    table = Table.from_frame({"id": np.arange(M), "y": np.arange(M) % 2})
    recipe = TableRecipe.fit(table, target="y")
    assert recipe.column_names == ("id",)
    assert "kept since there is no other column" in recipe.noticed[0]


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["$1,234.50", "$2.00", "-$3.25"], [1234.5, 2.0, -3.25]),
        (["12.5%", "7%", "100 %"], [12.5, 7.0, 100.0]),
        (["12 kg", "3.5 kg", "7kg"], [12.0, 3.5, 7.0]),
        (["1,234", "12,345", "7"], [1234.0, 12345.0, 7.0]),
        (['="1"', '="22"', '="3.5"'], [1.0, 22.0, 3.5]),
        (["\N{MINUS SIGN}5", "\N{MINUS SIGN}6.5", "7"], [-5.0, -6.5, 7.0]),
        (["(1,200)", "300", "(4)"], [-1200.0, 300.0, -4.0]),
        (["5 \N{EURO SIGN}", "7 \N{EURO SIGN}", "1.5 \N{EURO SIGN}"], [5.0, 7.0, 1.5]),
        (["1 234", "5 678.5", "9"], [1234.0, 5678.5, 9.0]),
        (["5", "-", "7"], [5.0, np.nan, 7.0]),
        (["5", "#DIV/0!", "7"], [5.0, np.nan, 7.0]),
        (["5", "None", "missing"], [5.0, np.nan, np.nan]),
    ],
)
def test_numbers_in_disguise(values: list[str], numbers: list[float]) -> None:
    found, noticed = role(values * 20)
    assert (found.kind, found.others) == ("number", False)
    assert noticed[0].startswith("x: read as numbers")
    assert "--categorical x keeps the texts" in noticed[0]
    np.testing.assert_array_equal([found.form.number_of(value) for value in values], numbers)
    assert role(values * 20, x="categorical")[0].kind == "category"


@pytest.mark.parametrize(
    "values",
    [
        ["1a", "2b", "3c"],
        ["A12", "A13", "A14"],
        ["1st", "2nd", "3rd"],
        ["4G", "5G", "3G"],
        ["10-15", "15-20", "20-25"],
        [">50K", "<=50K", ">50K"],
        ["192.168.0.1", "10.0.0.1", "10.0.0.2"],
        ["555-1234", "555-9876", "555-1111"],
        ["0012", "0013", "0014"],
        ["yes", "no", "maybe"],
    ],
)
def test_categories_with_digits_stay_categories(values: list[str]) -> None:
    assert role(values * 20)[0].kind == "category"


def test_decimal_commas_need_another_separator() -> None:
    values = ["1,5", "2,75", "3"] * 20
    assert role(values, separator=";")[0].form.decimal == ","
    assert role(["1.234,5", "2,75", "3"] * 20, separator=";")[0].form.number_of("1.234,5") == 1234.5
    # Of those of thousands alone nobody knows; it is said.
    found, (line,) = role(["1,234", "12,345"] * 30, separator=";")
    assert found.form.number_of("1,234") == 1234.0
    assert "--decimal , reads them otherwise" in line
    assert role(values, separator=",")[0].kind == "category"


def test_a_few_texts_among_numbers_are_named_and_missing() -> None:
    values = [*(f"${i % 17}.5" for i in range(58)), "call us", "call us"]
    found, (line,) = role(values, "price")
    assert (found.kind, found.others) == ("number", True)
    assert "call us are no numbers, and missing (2 rows)" in line
    recipe = recipe_of(price=values)
    (column,) = (c for c in recipe.inputs if c.name == "price")
    assert isinstance(column, NumberColumn)
    assert column.missing
    assert TableRecipe.from_dict(recipe.to_dict()) == recipe
    new = Table.from_frame({"price": ["$3", "ask", "sold", "ask"], "other": np.zeros(4)})
    assert recipe.unseen(new) == ["price: 3 of 4 values are no numbers, and count as missing: ask, sold"]


@pytest.mark.parametrize("different", [30, 70])
@pytest.mark.parametrize("share", [0.99, 0.8, 0.4])
def test_a_text_among_plain_numbers_is_named(share: float, different: int) -> None:
    numbers = int(100 * share)
    values = [*(str(i % different) for i in range(numbers)), *["136A"] * (100 - numbers)]
    found, noticed = role(values, "family")
    # Few different ones may be categories, unless nearly all are numbers.
    read = share > 0.95 or (share > 0.5 and different > 50)
    assert found.kind == ("number" if read else "category")
    if read:
        assert "136A are no numbers, and missing" in noticed[0]
    elif share > 0.5:
        assert noticed[0] == (
            "family: 80% of its values are numbers, and 136A is none; kept as categories, --numeric family "
            "--missing 136A reads numbers"
        )
    else:
        assert not noticed


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2024-01-31", "1999-12-01"], ISO),
        (["2024-01-31 10:30:00", "1999-12-01T23:59:59"], ISO),
        (["2024-01-31T10:30:00Z", "2024-01-31T10:30:00+02:00"], ISO),
        (["31.1.2024", "1.12.1999"], "%d.%m.%Y"),
        (["01/31/2024", "12/01/1999"], "%m/%d/%Y"),
        (["31/01/2024", "01/12/1999"], "%d/%m/%Y"),
        (["2024/01/31", "1999/12/01"], "%Y/%m/%d"),
        (["31-Jan-2024", "01-Dec-1999"], "%d-%b-%Y"),
        (["January 31, 2024", "December 1, 1999"], "%B %d, %Y"),
        (["1/31/24 3:05 PM", "12/1/99 11:00 AM"], "%m/%d/%y %I:%M %p"),
    ],
)
def test_dates_are_read(values: list[str], form: str) -> None:
    assert form_of(values) == form
    seconds, wrong = moments_of(Texts.of([*values, None]), form)
    assert wrong is None
    assert np.isnan(seconds[-1])
    assert part_of(seconds, "year")[:2].tolist()[0] == 2024
    found, noticed = role(values * 30)
    assert (found.kind, found.date) == ("date", form)
    assert "read as dates" in noticed[0]


@pytest.mark.parametrize(
    "values", [["2024-13-01"], ["1-2-3"], ["10-15"], ["5.5"], ["12.30"], ["May"], ["x"]]
)
def test_other_texts_are_no_dates(values: list[str]) -> None:
    assert form_of(values) is None


def test_day_and_month_that_could_be_exchanged_are_said() -> None:
    assert is_ambiguous(["01/02/2024", "03/04/2024"], "%m/%d/%Y")
    assert not is_ambiguous(["01/02/2024", "03/14/2024"], "%m/%d/%Y")
    assert "day and month could be exchanged" in role(["01/02/2024", "03/04/2024"] * 30)[1][0]


@given(
    st.datetimes(
        min_value=np.datetime64("1900-01-01", "s").item(), max_value=np.datetime64("2100-01-01", "s").item()
    )
)
def test_the_parts_of_a_date_are_those_of_the_calendar(moment: Any) -> None:
    moment = moment.replace(microsecond=0)
    seconds, _ = moments_of(Texts.of([moment.isoformat(" ")]), ISO)
    days = (
        (moment - moment.replace(1970, 1, 1, 0, 0, 0)).total_seconds() / 86400
        if moment.year == 1970
        else None
    )
    expected = {
        "year": moment.year,
        "month": moment.month,
        "day": moment.day,
        "weekday": moment.weekday(),
        "hour": moment.hour,
    }
    assert {part: part_of(seconds, part)[0] for part in expected} == expected
    if days is not None:
        assert part_of(seconds, "days")[0] == pytest.approx(days)


def test_a_column_of_dates_there_and_back() -> None:
    days = [str(np.datetime64("2024-01-01") + i) for i in range(M - 1)]
    recipe = recipe_of(day=[*days, None])
    (column,) = (c for c in recipe.inputs if c.name == "day")
    assert isinstance(column, DateColumn)
    assert [part for part, _ in column.parts] == ["days", "month", "day", "weekday"]
    assert set(dict(column.parts)) <= set(PARTS)
    assert TableRecipe.from_dict(recipe.to_dict()) == recipe
    # A date that training never saw works, and goes on where the days end.
    X = recipe.columns(Table.from_frame({"day": ["2031-05-06"], "other": [0.0]}))
    assert np.isfinite(X).all()
    assert X[recipe.input_names.index("day (days)"), 0] > 10
    with pytest.raises(DataError, match="row 0: column day holds 'soon'; expected a date as in training"):
        recipe.columns(Table.from_frame({"day": ["soon"], "other": [0.0]}))


@pytest.mark.parametrize(
    "change",
    [
        {"form": "x"},
        {"first": "1"},
        {"parts": {}},
        {"parts": {"era": {}}},
        {"parts": [1]},
        {"first": 1e999},
    ],
)
def test_documents_of_dates_that_are_refused(change: dict[str, Any]) -> None:
    days = [str(np.datetime64("2024-01-01") + i) for i in range(M)]
    document = recipe_of(day=days).to_dict()
    document["columns"] = [{**c, **change} if c["kind"] == "date" else c for c in document["columns"]]
    with pytest.raises(OptionError):
        TableRecipe.from_dict(document)


def test_free_text_and_texts_of_their_own_are_left_out() -> None:
    names = [f"Person {i}" for i in range(M)]
    assert role(names)[0].kind == "left out"
    assert role(names, x="categorical")[0].kind == "category"
    long = [f"this is a whole sentence about the flat number {i % 40}, and it goes on" for i in range(M)]
    found, (line,) = role(long, "description")
    assert found.kind == "left out"
    assert "free text: 40 different texts in 60 rows" in line


def test_too_many_categories_are_left_out_not_refused() -> None:
    texts = [f"t{i // 2}" for i in range(24_000)]
    found, (line,) = role(texts)
    assert found.kind == "left out"
    assert "12,000 different texts" in line


@pytest.mark.parametrize("sentinel", [-999, -9, 9999])
def test_a_sentinel_is_named_and_not_treated(sentinel: int) -> None:
    values = [*RNG.uniform(0, 50, M).round(1), sentinel, sentinel]
    found, (line,) = role(values)
    assert found.kind == "number"
    assert line == (
        f"x: {sentinel} stands in 2 rows, far from the other numbers; if it marks a missing value, "
        f"--missing={sentinel}"
    )
    table = Table.from_frame({"x": values, "t": ["-"] * len(values)}).with_missing([str(sentinel), "-"])
    assert np.isnan(table["x"]).sum() == 2
    assert table["t"].tolist() == [None] * len(values)


def test_marks_of_missing_values_are_kept_in_the_recipe() -> None:
    table = Table.from_frame({"c": ["a", "none", "b"] * 20, "x": [1.0, -1.0, 2.0] * 20})
    recipe = TableRecipe.fit(table, missing=["none", "-1"])
    again = TableRecipe.from_dict(recipe.to_dict())
    assert again.missing == ("none", "-1")
    np.testing.assert_array_equal(again.columns(table), recipe.columns(table))
    assert {"c is missing", "x is missing"} <= set(recipe.input_names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("true", "True"),
        ("FALSE", "false"),
        (" a ", "a"),
        (
            unicodedata.normalize("NFC", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
            "e\N{COMBINING ACUTE ACCENT}",
        ),
    ],
)
def test_spellings_of_one_value(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)
    recipe = recipe_of(c=[one, "z"] * (M // 2))
    rows = {text: recipe.columns(Table.from_frame({"c": [text], "other": [0.0]})) for text in (one, other)}
    np.testing.assert_array_equal(rows[one], rows[other])
    assert not recipe.unseen(Table.from_frame({"c": [other], "other": [0.0]}))
    # In training they are one category.
    table = Table.from_frame({"c": [one, other, "z"] * (M // 3)})
    both = TableRecipe.fit(table, categorical=["c"])
    assert both.n_x == 2


@pytest.mark.parametrize(("one", "other"), [("007", "7"), ("1.5", "1.50"), ("Yes", "yes"), ("a b", "ab")])
def test_spellings_of_different_values(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_unseen_categories_are_counted_by_column() -> None:
    recipe = recipe_of(c=["a", "b"] * (M // 2), d=["x", "y"] * (M // 2))
    new = Table.from_frame({"c": ["a", "q", "r", "q"], "d": ["X", "Y", "X", None], "other": np.zeros(4)})
    assert recipe.unseen(new) == [
        "c: 3 of 4 values were not seen in training, or seldom: q, r",
        "d: NONE of its 3 values was seen in training: X, Y; training has x, y: is it written in another "
        "way?",
    ]


def test_the_same_rows_as_a_file_a_frame_or_an_array() -> None:
    recipe = recipe_of(c=["a", "b", None] * (M // 3), p=[f"${i}.50" for i in range(M)])
    rows = [["a", "$3.50", 1.0], ["?", "", 2.0]]
    frame = Table.from_frame({"c": ["a", None], "p": ["$3.50", None], "other": [1.0, 2.0]})
    array = Table.from_frame(np.array(rows, object), ["c", "p", "other"])
    np.testing.assert_array_equal(recipe.columns(frame), recipe.columns(array))


def test_names_that_look_like_data_are_said() -> None:
    table = Table.from_frame({"5.1": [1.0, 2.0], "3.5": [1.0, 3.0], "setosa": ["a", "b"]})
    assert "the names of the columns look like data (5.1, 3.5, setosa)" in roles_of(table, {}).noticed[0]


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_none(text: str) -> None:
    for decimal in (".", ","):
        number = NumberForm("$", "kg", decimal).number_of(text)
        assert number is None or isinstance(number, float)
    canonical(text)
    form_of([text]) if text else None
