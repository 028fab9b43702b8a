"""The order of batches: every example once an epoch, as RandomState says, however many at a time."""

import numpy as np
import pytest

from pellucid.training.order import Order, WindowOrder, epoch_batches


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


@pytest.mark.parametrize(
    ("m", "batch_size", "run", "window"),
    [(100, 8, 7, 30), (100, 8, 200, 8), (97, 10, 1, 1000), (5, 8, 2, 1)],
)
def test_windows_hold_every_example_once(m: int, batch_size: int, run: int, window: int) -> None:
    order = WindowOrder(m, batch_size, run=run, window=window, shuffle_seed=3)
    epochs = [order.batches(epoch, 1) for epoch in range(4)]
    for batches in epochs:
        np.testing.assert_array_equal(np.sort(batches.columns), np.arange(m))
        assert len(batches) == order.steps_per_epoch
        assert order.window % min(batch_size, m) == 0
    assert any(np.any(epochs[0].columns != other.columns) for other in epochs[1:])
    # An epoch is known without those before it, and so are several at once.
    alone = WindowOrder(m, batch_size, run=run, window=window, shuffle_seed=3)
    together = alone.batches(2, 2)
    np.testing.assert_array_equal(together.columns, np.concatenate([epochs[2].columns, epochs[3].columns]))
    assert len(together) == 2 * order.steps_per_epoch
    other = WindowOrder(m, batch_size, run=run, window=window, shuffle_seed=4)
    np.testing.assert_array_equal(other.batches(1, 1).columns, epochs[2].columns)


def test_a_window_is_of_a_few_runs() -> None:
    order = WindowOrder(10_000, 10, run=100, window=1000)
    for epoch in range(3):
        columns = order.batches(epoch, 1).columns
        for window in columns.reshape(10, 1000):
            breaks = np.flatnonzero(np.diff(np.sort(window)) > 1)
            # One run may be cut at either end of the window.
            assert len(breaks) <= 11


def test_every_example_comes_at_every_position_as_often() -> None:
    m, epochs, bins = 120, 4000, 10
    order = WindowOrder(m, 5, run=8, window=30)
    counts, pair = np.zeros((m, bins)), np.empty((epochs, 2), int)
    for epoch in range(epochs):
        place = np.empty(m, int)
        place[order.batches(epoch, 1).columns] = np.arange(m)
        counts[np.arange(m), place * bins // m] += 1
        pair[epoch] = place[60:62]
    expected = epochs / bins
    chi_square = ((counts - expected) ** 2 / expected).sum(axis=1)
    # 9 degrees of freedom: of 120 values one above 33 is a chance of one in a hundred; the first and the
    # last rows of the file are in shorter runs, and no less free.
    assert chi_square.max() < 33
    # Within a window every order is as likely: neighbours are no nearer than others.
    same = pair[:, 0] // 30 == pair[:, 1] // 30
    assert same.mean() > 0.8
    assert np.abs(np.diff(pair[same])).mean() == pytest.approx(31 / 3, rel=0.05)


def test_a_sorted_file_is_mixed_as_it_says() -> None:
    m, run, window = 100_000, 50, 5000
    order = WindowOrder(m, 100, run=run, window=window)
    label = np.arange(m) < 0.3 * m
    shares = np.concatenate(
        [label[order.batches(epoch, 1).columns].reshape(-1, window).mean(axis=1) for epoch in range(20)]
    )
    said = np.sqrt(0.3 * 0.7 * run / window)
    assert shares.std() == pytest.approx(said, rel=0.15)
    assert shares.mean() == pytest.approx(0.3)


def test_the_cost_of_an_epoch_of_windows_weighs_its_batches() -> None:
    w = np.arange(10.0)
    order = WindowOrder(10, 4, run=2, window=8, weights=w)
    batches = order.batches(0, 1)
    sums = [w[batch].sum() for batch in batches]
    assert order.costs([1.0, 2.0, 4.0], batches) == pytest.approx([np.dot([1, 2, 4], sums) / w.sum()])
