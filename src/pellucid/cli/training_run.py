"""What `pellucid train` does: read, train, evaluate, write the run folder, report."""

import time
from pathlib import Path
from typing import Any

import typer

from pellucid.cli.config import TrainConfig
from pellucid.cli.console import confusion_table, finite_or_none, note, note_skipped, print_json, reading
from pellucid.cli.progress import TrainingProgress
from pellucid.cli.run_folder import check_free, write_run
from pellucid.core.model import L_model_forward
from pellucid.data.dataset import Dataset, labels_of
from pellucid.data.load import load_data
from pellucid.errors import OptionError
from pellucid.metrics import accuracy
from pellucid.model import Evaluation, Model
from pellucid.network import Network
from pellucid.training import History, TrainingEnd, TrainingOptions, train


def run_training(
    given: dict[str, Any], config_file: Path | None, out: Path | None, *, as_json: bool, quiet: bool
) -> int:
    """Train as told, and report.

    Args:
        given: options of the command line by the names of `TrainConfig`; None where not given.
        config_file: where the other options come from.
        out: the run's folder.
        as_json: report as JSON.
        quiet: no progress.

    Returns:
        The exit code: 0, or 1 if the run was interrupted (what was learned is saved all the same).
    """
    config = (TrainConfig.from_toml(config_file) if config_file else TrainConfig()).updated(given)
    if not config.data:
        raise OptionError(
            "no data were named; expected pellucid train DATA, or data = ... in --config FILE"
        )
    # What can be refused is refused before the data are read.
    options = config.options
    config.network(1, 2)
    check_free(out)
    train_set, test_set = _read(config, quiet)
    network = config.network(train_set.n_x, len(train_set.classes))
    note_skipped(train_set.skipped + test_set.skipped)
    started = time.perf_counter()
    end = _train(network, train_set, options, quiet or as_json)
    seconds = time.perf_counter() - started
    interrupted = end.history.reason == "interrupted"
    if interrupted:
        note(f"interrupted after {end.history.iterations} iterations; saving the model so far")
    model = Model(network, end.parameters, train_set.recipe, train_set.classes, end.history)
    on_train, on_test = model.evaluate(train_set), model.evaluate(test_set)
    report = _report(config, train_set, test_set, model, on_train, on_test, seconds)
    repeated = config.resolved(end.history.engine)
    folder, notes = write_run(out, model, repeated.to_toml(), report, test_set, on_test)
    for line in notes:
        note(line)
    report = {"model": str(folder / "model.safetensors"), "run": str(folder), **report}
    if as_json:
        print_json(report)
    else:
        typer.echo(_text(report, train_set, test_set, on_test, folder))
    return 1 if interrupted else 0


def _read(config: TrainConfig, quiet: bool) -> tuple[Dataset, Dataset]:
    with reading(quiet) as progress:
        return load_data(
            config.data,
            config.test,
            image_size=config.picture_shape,
            scaling=config.scaling,
            test_fraction=config.test_fraction,
            seed=config.seed,
            dtype=config.dtype,
            strict=config.strict,
            progress=progress,
        )


def _train(network: Network, train_set: Dataset, options: TrainingOptions, quiet: bool) -> TrainingEnd:
    labels = train_set.labels

    def train_accuracy(parameters: dict[str, Any]) -> float:
        AL, _ = L_model_forward(train_set.X, parameters, **network.activations)
        return accuracy(labels, labels_of(AL))

    with TrainingProgress(train_accuracy, quiet=quiet) as progress:
        # Progress shows a moment, not every epoch: the engine may run ahead of it.
        return train(network, train_set, options, listeners=[progress], stride="auto")


def _report(
    config: TrainConfig,
    train_set: Dataset,
    test_set: Dataset,
    model: Model,
    on_train: Evaluation,
    on_test: Evaluation,
    seconds: float,
) -> dict[str, Any]:
    return {
        "data": config.data,
        "train_examples": train_set.m,
        "test_examples": test_set.m,
        "classes": list(model.classes),
        "layer_dims": list(model.network.layer_dims),
        "cost_at": [list(pair) for pair in model.history.cost_at(100)],
        "train_accuracy": on_train.accuracy,
        "test_accuracy": on_test.accuracy,
        "test_cost": finite_or_none(on_test.cost),
        "confusion_matrix": on_test.confusion.tolist(),
        "iterations": model.history.iterations,
        "engine": model.history.engine,
        "shortcut": model.history.shortcut,
        "ended": model.history.reason,
        "best_epoch": model.history.best_epoch,
        "validation_cost": _validation_cost(model.history),
        "training_seconds": seconds,
        "skipped": list(train_set.skipped + test_set.skipped),
    }


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


def _text(
    report: dict[str, Any], train_set: Dataset, test_set: Dataset, on_test: Evaluation, folder: Path
) -> str:
    costs = report["cost_at"]
    cost = f"cost              {costs[0][1]:.6f} -> {costs[-1][1]:.6f}\n" if costs else ""
    table = confusion_table(on_test.confusion, report["classes"], f"see {folder / 'report.json'}")
    return (
        f"network           {' -> '.join(map(str, report['layer_dims']))}\n"
        f"{cost}"
        f"train accuracy    {report['train_accuracy']:.4f}  ({train_set.m} examples)\n"
        f"test accuracy     {report['test_accuracy']:.4f}  ({test_set.m} examples)\n"
        f"training time     {report['training_seconds']:.1f} s, {report['iterations']} iterations"
        f"{_ending(report)}\n\n"
        f"{table}\n\n"
        f"run folder        {folder}\n"
        f"use it            pellucid predict {folder / 'model.safetensors'} INPUT..."
    )
