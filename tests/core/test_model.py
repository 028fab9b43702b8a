"""The whole network: forward, predict, the backward pass's bookkeeping, and every refusal."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import Example, assert_gradient, central_difference, example, torch_activation
from pellucid.core import (
    L_model_backward,
    L_model_forward,
    compute_cost,
    linear_activation_forward,
    predict,
    sigmoid,
    softmax,
)
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.model import count_layers, labels_from_output
from pellucid.errors import ArrayError, CacheError, OptionError, ParametersError, ShapeError


@pytest.mark.parametrize("hidden", ACTIVATIONS)
@pytest.mark.parametrize("output", ["sigmoid", "softmax", "identity"])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_forward_agrees_with_pytorch(depth: int, hidden: str, output: str) -> None:
    torch = pytest.importorskip("torch")
    net = example([*[3, 5, 4, 3][:depth], 2], hidden=hidden, output=output)
    A = torch.tensor(net.X)
    for l in range(1, depth + 1):
        Z = torch.tensor(net.parameters[f"W{l}"]) @ A + torch.tensor(net.parameters[f"b{l}"])
        A = torch_activation(output if l == depth else hidden)(Z)
    AL, caches = net.forward()
    np.testing.assert_allclose(AL, A.numpy(), rtol=1e-12)
    np.testing.assert_allclose(caches[-1][1], Z.numpy(), rtol=1e-12, atol=1e-14)


def test_the_default_is_relu_inside_and_sigmoid_at_the_end() -> None:
    net = example([3, 4, 4, 1])
    AL, caches = L_model_forward(net.X, net.parameters)
    A = net.X
    for l in (1, 2):
        A = np.maximum(0, net.parameters[f"W{l}"] @ A + net.parameters[f"b{l}"])
    Z = net.parameters["W3"] @ A + net.parameters["b3"]
    np.testing.assert_allclose(AL, 1 / (1 + np.exp(-Z)), rtol=1e-14)
    spelled_out = L_model_backward(AL, net.Y, caches, hidden_activation="relu", output_activation="sigmoid")
    for name, gradient in L_model_backward(AL, net.Y, caches).items():
        np.testing.assert_array_equal(gradient, spelled_out[name])


def test_the_caches_hold_what_each_layer_was_given() -> None:
    net = example([3, 4, 2, 1], hidden="tanh")
    AL, caches = net.forward()
    A = net.X
    assert isinstance(caches, list)
    for l, ((A_prev, W, b), Z) in enumerate(caches, start=1):
        np.testing.assert_array_equal(A_prev, A)
        assert W is net.parameters[f"W{l}"]
        assert b is net.parameters[f"b{l}"]
        A, (_, expected_Z) = linear_activation_forward(A, W, b, "sigmoid" if l == 3 else "tanh")
        np.testing.assert_array_equal(Z, expected_Z)
    np.testing.assert_array_equal(AL, A)


@pytest.mark.parametrize("depth", [1, 2, 3, 12])
def test_the_gradients_have_the_names_and_shapes_of_what_they_belong_to(depth: int) -> None:
    dims = [5, *range(2, depth + 1), 3]
    net = example(dims, m=7)
    grads = L_model_backward(net.forward()[0], net.Y, net.forward()[1])
    expected = {f"d{name}": value.shape for name, value in net.parameters.items()}
    expected |= {f"dA{l}": (dims[l], 7) for l in range(depth)}
    assert {name: gradient.shape for name, gradient in grads.items()} == expected


def test_training_does_without_the_gradient_of_the_input() -> None:
    net = example([3, 4, 4, 1])
    AL, caches = net.forward()
    all_of_them = L_model_backward(AL, net.Y, caches)
    without = L_model_backward(AL, net.Y, caches, input_gradient=False)
    assert set(all_of_them) - set(without) == {"dA0"}
    for name, gradient in without.items():
        np.testing.assert_array_equal(gradient, all_of_them[name])


@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 50),
    st.sampled_from([("relu", "sigmoid", 1), ("tanh", "sigmoid", 2), ("gelu", "softmax", 3)]),
)
def test_a_batch_is_the_weighted_mean_of_its_parts(
    m1: int, m2: int, seed: int, kind: tuple[str, str, int]
) -> None:
    hidden, output, n_y = kind
    net = example([3, 4, n_y], m=m1 + m2, hidden=hidden, output=output, seed=seed)

    def gradients(columns: slice) -> dict[str, np.ndarray]:
        AL, caches = L_model_forward(net.X[:, columns], net.parameters, **net.activations)
        return L_model_backward(AL, net.Y[:, columns], caches, **net.activations)

    whole, first, second = gradients(slice(None)), gradients(slice(m1)), gradients(slice(m1, None))
    for name, gradient in whole.items():
        if name.startswith("dA"):
            expected = np.concatenate([first[name], second[name]], axis=1)
        else:
            expected = (m1 * first[name] + m2 * second[name]) / (m1 + m2)
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-14, err_msg=name)


@given(st.permutations(range(6)))
def test_the_order_of_the_examples_does_not_matter(order: list[int]) -> None:
    net = example([3, 4, 1], m=6)
    shuffled = Example(net.parameters, net.X[:, order], net.Y[:, order], net.hidden, net.output)
    grads, other = (L_model_backward(n.forward()[0], n.Y, n.forward()[1]) for n in (net, shuffled))
    for name in ("dW1", "db1", "dW2", "db2"):
        np.testing.assert_allclose(grads[name], other[name], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(grads["dA0"][:, order], other["dA0"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_predict_counts_what_lies_above_the_threshold(threshold: float) -> None:
    net = example([3, 4, 2], m=30, hidden="tanh", gain=2.0)
    AL, _ = net.forward()
    labels = predict(net.X, net.parameters, threshold=threshold, **net.activations)
    assert labels.dtype.kind == "i"
    np.testing.assert_array_equal(labels, (AL > threshold).astype(int))


def test_predict_of_one_half_is_zero_by_default() -> None:
    parameters = {"W1": np.array([[1.0]]), "b1": np.array([[0.0]])}
    labels = predict(np.array([[-1.0, 0.0, 1e-9, 5.0]]), parameters)
    np.testing.assert_array_equal(labels, [[0, 0, 1, 1]])


def test_predict_of_several_classes_is_the_row_of_the_largest() -> None:
    net = example([3, 4, 5], m=30, output="softmax", gain=2.0, seed=5)
    labels = predict(net.X, net.parameters, **net.activations)
    assert labels.shape == (1, 30)
    assert labels.dtype.kind == "i"
    np.testing.assert_array_equal(labels[0], [np.argmax(column) for column in net.forward()[0].T])
    assert len(set(labels[0].tolist())) > 2


def test_labels_from_output_is_the_second_half_of_predict() -> None:
    Z = np.array([[0.3, -2.0], [0.1, 1.0]])
    by_row = labels_from_output(sigmoid(Z)[0], output_activation="sigmoid")
    np.testing.assert_array_equal(by_row, [[1, 0], [1, 1]])
    np.testing.assert_array_equal(
        labels_from_output(Z, output_activation="identity", threshold=0.2), Z > 0.2
    )
    by_class = labels_from_output(softmax(Z)[0], output_activation="softmax")
    np.testing.assert_array_equal(by_class, [[0, 1]])


def network(*names: str) -> dict[str, np.ndarray]:
    return {name: np.ones((1, 1)) for name in names}


def test_count_layers() -> None:
    assert count_layers(network("W1", "b1")) == 1
    assert count_layers(network("b2", "W2", "b1", "W1")) == 2


REFUSED_PARAMETERS = {
    "": "parameters holds nothing; expected W1, b1: missing W1, b1",
    "W1": "parameters holds W1; expected W1, b1: missing b1",
    "W0 b0": "parameters holds W0, b0; expected W1, b1: missing W1, b1; of no layer: 'W0', 'b0'",
    "W1 b1 W3 b3": (
        "parameters holds W1, b1, W3, b3; expected W1, b1, W2, b2: missing W2, b2; of no layer: 'W3', 'b3'"
    ),
}


@pytest.mark.parametrize("names", REFUSED_PARAMETERS)
@pytest.mark.parametrize("function", [L_model_forward, predict])
def test_parameters_that_are_no_network_are_refused(function: Any, names: str) -> None:
    with pytest.raises(ParametersError) as error:
        function(np.ones((1, 1)), network(*names.split()))
    assert str(error.value) == REFUSED_PARAMETERS[names]
    with pytest.raises(ParametersError, match=r"of no layer: 'rate'$"):
        function(np.ones((1, 1)), network("W1", "b1", "rate"))


def test_a_missing_bias_of_the_last_layer_is_named() -> None:
    with pytest.raises(ParametersError, match=r"missing b2$"):
        count_layers(network("W1", "b1", "W2"))


def test_forward_names_the_layer_whose_arrays_do_not_fit() -> None:
    net = example([3, 4, 2, 1])
    with pytest.raises(ShapeError) as error:
        L_model_forward(np.ones((5, 6)), net.parameters)
    assert str(error.value) == (
        "layer 1: W1 has shape (4, 3) and X has shape (5, 6); "
        "expected as many columns in W1 as rows in X: W1 of shape (4, 5)"
    )
    with pytest.raises(ShapeError) as error:
        L_model_forward(net.X, net.parameters | {"b3": np.ones(1)})
    assert str(error.value) == (
        "layer 3: b3 has shape (1,), a rank-1 array; expected (1, 1) to fit W3 of shape (1, 2): "
        "b3.reshape(-1, 1) makes it (1, 1)"
    )
    with pytest.raises(ShapeError, match=r"^layer 1: X has shape \(3,\), a rank-1 array; .* \(3, m\)"):
        L_model_forward(np.ones(3), net.parameters)


def test_what_is_no_array_is_named() -> None:
    net = example([3, 4, 1])
    with pytest.raises(ArrayError, match=r"^X is of type list; expected an array"):
        L_model_forward(net.X.tolist(), net.parameters)
    with pytest.raises(ArrayError, match=r"^W is of type list; expected an array"):
        L_model_forward(net.X, net.parameters | {"W2": net.parameters["W2"].tolist()})
    AL, caches = net.forward()
    with pytest.raises(ArrayError, match=r"^Y is of type list; expected an array"):
        L_model_backward(AL, net.Y.tolist(), caches)


def test_backward_refuses_arrays_of_another_batch() -> None:
    net = example([3, 4, 1])
    AL, caches = net.forward()
    with pytest.raises(ShapeError) as error:
        L_model_backward(AL, net.Y[0], caches)
    assert str(error.value) == (
        "Y has shape (4,), a rank-1 array; expected (1, 4), the shape of AL: "
        "Y.reshape(1, -1) makes it (1, 4)"
    )
    with pytest.raises(
        ShapeError, match=r"^AL has shape \(1, 3\); expected \(1, 4\), the shape of ZL in the last cache"
    ):
        L_model_backward(AL[:, :3], net.Y[:, :3], caches)
    with pytest.raises(ShapeError, match=r"^layer 2, cache caches\[1\]: dZ has shape \(1, 3\); expected"):
        L_model_backward(AL[:, :3], net.Y[:, :3], caches, output_activation="softmax")
    with pytest.raises(CacheError) as error:
        L_model_backward(AL, net.Y, [])
    assert str(error.value) == (
        "caches is empty; expected one cache per layer, as L_model_forward returns them"
    )


def test_unknown_activations_are_refused() -> None:
    net = example([3, 4, 1])
    AL, caches = net.forward()
    for function in (L_model_forward, predict):
        with pytest.raises(OptionError, match=r"^unknown activation 'relu6'; expected one of relu, "):
            function(net.X, net.parameters, hidden_activation="relu6")
        with pytest.raises(OptionError, match=r"^unknown activation 'logistic'; expected one of relu, "):
            function(net.X, net.parameters, output_activation="logistic")
    with pytest.raises(OptionError, match=r"^unknown activation 'relu6'; expected one of relu, "):
        L_model_backward(AL, net.Y, caches, hidden_activation="relu6")
    with pytest.raises(OptionError) as error:
        L_model_backward(AL, net.Y, caches, output_activation="tanh")
    assert str(error.value) == (
        "the cross-entropy cost has no output activation 'tanh'; expected sigmoid or softmax"
    )


def test_each_hidden_layer_may_have_an_activation_of_its_own() -> None:
    net = example([3, 5, 4, 2])
    names = ["tanh", "gelu"]
    AL, caches = L_model_forward(net.X, net.parameters, hidden_activation=names)
    A = net.X
    for l, name in enumerate([*names, "sigmoid"], start=1):
        A, _ = linear_activation_forward(A, net.parameters[f"W{l}"], net.parameters[f"b{l}"], name)
    np.testing.assert_array_equal(AL, A)
    np.testing.assert_array_equal(predict(net.X, net.parameters, hidden_activation=names), AL > 0.5)
    grads = L_model_backward(AL, net.Y, caches, hidden_activation=names)

    def cost(parameters: dict[str, np.ndarray]) -> tuple[float, None]:
        return compute_cost(
            L_model_forward(net.X, parameters, hidden_activation=tuple(names))[0], net.Y
        ), None

    for name, value in net.parameters.items():
        numeric, _ = central_difference(lambda x, n=name: cost(net.parameters | {n: x}), value)
        assert_gradient(f"d{name}", grads[f"d{name}"], numeric)


@pytest.mark.parametrize("names", [[], ["relu"], ("relu", "relu", "relu")])
def test_too_many_or_too_few_activations_are_refused(names: Any) -> None:
    net = example([3, 5, 4, 2])
    with pytest.raises(OptionError) as error:
        L_model_forward(net.X, net.parameters, hidden_activation=names)
    assert str(error.value) == (
        f"hidden_activation names {len(names)} activations and the parameters have 3 layers; expected one "
        "name, or one for each of the 2 hidden layers"
    )
    AL, caches = net.forward()
    with pytest.raises(OptionError, match="expected one name, or one for each of the 2 hidden layers"):
        L_model_backward(AL, net.Y, caches, hidden_activation=names)


def test_masks_multiply_what_goes_into_a_layer() -> None:
    net = example([3, 5, 1])
    masks = [np.array([[1.0, 0, 2, 1]] * 3), None]
    masked, caches = L_model_forward(net.X, net.parameters, masks=masks)
    plain, _ = L_model_forward(net.X * masks[0], net.parameters)
    np.testing.assert_array_equal(masked, plain)
    np.testing.assert_array_equal(caches[0][0][0], net.X * masks[0])
    nothing, _ = L_model_forward(net.X, net.parameters, masks=[None, None])
    np.testing.assert_array_equal(nothing, net.forward()[0])
