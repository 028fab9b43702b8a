"""The helper modules of the two courses, where a learner's file runs: its own copies are not looked at.

A function of the course that such a module has is the reference's; test cases, data and drawings are
stand-ins (`drawing.Nothing`). `import *` brings what the module of the course would bring, NumPy included.
"""

# The courses' arguments, used or not.
# ruff: noqa: ARG001

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

from pellucid import core
from pellucid.check.drawing import Nothing, StandInModule

Array = np.ndarray[Any, Any]

# The network of the gradient check; the course's `vector_to_dictionary` knows these shapes by heart.
_CHECKED_SHAPES = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}


def _sigmoid(z: Any) -> Any:
    return core.sigmoid(np.asarray(z, float))[0]


def _relu(z: Any) -> Any:
    return core.relu(np.asarray(z, float))[0]


def _initialize_parameters(n_x: int, n_h: int, n_y: int) -> dict[str, Array]:
    return _drawn([n_x, n_h, n_y], lambda _: 0.01, seed=1)


def _drawn(layer_dims: Sequence[int], scale: Any, *, seed: int) -> dict[str, Array]:
    # As in the courses, whose helpers seed the global stream.
    np.random.seed(seed)
    parameters = {}
    for l in range(1, len(layer_dims)):
        n, n_prev = layer_dims[l], layer_dims[l - 1]
        parameters[f"W{l}"] = np.random.randn(n, n_prev) * scale(n_prev)
        parameters[f"b{l}"] = np.zeros((n, 1))
    return parameters


def _initialize_by_root(seed: int, gain: float) -> Any:
    def initialize(layer_dims: Sequence[int]) -> dict[str, Array]:
        return _drawn(layer_dims, lambda n_prev: (gain / n_prev) ** 0.5, seed=seed)

    return initialize


def _forward_propagation(X: Array, parameters: Mapping[str, Array]) -> tuple[Array, tuple[Array, ...]]:
    """The output of three layers and the cache (Z1, A1, W1, b1, ..., Z3, A3, W3, b3)."""
    A, cache = X, []
    for l in (1, 2, 3):
        W, b = parameters[f"W{l}"], parameters[f"b{l}"]
        Z = np.dot(W, A) + b
        A = _sigmoid(Z) if l == 3 else _relu(Z)
        cache += [Z, A, W, b]
    return A, tuple(cache)


def _backward_propagation(X: Array, Y: Array, cache: Sequence[Array]) -> dict[str, Array]:
    m = X.shape[1]
    grads: dict[str, Array] = {}
    dZ = cache[9] - Y
    for l in (3, 2, 1):
        A_prev = X if l == 1 else cache[4 * l - 7]
        grads |= {f"dZ{l}": dZ, f"dW{l}": np.dot(dZ, A_prev.T) / m, f"db{l}": dZ.sum(1, keepdims=True) / m}
        if l > 1:
            grads[f"dA{l - 1}"] = np.dot(cache[4 * l - 2].T, dZ)
            dZ = grads[f"dA{l - 1}"] * (A_prev > 0)
    return grads


def _update_parameters(
    parameters: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float
) -> dict[str, Array]:
    return {name: value - learning_rate * grads[f"d{name}"] for name, value in parameters.items()}


def _total_cost(a3: Array, Y: Array) -> Any:
    return np.nansum(-np.log(a3) * Y - np.log(1 - a3) * (1 - Y))


def _mean_cost(a3: Array, Y: Array) -> Any:
    return _total_cost(a3, Y) / Y.shape[1]


def _predict(X: Array, y: Any, parameters: Mapping[str, Array]) -> Array:
    AL, _ = core.L_model_forward(X, parameters)
    return np.asarray(AL > 0.5, float)


def _predict_dec(parameters: Mapping[str, Array], X: Array) -> Any:
    return core.L_model_forward(X, parameters)[0] > 0.5


def _dictionary_to_vector(parameters: Mapping[str, Array]) -> tuple[Array, list[str]]:
    keys = [key for key in _CHECKED_SHAPES for _ in range(parameters[key].size)]
    return np.concatenate([parameters[key].reshape(-1, 1) for key in _CHECKED_SHAPES]), keys


def _vector_to_dictionary(theta: Array) -> dict[str, Array]:
    parts = np.split(theta.ravel(), np.cumsum([r * c for r, c in _CHECKED_SHAPES.values()])[:-1])
    return {
        key: part.reshape(shape) for (key, shape), part in zip(_CHECKED_SHAPES.items(), parts, strict=True)
    }


def _gradients_to_vector(gradients: Mapping[str, Array]) -> Array:
    return np.concatenate([gradients[f"d{key}"].reshape(-1, 1) for key in _CHECKED_SHAPES])


_PLAIN = {"sigmoid": _sigmoid, "relu": _relu}
_CACHING = {name: getattr(core, name) for name in ("sigmoid", "relu", "sigmoid_backward", "relu_backward")}
_APPLICATION = {
    **_CACHING,
    **{
        name: getattr(core, name)
        for name in (
            *("linear_forward", "linear_activation_forward", "L_model_forward", "compute_cost"),
            *("linear_backward", "linear_activation_backward", "L_model_backward", "update_parameters"),
        )
    },
    "initialize_parameters": _initialize_parameters,
    "initialize_parameters_deep": _initialize_by_root(1, 1.0),
    "predict": _predict,
}
_THREE_LAYERS = {
    **_PLAIN,
    "forward_propagation": _forward_propagation,
    "backward_propagation": _backward_propagation,
    "update_parameters": _update_parameters,
    "predict": _predict,
    "predict_dec": _predict_dec,
}
_CHECKING = {
    **_PLAIN,
    "dictionary_to_vector": _dictionary_to_vector,
    "vector_to_dictionary": _vector_to_dictionary,
    "gradients_to_vector": _gradients_to_vector,
}
_REGULARIZING = {
    **_THREE_LAYERS,
    "initialize_parameters": _initialize_by_root(3, 1.0),
    "compute_cost": _mean_cost,
}
_OPTIMIZING = {**_THREE_LAYERS, "initialize_parameters": _initialize_by_root(3, 2.0)}
# Whose cost of a mini-batch is a sum: the exercise of that edition divides by m itself.
_OPTIMIZING_V1A = {**_OPTIMIZING, "compute_cost": _total_cost}

_TESTED = (
    *("sigmoid", "basic_sigmoid", "sigmoid_derivative", "image2vector", "normalizeRows", "softmax"),
    *("L1", "L2", "initialize_with_zeros", "propagate", "optimize", "predict", "model", "layer_sizes"),
    *("initialize_parameters", "initialize_parameters_deep", "forward_propagation", "compute_cost"),
    *("backward_propagation", "update_parameters", "nn_model", "linear_forward", "linear_backward"),
    *("linear_activation_forward", "linear_activation_backward", "L_model_forward", "L_model_backward"),
    *("two_layer_model", "L_layer_model", "initialize_parameters_zeros", "initialize_parameters_random"),
    *("initialize_parameters_he", "compute_cost_with_regularization", "gradient_check", "gradient_check_n"),
    *("backward_propagation_with_regularization", "forward_propagation_with_dropout"),
    *("backward_propagation_with_dropout", "update_parameters_with_gd", "random_mini_batches"),
    *("initialize_velocity", "update_parameters_with_momentum", "initialize_adam"),
    *("update_parameters_with_adam", "update_lr", "schedule_lr_decay"),
)
_CASES = (
    *(f"{name}_test_case" for name in _TESTED),
    *("L_model_forward_test_case_2hidden", "print_grads"),
)
_TESTS = (
    *(f"{name}_test" for name in _TESTED),
    *(f"{name}_test_{number}" for name in _TESTED for number in (1, 2)),
)
_DRAWING = ("plot_decision_boundary", "load_dataset", "load_2D_dataset", "load_planar_dataset", "plt")
_RUNNING = ("single_test", "multiple_test", "comparator", "datatype_check", "equation_output_check")

# Exactly the names of the courses' modules: the functions that are lent, and the stand-ins of `import *`.
MODULES: Mapping[str, tuple[Mapping[str, Any], Sequence[str]]] = {
    "lr_utils": ({}, ("load_dataset",)),
    "planar_utils": ({"sigmoid": _sigmoid}, (*_DRAWING, "load_extra_datasets")),
    **dict.fromkeys(("dnn_utils", "dnn_utils_v2"), (_CACHING, ())),
    **dict.fromkeys(
        ("dnn_app_utils", "dnn_app_utils_v2", "dnn_app_utils_v3"),
        (_APPLICATION, ("load_data", "print_mislabeled_images", "plt")),
    ),
    **dict.fromkeys(
        ("init_utils", "init_utils_v1a"), ({**_THREE_LAYERS, "compute_loss": _mean_cost}, _DRAWING)
    ),
    **dict.fromkeys(("reg_utils", "reg_utils_v1a"), (_REGULARIZING, _DRAWING)),
    **dict.fromkeys(("gc_utils", "gc_utils_v1a"), (_CHECKING, ())),
    "opt_utils": ({**_OPTIMIZING, "compute_cost": _mean_cost}, (*_DRAWING, "load_params_and_grads")),
    "opt_utils_v1a": (_OPTIMIZING_V1A, (*_DRAWING, "load_params_and_grads")),
    **dict.fromkeys(
        (
            *("testCase", "testCases", "testCases_v1a", "testCases_v2", "testCases_v2a", "testCases_v3"),
            *("testCases_v3a", "testCases_v4", "testCases_v4a", "testCases_v5"),
        ),
        ({}, _CASES),
    ),
    "public_tests": ({}, _TESTS),
    "test_utils": ({}, _RUNNING),
}


class _Finder(MetaPathFinder, Loader):
    """Finds a module of the courses where no other is installed under its name."""

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """Its specification; None: it is none of the courses'."""
        return ModuleSpec(fullname, self) if fullname in MODULES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module with everything in it."""
        return StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Give it the functions of the course, and the names of `import *`."""
        functions, stand_ins = MODULES[module.__name__]
        names = {"np": np, **dict.fromkeys(stand_ins, Nothing()), **functions}
        vars(module).update(names, __all__=[*names])


def lend_course_modules() -> None:
    """From now on `import dnn_utils` and its kin bring the reference's functions and stand-ins."""
    sys.meta_path.append(_Finder())
