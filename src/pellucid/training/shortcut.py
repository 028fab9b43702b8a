"""The exact short cut for wide inputs: train on as many inputs as there are examples, then rebuild W1.

Every gradient of the first layer is dZ1 X^T: a combination of the examples. A rule that is linear in the
gradient moves W1 only within their span, so coordinates in that span are all the inputs it needs. With
K = X^T X = R^T R (R upper triangular) and Q = X R^-1, whose columns are orthonormal, training on the inputs
R from W1' = W1 Q takes the same steps, and W1 = W1_0 + (W1' - W1'_0) Q^T. Q itself is never formed.

Letters: m examples of n_0 inputs, n_0 > m; X is (n_0, m), K and R are (m, m), W1 is (n_1, n_0).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pellucid.core._arrays import Array
from pellucid.engines import TrainingState, product
from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.training.triangle import Floats, divided, triangle

SHORTCUTS = ("auto", "always", "never")

# The rules whose step is a combination of the gradients so far. The others divide each entry by its size.
LINEAR = tuple(name for name, rule in OPTIMIZERS.items() if rule.linear)

# Measured on [12288, 1 .. 200, 5, 1] with 209 .. 6002 examples in full batches, where the model finds the
# number of steps from which the short cut pays within a factor of two. For mini-batches it is cautious: the
# reference engine takes longer over them than their operations. CALLS are the operations in the
# time of the calls alone.
READING, CALLS = 3, 3e6


@dataclass(frozen=True, eq=False)
class ReducedProblem:
    """The same training on fewer inputs, and the way back.

    Attributes:
        network: the network with another `layer_dims[0]`. Train it on `X`, with the labels, weights,
            batches and steps (dropout seed included) of the full one.
        X: the inputs, (r, m): an upper triangle, exactly zero below its diagonal, example by example in
            memory (Fortran's order), in the type of the full X. r is m; with L2 it is m + 1, and the last
            row zero.
        parameters: where the training starts, in the shapes of `network`.
        description: what a history says of it.
        first_weights: W1 (n_1, n_0) where the training starts.
    """

    network: Network
    X: Floats
    parameters: dict[str, Array]
    description: str
    _inputs: Floats = field(repr=False)
    first_weights: Floats = field(repr=False)

    def restore(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """The parameters of the full network, from those of the reduced one.

        Args:
            parameters: in the shapes of `network`, at any moment of the training; not changed.

        Returns:
            The same, with W1 (n_1, n_0), a new array.
        """
        return {**parameters, "W1": self._widened(parameters["W1"], outside=1.0)}

    def restore_state(self, state: TrainingState) -> TrainingState:
        """The training state of the full network, from that of the reduced one. Slots start at zero."""
        slots = {
            name: {**arrays, "dW1": self._widened(arrays["dW1"], outside=0.0)}
            for name, arrays in state.slots.items()
        }
        return state._replace(parameters=self.restore(state.parameters), slots=slots)

    def _widened(self, array: Array, *, outside: float) -> Floats:
        """An array like W1', (n_1, r), over all inputs, (n_1, n_0).

        Args:
            array: (n_1, r).
            outside: how much of the part of W1_0 outside the span it has, where no penalty changes that.
        """
        m = self.X.shape[1]
        small = np.asarray(array, np.float64)
        start = np.asarray(self.parameters["W1"], np.float64)
        if self.network.l2:
            # Every row's part outside the span shrank alike; the longest tells it best.
            i = int(np.argmax(start[:, m]))
            outside = float(small[i, m] / start[i, m]) if start[i, m] else outside
        moved = divided(small[:, :m] - outside * start[:, :m], self.X[:m], transposed=True)
        full = product(moved.astype(self.X.dtype), self._inputs.T)
        if outside:
            full += self.first_weights if outside == 1.0 else outside * self.first_weights
        return full


def find_span(
    network: Network,
    X: Array,
    parameters: Mapping[str, Array],
    optimizer: Optimizer,
    *,
    shortcut: str = "auto",
    steps: int,
    batch: int | None = None,
    restores: int = 1,
) -> ReducedProblem | None:
    """The short cut through a training, or None where it is not taken.

    Args:
        network: what is trained.
        X: inputs, (n_0, m), found to fit the network and to be finite; its type is that of the training.
        parameters: where the training starts, found to fit; not changed.
        optimizer: by which rule the parameters follow their gradients.
        shortcut: "auto": where it is exact and saves work; "always": or refuse; "never".
        steps: how many steps will be taken.
        batch: how many examples each takes; None: all.
        restores: how often the full parameters will be asked for, as for a cost on validation data.

    Raises:
        OptionError: `shortcut` is none of these; or it is "always", and the short cut is not exact.
    """
    check_shortcut(shortcut)
    if shortcut == "never":
        return None
    always = shortcut == "always"
    reason = why_not(network, X, optimizer)
    if reason is None:
        m = X.shape[1]
        if not (always or pays_off(network, m, steps=steps, batch=batch, dtype=X.dtype, restores=restores)):
            return None
        try:
            problem = reduced(network, X, parameters)
        except MemoryError:
            # The long way needs no K.
            if always:
                raise
            return None
        if problem is not None:
            return problem
        reason = "the squares of the inputs leave the range of float64: scale the inputs"
    if always:
        raise OptionError(
            f"shortcut is 'always', and {reason}; expected 'auto' (taken where it is exact and saves work) "
            "or 'never'"
        )
    return None


def check_shortcut(shortcut: Any) -> None:
    """Refuse what is none of `SHORTCUTS`.

    Raises:
        OptionError: it is not.
    """
    if not isinstance(shortcut, str) or shortcut not in SHORTCUTS:
        raise OptionError(f"unknown shortcut {shortcut!r:.80}; expected one of {', '.join(SHORTCUTS)}")


def why_not(network: Network, X: Array, optimizer: Optimizer) -> str | None:
    """Why there is no exact short cut, in half a sentence; None: there is one.

    Args:
        network: what is trained.
        X: inputs, (n_0, m).
        optimizer: by which rule.
    """
    if optimizer.name not in LINEAR:
        return f"{optimizer.name} leaves the span of the examples ({', '.join(LINEAR)} stay in it)"
    if network.l1:
        return f"l1 is {network.l1:g}, which pulls W1 out of the span of the examples"
    if network.input_dropout:
        return f"input_dropout is {network.input_dropout:g}, which needs the inputs as they are"
    if type(X) is not np.ndarray:
        return f"X is of type {type(X).__name__}, and the short cut is for NumPy's arrays"
    n_0, m = X.shape
    if n_0 <= m:
        return f"X has shape {X.shape}: as many examples as inputs, or more"
    return None


def pays_off(
    network: Network,
    m: int,
    *,
    steps: int,
    batch: int | None = None,
    dtype: Any = np.float64,
    restores: int = 1,
) -> bool:
    """Whether the short cut saves more work than it makes, both in floating-point operations.

    Args:
        network: what is trained.
        m: number of examples.
        steps: how many will be taken.
        batch: how many examples each takes; None: all.
        dtype: the type of the training. The set-up is always in float64, at half the speed of float32.
        restores: how often the full parameters will be asked for.
    """
    n_0, n_1 = network.layer_dims[:2]
    r = m + bool(network.l2)
    k = min(batch or m, m)
    # Forward, dW1, and the update, which waits for memory as long as for twenty operations. Reading X,
    # all that few units wait for, takes as long as the products of READING units.
    saved = steps * (4 * k + 20) * (n_1 + READING) * (n_0 - r)
    # K and W1 X, the factor, W1'.
    set_up = n_0 * m * (m + 2 * n_1) + m**3 / 3 + n_1 * m**2
    back = restores * n_1 * (2 * n_0 + m) * m
    return saved > set_up * (2 if np.dtype(dtype) == np.float32 else 1) + back + CALLS


def reduced(network: Network, X: Floats, parameters: Mapping[str, Array]) -> ReducedProblem | None:
    """The same training on fewer inputs; None where the squares of X overflow or vanish.

    Args:
        network: what is trained.
        X: inputs, (n_0, m), n_0 > m.
        parameters: where the training started.
    """
    n_0, m = X.shape
    r = m + bool(network.l2)
    W1 = np.array(parameters["W1"], X.dtype)
    found = triangle(X, W1, rows=r)
    if found is None:
        return None
    columns, WX = found
    R = columns.T
    small = np.zeros((W1.shape[0], r))
    small[:, :m] = divided(WX, R[:m])
    if network.l2:
        small[:, m] = _length_outside(W1, small[:, :m])
    return ReducedProblem(
        network=replace(network, layer_dims=(r, *network.layer_dims[1:])),
        X=R.astype(X.dtype, copy=False),
        parameters={**parameters, "W1": small.astype(X.dtype)},
        description=f"exact: trained in the span of the {m} examples, {n_0} inputs as {r}",
        _inputs=X,
        first_weights=W1,
    )


def _length_outside(W1: Floats, inside: Floats) -> Floats:
    """How long each row's part outside the span is; (n_1,).

    It is the weight of an input that is always zero: what L2 and the length of the gradient see of that
    part. A row that lies in the span gets 1e-9 of its length, which no sum of squares feels: by how
    much the weight shrinks must be readable at the end.
    """
    squares = np.einsum("ij,ij->i", W1, W1, dtype=np.float64)
    outside = squares - np.einsum("ij,ij->i", inside, inside)
    length: Floats = np.sqrt(np.maximum(outside, 1e-18 * squares))
    return length
