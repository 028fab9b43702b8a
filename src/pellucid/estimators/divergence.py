"""The error of a fit that diverged: scikit-learn's message, then the cause and the remedies."""

from typing import Any

from pellucid.errors import DivergenceError


class FitDivergedError(DivergenceError, ValueError):
    """The cost became NaN or infinite in a fit. Also a ValueError, which scikit-learn raises then."""


def diverged(error: DivergenceError, estimator: Any, rate: float | None = None) -> FitDivergedError:
    """The error that an estimator raises.

    Args:
        error: the error of the training.
        estimator: the estimator that was fitted.
        rate: the learning rate of the last epoch; None: the solver finds the length of its steps itself.
    """
    cause = str(error).partition("; expected")[0]
    scaled = "the inputs" if hasattr(estimator, "classes_") else "the inputs and the targets"
    advice = f"scale {scaled}"
    if rate is not None:
        advice = f"take a learning rate below {rate:g}, or scale {scaled}"
        if estimator.clip_norm is None:
            advice += ", or set clip_norm=1.0"
        cause = f"In epoch {estimator.n_iter_ + 1} {cause}"
    return FitDivergedError(
        "Solver produced non-finite parameter weights. The input data may contain large values and need to "
        f"be preprocessed. {cause}: {advice}",
        error.iteration,
        error.parameters,
    )
