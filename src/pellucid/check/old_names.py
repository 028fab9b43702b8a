"""Names that the courses' files use and that have left NumPy and SciPy since: supplied, and remarked on.

A function that writes `np.int` was right when it was written. It is judged with the name in place; the
remark says since when it is gone, and what to write.
"""

import ast
import functools
import importlib
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from pellucid.check.drawing import Nothing


class OldName(NamedTuple):
    """A name that left a library.

    Attributes:
        version: the first release without it.
        write: what stands for it today.
        value: what it was.
    """

    version: str
    write: str
    value: Any


def _in1d(ar1: Any, ar2: Any, **options: Any) -> Any:
    return np.isin(ar1, ar2, **options).ravel()


def _alen(a: Any) -> int:
    return len(np.atleast_1d(a))


def _asfarray(a: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(a, dtype=dtype if np.issubdtype(dtype, np.inexact) else np.float64)


# By the release notes of NumPy. `np.bool` came back in 2.0, `np.row_stack` was there until 2.4.
NUMPY: Mapping[str, OldName] = {
    "asscalar": OldName("1.23", "a.item()", lambda a: np.asarray(a).item()),
    "alen": OldName("1.23", "len(a)", _alen),
    **{
        kind.__name__: OldName("1.24", kind.__name__, kind)
        for kind in (int, float, bool, complex, object, str)
    },
    "product": OldName("2.0", "np.prod", np.prod),
    "cumproduct": OldName("2.0", "np.cumprod", np.cumprod),
    "alltrue": OldName("2.0", "np.all", np.all),
    "sometrue": OldName("2.0", "np.any", np.any),
    "round_": OldName("2.0", "np.round", np.round),
    "msort": OldName("2.0", "np.sort(a, axis=0)", lambda a: np.sort(a, axis=0)),
    "asfarray": OldName("2.0", "np.asarray(a, dtype=float)", _asfarray),
    "mat": OldName("2.0", "np.asmatrix", np.asmatrix),
    "math": OldName("2.0", "math, after import math", math),
    "float_": OldName("2.0", "np.float64", np.float64),
    "complex_": OldName("2.0", "np.complex128", np.complex128),
    "cfloat": OldName("2.0", "np.complex128", np.complex128),
    "singlecomplex": OldName("2.0", "np.complex64", np.complex64),
    "longfloat": OldName("2.0", "np.longdouble", np.longdouble),
    "string_": OldName("2.0", "np.bytes_", np.bytes_),
    "unicode_": OldName("2.0", "np.str_", np.str_),
    "bool8": OldName("2.0", "np.bool_", np.bool_),
    "int0": OldName("2.0", "np.intp", np.intp),
    **{name: OldName("2.0", "np.inf", np.inf) for name in ("Inf", "Infinity", "infty", "PINF")},
    "NINF": OldName("2.0", "-np.inf", -np.inf),
    "NaN": OldName("2.0", "np.nan", np.nan),
    "PZERO": OldName("2.0", "0.0", 0.0),
    "NZERO": OldName("2.0", "-0.0", -0.0),
    "in1d": OldName("2.4", "np.isin", _in1d),
    "trapz": OldName("2.4", "np.trapezoid", np.trapezoid),
    "row_stack": OldName("2.5", "np.vstack", np.vstack),
}
_READ = OldName("1.3", "matplotlib.pyplot.imread", Nothing())
_SAVE = OldName("1.3", "matplotlib.pyplot.imsave", Nothing())
_WITH_PILLOW = OldName("1.3", "the methods of PIL.Image", Nothing())
# By module; SciPy's readers of pictures give a stand-in, for there are no pictures here.
SCIPY: Mapping[str, Mapping[str, OldName]] = {
    "scipy": {},
    "scipy.misc": {
        "imread": _READ,
        "imsave": _SAVE,
        **dict.fromkeys(("imresize", "imrotate", "imfilter", "imshow"), _WITH_PILLOW),
        **dict.fromkeys(("toimage", "fromimage", "bytescale"), _WITH_PILLOW),
    },
    "scipy.ndimage": {"imread": _READ},
}


@functools.cache
def _absent() -> frozenset[str]:
    """Those names that the installed NumPy does not have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return frozenset(name for name in NUMPY if not hasattr(np, name))


def supply_old_names() -> None:
    """Give NumPy in this process what has left it, and SciPy when it is imported."""
    for name in _absent():
        setattr(np, name, NUMPY[name].value)
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder, Loader):
    """Completes the modules in `SCIPY`; where SciPy is not installed, these alone are there."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, *_: Any) -> ModuleSpec | None:
        """The specification of a module that is completed."""
        if fullname not in SCIPY:
            return None
        real = PathFinder.find_spec(fullname, path)
        if real is None or real.loader is None:
            return ModuleSpec(fullname, self, is_package=True)
        run = real.loader.exec_module

        def completed(module: ModuleType) -> None:
            run(module)
            _complete(module)

        real.loader.exec_module = completed  # type: ignore[method-assign]
        return real

    def create_module(self, _: ModuleSpec) -> None:
        """As Python makes it."""

    def exec_module(self, module: ModuleType) -> None:
        """Give it the names that left, and SciPy itself its two modules."""
        _complete(module)
        if module.__name__ == "scipy":
            for name in SCIPY:
                if name != "scipy":
                    importlib.import_module(name)


def _complete(module: ModuleType) -> None:
    for name, old in SCIPY[module.__name__].items():
        vars(module).setdefault(name, old.value)


def remarks(tree: ast.AST, imports: Mapping[str, str]) -> tuple[str, ...]:
    """What is to be said of the old names in a function, in their order.

    Args:
        tree: the function.
        imports: what the names of the file stand for, as `imported_names` gives it.
    """
    places = sorted(_dotted(tree, imports), key=lambda place: place[:2])
    return tuple(dict.fromkeys(filter(None, (_remark(name) for *_, name in places))))


def imported_names(tree: ast.AST) -> dict[str, str]:
    """What names of a file stand for: `{"np": "numpy", "imread": "scipy.misc.imread"}`.

    Args:
        tree: of the file.
    """
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _dotted(tree: ast.AST, imports: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Line, column and full name of what is read from an import."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Name, ast.Attribute)):
            continue
        parts: list[str] = []
        part: ast.AST = node
        while isinstance(part, ast.Attribute):
            parts.insert(0, part.attr)
            part = part.value
        if isinstance(part, ast.Name) and part.id in imports:
            yield node.end_lineno or 0, node.end_col_offset or 0, ".".join((imports[part.id], *parts))


def _remark(name: str) -> str:
    module, _, last = name.rpartition(".")
    if module == "numpy" and last in _absent():
        old = NUMPY[last]
        return f"np.{last} left NumPy in {old.version}: write {old.write}"
    if last in SCIPY.get(module, {}):
        old = SCIPY[module][last]
        return f"{name} left SciPy in {old.version}: write {old.write}"
    return ""
