"""The native engine: the reference engine's steps in compiled code, and its forward pass alone.

The C++ is in native/; this file hands it the arrays and puts into words what it reports. Where it was not
compiled the package works without: `engine_for("auto")` then gives the reference engine.
"""

import importlib.util
import math
import os
import threading
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from pellucid.core._arrays import Array, as_numpy, first_non_finite
from pellucid.core.model import L_model_forward
from pellucid.engines.divergence import culprit, diverged
from pellucid.engines.interface import (
    Batches,
    Costs,
    Engine,
    Floats,
    Gradient,
    Integers,
    Parameters,
    Predictor,
    Session,
    StepOptions,
    TrainingState,
)
from pellucid.engines.reference import ReferencePredictor
from pellucid.errors import DivergenceError
from pellucid.examples import Examples
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


def default_threads() -> int:
    """How many threads work where nobody says: OMP_NUM_THREADS, at most one for each processor."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    most = processors()
    return min(int(asked), most) if asked.isdecimal() and int(asked) > 0 else most


def _native() -> ModuleType:
    native = compiled()
    assert native is not None, "engine_for gives no engine that was not compiled"
    return native


def _flat(network: Network, arrays: Mapping[str, Any], dtype: Any, prefix: str = "") -> Floats:
    """As the compiled module wants them: W1, b1, W2, b2, ..., each W column by column."""
    parts = [np.asarray(arrays[prefix + name]).ravel(order="F") for name in network.parameter_shapes]
    return np.concatenate(parts).astype(dtype, copy=False)


def _named(network: Network, row: Floats, prefix: str = "") -> dict[str, Floats]:
    views, start = {}, 0
    for name, shape in network.parameter_shapes.items():
        size = shape[0] * shape[1]
        views[prefix + name] = row[start : start + size].reshape(shape, order="F")
        start += size
    return views


def _listens() -> bool:
    """Whether Ctrl-C reaches this thread: Python's signals come to the main one."""
    return threading.current_thread() is threading.main_thread()


def _described(native: ModuleType, network: Network) -> Any:
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
        self, network: Network, examples: Examples, state: TrainingState, options: StepOptions
    ) -> None:
        self._network, self._step_options, self._lock = network, options, threading.RLock()
        self._dtype = _usable(examples.X).dtype
        self._native = _native()
        optimizer = options.optimizer
        self._options = self._native.options(
            optimizer.name,
            optimizer.beta1,
            optimizer.beta2,
            optimizer.epsilon,
            optimizer.weight_decay,
            options.clip_norm or 0.0,
            options.dropout_seed,
            options.threads or default_threads(),
            optimizer.epsilon_hat,
        )
        self._examples = examples
        self.restore(state)

    def _begin(self, examples: Examples, state: TrainingState) -> None:
        X, Y, weights = _usable(examples.X), examples.Y, examples.weights
        kind = self._native.Trainer64 if self._dtype == np.float64 else self._native.Trainer32
        row = None if weights is None else np.ascontiguousarray(weights, self._dtype).ravel()
        start = _flat(self._network, state.parameters, self._dtype)
        described = _described(self._native, self._network)
        self._trainer = kind(described, self._options, X, np.asarray(Y, self._dtype), row, start)
        if state.slots:
            slots = {
                letter: _flat(self._network, arrays, self._dtype, "d")
                for letter, arrays in state.slots.items()
            }
            self._trainer.remember(slots.get("v"), slots.get("s"), state.update_count)
        self._examples, self._X, self._size = examples, X, len(start)
        self._first_step = state.step_count

    @property
    def _step_count(self) -> int:
        return self._first_step + int(self._trainer.iteration)

    def feed(self, examples: Examples) -> None:
        """See `Session.feed`."""
        with self._lock:
            self._begin(examples, self.state())

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> Costs:
        """See `Session.advance`."""
        with self._lock:
            rates = np.atleast_1d(np.asarray(learning_rates, np.float64))
            costs, penalties = np.empty(len(batches)), np.empty(len(batches))
            columns = None if batches.columns is None else np.ascontiguousarray(batches.columns, np.int64)
            offsets = np.ascontiguousarray(batches.offsets, np.int64)
            taken, ending, cost = self._trainer.advance(
                columns, offsets, rates, costs, penalties, _listens()
            )
            if ending == "diverged":
                chosen = None if columns is None else columns[offsets[taken] : offsets[taken + 1]]
                raise self._diverged(f"the cost became {cost} at iteration {self._step_count}", chosen)
            return Costs(costs.tolist(), penalties.tolist())

    def _diverged(
        self, what: str, columns: Integers | None = None, *, seek: bool = True
    ) -> DivergenceError:
        clause = culprit(self._network, self._parameters(), self._X, columns) if seek else ""
        self._trainer.go_back()
        return diverged(what + clause, self._step_count, self._parameters())

    def gradient(self, parameters: Mapping[str, Array]) -> Gradient:
        """See `Session.gradient`."""
        with self._lock:
            grads = np.empty(self._size, self._dtype)
            at = _flat(self._network, parameters, self._dtype)
            cost, _ = self._trainer.gradient(at, grads, _listens())
            if not math.isfinite(cost):
                grads.fill(np.nan)
            squares = sum(float(np.sum(np.square(parameters[f"W{l + 1}"]))) for l in range(self._depth))
            sizes = sum(float(np.sum(np.abs(parameters[f"W{l + 1}"]))) for l in range(self._depth))
            total = self._X.shape[1] if self._examples.weights is None else self._examples.weights.sum()
            penalty = (self._network.l2 / 2 * squares + self._network.l1 * sizes) / total if total else 0.0
            with np.errstate(all="ignore"):
                AL, _ = L_model_forward(self._X, _named(self._network, at), **self._network.activations)
            return Gradient(cost, float(penalty), _named(self._network, grads, "d"), AL)

    @property
    def _depth(self) -> int:
        return self._network.depth

    def evaluate(self, examples: Examples) -> tuple[float, Array]:
        """See `Session.evaluate`."""
        with self._lock:
            return ReferencePredictor(self._network, self._parameters(), (), (), spread=False).evaluate(
                examples
            )

    def state(self) -> TrainingState:
        """See `Session.state`."""
        with self._lock:
            rows = {
                letter: np.empty(self._size, self._dtype) for letter in self._step_options.optimizer.slots
            }
            count = self._trainer.memory(rows.get("v"), rows.get("s"))
            slots = {letter: _named(self._network, row, "d") for letter, row in rows.items()}
            return TrainingState(self._parameters(), slots, count, self._step_count)

    def restore(self, state: TrainingState) -> None:
        """See `Session.restore`."""
        with self._lock:
            self._begin(self._examples, state)

    def _parameters(self) -> Parameters:
        buffer = np.empty(self._size, self._dtype)
        self._trainer.parameters(buffer)
        return {name: np.ascontiguousarray(value) for name, value in _named(self._network, buffer).items()}

    def finish(self) -> Parameters:
        """See `Session.finish`."""
        with self._lock:
            found = self._parameters()
            for name, value in found.items():
                if first_non_finite(value) is not None:
                    what = f"{name} is no longer finite after iteration {self._step_count - 1}"
                    raise self._diverged(what, seek=False)
            cost = self._trainer.cost(_listens())
            if not math.isfinite(cost):
                raise self._diverged(
                    f"the cost became {cost} at iteration {self._step_count}, after the last step"
                )
            return found


def _usable(X: Any) -> np.ndarray[Any, Any]:
    """X as compiled code can read it: float64 or float32, its strides whole numbers of elements."""
    array = as_numpy(X)
    array = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    # The numbers of a record array's field lie between others.
    odd = any(stride % array.itemsize for stride in array.strides)
    return np.ascontiguousarray(array) if odd else array


class NativePredictor(Predictor):
    """Forward propagation of raw rows in compiled code, with nothing left to set up in a call."""

    def __init__(
        self,
        network: Network,
        parameters: Mapping[str, Floats],
        mean: Sequence[float],
        deviation: Sequence[float],
        *,
        spread: bool,
    ) -> None:
        self._dtype = parameters["W1"].dtype
        self._width = 2 if spread else network.n_y
        self._columns = ReferencePredictor(network, parameters, (), (), spread=False)
        native = _native()
        kind = native.Predictor64 if self._dtype == np.float64 else native.Predictor32
        buffer = _flat(network, parameters, self._dtype)
        compiled = kind(_described(native, network), buffer, mean, deviation, spread, default_threads())
        self._answer = compiled.answer

    def __call__(self, rows: Any) -> Floats | None:
        """See `Predictor.__call__`."""
        if type(rows) is not np.ndarray or rows.ndim != 2:
            return None
        answers = np.empty((rows.shape[0], self._width), self._dtype)
        return answers if self._answer(rows, answers) else None

    def outputs(self, X: Array) -> Floats:
        """See `Predictor.outputs`."""
        return self._columns.outputs(X)

    def evaluate(self, examples: Examples) -> tuple[float, Floats]:
        """See `Predictor.evaluate`."""
        return self._columns.evaluate(examples)


class NativeEngine(Engine):
    """Runs on NumPy arrays in float64 and float32, and knows every option."""

    name = "native"

    def why_not(self, network: Network | None = None, X: Any = None) -> str:
        """See `Engine.why_not`."""
        del network
        if not is_compiled():
            return "was not compiled when pellucid was installed"
        if X is not None and not isinstance(X, np.ndarray):
            return f"trains on NumPy arrays, and X is {type(X).__module__.partition('.')[0]}'s"
        return ""

    def open(
        self,
        network: Network,
        examples: Examples,
        state: TrainingState,
        options: StepOptions | None = None,
    ) -> Session:
        """See `Engine.open`."""
        return NativeSession(network, examples, state, options or StepOptions())

    def predictor(
        self,
        network: Network,
        parameters: Mapping[str, Floats],
        *,
        mean: Sequence[float] = (),
        deviation: Sequence[float] = (),
        spread: bool = False,
    ) -> Predictor:
        """See `Engine.predictor`."""
        return NativePredictor(network, parameters, mean, deviation, spread=spread)
