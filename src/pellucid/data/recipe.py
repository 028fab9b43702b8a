"""Recipe: the preprocessing stored with a model, so that prediction repeats that of training."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from pellucid.data.stored_rows import StoredRows
from pellucid.errors import DataError, OptionError
from pellucid.stored import Stored

SCALINGS = ("auto", "none", "unit", "standard")
KINDS = ("pictures", "numbers")
_MAX_SIDE = 4096
_MAX_INPUTS = 2**31
# About how many numbers a block of columns has: enough for fast products, few beside any model's data.
_BLOCK_NUMBERS = 2**22
_BLOCK_ROWS, _FEWEST_ROWS = 4096, 64

Floats = np.ndarray[Any, Any]


class Scaling(NamedTuple):
    """(raw - mean) / deviation, each (n_x,); empty: no change."""

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    def __repr__(self) -> str:
        return f"Scaling(of {len(self.mean)} inputs)"


class AnyRecipe(Protocol):
    """The interface of recipes, for arrays or tables, that models and commands use."""

    @property
    def kind(self) -> str:
        """Its name in model files."""

    @property
    def n_x(self) -> int:
        """The number of inputs per example."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one raw example."""

    @property
    def target(self) -> str:
        """The name of the predicted column; empty: it has none."""

    @property
    def scaling(self) -> Scaling | None:
        """The scaling of raw rows (m, n_x), if that is the whole preprocessing; else None."""

    def describe(self) -> str:
        """A description of the examples, for error messages."""

    def describe_scaling(self) -> str:
        """The scaling of the inputs, in words."""

    def blocks(self, raw: Any, dtype: str = "float64") -> Iterator[Any]:
        """X (n_x, m) of raw examples, a few thousand columns at a time; at least one block.

        Raises:
            DataError: they do not fit the recipe.
        """

    def pictures(self, X: Floats) -> Floats | None:
        """X as pictures (m, height, width[, 3]) uint8, for display; None: X holds no pictures."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a model file."""


def block_slices(m: int, n_x: int) -> Iterator[slice]:
    """The slices that cut m rows of n_x inputs into blocks; one empty slice if there are no rows."""
    size = min(_BLOCK_ROWS, max(_FEWEST_ROWS, _BLOCK_NUMBERS // n_x))
    return (slice(start, min(start + size, m)) for start in range(0, max(1, m), size))


@dataclass(frozen=True)
class Recipe:
    """The preprocessing of raw rows into columns: flatten, x = (raw - mean) / deviation / divisor.

    A photograph is first turned upright by its EXIF orientation, converted to the colours of `shape`
    and resized to its height and width with bicubic interpolation.

    Attributes:
        kind: "pictures" or "numbers".
        shape: of one raw example: (height, width, 3), (height, width) for grey, or (n,).
        divisor: divides every number (255 for pictures in the unit scaling).
        mean: (n_x,) subtracted; empty: none.
        deviation: (n_x,) divided by; empty: none.
    """

    kind: str
    shape: tuple[int, ...]
    divisor: float = 1.0
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    target = ""

    def __repr__(self) -> str:
        return f"Recipe({self.describe()}, {self.describe_scaling()})"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise OptionError(f"recipe: unknown kind {self.kind!r}; expected {' or '.join(KINDS)}")
        _check_shape(self.kind, self.shape)
        if not (math.isfinite(self.divisor) and self.divisor > 0):
            raise OptionError(f"recipe: divisor is {self.divisor}; expected a number above 0")
        for name, values in (("mean", self.mean), ("deviation", self.deviation)):
            if len(values) not in (0, self.n_x) or not all(map(math.isfinite, values)):
                raise OptionError(
                    f"recipe: {name} has {len(values)} numbers; expected {self.n_x} finite ones"
                )
        if any(value <= 0 for value in self.deviation):
            raise OptionError("recipe: deviation holds a number that is not above 0")

    @classmethod
    def for_rows(cls, rows: Floats | StoredRows, scaling: str = "auto") -> Self:
        """The recipe for raw training rows.

        Args:
            rows: (m, height, width[, 3]) or (m, n).
            scaling: "unit" divides by 255; "standard" gives every input mean 0 and deviation 1 over
                these rows; "none" changes nothing; "auto" is "unit" for 8-bit pictures and
                "standard" for everything else.

        Raises:
            OptionError: unknown scaling.
        """
        if scaling not in SCALINGS:
            raise OptionError(f"unknown scaling {scaling!r}; expected one of {', '.join(SCALINGS)}")
        kind = "pictures" if rows.dtype == np.uint8 and rows.ndim in (3, 4) else "numbers"
        shape = tuple(int(n) for n in rows.shape[1:])
        if scaling == "auto":
            scaling = "unit" if kind == "pictures" else "standard"
        if scaling == "standard":
            if isinstance(rows, StoredRows):
                mean, deviation = _known(*rows.moments())
            else:
                mean, deviation = _moments(rows.reshape(len(rows), -1).astype(np.float64))
            return cls(kind, shape, mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()))
        return cls(kind, shape, divisor=255.0 if scaling == "unit" else 1.0)

    @property
    def n_x(self) -> int:
        """The number of inputs per example."""
        return math.prod(self.shape)

    @property
    def scaling(self) -> Scaling | None:
        """Mean and deviation, if these are the whole preprocessing of rows of numbers."""
        if self.kind != "numbers" or self.divisor != 1.0:
            return None
        return Scaling(self.mean, self.deviation)

    def describe(self) -> str:
        """A description of the examples, for error messages."""
        if self.kind == "pictures":
            colour = "colour" if len(self.shape) == 3 else "grey"
            return f"{colour} pictures of {self.shape[1]} x {self.shape[0]} pixels"
        return f"rows of {self.n_x} numbers"

    def describe_scaling(self) -> str:
        """The scaling of the inputs, in words."""
        if self.mean:
            return "each scaled to mean 0 and deviation 1"
        return f"divided by {self.divisor:g}" if self.divisor != 1.0 else "as they are"

    def columns(self, rows: Floats, dtype: str = "float64") -> Floats:
        """X (n_x, m): each raw row flattened row by row, scaled, as a column.

        Args:
            rows: (m, *shape), or (m, n_x) already flattened.
            dtype: "float64" or "float32".

        Raises:
            DataError: rows of another shape, not of real numbers, or not of pictures.
        """
        self._check_rows(rows)
        self.check_numbers(rows)
        return self._scaled(rows, dtype)

    def stored(self, rows: StoredRows, dtype: str = "float64") -> Stored:
        """The columns of rows that stay in their file; see `columns`."""
        self._check_rows(rows)
        return rows.inputs(self._into(dtype), dtype)

    def _into(self, dtype: str) -> Callable[[Floats, Floats], None] | None:
        """`_scaled`, from raw rows (k, n_x) into an array of as many; None: they stay as they are."""
        moved = bool(self.mean or self.deviation)
        if not moved and self.divisor == 1.0:
            return None
        mean, deviation = np.asarray(self.mean or 0.0), np.asarray(self.deviation or 1.0)
        divisor = np.asarray(self.divisor, dtype)

        def scale(raw: Floats, into: Floats) -> None:
            with np.errstate(all="ignore"):
                if moved:
                    raw = np.subtract(raw, mean)
                    np.divide(raw, deviation, out=raw)
                if self.divisor == 1.0:
                    into[...] = raw
                else:
                    np.divide(raw, divisor, out=into, dtype=dtype, casting="unsafe")

        return scale

    def blocks(self, raw: Any, dtype: str = "float64") -> Iterator[Floats]:
        """The columns of `columns`, block by block.

        Args:
            raw: rows that `numpy.asarray` accepts.
            dtype: "float64" or "float32".
        """
        rows = np.asarray(raw)
        self._check_rows(rows)
        for block in block_slices(len(rows), self.n_x):
            self.check_numbers(rows[block], block.start)
            yield self._scaled(rows[block], dtype)

    def _check_rows(self, rows: Floats | StoredRows) -> None:
        if rows.dtype.kind not in "buif":
            raise DataError(f"the examples are of type {rows.dtype}; expected numbers: {self.describe()}")
        if rows.ndim < 2 or rows.shape[1:] not in (self.shape, (self.n_x,)):
            raise self._shape_error(rows.shape)

    def _shape_error(self, shape: tuple[int, ...]) -> DataError:
        """The error for rows of the wrong shape, with the call that mends them if there is one."""
        expected = self.describe()
        if len(shape) == 2 and shape[0] == self.n_x:
            return DataError(
                f"the examples look transposed: they have shape {shape}; expected {expected}, "
                f"(m, {self.n_x}): pass rows.T"
            )
        if len(shape) >= 2 and shape != self.shape:
            numbers = " x ".join(map(str, shape[1:]))
            return DataError(f"an example has {numbers} numbers; expected {expected}")
        rank_1 = "a rank-1 array" if len(shape) == 1 else "an array"
        remedy = ""
        if shape in (self.shape, (self.n_x,)):
            sizes = ", ".join(map(str, self.shape)) if len(shape) > 1 else "-1"
            remedy = f": rows.reshape(1, {sizes}) makes one example of it"
        elif len(shape) == 1 and self.n_x == 1:
            remedy = f": rows.reshape(-1, 1) makes {shape[0]} examples of it"
        return DataError(f"the examples are {rank_1} of shape {shape}; expected {expected}{remedy}")

    def _scaled(self, rows: Floats, dtype: str) -> Floats:
        flat = rows.reshape(len(rows), self.n_x)
        # The mean is subtracted before rounding to single precision. Values beyond its range become
        # infinite, and the caller checks for them.
        with np.errstate(all="ignore"):
            if self.mean or self.deviation:
                flat = flat - np.asarray(self.mean or 0.0)
                flat = flat / np.asarray(self.deviation or 1.0)
            if self.divisor == 1.0:
                return flat.astype(dtype, copy=False).T
            # Converted during the division: a separate conversion would need as much memory again.
            divisor = np.asarray(self.divisor, dtype)
            return np.asarray(np.divide(flat, divisor, dtype=dtype, casting="unsafe")).T

    def check_numbers(self, rows: Floats, first: int = 0) -> None:
        """Refuse pictures that were already divided by 255, or hold values that no 8-bit picture has.

        NaN and infinity pass: the caller checks the columns for them.

        Args:
            rows: (m, ...) numbers.
            first: the index of the first row, for the message.

        Raises:
            DataError: the recipe divides pictures by 255, and these are not integers from 0 to 255.
        """
        if self.kind != "pictures" or self.divisor != 255.0 or rows.dtype in (np.uint8, np.bool_):
            return
        with np.errstate(invalid="ignore"):
            wrong = ((rows < 0) | (rows > 255) | (rows != np.rint(rows))) & np.isfinite(rows)
        if wrong.any():
            place = np.unravel_index(int(np.argmax(wrong)), rows.shape)
            raise DataError(
                f"the picture in row {first + place[0]} holds {rows[place]}; pictures hold integers from "
                "0 to 255: if yours go from 0 to 1, multiply by 255 and round"
            )

    def rows(self, X: Floats) -> Floats:
        """The inverse of `columns`: raw rows (m, n_x) of X (n_x, m), up to rounding."""
        flat = X.T * self.divisor
        if self.deviation:
            flat = flat * np.asarray(self.deviation)
        if self.mean:
            flat = flat + np.asarray(self.mean)
        return np.asarray(flat)

    def pictures(self, X: Floats) -> Floats | None:
        """X as pictures (m, height, width[, 3]) uint8, for display; None: X holds no pictures.

        Args:
            X: (n_x, m), as `columns` made it.
        """
        if self.kind != "pictures" or X.shape[0] != self.n_x:
            return None
        flat = np.clip(np.rint(self.rows(X)), 0, 255)
        return np.asarray(flat, np.uint8).reshape(-1, *self.shape)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a model file."""
        return {
            **asdict(self),
            "shape": list(self.shape),
            "mean": list(self.mean),
            "deviation": list(self.deviation),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            OptionError: keys or values that are invalid for a recipe.
        """
        expected = {"kind", "shape", "divisor", "mean", "deviation"}
        if not isinstance(document, Mapping) or set(document) != expected:
            raise OptionError(f"a recipe is described by {', '.join(sorted(expected))}")
        for key in ("shape", "mean", "deviation"):
            values = document[key]
            if not isinstance(values, list) or not all(type(value) in (int, float) for value in values):
                raise OptionError(f"recipe: {key} is not a list of numbers")
        if type(document["divisor"]) not in (int, float):
            raise OptionError("recipe: divisor is not a number")
        try:
            divisor, mean, deviation = (
                float(document["divisor"]),
                tuple(map(float, document["mean"])),
                tuple(map(float, document["deviation"])),
            )
        except OverflowError:
            raise OptionError("recipe: a number is beyond what floating-point numbers hold") from None
        return cls(document["kind"], tuple(document["shape"]), divisor, mean, deviation)


def _moments(flat: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of each input over rows (m, n_x); the deviation of a constant input is 1."""
    # The data set reports NaN and infinity, when it makes its columns.
    with np.errstate(invalid="ignore", over="ignore"):
        mean, deviation = flat.mean(axis=0), flat.std(axis=0)
    return _known(mean, deviation, flat[0], np.all(flat == flat[:1], axis=0))


def _known(mean: Floats, deviation: Floats, first: Floats, constant: Floats) -> tuple[Floats, Floats]:
    """Moments that can be used: an input that is constant, or has none, is not divided."""
    # The mean of a constant may be rounded, which gives a deviation above 0.
    mean = np.where(constant, first, mean)
    deviation = np.where(constant | (deviation == 0), 1.0, deviation)
    unknown = ~(np.isfinite(mean) & np.isfinite(deviation))
    return np.where(unknown, 0.0, mean), np.where(unknown, 1.0, deviation)


def _check_shape(kind: str, shape: tuple[int, ...]) -> None:
    if not 1 <= len(shape) <= 4 or not all(type(side) is int and 0 < side <= _MAX_INPUTS for side in shape):
        raise OptionError(f"recipe: shape is {str(shape)[:80]}; expected one to four positive integers")
    if math.prod(shape) > _MAX_INPUTS:
        raise OptionError(f"recipe: shape is {shape}; expected at most {_MAX_INPUTS} inputs in all")
    if kind == "pictures":
        sides_fit = all(side <= _MAX_SIDE for side in shape[:2])
        if len(shape) not in (2, 3) or not sides_fit or (len(shape) == 3 and shape[2] != 3):
            raise OptionError(
                f"recipe: pictures of shape {shape}; expected (height, width) or (height, width, 3), "
                f"with sides of at most {_MAX_SIDE}"
            )
