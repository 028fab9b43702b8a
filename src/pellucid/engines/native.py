"""The native engine: the reference engine's steps in compiled code, and its forward pass alone.

The C++ is in native/; this file hands it the arrays and puts into words what it reports. Where it was not
compiled the package works without: `engine_named("auto")` then gives the reference engine.
"""

import importlib.util
import math
import os
import threading
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from pellucid.core._arrays import Array, first_non_finite
from pellucid.engines.divergence import culprit, diverged
from pellucid.engines.interface import Batches, Engine, Integers, Memory, Session, Steps
from pellucid.engines.packing import flat, named
from pellucid.errors import DivergenceError, OptionError
from pellucid.network import Network


def is_compiled() -> bool:
    """Whether the compiled module is installed."""
    return importlib.util.find_spec("pellucid._native") is not None


def compiled() -> ModuleType | None:
    """The compiled module, where it is installed."""
    if not is_compiled():
        return None
    from pellucid import _native

    return _native


def processors() -> int:
    """How many processors this process may use."""
    affinity: Any = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _listens() -> bool:
    """Whether Ctrl-C reaches this thread: Python's signals come to the main one."""
    return threading.current_thread() is threading.main_thread()


def described(native: ModuleType, network: Network) -> Any:
    """The network as the compiled module is told it."""
    return native.describe(
        network.layer_dims,
        (*network.hidden_activations, network.output_activation),
        network.cost,
        network.label_smoothing,
        network.huber_delta,
        network.l2,
        network.l1,
        network.dropout_rates,
    )


class NativeSession(Session):
    """A trainer in C++, which owns the parameters and looks at X where it is."""

    def __init__(
        self,
        native: ModuleType,
        network: Network,
        parameters: Mapping[str, Array],
        X: np.ndarray[Any, Any],
        Y: np.ndarray[Any, Any],
        weights: np.ndarray[Any, Any] | None,
        steps: Steps,
        memory: Memory | None,
    ) -> None:
        self._network, self._steps, self._X = network, steps, X
        self._penalties, self._beyond_precision = np.empty(0), 0.0
        start = flat(network, parameters, X.dtype)
        self._size = len(start)
        optimizer = steps.optimizer
        options = native.options(
            optimizer.name,
            optimizer.beta1,
            optimizer.beta2,
            optimizer.epsilon,
            optimizer.weight_decay,
            steps.clip_norm or 0.0,
            steps.dropout_seed,
            steps.threads or processors(),
            optimizer.epsilon_hat,
        )
        kind = native.Trainer64 if X.dtype == np.float64 else native.Trainer32
        row = None if weights is None else np.ascontiguousarray(weights, X.dtype).ravel()
        self._trainer = kind(described(native, network), options, X, np.asarray(Y, X.dtype), row, start)
        if memory is not None:
            kept = {
                letter: np.ascontiguousarray(numbers, X.dtype) for letter, numbers in memory.kept.items()
            }
            self._trainer.remember(kept.get("v"), kept.get("s"), memory.taken)

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> list[float]:
        """See `Session.advance`."""
        rates = np.atleast_1d(np.asarray(learning_rates, np.float64))
        costs, penalties = np.empty(len(batches)), np.empty(len(batches))
        self._penalties = penalties
        columns = None if batches.columns is None else np.ascontiguousarray(batches.columns, np.int64)
        offsets = np.ascontiguousarray(batches.offsets, np.int64)
        taken, ending, cost = self._trainer.advance(columns, offsets, rates, costs, penalties, _listens())
        if ending == "diverged":
            chosen = None if columns is None else columns[offsets[taken] : offsets[taken + 1]]
            raise self._diverged(f"the cost became {cost} at iteration {self.iteration}", chosen)
        return costs.tolist()

    def _diverged(
        self, what: str, columns: Integers | None = None, *, seek: bool = True
    ) -> DivergenceError:
        clause = culprit(self._network, self.snapshot(), self._X, columns) if seek else ""
        self._trainer.go_back()
        return diverged(what + clause, self.iteration, self.snapshot())

    @property
    def penalties(self) -> list[float]:
        """See `Session.penalties`."""
        return self._penalties.tolist()

    def cost_and_gradient(self, row: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        """See `Session.cost_and_gradient`."""
        gradient = np.empty(self._size, self._X.dtype)
        at = np.ascontiguousarray(row, self._X.dtype)
        cost, self._beyond_precision = self._trainer.gradient(at, gradient, _listens())
        if not math.isfinite(cost):
            gradient.fill(np.nan)
        return cost, gradient

    @property
    def beyond_precision(self) -> float:
        """See `Session.beyond_precision`."""
        return self._beyond_precision

    def memory(self) -> Memory:
        """See `Session.memory`."""
        kept = {letter: np.empty(self._size, self._X.dtype) for letter in self._steps.optimizer.keeps}
        return Memory(self._trainer.memory(kept.get("v"), kept.get("s")), kept)

    @property
    def iteration(self) -> int:
        """See `Session.iteration`."""
        return int(self._trainer.iteration)

    def snapshot(self) -> dict[str, Array]:
        """See `Session.snapshot`."""
        buffer = np.empty(self._size, self._X.dtype)
        self._trainer.parameters(buffer)
        return {name: np.ascontiguousarray(value) for name, value in named(self._network, buffer).items()}

    def finish(self) -> dict[str, Array]:
        """See `Session.finish`."""
        found = self.snapshot()
        for name, value in found.items():
            if first_non_finite(value) is not None:
                what = f"{name} is no longer finite after iteration {self.iteration - 1}"
                raise self._diverged(what, seek=False)
        cost = self._trainer.cost(_listens())
        if not math.isfinite(cost):
            raise self._diverged(
                f"the cost became {cost} at iteration {self.iteration}, after the last step"
            )
        return found


class NativeEngine(Engine):
    """Runs on NumPy arrays in float64 and float32, and knows every option."""

    name = "native"

    def open(
        self,
        network: Network,
        parameters: Mapping[str, Array],
        X: Array,
        Y: Array,
        *,
        weights: Array | None = None,
        steps: Steps | None = None,
        memory: Memory | None = None,
    ) -> Session:
        """See `Engine.open`."""
        for name, array in (("X", X), ("Y", Y), ("weights", weights)):
            if array is not None and not isinstance(array, np.ndarray):
                raise OptionError(
                    f"the native engine trains on NumPy arrays, and {name} is {type(array).__module__}'s; "
                    "engine='reference' trains on any library's"
                )
        X = X if X.dtype in (np.float32, np.float64) else X.astype(np.float64)
        if any(stride % X.itemsize for stride in X.strides):
            # A field of a record array: its numbers lie between others.
            X = np.ascontiguousarray(X)
        native = compiled()
        assert native is not None, "engine_named gives no engine that was not compiled"
        return NativeSession(native, network, parameters, X, Y, weights, steps or Steps(), memory)


class Predictor:
    """Forward propagation of raw rows in compiled code, with nothing left to set up in a call."""

    def __init__(
        self,
        native: ModuleType,
        network: Network,
        parameters: Mapping[str, np.ndarray[Any, Any]],
        mean: Sequence[float],
        deviation: Sequence[float],
        *,
        spread: bool,
    ) -> None:
        self._dtype = parameters["W1"].dtype
        self._width = 2 if spread else network.n_y
        kind = native.Predictor64 if self._dtype == np.float64 else native.Predictor32
        buffer = flat(network, parameters, self._dtype)
        compiled = kind(described(native, network), buffer, mean, deviation, spread, processors())
        self._answer = compiled.answer

    def __call__(self, rows: Any) -> np.ndarray[Any, Any] | None:
        """The answers to rows (m, n_x): (m, n_y), or with `spread` (m, 2).

        None where these are no contiguous rows of the parameters' type of number, or not all are finite:
        then somebody else has to say what is wrong, or to convert them.
        """
        if type(rows) is not np.ndarray or rows.ndim != 2:
            return None
        answers = np.empty((rows.shape[0], self._width), self._dtype)
        return answers if self._answer(rows, answers) else None


def predictor(
    network: Network,
    parameters: Mapping[str, np.ndarray[Any, Any]],
    *,
    mean: Sequence[float] = (),
    deviation: Sequence[float] = (),
    spread: bool = False,
) -> Predictor | None:
    """What answers raw rows fastest; None where it was not compiled.

    Args:
        network: what was trained.
        parameters: of NumPy, float64 or float32; copied.
        mean: subtracted from every row, (n_x,); empty: nothing is.
        deviation: what every row is divided by, (n_x,); empty: by nothing.
        spread: answer the one output p, the probability of the second of two classes, as (1 - p, p).
    """
    native = compiled()
    if native is None or parameters["W1"].dtype not in (np.float32, np.float64):
        return None
    return Predictor(native, network, parameters, mean, deviation, spread=spread)
