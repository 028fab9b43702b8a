"""Everything that a report says of a model of a table beside its figures, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pellucid.data.table import Table
from pellucid.metrics import Floats
from pellucid.model import Evaluation, Model
from pellucid.report.baselines import Baseline, constant_baseline, linear_baseline
from pellucid.report.comparison import Comparison, compared
from pellucid.report.dependence import Dependence, partial_dependence
from pellucid.report.importance import Importance, permutation_importance
from pellucid.report.intervals import Interval, interval_of
from pellucid.report.scores import Answers, Score, main_scores, scores_for
from pellucid.report.thresholds import Thresholds, thresholds_of
from pellucid.report.worst import WorstRow, worst_rows

# Columns whose dependence is computed.
_MOST_COLUMNS = 6


@dataclass(frozen=True, eq=False)
class TableReport:
    """How far the scores of a model can be trusted, and what is behind them.

    Attributes:
        metric: the main score.
        scores: every score of the task by name; None where it is not defined.
        intervals: the 95 % interval of each score by name; None where it is not defined.
        baselines: simple answers to compare with.
        comparisons: by how much the model is better than each of them in the main score; None where that
            has no interval.
        compared: the few scores to compare by, the main one first.
        worst: the rows of the largest loss.
        thresholds: of two classes; else None.
        importance: of the columns; None where the main score is not defined.
        dependence: of the answers on the most important columns.
    """

    metric: Score
    scores: Mapping[str, float | None]
    intervals: Mapping[str, Interval | None]
    baselines: tuple[Baseline, ...]
    comparisons: tuple[Comparison | None, ...]
    compared: tuple[Score, ...]
    worst: tuple[WorstRow, ...]
    thresholds: Thresholds | None
    importance: Importance | None
    dependence: tuple[Dependence, ...]


def report_on(
    model: Model,
    table: Table,
    answers: Answers,
    metric: Score,
    *,
    trained_on: tuple[Table, Floats] | None = None,
    truth: Floats | None = None,
    seed: int = 0,
) -> TableReport:
    """Look at a model of tables from all sides.

    Args:
        model: of tables.
        table: labelled rows.
        answers: the model's, on these rows.
        metric: the main score.
        trained_on: the training rows and their targets Y (n_y, m): baselines are fitted to them.
        truth: without them, the targets Y (n_y, m) that the constant baseline is of, such as those of the
            rows themselves; None: no baseline.
        seed: of everything random.
    """
    importance = permutation_importance(model, table, answers, metric, seed=seed)
    columns = [] if importance is None else [one.column for one in importance.columns if one.drop > 0]
    baselines = _baselines(model, table, answers, trained_on, truth, seed)
    return TableReport(
        metric,
        {name: score.of(answers) for name, score in scores_for(model.classes).items()},
        {name: interval_of(score, answers) for name, score in scores_for(model.classes).items()},
        baselines,
        tuple(compared(metric, answers, baseline.answers) for baseline in baselines),
        main_scores(metric, model.classes),
        worst_rows(answers, table.places, model.classes),
        thresholds_of(answers.labels, answers.probabilities) if isinstance(answers, Evaluation) else None,
        importance,
        partial_dependence(model, table, columns[:_MOST_COLUMNS], seed=seed),
    )


def _baselines(
    model: Model,
    table: Table,
    answers: Answers,
    trained_on: tuple[Table, Floats] | None,
    truth: Floats | None,
    seed: int,
) -> tuple[Baseline, ...]:
    if trained_on is None:
        return () if truth is None else (constant_baseline(truth, answers, model.classes),)
    train, Y = trained_on
    recipe: Any = model.recipe
    return (
        constant_baseline(Y, answers, model.classes),
        linear_baseline(train, Y, recipe, table, answers, seed=seed),
    )
