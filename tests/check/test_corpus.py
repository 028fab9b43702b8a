"""The corpus is right about its solutions, and the judge names the planted mistakes."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from check.corpus.catalogue import HALVES, Entry, entries, files, half_of
from check.corpus.page import INTRODUCTION, PAGE, section
from check.corpus.planting import bug, planted
from check.corpus.score import judged, scored
from check.corpus.soundness import functions_of, is_right, outputs, same
from check.in_process import InProcess
from pellucid import course
from pellucid.check.causes.explanations import EXPLANATIONS
from pellucid.check.judge import reference_names
from pellucid.check.sandbox import Sandbox
from pellucid.check.solution import Solution, read_solution

RANDOM = ("initialize_parameters", "initialize_parameters_deep")


def test_it_is_large_enough_and_about_half_is_held_back() -> None:
    counts = {half: Counter(entry.kind for entry in entries(half)) for half in HALVES}
    total = counts["develop"] + counts["held_back"]
    assert total["right"] >= 40
    assert total["single"] >= 80
    assert total["pair"] >= 40
    for kind in total:
        assert 0.35 < counts["held_back"][kind] / total[kind] < 0.65, kind


@pytest.mark.parametrize("half", HALVES)
def test_every_file_lies_in_the_half_of_its_name(half: str) -> None:
    for kind in ("styles", "right", "wrong"):
        assert {half_of(stem) for stem in files(half, kind)} == {half}


@pytest.mark.parametrize("half", HALVES)
def test_no_two_solutions_are_one(half: str) -> None:
    found = list(entries(half))
    assert len({entry.name for entry in found}) == len(found)
    assert len({entry.text for entry in found}) == len(found)


@pytest.mark.parametrize("half", HALVES)
def test_every_cause_it_expects_is_documented(half: str) -> None:
    codes = {code for entry in entries(half) for codes in entry.wrong.values() for code in codes}
    assert codes <= set(EXPLANATIONS)


def _functions_to_look_at(entry: Entry) -> list[str]:
    # What is planted stands in one or two functions of a style; the others are looked at in the style.
    if "/" in entry.name:
        return list(entry.wrong) or [entry.name.partition("/")[2].split()[0]]
    return functions_of(entry.text)


@pytest.mark.parametrize("half", HALVES)
def test_what_is_right_is_right_and_what_is_wrong_is_wrong(half: str) -> None:
    for entry in entries(half):
        for function in _functions_to_look_at(entry):
            assert is_right(entry.text, function) == (function not in entry.wrong), (entry.name, function)


@pytest.mark.parametrize("half", HALVES)
def test_a_pair_is_neither_of_its_halves(half: str) -> None:
    for entry in entries(half):
        for function, codes in entry.wrong.items():
            if len(entry.within) == 2 == len(codes) and function not in RANDOM:
                both = outputs(entry.text, function)
                for text in entry.within:
                    assert not all(map(same, both, outputs(text, function))), entry.name


def test_planting_wants_exactly_one_place() -> None:
    text = "def f(a):\n    return a + a\n\n\ndef g(a):\n    return a\n"
    assert planted(text, [bug("g", "", "return a", "return -a")]).endswith("return -a\n")
    for old in ("a", "b"):
        with pytest.raises(AssertionError, match="stands there"):
            planted(text, [bug("f", "", old, "c")])


@pytest.mark.parametrize("half", HALVES)
def test_the_judge_names_what_is_planted(half: str, tmp_path: Path) -> None:
    verdicts = [judged(entry, tmp_path) for entry in entries(half)]
    score = scored(verdicts)
    missed = [(v.entry.name, v.said) for v in verdicts if v.entry.wrong and not v.named]
    assert {v.entry.name: v.alarms for v in verdicts if v.alarms} == {}
    assert {v.entry.name: v.said for v in verdicts if v.entry.wrong and not v.found} == {}
    assert score.share("single") >= 0.95, missed
    assert score.share("pair") >= 0.80, missed
    assert section(half, verdicts) in PAGE.read_text("utf-8"), "python scripts/write_corpus_page.py"


def test_the_page_says_how_it_is_counted() -> None:
    assert PAGE.read_text("utf-8").startswith(INTRODUCTION)


def _sandbox(stack: list[Any]) -> Any:
    def runner(solution: Solution) -> Sandbox:
        box = Sandbox(solution, reference_names=reference_names(solution)).__enter__()
        stack.append(box)
        return box

    return runner


@pytest.mark.parametrize("half", HALVES)
def test_behind_the_walls_it_says_the_same(half: str, tmp_path: Path) -> None:
    found = list(entries(half))
    for entry in found[:: len(found) // 6]:
        boxes: list[Any] = []
        try:
            apart = judged(entry, tmp_path, _sandbox(boxes))
        finally:
            for box in boxes:
                box.__exit__(None, None, None)
        here = judged(entry, tmp_path)
        assert (apart.said, apart.alarms, apart.named) == (here.said, here.alarms, here.named), entry.name


def test_the_same_gradient_for_all_layers_is_named_though_the_published_exercise_passes(
    tmp_path: Path,
) -> None:
    rng = np.random.RandomState(3)
    AL = rng.randn(1, 2)
    sizes = ((4, 2), (3, 4), (3, 1), (3, 2), (3, 2), (1, 3), (1, 1), (1, 2))
    A0, W1, b1, Z1, A1, W2, b2, Z2 = (rng.randn(*shape) for shape in sizes)
    arguments = (AL, np.array([[1, 0]]), [((A0, W1, b1), Z1), ((A1, W2, b2), Z2)])
    expected = course.L_model_backward(*arguments)
    planted_so = [e for e in entries("develop") if e.wrong == {"L_model_backward": ("same-da-for-all",)}]
    assert len(planted_so) >= 3
    for entry in planted_so:
        path = tmp_path / f"two_layers{entry.suffix}"
        path.write_text(entry.text, "utf-8")
        solution = read_solution(path)
        runner = InProcess(solution, reference_names=reference_names(solution))
        found = runner.call("L_model_backward", arguments).value
        # Of W and b: the first editions have other names for the gradients in between.
        decisive = [key for key in expected if key[1] in "Wb"]
        assert all(same(found[key], expected[key]) for key in decisive)
        assert judged(entry, tmp_path).named
