"""Feed: gives a session the examples that it takes at once, and others block by block.

What lies in files is streamed; what is not one dense array, and the engine does not take as it is, is made
dense some batches at a time.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.engines import Batches, Costs, Engine, Predictor, Session
from pellucid.examples import MOST_DENSE, Examples, Integers
from pellucid.network import Network
from pellucid.stored import Stored
from pellucid.training.streaming import Block, Stream

# Of examples in files, to evaluate them: this share of the memory that a training may take, and no more.
_EVALUATED_SHARE, _MOST_EVALUATED = 8, 32 << 20


class Feed:
    """Examples of any size, for one session.

    Args:
        examples: checked.
        engine: of the session.
        network: to be trained.
        most_bytes: of `Columns` that are made dense at a time; at least one batch always is.
        window: examples of a block, if they lie in files.

    Attributes:
        first: the examples to open the session with.
        whole: whether these are all examples.
    """

    def __init__(
        self,
        examples: Examples,
        engine: Engine,
        network: Network,
        most_bytes: int = MOST_DENSE,
        *,
        window: int | None = None,
    ) -> None:
        self._examples, self.first, self.whole = examples, examples, True
        self._engine, self._network, self._most_bytes = engine, network, most_bytes
        self._fed: Block | None = None
        self._stream: Stream | None = None
        if isinstance(examples.X, Stored):
            self.whole = False
            self._stream = Stream(examples, window or columns_that_fit(examples, most_bytes))
            # To open the session with; the first steps are fed theirs.
            few = examples.block(np.arange(1))
            self.first = few if engine.takes(few.X, network) else few.dense(np.arange(1))
            return
        if engine.takes(examples.X, network):
            return
        self._at_a_time = columns_that_fit(examples, most_bytes)
        self.whole = examples.m <= self._at_a_time
        self.first = examples.dense(np.arange(min(examples.m, self._at_a_time)))

    def advance(
        self,
        session: Session,
        batches: Batches,
        rates: float | Sequence[float],
        drawn: Batches | None = None,
        first: int = 0,
    ) -> Costs:
        """One step for each batch; see `Session.advance`.

        The state between two blocks is a state between two steps.

        Args:
            session: opened with `first`.
            batches: of the steps.
            rates: see there.
            drawn: the batches among which these are; None: these alone. What lies in files is read in
                blocks of them.
            first: the place of the first of `batches` among `drawn`.
        """
        if self.whole:
            return session.advance(batches, rates)
        if self._stream is None:
            return self._in_dense_blocks(session, batches, rates)
        costs, done = Costs([], []), 0
        for block, own in self._stream.blocks(drawn or batches, first, first + len(batches)):
            of_own = rates if isinstance(rates, float) else rates[done : done + len(own)]
            if not self._engine.takes(block.examples.X, self._network):
                within = Feed(block.examples, self._engine, self._network, self._most_bytes)
                part = within._in_dense_blocks(session, own, of_own)
            else:
                if self._fed is not block:
                    session.feed(block.examples)
                    self._fed = block
                part = session.advance(own, of_own)
            _extend(costs, part)
            done += len(own)
        return costs

    def _in_dense_blocks(self, session: Session, batches: Batches, rates: float | Sequence[float]) -> Costs:
        costs = Costs([], [])
        for first, last in self._blocks(batches):
            block = self._block(batches, first, last)
            session.feed(self._examples.dense(block))
            offsets = batches.offsets[first : last + 1]
            of_block = Batches(np.arange(len(block)), offsets - offsets[0], batches.width)
            if batches.columns is None:
                of_block = Batches.full(last - first)
            _extend(
                costs, session.advance(of_block, rates if isinstance(rates, float) else rates[first:last])
            )
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


def _extend(costs: Costs, part: Costs) -> None:
    costs.cost.extend(part.cost)
    costs.penalty.extend(part.penalty)


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
    stored = isinstance(examples.X, Stored)
    if at.takes(examples.X) and not stored:
        return at.evaluate(examples)
    at_a_time = _stored_that_fit(examples.X) if stored else columns_that_fit(examples, most_bytes)
    total, weight, outputs = 0.0, 0.0, []
    for start in range(0, examples.m, at_a_time):
        columns = np.arange(start, min(start + at_a_time, examples.m))
        block = examples.block(columns) if stored else examples.dense(columns)
        share = float(block.m if block.weights is None else block.weights.sum())
        cost, AL = evaluate(at, block, most_bytes)
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
    if isinstance(examples.X, Stored):
        at_a_time = _stored_that_fit(examples.X)
        starts = range(0, examples.m, at_a_time)
        blocks = [
            outputs(at, Examples(examples.X.block(slice(start, start + at_a_time))), most_bytes)
            for start in starts
        ]
    elif at.takes(examples.X):
        return at.outputs(examples.X)
    else:
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


def _stored_that_fit(X: Stored) -> int:
    """The number of columns in files to read at a time; at least one."""
    return max(1, min(_MOST_EVALUATED, X.memory // _EVALUATED_SHARE) // X.column_bytes)
