"""The short form of `make crash`: a killed training, or one on a full disk, can be gone on with."""

from pathlib import Path

import pytest

from crash.crashes import Counts, calls_of, compiled, gone_wrong, killed_at_random
from crash.trainee import CASES, trained


@pytest.mark.parametrize("case", CASES)
def test_killed_at_random_moments(case: str) -> None:
    counts = Counts()
    killed_at_random(case, 4, 100, counts)
    assert counts.kills == 4
    assert counts.trainings > 0


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = compiled(tmp_path_factory.mktemp("faults"))
    if found is None:
        pytest.skip("needs Linux and a C compiler")
    return found


@pytest.mark.parametrize("kind", ["kill-before", "short", "ENOSPC", "EIO"])
def test_a_call_that_goes_wrong(kind: str, library: Path) -> None:
    whole, calls, counts = trained("batches"), calls_of("batches", kind, library), Counts()
    # Every call has its turn in `make crash`.
    tried = range(1, calls + 1) if kind == "short" else range(1 + len(kind) % 3, calls + 1, 6)
    assert len(tried) > 2
    for call in tried:
        gone_wrong("batches", kind, call, library, whole, counts)
    assert counts.trainings == len(tried)
    assert counts.kills + counts.errors > 0
