"""A stand-in for matplotlib and notebooks in a learner's process: nothing is drawn or displayed there.

`pellucid.check.course_modules` gives the same stand-in for the contents of the courses' own modules.
"""

import builtins
import sys
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from opcode import opname
from types import FrameType, ModuleType
from typing import Any, ClassVar

import pellucid

_REPLACED = ("matplotlib", "mpl_toolkits", "seaborn", "IPython", "ipywidgets", "otter")
_BARS = "tqdm"


class NoNumbersError(TypeError):
    """A stand-in was used as a number."""


class Nothing:
    """Answers every attribute, call and index with itself, and refuses to be a number.

    Attributes:
        uses: how often any of them was asked for something, in this process.
    """

    uses: ClassVar[int] = 0

    def _itself(self, *_: Any, **__: Any) -> "Nothing":
        Nothing.uses += 1
        return self

    __call__ = __getitem__ = __enter__ = _itself

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self._itself()

    def __setitem__(self, _: Any, __: Any) -> None:
        """Forget it."""

    def __iter__(self) -> Iterator["Nothing"]:
        self._itself()
        return iter((self,) * _names_to_fill(sys._getframe(1)))

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def __bool__(self) -> bool:
        return True

    def _no_number(self, *_: Any) -> Any:
        Nothing.uses += 1
        raise NoNumbersError(
            "a value from the course's own files is used, which are not here; expected it as an argument"
        )

    __len__ = __index__ = __int__ = __float__ = __neg__ = __abs__ = _no_number
    __lt__ = __le__ = __gt__ = __ge__ = _no_number
    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __matmul__ = _no_number
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = _no_number
    __rmatmul__ = __array_ufunc__ = __array_function__ = _no_number


def _names_to_fill(frame: FrameType) -> int:
    """How many values the current instruction of a frame takes: 3 in `a, *b, c, d = ...`; two elsewhere."""
    code, at = frame.f_code.co_code, frame.f_lasti
    name = opname[code[at]]
    if name == "UNPACK_SEQUENCE":
        return code[at + 1]
    if name == "UNPACK_EX":
        # What stands behind the starred name is counted in the byte before.
        behind = code[at - 1] if opname[code[at - 2]] == "EXTENDED_ARG" else 0
        return code[at + 1] + behind
    return 2


class _Finder(MetaPathFinder, Loader):
    """Finds the stand-in under the names of the replaced libraries."""

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """The stand-in's specification, for a replaced library or a part of one."""
        if fullname.partition(".")[0] not in (*_REPLACED, _BARS):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module with every attribute."""
        return (BarsModule if spec.name.startswith(_BARS) else StandInModule)(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class StandInModule(ModuleType):
    """A module with every name in it that is asked for."""

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class BarsModule(ModuleType):
    """A stand-in for tqdm, whose bars give back what they go through."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("trange", "tnrange"):
            return lambda *args, **_: range(*args)
        return lambda iterable=(), *_, **__: iterable


def draw_nothing() -> None:
    """From now on `import matplotlib.pyplot`, `get_ipython()` and the like give the stand-in.

    So does `pellucid.examine`: a notebook that asks for this examination would ask again inside it.
    """
    sys.meta_path.insert(0, _Finder())
    builtins.get_ipython = Nothing()  # type: ignore[attr-defined]
    vars(pellucid)["examine"] = Nothing()
