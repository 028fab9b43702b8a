"""Training once more, written out: float64 NumPy, no engine, nothing shared with one but the activations.

What a step is stands here in the words of its definition, one example after the other where that is
plainer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid import Network
from pellucid.core.activations import ACTIVATIONS
from pellucid.engines import Batches, StepOptions

Dict = dict[str, np.ndarray]


def philox_words(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    """Philox4x32-10 in plain integers: four 32-bit words from a counter of four and a key of two."""
    c0, c1, c2, c3 = counter
    for i in range(10):
        k0, k1 = ((k + i * weyl) % 2**32 for k, weyl in zip(key, (0x9E3779B9, 0xBB67AE85), strict=True))
        (high0, low0), (high1, low1) = divmod(c0 * 0xD2511F53, 2**32), divmod(c2 * 0xCD9E8D57, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
    return c0, c1, c2, c3


def kept(n: int, k: int, rate: float, seed: int, layer: int, step: int) -> np.ndarray:
    """Which of n units of k columns stay, unit by unit and column by column."""
    key = (seed % 2**32, seed >> 32)
    stays = np.empty((n, k))
    for j in range(k):
        for i in range(n):
            e = j * n + i
            words = philox_words((e // 4, layer, step % 2**32, step >> 32), key)
            stays[i, j] = words[e % 4] >= round(rate * 2**32)
    return stays


def loss(network: Network, Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The loss of one example and its gradient, from its column Z (n_y,) of the last layer."""
    if network.cost == "binary_cross_entropy":
        y = (1 - network.label_smoothing) * y + network.label_smoothing / 2
        a = 1 / (1 + np.exp(-Z))
        return -float(np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))), a - y
    if network.cost == "categorical_cross_entropy":
        y = (1 - network.label_smoothing) * y + network.label_smoothing / len(y)
        a = np.exp(Z) / np.sum(np.exp(Z))
        return -float(np.sum(y * np.log(a))), a - y
    if network.cost == "poisson":
        y_log_y = np.where(y > 0, y * np.log(np.maximum(y, 1e-300)), 0)
        return float(np.sum(y_log_y - y * Z - y + np.exp(Z))), np.exp(Z) - y
    a = Z if network.output_activation == "identity" else 1 / (1 + np.exp(-Z))
    slope = np.ones_like(Z) if network.output_activation == "identity" else a * (1 - a)
    r = a - y
    if network.cost == "mean_squared_error":
        return float(np.sum(r**2)) / 2, r * slope
    if network.cost == "mean_absolute_error":
        return float(np.sum(np.abs(r))), np.sign(r) * slope
    delta = network.huber_delta
    losses = np.where(np.abs(r) <= delta, r**2 / 2, delta * (np.abs(r) - delta / 2))
    return float(np.sum(losses)), np.clip(r, -delta, delta) * slope


@dataclass
class Oracle:
    """One training: `advance` it, and read `parameters`."""

    network: Network
    parameters: Dict
    X: np.ndarray
    Y: np.ndarray
    weights: np.ndarray | None = None
    steps: StepOptions = field(default_factory=StepOptions)
    iteration: int = 0
    t: int = 0
    v: dict[str, Any] = field(default_factory=dict)
    s: dict[str, Any] = field(default_factory=dict)

    def advance(self, batches: Batches, rates: float | Sequence[float]) -> list[float]:
        """One step for each batch; their costs."""
        rates = [rates] * len(batches) if isinstance(rates, float) else rates
        columns = [np.arange(self.X.shape[1]) if batch is None else batch for batch in batches]
        return [self.step(*pair) for pair in zip(columns, rates, strict=True)]

    def step(self, columns: np.ndarray, rate: float) -> float:
        """One step; its cost."""
        X, Y = self.X[:, columns], self.Y[:, columns]
        w = np.ones(len(columns)) if self.weights is None else self.weights[0, columns]
        self.iteration += 1
        if w.sum() == 0:
            return 0.0
        cost, grads = self.cost_and_gradients(X, Y, w, self.iteration - 1)
        length = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
        if self.steps.clip_norm is not None and length > self.steps.clip_norm:
            grads = {name: g * self.steps.clip_norm / length for name, g in grads.items()}
        self.t += 1
        self.parameters = {
            name: self.moved(name, W, grads[name], rate) for name, W in self.parameters.items()
        }
        return cost

    def cost_and_gradients(
        self, X: np.ndarray, Y: np.ndarray, w: np.ndarray, step: int
    ) -> tuple[float, Dict]:
        """The cost of a batch with its penalties, and the gradient of every parameter."""
        network, P, L = self.network, self.parameters, self.network.depth
        names = [*network.hidden_activations, network.output_activation]
        A, inputs, Zs, masks = X, [], [], []
        for l in range(1, L + 1):
            p, n = network.dropout_rates[l - 1], network.layer_dims[l - 1]
            mask = kept(n, X.shape[1], p, self.steps.dropout_seed, l - 1, step) / (1 - p) if p else 1.0
            masks.append(mask)
            inputs.append(A * mask)
            Zs.append(P[f"W{l}"] @ inputs[-1] + P[f"b{l}"])
            A, _ = ACTIVATIONS[names[l - 1]].forward(Zs[-1])
        losses, columns = zip(
            *(loss(network, Zs[-1][:, j], Y[:, j]) for j in range(X.shape[1])), strict=True
        )
        cost = float(np.dot(w, losses)) / w.sum()
        dZ, grads = np.stack(columns, axis=1) * w, {}
        for l in range(L, 0, -1):
            W = P[f"W{l}"]
            cost += (network.l2 / 2 * np.sum(W**2) + network.l1 * np.sum(np.abs(W))) / w.sum()
            pull = network.l2 * W + network.l1 * np.sign(W)
            grads[f"W{l}"] = (dZ @ inputs[l - 1].T + pull) / w.sum()
            grads[f"b{l}"] = dZ.sum(axis=1, keepdims=True) / w.sum()
            if l > 1:
                dZ = ACTIVATIONS[names[l - 2]].backward(W.T @ dZ * masks[l - 1], Zs[l - 2])
        return cost, grads

    def moved(self, name: str, W: np.ndarray, g: np.ndarray, a: float) -> np.ndarray:
        """Where the optimizer takes one parameter."""
        rule, b1, b2 = self.steps.optimizer, self.steps.optimizer.beta1, self.steps.optimizer.beta2
        v, s, eps = self.v.get(name, 0.0), self.s.get(name, 0.0), rule.epsilon
        if rule.name == "gradient_descent":
            return W - a * g
        if rule.name == "momentum":
            self.v[name] = b1 * v + (1 - b1) * g
            return W - a * self.v[name]
        if rule.name in ("heavy_ball", "nesterov"):
            self.v[name] = b1 * v - a * g
            return W + (self.v[name] if rule.name == "heavy_ball" else b1 * self.v[name] - a * g)
        self.s[name] = b2 * s + (1 - b2) * g**2
        if rule.name == "rmsprop":
            return W - a * g / (np.sqrt(self.s[name]) + eps)
        self.v[name] = b1 * v + (1 - b1) * g
        if rule.epsilon_hat:
            # As scikit-learn writes it.
            step = np.sqrt(1 - b2**self.t) / (1 - b1**self.t) * self.v[name] / (np.sqrt(self.s[name]) + eps)
        else:
            step = self.v[name] / (1 - b1**self.t) / (np.sqrt(self.s[name] / (1 - b2**self.t)) + eps)
        decay = rule.weight_decay * W if rule.name == "adamw" and name[0] == "W" else 0.0
        return W - a * step - a * decay
