"""Whether a contender does the work: it has to arrive where the reference engine arrives, in float64."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from benchmarks.errors import BenchmarkError
from benchmarks.trainer import Trainer
from benchmarks.works import Floats, Problem, Work, problem_of

# Of the way that the parameter has gone. A forgotten 1/m, bias or layer is off by its whole length; the
# rounding of float32, which is relative to the weights and not to their way, stays far below.
TOLERANCE = {"float64": 1e-6, "float32": 2e-2}

_BATCHES = 4
_ROUNDS = 3
_RATE = 0.1


class OtherWorkError(BenchmarkError):
    """A contender does not take the steps that are asked for."""


def small_problem(work: Work, dtype: str, threads: int) -> Problem:
    """The same network and batch, but a few batches and a rate at which a few steps go some way."""
    batches = min(work.batches, _BATCHES)
    short = replace(work, batches=batches, examples=work.per_step * batches, rate=_RATE)
    return problem_of(short, dtype, threads, seed=2)


def deviation(
    found: Mapping[str, Floats], right: Mapping[str, Floats], start: Mapping[str, Floats]
) -> float:
    """The largest distance from the right parameter, relative to the way from the start to there.

    Args:
        found: where a contender arrived, by name.
        right: where it should be.
        start: where it began.
    """
    if found.keys() != right.keys():
        return float("inf")
    ways = ((np.linalg.norm(right[name] - start[name]), name) for name in right)
    return max(float(np.linalg.norm(found[name] - right[name]) / way) for way, name in ways if way)


def verified(trainer: Trainer, problem: Problem, right: Mapping[str, Floats]) -> float:
    """The deviation of a trainer, opened on `problem`, after the rounds that lead to `right`.

    Raises:
        OtherWorkError: beyond what the type of number explains.
    """
    trainer.run(_ROUNDS)
    found = deviation(trainer.parameters(), right, problem.parameters)
    # Not `found > ...`: NaN is no answer either.
    if not found <= TOLERANCE[str(problem.X.dtype)]:
        raise OtherWorkError(
            f"it does other work: its parameters are off by {found:.1e} of the way they should have gone"
        )
    return found


def right_of(problem: Problem) -> dict[str, Floats]:
    """Where `verified` expects everyone."""
    from benchmarks.ours import right_parameters

    return right_parameters(problem, _ROUNDS)
