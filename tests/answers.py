"""Answers of models that were never trained."""

import numpy as np

from pellucid.model import Evaluation, NumberEvaluation


def classified(m: int, K: int = 2, *, seed: int = 0, strength: float = 1.5) -> Evaluation:
    """Answers to m examples of K classes, each of which has at least two; right more often than not."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(K), np.arange(K), rng.integers(0, K, m - 2 * K)])
    scores = rng.normal(size=(m, K)) + strength * np.eye(K)[labels]
    return evaluation(labels, scores)


def evaluation(labels: np.ndarray, scores: np.ndarray) -> Evaluation:
    """Answers whose probabilities are the softmax of some scores (m, K)."""
    shares = np.exp(scores)
    probabilities = shares / shares.sum(axis=1, keepdims=True)
    return Evaluation(labels, probabilities.argmax(axis=1), probabilities, 0.0)


def of_scores(labels: list[int], scores: list[float]) -> Evaluation:
    """Answers of two classes with these probabilities of the second."""
    second = np.array(scores)
    probabilities = np.stack([1 - second, second], axis=1)
    return Evaluation(np.array(labels), np.int64(second > 0.5), probabilities, 0.0)


def measured(m: int, n_y: int = 1, *, seed: int = 0) -> NumberEvaluation:
    """Predictions of numbers around 1000, off by about a third of their deviation."""
    rng = np.random.default_rng(seed)
    targets = 1000 + 3 * rng.normal(size=(n_y, m))
    return NumberEvaluation(targets, targets + rng.normal(size=(n_y, m)), 0.0)
