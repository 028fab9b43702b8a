"""Mistakes in the cost."""

from typing import Any

import numpy as np

from pellucid.check.causes.mistakes import Array, Mistakes, Table

_LOGS: Table = {
    "cost-log-base": np.log2,
    "cost-log-base~10": np.log10,
    "cost-log-missing": lambda A: A,
}
_LOSSES: Table = {
    "cost-missing-term-y1": lambda AL, Y, log: (1 - Y) * log(1 - AL),
    "cost-missing-term-y0": lambda AL, Y, log: Y * log(AL),
    "cost-terms-swapped": lambda AL, Y, log: Y * log(1 - AL) + (1 - Y) * log(AL),
    "cost-term-sign": lambda AL, Y, log: Y * log(AL) - (1 - Y) * log(1 - AL),
    "cost-term-sign~first": lambda AL, Y, log: -Y * log(AL) + (1 - Y) * log(1 - AL),
    "cost-log-repeated": lambda AL, Y, log: Y * log(1 - AL) + (1 - Y) * log(1 - AL),
    "cost-log-repeated~al": lambda AL, Y, log: Y * log(AL) + (1 - Y) * log(AL),
    "cost-label-missing": lambda AL, Y, log: log(AL) + log(1 - AL),
    "cost-squared-error": lambda AL, Y, log: -((AL - Y) ** 2),
    "cost-squared-error~half": lambda AL, Y, log: -((AL - Y) ** 2) / 2,
    "cost-absolute-error": lambda AL, Y, log: -np.abs(AL - Y),
    "product-matrix": lambda AL, Y, log: Y @ log(AL) + (1 - Y) @ log(1 - AL),
    "product-matrix~outer": lambda AL, Y, log: Y.T @ log(AL) + (1 - Y).T @ log(1 - AL),
}
_WHOLE: Table = {
    "cost-log-outside": lambda AL, Y, m: -np.log(np.sum(Y * AL + (1 - Y) * (1 - AL)) / m),
    "cost-log-outside~sum": lambda AL, Y, m: -np.log(np.sum(Y * AL + (1 - Y) * (1 - AL))),
}
_SUMS: Table = {
    "cost-not-scalar": lambda losses: losses,
    "cost-not-scalar~column": lambda losses: np.sum(losses, keepdims=True),
    "cost-not-scalar~row": lambda losses: np.sum(losses, axis=1),
    "cost-not-scalar~axis-0": lambda losses: np.sum(losses, axis=0),
}
_SCALES: Table = {
    "cost-not-averaged": lambda total, m: total,
    "cost-extra-1-over-m": lambda total, m: total / m**2,
    "cost-halved": lambda total, m: total / (2 * m),
}
COMPUTE_COST = (*_LOGS, *_LOSSES, *_WHOLE, *_SUMS, *_SCALES, "cost-wrong-sign")


def compute_cost(on: Mistakes, AL: Array, Y: Array) -> Any:
    """-1/m sum(Y log AL + (1 - Y) log(1 - AL)).

    Args:
        on: the mistakes.
        AL: (1, m).
        Y: (1, m).
    """
    m = AL.shape[1]
    whole = on.choose(_WHOLE, lambda AL, Y, m: None, AL, Y, m)
    if whole is not None:
        return whole
    # Which logarithm: chosen, not called.
    log = next((log for switch, log in _LOGS.items() if on(switch)), np.log)
    losses = on.choose(_LOSSES, lambda AL, Y, log: Y * log(AL) + (1 - Y) * log(1 - AL), AL, Y, log)
    total = on.choose(_SCALES, lambda total, m: total / m, on.choose(_SUMS, np.sum, losses), m)
    return total if on("cost-wrong-sign") else -total
