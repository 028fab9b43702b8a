"""The exact short cut for wide inputs: train on as many inputs as there are examples, then rebuild W1.

Every gradient of the first layer is dZ1 X^T: a combination of the examples. A rule that is linear in the
gradient moves W1 only within their span, so coordinates in that span are enough as inputs. With
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

# The optimizers whose step is a combination of the gradients so far. Others divide each entry by its size.
LINEAR = tuple(name for name, rule in OPTIMIZERS.items() if rule.linear)

# Constants of the cost model in `pays_off`. On [12288, 1 .. 200, 5, 1] with 209 .. 6002 examples in full
# batches, it predicts the number of steps from which the short cut pays within a factor of two. For
# mini-batches it is cautious: the reference engine takes longer than their operations. CALLS is the number
# of operations in the time of the calls alone.
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
        parameters: the initial parameters, in the shapes of `network`.
        description: text for `History.shortcut`.
        first_weights: the initial W1 (n_1, n_0).
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
            parameters: in the shapes of `network`, after any step of the training; not changed.

        Returns:
            The same, with a new array W1 (n_1, n_0).
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
            outside: its share of the part of W1_0 outside the span, if no penalty changes that part.
        """
        m = self.X.shape[1]
        small = np.asarray(array, np.float64)
        start = np.asarray(self.parameters["W1"], np.float64)
        if self.network.l2:
            # The part outside the span shrank by the same factor in every row; the longest is most exact.
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
    """The reduced problem of a training, or None if the short cut is not used.

    Args:
        network: the network to train.
        X: inputs, (n_0, m), checked to fit the network and to be finite; its dtype is that of the training.
        parameters: the initial parameters, checked to fit; not changed.
        optimizer: the update rule.
        shortcut: "auto": use it if it is exact and saves work; "always": use it or refuse; "never".
        steps: number of steps planned.
        batch: examples per step; None: all.
        restores: number of times that the full parameters will be needed, as for a validation cost.

    Raises:
        OptionError: an unknown value of `shortcut`; or it is "always", and the short cut is not exact.
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
            # A training without the short cut needs no K.
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
    """Validate the `shortcut` option.

    Raises:
        OptionError: it is none of `SHORTCUTS`.
    """
    if not isinstance(shortcut, str) or shortcut not in SHORTCUTS:
        raise OptionError(f"unknown shortcut {shortcut!r:.80}; expected one of {', '.join(SHORTCUTS)}")


def why_not(network: Network, X: Array, optimizer: Optimizer) -> str | None:
    """The reason why there is no exact short cut, as a clause; None: there is one.

    Args:
        network: the network to train.
        X: inputs, (n_0, m).
        optimizer: the update rule.
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
    """Whether the short cut saves more work than it costs, both in floating-point operations.

    Args:
        network: the network to train.
        m: number of examples.
        steps: number of steps planned.
        batch: examples per step; None: all.
        dtype: dtype of the training. The set-up is always in float64, at half the speed of float32.
        restores: number of times that the full parameters will be needed.
    """
    n_0, n_1 = network.layer_dims[:2]
    r = m + bool(network.l2)
    k = min(batch or m, m)
    # Forward, dW1, and the update, whose memory access takes as long as twenty operations. To read X takes
    # as long as the products of READING units; with few units it takes most of the time.
    saved = steps * (4 * k + 20) * (n_1 + READING) * (n_0 - r)
    # K and W1 X, the factor, W1'.
    set_up = n_0 * m * (m + 2 * n_1) + m**3 / 3 + n_1 * m**2
    back = restores * n_1 * (2 * n_0 + m) * m
    return saved > set_up * (2 if np.dtype(dtype) == np.float32 else 1) + back + CALLS


def reduced(network: Network, X: Floats, parameters: Mapping[str, Array]) -> ReducedProblem | None:
    """The same training on fewer inputs; None if the squares of X overflow or underflow.

    Args:
        network: the network to train.
        X: inputs, (n_0, m), n_0 > m.
        parameters: the initial parameters.
    """
    n_0, m = X.shape
    r = m + bool(network.l2)
    W1 = np.array(parameters["W1"], X.dtype)
    factored = triangle(X, W1, rows=r)
    if factored is None:
        return None
    columns, WX = factored
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
    """The norm of each row's part outside the span; (n_1,).

    It is the weight of an input that is always zero, so that L2 and the norm of the gradient include that
    part. A row that lies in the span gets 1e-9 of its norm, too little to change a sum of squares: at the
    end, the ratio of this weight to its first value shows how far it shrank.
    """
    squares = np.einsum("ij,ij->i", W1, W1, dtype=np.float64)
    outside = squares - np.einsum("ij,ij->i", inside, inside)
    length: Floats = np.sqrt(np.maximum(outside, 1e-18 * squares))
    return length
