"""What a training run says: a document for machines, and text for people."""

import math
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

from pellucid.cli.console import aligned, confusion_table, finite_or_none, width
from pellucid.cli.figures import figures_of, interval_text, lines_of, number_text, with_notes
from pellucid.cli.inputs import Inputs
from pellucid.cli.quality import (
    cross_validation_document,
    cross_validation_text,
    quality_document,
    quality_texts,
)
from pellucid.data.load_table import LoadedTables
from pellucid.data.options import DataOptions
from pellucid.display import aligned_table, cost_text
from pellucid.files.reading import shown
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.modelling import Fitted
from pellucid.optimizer import Optimizer
from pellucid.planning import Chosen, stated
from pellucid.report.cross_validation import CrossValidation
from pellucid.report.scores import Answers
from pellucid.report.table_report import TableReport
from pellucid.settings import named
from pellucid.training import History, Schedule
from pellucid.training.candidates import differences
from pellucid.training.search import Searched

# A terminal has room for so many columns or classes; report.json has them all.
_MOST = 60
# How wide a table of columns is that goes to a file or another program.
_WIDE = 120
# Settings of a search stand beside its numbers where so many characters of them fit, else below.
_ROOM_FOR_SETTINGS = 30


@dataclass(frozen=True, eq=False)
class Judged:
    """The answers of a model that was trained, and what is said of them.

    Attributes:
        on_train: its answers to the training examples.
        on_test: its answers to the test examples.
        quality: what is behind those; None: they did not come from a table.
        crossed: its training, cross-validated; None: that was not asked for, or failed.
    """

    on_train: Answers
    on_test: Answers
    quality: TableReport | None = None
    crossed: CrossValidation | None = None


def report_of(inputs: Inputs, fitted: Fitted, judged: Judged) -> dict[str, Any]:
    """The report of a run as JSON can hold it: data, training, and the model's answers on both sets."""
    on_train, on_test = judged.on_train, judged.on_test
    model, train, test = fitted.model, inputs.plan.train, inputs.test
    history = model.history
    # What tables are looked at for; `evaluate` has them for all data.
    figures = None
    if inputs.tables is not None:
        intervals = None if judged.quality is None else judged.quality.intervals
        figures = figures_of(on_test, model.classes, intervals)
    return {
        "data": inputs.data.data,
        "train_examples": train.m,
        "test_examples": test.m,
        "classes": list(model.classes),
        "layer_dims": list(fitted.network.layer_dims),
        "members": fitted.members,
        "cost_at": [list(pair) for pair in history.cost_at(100)],
        **_scores(train=on_train, test=on_test),
        "test_cost": finite_or_none(on_test.cost),
        "confusion_matrix": on_test.confusion.tolist() if isinstance(on_test, Evaluation) else None,
        "figures": figures,
        "quality": judged.quality and quality_document(judged.quality),
        "cross_validation": judged.crossed and cross_validation_document(judged.crossed),
        "table": None if inputs.tables is None else inputs.tables.to_dict(),
        "search": None if fitted.searched is None else search_document(fitted.searched),
        "iterations": history.iterations,
        "engine": history.engine,
        "shortcut": history.shortcut,
        "ended": history.reason,
        "best_epoch": history.best_epoch,
        "validation_cost": _validation_cost(history),
        "training_seconds": fitted.seconds,
        "skipped": list(train.skipped + test.skipped),
    }


def report_text(report: dict[str, Any], fitted: Fitted, judged: Judged, folder: Path) -> str:
    """The report of a run for people; `folder` is where the run was written."""
    costs, history, on_test = report["cost_at"], fitted.model.history, judged.on_test
    lines = [
        ("network", " -> ".join(map(str, report["layer_dims"])) + _of_members(fitted)),
        ("settings", f"{settings_text(fitted)}; config.toml has all"),
    ]
    if costs:
        # Targets of a regression are scaled while it is trained, and so is its cost.
        of = "" if report["classes"] else " (of the scaled targets)"
        lines.append(("cost", f"{cost_text(costs[0][1])} -> {cost_text(costs[-1][1])}{of}"))
    for part in ("train", "test"):
        if (accuracy := report[f"{part}_accuracy"]) is not None:
            name, score = "accuracy", f"{accuracy:.4f}"
        else:
            name, score = "R^2", number_text(report[f"{part}_r2"], ".4f")
        key = "r2" if accuracy is None else "accuracy"
        interval = interval_text(report["figures"], key) if part == "test" else ""
        examples = f"{report[f'{part}_examples']} examples"
        lines.append((f"{part} {name}", with_notes(score, interval, examples)))
    lines += [(f"test {name}", text) for name, text in lines_of(report["figures"]) if name != "R^2"]
    time = f"{report['training_seconds']:.1f} s, {report['iterations']} iterations{_ending(history)}"
    lines.append(("training time", time))
    parts = [aligned(lines, 16)]
    if isinstance(on_test, Evaluation):
        elsewhere = f"see {folder / 'report.json'}"
        parts.append(confusion_table(on_test.confusion, report["classes"], elsewhere))
    if judged.quality is not None:
        parts += quality_texts(judged.quality, on_test, "report.json has all")
    if judged.crossed is not None:
        parts.append(cross_validation_text(judged.crossed))
    use = f"pellucid predict {folder / 'model.safetensors'} INPUT..."
    pictures = [("pictures", ", ".join(report["pictures"]))] if report["pictures"] else []
    parts.append(aligned([("run folder", str(folder)), *pictures, ("use it", use)], 16))
    return "\n\n".join(parts)


def _of_members(fitted: Fitted) -> str:
    if fitted.members == 1:
        return ""
    joint = " x ".join(map(str, fitted.model.network.layer_dims[1:-1]))
    return f", {fitted.members} members" + (f" joined to one of {joint} units" if joint else "")


def settings_text(fitted: Fitted) -> str:
    """How a model was trained, in a line."""
    options, network = fitted.options, fitted.network
    optimizer, schedule = Optimizer.named(options.optimizer), Schedule.named(options.schedule)
    parts = [
        f"{optimizer.name} at {options.learning_rate:g}",
        schedule.name,
        "full batch" if options.batch_size is None else f"batches of {options.batch_size}",
        f"epochs {options.epochs}" + (" at most" if options.patience is not None else ""),
    ]
    parts += [f"dropout {network.dropout}"] if network.dropout else []
    return ", ".join(parts)


def stated_options(inputs: Inputs, chosen: Chosen) -> dict[str, Any]:
    """Every setting of a run by name, with paths that lead to the same data from any folder."""
    train = inputs.plan.train
    data = {name: getattr(inputs.data, name) for name in named(DataOptions)}
    data["data"] = _anywhere(inputs.data.data)
    data["test"] = None if inputs.data.test is None else _anywhere(inputs.data.test)
    data["start_from"] = None if inputs.data.start_from is None else _anywhere(inputs.data.start_from)
    data["cache"] = None if inputs.data.cache is None else str(Path(inputs.data.cache).absolute())
    # The order of examples in files follows from it.
    data["memory"] = getattr(inputs.plan.train.X, "memory", inputs.data.memory)
    data["dtype"] = str(train.X.dtype)
    # What the target was taken for repeats the run, whatever is added to the file.
    if inputs.data.start_from is None:
        data["task"] = inputs.data.task or ("classification" if train.classes else "regression")
    told = {"metric": inputs.metric and inputs.metric.name, "cv": inputs.folds}
    return {**data, **stated(inputs.plan, chosen), **told}


def _anywhere(data: str) -> str:
    """A path that leads to the same data from any folder; names of built-in data stay as they are."""
    try:
        path = Path(data)
        return str(path.absolute()) if data and path.exists() else data
    # ValueError: a null character.
    except (OSError, ValueError):
        return data


def search_document(searched: Searched) -> list[dict[str, Any]]:
    """What a search compared, as JSON can hold it."""
    return [
        {
            "layers": list(row.hidden),
            "settings": settings,
            "parameters": row.parameter_count,
            "epochs": row.epochs,
            "validation_cost": finite_or_none(row.validation_cost),
            "seconds": row.seconds,
        }
        for row, settings in zip(searched.table, _differences(searched), strict=True)
    ]


def search_text(searched: Searched) -> str:
    """What a search compared and chose, for people; without a table if it had no time or no examples."""
    if not any(row.epochs for row in searched.table):
        return f"{searched.reason}\n"
    rows = [["", "parameters", "epochs", "validation cost", "seconds"]]
    for i, row in enumerate(searched.table, 1):
        # A setting that there was no time for has no cost; neither has one whose training diverged.
        cost = cost_text(row.validation_cost) if math.isfinite(row.validation_cost) else "-"
        rows.append(
            [str(i), f"{row.parameter_count:,}", str(row.epochs or "-"), cost, f"{row.seconds:.1f}"]
        )
    numbers = aligned_table(rows, ">>>>>").split("\n")
    is_beside = (width() or 10_000) - len(numbers[0]) >= _ROOM_FOR_SETTINGS
    head, *settings = ["settings" if is_beside else "", *_differences(searched)]
    between = "  " if is_beside else "\n   "
    lines = [f"{numbers[0]}  {head}".rstrip()]
    lines += [f"{line}{between}{text}" for line, text in zip(numbers[1:], settings, strict=True)]
    return "\n".join([*lines, "", searched.reason, ""])


def _differences(searched: Searched) -> tuple[str, ...]:
    return differences([row.candidate for row in searched.table])


def columns_text(tables: LoadedTables) -> str:
    """How the columns of a table were read, for people."""
    columns = tables.recipe.summaries(tables.train_table)
    rows = [
        [shown(each.name, 30), each.kind, f"{each.missing:,}" if each.missing else "-", each.becomes]
        for each in columns[:_MOST]
    ]
    parts = [aligned_table([["column", "kind", "missing", "becomes"], *rows], "<<><", width() or _WIDE)]
    parts += [f"({len(columns) - _MOST} more columns)"] if len(columns) > _MOST else []
    if tables.noticed:
        room = width() or _WIDE
        lines = [wrap(f"- {line}", room, subsequent_indent="  ") for line in tables.noticed[:_MOST]]
        parts += ["", "noticed:", *(line for each in lines for line in each)]
        more = len(tables.noticed) - _MOST
        parts += [f"({more} more)"] if more > 0 else []
    parts += ["", tables.target.describe(), ""]
    return "\n".join([*parts, _balance(tables), ""] if tables.target.classes else parts)


def _balance(tables: LoadedTables) -> str:
    """How many examples of each class there are."""
    counts = [tables.train.class_counts, tables.test.class_counts]
    rows = [
        [shown(name, 40), *(f"{n[name]:,}  {n[name] / max(1, sum(n.values())):6.1%}" for n in counts)]
        for name in list(counts[0])[:_MOST]
    ]
    more = [f"({len(counts[0]) - _MOST} more classes)"] if len(counts[0]) > _MOST else []
    return "\n".join([aligned_table([["class", "train", "test"], *rows], "<>>", width()), *more])


def _scores(**answers: Answers) -> dict[str, float | None]:
    """The accuracy on each set, or R^2 for a regression; the other is None."""
    accuracies = {
        f"{part}_accuracy": found.accuracy if isinstance(found, Evaluation) else None
        for part, found in answers.items()
    }
    return accuracies | {
        f"{part}_r2": finite_or_none(found.r2) if isinstance(found, NumberEvaluation) else None
        for part, found in answers.items()
    }


def _ending(history: History) -> str:
    """How the training ended, where that is worth a word."""
    words = [history.shortcut] if history.shortcut else []
    if history.reason == "early_stopping":
        words.append("stopped early")
    if history.best_epoch is not None:
        words.append(f"the best was epoch {history.best_epoch}")
    return "".join(f", {word}" for word in words)


def _validation_cost(history: History) -> float | None:
    """That of the parameters that were kept."""
    costs = history.validation_costs
    if not costs:
        return None
    return costs[-1 if history.best_epoch is None else history.best_epoch]
