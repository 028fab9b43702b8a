"""The suite: real children, a document of its schema, failures that end nothing."""

import json
import re
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import suite
from benchmarks.contenders import CONTENDERS
from benchmarks.curves import Point, all_curves, measured_curves
from benchmarks.errors import BenchmarkError
from benchmarks.machine import blas_peak, forget_peak, peak_memory, thread_variables
from benchmarks.report import cells, number, table, unit_of
from benchmarks.stopwatch import enough_rounds
from benchmarks.suite import Request, Settings, measure
from benchmarks.works import WORKS, Work

QUICK = Settings(repeats=3, threads=1, seconds=0.01)
OURS_AND_NUMPY = [CONTENDERS[name] for name in ("ours", "numpy")]


@pytest.fixture(scope="module")
def document() -> dict:
    """Ours and NumPy, in three fresh processes each."""
    return measure(Request([WORKS["tiny"], WORKS["inference"]], OURS_AND_NUMPY), QUICK)


def test_median_and_range_are_those_of_the_samples(document: dict) -> None:
    assert [(row["work"], row["contender"]) for row in document["rows"]] == [
        (work, name) for work in ("tiny", "inference") for name in ("ours", "numpy")
    ]
    for row in document["rows"]:
        assert len(row["samples"]) == len(row["steps"]) == 3
        assert row["median"] == statistics.median(row["samples"])
        assert (row["min"], row["max"]) == (min(row["samples"]), max(row["samples"]))
        assert row["failed"] is None


def test_efficiency_is_the_share_of_the_measured_peak(document: dict) -> None:
    peak = document["peak_gflops"]["float32"]
    assert document["peak_gflops"].keys() == {"float32"}
    for row in document["rows"]:
        if row["work"] == "inference":
            assert row["gflops"] is row["efficiency"] is None
            continue
        assert row["gflops"] == WORKS["tiny"].flops / row["median"] / 1e9
        assert row["efficiency"] == row["gflops"] / peak
        assert 0 < row["deviation"] < 1e-3
        assert row["memory"] > 10**7
        assert 0 <= row["training_memory"] < row["memory"]


def test_the_document_is_json_of_the_documented_schema(document: dict) -> None:
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    said = suite.__doc__ or ""
    top = re.findall(r"^ {4}(\w+)  ", said, re.MULTILINE)
    assert sorted(top) == sorted(document)
    rows = said.partition("    rows ")[2].partition("    curves ")[0]
    keys = re.findall(r"^ {6}((?:\w+, )*\w+) {2}", rows, re.MULTILINE)
    assert sorted(name for line in keys for name in line.split(", ")) == sorted(document["rows"][0])
    for name in ("machine", "settings"):
        assert all(key in said for key in document[name])
    assert all(key in said for key in document["works"][0])
    assert {"numpy"} <= document["versions"].keys()


def test_the_table_has_a_line_for_everyone(document: dict) -> None:
    text = table(document)
    assert "tiny: one step of [30, 16, 8, 1] on 32 examples" in text
    assert len(re.findall(r"^NumPy, preallocated +float32 ", text, re.MULTILINE)) == 2
    assert cells(document, "tiny")[1][4] == "1.00"
    # Nothing is trained there: no column of operations.
    assert "GFLOP/s" not in cells(document, "inference")[0]


def test_the_headline_runs_in_both_types_of_number() -> None:
    short = replace(WORKS["headline"], steps=4)
    found = measure(Request([short], OURS_AND_NUMPY), replace(QUICK, repeats=1))
    assert [(row["contender"], row["dtype"], row["short_cut"]) for row in found["rows"]] == [
        ("ours", "float64", True),
        ("ours", "float32", True),
        ("numpy", "float64", False),
        ("numpy", "float32", False),
    ]
    ours, _, numpy, _ = found["rows"]
    assert ours["steps"] == [4]
    assert ours["gflops"] is ours["efficiency"] is None
    assert numpy["gflops"] > 0


def test_a_child_that_fails_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_ENGINE", "nonsense")
    found = measure(Request([WORKS["tiny"]], OURS_AND_NUMPY), replace(QUICK, repeats=1))
    ours, numpy = found["rows"]
    assert ours["failed"].startswith("failed: pellucid.errors.OptionError: unknown engine 'nonsense'")
    assert ours["samples"] == []
    assert ours["median"] is None
    assert numpy["failed"] is None
    assert "failed: pellucid" in table(found)
    assert json.dumps(found, allow_nan=False)


def test_who_is_not_installed_is_left_out_with_a_note() -> None:
    nobody = replace(CONTENDERS["jax"], package="pellucid-no-such-package")
    found = measure(Request([WORKS["tiny"]], [OURS_AND_NUMPY[1], nobody]), replace(QUICK, repeats=1))
    assert [row["contender"] for row in found["rows"]] == ["numpy"]
    assert found["notes"] == ["jax: left out, pellucid-no-such-package is not installed"]


def test_compiling_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.contenders.version_of", lambda package: "1")
    monkeypatch.setenv("PATH", "")
    assert CONTENDERS["pytorch-compiled"].missing() == "it needs a C++ compiler, g++ or clang++"


def test_importing_is_timed_and_the_whole_process_needs_its_data() -> None:
    works = [WORKS["import"], WORKS["process"]]
    found = measure(Request(works, OURS_AND_NUMPY), replace(QUICK, repeats=1))
    assert [(row["work"], row["contender"]) for row in found["rows"]] == [
        ("import", "ours"),
        ("import", "numpy"),
    ]
    assert all(0 < row["median"] < 60 for row in found["rows"])
    assert [line.partition(",")[0] for line in found["notes"]] == ["process: skipped"]


def test_the_whole_process_is_timed(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(suite.WORKS, "headline", replace(WORKS["headline"], steps=2))
    found = measure(
        Request([WORKS["process"]], OURS_AND_NUMPY[:1], data=data_root), replace(QUICK, repeats=1)
    )
    assert found["rows"][0]["failed"] is None
    assert found["rows"][0]["median"] > 0


def test_nobody_who_does_it() -> None:
    with pytest.raises(BenchmarkError, match="jax: not measured at process; expected a work"):
        measure(Request([WORKS["process"]], [CONTENDERS["jax"]]), QUICK)


@pytest.mark.parametrize(
    "wrong", [{"repeats": 0}, {"threads": 0}, {"seconds": 0.0}, {"seconds": float("nan")}, {"seconds": 1e9}]
)
def test_settings_nothing_can_be_measured_with(wrong: dict) -> None:
    with pytest.raises(BenchmarkError, match=f"{next(iter(wrong))} is .*; expected a"):
        Settings(**wrong)


def test_curves_have_a_line_for_everyone() -> None:
    works = [Work("curve", "", "train", (4, 2, 1), 8, k, examples=8 * k) for k in (1, 3)]
    curve = ("batch", "a title", "x", {"": [Point(k, work, 1) for k, work in enumerate(works, 1)]})
    [found] = measured_curves(OURS_AND_NUMPY, 2, 0.005, lambda _: None, [curve])
    assert (found["name"], found["title"], found["label"]) == ("batch", "a title", "x")
    [line] = found["lines"]
    assert (line["contender"], line["network"]) == ("ours", "")
    assert [point["x"] for point in line["points"]] == [1, 2]
    for point in line["points"]:
        assert len(point["samples"]) == 2
        assert point["median"] == statistics.median(point["samples"])
        assert point["failed"] is None


def test_the_curves_reach_as_far_as_they_say() -> None:
    curves = {name: networks for name, _, _, networks in all_curves()}
    assert [point.x for point in curves["examples"][""]] == [10**k for k in (3, 4, 5, 6)]
    assert curves["examples"][""][-1].work.examples == 10**6 // 256 * 256
    assert [point.x for point in curves["width"][""]] == [2**k for k in range(4, 13)]
    assert curves["batch"][""][0].work.batch == 1
    assert curves["batch"][""][-1].work.batch == 8192
    assert {
        network: [point.threads for point in points] for network, points in curves["threads"].items()
    } == {
        "small": [1, 2],
        "middle": [1, 2],
        "large": [1, 2],
    }


def test_a_measurement_takes_about_as_long_as_it_should() -> None:
    clock = iter(range(1000))
    taken: list[int] = []

    def run(rounds: int) -> None:
        taken.append(rounds)
        next(clock)

    # However fast the clock: it ends, and with at least one round.
    assert enough_rounds(run, 1e-9) >= 1
    assert taken == [1]


def test_the_machine_is_looked_at() -> None:
    assert blas_peak("float64", 0.01) > 0
    variables = thread_variables(1)
    assert variables["OMP_NUM_THREADS"] == variables["OPENBLAS_NUM_THREADS"] == "1"
    before = forget_peak()
    assert before is None or (peak_memory() or 0) >= before // 2


@pytest.mark.parametrize(
    ("seconds", "unit"), [(90.0, "s"), (1.0, "s"), (0.9, "ms"), (2e-5, "us"), (3e-9, "ns"), (0.0, "ns")]
)
def test_a_time_has_a_unit(seconds: float, unit: str) -> None:
    assert unit_of(seconds)[1] == unit


def test_a_number_has_three_digits() -> None:
    assert [number(value) for value in (1234.5, 123.4, 12.34, 1.234)] == ["1,234", "123", "12.3", "1.23"]
