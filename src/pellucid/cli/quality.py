"""What a report says of a model of a table beside its figures: for machines, and for people."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from pellucid.cli.console import width
from pellucid.display import aligned_table
from pellucid.files.reading import shown
from pellucid.report.baselines import Baseline
from pellucid.report.cross_validation import CrossValidation
from pellucid.report.scores import Answers, Score
from pellucid.report.table_report import TableReport
from pellucid.report.thresholds import Thresholds

Document = dict[str, Any]

# A terminal has room for so many columns of the table; the document has them all.
_MOST_COLUMNS = 10
# Digits of a score, and of one in the units of the target.
_SHARE, _OF_UNITS = ".4f", ".5g"
# R^2 has no lower end.
_HUGE = 1000
# How wide a table is that goes to a file or another program.
_WIDE = 80


def quality_document(report: TableReport) -> Document:
    """The parts of a report as JSON can hold them; null is not defined."""
    importance, thresholds = report.importance, report.thresholds
    document: Document = plain(
        {
            "metric": report.metric.name,
            "scores": report.scores,
            "baselines": [
                {"name": baseline.name, "scores": {s.name: s.of(baseline.answers) for s in report.compared}}
                | _compared(report, i)
                for i, baseline in enumerate(report.baselines)
            ],
            "thresholds": thresholds and [row._asdict() for row in thresholds.rows],
            "best_threshold": thresholds and thresholds.best._asdict(),
            "worst": [row._asdict() for row in report.worst],
            "importance": importance
            and {
                "score": importance.score.name,
                "reference": importance.reference,
                "rows": importance.rows,
                "columns_left_out": importance.left_out,
                "columns": [
                    {"column": one.column, "drop": one.drop, "deviation": one.deviation, "drops": one.drops}
                    for one in importance.columns
                ],
            },
            "dependence": [
                {
                    "column": one.column,
                    "kind": one.kind,
                    "values": one.values,
                    "numbers": one.numbers.tolist(),
                    "shares": one.shares.tolist(),
                    "answers": one.answers.tolist(),
                }
                for one in report.dependence
            ],
        }
    )
    return document


def cross_validation_document(crossed: CrossValidation) -> Document:
    """The scores of each fold as JSON can hold them, the main score first."""
    document: Document = plain(
        {
            "folds": crossed.folds,
            "asked": crossed.asked,
            "scores": {
                name: {
                    "mean": crossed.mean(name),
                    "deviation": crossed.deviation(name),
                    "of_each": scores,
                }
                for name, scores in crossed.scores.items()
            },
        }
    )
    return document


def plain(value: Any) -> Any:
    """A document with lists for tuples, and None for numbers that are not finite."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _compared(report: TableReport, i: int) -> Document:
    found = report.comparisons[i]
    return {
        "model_better_by": None if found is None else found.better_by,
        "interval": None if found is None else tuple(found.interval),
    }


def quality_texts(report: TableReport, answers: Answers, elsewhere: str) -> Iterator[str]:
    """The parts of a report for people, a text each.

    Args:
        report: of a model.
        answers: the model's, that it is about.
        elsewhere: where the rest is: "report.json has all".
    """
    if report.baselines:
        yield _baselines_text(report, answers)
    if report.thresholds is not None:
        yield _thresholds_text(report.thresholds)
    if report.worst:
        yield _worst_text(report)
    if report.importance is not None:
        yield _importance_text(report, elsewhere)


def cross_validation_text(crossed: CrossValidation) -> str:
    """Mean and deviation of the scores over the folds, for people."""
    names = list(crossed.scores)
    few = "" if crossed.folds == crossed.asked else f" of {crossed.asked}"
    rows = [
        ["cross-validation", *(crossed.of[name].label for name in names)],
        [
            f"mean of {crossed.folds}{few} folds",
            *(score_text(crossed.mean(name), crossed.of[name]) for name in names),
        ],
        [
            "deviation between them",
            *(score_text(crossed.deviation(name), crossed.of[name]) for name in names),
        ],
    ]
    return _table(rows, "<" + ">" * len(names))


def score_text(value: float | None, score: Score | None = None) -> str:
    """A number from 0 to 1, about, with four decimals; one in the units of the target with five digits."""
    if value is None or not math.isfinite(value):
        return "-"
    in_units = abs(value) >= _HUGE or (score is not None and score.in_units)
    text = f"{value:{_OF_UNITS if in_units else _SHARE}}"
    return text if float(text) else text.lstrip("-")


def _table(rows: Sequence[Sequence[str]], sides: str) -> str:
    return aligned_table(rows, sides, width() or _WIDE)


def _baselines_text(report: TableReport, answers: Answers) -> str:
    scores = report.compared
    ours = Baseline("this network", answers)
    rows = [["compared with", *(score.label for score in scores)]]
    rows += [
        [baseline.name, *(score_text(score.of(baseline.answers), score) for score in scores)]
        for baseline in (ours, *reversed(report.baselines))
    ]
    parts = [_table(rows, "<" + ">" * len(scores))]
    # The last is the strongest.
    if report.comparisons and (found := report.comparisons[-1]) is not None:
        verdict = ", which may be chance" if found.may_be_chance else ""
        low, high = (_by(limit, report.metric) for limit in found.interval)
        name, than = report.baselines[-1].name, f"{_by(found.better_by, report.metric)} than"
        parts.append(
            f"{report.metric.label}: {than} {name}{verdict}\n(95 %: {low} to {high})"
            if found.better_by
            else f"{report.metric.label}: the same as {name} (95 %: {low} to {high})"
        )
    return "\n".join(parts)


def _by(difference: float, score: Score) -> str:
    return f"{score_text(abs(difference), score)} {'better' if difference >= 0 else 'worse'}"


def _thresholds_text(found: Thresholds) -> str:
    # Where one of the round thresholds does the same, it is the best.
    best = next((row for row in found.rows if row[1:] == found.best[1:]), found.best)
    rows = [*found.rows, *([best] if best is found.best else [])]
    table = [["positive from", "precision", "recall", "F1", "share positive", ""]]
    table += [
        [
            f"{row.threshold:.4f}" if row is found.best else f"{row.threshold:g}",
            *(score_text(value) for value in (row.precision, row.recall, row.f1)),
            f"{row.predicted_positive:.1%}",
            "best F1" if row is best else "",
        ]
        for row in sorted(rows, key=lambda row: row.threshold)
    ]
    return _table(table, ">>>>><")


def _worst_text(report: TableReport) -> str:
    file, places = _without_file([row.place for row in report.worst])
    of_classes = report.worst[0].probability is not None
    head = ["largest loss", "true", "predicted"]
    rows = [[*head, "probability", "of the true"] if of_classes else [*head, "error"]]
    for place, row in zip(places, report.worst, strict=True):
        if of_classes:
            names = [shown(str(name), 24) for name in (row.true, row.predicted)]
            values = [score_text(value) for value in (row.probability, row.probability_of_true)]
        else:
            names = [f"{value:.6g}" for value in (row.true, row.predicted)]
            values = [f"{row.loss:.6g}"]
        rows.append([place, *names, *values])
    sides = "<<<>>" if of_classes else "<>>>"
    table = _table(rows, sides)
    return f"{table}\n(of {shown(file, 60)})" if file else table


def _without_file(places: Sequence[str]) -> tuple[str, list[str]]:
    """The file that all rows came from, and the place of each in it; none, if they came from several."""
    parts = [place.rpartition(", ") for place in places]
    files = {file for file, _, _ in parts}
    if len(files) > 1 or not parts[0][0]:
        return "", [shown(place, 40) for place in places]
    return parts[0][0], [place for _, _, place in parts]


def _importance_text(report: TableReport, elsewhere: str) -> str:
    importance = report.importance
    assert importance is not None  # the caller has seen to it
    found, score = importance.columns, importance.score
    verb = "falls" if score.greater_is_better else "rises"
    rows = [["column, shuffled", f"{score.label} {verb} by", "deviation"]]
    rows += [
        [shown(one.column, 40), score_text(one.drop, score), score_text(one.deviation, score)]
        for one in found[:_MOST_COLUMNS]
    ]
    more = len(found) + importance.left_out - _MOST_COLUMNS
    left = [f"({more} more columns: {elsewhere})"] if more > 0 else []
    return "\n".join([_table(rows, "<>>"), *left])
