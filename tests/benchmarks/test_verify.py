"""Equal work: every contender takes the same steps to the same place; who does not is found out."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.child import answer_of
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.trainer import Trainer
from benchmarks.verify import TOLERANCE, OtherWorkError, deviation, right_of, small_problem, verified
from benchmarks.works import WORKS, Floats, Problem, Work

TRAINING = [one for one in CONTENDERS.values() if one.trains]


def prepared(contender: Contender, work: Work, dtype: str) -> dict:
    if missing := contender.missing():
        pytest.skip(missing)
    return answer_of(
        {
            "job": "prepare",
            "work": work.to_dict(),
            "contender": contender.name,
            "dtype": dtype,
            "verify": True,
            "threads": 1,
            "seconds": 0.001,
        }
    )


@pytest.mark.parametrize("contender", TRAINING, ids=lambda one: one.name)
def test_every_contender_does_the_work(contender: Contender) -> None:
    name = "tiny" if "tiny" in contender.works else "headline"
    assert prepared(contender, WORKS[name], "float32")["deviation"] < TOLERANCE["float32"] / 10


@pytest.mark.parametrize("contender", [one for one in TRAINING if one.both], ids=lambda one: one.name)
def test_the_headline_is_the_same_to_rounding_in_float64(contender: Contender) -> None:
    assert prepared(contender, WORKS["headline"], "float64")["deviation"] < 1e-9


def test_the_fastest_of_several_ways_is_named() -> None:
    found = prepared(CONTENDERS["jax"], WORKS["headline"], "float32")
    assert found["variant"] in ("rows", "columns")
    assert found["deviation"] < TOLERANCE["float32"]


class Altered(Trainer):
    """Goes from where it should begin to somewhere beside where it should arrive."""

    def __init__(self, problem: Problem, right: dict[str, Floats], change: Callable) -> None:
        start = problem.parameters
        self._found = {name: start[name] + change(name, right[name] - start[name]) for name in right}

    def run(self, rounds: int) -> None:
        assert rounds > 0

    def parameters(self) -> dict[str, Floats]:
        return self._found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("change", "found_out"),
    [
        (lambda name, way: way, False),
        (lambda name, way: way * 1.1, True),
        (lambda name, way: way * 0, True),
        (lambda name, way: way * (name != "b1"), True),
        (lambda name, way: -way if name == "W2" else way, True),
        (lambda name, way: way * np.nan, True),
    ],
    ids=["right", "too far", "nowhere", "no first bias", "up the hill", "NaN"],
)
def test_other_work_is_found_out(dtype: str, change: Callable, found_out: bool) -> None:
    problem = small_problem(WORKS["tiny"], dtype, 1)
    right = right_of(problem)
    trainer = Altered(problem, right, change)
    if not found_out:
        assert verified(trainer, problem, right) <= TOLERANCE[dtype]
        return
    with pytest.raises(OtherWorkError, match="it does other work: its parameters are off by"):
        verified(trainer, problem, right)


def test_a_parameter_too_few_is_infinitely_wrong() -> None:
    W = {"W1": np.ones((1, 1))}
    assert deviation({}, W, {"W1": np.zeros((1, 1))}) == np.inf
    assert deviation({"W1": np.full((1, 1), 1.5)}, W, {"W1": np.zeros((1, 1))}) == 0.5
