"""How a Network is trained, step by step: one interface, several engines, the same numbers."""

import os
import sys
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

from pellucid.engines.interface import (
    Batches,
    Costs,
    Engine,
    Gradient,
    Predictor,
    Session,
    StepOptions,
    TrainingState,
    refuse,
)
from pellucid.engines.jax import JaxEngine
from pellucid.engines.native import NativeEngine
from pellucid.engines.packing import flat, named
from pellucid.engines.products import product
from pellucid.engines.reference import ReferenceEngine
from pellucid.engines.threads import default_threads, processors
from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.optimizer import Optimizer

__all__ = [
    "ENGINES",
    "Batches",
    "Costs",
    "Engine",
    "Gradient",
    "Predictor",
    "Session",
    "StepOptions",
    "TrainingState",
    "default_threads",
    "engine_for",
    "flat",
    "join_processes",
    "leave_processes",
    "named",
    "processors",
    "product",
    "tell_processes",
]

# "auto" takes the first that can serve, and so never the last: it compiles before it trains, and is for who
# has a GPU, or many machines.
ENGINES: dict[str, type[Engine]] = {"native": NativeEngine, "reference": ReferenceEngine, "jax": JaxEngine}


def engine_for(
    engine: str | Engine = "auto",
    network: Network | None = None,
    X: Any = None,
    optimizer: Optimizer | None = None,
) -> Engine:
    """The engine that trains.

    Args:
        engine: a name; "auto" for the fastest that can serve; or an `Engine`. The environment variable
            PELLUCID_ENGINE names the engine that "auto" prefers.
        network: the network to train; None: any.
        X: the inputs, of any array library; None: NumPy's.
        optimizer: the update rule; None: any.

    Raises:
        OptionError: no such engine, or it cannot serve; the message gives the reason and a remedy.
    """
    if engine == "auto":
        return _preferred(network, X, optimizer) or _fastest(network, X, optimizer)
    chosen = engine if isinstance(engine, Engine) else _known(engine)
    refuse(chosen, chosen.why_not(network, X, optimizer))
    return chosen


def _known(name: object, source: str = "") -> Engine:
    if not isinstance(name, str) or name not in ENGINES:
        raise OptionError(f"unknown engine {name!r:.80}{source}; expected auto, {', '.join(ENGINES)}")
    return ENGINES[name]()


def _preferred(network: Network | None, X: Any, optimizer: Optimizer | None) -> Engine | None:
    """The engine that PELLUCID_ENGINE names, if it can serve."""
    name = os.environ.get("PELLUCID_ENGINE", "auto")
    if name == "auto":
        return None
    engine = _known(name, " (from PELLUCID_ENGINE)")
    refuse(engine, engine.why_not(), " (from PELLUCID_ENGINE)")
    return None if engine.why_not(network, X, optimizer) else engine


def _fastest(network: Network | None, X: Any, optimizer: Optimizer | None) -> Engine:
    for kind in ENGINES.values():
        engine = kind()
        if not engine.why_not(network, X, optimizer):
            return engine
        # The array library of X is the caller's choice, and needs no warning.
        reason = engine.why_not(network, None, optimizer)
        if reason:
            _warn_once(
                f"the {engine.name} engine {reason}: the reference engine trains, with the same numbers "
                "and more slowly"
            )
    raise AssertionError("the reference engine serves everywhere")


@cache
def _warn_once(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)


def join_processes(
    coordinator: str | None = None,
    processes: int | None = None,
    process: int | None = None,
    *,
    ending: Callable[[str], None] | None = None,
) -> int:
    """Make this process one of several that train one network by the JAX engine.

    Call it in each of them before anything of JAX is used. From then on each process makes the same calls
    with the same arguments, and each of its devices reads and holds its share of the examples. If one
    process fails, the others end.

    Args:
        coordinator: "host:port" of process 0. None, as for the others: as Slurm, Open MPI or Kubernetes
            started this process.
        processes: how many there are.
        process: which of them this one is, from 0.
        ending: called with the reason, in another thread, when this process has to end; None: it prints the
            reason and exits with code 1.

    Returns:
        The number of this process. Process 0 writes the results.

    Raises:
        OptionError: JAX is missing, the arguments are incomplete, or this process has joined before.
        ProcessError: the others did not come.
    """
    engine = JaxEngine()
    refuse(engine, engine.why_not())
    from pellucid.engines import jax_processes

    return jax_processes.join(coordinator, processes, process, ending=ending)


def leave_processes() -> None:
    """End what `join_processes` began, in all of them at once: from here on none waits for another."""
    if "pellucid.engines.jax_processes" in sys.modules:
        from pellucid.engines import jax_processes

        jax_processes.leave()


def tell_processes(message: str, status: int = 1) -> None:
    """Leave word for the others that this process failed; without others it does nothing.

    Args:
        message: why.
        status: the exit code, with which this process then ends without waiting for the others.
    """
    if "pellucid.engines.jax_processes" in sys.modules:
        from pellucid.engines import jax_processes

        jax_processes.tell(message, status)
