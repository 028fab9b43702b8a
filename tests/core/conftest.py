"""Fixtures of the mathematics room: array libraries, and strict floating-point arithmetic."""

from collections.abc import Iterator

import numpy as np
import pytest

from helpers import LIBRARIES, Library


@pytest.fixture(params=LIBRARIES, ids=str)
def library(request: pytest.FixtureRequest) -> Iterator[Library]:
    """Every array library; NumPy and PyTorch in float32 too."""
    with request.param.ready():
        yield request.param


@pytest.fixture
def strict() -> Iterator[None]:
    """NumPy raises on every overflow, division by zero and invalid operation."""
    with np.errstate(all="raise", under="ignore"):
        yield
