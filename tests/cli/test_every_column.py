"""Every kind of column that is noticed: in train, evaluate and predict, from CSV and from Parquet.

A model that was trained on one format says the same of the other.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
csv = pytest.importorskip("pyarrow.csv")

M = 120
PLACE = np.arange(M)
RNG = np.random.default_rng(0)
X = RNG.normal(size=M).round(3)


class Kind(NamedTuple):
    """A column, what it becomes, and a part of the line about it; empty: there is none."""

    values: list[Any]
    becomes: str
    said: str = ""
    name: str = "c"
    options: tuple[str, ...] = ()


KINDS = {
    "row numbers": Kind(PLACE.tolist(), "left out", "left out, row numbers", "Unnamed: 0"),
    "row names": Kind(PLACE.tolist(), "left out", "left out, row numbers", "rownames"),
    "pandas' index": Kind(PLACE.tolist(), "left out", "left out, row numbers", "__index_level_0__"),
    "counted": Kind((PLACE + 5).tolist(), "left out", "left out, row numbers", "n"),
    "ids": Kind((7 * PLACE + 10**6).tolist(), "left out", "left out, ids", "customer_id"),
    "kept ids": Kind(
        (7 * PLACE + 10**6).tolist(), "number", "", "customer_id", ("--numeric", "customer_id")
    ),
    "different integers": Kind((PLACE**2).tolist(), "number", "different integers, kept as numbers"),
    "codes": Kind([f"{i % 9:05}" for i in PLACE], "category"),
    "long codes": Kind([2**60 + i % 9 for i in PLACE.tolist()], "category"),
    "one code": Kind(["007", *(str(i % 40) for i in PLACE[1:])], "category", "007 is written as a code"),
    "currency": Kind([f"${1000 * abs(v):,.2f}" for v in X], "number", "read as numbers as $1"),
    "percent": Kind([f"{v:.1f}%" for v in 10 * X], "number", "read as numbers as 1%"),
    "units": Kind([f"{abs(v):.2f} kg" for v in X], "number", "read as numbers as 1 kg"),
    "thousands": Kind([f"{1000 + 12345 * abs(v):,.1f}" for v in X], "number", "read as numbers"),
    "minus": Kind([f"{v}".replace("-", "\N{MINUS SIGN}") for v in X], "number", "read as numbers"),
    "formulas": Kind([f'="{v}"' for v in X], "number", "read as numbers"),
    "marks": Kind(["-" if i % 9 == 0 else str(v) for i, v in enumerate(X)], "number", "- as missing"),
    "None": Kind(["None" if i % 9 == 0 else str(v) for i, v in enumerate(X)], "number", "None as missing"),
    "div0": Kind(["#DIV/0!" if i % 9 == 0 else str(v) for i, v in enumerate(X)], "number", "as missing"),
    "a text": Kind(["see note" if i == 3 else str(v) for i, v in enumerate(X)], "number", "are no numbers"),
    "told marks": Kind(
        ["gone" if i % 9 == 0 else str(v) for i, v in enumerate(X)],
        "number",
        "",
        "c",
        ("--missing", "gone"),
    ),
    "a sentinel": Kind(
        [-999 if i % 9 == 0 else i % 50 for i in PLACE.tolist()], "number", "-999 stands in"
    ),
    "ISO dates": Kind([str(np.datetime64("2024-01-01") + i) for i in PLACE], "date", "read as dates"),
    "dates": Kind([f"{1 + i % 28:02}.{1 + i % 12:02}.2024" for i in PLACE], "date", "read as dates"),
    "times": Kind(
        [str(np.datetime64("2024-01-01T00:00") + 97 * i) for i in PLACE], "date", "read as dates"
    ),
    "free text": Kind(
        [f"a long remark of many words, the one of number {i}" for i in PLACE], "left out", "free text"
    ),
    "own texts": Kind([f"name{i}" for i in PLACE], "left out", "nearly every row has its own text"),
    "categories": Kind([("a", "b", "c")[i % 3] for i in PLACE], "category"),
    "booleans": Kind([bool(i % 3) for i in PLACE], "category"),
    "ones": Kind([(1.0, 2.0, None)[i % 3] for i in PLACE], "number"),
    "accents": Kind([("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "bar")[i % 2] for i in PLACE], "category"),
    "blanks": Kind([(" a", "b ", "c")[i % 3] for i in PLACE], "category"),
}


def rows(kind: Kind) -> Any:
    y = ["yes" if v > 0 else "no" for v in X]
    return pa.table({kind.name: kind.values, "x": X.tolist(), "y": y})


def write(table: Any, path: Path) -> Path:
    (pq.write_table if path.suffix == ".parquet" else csv.write_csv)(table, path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_column(name: str, suffix: str, here: Path, done: Callable) -> None:
    kind = KINDS[name]
    files = {end: write(rows(kind), here / f"t{end}") for end in (".csv", ".parquet")}
    how = ("--epochs", 2, "--search", "none", "--members", 1, "--no-plots", "--quiet", "--json")
    document = done("train", files[suffix], "--target", "y", *kind.options, *how).document
    columns = {column["name"]: column["kind"] for column in document["table"]["columns"]}
    assert columns == {kind.name: kind.becomes, "x": "number", "y": "target"}
    noticed = [line for line in document["table"]["noticed"] if kind.name in line]
    assert bool(noticed) == bool(kind.said), noticed
    assert not kind.said or kind.said in noticed[0]
    # The same rows, from either format, are nothing new, and the same to the model.
    found = []
    for path in files.values():
        evaluated = done("evaluate", document["model"], path, "--json")
        predicted = done("predict", document["model"], path, "--json")
        assert "NONE" not in evaluated.err + predicted.err
        probabilities = [row["probability"] for row in predicted.document["predictions"]]
        assert probabilities == [row["probability"] for row in evaluated.document["predictions"]]
        found.append(probabilities)
    assert found[0] == found[1]
