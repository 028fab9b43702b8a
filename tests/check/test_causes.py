"""The known mistakes: each is a mistake, differs from every other, and has an explanation."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from pellucid.check import judge
from pellucid.check.cases import EXAMS, cases_of
from pellucid.check.cases_exercises import EXERCISES
from pellucid.check.cases_later import LATER
from pellucid.check.causes import SUSPECTS, Mistakes, code_of
from pellucid.check.causes.explanations import EXPLANATIONS, GROUPS
from pellucid.check.judge_compare import differences
from pellucid.check.judge_search import causes_of
from pellucid.check.outcome import Failure, Outcome

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

# The same numbers under two names: how the code is written says which it is.
SAME = {
    ("derivative-of-relu", "always-relu"),
    ("derivative-of-sigmoid", "always-sigmoid"),
    ("dz-wrong-sign", "dal-wrong-sign"),
    ("extra-1-over-m", "dal-extra-1-over-m"),
    ("derivative-of-relu", "last-layer-relu"),
    ("derivative-of-sigmoid", "hidden-sigmoid"),
    ("derivative-of-tanh", "hidden-tanh"),
    ("predict-constant", "predict-threshold"),
    ("gradient-index-shifted", "same-gradient"),
    ("update-missing", "learning-rate-fixed"),
    ("update-missing", "weights-forgotten"),
    ("update-missing", "biases-forgotten"),
    ("db-is-dz", "db-wrong-axis"),
    ("da-prev-order", "dw-order"),
    ("da-prev-extra-1-over-m", "dz1-extra-1-over-m"),
    ("da-prev-wrong-sign", "tanh-derivative-wrong-sign"),
}
# With a single output a transpose or a sum of everything changes nothing.
HARMLESS = {
    ("forward_propagation", "b-transposed@second"),
    ("backward_propagation", "db-missing-axis~keepdims@second"),
    ("backward_propagation", "db-missing-axis~mean-keepdims@second"),
    ("backward_propagation", "da-prev-elementwise"),
}


def outcomes(name: str, on: tuple[str, ...]) -> list[Outcome]:
    """What a function with these mistakes gives in every case."""
    given = []
    for case in cases_of(name):
        try:
            given.append(Outcome("value", SUSPECTS[name].run(Mistakes(on), *case.args)))
        except Exception as error:
            given.append(Outcome("raised", error=Failure(type(error).__name__, str(error), None)))
    return given


def is_wrong(name: str, given: list[Outcome]) -> bool:
    return any(
        outcome.kind != "value" or differences(case.expected, outcome.value)
        for case, outcome in zip(cases_of(name), given, strict=True)
        if not case.saturated
    )


@pytest.mark.parametrize("name", SUSPECTS)
def test_without_mistakes_it_is_the_reference(name: str) -> None:
    assert not is_wrong(name, outcomes(name, ()))


@pytest.mark.parametrize("name", SUSPECTS)
def test_every_mistake_is_found_alone(name: str) -> None:
    for switch in SUSPECTS[name].mistakes:
        given = outcomes(name, (switch,))
        if (name, switch) in HARMLESS:
            assert not is_wrong(name, given), switch
            continue
        assert is_wrong(name, given), switch
        (cause,) = causes_of(name, cases_of(name), given)
        assert cause == code_of(switch) or (code_of(switch), cause) in SAME, switch


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("linear_backward", ("dw-missing-1-over-m", "db-wrong-axis")),
        ("linear_backward", ("dw-wrong-sign", "da-prev-elementwise")),
        ("linear_backward", ("m-is-rows", "dw-wrong-sign")),
        ("compute_cost", ("cost-missing-term-y1", "cost-wrong-sign")),
        ("update_parameters", ("loop-one-short", "update-wrong-sign")),
        ("L_model_forward", ("last-layer-relu", "caches-reversed")),
        ("L_model_backward", ("dal-wrong-sign", "same-da-for-all")),
        ("L_model_backward", ("dal-missing-y0-term", "hidden-sigmoid")),
        ("backward_propagation", ("dz2-wrong-sign", "tanh-derivative-at-z")),
    ],
)
def test_two_mistakes_are_both_found(name: str, on: tuple[str, str]) -> None:
    assert set(causes_of(name, cases_of(name), outcomes(name, on))) == set(on)


def test_most_pairs_of_a_layer_are_both_found() -> None:
    # Every pair that is no pair of alternatives for one and the same thing.
    parts = (
        "dw-missing-1-over-m",
        "db-missing-1-over-m",
        "dw-transposed",
        "db-is-dz",
        "da-prev-wrong-sign",
    )
    for on in combinations(parts, 2):
        found = causes_of("linear_backward", cases_of("linear_backward"), outcomes("linear_backward", on))
        assert set(found) == set(on)


def test_three_mistakes_that_touch_three_results_are_found_piece_by_piece() -> None:
    on = ("dw-missing-1-over-m", "db-wrong-axis", "da-prev-wrong-sign")
    found = causes_of("linear_backward", cases_of("linear_backward"), outcomes("linear_backward", on))
    assert set(found) == set(on)


def test_what_is_no_known_mistake_has_no_cause() -> None:
    given = [
        Outcome("value", tuple(np.cos(part) for part in case.expected))
        for case in cases_of("linear_backward")
    ]
    assert causes_of("linear_backward", cases_of("linear_backward"), given) == ()


def test_every_mistake_has_its_words_and_every_code_is_stable_in_form() -> None:
    codes = {code_of(switch) for suspect in SUSPECTS.values() for switch in suspect.mistakes}
    assert codes <= set(EXPLANATIONS)
    for code, words in EXPLANATIONS.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert all(words), code
        assert not words.message.endswith("."), code
        assert words.hint[-1] in ".?", code
    assert sum(map(len, GROUPS.values())) == len(EXPLANATIONS)


def test_every_code_with_words_can_be_said() -> None:
    codes = {code_of(switch) for suspect in SUSPECTS.values() for switch in suspect.mistakes}
    sources = Path(judge.__file__).parent.glob("judge*.py")
    said = "".join(path.read_text("utf-8") for path in sources)
    # Those of shapes are put together: "weights" or "biases", and what is wrong.
    made = {f"{kind}-{what}" for kind in ("weights", "biases") for what in ("transposed", "wrong-shape")}
    assert [code for code in EXPLANATIONS if code not in codes | made and f'"{code}"' not in said] == []


def test_every_function_with_mistakes_has_an_exam() -> None:
    assert set(SUSPECTS) < set(EXAMS)
    others = {name for name, *_ in LATER} | {exam.name for exam in EXERCISES}
    assert set(EXAMS) - set(SUSPECTS) < others


def test_places_are_taken_off_where_they_hold() -> None:
    on = Mistakes(["dw-order~a@last", "db-is-dz"])
    assert on.at("last")("dw-order~a")
    assert not on.at("hidden")("dw-order~a")
    assert on.at("hidden")("db-is-dz")
    assert code_of("dw-order~a@last") == "dw-order"
