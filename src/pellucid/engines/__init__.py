"""How a Network is trained, step by step: one interface, several ways, one definition of right."""

import os
import warnings
from functools import cache

from pellucid.engines.interface import Batches, Engine, Memory, Session, Steps
from pellucid.engines.native import NativeEngine, Predictor, is_compiled, predictor, processors
from pellucid.engines.packing import flat, named
from pellucid.engines.products import product
from pellucid.engines.reference import ReferenceEngine
from pellucid.errors import OptionError

__all__ = [
    "ENGINES",
    "Batches",
    "Engine",
    "Memory",
    "Predictor",
    "Session",
    "Steps",
    "engine_named",
    "flat",
    "named",
    "predictor",
    "processors",
    "product",
]

ENGINES: dict[str, type[Engine]] = {"native": NativeEngine, "reference": ReferenceEngine}


def engine_named(name: str = "auto") -> Engine:
    """The engine called `name`; "auto" is the fastest one that is installed.

    The environment variable PELLUCID_ENGINE decides what "auto" is.

    Raises:
        OptionError: there is no such engine, or it was not compiled; the message lists those there are.
    """
    source = ""
    if name == "auto":
        name = os.environ.get("PELLUCID_ENGINE") or _fastest()
        source = " (from PELLUCID_ENGINE)" if "PELLUCID_ENGINE" in os.environ else ""
    if name not in ENGINES:
        raise OptionError(f"unknown engine {name!r}{source}; expected auto, {', '.join(ENGINES)}")
    if name == "native" and not is_compiled():
        raise OptionError(
            f"the native engine{source} was not compiled when pellucid was installed; expected "
            "'reference' or 'auto', or an installation with a C++20 compiler"
        )
    return ENGINES[name]()


def _fastest() -> str:
    if is_compiled():
        return "native"
    _say_once(
        "the native engine was not compiled when pellucid was installed: the reference engine trains, with "
        "the same numbers and more slowly; an installation with a C++20 compiler brings it"
    )
    return "reference"


@cache
def _say_once(what: str) -> None:
    warnings.warn(what, RuntimeWarning, stacklevel=4)
