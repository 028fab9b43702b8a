"""Helpers for arrays of any library: their namespace, their type of number, conversions.

A core function never names NumPy, JAX or PyTorch. It computes with the namespace that its arguments share
(`xp`, in the words of the Python array API standard).
"""

from typing import Any

import numpy as np

from pellucid.errors import ArrayError, OptionError

# NumPy from 2.1 on is a namespace of the standard itself. Every step looks it up a dozen times, and loading
# array-api-compat's wrapper of it takes as long as loading NumPy.
_NUMPY = np
_NUMPYS_ONLY = {np.ndarray}

_LARGEST = int(np.finfo(np.float64).max)

# Any array of the array API standard. Python's type system has no name for it yet.
Array = Any


def namespace(**arrays: Array) -> Any:
    """The array library that all the named `arrays` belong to.

    Raises:
        ArrayError: one is not an array, or they belong to different libraries.
    """
    if _NUMPYS_ONLY.issuperset(map(type, arrays.values())):
        return _NUMPY
    import array_api_compat

    for name, array in arrays.items():
        if isinstance(array, np.ma.MaskedArray):
            raise ArrayError(
                f"{name} is a masked array; expected a plain one: {name}.filled(value) puts a value in the "
                "masked places"
            )
        if not array_api_compat.is_array_api_obj(array):
            raise ArrayError(
                f"{name} is of type {type(array).__name__}; expected an array "
                f"(NumPy, PyTorch, JAX, ...): numpy.asarray({name}) makes one"
            )
    try:
        return array_api_compat.array_namespace(*arrays.values())
    except TypeError:
        kinds = ", ".join(
            f"{name} is {type(array).__module__.partition('.')[0]}'s" for name, array in arrays.items()
        )
        raise ArrayError(
            f"arrays of different libraries do not mix: {kinds}; expected all of one library"
        ) from None


def floating(xp: Any, array: Array, like: Array | None = None) -> Array:
    """`array` itself if it holds real floating-point numbers, else converted to them.

    The type is that of `like` if it is floating, otherwise the library's default.

    Raises:
        ArrayError: it holds complex numbers, or no numbers.
    """
    if array.dtype in (xp.float64, xp.float32) or xp.isdtype(array.dtype, "real floating"):
        return array
    if not xp.isdtype(array.dtype, ("bool", "integral")):
        raise ArrayError(f"an array holds {array.dtype} numbers; expected real ones, float64 or float32")
    if like is not None and xp.isdtype(like.dtype, "real floating"):
        return xp.astype(array, like.dtype)
    return xp.astype(array, xp.__array_namespace_info__().default_dtypes()["real floating"])


def plain_number(value: Any) -> Any:
    """A NumPy number as a Python number, which does not change an array's type; anything else as it is."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def number_for(like: Array, value: Any) -> Any:
    """`value` in a form that does not change the type of an array it is combined with.

    Args:
        like: the array.
        value: a number of Python or NumPy; or a 0-d array of the library of `like` (a number traced by
            `jax.jit` is one), which is converted to the type of `like`.
    """
    value = plain_number(value)
    if isinstance(value, (int, float)):
        return value
    xp = namespace(like=like, value=value)
    return xp.astype(value, like.dtype) if xp.isdtype(like.dtype, "real floating") else value


def check_number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """Check that `value` is a finite number within its bounds, and return it as a float.

    Raises:
        OptionError: it is not a number, or out of bounds.
    """
    value = plain_number(value)
    bounds = {"at least": least, "above": above, "at most": most, "below": below}
    # Integers above the largest float cannot be computed with.
    fits = type(value) in (int, float) and abs(value) <= _LARGEST
    fits = fits and (least is None or value >= least) and (above is None or value > above)
    if fits and (most is None or value <= most) and (below is None or value < below):
        return float(value)
    limits = " and ".join(f"{words} {bound:g}" for words, bound in bounds.items() if bound is not None)
    raise OptionError(f"{name} is {value!r:.80}; expected a number {limits}".rstrip())


def without_history(array: Array) -> Array:
    """The same numbers, detached from PyTorch's autograd."""
    if type(array) is np.ndarray:
        return array
    import array_api_compat

    return array.detach() if array_api_compat.is_torch_array(array) else array


def columns_of(X: Array, columns: Array) -> Array:
    """X[:, columns], for integers `columns` (k,) of the library of X."""
    xp = namespace(X=X, columns=columns)
    # If each column is contiguous (rows of examples, transposed), take would first copy all of X.
    if xp is _NUMPY and not X.flags.c_contiguous:
        return X[:, columns]
    return xp.take(X, columns, axis=1)


def at_least(xp: Any, Z: Array, bound: float) -> Array:
    """max(Z, bound) element by element; NaN stays NaN."""
    return xp.maximum(Z, _level(xp, Z, bound))


def at_most(xp: Any, Z: Array, bound: float) -> Array:
    """min(Z, bound) element by element; NaN stays NaN."""
    return xp.minimum(Z, _level(xp, Z, bound))


def _level(xp: Any, Z: Array, bound: float) -> Any:
    # NumPy takes a number, which saves an array; PyTorch's maximum and minimum take arrays only.
    return bound if xp is _NUMPY else xp.full_like(Z, bound)


def as_scalar(value: Array) -> Any:
    """A Python float if the library is NumPy, else the 0-d array, which can be differentiated."""
    return float(value) if isinstance(value, (np.ndarray, np.generic)) else value


def as_numpy(array: Array) -> np.ndarray[Any, Any]:
    """The same numbers as a NumPy array, brought from another library or device if need be."""
    if isinstance(array, np.ndarray):
        return array
    import array_api_compat

    # NumPy reads JAX arrays from any device, and JAX has no device called "cpu".
    if array_api_compat.is_jax_array(array):
        return np.asarray(array)
    if array_api_compat.is_torch_array(array):
        array = array.detach()
    return np.asarray(array_api_compat.to_device(array, "cpu"))


def beside(values: np.ndarray[Any, Any], like: Array) -> Array:
    """NumPy's `values` as an array of the library, and on the device, of `like`."""
    xp = namespace(like=like)
    return values if xp is _NUMPY else xp.asarray(values, device=device_of(like))


def device_of(like: Array) -> Any:
    """The device of `like`, for new arrays beside it; None if the library chooses the device itself."""
    if type(like) is np.ndarray:
        return None
    import array_api_compat

    # JAX places arrays itself, and a traced array has no device yet.
    return None if array_api_compat.is_jax_array(like) else array_api_compat.device(like)


def first_non_finite(X: Array) -> tuple[int, int, float, int] | None:
    """The place of the first NaN or infinity in X.

    Args:
        X: two dimensions, floating-point.

    Returns:
        None if all numbers are finite, else `(i, j, value, count)`: the first column j that has one, its
        first such row i, the value there, and the number of such values.
    """
    xp = namespace(X=X)
    if xp is _NUMPY:
        # One pass without a copy; only if the sum is not finite are the numbers tested one by one.
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(np.sum(X)):
                return None
    bad = ~xp.isfinite(X)
    count = int(xp.sum(xp.astype(bad, xp.int32)))
    if count == 0:
        return None
    j = int(xp.argmax(xp.astype(xp.any(bad, axis=0), xp.int32)))
    i = int(xp.argmax(xp.astype(bad[:, j], xp.int32)))
    return i, j, float(X[i, j]), count
