"""The native engine: the reference engine's steps in compiled code, and its forward pass alone.

The C++ is in native/; this file hands it the arrays and turns its reports into errors. Without a compiled
module the package still works: `engine_for("auto")` then gives the reference engine.
"""

import importlib.util
import math
import threading
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from pellucid.core._arrays import Array, as_numpy, first_non_finite
from pellucid.core.activations import activation_named
from pellucid.core.costs import cost_named
from pellucid.encoded_table import EncodedTable
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
    is_read,
    refuse,
)
from pellucid.engines.packing import flat, named
from pellucid.engines.threads import default_threads
from pellucid.errors import DivergenceError
from pellucid.examples import Columns, Examples
from pellucid.network import Network
from pellucid.optimizer import OPTIMIZERS, Optimizer


def is_compiled() -> bool:
    """Whether the compiled module is installed."""
    return importlib.util.find_spec("pellucid._native") is not None


def compiled() -> ModuleType | None:
    """The compiled module; None if it is not installed."""
    if not is_compiled():
        return None
    from pellucid import _native

    return _native


def _native() -> ModuleType:
    native = compiled()
    assert native is not None, "engine_for refuses the native engine if it was not compiled"
    return native


def _listens() -> bool:
    """Whether Ctrl-C reaches this thread: Python's signals come to the main one."""
    return threading.current_thread() is threading.main_thread()


def _activations(network: Network) -> tuple[str, ...]:
    return *network.hidden_activations, network.output_activation


def _lacking(native: ModuleType, network: Network | None, optimizer: Optimizer | None) -> str:
    """The first activation, cost or optimizer without a kernel: "activation gelu"; empty: all have one."""
    needed = []
    if network is not None:
        needed += [
            ("activation", name, activation_named(name).kind, native.activations)
            for name in _activations(network)
        ]
        needed.append(("cost", network.cost, cost_named(network.cost).kind, native.costs))
    if optimizer is not None:
        needed.append(("optimizer", optimizer.name, OPTIMIZERS[optimizer.name].kind, native.rules))
    return next((f"{part} {name}" for part, name, kind, kernels in needed if kind not in kernels), "")


def _described(native: ModuleType, network: Network) -> Any:
    return native.describe(
        layer_dims=network.layer_dims,
        activations=[activation_named(name).kind for name in _activations(network)],
        cost=cost_named(network.cost).kind,
        label_smoothing=network.label_smoothing,
        huber_delta=network.huber_delta,
        l2=network.l2,
        l1=network.l1,
        dropout=network.dropout_rates,
    )


def _options(native: ModuleType, options: StepOptions) -> Any:
    optimizer = options.optimizer
    return native.options(
        rule=OPTIMIZERS[optimizer.name].kind,
        beta1=optimizer.beta1,
        beta2=optimizer.beta2,
        epsilon=optimizer.epsilon,
        weight_decay=optimizer.weight_decay,
        clip_norm=options.clip_norm or 0.0,
        seed=options.dropout_seed,
        threads=options.threads or default_threads(),
        epsilon_hat=optimizer.epsilon_hat,
    )


def _arrays(examples: Examples, dtype: Any) -> dict[str, Any]:
    """X, Y and weights as the compiled module takes them; copied only if their layout differs."""
    weights = examples.weights
    row = None if weights is None else np.ascontiguousarray(as_numpy(weights), dtype).ravel()
    return {"X": _inputs(examples.X, dtype), "Y": _matrix(examples.Y, dtype), "weights": row}


def _inputs(X: Any, dtype: Any) -> Any:
    return _table(X, dtype) if isinstance(X, EncodedTable) else _matrix(X, dtype)


def _table(table: EncodedTable, dtype: Any) -> Any:
    native = _native()
    kind = native.Table32 if dtype == np.float32 else native.Table64
    table = table.astype(dtype)
    value_columns, first_columns, sizes = table.places
    return kind(
        values=np.ascontiguousarray(table.values),
        fractions=np.ascontiguousarray(table.fractions),
        codes=np.ascontiguousarray(table.codes, np.int32),
        value_columns=value_columns,
        first_columns=first_columns,
        sizes=sizes,
        n_x=table.shape[0],
    )


def _matrix(array: Any, dtype: Any) -> Floats:
    array = as_numpy(array).astype(dtype, copy=False)
    # A field of a record array has strides that are no multiple of its item size.
    odd = any(stride % array.itemsize for stride in array.strides)
    return np.ascontiguousarray(array) if odd else array


class NativeSession(Session):
    """A trainer in C++, which owns the parameters and reads X in place.

    Every call goes through a turnstile: threads that wait during a call are served in their order.
    """

    def __init__(
        self, network: Network, examples: Examples, state: TrainingState, options: StepOptions
    ) -> None:
        native = _native()
        self._network, self._slots = network, options.optimizer.slots
        self._dtype = np.float32 if examples.X.dtype == np.float32 else np.float64
        self._size = network.parameter_count
        self._turn = native.Turnstile()
        kind = native.Trainer32 if self._dtype == np.float32 else native.Trainer64
        self._trainer = kind(network=_described(native, network), options=_options(native, options))
        self._evaluated: Any = None
        self.feed(examples)
        self.restore(state)

    def feed(self, examples: Examples) -> None:
        """See `Session.feed`."""
        with self._turn:
            arrays = _arrays(examples, self._dtype)
            self._trainer.feed(**arrays)
            self._X = examples.X if isinstance(examples.X, EncodedTable) else arrays["X"]

    def advance(self, batches: Batches, learning_rates: float | Sequence[float]) -> Costs:
        """See `Session.advance`."""
        rates = np.atleast_1d(np.asarray(learning_rates, np.float64))
        costs, penalties = np.empty(len(batches)), np.empty(len(batches))
        columns = None if batches.columns is None else np.ascontiguousarray(batches.columns, np.int64)
        offsets = np.ascontiguousarray(batches.offsets, np.int64)
        with self._turn:
            taken, ending, cost = self._trainer.advance(
                columns=columns,
                offsets=offsets,
                rates=rates,
                costs=costs,
                penalties=penalties,
                listens=_listens(),
            )
            if ending == "diverged":
                chosen = None if columns is None else columns[offsets[taken] : offsets[taken + 1]]
                raise self._diverged("the cost became {cost} at iteration {step}", cost, chosen)
        return Costs(costs.tolist(), penalties.tolist())

    def _diverged(
        self, event: str, cost: float, columns: Integers | None = None, *, seek: bool = True
    ) -> DivergenceError:
        """The error; the trainer goes back to the last parameters whose cost was finite."""
        parameters, _, _, step_count = self._state()
        clause = culprit(self._network, parameters, self._X, columns) if seek else ""
        self._trainer.go_back()
        sentence = event.format(cost=cost, step=step_count) + clause
        return diverged(sentence, step_count, dict(self._state().parameters))

    def gradient(self, parameters: Mapping[str, Array]) -> Gradient:
        """See `Session.gradient`."""
        row = flat(self._network, parameters, self._dtype)
        grads = np.empty(self._size, self._dtype)
        with self._turn:
            AL = _columns(self._network.n_y, self._X.shape[1], self._dtype)
            cost, penalty = self._trainer.gradient(at=row, grads=grads, outputs=AL, listens=_listens())
        if not math.isfinite(cost):
            grads.fill(np.nan)
        return Gradient(cost, penalty, named(self._network, grads, prefix="d"), AL)

    def evaluate(self, examples: Examples) -> tuple[float, Array]:
        """See `Session.evaluate`. The preparation of an X is kept until another X is evaluated."""
        AL = _columns(self._network.n_y, examples.m, self._dtype)
        with self._turn:
            arrays = _arrays(examples, self._dtype)
            read = isinstance(examples.X, EncodedTable) or arrays["X"] is examples.X
            same = self._evaluated is examples.X and read
            self._evaluated = None
            cost = self._trainer.evaluate(**arrays, outputs=AL, same_inputs=same, listens=_listens())
            self._evaluated = examples.X
        return cost, AL

    def takes(self, X: Any) -> bool:
        """See `Session.takes`."""
        return is_read(X)

    def steps_taken(self) -> int:
        """See `Session.steps_taken`."""
        return int(self._trainer.steps_taken)

    def state(self) -> TrainingState:
        """See `Session.state`."""
        with self._turn:
            return self._state()

    def _state(self) -> TrainingState:
        row = np.empty(self._size, self._dtype)
        rows = {slot: np.empty(self._size, self._dtype) for slot in self._slots}
        update_count, step_count = self._trainer.state(parameters=row, v=rows.get("v"), s=rows.get("s"))
        slots = {slot: named(self._network, numbers, prefix="d") for slot, numbers in rows.items()}
        return TrainingState(named(self._network, row), slots, update_count, step_count)

    def restore(self, state: TrainingState) -> None:
        """See `Session.restore`."""
        rows = {
            slot: flat(self._network, arrays, self._dtype, prefix="d")
            for slot, arrays in state.slots.items()
        }
        row = flat(self._network, state.parameters, self._dtype)
        with self._turn:
            self._trainer.restore(
                parameters=row,
                v=rows.get("v"),
                s=rows.get("s"),
                update_count=state.update_count,
                step_count=state.step_count,
            )

    def finish(self) -> Parameters:
        """See `Session.finish`."""
        with self._turn:
            parameters, _, _, step_count = self._state()
            for name, value in parameters.items():
                if first_non_finite(value) is not None:
                    event = f"{name} is no longer finite after iteration {step_count - 1}"
                    raise self._diverged(event, math.nan, seek=False)
            cost = self._trainer.cost(listens=_listens())
            if not math.isfinite(cost):
                raise self._diverged(
                    "the cost became {cost} at iteration {step}, after the last step", cost
                )
        return {name: np.ascontiguousarray(value) for name, value in parameters.items()}


def _columns(n: int, m: int, dtype: Any) -> Floats:
    return np.empty((n, m), dtype, order="F")


class NativePredictor(Predictor):
    """Forward propagation in compiled code."""

    def __init__(
        self,
        network: Network,
        parameters: Mapping[str, Floats],
        mean: Sequence[float],
        deviation: Sequence[float],
        *,
        spread: bool,
    ) -> None:
        native = _native()
        self._n_y, self._width = network.n_y, 2 if spread else network.n_y
        self._dtype = np.float32 if parameters["W1"].dtype == np.float32 else np.float64
        kind = native.Predictor32 if self._dtype == np.float32 else native.Predictor64
        self._predictor = kind(
            network=_described(native, network),
            parameters=flat(network, parameters, self._dtype),
            mean=mean,
            deviation=deviation,
            spread=spread,
            threads=default_threads(),
        )
        self._answer = self._predictor.answer

    def __call__(self, rows: Any) -> Floats | None:
        """See `Predictor.__call__`."""
        if type(rows) is not np.ndarray or rows.ndim != 2:
            return None
        answers = np.empty((rows.shape[0], self._width), self._dtype)
        return answers if self._answer(rows, answers) else None

    def takes(self, X: Any) -> bool:
        """See `Predictor.takes`."""
        return is_read(X)

    def outputs(self, X: Any) -> Floats:
        """See `Predictor.outputs`."""
        AL = _columns(self._n_y, X.shape[1], self._dtype)
        self._predictor.outputs(X=_inputs(X, self._dtype), outputs=AL, listens=_listens())
        return AL

    def evaluate(self, examples: Examples) -> tuple[float, Floats]:
        """See `Predictor.evaluate`."""
        AL = _columns(self._n_y, examples.m, self._dtype)
        arrays = _arrays(examples, self._dtype)
        return self._predictor.evaluate(**arrays, outputs=AL, listens=_listens()), AL


class NativeEngine(Engine):
    """Trains on NumPy arrays in float64 and float32, if all that the network needs has a kernel."""

    name = "native"

    @property
    def arithmetic(self) -> str:
        """See `Engine.arithmetic`."""
        return str(_native().instruction_set())

    def why_not(
        self, network: Network | None = None, X: Any = None, optimizer: Optimizer | None = None
    ) -> str:
        """See `Engine.why_not`."""
        native = compiled()
        if native is None:
            return "was not compiled when pellucid was installed (a C++20 compiler brings it)"
        if not hasattr(native, "activations"):
            return "was compiled from another version of its sources (installing pellucid again renews it)"
        lacking = _lacking(native, network, optimizer)
        if lacking:
            return f"has no kernel for the {lacking}"
        if X is not None and not isinstance(X, (np.ndarray, Columns)):
            return f"trains on NumPy arrays, and X is {type(X).__module__.partition('.')[0]}'s"
        return ""

    def takes(self, X: Any, network: Network) -> bool:
        """See `Engine.takes`. A mask of the inputs is defined for each of them, so it needs them dense."""
        return is_read(X) and (not network.input_dropout or not isinstance(X, Columns))

    def open(
        self,
        network: Network,
        examples: Examples,
        state: TrainingState,
        options: StepOptions | None = None,
    ) -> Session:
        """See `Engine.open`."""
        options = options or StepOptions()
        refuse(self, self.why_not(network, None, options.optimizer))
        return NativeSession(network, examples, state, options)

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
        refuse(self, self.why_not(network))
        return NativePredictor(network, parameters, mean, deviation, spread=spread)
