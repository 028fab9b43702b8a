"""pellucid bench: names, documents, and exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import pytest

from pellucid.bench import CONTENDERS, WORKS
from pellucid.cli.bench import bench, data_folder

QUICK = ("--repeats", "1", "--seconds", "0.005", "--threads", "1", "--work", "tiny")


def test_a_table_and_a_document(done: Callable, here: Path) -> None:
    outcome = done("bench", *QUICK, "--contender", "ours", "--contender", "numpy", "--out", "found.json")
    assert outcome.err == ""
    assert outcome.out.startswith("tiny: one step of [30, 16, 8, 1] on 32 examples\n")
    document = json.loads((here / "found.json").read_text("utf-8"))
    assert [row["contender"] for row in document["rows"]] == ["ours", "numpy"]
    assert document["settings"] == {"repeats": 1, "threads": 1, "seconds": 0.005}


def test_the_json(done: Callable) -> None:
    document = done("bench", *QUICK, "--contender", "numpy", "--json").document
    assert document["schema"] == 2
    assert [row["work"] for row in document["rows"]] == ["tiny"]
    assert document["curves"] == []


def test_ours_has_to_work(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_ENGINE", "nonsense")
    outcome = run("bench", *QUICK, "--contender", "ours")
    assert outcome.status == 1
    assert "failed: pellucid.errors.OptionError: unknown engine 'nonsense'" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--work huge", "unknown work 'huge'; expected headline, tiny, small, middle, large, inference, "),
        ("--contender keras", "unknown contender 'keras'; expected ours, ours-same-arithmetic, "),
        ("--repeats 0", "repeats is 0; expected a whole number of at least 1"),
        ("--threads 0", "threads is 0; expected a whole number of at least 1"),
        ("--seconds -1", "seconds is -1; expected a number above 0, at most 60"),
        ("--work process --contender jax", "jax: not measured at process; expected a work and one of its "),
        ("--out nowhere/found.json", "nowhere/found.json cannot be written: its folder does not exist"),
        ("--out .", ". cannot be written: it is a folder; expected the name of a file"),
    ],
)
def test_bad_input(arguments: str, line: str, refused: Callable) -> None:
    assert refused("bench", *arguments.split()).startswith(line)


def test_the_help_names_what_exists() -> None:
    hints = get_type_hints(bench, include_extras=True)
    for option, table in (("work", WORKS), ("contender", CONTENDERS)):
        said = str(hints[option].__metadata__[0].help).partition(": ")[2].removesuffix(".")
        assert said.split(", ") == list(table)


def test_the_data_folder_needs_the_cats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path))
    assert data_folder() is None
    (tmp_path / "catvnoncat").mkdir()
    (tmp_path / "catvnoncat" / "train_catvnoncat.h5").touch()
    assert data_folder() == tmp_path
