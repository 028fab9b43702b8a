"""Feed: gives a session dense examples at once, and others some batches at a time."""

from collections.abc import Iterator, Sequence

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.engines import Batches, Costs, Predictor, Session
from pellucid.examples import MOST_DENSE, Examples, Integers


class Feed:
    """Examples of any size, for one session.

    Args:
        examples: checked.
        most_bytes: of `Columns` that are made dense at a time; at least one batch always is.

    Attributes:
        first: the examples to open the session with.
        whole: whether these are all examples.
    """

    def __init__(self, examples: Examples, most_bytes: int = MOST_DENSE) -> None:
        self._examples = examples
        self._at_a_time = columns_that_fit(examples, most_bytes)
        self.whole = examples.is_dense or examples.m <= self._at_a_time
        self.first = examples
        if not examples.is_dense:
            self.first = examples.take(np.arange(min(examples.m, self._at_a_time)))

    def advance(self, session: Session, batches: Batches, rates: float | Sequence[float]) -> Costs:
        """One step for each batch; see `Session.advance`.

        The state between two blocks is a state between two steps.
        """
        if self.whole:
            return session.advance(batches, rates)
        costs = Costs([], [])
        for first, last in self._blocks(batches):
            block = self._block(batches, first, last)
            session.feed(self._examples.take(block))
            offsets = batches.offsets[first : last + 1]
            of_block = Batches(np.arange(len(block)), offsets - offsets[0])
            if batches.columns is None:
                of_block = Batches.full(last - first)
            part = session.advance(of_block, rates if isinstance(rates, float) else rates[first:last])
            costs.cost.extend(part.cost)
            costs.penalty.extend(part.penalty)
        return costs

    def _blocks(self, batches: Batches) -> Iterator[tuple[int, int]]:
        """Runs of batches whose columns fit, (first, last)."""
        if batches.columns is None:
            yield 0, len(batches)
            return
        first = 0
        for i in range(1, len(batches) + 1):
            if i == len(batches) or batches.offsets[i + 1] - batches.offsets[first] > self._at_a_time:
                yield first, i
                first = i

    def _block(self, batches: Batches, first: int, last: int) -> Integers:
        if batches.columns is None:
            return np.arange(self._examples.m)
        return batches.columns[batches.offsets[first] : batches.offsets[last]]


def evaluate(
    at: Session | Predictor, examples: Examples, most_bytes: int = MOST_DENSE
) -> tuple[float, Array]:
    """The cost and the outputs of examples of any size; see `Session.evaluate`.

    Args:
        at: holds the parameters.
        examples: checked. Pass the same object for the same dense examples: an engine then prepares them
            only once.
        most_bytes: see `Feed`.
    """
    if examples.is_dense:
        return at.evaluate(examples)
    at_a_time = columns_that_fit(examples, most_bytes)
    total, weight, outputs = 0.0, 0.0, []
    for start in range(0, examples.m, at_a_time):
        block = examples.take(np.arange(start, min(start + at_a_time, examples.m)))
        share = float(block.m if block.weights is None else block.weights.sum())
        cost, AL = at.evaluate(block)
        total, weight = total + share * cost, weight + share
        outputs.append(as_numpy(AL))
    return total / weight if weight else 0.0, np.concatenate(outputs, axis=1)


def columns_that_fit(examples: Examples, most_bytes: int = MOST_DENSE) -> int:
    """The number of columns to make dense at a time; at least one."""
    itemsize = np.dtype(str(examples.X.dtype).rpartition(".")[2]).itemsize
    return max(1, most_bytes // max(1, examples.n_x * itemsize))
