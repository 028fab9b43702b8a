"""Shapes that do not fit: the message names the one reshape, or the transpose, that mends them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid import DeepNetwork, Examples, Network, compute_cost, linear_forward, predict
from pellucid.core import L_model_forward, initialize_parameters_deep
from pellucid.core._shapes import check_matrix, check_same_shape
from pellucid.course import L_layer_model
from pellucid.errors import ShapeError
from pellucid.training import TrainingOptions, train

P = initialize_parameters_deep([4, 3, 1], rng=1)
W, b = P["W1"], P["b1"]


def zeros(*shape: int) -> np.ndarray[Any, Any]:
    return np.zeros(shape)


def model(X: Any, Y: Any) -> Any:
    return L_layer_model(X, Y, [12, 3, 1], num_iterations=1)


def trained(X: Any, Y: Any) -> Any:
    return train(Network((12, 3, 1)), Examples(X, Y), TrainingOptions(epochs=1))


def fitted() -> DeepNetwork:
    X = np.random.default_rng(0).standard_normal((12, 9))
    return DeepNetwork([12, 3, 1], num_iterations=1).fit(X, np.arange(9).reshape(1, 9) % 2)


HALF = np.full((1, 7), 0.5)
CASES: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: linear_forward(zeros(4), W, b),
        "A has shape (4,), a rank-1 array; expected (4, m) to fit W of shape (3, 4): A.reshape(-1, "
        "1) makes it (4, 1)",
    ),
    (
        lambda: linear_forward(zeros(5), W, b),
        "A has shape (5,), a rank-1 array; expected (4, m) to fit W of shape (3, 4)",
    ),
    (
        lambda: linear_forward(zeros(7, 4), W, b),
        "A looks transposed: it has shape (7, 4); expected (4, m) to fit W of shape (3, 4): pass A.T",
    ),
    (
        lambda: linear_forward(zeros(4, 7), W, zeros(3)),
        "b has shape (3,), a rank-1 array; expected (3, 1) to fit W of shape (3, 4): b.reshape(-1, "
        "1) makes it (3, 1)",
    ),
    (
        lambda: linear_forward(zeros(4, 7), W.T, b),
        "W looks transposed: it has shape (4, 3); expected (3, 4) to fit A of shape (4, 7) and b of shape "
        "(3, 1): pass W.T",
    ),
    (
        lambda: L_model_forward(zeros(7, 4), P),
        "layer 1: X looks transposed: it has shape (7, 4); expected (4, m) to fit W1 of shape (3, "
        "4): pass X.T",
    ),
    (
        lambda: predict(zeros(4), P),
        "layer 1: X has shape (4,), a rank-1 array; expected (4, m) to fit W1 of shape (3, 4): "
        "X.reshape(-1, 1) makes it (4, 1)",
    ),
    (
        lambda: compute_cost(HALF, zeros(7)),
        "Y has shape (7,), a rank-1 array; expected (1, 7), the shape of AL: Y.reshape(1, -1) makes "
        "it (1, 7)",
    ),
    (
        lambda: compute_cost(HALF, zeros(7, 1)),
        "Y looks transposed: it has shape (7, 1); expected (1, 7), the shape of AL: pass Y.T",
    ),
    (
        lambda: model(zeros(12, 20), zeros(20)),
        "Y has shape (20,), a rank-1 array; expected (1, 20) to fit X of shape (12, 20) and layer_dims "
        "[12, 3, 1]: Y.reshape(1, -1) makes it (1, 20)",
    ),
    (
        lambda: model(zeros(20, 2, 2, 3), zeros(1, 20)),
        "X has shape (20, 2, 2, 3); expected (12, m) to fit layer_dims [12, 3, 1]: X.reshape(20, "
        "-1).T makes it (12, 20)",
    ),
    (
        lambda: fitted().predict(zeros(12)),
        "X has shape (12,), a rank-1 array; expected (12, m) to fit layer_dims [12, 3, 1]: "
        "X.reshape(-1, 1) makes it (12, 1)",
    ),
    (
        lambda: fitted().predict(zeros(5, 9)),
        "X has shape (5, 9); expected (12, m) to fit layer_dims [12, 3, 1]",
    ),
    *(
        (call, "expected (12, m) to fit layer_dims [12, 3, 1]: pass X.T")
        for call in (
            lambda: model(zeros(20, 12), zeros(20, 1)),
            lambda: trained(zeros(20, 12), zeros(1, 20)),
            lambda: DeepNetwork([12, 3, 1]).fit(zeros(20, 12), zeros(1, 20)),
            lambda: fitted().predict(zeros(20, 12)),
        )
    ),
]


@pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")
@pytest.mark.parametrize(("call", "message"), CASES)
def test_the_message_names_what_mends_the_shape(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        call()
    assert str(caught.value).endswith(message)


def test_the_call_that_is_named_mends_it() -> None:
    with pytest.raises(ShapeError) as caught:
        linear_forward(zeros(4), W, b)
    call = str(caught.value).rpartition(": ")[2].partition(" makes")[0]
    Z, _ = linear_forward(eval(call, {"A": zeros(4)}), W, b)
    assert Z.shape == (3, 1)


def test_a_matrix_passes() -> None:
    check_matrix("A", np.ones((2, 3)), "(n_prev, m)")


def test_without_a_known_size_both_reshapes_are_named() -> None:
    with pytest.raises(ShapeError) as error:
        check_matrix("A", np.ones(3), "(n_prev, m)")
    assert str(error.value) == (
        "A has shape (3,), a rank-1 array; expected two dimensions (n_prev, m): "
        "A.reshape(1, -1) makes it (1, 3), A.reshape(-1, 1) makes it (3, 1)"
    )
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("shape", [(), (2, 3, 4), (2, 1, 1, 1)])
def test_other_ranks_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as error:
        check_matrix("X", np.ones(shape), "(n_x, m)")
    assert str(error.value) == f"X has shape {shape}; expected two dimensions (n_x, m)"


def test_equal_shapes_pass() -> None:
    check_same_shape("Y", np.ones((1, 3)), "AL", np.ones((1, 3)))
    check_same_shape("Y", np.ones(3), "AL", np.ones(3))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 1), "Y has shape (1, 1); expected (1, 3), the shape of AL"),
        ((3, 1), "Y looks transposed: it has shape (3, 1); expected (1, 3), the shape of AL: pass Y.T"),
        (
            (1, 3, 1),
            "Y has shape (1, 3, 1); expected (1, 3), the shape of AL: Y.reshape(1, 3) makes it (1, 3)",
        ),
        ((), "Y has shape (); expected (1, 3), the shape of AL"),
        (
            (3,),
            "Y has shape (3,), a rank-1 array; expected (1, 3), the shape of AL: "
            "Y.reshape(1, -1) makes it (1, 3)",
        ),
        ((5,), "Y has shape (5,), a rank-1 array; expected (1, 3), the shape of AL"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError) as error:
        check_same_shape("Y", np.ones(shape), "AL", np.ones((1, 3)))
    assert str(error.value) == message
