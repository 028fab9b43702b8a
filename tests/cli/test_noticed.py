"""What is noticed of tables by train, evaluate and predict, from CSV and from Parquet."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid import Model
from pellucid.errors import DataError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
csv = pytest.importorskip("pyarrow.csv")

M = 80


def write(path: Path, **columns: list[object]) -> Path:
    table = pa.table(columns)
    (pq.write_table if path.suffix == ".parquet" else csv.write_csv)(table, path)
    return path


def shop(start: int = 0, *, cities: tuple[str, ...] = ("Bern", "Basel", "Chur")) -> dict[str, list[object]]:
    rng = np.random.default_rng(start)
    x = rng.normal(size=M).round(3)
    return {
        "order_id": [10**12 + 7 * (start + i) for i in range(M)],
        "day": [str(np.datetime64("2024-01-01") + start + i) for i in range(M)],
        "price": [f"${1000 * abs(v):,.2f}" for v in x],
        "city": [cities[i % len(cities)] for i in range(M)],
        "x": x.tolist(),
        "sold": ["yes" if v > 0 else "no" for v in x],
    }


@pytest.fixture(params=[".csv", ".parquet"])
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(here: Path, done: Callable, suffix: str) -> str:
    write(here / f"shop{suffix}", **shop())
    done("train", f"shop{suffix}", "--target", "sold", "--epochs", 2, "--search", "none", "--no-plots")
    return "runs/train-1/model.safetensors"


def test_train_says_what_it_noticed(here: Path, done: Callable, suffix: str) -> None:
    write(here / f"shop{suffix}", **shop())
    outcome = done("train", f"shop{suffix}", "--target", "sold", "--epochs", 2, "--no-plots", "--quiet")
    said = outcome.out.partition("noticed:\n")[2].partition("\n\n")[0]
    flat = " ".join(said.split())
    assert "- order_id: left out, ids: 80 different integers; --numeric order_id keeps it" in flat
    assert "- day: read as dates, such as 2024-01-01; --categorical day keeps the texts" in flat
    assert "- price: read as numbers as $1;" in flat
    kinds = {line.split()[0]: line.split()[1] for line in outcome.out.splitlines()[1:7]}
    assert kinds == {
        "order_id": "left",
        "day": "date",
        "price": "number",
        "city": "category",
        "x": "number",
        "sold": "target",
    }
    assert not list((here / "runs" / "train-1").glob("*.png"))
    report = done("train", f"shop{suffix}", "--target", "sold", "--epochs", 2, "--json").document
    assert len(report["table"]["noticed"]) == 3


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_unseen_categories_are_said(
    here: Path, done: Callable, model: str, suffix: str, command: str
) -> None:
    write(here / f"new{suffix}", **shop(500, cities=("BERN", "BASEL")))
    outcome = done(command, model, f"new{suffix}")
    (line,) = outcome.err.splitlines()
    assert line.startswith("pellucid: city: NONE of its 80 values was seen in training: BERN, BASEL; ")
    assert line.endswith("training has Basel, Bern, Chur: is it written in another way?")
    write(here / f"some{suffix}", **shop(500, cities=("Bern", "Lugano")))
    outcome = done(command, model, f"some{suffix}")
    assert "city: 40 of 80 values were not seen in training, or seldom: Lugano" in outcome.err
    write(here / f"same{suffix}", **shop(500))
    assert done(command, model, f"same{suffix}").err == ""


@pytest.mark.parametrize("out", [".csv", ".parquet"])
def test_what_passes_through_predict_leaves_as_it_came(
    here: Path, done: Callable, model: str, suffix: str, out: str
) -> None:
    ids = [10**18 + i for i in range(M)]
    rows = {**shop(500), "order_id": ids, "code": [f"{i:05d}" for i in range(M)], "note": ["1.50"] * M}
    write(here / f"new{suffix}", **rows)
    done("predict", model, f"new{suffix}", "--out", f"out{out}")
    if out == ".parquet":
        read = pq.read_table(here / "out.parquet")
        assert read["order_id"].to_pylist() == ids
        assert read["code"].to_pylist() == rows["code"]
        assert read["x"].to_pylist() == rows["x"]
    else:
        lines = (here / "out.csv").read_text().splitlines()
        names = lines[0].split(",")
        import csv as text

        for line, number, code in zip(text.reader(lines[1:]), ids, rows["code"], strict=True):
            found = dict(zip(names, line, strict=True))
            assert (found["order_id"], found["code"], found["note"]) == (str(number), code, "1.50")


def test_csv_and_parquet_give_the_same_probabilities(here: Path, done: Callable, model: str) -> None:
    found = []
    for suffix in (".csv", ".parquet"):
        write(here / f"new{suffix}", **shop(900))
        predictions = done("predict", model, f"new{suffix}", "--json").document["predictions"]
        found.append([row["probability"] for row in predictions])
    assert found[0] == found[1]


def test_classes_with_zeros_stay_as_written(here: Path, done: Callable) -> None:
    rows = {"x": shop()["x"], "y": ["001" if i % 2 else "010" for i in range(M)]}
    write(here / "codes.csv", **rows)
    report = done("train", "codes.csv", "--target", "y", "--epochs", 2, "--json", "--no-plots").document
    assert report["classes"] == ["001", "010"]


def test_a_german_file(here: Path, done: Callable) -> None:
    x = shop()["x"]
    lines = [f"{str(v).replace('.', ',')};{'gut' if v > 0 else 'schlecht'}" for v in x]
    (here / "de.csv").write_text("sep=;\nwert;klasse\n" + "\n".join(lines) + "\n")
    outcome = done("train", "de.csv", "--target", "klasse", "--epochs", 30, "--no-plots", "--quiet")
    assert "wert: read as numbers with decimal commas" in outcome.out
    said = " ".join(outcome.out.split())
    assert "the first line is above the names of the columns (sep= or #), and left out" in said
    (here / "neu.csv").write_text("wert;klasse\n-2,5;?\n2,5;?\n")
    predictions = done("predict", "runs/train-1/model.safetensors", "neu.csv", "--json").document
    assert [row["label"] for row in predictions["predictions"]] == ["schlecht", "gut"]


def test_a_german_target_is_read_as_in_training(here: Path, done: Callable) -> None:
    from pellucid.data.load_table import load_labelled_table, load_tables

    x = shop()["x"]

    def german(number: float) -> str:
        return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))

    lines = [f"{german(v)};{german(1000 * v + 5000)}" for v in x]
    (here / "de.csv").write_text("wert;preis\n" + "\n".join(lines) + "\n")
    done("train", "de.csv", "--target", "preis", "--epochs", 30, "--no-plots", "--quiet")
    model = Model.load(here / "runs" / "train-1" / "model.safetensors")
    # Alone, 1.234 would be a little more than one, and 6.234,5 a text.
    (here / "neu.csv").write_text("wert;preis\n1.234;1.234\n2,5;6.234\n")
    table, data = load_labelled_table(here / "neu.csv", model.recipe, ())
    assert data.Y.tolist() == [[1234.0, 6234.0]]
    assert model.recipe.inputs[0].raw(table).tolist() == [1234.0, 2.5]
    assert type(model.recipe).from_dict(model.recipe.to_dict()) == model.recipe
    said = done("evaluate", "runs/train-1/model.safetensors", "neu.csv").out
    assert "examples" in said
    # A test file is read like the training file, and numbers of Parquet are numbers.
    loaded = load_tables(here / "de.csv", here / "neu.csv", target="preis")
    assert loaded.test.Y.tolist() == [[1234.0, 6234.0]]
    write(here / "neu.parquet", wert=[1.234, 2.5], preis=[1.5, 2.5])
    _, data = load_labelled_table(here / "neu.parquet", model.recipe, ())
    assert data.Y.tolist() == [[1.5, 2.5]]
    (here / "falsch.csv").write_text("wert;preis\n2.5;1,0\n")
    line = "falsch.csv, line 2: column wert holds '2.5'; expected a number, written with decimal commas"
    with pytest.raises(DataError, match=line):
        load_labelled_table(here / "falsch.csv", model.recipe, ())


def test_marks_of_missing_values(here: Path, done: Callable) -> None:
    x = [*shop()["x"][:-8], *[-999] * 8]
    write(here / "m.csv", x=x, c=["none", "a", "b", "a"] * (M // 4), y=["p", "q"] * (M // 2))
    train = ("train", "m.csv", "--target", "y", "--epochs", 2, "--no-plots", "--search", "none")
    said = " ".join(done(*train).out.split())
    assert "x: -999 stands in 8 rows, far from the other numbers" in said
    report = done(*train, "--missing=-999", "--missing", "none", "--json").document
    missing = {column["name"]: column["missing"] for column in report["table"]["columns"]}
    assert missing["c"] > 0 < missing["x"]
    config = (here / "runs" / "train-2" / "config.toml").read_text()
    assert 'missing = ["-999", "none"]' in config


def test_bars_and_comments_above_the_names(here: Path, done: Callable) -> None:
    rows = "\n".join(f"{v}|{'p' if v > 0 else 'q'}" for v in shop()["x"])
    (here / "bars.txt").write_text(f"# made by a machine\n# in May\nx|y\n{rows}\n")
    said = " ".join(done("train", "bars.txt", "--target", "y", "--epochs", 2, "--no-plots").out.split())
    assert "the first 2 lines are above the names of the columns (sep= or #), and left out" in said


def test_rows_of_the_training_set_in_the_test_set_are_said(here: Path, done: Callable) -> None:
    rows = shop()
    write(here / "train.csv", **rows)
    write(here / "test.csv", **{name: values[:20] for name, values in rows.items()})
    arguments = (
        "train",
        "train.csv",
        "--test",
        "test.csv",
        "--target",
        "sold",
        "--epochs",
        2,
        "--no-plots",
    )
    said = " ".join(done(*arguments).out.split())
    assert "20 of the 20 test rows have the same values as a training row" in said


def test_classes_that_differ_in_case_only_are_said(here: Path, done: Callable) -> None:
    write(here / "case.csv", x=shop()["x"], y=["yes", "Yes", "no", "no"] * (M // 4))
    said = " ".join(done("train", "case.csv", "--target", "y", "--epochs", 2, "--no-plots").out.split())
    assert "y: the classes Yes and yes differ in case or blanks only" in said
