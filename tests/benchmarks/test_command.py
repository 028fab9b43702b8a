"""python -m benchmarks: names, documents, and exit codes."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import data_folder, main, parser, request_of
from benchmarks.contenders import CONTENDERS
from benchmarks.fits import FITS
from benchmarks.ratios import RATIOS
from benchmarks.works import WORKS

QUICK = ("--repeats", "1", "--seconds", "0.005", "--threads", "1", "--work", "tiny")


def asked(line: str) -> tuple[int, ...]:
    """How many works, fits, ratios, and whether curves and the census table, a command line asks for."""
    request = request_of(parser().parse_args(line.split()))
    counts = [len(part) for part in (request.works, request.fits, request.ratios)]
    return (*counts, request.curves, request.adult)


def test_a_table_and_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "found.json"
    assert main([*QUICK, "--contender", "ours", "--contender", "numpy", "--out", str(path)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("tiny: one step of [30, 16, 8, 1] on 32 examples\n")
    assert "the same arithmetic beside the fastest peer, float32" in said.out
    document = json.loads(path.read_text("utf-8"))
    assert [row["contender"] for row in document["rows"]] == ["ours", "numpy"]
    assert document["settings"] == {"repeats": 1, "threads": 1, "seconds": 0.005}
    assert document["versions"].keys() == {"numpy", "scipy"}


def test_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--contender", "numpy", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 3
    assert [row["work"] for row in document["rows"]] == ["tiny"]
    assert document["curves"] == document["ratios"] == []


def test_ours_has_to_work(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PELLUCID_ENGINE", "nonsense")
    assert main([*QUICK, "--contender", "ours"]) == 1
    said = capsys.readouterr().out
    assert "failed: pellucid.errors.OptionError: unknown engine 'nonsense'" in said


def test_the_works_are_measured_where_nothing_else_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_DATA", "nowhere")
    fits = len([fit for fit in FITS if fit.data in ("breast cancer", "diabetes", "digits")]) + 1
    assert asked("") == (len(WORKS), 0, 0, False, False)
    assert asked("--ratios") == (0, 0, len(RATIOS), False, False)
    assert asked("--drop-in --curves") == (0, fits, 0, True, False)
    assert asked("--works --drop-in --ratios") == (len(WORKS), fits, len(RATIOS), False, False)


def test_a_name_asks_for_its_section() -> None:
    assert asked("--work tiny --work small") == (2, 0, 0, False, False)
    assert asked("--contender ours") == (len(WORKS), 0, 0, False, False)
    assert asked("--ratio evaluate") == (0, 0, 1, False, False)
    assert asked("--fit early_stopping --ratio predict --work tiny")[::2] == (1, 1, False)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--repeats 0", "repeats is 0; expected an integer of at least 1"),
        ("--threads 0", "threads is 0; expected an integer of at least 1"),
        ("--seconds -1", "seconds is -1; expected a number above 0, at most 60"),
        ("--work process --contender jax", "jax: not measured at process; expected a work and one of its "),
        ("--fit nonsense", "no fit's name contains 'nonsense'; expected a part of one"),
        ("--out nowhere/found.json", "nowhere/found.json cannot be written: its folder does not exist"),
        ("--out .", ". cannot be written: it is a folder; expected the name of a file"),
        ("--against nowhere", "nowhere cannot be timed: there is no "),
    ],
)
def test_bad_input(arguments: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(line)
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "known"), [("--work", WORKS), ("--contender", CONTENDERS), ("--ratio", RATIOS)]
)
def test_an_unknown_name_is_answered_with_the_known(
    option: str, known: dict, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([option, "huge"])
    said = capsys.readouterr().err
    assert "invalid choice: 'huge'" in said
    assert all(name in said for name in known)


def test_the_data_folder_needs_the_cats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path))
    assert data_folder() is None
    (tmp_path / "catvnoncat").mkdir()
    (tmp_path / "catvnoncat" / "train_catvnoncat.h5").touch()
    assert data_folder() == tmp_path
