"""Predictions for the rows of a table: appended to what the rows were, whatever order the columns have."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid.cli import main
from pellucid.data.table_files import read_table
from pellucid.model import Model
from small_data import write_points
from small_tables import HEAD, write_flats, write_numbers

pytest.importorskip("pyarrow")
Refused = Callable[..., str]
APPENDED = ["prediction", "probability of no", "probability of yes"]


@pytest.fixture(scope="module")
def flats_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the flats, without their codes."""
    return trained(tmp_path_factory.mktemp("flats"), write_flats, "sold")


@pytest.fixture(scope="module")
def price_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that predicts a number."""
    return trained(tmp_path_factory.mktemp("prices"), write_numbers, "price")


def trained(folder: Path, write: Callable[[Path], Path], target: str) -> Path:
    data = str(write(folder / "data.csv"))
    drop = ["--drop", "code"] if target == "sold" else []
    with pytest.raises(SystemExit) as end:
        main(
            [
                "train",
                data,
                "--target",
                target,
                *drop,
                "--epochs",
                "60",
                "--out",
                str(folder / "run"),
                "--quiet",
            ]
        )
    assert end.value.code == 0
    return folder / "run" / "model.safetensors"


def rows_of(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_the_rows_come_back_with_their_predictions(here: Path, done: Callable, flats_model: Path) -> None:
    write_flats(here / "new.csv", 30, seed=7)
    outcome = done("predict", flats_model, "new.csv")
    rows, before = rows_of(outcome.out), rows_of((here / "new.csv").read_text("utf-8"))
    assert list(rows[0]) == [*HEAD.split(","), *APPENDED]
    model = Model.load(flats_model)
    probabilities = model.predict_proba(read_table("new.csv"))
    for row, old, p in zip(rows, before, probabilities, strict=True):
        # As they were written: leading zeros, and marks of missing values.
        assert {k: row[k] for k in old} == old
        assert [float(row[name]) for name in APPENDED[1:]] == pytest.approx(p.tolist())
        assert row["prediction"] == model.classes[p.argmax()]
    assert any(row["code"].startswith("00") for row in rows)
    assert outcome.err == ""


def test_columns_in_another_order_unknown_categories_and_no_target(
    here: Path, done: Callable, flats_model: Path
) -> None:
    (here / "new.csv").write_text("more,age,city,rooms\n1,20,Atlantis,5\n2,,Bern,1\n", "utf-8")
    (here / "same.csv").write_text("rooms,city,age\n5,Atlantis,20\n1,Bern,\n", "utf-8")
    new, same = (rows_of(done("predict", flats_model, name).out) for name in ("new.csv", "same.csv"))
    assert [[row[name] for name in APPENDED] for row in new] == [
        [row[name] for name in APPENDED] for row in same
    ]
    assert [row["more"] for row in new] == ["1", "2"]


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet"])
def test_the_name_of_the_output_says_its_format(
    kind: str, here: Path, done: Callable, flats_model: Path
) -> None:
    write_flats(here / "new.csv", 10, seed=7)
    printed = rows_of(done("predict", flats_model, "new.csv").out)
    outcome = done("predict", flats_model, "new.csv", "--out", f"out.{kind}")
    assert (outcome.out, outcome.err) == (
        "",
        f"pellucid: 10 rows with their predictions are in out.{kind}\n",
    )
    written = read_table(f"out.{kind}", text=["code"])
    assert list(written.names) == [*HEAD.split(","), *APPENDED]
    assert written["prediction"].tolist() == [row["prediction"] for row in printed]
    for name in APPENDED[1:]:
        assert written[name].tolist() == pytest.approx([float(row[name]) for row in printed])
    if kind != "parquet":
        text = (here / f"out.{kind}").read_text("utf-8")
        assert rows_of(text, "," if kind == "csv" else "\t") == printed


def test_json_has_both(here: Path, done: Callable, flats_model: Path) -> None:
    write_flats(here / "new.csv", 5)
    document = done("predict", flats_model, "new.csv", "--json").document
    first = document["predictions"][0]
    assert (first["source"], set(first)) == (
        "new.csv, line 2",
        {"source", "label", "probability", "probabilities"},
    )
    assert first["probability"] == max(first["probabilities"].values())
    assert not (here / "out.csv").exists()
    done("predict", flats_model, "new.csv", "--json", "--out", "out.csv")
    assert len(rows_of((here / "out.csv").read_text("utf-8"))) == 5


def test_numbers_are_appended(here: Path, done: Callable, price_model: Path) -> None:
    write_numbers(here / "new.csv", 20)
    rows = rows_of(done("predict", price_model, "new.csv").out)
    assert list(rows[0]) == ["x", "z", "price", "prediction"]
    price, predicted = (np.array([float(row[k]) for row in rows]) for k in ("price", "prediction"))
    assert np.corrcoef(price, predicted)[0, 1] > 0.9
    assert 500 < predicted.min() < predicted.max() < 1500
    document = done("predict", price_model, "new.csv", "--json").document
    assert [row["numbers"] for row in document["predictions"]] == [[p] for p in predicted]


def test_missing_columns_are_named(here: Path, refused: Refused, flats_model: Path) -> None:
    (here / "new.csv").write_text("rooms,x\n3,1\n", "utf-8")
    line = refused("predict", flats_model, "new.csv")
    assert line.startswith("new.csv: there are no columns city, age;")
    assert line.endswith("the columns are rooms, x")


def test_texts_among_the_numbers(here: Path, refused: Refused, flats_model: Path) -> None:
    (here / "new.csv").write_text("rooms,city,age\n3,Bern,1\nmany,Bern,2\n", "utf-8")
    assert "new.csv, line 3: column rooms holds 'many'" in refused("predict", flats_model, "new.csv")


def test_the_input_is_never_written_to(here: Path, refused: Refused, flats_model: Path) -> None:
    write_flats(here / "new.csv", 5)
    (here / "link.csv").symlink_to("new.csv")
    (here / "hard.csv").hardlink_to(here / "new.csv")
    for name in ("new.csv", "./new.csv", "link.csv", "hard.csv"):
        line = refused("predict", flats_model, "new.csv", "--out", name)
        assert line.endswith("is the INPUT; expected another file for the predictions")


def test_where_it_cannot_be_written(here: Path, refused: Refused, flats_model: Path) -> None:
    write_flats(here / "new.csv", 5)
    arguments = ("predict", flats_model, "new.csv", "--out")
    assert refused(*arguments, "out.txt") == (
        "cannot write a table to out.txt; expected a name ending in .csv, .tsv or .parquet"
    )
    assert refused(*arguments, "no/out.csv") == "no/out.csv cannot be written: its folder does not exist"
    (here / "out.csv").mkdir()
    line = "out.csv cannot be written: it is a folder; expected the name of a file"
    assert refused(*arguments, "out.csv") == line


def test_a_column_that_would_stand_there_twice(here: Path, refused: Refused, flats_model: Path) -> None:
    (here / "new.csv").write_text("rooms,city,age,prediction\n3,Bern,1,x\n", "utf-8")
    line = refused("predict", flats_model, "new.csv")
    assert line.startswith("new.csv has a column prediction already, and it would stand there twice;")


def test_one_table_at_a_time(here: Path, refused: Refused, flats_model: Path) -> None:
    assert refused("predict", flats_model, "a.csv", "b.csv") == (
        "there are 2 INPUTs; expected one table at a time for this model"
    )


def test_only_tables_have_rows(here: Path, refused: Refused, number_model: Path, flats_model: Path) -> None:
    write_points(here / "data.npz")
    line = refused("predict", number_model, "data.npz", "--out", "out.csv")
    assert line.startswith("--out is for the rows of tables, and ")
    assert "data.npz is not a table" in refused("predict", flats_model, "data.npz")
    assert "data.npz is not a table" in refused("evaluate", flats_model, "data.npz")


def test_evaluation_needs_the_target(here: Path, refused: Refused, flats_model: Path) -> None:
    (here / "new.csv").write_text("rooms,city,age\n3,Bern,1\n", "utf-8")
    line = refused("evaluate", flats_model, "new.csv")
    assert line.startswith("new.csv: there is no column sold;")
