"""The engines as one suite tests them: each on each library and type of number that it trains on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from helpers import LIBRARIES, Library, to_numpy
from pellucid import Network, initialize_parameters_deep
from pellucid.engines import ENGINES, Engine, Session, StepOptions, TrainingState
from pellucid.examples import Examples


def skip_without_kernel(engine: str, network: Network, options: StepOptions | None = None) -> None:
    """Skip a test of a network or an optimizer for which an engine has no kernel."""
    reason = ENGINES[engine]().why_not(network, None, options and options.optimizer)
    if "has no kernel" in reason:
        pytest.skip(f"the {engine} engine {reason}")


@dataclass(frozen=True)
class Trained:
    """An engine on one array library and type: opens sessions on NumPy's arrays, converted."""

    engine: str
    backend: Library

    def __str__(self) -> str:
        return f"{self.engine}-{self.backend}"

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Skip where the engine or the library is not there."""
        reason = ENGINES[self.engine]().why_not()
        if reason:
            pytest.skip(f"the {self.engine} engine {reason}")
        with self.backend.ready():
            yield

    def open(
        self,
        network: Network,
        examples: Examples,
        start: Mapping[str, Any] | TrainingState,
        options: StepOptions | None = None,
    ) -> Session:
        """A session from parameters, or from a state; skipped where the engine has no kernel for it."""
        skip_without_kernel(self.engine, network, options)
        state = start if isinstance(start, TrainingState) else TrainingState(self.arrays(start))
        return self.of().open(network, self.examples(examples), state, options)

    def of(self) -> Engine:
        """The engine."""
        return ENGINES[self.engine]()

    def examples(self, examples: Examples) -> Examples:
        """The same as arrays of the library."""
        X, Y, weights = (
            None if part is None else self.backend.array(part)
            for part in (examples.X, examples.Y, examples.weights)
        )
        return Examples(X, Y, weights, finite=True)

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as arrays of the library."""
        return {name: self.backend.array(value) for name, value in parameters.items()}

    @property
    def huge(self) -> float:
        """A learning rate that leaves the finite numbers in two steps."""
        return 1e200 if self.backend.dtype == "float64" else 1e38

    @property
    def tolerance(self) -> float:
        """How far a few steps may lie from the oracle's in float64."""
        return 1e-9 if self.backend.dtype == "float64" else 1e-3


# The reference on NumPy is what the others are compared with; the native engine trains on NumPy alone, the
# JAX engine also on JAX's arrays.
EVERY = [
    Trained(engine, library)
    for engine in ENGINES
    for library in LIBRARIES
    if engine == "reference" or library.name in ("numpy", engine)
]
NUMPY = [one for one in EVERY if one.backend.name == "numpy"]


every_engine = pytest.mark.parametrize("trained", EVERY, indirect=True, ids=str)
on_numpy = pytest.mark.parametrize("trained", NUMPY, indirect=True, ids=str)


def problem(
    network: Network, m: int = 20, *, weighted: bool = False, seed: int = 0
) -> tuple[Examples, dict[str, np.ndarray]]:
    """Random examples, and parameters whose biases are not 0."""
    rng = np.random.RandomState(seed)
    X = rng.randn(network.n_x, m)
    if network.is_regression:
        Y = rng.poisson(2.0, (network.n_y, m)).astype(float)
    elif network.output_activation == "softmax":
        Y = np.eye(network.n_y)[:, rng.randint(network.n_y, size=m)]
    else:
        Y = (rng.rand(network.n_y, m) < 0.5).astype(float)
    weights = rng.uniform(0.1, 2, (1, m)) if weighted else None
    parameters = initialize_parameters_deep(network.layer_dims, scheme="he", rng=1)
    parameters |= {name: value + 0.1 for name, value in parameters.items() if name[0] == "b"}
    return Examples(X, Y, weights, finite=True), parameters


def assert_near(found: Any, expected: Any, tolerance: float) -> None:
    """Compare arrays, numbers, or dictionaries of them, relative to the largest number of each."""
    if isinstance(expected, Mapping):
        assert set(found) == set(expected)
        for name, value in expected.items():
            assert_near(found[name], value, tolerance)
        return
    found, expected = (np.asarray(to_numpy(value), dtype=float) for value in (found, expected))
    assert found.shape == expected.shape
    size = max(float(np.abs(expected).max(initial=0)), 1e-3)
    np.testing.assert_allclose(found / size, expected / size, rtol=0, atol=tolerance)


def assert_same_state(found: TrainingState, expected: TrainingState, tolerance: float = 0.0) -> None:
    """Compare all that a state holds; to the bit where the tolerance is 0."""
    assert (found.update_count, found.step_count) == (expected.update_count, expected.step_count)
    assert_near(found.parameters, expected.parameters, tolerance)
    assert list(found.slots) == list(expected.slots)
    for slot, arrays in expected.slots.items():
        assert_near(found.slots[slot], arrays, tolerance)
