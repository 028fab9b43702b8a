"""The alternatives, each in its best honest configuration. Loaded only in the process that times one.

Every peer gets its batches gathered beforehand, in the layout and type of number it likes best; the steps
are those of plain gradient descent on binary cross-entropy: `benchmarks.verify` tests it before timing.
"""

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.trainer import Predictor, Trainer, Variants
from benchmarks.works import Floats, Problem


class _SciKitLearn(Trainer):
    """MLPClassifier.fit: one call takes all rounds, which costs less than a partial_fit for each batch."""

    def __init__(self, problem: Problem) -> None:
        from sklearn.neural_network import MLPClassifier

        X, y = problem.gathered()
        self._X, self._y = X.reshape(-1, X.shape[-1]), y.ravel().astype(int)
        self._depth = len(problem.layers) - 1
        self._model = MLPClassifier(
            problem.layers[1:-1],
            solver="sgd",
            alpha=0,
            momentum=0,
            nesterovs_momentum=False,
            batch_size=problem.work.per_step,
            shuffle=False,
            learning_rate_init=problem.work.rate,
            n_iter_no_change=10**9,
            warm_start=True,
            random_state=1,
        )
        self._fit(1)
        for l in range(self._depth):
            self._model.coefs_[l][...] = problem.parameters[f"W{l + 1}"].T
            self._model.intercepts_[l][...] = problem.parameters[f"b{l + 1}"].ravel()

    def _fit(self, rounds: int) -> None:
        with warnings.catch_warnings():
            # It says that it has not converged, and how the batch was clipped.
            warnings.simplefilter("ignore")
            self._model.set_params(max_iter=rounds).fit(self._X, self._y)

    def run(self, rounds: int) -> None:
        self._fit(rounds)

    def parameters(self) -> dict[str, Floats]:
        named = {f"W{l + 1}": self._model.coefs_[l].T for l in range(self._depth)}
        return {**named, **{f"b{l + 1}": self._model.intercepts_[l][:, None] for l in range(self._depth)}}

    def predictor(self, row: Floats) -> Predictor:
        """The probabilities of a row by this model."""
        return lambda: self._model.predict_proba(row)


# Plain SGD without momentum, penalty or shuffling.
SCIKIT_LEARN: Variants = {"": _SciKitLearn}


def scikit_learn_predictor(problem: Problem) -> Predictor:
    """`predict_proba`."""
    return _SciKitLearn(problem).predictor(np.ascontiguousarray(problem.X[:1]))


class _PyTorch(Trainer):
    """torch.nn and torch.optim, eager; rows (k, n_0) for each batch."""

    def __init__(self, problem: Problem, optimiser: dict[str, bool]) -> None:
        self.torch, self.net = _torch_net(problem)
        self._loss = self.torch.nn.BCEWithLogitsLoss()
        self._optimiser = self.torch.optim.SGD(self.net.parameters(), problem.work.rate, **optimiser)
        X, y = problem.gathered()
        X, y = self.torch.from_numpy(X.copy()), self.torch.from_numpy(y[..., None].copy())
        self.batches = list(zip(X.unbind(), y.unbind(), strict=True))

    def forward(self, rows: Any, labels: Any) -> Any:
        """The cost."""
        return self._loss(self.net(rows), labels)

    def run(self, rounds: int) -> None:
        optimiser, forward = self._optimiser, self.forward
        for _ in range(rounds):
            for rows, labels in self.batches:
                optimiser.zero_grad(set_to_none=True)
                forward(rows, labels).backward()
                optimiser.step()

    def parameters(self) -> dict[str, Floats]:
        linear = [layer for layer in self.net if hasattr(layer, "weight")]
        named = {f"W{l}": layer.weight.detach().numpy() for l, layer in enumerate(linear, 1)}
        return {
            **named,
            **{f"b{l}": layer.bias.detach().numpy()[:, None] for l, layer in enumerate(linear, 1)},
        }


def _torch_net(problem: Problem) -> tuple[Any, Any]:
    import torch

    torch.set_num_threads(problem.threads)
    dtype = torch.float64 if problem.X.dtype == np.float64 else torch.float32
    layers: list[Any] = []
    for l, (n_prev, n) in enumerate(itertools.pairwise(problem.layers), 1):
        linear = torch.nn.Linear(n_prev, n, dtype=dtype)
        linear.weight.data.copy_(torch.from_numpy(problem.parameters[f"W{l}"]))
        linear.bias.data.copy_(torch.from_numpy(problem.parameters[f"b{l}"].ravel()))
        layers += [linear, torch.nn.ReLU()]
    return torch, torch.nn.Sequential(*layers[:-1])


class _PyTorchCompiled(_PyTorch):
    """Forward and backward compiled, the optimiser fused."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, {"fused": True})
        self.forward = self.torch.compile(super().forward, dynamic=False)  # type: ignore[method-assign]


class _PyTorchWholeStep(_PyTorch):
    """The whole step compiled as one graph: forward, backward and the update in place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, {})
        torch, net, rate = self.torch, self.net, problem.work.rate
        self._leaves = {name: leaf.detach() for name, leaf in net.named_parameters()}
        loss = torch.nn.BCEWithLogitsLoss()

        def cost(leaves: Any, rows: Any, labels: Any) -> Any:
            return loss(torch.func.functional_call(net, leaves, (rows,)), labels)

        def step(leaves: Any, rows: Any, labels: Any) -> None:
            grads = torch.func.grad(cost)(leaves, rows, labels)
            for name, leaf in leaves.items():
                leaf.sub_(grads[name], alpha=rate)

        self._step = torch.compile(step, dynamic=False)

    def run(self, rounds: int) -> None:
        with self.torch.no_grad():
            for _ in range(rounds):
                for rows, labels in self.batches:
                    self._step(self._leaves, rows, labels)


# Each of the three implementations of its optimiser.
PYTORCH: Variants = {
    "for loop": lambda problem: _PyTorch(problem, {"foreach": False}),
    "foreach": lambda problem: _PyTorch(problem, {"foreach": True}),
    "fused": lambda problem: _PyTorch(problem, {"fused": True}),
}

# torch.compile writes C++ and needs a compiler.
PYTORCH_COMPILED: Variants = {"forward and backward": _PyTorchCompiled, "whole step": _PyTorchWholeStep}


def pytorch_predictor(problem: Problem) -> Predictor:
    """The module with its sigmoid, under inference_mode."""
    torch, net = _torch_net(problem)
    net.append(torch.nn.Sigmoid()).eval()
    row = torch.from_numpy(problem.X[:1].copy())

    def answer() -> Any:
        with torch.inference_mode():
            return net(row)

    return answer


class _Jax(Trainer):
    """One jit: all rounds in one loop on the device, over batches gathered beforehand, buffers donated."""

    def __init__(self, problem: Problem, columns: bool) -> None:
        import jax

        if problem.X.dtype == np.float64:
            jax.config.update("jax_enable_x64", True)
        self._jax, self._columns = jax, columns
        W, b = (
            [problem.parameters[f"{letter}{l}"] for l in range(1, len(problem.layers))] for letter in "Wb"
        )
        X, y = problem.gathered()
        if columns:
            X = np.ascontiguousarray(X.transpose(0, 2, 1))
        else:
            W, b = [one.T for one in W], [one.ravel() for one in b]
        self._leaves = [tuple(map(jax.numpy.array, pair)) for pair in zip(W, b, strict=True)]
        self._batches = (jax.numpy.array(X), jax.numpy.array(y))
        self._loop = jax.jit(_jax_loop(jax, problem.work.rate, columns), donate_argnums=0)

    def run(self, rounds: int) -> None:
        # How often it goes round is an argument: one compilation serves the warm-up and the timing.
        self._leaves = self._jax.block_until_ready(self._loop(self._leaves, self._batches, rounds))

    def parameters(self) -> dict[str, Floats]:
        named: dict[str, Floats] = {}
        for l, (W, b) in enumerate(self._leaves, 1):
            named[f"W{l}"] = np.asarray(W) if self._columns else np.asarray(W).T
            named[f"b{l}"] = np.asarray(b).reshape(-1, 1)
        return named


def _jax_loop(jax: Any, rate: float, columns: bool) -> Callable[..., Any]:
    def linear(A: Any, W: Any, b: Any) -> Any:
        return W @ A + b if columns else A @ W + b

    def cost(leaves: Any, A: Any, labels: Any) -> Any:
        for W, b in leaves[:-1]:
            A = jax.nn.relu(linear(A, W, b))
        Z = linear(A, *leaves[-1]).ravel()
        return jax.numpy.mean(jax.numpy.logaddexp(0, Z) - Z * labels)

    def step(leaves: Any, batch: Any) -> tuple[Any, None]:
        grads = jax.grad(cost)(leaves, *batch)
        return jax.tree.map(lambda leaf, grad: leaf - rate * grad, leaves, grads), None

    def loop(leaves: Any, batches: Any, rounds: Any) -> Any:
        if len(batches[0]) == 1:
            # A scan would copy its one batch, which is all the data, in every step.
            whole = tuple(part[0] for part in batches)
            return jax.lax.fori_loop(0, rounds, lambda _, found: step(found, whole)[0], leaves)
        return jax.lax.fori_loop(0, rounds, lambda _, found: jax.lax.scan(step, found, batches)[0], leaves)

    return loop


# As a training loop is written that is to be fast; on wide inputs the layout decides.
JAX: Variants = {
    "rows": lambda problem: _Jax(problem, columns=False),
    "columns": lambda problem: _Jax(problem, columns=True),
}
