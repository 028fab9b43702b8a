"""The report of a training run: a document for machines, and text for people."""

from pathlib import Path
from typing import Any

from pellucid.cli.config import TrainConfig
from pellucid.cli.console import aligned, confusion_table, finite_or_none
from pellucid.cli.figures import figures_of, lines_of
from pellucid.cli.table_text import table_document
from pellucid.cli.work import Work
from pellucid.model import Evaluation, Model, NumberEvaluation
from pellucid.training import History

Answers = Evaluation | NumberEvaluation


def report_of(
    work: Work, model: Model, on_train: Answers, on_test: Answers, seconds: float
) -> dict[str, Any]:
    """The report of a run as JSON can hold it.

    Args:
        work: what was trained.
        model: what came of it.
        on_train: what the model made of the training set.
        on_test: what it made of the test set.
        seconds: that the training took.
    """
    # They take a second, for scikit-learn's import, and are what tables are looked at for; `evaluate` has
    # them for all data.
    figures = None if work.tables is None else figures_of(on_test, model.classes)
    return {
        "data": work.config.data,
        "train_examples": work.train.m,
        "test_examples": work.test.m,
        "classes": list(model.classes),
        "layer_dims": list(model.network.layer_dims),
        "cost_at": [list(pair) for pair in model.history.cost_at(100)],
        "train_accuracy": _accuracy(on_train),
        "test_accuracy": _accuracy(on_test),
        "test_cost": finite_or_none(on_test.cost),
        "confusion_matrix": on_test.confusion.tolist() if isinstance(on_test, Evaluation) else None,
        "figures": figures,
        "table": None if work.tables is None else table_document(work.tables),
        "iterations": model.history.iterations,
        "engine": model.history.engine,
        "shortcut": model.history.shortcut,
        "ended": model.history.reason,
        "best_epoch": model.history.best_epoch,
        "validation_cost": _validation_cost(model.history),
        "training_seconds": seconds,
        "skipped": list(work.train.skipped + work.test.skipped),
    }


def report_text(report: dict[str, Any], work: Work, on_test: Answers, folder: Path) -> str:
    """The report of a run for people.

    Args:
        report: the same for machines.
        work: what was trained.
        on_test: what the model made of the test set.
        folder: where the run was written.
    """
    costs = report["cost_at"]
    lines = [("network", " -> ".join(map(str, report["layer_dims"])))]
    if work.tables is not None:
        lines.append(("settings", _settings(work.config)))
    if costs:
        # The cost of numbers is counted as they were trained on.
        of = "" if report["classes"] else "  (of the scaled numbers)"
        lines.append(("cost", f"{costs[0][1]:.6f} -> {costs[-1][1]:.6f}{of}"))
    if report["train_accuracy"] is not None:
        lines.append(("train accuracy", f"{report['train_accuracy']:.4f}  ({work.train.m} examples)"))
        lines.append(("test accuracy", f"{report['test_accuracy']:.4f}  ({work.test.m} examples)"))
    else:
        lines.append(("examples", f"{work.train.m} to train on, {work.test.m} to test on"))
    lines += [(f"test {name}", said) for name, said in lines_of(report["figures"])]
    time = f"{report['training_seconds']:.1f} s, {report['iterations']} iterations{_ending(report)}"
    lines.append(("training time", time))
    table = ""
    if isinstance(on_test, Evaluation):
        elsewhere = f"see {folder / 'report.json'}"
        table = f"{confusion_table(on_test.confusion, report['classes'], elsewhere)}\n\n"
    place = [("run folder", str(folder))]
    place += [("use it", f"pellucid predict {folder / 'model.safetensors'} INPUT...")]
    return f"{aligned(lines, 16)}\n\n{table}{aligned(place, 16)}"


def _settings(config: TrainConfig) -> str:
    """What was decided for a table: nobody need have asked for it."""
    parts = [
        f"{config.optimizer} at {config.learning_rate:g}",
        config.schedule,
        "full batch" if config.batch_size is None else f"batches of {config.batch_size}",
        f"epochs {config.length}" + (" at most" if config.patience is not None else ""),
    ]
    parts += [f"dropout {config.dropout}"] if config.dropout != "0" else []
    return f"{', '.join(parts)}; config.toml has all"


def _accuracy(answers: Answers) -> float | None:
    return None if isinstance(answers, NumberEvaluation) else answers.accuracy


def _ending(report: dict[str, Any]) -> str:
    """What is worth a word of how the training went."""
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
