"""Feed: gives a session the examples that it takes at once, and others some batches at a time, dense."""

from collections.abc import Iterator, Sequence

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.engines import Batches, Costs, Engine, Predictor, Session
from pellucid.examples import MOST_DENSE, Examples, Integers
from pellucid.network import Network


class Feed:
    """Examples of any size, for one session.

    Args:
        examples: checked.
        engine: of the session.
        network: to be trained.
        most_bytes: of `Columns` that are made dense at a time; at least one batch always is.

    Attributes:
        first: the examples to open the session with.
        whole: whether these are all examples.
    """

    def __init__(
        self, examples: Examples, engine: Engine, network: Network, most_bytes: int = MOST_DENSE
    ) -> None:
        self._examples, self.first, self.whole = examples, examples, True
        if engine.takes(examples.X, network):
            return
        self._at_a_time = columns_that_fit(examples, most_bytes)
        self.whole = examples.m <= self._at_a_time
        self.first = examples.dense(np.arange(min(examples.m, self._at_a_time)))

    def advance(self, session: Session, batches: Batches, rates: float | Sequence[float]) -> Costs:
        """One step for each batch; see `Session.advance`.

        The state between two blocks is a state between two steps.
        """
        if self.whole:
            return session.advance(batches, rates)
        costs = Costs([], [])
        for first, last in self._blocks(batches):
            block = self._block(batches, first, last)
            session.feed(self._examples.dense(block))
            offsets = batches.offsets[first : last + 1]
            of_block = Batches(np.arange(len(block)), offsets - offsets[0], batches.width)
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
    if at.takes(examples.X):
        return at.evaluate(examples)
    at_a_time = columns_that_fit(examples, most_bytes)
    total, weight, outputs = 0.0, 0.0, []
    for start in range(0, examples.m, at_a_time):
        block = examples.dense(np.arange(start, min(start + at_a_time, examples.m)))
        share = float(block.m if block.weights is None else block.weights.sum())
        cost, AL = at.evaluate(block)
        total, weight = total + share * cost, weight + share
        outputs.append(as_numpy(AL))
    return total / weight if weight else 0.0, np.concatenate(outputs, axis=1)


def outputs(at: Predictor, examples: Examples, most_bytes: int = MOST_DENSE) -> Array:
    """AL (n_y, m) of examples of any size, labelled or not; see `Predictor.outputs`.

    Args:
        at: holds the parameters.
        examples: scaled, in the parameters' dtype.
        most_bytes: see `Feed`.
    """
    if at.takes(examples.X):
        return at.outputs(examples.X)
    at_a_time = columns_that_fit(examples, most_bytes)
    blocks = [
        at.outputs(examples.X.dense(slice(start, start + at_a_time)))
        for start in range(0, max(1, examples.m), at_a_time)
    ]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)


def columns_that_fit(examples: Examples, most_bytes: int = MOST_DENSE) -> int:
    """The number of columns to make dense at a time; at least one."""
    itemsize = np.dtype(str(examples.X.dtype).rpartition(".")[2]).itemsize
    return max(1, most_bytes // max(1, examples.n_x * itemsize))
