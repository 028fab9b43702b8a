"""How a Network is trained, step by step: one interface, several ways, one definition of right."""

import os

from pellucid.engines.interface import Batch, Engine, Session
from pellucid.engines.reference import ReferenceEngine
from pellucid.errors import OptionError

__all__ = ["ENGINES", "Batch", "Engine", "Session", "engine_named"]

ENGINES: dict[str, type[Engine]] = {"reference": ReferenceEngine}


def engine_named(name: str = "auto") -> Engine:
    """The engine called `name`; "auto" is the fastest one that is installed.

    The environment variable PELLUCID_ENGINE decides what "auto" is.

    Raises:
        OptionError: there is no such engine; the message lists those there are.
    """
    source = ""
    if name == "auto":
        name = os.environ.get("PELLUCID_ENGINE") or "reference"
        source = " (from PELLUCID_ENGINE)" if "PELLUCID_ENGINE" in os.environ else ""
    if name not in ENGINES:
        raise OptionError(f"unknown engine {name!r}{source}; expected auto, {', '.join(ENGINES)}")
    return ENGINES[name]()
