"""What a solution really computes, next to the course's functions: the corpus is checked without the judge.

Small on purpose: a handful of arguments for each function, enough to tell every planted mistake from the
right answer, and every pair from each of its halves.
"""

import ast
import contextlib
import copy
import functools
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pellucid import course
from pellucid.check.notebook import code_cells

_SHALLOW = ("forward_propagation", "backward_propagation", "nn_model")
_RANDOM = ("initialize_parameters", "initialize_parameters_deep")
_TRAINERS = ("two_layer_model", "L_layer_model", "nn_model")
NAMES = {*course.__all__, *_SHALLOW}


def python_of(text: str) -> str:
    """The Python of a file, or of a notebook's cells."""
    if not text.startswith("{"):
        return text
    return "\n".join("\n".join(lines) for _, lines in code_cells(text))


def functions_of(text: str) -> list[str]:
    """The functions of the course that a solution defines, whatever it made of them."""
    body = ast.parse(python_of(text)).body
    names = [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return [name for name in names if name in NAMES]


def _references(defined: list[str]) -> dict[str, Any]:
    references = {name: getattr(course, name) for name in course.__all__ if name != "shallow"}
    if set(defined) & set(_SHALLOW):
        references |= {name: value for name, value in vars(course.shallow).items() if callable(value)}
    # What trains has to give the same every time.
    seeded = {name: functools.partial(references[name], rng=1) for name in _RANDOM}
    return references | seeded


def _alone(text: str, function: str) -> Any:
    """The solution's `function`; the course's stand for all others of their names."""
    names: dict[str, Any] = {"__name__": "solution"}
    references = _references(functions_of(text))
    names |= references
    # As the sandbox: what a file imports and this machine has not keeps no function from being defined.
    for node in ast.parse(python_of(text)).body:
        with contextlib.suppress(ImportError, NameError), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(ast.Module([node], []), "solution.py", "exec"), names)
    if "from planar_utils import" in text:
        # The sigmoid of that exercise's helpers has no cache.
        names["sigmoid"] = lambda z: course.sigmoid(z)[0]
    mine = names[function]
    # What a file imports under a name of the course (exp, tanh) is its own.
    names |= {name: references[name] for name in functions_of(text) if name != function}
    return mine


def _networks() -> list[tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]]:
    rng = np.random.default_rng(5)
    found = []
    for dims, m in (
        ([3, 1], 4),
        ([3, 4, 1], 7),
        ([2, 4, 3, 1], 5),
        ([4, 4, 4, 4, 1], 4),
        ([3, 5, 4, 2, 1], 1),
    ):
        parameters = course.initialize_parameters_deep(dims, scheme="he", rng=rng)
        for l in range(1, len(dims)):
            parameters[f"b{l}"] = rng.uniform(-0.5, 0.5, (dims[l], 1))
        X = rng.standard_normal((dims[0], m))
        # A unit whose Z is exactly 0.
        X[:, 0] = 0.0
        parameters["b1"][0] = 0.0
        found.append((X, (np.arange(m) % 2 == 0).astype(float).reshape(1, m), parameters))
    return found


def _layers() -> list[tuple[np.ndarray, ...]]:
    """(A_prev, W, b, dZ) of one layer."""
    rng = np.random.default_rng(7)
    sizes = ((3, 4, 5), (4, 4, 4), (1, 3, 6), (2, 1, 1))
    return [
        tuple(rng.standard_normal(shape) for shape in ((n_prev, m), (n, n_prev), (n, 1), (n, m)))
        for n, n_prev, m in sizes
    ]


def _plane() -> list[np.ndarray]:
    rng = np.random.default_rng(9)
    Z = [rng.standard_normal(shape) * 2 for shape in ((4, 5), (3, 3), (1, 1))]
    Z[0][0, :3] = 0.0
    return Z


def _shallow() -> list[tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]]:
    rng = np.random.default_rng(11)
    found = []
    for dims, m in (([2, 4, 1], 6), ([3, 3, 1], 3), ([2, 5, 1], 1)):
        parameters = course.initialize_parameters_deep(dims, scheme="xavier", rng=rng)
        parameters["b1"] += rng.standard_normal(parameters["b1"].shape)
        parameters["b2"] += rng.standard_normal(parameters["b2"].shape)
        X = rng.standard_normal((dims[0], m))
        found.append((X, (np.arange(m) % 2 == 0).astype(float).reshape(1, m), parameters))
    return found


def _passes() -> list[tuple[np.ndarray, np.ndarray, list[Any]]]:
    found = []
    for X, Y, parameters in _networks():
        AL, caches = course.L_model_forward(X, parameters)
        found.append((AL, Y, caches))
    return found


def _backward_layers() -> list[tuple[Any, ...]]:
    found = []
    for kind in ("relu", "sigmoid"):
        for A, W, b, dZ in _layers():
            Z = W @ A + b
            Z[0, 0] = 0.0
            found.append((dZ, ((A, W, b), Z), kind))
    return found


def _steps(networks: list[Any]) -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(13)
    return [
        (p, {f"d{name}": rng.standard_normal(value.shape) for name, value in p.items()}, rate)
        for (_, _, p), rate in zip(networks, (0.1, 0.5, 1.3, 0.01, 0.2), strict=False)
    ]


def cases(function: str, shallow: bool, arguments: int) -> list[tuple[Any, ...]]:
    """Arguments for `function`; `arguments` is how many its definition takes."""
    networks = _shallow() if shallow else _networks()
    forward = [(*course.shallow.forward_propagation(X, p), X, Y, p) for X, Y, p in _shallow()]
    made: dict[str, Callable[[], list[tuple[Any, ...]]]] = {
        "linear_forward": lambda: [(A, W, b) for A, W, b, _ in _layers()],
        "linear_activation_forward": lambda: [
            (A, W, b, kind) for kind in ("relu", "sigmoid") for A, W, b, _ in _layers()
        ],
        "L_model_forward": lambda: [(X, p) for X, _, p in networks],
        "compute_cost": lambda: (
            [(A2, Y, p)[: max(2, arguments)] for A2, _, _, Y, p in forward]
            if shallow
            else [(AL, Y) for AL, Y, _ in _passes()]
        ),
        "linear_backward": lambda: [(dZ, (A, W, b)) for A, W, b, dZ in _layers()],
        "linear_activation_backward": _backward_layers,
        "L_model_backward": _passes,
        "update_parameters": lambda: _steps(networks),
        "forward_propagation": lambda: [(X, p) for X, _, p in networks],
        "backward_propagation": lambda: [(p, cache, X, Y) for _, cache, X, Y, p in forward],
        "initialize_parameters": lambda: [(40, 30, 20), (3, 2, 1)],
        "initialize_parameters_deep": lambda: [([30, 30, 30, 1],), ([5, 4, 3],), ([60, 40, 1],)],
    }
    if function == "predict":
        if arguments == 3:
            return [(X, Y, p) for X, Y, p in networks]
        return [(p, X) if shallow else (X, p) for X, _, p in networks]
    if function in made:
        return made[function]()
    return [(-Z, Z) if function.endswith("_backward") else (Z,) for Z in _plane()] + [
        (Z + 1, Z) for Z in _plane() if function.endswith("_backward")
    ]


def _called(function: Any, arguments: tuple[Any, ...]) -> Any:
    """What a call returns and changes, or the exception's type and text."""
    given = copy.deepcopy(arguments)
    arrays = [list(_arrays(argument)) for argument in given]
    before = copy.deepcopy(arrays)
    np.random.seed(17)
    try:
        with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            value = function(*given)
    except Exception as error:
        return ("raised", type(error).__name__, str(error))
    # Keys that are bound anew change the dictionary, as in the first editions; the arrays are what counts.
    written = tuple(i for i, (a, b) in enumerate(zip(arrays, before, strict=True)) if not same(a, b))
    return ("value", value, written)


def _arrays(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _arrays(inner)
    elif isinstance(value, np.ndarray):
        yield value


def same(a: Any, b: Any) -> bool:
    """Whether two results are one; `a` may hold more keys, in single precision, tuples for lists."""
    if isinstance(b, dict):
        return isinstance(a, dict) and all(key in a and same(a[key], b[key]) for key in b)
    if isinstance(b, (tuple, list)):
        return isinstance(a, (tuple, list)) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(b, str) or isinstance(a, str):
        return bool(a == b)
    try:
        a_array, b_array = np.asarray(a), np.asarray(b)
        single = np.float32 in (a_array.dtype, b_array.dtype)
        near = 1e-4 if single else 1e-6
        return a_array.shape == b_array.shape and np.allclose(a_array, b_array, near, near, equal_nan=True)
    except (TypeError, ValueError):
        return False


def outputs(text: str, function: str) -> list[Any]:
    """What a solution's `function` gives on all cases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = _alone(text, function)
        shallow = bool(set(functions_of(text)) & set(_SHALLOW))
        node = next(n for n in ast.walk(ast.parse(python_of(text))) if getattr(n, "name", "") == function)
        count = len(node.args.args) if isinstance(node, ast.FunctionDef) else 0
        return [_called(mine, case) for case in cases(function, shallow, count)]


def expected(text: str, function: str) -> list[Any]:
    """What the course's gives on them."""
    shallow = bool(set(functions_of(text)) & set(_SHALLOW))
    reference = _references(functions_of(text))[function]
    return [_called(reference, case) for case in cases(function, shallow, 2)]


def _rightly_initialized(text: str, function: str) -> bool:
    calls = outputs(text, function)
    for (dims, *more), result in zip(cases(function, False, 0), calls, strict=True):
        sizes = dims if isinstance(dims, list) else [dims, *more]
        if result[0] != "value":
            return False
        parameters = result[1]
        for l in range(1, len(sizes)):
            W, b = parameters.get(f"W{l}"), parameters.get(f"b{l}")
            if W is None or b is None or W.shape != (sizes[l], sizes[l - 1]) or b.shape != (sizes[l], 1):
                return False
            if b.any() or (W.size >= 30 and not (0.008 < W.std() < 1.8 * sizes[l - 1] ** -0.5)):
                return False
            if W.size >= 30 and W.min() > 0:
                return False
        if len(sizes) > 2 and same(parameters["W1"], parameters["W2"]):
            return False
    return True


def _trains(text: str, function: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train = _alone(text, function)
        rng = np.random.default_rng(1)
        X = rng.standard_normal((2, 60))
        Y = (X[:1] + X[1:] > 0).astype(int)
        sizes: Any = 4 if function == "nn_model" else (2, 4, 1)
        rate = () if function == "nn_model" else (0.3,)
        once, result = (_called(train, (X, Y, sizes, *rate, steps)) for steps in (1, 2500))
    if result[0] != "value" or not isinstance(result[1], dict) or same(once[1], result[1]):
        return False
    with np.errstate(all="ignore"):
        if function == "nn_model":
            answers = course.shallow.predict(result[1], X)
        else:
            answers = course.predict(X, result[1])
    return bool(np.mean(answers == Y) > 0.9)


def _in_todays_keys(result: Any) -> Any:
    """A result with the gradients of the first editions, whose dA{l} leaves layer l, under today's keys."""
    if result[0] != "value" or not isinstance(result[1], dict):
        return result
    grads = result[1]
    layers = sum(str(key).startswith("dW") for key in grads)
    if f"dA{layers}" not in grads or "dA0" in grads:
        return result
    renamed = {f"dA{int(key[2:]) - 1}" if key.startswith("dA") else key: v for key, v in grads.items()}
    return ("value", renamed, *result[2:])


def is_right(text: str, function: str) -> bool:
    """Whether a solution's `function` does what the course's does."""
    if function in _RANDOM:
        return _rightly_initialized(text, function)
    if function in _TRAINERS:
        return _trains(text, function)
    if function == "predict":
        # Whatever the order of the arguments, the answer is one.
        shallow = bool(set(functions_of(text)) & set(_SHALLOW))
        reference = _references(functions_of(text))["predict"]
        right = [_called(reference, case) for case in cases("predict", shallow, 2)]
    else:
        right = expected(text, function)
    return all(map(same, map(_in_todays_keys, outputs(text, function)), right))
