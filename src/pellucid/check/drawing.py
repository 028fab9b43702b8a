"""A stand-in for matplotlib in a learner's process: drawing takes seconds, and is not shown."""

import sys
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_REPLACED = ("matplotlib", "mpl_toolkits", "seaborn")


class Nothing:
    """Returns itself for every attribute, call and index; `fig, ax = subplots()` unpacks two of it."""

    def __call__(self, *_: Any, **__: Any) -> "Nothing":
        """Take any arguments."""
        return self

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _: Any) -> "Nothing":
        return self

    def __setitem__(self, _: Any, __: Any) -> None:
        """Forget it."""

    def __iter__(self) -> Iterator["Nothing"]:
        return iter((self, self))

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""


class _Finder(MetaPathFinder, Loader):
    """Finds the stand-in under the names of the replaced libraries."""

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """The stand-in's specification, for a plotting library or a part of one."""
        if fullname.partition(".")[0] not in _REPLACED:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module with every attribute."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


def draw_nothing() -> None:
    """From now on `import matplotlib.pyplot` and similar imports give the stand-in."""
    sys.meta_path.insert(0, _Finder())
