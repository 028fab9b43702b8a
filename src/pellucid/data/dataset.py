"""Dataset: examples ready to train on, with their classes, recipe and sources."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from pellucid.core._arrays import first_non_finite
from pellucid.data.recipe import AnyRecipe, Recipe
from pellucid.data.rows import Rows
from pellucid.data.stored_rows import StoredRows
from pellucid.display import beside, facts, table
from pellucid.encoded_table import EncodedTable
from pellucid.errors import LabelError, NonFiniteError, OptionError
from pellucid.examples import Examples
from pellucid.files.reading import shown
from pellucid.stored import Stored

DTYPES = ("float64", "float32")

Floats = np.ndarray[Any, Any]

# Examples to judge a model by, where not all fit into memory: how many at most, in what share of it.
_MOST_JUDGED, _JUDGED_SHARE = 100_000, 8
# What each takes beside its inputs.
_JUDGED_BYTES = 500
# Of classes, or numbers to predict, in a notebook.
_MOST_ROWS = 12


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset(Examples):
    """m examples as columns, with their classes, their recipe and their sources.

    X (n_x, m) is a NumPy array, float64 or float32, or `Stored` in files, and Y has the same type: (1, m)
    of 0 and 1 for two classes, one-hot columns (K, m) for K classes, numbers (n_y, m) for regression; None
    without labels.

    Attributes:
        classes: the names of the classes; of two, the second is Y = 1. Empty for regression.
        recipe: the preprocessing of raw rows, or of the columns of a table, that gave X.
        sources: the source of each example; may be empty.
        skipped: one line for each source that could not be read.
    """

    classes: tuple[str, ...]
    recipe: AnyRecipe
    sources: Sequence[str] = ()
    skipped: tuple[str, ...] = ()

    @classmethod
    def from_rows(cls, rows: Rows, recipe: Recipe, dtype: str = "float64") -> Self:
        """The data set of raw rows, preprocessed by the recipe.

        Raises:
            DataError: rows of another shape than the recipe's.
            NonFiniteError: NaN or infinity among the inputs, with its row and column; or a target that
                is beyond the range of float32.
            OptionError: unknown dtype.
        """
        if dtype not in DTYPES:
            raise OptionError(f"unknown dtype {dtype!r}; expected {' or '.join(DTYPES)}")
        X: Any
        if isinstance(rows.rows, StoredRows):
            X = recipe.stored(rows.rows, dtype)
            if rows.rows.dtype.kind == "f":
                for _ in finite_blocks(X.blocks(), rows.sources):
                    pass
        else:
            X = recipe.columns(rows.rows, dtype)
            check_finite(X, rows.sources)
        return cls(
            X,
            _targets(rows, dtype),
            finite=True,
            classes=rows.classes,
            recipe=recipe,
            sources=rows.sources,
            skipped=rows.skipped,
        )

    def rows_that_fit(self, seed: int = 0) -> np.ndarray[Any, Any]:
        """The examples to judge in memory, in their order: all, or of those in files as many as fit, drawn.

        Args:
            seed: of the draw.
        """
        if not isinstance(self.X, Stored):
            return np.arange(self.m)
        return drawn_to_judge(self.m, self.X.column_bytes + _JUDGED_BYTES, self.X.memory, seed)

    def in_memory(self, rows: np.ndarray[Any, Any]) -> Self:
        """The data set; of one in files some examples, read into memory.

        Args:
            rows: which.
        """
        X: Any = self.X
        if not isinstance(X, Stored):
            return self
        Y = None if self.Y is None else self.Y[:, rows]
        sources = tuple(self.sources[row] for row in rows) if self.sources else ()
        return replace(self, X=X.block(rows), Y=Y, sources=sources)

    @property
    def labels(self) -> np.ndarray[Any, Any]:
        """(m,) integers: the index of each example's class.

        Raises:
            LabelError: there are no labels, or the targets are numbers.
        """
        if self.Y is None:
            raise LabelError("these examples have no labels; expected labelled ones")
        if not self.classes:
            raise LabelError("these examples have numbers as targets; expected classes")
        return labels_of(self.Y)

    @property
    def class_counts(self) -> dict[str, int]:
        """How many examples each class has; empty for regression."""
        if not self.classes:
            return {}
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))

    def __repr__(self) -> str:
        what = f"classes {', '.join(self.classes) or 'unknown'}"
        if self.Y is not None and not self.classes:
            what = "1 number to predict" if len(self.Y) == 1 else f"{len(self.Y)} numbers to predict"
        return f"Dataset({self.m} examples of {self.n_x} inputs, {what})"

    def _repr_html_(self) -> str:
        pairs = [("examples", f"{self.m:,}"), ("inputs", f"{self.n_x:,}: {self.recipe.describe()}")]
        pairs += [("skipped", f"{len(self.skipped):,} that could not be read")] if self.skipped else []
        if self.Y is None:
            return facts([*pairs, ("labels", "none")])
        if not self.classes:
            rows = [
                (str(k + 1), f"{row.min():.4g}", f"{row.mean():.4g}", f"{row.max():.4g}")
                for k, row in enumerate(self.Y[:_MOST_ROWS])
            ]
            return beside(facts(pairs), table(("number to predict", "min", "mean", "max"), rows, "<>>>"))
        counts = list(self.class_counts.items())
        classes = [
            (shown(name, 40), f"{count:,}", f"{count / self.m:.1%}") for name, count in counts[:_MOST_ROWS]
        ]
        if len(self.classes) > _MOST_ROWS:
            rest = sum(count for _, count in counts[_MOST_ROWS:])
            more = f"{len(self.classes) - _MOST_ROWS} more"
            classes.append((more, f"{rest:,}", f"{rest / self.m:.1%}"))
        return beside(facts(pairs), table(("class", "examples", "share"), classes, "<>>"))


def _targets(rows: Rows, dtype: str) -> Floats | None:
    """Y (n_y, m) of raw rows."""
    if rows.targets is not None:
        with np.errstate(over="ignore"):
            Y = np.ascontiguousarray(rows.targets.T, dtype)
        if not np.isfinite(Y).all():
            j, i = np.argwhere(~np.isfinite(Y.T))[0]
            raise NonFiniteError(
                f"the target {rows.targets[j, i]:g} ({rows.sources[j]}) is beyond the range of {dtype}; "
                "expected numbers of usual size: scale them, or use float64"
            )
        return Y
    # Two classes need one output, more need one each: see `Network.for_classes`.
    n_y = 1 if len(rows.classes) == 2 else len(rows.classes)
    return None if rows.labels is None else one_hot(rows.labels, n_y, dtype)


def labels_of(Y: Floats) -> np.ndarray[Any, Any]:
    """(m,) class indices of targets or probabilities: (1, m) against one half, (K, m) by the largest."""
    if Y.shape[0] == 1:
        return np.asarray(Y[0] > 0.5, np.int64)
    return np.asarray(np.argmax(Y, axis=0))


def one_hot(labels: np.ndarray[Any, Any], n_y: int, dtype: str = "float64") -> Floats:
    """Y (n_y, m): for one output unit the labels themselves, 0 and 1; for more, one-hot columns.

    Args:
        labels: (m,) class indices.
        n_y: number of output units.
        dtype: of the result.
    """
    if n_y == 1:
        return np.asarray(labels.reshape(1, -1), dtype)
    return np.asarray(np.arange(n_y)[:, None] == labels[None, :], dtype)


def check_finite(X: Floats, sources: Sequence[str] = ()) -> None:
    """Refuse NaN and infinity in X (n_x, m), naming the first; see `finite_blocks`."""
    for _ in finite_blocks([X], sources):
        pass


def finite_blocks(blocks: Iterable[Any], sources: Sequence[str] = ()) -> Iterator[Any]:
    """The blocks, each checked to hold neither NaN nor infinity.

    Args:
        blocks: (n_x, k) each, arrays or encoded tables: consecutive columns of X (n_x, m).
        sources: the source of each of the m examples, if known.

    Raises:
        NonFiniteError: with the row (the example) and column (the input) of the caller's data.
    """
    blocks, start = iter(blocks), 0
    for X in blocks:
        if isinstance(X, EncodedTable):
            X.check_finite(sources[start:])
            start += X.shape[1]
            yield X
            continue
        fault = first_non_finite(X)
        if fault is not None:
            column, row, value, count = fault
            row += start
            count += sum(int((~np.isfinite(later)).sum()) for later in blocks)
            where = f" ({sources[row]})" if sources else ""
            more = f"; {count} such values in all" if count > 1 else ""
            raise NonFiniteError(
                f"the input in row {row}, column {column} is {value}{where}; "
                f"expected finite numbers{more}: remove or replace them"
            )
        start += X.shape[1]
        yield X


def drawn_to_judge(m: int, each: int, memory: int, seed: int) -> np.ndarray[Any, Any]:
    """The examples that a model is judged by where not all fit into memory, in their order.

    Args:
        m: how many there are.
        each: bytes that one takes.
        memory: bytes that a training may take.
        seed: of the draw.
    """
    most = max(2, min(_MOST_JUDGED, memory // _JUDGED_SHARE // each))
    return np.arange(m) if m <= most else np.sort(np.random.RandomState(seed).permutation(m)[:most])


def judged_note(judged: int, m: int, of: str) -> str:
    """What is said of a test that is of some examples only; `of`: "rows" or "examples"."""
    return f"the test is of {judged:,} of the {m:,} test {of}, drawn, which fit into memory"
