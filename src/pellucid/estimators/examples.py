"""scikit-learn's rows as our Examples, and scikit-learn's order of batches."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.encoded_table import EncodedTable
from pellucid.examples import MOST_DENSE, Examples, Integers
from pellucid.training import Order
from pellucid.training.origin import DIGEST

Floats = np.ndarray[Any, Any]


class SparseColumns:
    """The rows of a SciPy sparse matrix as the columns of X. See `pellucid.examples.Columns`.

    Args:
        rows: (m, n_x), in a format that can be indexed by rows (CSR).
    """

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self.shape = (int(rows.shape[1]), int(rows.shape[0]))
        self.dtype = rows.dtype

    def dense(self, columns: Integers | slice) -> Floats:
        """The chosen columns, (n_x, k); each contiguous."""
        return np.ascontiguousarray(self._rows[columns].toarray()).T


class EncodedRows:
    """The rows of an encoded table, as scikit-learn counts them.

    Args:
        table: (n_x, m), as `pellucid.examples.Columns` counts.
    """

    def __init__(self, table: EncodedTable) -> None:
        self.table = table
        self.shape = table.shape[::-1]
        self.dtype = table.dtype

    def __len__(self) -> int:
        return self.shape[0]


def examples_of(X: Any, Y: Floats, weights: Floats | None = None) -> Examples:
    """Examples of rows that scikit-learn has validated.

    Args:
        X: (m, n_x), dense, sparse or encoded.
        Y: (m, n_y).
        weights: (m,), how much each row counts; None: all the same.
    """
    if isinstance(X, EncodedRows):
        columns: Any = X.table
    else:
        columns = SparseColumns(X) if hasattr(X, "toarray") else X.T
    return Examples(columns, Y.T, None if weights is None else weights.reshape(1, -1), finite=True)


def dense_parts(X: Any) -> Iterator[Floats]:
    """All rows of a dense X; of others dense blocks of rows, each small enough to save memory.

    Args:
        X: (m, n_x), a NumPy array, a SciPy sparse matrix, or encoded.
    """
    if not isinstance(X, EncodedRows) and not hasattr(X, "toarray"):
        yield X
        return
    at_a_time = max(1, MOST_DENSE // max(1, X.shape[1] * 8))
    for start in range(0, X.shape[0], at_a_time):
        rows = slice(start, start + at_a_time)
        yield X.table.dense(rows).T if isinstance(X, EncodedRows) else X[rows].toarray()


class StreamOrder(Order):
    """scikit-learn's order.

    Each epoch shuffles the order of the epoch before, and all draw from one stream of random numbers.

    Args:
        columns: (k,) indices of the examples that are trained on, in their first order.
        batch_size: examples per batch.
        stream: the random numbers of the shuffles; it advances. None: no shuffles.
    """

    def __init__(self, columns: Integers, batch_size: int, stream: np.random.RandomState | None) -> None:
        super().__init__(len(columns), batch_size)
        self._columns, self._random = columns, stream
        state = b"" if stream is None else stream.get_state()[1].tobytes()  # type: ignore[index]
        self._began = hashlib.blake2b(columns.tobytes() + state, digest_size=16).hexdigest()

    def skip(self, epochs: int) -> None:
        """Draw what this many epochs would, which were trained before."""
        for epoch in range(epochs):
            self._permutation(epoch)

    def described(self) -> dict[str, Any]:
        """See `Order.described`."""
        return {**super().described(), f"shuffle, by random_state,{DIGEST}": self._began}

    def _permutation(self, epoch: int) -> Integers:  # noqa: ARG002 - the stream decides
        if self._random is not None:
            # The draws of sklearn.utils.shuffle.
            drawn = np.arange(self.m)
            self._random.shuffle(drawn)
            self._columns = self._columns[drawn]
        return self._columns
