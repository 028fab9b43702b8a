"""Rates that shrink: at once, and in steps."""

import pytest

from pellucid.core import schedule_lr_decay, update_lr


def test_the_rate_shrinks_with_every_epoch() -> None:
    assert [update_lr(0.5, epoch, 1) for epoch in range(4)] == [0.5, 0.25, 0.5 / 3, 0.125]


@pytest.mark.parametrize(("epoch", "expected"), [(0, 0.5), (99, 0.5), (100, 0.5 / 1.3), (250, 0.5 / 1.6)])
def test_the_rate_shrinks_at_each_interval(epoch: int, expected: float) -> None:
    assert schedule_lr_decay(0.5, epoch, 0.3, time_interval=100) == pytest.approx(expected, rel=1e-15)
