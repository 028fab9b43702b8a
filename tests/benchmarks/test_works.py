"""The works: operations counted by hand, problems that are the same for everybody."""

import numpy as np
import pytest

from benchmarks.contenders import CONTENDERS, contenders_named
from benchmarks.works import WORKS, Work, problem_of, training_flops, works_named


def test_the_operations_of_a_small_network_counted_by_hand() -> None:
    # [3, 2, 1] on 5 examples. Forward: 2x3 times 3x5 is 10 results of 3 products and 3 sums, 60; 1x2 times
    # 2x5 is 5 results of 4, 20. dW the same again. dA1: 2x1 times 1x5, 10 results of 2. No dA0.
    assert training_flops([3, 2, 1], 5) == (60 + 20) + (60 + 20) + 20
    assert training_flops([7, 1], 3) == 2 * (2 * 3 * 7)


def test_works_count_the_examples_of_a_step() -> None:
    assert WORKS["headline"].flops == training_flops((12288, 20, 7, 5, 1), 209)
    assert WORKS["large"].flops == training_flops((1024, 1024, 1024, 1), 512)
    assert WORKS["inference"].flops == 0


@pytest.mark.parametrize("work", WORKS.values(), ids=lambda work: work.name)
def test_a_work_survives_json(work: Work) -> None:
    assert Work.from_dict(work.to_dict()) == work


def test_everyone_is_given_the_same_problem() -> None:
    one, other = (problem_of(WORKS["tiny"], "float32") for _ in range(2))
    assert np.array_equal(one.X, other.X)
    assert np.array_equal(one.order, other.order)
    assert one.X.dtype == one.y.dtype == one.parameters["W1"].dtype == np.float32
    assert sorted(one.order) == list(range(32 * 256))


def test_gathered_batches_are_those_of_the_order() -> None:
    problem = problem_of(WORKS["tiny"], "float64")
    X, y = problem.gathered()
    assert X.shape == (256, 32, 30)
    assert np.array_equal(X[3], problem.X[problem.order[96:128]])
    assert np.array_equal(y[3], problem.y[problem.order[96:128]])


def test_the_full_batch_keeps_its_order() -> None:
    problem = problem_of(WORKS["headline"], "float32")
    X, y = problem.gathered()
    assert X.shape == (1, 209, 12288)
    assert np.array_equal(X[0], problem.X)
    assert np.array_equal(y[0], problem.y)


def test_names_lead_to_works_and_contenders() -> None:
    assert [work.name for work in works_named(["tiny", "headline"])] == ["headline", "tiny"]
    assert len(works_named([])) == len(WORKS)
    assert [one.name for one in contenders_named(["jax", "ours"])] == ["ours", "jax"]


def test_every_contender_does_works_that_exist() -> None:
    for one in CONTENDERS.values():
        for name in one.works:
            kind = WORKS[name].kind
            assert {"train": one.trains, "predict": one.predicts, "import": one.imports}.get(kind, one.ours)
