"""The engine of a test, skipped where it or its array library is missing."""

from collections.abc import Iterator

import pytest

from sessions import Trained


@pytest.fixture
def trained(request: pytest.FixtureRequest) -> Iterator[Trained]:
    """An engine that is there."""
    with request.param.ready():
        yield request.param
