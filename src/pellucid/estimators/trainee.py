"""What is trained on: rows, dense or sparse, as an engine's session sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pellucid.core.regularization import weight_penalty, weight_penalty_backward
from pellucid.engines import Batches, Engine, Memory, Session, Steps, flat, named
from pellucid.engines.interface import Integers
from pellucid.network import Network

Floats = np.ndarray[Any, Any]

# Sparse rows that fit in so many bytes are made dense once; more than that, some at a time.
MOST_DENSE = 256 << 20


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows with their targets.

    Attributes:
        X: (m, n_x), a NumPy array or a SciPy sparse matrix.
        Y: (m, n_y) numbers.
        weights: (m,), how much each counts; None: all the same.
        rows: which of them are trained on, in their order: (k,) indices; None: all.
    """

    X: Any
    Y: Floats
    weights: Floats | None = None
    rows: Integers | None = None

    @property
    def order(self) -> Integers:
        """The indices of the rows that are trained on."""
        return np.arange(self.X.shape[0]) if self.rows is None else self.rows

    @property
    def dtype(self) -> Any:
        """The type of number."""
        return self.X.dtype

    def part(self, rows: Any) -> "Examples":
        """Some of them alone, dense."""
        weights = None if self.weights is None else self.weights[rows]
        return Examples(dense(self.X[rows]), self.Y[rows], weights)


def dense(X: Any) -> Floats:
    """The rows as a NumPy array, each row in one piece."""
    return np.ascontiguousarray(X.toarray() if hasattr(X, "toarray") else X)


def opened(
    engine: Engine,
    network: Network,
    parameters: Any,
    examples: Examples,
    steps: Steps,
    memory: Memory | None,
) -> Session:
    """A session on dense examples; columns are what engines call rows."""
    weights = None if examples.weights is None else examples.weights.reshape(1, -1)
    if memory is not None:
        # Sessions count their steps from 0: dropout goes on to other masks.
        steps = replace(steps, dropout_seed=(steps.dropout_seed + memory.taken) % 2**64)
    return engine.open(
        network, parameters, examples.X.T, examples.Y.T, weights=weights, steps=steps, memory=memory
    )


@dataclass(eq=False)
class Trainee:
    """A network in training on examples of any size.

    Dense rows, and sparse ones that do not take too much memory, are one session. Of more, as many batches
    as fit are made dense at a time, and every such group is a session that goes on from the one before.
    """

    engine: Engine
    network: Network
    examples: Examples
    steps: Steps
    parameters: dict[str, Floats]
    memory: Memory | None = None
    most_dense: int = MOST_DENSE
    penalties: list[float] = field(default_factory=list)
    beyond_precision: float = 0.0
    _session: Session | None = None

    def __post_init__(self) -> None:
        X = self.examples.X
        fits = X.shape[0] * X.shape[1] * X.dtype.itemsize <= self.most_dense
        if not hasattr(X, "toarray") or fits:
            whole = Examples(dense(X), self.examples.Y, self.examples.weights)
            self._session = opened(
                self.engine, self.network, self.parameters, whole, self.steps, self.memory
            )

    def advance(self, order: Integers, size: int, rates: float | Sequence[float]) -> list[float]:
        """Batches of `size` rows in this order: the cost of each, before its step.

        Args:
            order: (k,) indices of rows.
            size: rows in a batch; the last may have fewer.
            rates: one for all batches, or one for each.
        """
        if self._session is not None:
            costs = self._session.advance(Batches.runs(order, size), rates)
            self.penalties = self._session.penalties
            return costs
        costs, self.penalties = [], []
        row_bytes = self.examples.X.shape[1] * self.examples.X.dtype.itemsize
        group = max(1, self.most_dense // (row_bytes * size)) * size
        for start in range(0, len(order), group):
            some = order[start : start + group]
            batches = Batches.runs(np.arange(len(some)), size)
            first = start // size
            own = rates if isinstance(rates, float) else rates[first : first + len(batches)]
            session = opened(
                self.engine,
                self.network,
                self.parameters,
                self.examples.part(some),
                self.steps,
                self.memory,
            )
            costs += session.advance(batches, own)
            self.penalties += session.penalties
            self.parameters, self.memory = session.snapshot(), session.memory()
        return costs

    def cost_and_gradient(self, row: Floats) -> tuple[float, Floats]:
        """See `Session.cost_and_gradient`; of all rows."""
        if self._session is not None:
            cost, gradient = self._session.cost_and_gradient(row)
            self.beyond_precision = self._session.beyond_precision
            return cost, gradient
        examples, network = self.examples, self.network
        bare = replace(network, l2=0.0, l1=0.0)
        group = max(1, self.most_dense // (examples.X.shape[1] * examples.X.dtype.itemsize))
        total, cost, beyond, gradient = 0.0, 0.0, 0.0, np.zeros_like(row)
        for start in range(0, examples.X.shape[0], group):
            part = examples.part(slice(start, start + group))
            share = float(len(part.Y) if part.weights is None else part.weights.sum())
            session = opened(self.engine, bare, self.parameters, part, self.steps, None)
            some, slope = session.cost_and_gradient(row)
            total, cost, gradient = total + share, cost + share * some, gradient + share * slope
            beyond += share * session.beyond_precision
        self.beyond_precision = beyond / total
        parameters = named(network, row)
        pulls = weight_penalty_backward(parameters, total, l2=network.l2, l1=network.l1)
        slopes = {name: pulls.get(f"d{name}", np.zeros_like(value)) for name, value in parameters.items()}
        penalty = weight_penalty(parameters, total, l2=network.l2, l1=network.l1)
        return cost / total + float(penalty), gradient / total + flat(network, slopes, row.dtype)

    def snapshot(self) -> dict[str, Floats]:
        """The parameters as they are now."""
        return dict(self.parameters) if self._session is None else self._session.snapshot()

    def remembered(self) -> Memory | None:
        """What the optimizer carries."""
        return self.memory if self._session is None else self._session.memory()
