"""The JAX engine: the core functions under `jax.jit`, on CPUs, GPUs and TPUs, one or many.

This module needs no JAX, and importing it loads none. `jax_step` holds the compiled functions, `jax_shares`
the division of the examples among devices, `jax_session` the session, `jax_processes` several processes.
"""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.encoded_table import EncodedTable
from pellucid.engines.interface import (
    Engine,
    Floats,
    Predictor,
    Session,
    StepOptions,
    TrainingState,
    is_read,
    refuse,
)
from pellucid.engines.native import NativeEngine
from pellucid.engines.reference import ReferenceEngine
from pellucid.errors import OptionError
from pellucid.examples import Columns, Examples
from pellucid.network import Network
from pellucid.optimizer import Optimizer


def is_divided() -> bool:
    """Whether this process is one of several that train together."""
    return "jax" in sys.modules and sys.modules["jax"].process_count() > 1


@dataclass(frozen=True)
class JaxEngine(Engine):
    """Trains on NumPy's and JAX's arrays, and supports every option.

    Args:
        compute: "bfloat16": the products are computed in it, parameters, slots and costs in float32; None:
            everything is in the type of the examples.
        devices: how many devices of this process train; None: all devices of all processes.

    Raises:
        OptionError: another type, or not as many devices as one.
    """

    name = "jax"

    compute: str | None = None
    devices: int | None = None

    @property
    def arithmetic(self) -> str:
        """See `Engine.arithmetic`."""
        from pellucid.engines.jax_shares import described_devices

        return described_devices(self.devices) + (f", {self.compute}" if self.compute else "")

    def __post_init__(self) -> None:
        if self.compute not in (None, "bfloat16"):
            raise OptionError(f"compute is {self.compute!r:.80}; expected 'bfloat16' or None")
        if self.devices is not None and (type(self.devices) is not int or self.devices < 1):
            raise OptionError(
                f"devices is {self.devices!r:.80}; expected an integer of at least 1, or None"
            )

    def why_not(
        self, network: Network | None = None, X: Any = None, optimizer: Optimizer | None = None
    ) -> str:
        """See `Engine.why_not`."""
        del network, optimizer
        if importlib.util.find_spec("jax") is None:
            return "needs jax: pip install 'pellucid[jax]'"
        if X is None:
            return ""
        library = type(X).__module__.partition(".")[0]
        if not isinstance(X, (np.ndarray, Columns)) and library not in ("jax", "jaxlib"):
            return f"trains on NumPy's and JAX's arrays, and X is {library}'s"
        if self.compute and str(X.dtype) != "float32":
            return f"computes in {self.compute} from float32 numbers, and X is {X.dtype}"
        return ""

    def takes(self, X: Any, network: Network) -> bool:
        """See `Engine.takes`. A mask of the inputs is defined for each of them, so it needs them dense.

        Several processes take any columns: each has those of its share made dense, and no others.
        """
        if is_divided() and not isinstance(X, EncodedTable):
            return True
        return is_read(X) and (not network.input_dropout or not isinstance(X, Columns))

    def open(
        self,
        network: Network,
        examples: Examples,
        state: TrainingState,
        options: StepOptions | None = None,
    ) -> Session:
        """See `Engine.open`."""
        refuse(self, self.why_not(network, examples.X))
        from pellucid.engines.jax_session import JaxSession

        options = options or StepOptions()
        return JaxSession(network, examples, state, options, compute=self.compute, devices=self.devices)

    def predictor(
        self,
        network: Network,
        parameters: Mapping[str, Floats],
        *,
        mean: Sequence[float] = (),
        deviation: Sequence[float] = (),
        spread: bool = False,
    ) -> Predictor:
        """See `Engine.predictor`; of the engine that is fastest on NumPy's arrays.

        Rows come one by one and in blocks of any size: JAX would compile for each size, and its calls take
        longer than most answers.
        """
        engine: Engine = NativeEngine()
        if engine.why_not(network):
            engine = ReferenceEngine()
        return engine.predictor(network, parameters, mean=mean, deviation=deviation, spread=spread)
