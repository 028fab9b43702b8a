"""What a training run says: a document for machines, and text for people."""

from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from pellucid.cli.console import aligned, aligned_table, confusion_table, finite_or_none, wrapped
from pellucid.cli.figures import figures_of, lines_of
from pellucid.cli.inputs import Inputs
from pellucid.data.dataset import Dataset
from pellucid.data.load_table import LoadedTables
from pellucid.data.options import DataOptions
from pellucid.files.reading import shown
from pellucid.model import Evaluation, NumberEvaluation
from pellucid.modelling import Fitted, stated
from pellucid.optimizer import Optimizer
from pellucid.settings import named
from pellucid.training import History, Schedule
from pellucid.training.candidates import differences
from pellucid.training.search import Searched

Answers = Evaluation | NumberEvaluation

# A terminal has room for so many columns or classes, and characters; report.json has them all.
_MOST, _WIDE = 60, 90


def report_of(inputs: Inputs, fitted: Fitted, on_train: Answers, on_test: Answers) -> dict[str, Any]:
    """The report of a run as JSON can hold it.

    Args:
        inputs: what was trained on.
        fitted: what came of it.
        on_train: the model's answers on the training set.
        on_test: its answers on the test set.
    """
    model, train, test = fitted.model, inputs.plan.train, inputs.test
    # They take a second, for scikit-learn's import, and are what tables are looked at for; `evaluate` has
    # them for all data.
    figures = None if inputs.tables is None else figures_of(on_test, model.classes)
    return {
        "data": inputs.data.data,
        "train_examples": train.m,
        "test_examples": test.m,
        "classes": list(model.classes),
        "layer_dims": list(model.network.layer_dims),
        "cost_at": [list(pair) for pair in model.history.cost_at(100)],
        "train_accuracy": _accuracy(on_train),
        "test_accuracy": _accuracy(on_test),
        "train_r2": None if isinstance(on_train, Evaluation) else finite_or_none(on_train.r2),
        "test_r2": None if isinstance(on_test, Evaluation) else finite_or_none(on_test.r2),
        "test_cost": finite_or_none(on_test.cost),
        "confusion_matrix": on_test.confusion.tolist() if isinstance(on_test, Evaluation) else None,
        "figures": figures,
        "table": None if inputs.tables is None else table_document(inputs.tables),
        "search": None if fitted.searched is None else search_document(fitted.searched),
        "iterations": model.history.iterations,
        "engine": model.history.engine,
        "shortcut": model.history.shortcut,
        "ended": model.history.reason,
        "best_epoch": model.history.best_epoch,
        "validation_cost": _validation_cost(model.history),
        "training_seconds": fitted.seconds,
        "skipped": list(train.skipped + test.skipped),
    }


def report_text(report: dict[str, Any], fitted: Fitted, on_test: Answers, folder: Path) -> str:
    """The report of a run for people.

    Args:
        report: the same for machines.
        fitted: what was trained.
        on_test: the model's answers on the test set.
        folder: where the run was written.
    """
    costs, m_train, m_test = report["cost_at"], report["train_examples"], report["test_examples"]
    lines = [
        ("network", " -> ".join(map(str, report["layer_dims"]))),
        ("settings", f"{settings_text(fitted)}; config.toml has all"),
    ]
    if costs:
        # Targets of a regression are scaled while it is trained, and so is its cost.
        of = "" if report["classes"] else "  (of the scaled targets)"
        lines.append(("cost", f"{costs[0][1]:.6f} -> {costs[-1][1]:.6f}{of}"))
    if report["train_accuracy"] is not None:
        lines.append(("train accuracy", f"{report['train_accuracy']:.4f}  ({m_train} examples)"))
        lines.append(("test accuracy", f"{report['test_accuracy']:.4f}  ({m_test} examples)"))
    else:
        lines.append(("train R^2", f"{_number(report['train_r2'])}  ({m_train} examples)"))
        lines.append(("test R^2", f"{_number(report['test_r2'])}  ({m_test} examples)"))
    lines += [(f"test {name}", said) for name, said in lines_of(report["figures"]) if name != "R^2"]
    time = f"{report['training_seconds']:.1f} s, {report['iterations']} iterations{_ending(report)}"
    lines.append(("training time", time))
    table = ""
    if isinstance(on_test, Evaluation):
        elsewhere = f"see {folder / 'report.json'}"
        table = f"{confusion_table(on_test.confusion, report['classes'], elsewhere)}\n\n"
    place = [("run folder", str(folder))]
    place += [("use it", f"pellucid predict {folder / 'model.safetensors'} INPUT...")]
    return f"{aligned(lines, 16)}\n\n{table}{aligned(place, 16)}"


def settings_text(fitted: Fitted) -> str:
    """How a model was trained, in a line."""
    options, network = fitted.options, fitted.model.network
    optimizer, schedule = Optimizer.named(options.optimizer), Schedule.named(options.schedule)
    parts = [
        f"{optimizer.name} at {options.learning_rate:g}",
        schedule.name,
        "full batch" if options.batch_size is None else f"batches of {options.batch_size}",
        f"epochs {options.epochs}" + (" at most" if options.patience is not None else ""),
    ]
    parts += [f"dropout {network.dropout}"] if network.dropout else []
    return ", ".join(parts)


def stated_options(inputs: Inputs, fitted: Fitted) -> dict[str, Any]:
    """Every setting of a run by name, with paths that lead to the same data from any folder."""
    data = {name: getattr(inputs.data, name) for name in named(DataOptions)}
    data["data"] = _anywhere(inputs.data.data)
    data["test"] = None if inputs.data.test is None else _anywhere(inputs.data.test)
    data["dtype"] = fitted.model.dtype
    # What the target was taken for repeats the run, whatever is added to the file.
    data["task"] = inputs.data.task or ("classification" if fitted.model.classes else "regression")
    return {**data, **stated(fitted, inputs.plan.options)}


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
    """What a search compared, and what it chose, for people."""
    rows = [
        [f"{row.parameter_count:,}", str(row.epochs), f"{row.validation_cost:.6f}", f"{row.seconds:.1f}"]
        for row in searched.table
    ]
    head = ["parameters", "epochs", "validation cost", "seconds"]
    numbers = aligned_table([head, *rows], "rrrr").split("\n")
    # The settings come last, where a narrow terminal breaks them and does not cut what differs.
    lines = zip(numbers, ["settings", *_differences(searched)], strict=True)
    indent = len(numbers[0]) + 2
    table = "\n".join(wrapped(f"{line}  {settings}", indent) for line, settings in lines)
    return f"{table}\n\n{wrapped(searched.reason)}\n"


def _differences(searched: Searched) -> tuple[str, ...]:
    return differences([row.candidate for row in searched.table])


def table_document(tables: LoadedTables) -> dict[str, Any]:
    """How the columns of a table were read, as JSON can hold it."""
    target = tables.target
    columns = [column._asdict() for column in tables.recipe.summaries(tables.train_table)]
    return {
        "target": target.name,
        "task": target.task,
        "because": target.because,
        "columns": columns,
        "inputs": list(tables.recipe.input_names),
        "balance": {"train": _counts(tables.train), "test": _counts(tables.test)},
    }


def columns_text(tables: LoadedTables) -> str:
    """How the columns of a table were read, for people."""
    columns = tables.recipe.summaries(tables.train_table)
    rows = [
        [shown(each.name, 30), each.kind, f"{each.missing:,}" if each.missing else "-", _cut(each.becomes)]
        for each in columns[:_MOST]
    ]
    more = [f"({len(columns) - _MOST} more columns)"] if len(columns) > _MOST else []
    parts = [aligned_table([["column", "kind", "missing", "becomes"], *rows], "llrl"), *more, ""]
    parts.append(wrapped(tables.target.describe()))
    if tables.target.classes:
        parts += ["", _balance(tables)]
    return "\n".join([*parts, ""])


def _cut(text: str) -> str:
    return shorten(text, _WIDE, placeholder=" ...")


def _balance(tables: LoadedTables) -> str:
    train, test = _counts(tables.train), _counts(tables.test)
    rows = [
        [shown(name, 40), *(f"{n:,}  {n / max(1, sum(part.values())):6.1%}" for n, part in counted)]
        for name in list(train)[:_MOST]
        for counted in [[(train[name], train), (test[name], test)]]
    ]
    more = [f"({len(train) - _MOST} more classes)"] if len(train) > _MOST else []
    return "\n".join([aligned_table([["class", "train", "test"], *rows], "lrr"), *more])


def _counts(dataset: Dataset) -> dict[str, int]:
    """How many examples each class has; nothing for a regression."""
    if not dataset.classes:
        return {}
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    return dict(zip(dataset.classes, counts.tolist(), strict=True))


def _accuracy(answers: Answers) -> float | None:
    return None if isinstance(answers, NumberEvaluation) else answers.accuracy


def _number(value: float | None) -> str:
    return "infinite" if value is None else f"{value:.4f}"


def _ending(report: dict[str, Any]) -> str:
    """How the training ended, where that is worth a word."""
    words = [report["shortcut"]] if report["shortcut"] else []
    if report["ended"] == "early_stopping":
        words.append("stopped early")
    if report["best_epoch"] is not None:
        words.append(f"the best was epoch {report['best_epoch']}")
    return "".join(f", {word}" for word in words)


def _validation_cost(history: History) -> float | None:
    """That of the parameters that were kept."""
    costs = history.validation_costs
    if not costs:
        return None
    return costs[-1 if history.best_epoch is None else history.best_epoch]
