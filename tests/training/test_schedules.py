"""Schedules: the rate of every step against closed forms and PyTorch's; and what none of them is."""

import re
from typing import Any

import numpy as np
import pytest

from pellucid.core import schedule_lr_decay, update_lr
from pellucid.errors import OptionError
from pellucid.training.schedules import SCHEDULES, Extent, Schedule

RATE = 0.3
LONG = Extent(epochs=50, steps_per_epoch=4, m=30)


def rates(schedule: str | Schedule, extent: Extent = LONG, **part: int) -> np.ndarray:
    return Schedule.named(schedule).rates(RATE, extent, **part)


def by_epoch(values: list[float], extent: Extent = LONG) -> np.ndarray:
    return np.repeat(values, extent.steps_per_epoch)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_gives_every_step_a_rate(name: str) -> None:
    found = rates(name)
    assert found.shape == (200,)
    assert found.dtype == np.float64
    assert (found > 0).all()
    assert found.max() <= RATE


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("warmup", [{}, {"warmup_epochs": 3}, {"warmup_steps": 5}])
def test_any_part_is_that_part_of_the_whole(name: str, warmup: dict[str, Any]) -> None:
    schedule = Schedule(name, **warmup)
    whole = rates(schedule)
    np.testing.assert_array_equal(rates(schedule, first=37, count=60), whole[37:97])
    one_by_one = [rates(schedule, first=i, count=1)[0] for i in range(200)]
    np.testing.assert_array_equal(one_by_one, whole)


def test_constant() -> None:
    np.testing.assert_array_equal(rates("constant"), np.full(200, RATE))
    assert Schedule().is_constant
    assert not Schedule(warmup_steps=1).is_constant
    assert not Schedule("cosine").is_constant


def test_step() -> None:
    expected = by_epoch([RATE * 0.5 ** (epoch // 7) for epoch in range(50)])
    np.testing.assert_allclose(rates(Schedule("step", factor=0.5, every=7)), expected, rtol=1e-14)


def test_inverse_scaling_counts_examples() -> None:
    expected = by_epoch([RATE / (epoch * 30 + 1) ** 0.6 for epoch in range(50)])
    np.testing.assert_allclose(rates(Schedule("inverse_scaling", power=0.6)), expected, rtol=1e-14)


@pytest.mark.parametrize("every", [1, 8])
def test_decay_is_the_courses(every: int) -> None:
    found = rates(Schedule("decay", decay_rate=0.4, every=every))
    expected = [schedule_lr_decay(RATE, epoch, 0.4, every) for epoch in range(50)]
    np.testing.assert_allclose(found, by_epoch(expected), rtol=1e-14)
    if every == 1:
        np.testing.assert_allclose(
            found, by_epoch([update_lr(RATE, epoch, 0.4) for epoch in range(50)]), rtol=1e-14
        )


def test_cosine() -> None:
    found = rates(Schedule("cosine", floor=0.1))
    steps = np.arange(200)
    expected = 0.03 + (0.3 - 0.03) * (1 + np.cos(np.pi * steps / 200)) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("ratio", [1e-3, 1.0, 1e7])
def test_exponential_changes_by_the_same_factor_to_a_share_of_the_rate(ratio: float) -> None:
    found = rates(Schedule("exponential", ratio=ratio))
    assert found[0] == RATE
    assert found[-1] == pytest.approx(ratio * RATE, rel=1e-14)
    np.testing.assert_allclose(found[1:] / found[:-1], ratio ** (1 / 199), rtol=1e-12)
    np.testing.assert_allclose(found, np.geomspace(RATE, ratio * RATE, 200), rtol=1e-13)


def test_inverse_scaling_goes_by_what_was_seen() -> None:
    """Of a stream, whose epochs differ in size, what came before counts, not the number of the epoch."""
    schedule = Schedule("inverse_scaling", power=0.7)
    # Epochs 5 and 6, of 4 steps and, from here on, of 30 examples; 1234 were seen before.
    found = rates(schedule, first=20, count=8, seen=1234)
    expected = np.repeat([RATE / (1234 + 1) ** 0.7, RATE / (1234 + 30 + 1) ** 0.7], 4)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    # In the middle of an epoch, what was seen before the epoch counts.
    np.testing.assert_array_equal(rates(schedule, first=22, count=3, seen=1234), found[2:5])
    np.testing.assert_array_equal(rates(schedule, first=0, count=4, seen=0), np.full(4, RATE))
    # Where all epochs are alike, that is the same as counting them.
    whole = rates(schedule)
    for epoch in (0, 1, 17, 49):
        part = rates(schedule, first=4 * epoch, count=4, seen=30 * epoch)
        np.testing.assert_array_equal(part, whole[4 * epoch : 4 * epoch + 4])
    with_warm_up = rates(
        Schedule("inverse_scaling", power=0.7, warmup_steps=40), first=20, count=8, seen=1234
    )
    np.testing.assert_allclose(with_warm_up, found * np.arange(21, 29) / 40, rtol=1e-14)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "inverse_scaling"])
def test_no_other_schedule_asks_what_was_seen(name: str) -> None:
    np.testing.assert_array_equal(rates(name, first=8, count=9, seen=77), rates(name, first=8, count=9))


def test_one_cycle_goes_up_and_down() -> None:
    found = rates(Schedule("one_cycle", start=0.1, end=0.01, rise=0.25))
    assert found[0] == pytest.approx(0.03)
    assert found[49] == pytest.approx(RATE)
    assert found[-1] == pytest.approx(0.003)
    assert (np.diff(found[:50]) > 0).all()
    assert (np.diff(found[50:]) < 0).all()


@pytest.mark.parametrize("epochs", [0, 1, 2, 3])
@pytest.mark.parametrize("name", SCHEDULES)
def test_short_trainings(name: str, epochs: int) -> None:
    found = rates(name, Extent(epochs))
    assert found.shape == (epochs,)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_warm_up_combines_with_any(name: str) -> None:
    plain = rates(name)
    share = np.minimum(np.arange(1, 201) / 12, 1)
    np.testing.assert_allclose(rates(Schedule(name, warmup_epochs=3)), plain * share, rtol=1e-14)
    np.testing.assert_allclose(rates(Schedule(name, warmup_steps=12)), plain * share, rtol=1e-14)
    np.testing.assert_array_equal(
        rates(Schedule(name).warmed_up(3)), rates(Schedule(name, warmup_epochs=3))
    )


def test_half_an_epoch_of_warm_up() -> None:
    np.testing.assert_allclose(rates(Schedule(warmup_epochs=0.5))[:3], [RATE / 2, RATE, RATE])


def test_adaptive_is_divided_as_often_as_it_is_told() -> None:
    schedule = Schedule("adaptive")
    assert schedule.needs_epoch_end
    assert not Schedule("cosine").needs_epoch_end
    np.testing.assert_allclose(schedule.rates(RATE, LONG, divided=2), np.full(200, RATE / 25), rtol=1e-14)
    assert schedule.divides(1e-5, 1)
    assert not schedule.divides(1e-5, 2)


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def torch_rates(torch: Any, scheduler: Any, steps: int, **arguments: Any) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    follower = scheduler(optimizer, **arguments)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        follower.step()
    return found


def test_step_is_pytorchs(torch: Any) -> None:
    expected = torch_rates(torch, torch.optim.lr_scheduler.StepLR, 50, step_size=7, gamma=0.5)
    np.testing.assert_allclose(rates("step:every=7,factor=0.5"), by_epoch(expected), rtol=1e-12)


def test_cosine_is_pytorchs(torch: Any) -> None:
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR
    expected = torch_rates(torch, scheduler, 200, T_max=200, eta_min=0.03)
    np.testing.assert_allclose(rates("cosine:floor=0.1"), expected, rtol=1e-10)


def test_exponential_is_pytorchs(torch: Any) -> None:
    scheduler = torch.optim.lr_scheduler.ExponentialLR
    expected = torch_rates(torch, scheduler, 200, gamma=0.01 ** (1 / 199))
    np.testing.assert_allclose(rates("exponential"), expected, rtol=1e-11)


@pytest.mark.parametrize("rise", [0.3, 0.25, 0.123])
def test_one_cycle_is_pytorchs(torch: Any, rise: float) -> None:
    scheduler = torch.optim.lr_scheduler.OneCycleLR
    expected = torch_rates(torch, scheduler, 199, max_lr=RATE, total_steps=200, pct_start=rise)
    found = rates(Schedule("one_cycle", rise=rise))
    np.testing.assert_allclose(found[:199], expected, rtol=1e-9)


def test_a_warm_up_is_pytorchs(torch: Any) -> None:
    scheduler = torch.optim.lr_scheduler.LinearLR
    expected = torch_rates(torch, scheduler, 20, start_factor=0.1, total_iters=9)
    np.testing.assert_allclose(rates(Schedule(warmup_steps=10))[:20], expected, rtol=1e-12)


def test_names_and_numbers_in_one_word() -> None:
    assert Schedule.named("cosine") == Schedule("cosine")
    assert Schedule.named("step:every=20,factor=0.5") == Schedule("step", factor=0.5, every=20)
    assert Schedule.named("constant:warmup_steps=3") == Schedule(warmup_steps=3)
    given = Schedule("decay")
    assert Schedule.named(given) is given


def test_the_usual_numbers_are_written_out() -> None:
    assert Schedule("step") == Schedule("step", factor=0.1, every=30)
    assert type(Schedule("step").every) is int


@pytest.mark.parametrize(
    ("build", "line"),
    [
        (
            lambda: Schedule("magic"),
            "schedule is 'magic'; expected one of constant, step, inverse",
        ),
        (lambda: Schedule.named(3), "schedule is 3; expected a name or a Schedule"),  # type: ignore[arg-type]
        (lambda: Schedule("cosine", every=3), "the schedule cosine has no every; it has floor"),
        (lambda: Schedule(factor=0.1), "the schedule constant has no factor; it has no numbers"),
        (lambda: Schedule("step", every=0), "every is 0; expected an integer of at least 1"),
        (lambda: Schedule("step", every=1.5), "every is 1.5; expected an integer of at least 1"),  # type: ignore[arg-type]
        (lambda: Schedule("step", factor=2), "factor is 2; expected a number above 0 and at most 1"),
        (lambda: Schedule("adaptive", divisor=1), "divisor is 1; expected a number above 1"),
        (lambda: Schedule("one_cycle", rise=1), "rise is 1; expected a number above 0 and below 1"),
        (lambda: Schedule(warmup_epochs=-1), "warmup_epochs is -1; expected a number at least 0"),
        (lambda: Schedule(warmup_epochs=1, warmup_steps=1), "set the same length twice"),
        (lambda: Schedule.named("step:20"), "schedule is 'step:20'; expected a name and its numbers"),
        (lambda: Schedule.named("step:often=20"), "schedule is 'step:often=20'; expected a name and"),
        (lambda: Schedule.named("step:every=soon"), "every is 'soon'; expected a number"),
    ],
)
def test_what_is_no_schedule(build: Any, line: str) -> None:
    with pytest.raises(OptionError, match=re.escape(line)):
        build()
