"""Steps with a memory against the published series, PyTorch's rules, and every refusal."""

from typing import Any

import numpy as np
import pytest

from pellucid.core import (
    L_model_backward,
    L_model_forward,
    compute_cost,
    initialize_adam,
    initialize_parameters_deep,
    initialize_velocity,
    predict,
    random_mini_batches,
    update_parameters,
    update_parameters_with_adam,
    update_parameters_with_adamw,
    update_parameters_with_heavy_ball,
    update_parameters_with_momentum,
    update_parameters_with_nesterov,
    update_parameters_with_rmsprop,
)
from pellucid.errors import OptionError, ParametersError, ShapeError

Dict = dict[str, np.ndarray]


def step(seed: int = 1) -> tuple[Dict, Dict]:
    """Parameters of a two-layer network, and gradients of the same shapes."""
    parameters = initialize_parameters_deep([4, 3, 1], scheme="he", rng=seed)
    drawn = initialize_parameters_deep([4, 3, 1], scheme=1.0, rng=seed + 1)
    return parameters, {f"d{name}": value + 0.5 for name, value in drawn.items()}


def moons(rule: str, run: dict[str, Any]) -> tuple[list[float], Dict, np.ndarray, np.ndarray]:
    """The course's loop, step by step, by the core functions alone."""
    datasets = pytest.importorskip("sklearn.datasets")
    rows, labels = datasets.make_moons(n_samples=300, noise=0.2, random_state=3)
    X, Y, rate = rows.T, labels.reshape(1, -1), run["learning_rate"]
    parameters = initialize_parameters_deep(run["layer_dims"], scheme="he", rng=3)
    v, s = initialize_adam(parameters)
    costs, t = [], 0
    for epoch in range(run["epochs"]):
        total = 0.0
        for batch_X, batch_Y in random_mini_batches(X, Y, run["mini_batch_size"], seed=11 + epoch):
            t += 1
            AL, caches = L_model_forward(batch_X, parameters)
            total += compute_cost(AL, batch_Y) * batch_X.shape[1]
            grads = L_model_backward(AL, batch_Y, caches, input_gradient=False)
            if rule == "momentum":
                parameters, v = update_parameters_with_momentum(parameters, grads, v, 0.9, rate)
            else:
                parameters, v, s, _, _ = update_parameters_with_adam(parameters, grads, v, s, t, rate)
        costs.append(total / X.shape[1])
    return costs, parameters, X, Y


@pytest.mark.parametrize("rule", ["momentum", "adam"])
def test_the_published_series(rule: str, reference: dict[str, Any]) -> None:
    run = next(run for run in reference["training_runs"] if run["name"] == f"mini-batches on moons: {rule}")
    costs, parameters, X, Y = moons(rule, run)
    for epoch, cost in run["cost_at_epoch"]:
        assert costs[epoch] == pytest.approx(cost, rel=1e-6), f"epoch {epoch}"
    assert np.mean(predict(X, parameters) == Y) == pytest.approx(run["train_accuracy"])


def test_momentum_without_memory_is_gradient_descent() -> None:
    parameters, grads = step()
    by_momentum, v = update_parameters_with_momentum(
        parameters, grads, initialize_velocity(parameters), 0.0, 0.1
    )
    for name, value in update_parameters(parameters, grads, 0.1).items():
        np.testing.assert_array_equal(by_momentum[name], value)
        np.testing.assert_array_equal(v[f"d{name}"], grads[f"d{name}"])


def test_adam_is_pytorch_s() -> None:
    torch = pytest.importorskip("torch")
    parameters, _ = step()
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    rule = torch.optim.Adam(list(theirs.values()), lr=0.02, betas=(0.8, 0.95), eps=1e-3)
    v, s = initialize_adam(parameters)
    for t in range(1, 21):
        _, grads = step(t)
        for name, value in theirs.items():
            value.grad = torch.tensor(grads[f"d{name}"])
        rule.step()
        parameters, v, s, v_corrected, s_corrected = update_parameters_with_adam(
            parameters, grads, v, s, t, 0.02, 0.8, 0.95, 1e-3
        )
    for name, value in parameters.items():
        np.testing.assert_allclose(value, theirs[name].detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(v_corrected[f"d{name}"], v[f"d{name}"] / (1 - 0.8**20), rtol=1e-15)
        np.testing.assert_allclose(s_corrected[f"d{name}"], s[f"d{name}"] / (1 - 0.95**20), rtol=1e-15)


def torch_after(rule: str, steps: int, **options: Any) -> Dict:
    """The parameters after `steps` steps of PyTorch's rule on the gradients of `step`."""
    torch = pytest.importorskip("torch")
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in step()[0].items()}
    optimizer = getattr(torch.optim, rule)(list(theirs.values()), **options)
    for t in range(1, steps + 1):
        _, grads = step(t)
        for name, value in theirs.items():
            value.grad = torch.tensor(grads[f"d{name}"])
        optimizer.step()
    return {name: value.detach().numpy() for name, value in theirs.items()}


@pytest.mark.parametrize(
    ("update", "nesterov"),
    [(update_parameters_with_heavy_ball, False), (update_parameters_with_nesterov, True)],
)
def test_the_heavy_ball_and_nesterov_are_pytorch_s(update: Any, nesterov: bool) -> None:
    # PyTorch's velocity is ours over -rate: the same steps while the rate stays the same.
    theirs = torch_after("SGD", 20, lr=0.02, momentum=0.8, nesterov=nesterov)
    parameters, v = step()[0], initialize_velocity(step()[0])
    for t in range(1, 21):
        parameters, v = update(parameters, step(t)[1], v, 0.8, 0.02)
    for name, value in parameters.items():
        np.testing.assert_allclose(value, theirs[name], rtol=1e-12)


def test_rmsprop_is_pytorch_s() -> None:
    theirs = torch_after("RMSprop", 20, lr=0.02, alpha=0.95, eps=1e-3)
    parameters, s = step()[0], initialize_velocity(step()[0])
    for t in range(1, 21):
        parameters, s = update_parameters_with_rmsprop(parameters, step(t)[1], s, 0.02, 0.95, 1e-3)
    for name, value in parameters.items():
        np.testing.assert_allclose(value, theirs[name], rtol=1e-12)


def test_adamw_is_pytorch_s_but_for_the_biases() -> None:
    decayed = torch_after("AdamW", 20, lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3)
    kept = torch_after("Adam", 20, lr=0.02, betas=(0.8, 0.95), eps=1e-3)
    parameters, v, s = step()[0], *initialize_adam(step()[0])
    for t in range(1, 21):
        grads = step(t)[1]
        parameters, v, s, v_corrected, s_corrected = update_parameters_with_adamw(
            parameters, grads, v, s, t, 0.02, 0.8, 0.95, 1e-3, 0.3
        )
    for name, value in parameters.items():
        np.testing.assert_allclose(value, (decayed if name[0] == "W" else kept)[name], rtol=1e-12)
        np.testing.assert_allclose(v_corrected[f"d{name}"], v[f"d{name}"] / (1 - 0.8**20), rtol=1e-15)
        np.testing.assert_allclose(s_corrected[f"d{name}"], s[f"d{name}"] / (1 - 0.95**20), rtol=1e-15)


def test_adamw_without_decay_is_adam() -> None:
    parameters, grads = step()
    v, s = initialize_adam(parameters)
    adam = update_parameters_with_adam(parameters, grads, v, s, 1, 0.1)
    adamw = update_parameters_with_adamw(parameters, grads, v, s, 1, 0.1, weight_decay=0.0)
    for ours, theirs in zip(adamw, adam, strict=True):
        for name, value in theirs.items():
            np.testing.assert_array_equal(ours[name], value)


def test_two_steps_by_hand() -> None:
    W, g1, g2, rate, beta = 2.0, 0.5, -1.0, 0.1, 0.9
    parameters = {"W1": np.array([[W]]), "b1": np.array([[W]])}
    first, second = ({"dW1": np.array([[g]]), "db1": np.array([[g]])} for g in (g1, g2))
    zero = initialize_velocity(parameters)
    v1, v2 = -rate * g1, beta * -rate * g1 - rate * g2
    for update, expected in (
        (update_parameters_with_heavy_ball, W + v1 + v2),
        (update_parameters_with_nesterov, W + (beta * v1 - rate * g1) + (beta * v2 - rate * g2)),
    ):
        moved, v = update(parameters, first, zero, beta, rate)
        moved, v = update(moved, second, v, beta, rate)
        assert v["dW1"].item() == pytest.approx(v2, rel=1e-15)
        assert moved["W1"].item() == moved["b1"].item() == pytest.approx(expected, rel=1e-15)
    moved, s = update_parameters_with_rmsprop(parameters, first, zero, rate, beta, 0.01)
    assert s["dW1"].item() == pytest.approx((1 - beta) * g1**2)
    assert moved["W1"].item() == pytest.approx(W - rate * g1 / (((1 - beta) * g1**2) ** 0.5 + 0.01))


def test_a_ball_without_memory_is_gradient_descent() -> None:
    parameters, grads = step()
    plain = update_parameters(parameters, grads, 0.1)
    for update in (update_parameters_with_heavy_ball, update_parameters_with_nesterov):
        updated, v = update(parameters, grads, initialize_velocity(parameters), 0.0, 0.1)
        for name, value in plain.items():
            np.testing.assert_allclose(updated[name], value, rtol=1e-15)
            np.testing.assert_array_equal(v[f"d{name}"], -0.1 * grads[f"d{name}"])


def test_float32_stays_float32() -> None:
    def narrow(values: Dict) -> Dict:
        return {name: value.astype(np.float32) for name, value in values.items()}

    parameters, grads = map(narrow, step())
    v, s = initialize_adam(parameters)
    number = np.float64(0.5)
    for result in (
        update_parameters_with_heavy_ball(parameters, grads, v, number, number),
        update_parameters_with_nesterov(parameters, grads, v, number, number),
        update_parameters_with_rmsprop(parameters, grads, s, number, number, number),
        update_parameters_with_adamw(parameters, grads, v, s, 1, *[number] * 5),
    ):
        assert {value.dtype for found in result for value in found.values()} == {np.dtype(np.float32)}


def test_nothing_that_was_passed_in_changes() -> None:
    parameters, grads = step()
    v, s = initialize_adam(parameters)
    for value in (*parameters.values(), *grads.values(), *v.values(), *s.values()):
        value.setflags(write=False)
    update_parameters_with_momentum(parameters, grads, v, 0.9, 0.1)
    updated, new_v, new_s, _, _ = update_parameters_with_adam(parameters, grads, v, s, 1)
    update_parameters_with_heavy_ball(parameters, grads, v, 0.9, 0.1)
    update_parameters_with_nesterov(parameters, grads, v, 0.9, 0.1)
    update_parameters_with_rmsprop(parameters, grads, s)
    update_parameters_with_adamw(parameters, grads, v, s, 1)
    assert list(updated) == list(parameters)
    assert list(new_v) == list(new_s) == list(grads)


def test_refusals() -> None:
    parameters, grads = step()
    v, s = initialize_adam(parameters)
    with pytest.raises(OptionError, match="t is 0; expected the number of the step, counted from 1"):
        update_parameters_with_adam(parameters, grads, v, s, 0)
    with pytest.raises(OptionError, match="t is 0; expected the number of the step, counted from 1"):
        update_parameters_with_adamw(parameters, grads, v, s, 0)
    for update in (update_parameters_with_heavy_ball, update_parameters_with_nesterov):
        with pytest.raises(ParametersError, match="v has no dW1; expected an entry for each of W1, b1"):
            update(parameters, grads, {}, 0.9, 0.1)
    with pytest.raises(ParametersError, match="s has no dW1; expected an entry for each of W1, b1"):
        update_parameters_with_rmsprop(parameters, grads, {})
    with pytest.raises(ParametersError, match="v has no db2; expected an entry for each of W1, b1, W2, b2"):
        update_parameters_with_momentum(parameters, grads, {**dict(list(v.items())[:3])}, 0.9, 0.1)
    with pytest.raises(ParametersError, match="grads has no dW1"):
        update_parameters_with_momentum(parameters, {}, v, 0.9, 0.1)
    with pytest.raises(ShapeError, match=r"s\['dW1'\] has shape \(3,\)"):
        update_parameters_with_adam(parameters, grads, v, {**s, "dW1": np.zeros(3)}, 1)
    with pytest.raises(ParametersError):
        initialize_velocity({"W1": np.ones((1, 1))})
