"""Training by hand in NumPy: the course's own lines, and the same with every array allocated once."""

import numpy as np

from benchmarks.trainer import Predictor, Trainer, Variants
from benchmarks.works import Floats, Problem


class _ByHand(Trainer):
    """Columns X (n_0, k) for each batch, each contiguous; parameters in two lists."""

    def __init__(self, problem: Problem) -> None:
        X, y = problem.gathered()
        self._batches = [
            (np.ascontiguousarray(rows.T), labels[None]) for rows, labels in zip(X, y, strict=True)
        ]
        self._layers, self._rate = problem.layers, problem.work.rate
        self._L = len(problem.layers) - 1
        self._W = [problem.parameters[f"W{l + 1}"].copy() for l in range(self._L)]
        self._b = [problem.parameters[f"b{l + 1}"].copy() for l in range(self._L)]

    def run(self, rounds: int) -> None:
        for _ in range(rounds):
            for X, Y in self._batches:
                self._step(X, Y)

    def _step(self, X: Floats, Y: Floats) -> None:
        raise NotImplementedError

    def parameters(self) -> dict[str, Floats]:
        named = {f"W{l}": W for l, W in enumerate(self._W, 1)}
        return {**named, **{f"b{l}": b for l, b in enumerate(self._b, 1)}}


class Course(_ByHand):
    """What a learner ends up with: forward, cost, backward down to dA0, update, new arrays throughout."""

    def _step(self, X: Floats, Y: Floats) -> None:
        m, last = X.shape[1], self._L - 1
        A, Z = [X], []
        for l in range(self._L):
            Z.append(np.dot(self._W[l], A[-1]) + self._b[l])
            A.append(np.maximum(0, Z[-1]) if l < last else 1 / (1 + np.exp(-Z[-1])))
        self.cost = np.squeeze(-np.sum(Y * np.log(A[-1]) + (1 - Y) * np.log(1 - A[-1])) / m)
        dA = -(np.divide(Y, A[-1]) - np.divide(1 - Y, 1 - A[-1]))
        for l in reversed(range(self._L)):
            s = 1 / (1 + np.exp(-Z[l])) if l == last else None
            dZ = np.where(Z[l] > 0, dA, 0) if s is None else dA * s * (1 - s)
            dW, db = np.dot(dZ, A[l].T) / m, np.sum(dZ, axis=1, keepdims=True) / m
            dA = np.dot(self._W[l].T, dZ)
            self._W[l], self._b[l] = self._W[l] - self._rate * dW, self._b[l] - self._rate * db


class Preallocated(_ByHand):
    """The same formulas by somebody who knows NumPy: AL - Y, no dA0, nothing allocated in a step."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        k, dtype = problem.work.per_step, problem.X.dtype
        self._A = [np.empty((n, k), dtype) for n in self._layers[1:]]
        self._dZ = [np.empty((n, k), dtype) for n in self._layers[1:]]
        self._alive = [np.empty((n, k), bool) for n in self._layers[1:]]
        self._dW = [np.empty_like(W) for W in self._W]
        self._db = [np.empty_like(b) for b in self._b]

    def _step(self, X: Floats, Y: Floats) -> None:
        A, dZ, last = self._A, self._dZ, self._L - 1
        for l in range(self._L):
            np.dot(self._W[l], A[l - 1] if l else X, out=A[l])
            A[l] += self._b[l]
            if l < last:
                np.maximum(A[l], 0, out=A[l])
        # A[last] is ZL still: the stable cost reads it, then it becomes AL.
        ZL = A[last]
        self.cost = float(np.mean(np.maximum(ZL, 0) - ZL * Y + np.log1p(np.exp(-np.abs(ZL)))))
        np.negative(ZL, out=ZL)
        np.exp(ZL, out=ZL)
        ZL += 1
        np.divide(1, ZL, out=ZL)
        np.subtract(ZL, Y, out=dZ[last])
        self._backward(X)

    def _backward(self, X: Floats) -> None:
        A, dZ = self._A, self._dZ
        scale = self._rate / X.shape[1]
        for l in reversed(range(self._L)):
            np.dot(dZ[l], (A[l - 1] if l else X).T, out=self._dW[l])
            np.sum(dZ[l], axis=1, keepdims=True, out=self._db[l])
            if l:
                np.dot(self._W[l].T, dZ[l], out=dZ[l - 1])
                np.greater(A[l - 1], 0, out=self._alive[l - 1])
                dZ[l - 1] *= self._alive[l - 1]
            self._dW[l] *= scale
            self._db[l] *= scale
            self._W[l] -= self._dW[l]
            self._b[l] -= self._db[l]


COURSE: Variants = {"": Course}
PREALLOCATED: Variants = {"": Preallocated}


def predictor(problem: Problem) -> Predictor:
    """Forward propagation of one row, written out."""
    depth = len(problem.layers) - 1
    # Rows times W.T, contiguous: what NumPy likes best for one row.
    W = [np.ascontiguousarray(problem.parameters[f"W{l}"].T) for l in range(1, depth + 1)]
    b = [problem.parameters[f"b{l}"].ravel() for l in range(1, depth + 1)]
    row = np.ascontiguousarray(problem.X[:1])

    def answer() -> Floats:
        A = row
        for l in range(depth - 1):
            A = np.maximum(A @ W[l] + b[l], 0)
        p = 1 / (1 + np.exp(-(A @ W[-1] + b[-1])))
        return np.hstack([1 - p, p])

    return answer
