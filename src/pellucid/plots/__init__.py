"""Pictures of a training: costs, wrong predictions, boundaries, weights, quality, importance of columns.

Every function returns a matplotlib `Figure`, which a notebook shows as the value of a cell and
`save_figure` writes to a file. matplotlib's object interface is used throughout: nothing opens a window or
changes a global.
"""

from pellucid.plots.answers import (
    calibration_curve,
    precision_recall_curve,
    predicted_against_true,
    roc_curve,
)
from pellucid.plots.boundary import decision_boundary
from pellucid.plots.columns import column_dependence, column_importance
from pellucid.plots.figure import check_target, save_figure
from pellucid.plots.pictures import first_layer_weights, wrong_answers
from pellucid.plots.training import cost_curve, draw_learning_rates

__all__ = [
    "calibration_curve",
    "check_target",
    "column_dependence",
    "column_importance",
    "cost_curve",
    "decision_boundary",
    "draw_learning_rates",
    "first_layer_weights",
    "precision_recall_curve",
    "predicted_against_true",
    "roc_curve",
    "save_figure",
    "wrong_answers",
]
