"""The order of batches: every example once an epoch, as RandomState says, however many at a time."""

import numpy as np
import pytest

from pellucid.training.order import Order, epoch_batches


@pytest.mark.parametrize("batch_size", [1, 3, 10, 99])
def test_batches_hold_every_example_once(batch_size: int) -> None:
    batches = list(epoch_batches(10, batch_size, 10, 0))
    assert sorted(np.concatenate(batches)) == list(range(10))
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    np.testing.assert_array_equal(np.concatenate(batches), np.random.RandomState(11).permutation(10))


@pytest.mark.parametrize("batch_size", [None, 3, 5, 10, 99])
@pytest.mark.parametrize("count", [1, 4])
def test_epochs_in_one_piece_are_those_one_by_one(batch_size: int | None, count: int) -> None:
    order = Order(10, batch_size, shuffle_seed=2**32 - 3)
    together = order.batches(7, count)
    alone = [epoch_batches(10, batch_size, 2**32 - 3, 7 + i) for i in range(count)]
    expected = [batch for batches in alone for batch in batches]
    assert len(together) == len(expected) == count * order.steps_per_epoch
    for found, batch in zip(together, expected, strict=True):
        np.testing.assert_array_equal(found, batch)
    if batch_size is not None:
        columns = np.random.RandomState((2**32 - 3 + 1 + 7) % 2**32).permutation(10)
        np.testing.assert_array_equal(np.concatenate(list(alone[0])), columns)


def test_the_full_batch_is_in_order() -> None:
    assert list(epoch_batches(10, None, 3, 5)) == [None]
    assert list(Order(10, None).batches(2, 3)) == [None] * 3


def test_what_was_given_out_stays_as_it_was() -> None:
    order = Order(10, 4)
    first = order.batches(0, 2)
    kept = first.columns.copy(), first.offsets.copy()
    for epoch, count in ((2, 1), (3, 5), (8, 2)):
        order.batches(epoch, count)
    np.testing.assert_array_equal(first.columns, kept[0])
    np.testing.assert_array_equal(first.offsets, kept[1])


def test_the_cost_of_an_epoch_weighs_its_batches() -> None:
    costs = [1.0, 2.0, 4.0, 3.0, 5.0, 9.0]
    plain = Order(10, 4)
    expected = [(4 * 1 + 4 * 2 + 2 * 4) / 10, (4 * 3 + 4 * 5 + 2 * 9) / 10]
    assert plain.costs(costs, plain.batches(0, 2)) == pytest.approx(expected)
    w = np.arange(10.0)
    weighted = Order(10, 4, 0, w)
    batches = weighted.batches(0, 2)
    sums = [w[batch].sum() for batch in batches]
    expected = [np.dot(costs[:3], sums[:3]) / w.sum(), np.dot(costs[3:], sums[3:]) / w.sum()]
    assert weighted.costs(costs, batches) == pytest.approx(expected)
    assert Order(10, None, 0, w).costs([1.5, 2.5], Order(10, None).batches(0, 2)) == [1.5, 2.5]


@pytest.mark.parametrize("weighted", [False, True])
def test_the_cost_of_an_epoch_is_the_same_to_the_bit_however_many_there_are(weighted: bool) -> None:
    rng = np.random.RandomState(0)
    order = Order(50, 7, 0, rng.rand(50).astype("float32") if weighted else None)
    costs = rng.rand(8 * 6).tolist()
    together = order.costs(costs, order.batches(0, 6))
    alone = [order.costs(costs[8 * e : 8 * e + 8], order.batches(e, 1))[0] for e in range(6)]
    assert together == alone
