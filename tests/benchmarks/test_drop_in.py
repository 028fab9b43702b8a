"""Whole fits beside scikit-learn's: what is compared, and what the document says of it."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from benchmarks import adult, child, drop_in
from benchmarks.child import ChildError
from benchmarks.errors import BenchmarkError
from benchmarks.fits import FITS, FROM_FOLDER, estimators_of, problem_of_fit
from benchmarks.report import adult_cells, drop_in_cells, drop_in_line


def test_the_settings_are_many_and_told_apart() -> None:
    assert len(FITS) >= 30
    assert len({fit.name for fit in FITS}) == len(FITS)
    assert {fit.data for fit in FITS} == {"breast cancer", "diabetes", "digits", "adult", "mnist10k"}
    # The defaults on every data set, but for how long.
    for data in {fit.data for fit in FITS}:
        assert any(fit.data == data and set(fit.parameters) <= {"max_iter"} for fit in FITS)


@pytest.mark.parametrize("data", ["breast cancer", "diabetes", "digits", *FROM_FOLDER])
def test_every_problem_is_rows_of_numbers(data: str, request: pytest.FixtureRequest) -> None:
    root = request.getfixturevalue("data_root") if data in FROM_FOLDER else None
    fit = next(fit for fit in FITS if fit.data == data)
    X, y, weights = problem_of_fit(fit, root)
    assert X.ndim == 2
    assert len(X) == len(y) > 400
    assert weights is None
    assert abs(X).max() < 40


def test_both_sides_have_the_same_parameters() -> None:
    for fit in FITS:
        ours, theirs = estimators_of(fit, seed=3)
        common = theirs.get_params()
        assert {name: ours.get_params()[name] for name in common} == common
        assert type(ours).__module__.startswith("pellucid")
        assert type(theirs).__module__.startswith("sklearn")


def test_a_worker_fits_and_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drop_in, "_GRID", {"hidden_layer_sizes": [(2,), (3,)]})
    monkeypatch.setattr(drop_in, "_SEARCHED", {"max_iter": 3, "random_state": 0})
    name = "breast cancer: early_stopping=True, learning_rate_init=0.01"
    found = {
        side: drop_in.fitted(
            {"side": side, "names": [name, drop_in.GRID_SEARCH], "data": "", "threads": 1}
        )["fits"]
        for side in ("ours", "theirs")
    }
    for what in (name, drop_in.GRID_SEARCH):
        (_, loss, epochs), (_, their_loss, their_epochs) = found["ours"][what], found["theirs"][what]
        assert loss == pytest.approx(their_loss, rel=1e-9)
        assert epochs == their_epochs


def answers(job: dict[str, Any]) -> dict[str, Any]:
    seconds = 1.0 if job["side"] == "ours" else 4.0
    return {"fits": {name: [seconds * (9 if "grid" in name else 1), 0.5, 7] for name in job["names"]}}


def test_the_document_and_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "answer_of", answers)
    said: list[str] = []
    found = drop_in.measured_drop_in(drop_in.fits_with("", None), 2, 2, None, said.append)
    assert [row["name"] for row in found["rows"]] == [
        *(fit.name for fit in FITS if fit.data not in FROM_FOLDER),
        drop_in.GRID_SEARCH,
    ]
    assert found["speed_up"] == pytest.approx(4)
    assert found["slowest"] == pytest.approx(4)
    assert found["rows"][0]["ours"]["samples"] == [1.0, 1.0]
    assert said[0] == f"{len(found['rows'])} fits, ours: 1 of 2"
    assert drop_in_line(found).startswith("whole fits beside scikit-learn's: 4.00 times as fast")
    assert drop_in_cells(found)[1][1:] == ["1.00 s", "4.00 s", "4.00", "0e+00"]


def test_fits_are_chosen_by_a_part_of_their_name() -> None:
    assert len(drop_in.fits_with("", Path("somewhere"))) == len(FITS) + 1
    early = drop_in.fits_with("early_stopping", Path("somewhere"))
    assert len(early) == 5
    assert all("early_stopping=True" in name for name in early)
    with pytest.raises(BenchmarkError, match="no fit's name contains 'nonsense'"):
        drop_in.fits_with("nonsense", None)


def test_a_side_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(job: dict[str, Any]) -> dict[str, Any]:
        if job["side"] == "theirs":
            raise ChildError("no such module")
        return answers(job)

    monkeypatch.setattr(child, "answer_of", fails)
    found = drop_in.measured_drop_in([FITS[0].name], 1, 2, None, lambda _: None)
    assert found["speed_up"] is None
    assert drop_in_cells(found)[1] == [FITS[0].name, "1.00 s", "failed: no such module", "", ""]
    assert drop_in_line(found) == "whole fits"


def test_the_table_is_taken_four_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(job: dict[str, Any]) -> dict[str, Any]:
        if job["side"] == "theirs":
            raise ChildError("no such module")
        return {"seconds": 2.0, "auc": 0.91}

    monkeypatch.setattr(child, "answer_of", answer)
    said: list[str] = []
    found = adult.measured_adult(2, 2, Path("somewhere"), said.append)
    assert [way["auc"] for way in found] == [0.91, 0.91, None, 0.91]
    assert found[0]["samples"] == [2.0, 2.0]
    assert [row[1:] for row in adult_cells({"adult": found})] == [
        ["median", "test ROC AUC"],
        ["2.00 s", "0.9100"],
        ["2.00 s", "0.9100"],
        ["failed: no such module", ""],
        ["2.00 s", "0.9100"],
    ]


@pytest.mark.parametrize("side", ["ours", "boosting"])
def test_what_answers_for_the_table(
    side: str, data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pandas")
    (tmp_path / "tables").mkdir()
    for part in ("train", "test"):
        lines = (data_root / "tables" / f"adult-{part}.csv").read_text("utf-8").splitlines()[:1500]
        (tmp_path / "tables" / f"adult-{part}.csv").write_text("\n".join(lines), "utf-8")
    found = adult.answered({"side": side, "data": str(tmp_path)})
    assert found["auc"] > 0.85
