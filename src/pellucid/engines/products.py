"""Matrix products before and after a training, by the compiled module's threads if it is installed.

NumPy's BLAS is as fast, but its threads wait actively for 100 ms after their work, on the processors that
the training needs next.
"""

from typing import Any

import numpy as np

from pellucid.engines.native import compiled
from pellucid.engines.threads import default_threads

Floats = np.ndarray[Any, Any]


def product(A: Floats, B: Floats, *, beyond: int | None = None) -> Floats:
    """A B, of two NumPy matrices of one type.

    Args:
        A: (n, K).
        B: (K, q).
        beyond: the caller reads only the columns up to i + beyond of row i; the others may hold anything.
            None: it reads all.
    """
    native = compiled()
    odd = any(stride % array.itemsize for array in (A, B) for stride in array.strides)
    if native is None or odd or A.dtype != B.dtype or A.dtype not in (np.float32, np.float64):
        return np.asarray(A @ B)
    C = np.zeros((A.shape[0], B.shape[1]), A.dtype, order="F")
    columns = B.shape[1] if beyond is None else beyond
    native.product(A=A, B=B, C=C, beyond=columns, threads=default_threads())
    return C
