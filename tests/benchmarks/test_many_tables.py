"""Many tables: the list, the split, the scores, a run that goes on, and what the report counts."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

import pandas as pd

from benchmarks import many_tables
from benchmarks.child import ChildError
from benchmarks.errors import BenchmarkError
from benchmarks.many_fits import TABLE_CONTENDERS, fit_of_table, scored, split_of
from benchmarks.many_report import Compared, compared, read_results, report
from benchmarks.many_sources import PACKAGES, TABLES, TASKS, RealTable, cleaned, read_texts, tables_named

TWO = RealTable("two", "adult", "y", "binary", 200, codes=("code",))
NUMBERS = RealTable("numbers", "adult", "y", "numbers", 200)


def a_file(folder: Path, task: str = "binary", m: int = 200) -> Path:
    """A table with numbers, codes, categories with a comma, and missing values."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=m)
    city = rng.choice(["Oslo", "Rome, Lazio", ""], m)
    y = x + (city == "Oslo")
    frame = pd.DataFrame({"x": x.round(3), "code": rng.integers(1, 4, m), "city": city, "y": y.round(3)})
    frame.loc[::7, "x"] = None
    if task != "numbers":
        frame["y"] = np.where(y > 0.3, "high", "low")
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return path


def a_line(
    table: str,
    contender: str,
    seed: int = 0,
    failed: str | None = None,
    others: float | None = 0.0,
    **score: float,
) -> dict:
    line = {"table": table, "contender": contender, "seed": seed, "rows": TABLES[table].rows}
    if failed:
        return {**line, "failed": failed}
    of_fit = {"seconds": 1.0, "processor": 2.0, "others": others, "memory": 2**20, "columns": 3}
    return {**line, "score": score, **of_fit, "failed": None}


def test_the_tables_are_many_and_of_all_kinds() -> None:
    assert len(TABLES) >= 30
    assert sum(table.rows > 10_000 for table in TABLES.values()) >= 10
    for task in TASKS:
        assert sum(table.task == task for table in TABLES.values()) >= 10
    for table in TABLES.values():
        assert table.task in TASKS
        assert table.file == "adult" or table.file.partition("/")[0] in PACKAGES
        assert table.target not in (*table.drop, *table.codes)
    files = [table.file for table in TABLES.values()]
    assert max(map(files.count, files)) <= 2


def test_a_table_is_cleaned() -> None:
    frame = pd.DataFrame({"x": [1.0, np.nan, 3.0], "id": [1, 2, 3], "y": [" a", "?", "b "]})
    table = RealTable("t", "adult", "y", "binary", 2, drop=("id",))
    found = cleaned(frame, table)
    assert found.to_csv(index=False) == "x,y\n1,a\n3,b\n"
    with pytest.raises(BenchmarkError, match="t has 2 rows; expected 3"):
        cleaned(frame, RealTable("t", "adult", "y", "binary", 3))
    with pytest.raises(BenchmarkError, match="t: there is no z"):
        cleaned(frame, RealTable("t", "adult", "z", "binary", 3))


def test_a_split_is_the_same_for_all_and_by_class(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    splits = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        splits.append(split_of(path, TWO, 3, None, tmp_path / name))
    one, other = splits
    assert one.train.read_bytes() == other.train.read_bytes()
    assert one.texts == ("city", "code")
    assert one.classes == ("high", "low")
    parts = [read_texts(file) for file in (one.train, one.test)]
    assert [len(part) for part in parts] == [150, 50]
    whole = read_texts(path)
    assert sorted(map(tuple, pd.concat(parts).to_numpy())) == sorted(map(tuple, whole.to_numpy()))
    share = (whole["y"] == "high").mean()
    for part in parts:
        assert (part["y"] == "high").mean() == pytest.approx(share, abs=0.02)
    X, y, X_test = one.frames()
    assert X["x"].dtype == np.float64
    assert X["x"].isna().any()
    assert not X_test["city"].isin(["Oslo", "Rome, Lazio"]).all()
    assert {*y} == {"high", "low"}


def test_a_large_table_is_cut_and_rare_classes_left_out(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    pd.DataFrame({"x": range(107), "y": ["a"] * 60 + ["b"] * 40 + ["c"] * 7}).to_csv(path, index=False)
    table = RealTable("t", "adult", "y", "classes", 107)
    assert split_of(path, table, 0, None, tmp_path).classes == ("a", "b")
    cut = split_of(path, table, 0, 40, tmp_path)
    assert cut.rows == 30
    assert len(cut.truth()) == 10


def test_scores_by_hand() -> None:
    P = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]])
    found = scored(np.array(["a", "a", "b", "b"], object), P, ("a", "b"))
    assert found["auc"] == 1.0
    assert found["accuracy"] == 0.75
    assert found["log_loss"] == pytest.approx(-math.log(0.9 * 0.4 * 0.7 * 0.8) / 4)
    numbers = scored(np.array([1.0, 3.0]), np.array([2.0, 3.0]), ())
    assert numbers == pytest.approx({"rmse": math.sqrt(0.5), "r2": 0.5})
    with pytest.raises(BenchmarkError, match="not finite"):
        scored(np.array([1.0]), np.array([np.nan]), ())


@pytest.mark.parametrize("contender", ["ours-none", "hgb", "linear"])
@pytest.mark.parametrize("table", [TWO, NUMBERS], ids=["binary", "numbers"])
def test_a_worker_fits(contender: str, table: RealTable, tmp_path: Path) -> None:
    path = a_file(tmp_path, table.task)
    asked = {"table": json.loads(json.dumps(vars(table))), "file": str(path), "contender": contender}
    found = fit_of_table({**asked, "seed": 0, "most_rows": None, "threads": 1})
    assert found["score"].get("auc", found["score"].get("r2")) > 0.6
    assert found["fitted_rows"] == 150
    assert found["columns"] == 3
    assert found["processor"] > 0
    assert found["others"] is None or found["others"] >= 0
    json.dumps(found, allow_nan=False)


def test_a_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def answer(job: dict[str, Any], patience: float) -> dict[str, Any]:
        asked.append(f"{job['table']['name']} {job['contender']} {job['seed']} {job['most_rows']}")
        if job["contender"] == "hgb":
            raise ChildError("no reason given")
        return {"score": {"rmse": 1.0}, "seconds": 1, "processor": patience, "pellucid": "here"}

    monkeypatch.setattr(many_tables, "answer_of", answer)
    (tmp_path / "tables").mkdir()
    for name in ("crime", "concrete"):
        (tmp_path / "tables" / f"{name}.csv").touch()
    results = tmp_path / "results.jsonl"
    line = ["run", "--cache", str(tmp_path), "--results", str(results), "--most-rows", "700"]
    line += ["--contenders", "ours", "hgb", "--seeds", "0"]
    assert many_tables.main([*line, "--tables", "crime"]) == 0
    assert asked == ["crime ours 0 630", "crime hgb 0 630"]
    with results.open("a") as file:
        file.write('{"table": "conc')
    assert many_tables.main(line) == 0
    assert asked[2:] == ["concrete ours 0 700", "concrete hgb 0 700"]
    assert many_tables.main([*line, "--retry"]) == 0
    assert asked[4:] == ["crime hgb 0 630", "concrete hgb 0 700"]
    assert many_tables.main([*line, "--seeds", "5", "--seconds", "-1"]) == 1
    assert "4 fits are left" in capsys.readouterr().err
    lines = read_results(results)
    assert [one["failed"] for one in lines] == [None, "no reason given"] * 2 + ["no reason given"] * 2
    assert "pellucid" not in lines[0]
    with pytest.raises(BenchmarkError, match="letter is not in"):
        tables_named(["letter"], tmp_path)


def test_a_damaged_line_is_no_result(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"a": 1}\nnonsense\n{"b')
    with pytest.raises(BenchmarkError, match=r"results.jsonl:2 is not a line of JSON"):
        read_results(path)
    path.write_text('{"a": 1}\n{"b')
    assert read_results(path) == [{"a": 1}]
    assert read_results(tmp_path / "nowhere") == []


def scores_of(task: str, name: str, **scores: float) -> Compared:
    return Compared("t", task, 100, 3, False, {who: {name: score} for who, score in scores.items()})


def test_who_wins_and_who_is_clearly_behind() -> None:
    areas = scores_of("binary", "auc", ours=0.900, hgb=0.9015, linear=0.85, mlp=0.911)
    assert [areas.verdict("ours", one) for one in ("hgb", "linear", "mlp")] == [0, 1, -1]
    assert areas.is_clearly_behind("ours", "mlp")
    assert not areas.is_clearly_behind("ours", "hgb")
    assert areas.ranks() == {"mlp": 1, "hgb": 2, "ours": 3, "linear": 4}
    errors = scores_of("numbers", "rmse", ours=100.0, hgb=99.6, linear=110.0, mlp=96.0, catboost=100.0)
    assert [errors.verdict("ours", one) for one in ("hgb", "linear", "mlp")] == [0, 1, -1]
    assert errors.is_clearly_behind("ours", "mlp")
    assert errors.is_clearly_behind("linear", "hgb")
    assert errors.ranks() == {"mlp": 1, "hgb": 2, "ours": 3.5, "catboost": 3.5, "linear": 5}


def test_only_tables_that_all_did_with_the_seeds_of_all() -> None:
    lines = [
        a_line("crime", "ours", 0, rmse=1.0, r2=0.5),
        a_line("crime", "ours", 1, rmse=3.0, r2=0.5),
        a_line("crime", "hgb", 0, failed="slow"),
        a_line("crime", "hgb", 0, rmse=2.0, r2=0.5),
        a_line("concrete", "ours", 0, rmse=1.0, r2=0.5),
        a_line("concrete", "hgb", 0, failed="too slow"),
        a_line("concrete", "linear", 0, rmse=1.0, r2=0.5),
    ]
    tables, left_out = compared(lines, ["ours", "hgb"])
    assert [(one.name, one.score("ours"), one.score("hgb")) for one in tables] == [("crime", 1.0, 2.0)]
    assert left_out == ["concrete: HistGradientBoosting too slow"]
    with pytest.raises(BenchmarkError, match="no table has results of all of ours, mlp"):
        report(lines, ["ours", "mlp"], ["ours"])


def test_processor_time_is_compared_where_the_machine_was_quiet() -> None:
    for others, shown in ((0.05, "1.000 (1)"), (0.5, ""), (None, "")):
        lines = [a_line("crime", one, others=others, rmse=1.0, r2=0.5) for one in ("ours", "hgb")]
        said = report(lines, ["ours", "hgb"], ["ours"]).splitlines()
        assert f"| HistGradientBoosting | 0 / 1 / 0 | 0 / 0 |  |  |  | 1.000 | {shown} |" in said


def test_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        a_line("german", "ours", auc=0.80, log_loss=0.5, accuracy=0.7),
        a_line("german", "hgb", auc=0.78, log_loss=0.5, accuracy=0.7),
        a_line("vehicle", "ours", log_loss=0.5, accuracy=0.8),
        a_line("vehicle", "hgb", log_loss=1.0, accuracy=0.7),
        a_line("concrete", "ours", others=0.5, rmse=8.0, r2=0.5),
        a_line("concrete", "hgb", rmse=4.0, r2=0.9),
        a_line("crime", "ours", rmse=1.0, r2=0.5),
        a_line("crime", "hgb", rmse=1.0, r2=0.5),
    ]
    path = tmp_path / "results.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert many_tables.main(["report", "--results", str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "4 tables, Pellucid, HistGradientBoosting."
    assert "| Pellucid | 1.38 | 1.00 | 1.00 | 1.75 | 1 | 8 s | 4 s | 0.12 | 1 MiB |" in said
    assert (
        "| HistGradientBoosting | 2 / 1 / 1 | 2 / 1 | +0.0200 | 0.500 | +0.1000 | 1.414 | 1.000 (3) |"
        in said
    )
    assert "| crime * | 630 | 3 | **1**, 2 s | **1**, 2 s |" in said
    out = tmp_path / "report.md"
    only = ["report", "--results", str(path), "--tables", "german", "--out", str(out)]
    assert many_tables.main(only) == 0
    assert out.read_text("utf-8").startswith("1 tables, ")
    assert many_tables.main([*only, "--contenders", "ours", "mlp"]) == 2
    assert "no table has results" in capsys.readouterr().err


def test_the_list_and_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert many_tables.main(["list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(TABLES)
    assert {"ours", "ours-none", "hgb", "lightgbm", "catboost", "mlp", "linear"} <= {*TABLE_CONTENDERS}
    with pytest.raises(SystemExit, match="2"):
        many_tables.main(["run", "--cache", ".", "--results", "r", "--tables", "huge"])
    assert "invalid choice: 'huge'" in capsys.readouterr().err
