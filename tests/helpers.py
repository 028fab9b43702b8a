"""What several test files share: numerical gradients and their judge, array libraries, small networks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from pellucid.core import L_model_forward

# Activations whose derivative, or the derivative of that, jumps at zero.
KINKED = ("relu", "leaky_relu", "elu")


def central_difference(
    f: Callable[[np.ndarray], Any], x: np.ndarray, *, step: float = 1e-5
) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of f at x, one coordinate at a time, and where it can be trusted.

    f returns a number and the side of every kink that x is on (an array, or None where there is no
    kink). A coordinate whose two points lie on different sides is not to be trusted.
    """
    gradient = np.empty(x.shape)
    smooth = np.ones(x.shape, dtype=bool)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        (f_up, side_up), (f_down, side_down) = f(up), f(down)
        gradient[i] = (f_up - f_down) / (up[i] - down[i])
        smooth[i] = np.array_equal(side_up, side_down)
    return gradient, smooth


def assert_gradient(
    name: str,
    analytic: np.ndarray,
    numeric: np.ndarray,
    smooth: np.ndarray | None = None,
    *,
    tolerance: float = 1e-7,
) -> None:
    """Refuse a gradient that differs from the numerical one: ||a - n|| / (||a|| + ||n||) >= tolerance.

    Kinks are left out, but more than half of the coordinates have to remain, and not all be zero.
    """
    assert analytic.shape == numeric.shape, f"{name}: shape {analytic.shape}, not {numeric.shape}"
    smooth = np.ones(numeric.shape, dtype=bool) if smooth is None else smooth
    assert 2 * smooth.sum() > smooth.size, f"{name}: kinks at all but {smooth.sum()} of {smooth.size}"
    a, n = analytic[smooth], numeric[smooth]
    size = np.linalg.norm(a) + np.linalg.norm(n)
    assert size != 0, f"{name}: all coordinates are zero, and nothing was tested"
    error = np.linalg.norm(a - n) / size
    assert error < tolerance, f"{name}: relative error {error:.2g} against central differences"


def assert_close_both_ways(actual: Any, expected: Any, tolerance: float, name: str = "") -> None:
    """Refuse a value off by more than `tolerance`, absolute or relative."""
    actual = to_numpy(actual)
    assert actual.shape == np.shape(expected), f"{name}: shape {actual.shape}, not {np.shape(expected)}"
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=0, err_msg=name)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance, err_msg=name)


def to_numpy(array: Any) -> np.ndarray:
    """A NumPy array of any library's array."""
    return np.asarray(array.detach() if hasattr(array, "detach") else array)


@dataclass(frozen=True)
class Library:
    """An array library with one of its real floating-point types."""

    name: str
    dtype: str

    def __str__(self) -> str:
        return f"{self.name}-{self.dtype}"

    @property
    def tolerance(self) -> float:
        """How far results may lie from NumPy's in float64."""
        return 1e-12 if self.dtype == "float64" else 1e-5

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Skip where the library is not installed; JAX needs to be asked for float64."""
        module = pytest.importorskip(self.name)
        with module.enable_x64(self.dtype == "float64") if self.name == "jax" else nullcontext():
            yield

    def array(self, values: Any, dtype: str | None = None) -> Any:
        """An array of this library, of its type or of `dtype`."""
        values = np.array(values, dtype=dtype or self.dtype)
        if self.name == "torch":
            return pytest.importorskip("torch").from_numpy(values)
        if self.name == "jax":
            return pytest.importorskip("jax").numpy.asarray(values)
        return values

    def owns(self, array: Any) -> bool:
        """Whether `array` is of this library and this type."""
        module = type(array).__module__.partition(".")[0].removesuffix("lib")
        return module == self.name and str(array.dtype).removeprefix("torch.") == self.dtype


FLOAT64 = [Library("numpy", "float64"), Library("torch", "float64"), Library("jax", "float64")]
# JAX compiles every operation anew for a type: its float32 is left to the tests that jit a whole step.
LIBRARIES = [*FLOAT64, Library("numpy", "float32"), Library("torch", "float32")]


def tree_map(f: Callable[[Any], Any], tree: Any) -> Any:
    """`tree` with f of every leaf; dictionaries, lists and tuples are branches."""
    if isinstance(tree, dict):
        return {key: tree_map(f, value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(tree_map(f, value) for value in tree)
    return f(tree)


def tree_leaves(tree: Any) -> list[Any]:
    """The leaves of `tree`; those of a dictionary in the order of its keys' names, as JAX returns them."""
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in tree_leaves(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for branch in tree for leaf in tree_leaves(branch)]
    return [tree]


@dataclass(frozen=True)
class Example:
    """A small network with random biases, inputs and labels, all float64 NumPy."""

    parameters: dict[str, np.ndarray]
    X: np.ndarray
    Y: np.ndarray
    hidden: str
    output: str

    @property
    def activations(self) -> dict[str, str]:
        """The keywords of L_model_forward, L_model_backward and predict."""
        return {"hidden_activation": self.hidden, "output_activation": self.output}

    @property
    def depth(self) -> int:
        """L, the number of layers."""
        return len(self.parameters) // 2

    def forward(self) -> tuple[np.ndarray, list[Any]]:
        """L_model_forward of this network."""
        return L_model_forward(self.X, self.parameters, **self.activations)


def example(
    layer_dims: list[int],
    *,
    m: int = 4,
    hidden: str = "relu",
    output: str = "sigmoid",
    seed: int = 1,
    gain: float = 1.0,
) -> Example:
    """Weights gain * randn / sqrt(n_prev), biases of the same size, labels 0 / 1 or one-hot."""
    rng = np.random.default_rng(seed)
    parameters = {}
    for l, (n_prev, n) in enumerate(pairwise(layer_dims), start=1):
        parameters[f"W{l}"] = gain * rng.standard_normal((n, n_prev)) / np.sqrt(n_prev)
        parameters[f"b{l}"] = gain * rng.uniform(0.1, 0.6, (n, 1))
    X = rng.standard_normal((layer_dims[0], m))
    n_y = layer_dims[-1]
    if output == "softmax":
        Y = np.eye(n_y)[:, rng.integers(0, n_y, m)]
    else:
        Y = rng.integers(0, 2, (n_y, m)).astype(float)
    return Example(parameters, X, Y, hidden, output)


def torch_activation(name: str) -> Callable[[Any], Any]:
    """PyTorch's own function of that name, for tensors whose columns are examples."""
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    return {
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "gelu": lambda Z: F.gelu(Z, approximate="tanh"),
        "silu": F.silu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "softmax": lambda Z: F.softmax(Z, dim=0),
        "identity": lambda Z: Z.clone(),
        "exp": torch.exp,
    }[name]
