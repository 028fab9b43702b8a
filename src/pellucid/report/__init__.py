"""A report one can decide by: intervals, baselines, thresholds, the worst rows, what columns are worth.

Every part is a function of a model's answers, of the model and a `Table`, or of a `Table` alone; nothing
here prints or draws.
"""

from pellucid.report.baselines import Baseline, constant_baseline, linear_baseline
from pellucid.report.comparison import Comparison, compared
from pellucid.report.cross_validation import CrossValidation, cross_validate, fold_rows
from pellucid.report.dependence import Dependence, partial_dependence
from pellucid.report.importance import ColumnImportance, Importance, permutation_importance
from pellucid.report.intervals import Interval, auc_interval, bootstrap, interval_of, wilson_interval
from pellucid.report.scores import Score, score_named, scores_for
from pellucid.report.table_report import TableReport, report_on
from pellucid.report.thresholds import Threshold, Thresholds, thresholds_of
from pellucid.report.worst import WorstRow, worst_rows

__all__ = [
    "Baseline",
    "ColumnImportance",
    "Comparison",
    "CrossValidation",
    "Dependence",
    "Importance",
    "Interval",
    "Score",
    "TableReport",
    "Threshold",
    "Thresholds",
    "WorstRow",
    "auc_interval",
    "bootstrap",
    "compared",
    "constant_baseline",
    "cross_validate",
    "fold_rows",
    "interval_of",
    "linear_baseline",
    "partial_dependence",
    "permutation_importance",
    "report_on",
    "score_named",
    "scores_for",
    "thresholds_of",
    "wilson_interval",
    "worst_rows",
]
