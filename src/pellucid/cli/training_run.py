"""What `pellucid train` does: read, train, evaluate, write the run folder, report."""

import time
from pathlib import Path
from typing import Any

import typer

from pellucid.cli.asked import Asked
from pellucid.cli.config_file import toml_text
from pellucid.cli.console import note, print_json
from pellucid.cli.layer_search import search_layers, tried_document
from pellucid.cli.progress import TrainingProgress
from pellucid.cli.report import report_of, report_text
from pellucid.cli.run_folder import check_free, write_run
from pellucid.cli.table_text import columns_text
from pellucid.cli.work import Work, read_work
from pellucid.data.dataset import labels_of
from pellucid.engines import engine_for
from pellucid.metrics import accuracy, r2_score
from pellucid.model import Model
from pellucid.network import Network
from pellucid.training import TrainingEnd, TrainingOptions, train


def run_training(asked: Asked, out: Path | None, *, as_json: bool, quiet: bool) -> int:
    """Train as told, and report.

    Args:
        asked: the options that were given.
        out: the run's folder.
        as_json: report as JSON.
        quiet: no progress.

    Returns:
        The exit code: 0, or 1 if the run was interrupted (what was learned is saved all the same).
    """
    check_free(out)
    work = read_work(asked, quiet)
    options = work.config.options
    if work.tables is not None and not as_json:
        # Before the training: whoever sees a wrong column need not wait for its end.
        typer.echo(columns_text(work.tables))
    searched = None
    if work.config.hidden is None:
        searched = search_layers(work, options, quiet=quiet or as_json, shown=not as_json)
    network = work.network(None if searched is None else searched.hidden)
    model, seconds = _trained(work, network, options, quiet or as_json)
    on_train, on_test = model.evaluate(work.train), model.evaluate(work.test)
    report = report_of(work, model, on_train, on_test, seconds)
    report["layers_tried"] = None if searched is None else tried_document(searched)
    repeated = work.config.resolved(model.history.engine, network.layer_dims[1:-1])
    folder, notes = write_run(out, model, toml_text(repeated), report, work.test, on_test)
    for line in [*(report["figures"] or {}).get("notes", ()), *notes]:
        note(line)
    report = {"model": str(folder / "model.safetensors"), "run": str(folder), **report}
    if as_json:
        print_json(report)
    else:
        typer.echo(report_text(report, work, on_test, folder))
    return 1 if report["ended"] == "interrupted" else 0


def _trained(work: Work, network: Network, options: TrainingOptions, quiet: bool) -> tuple[Model, float]:
    """The model, and how many seconds its training took."""
    started = time.perf_counter()
    end = _train(work, network, options, quiet)
    seconds = time.perf_counter() - started
    history, recipe = end.history, work.train.recipe
    if history.reason == "interrupted":
        note(f"interrupted after {history.iterations} iterations; saving the model so far")
    parameters = work.parameters(end.parameters)
    return Model(network, parameters, recipe, work.train.classes, history), seconds


def _train(work: Work, network: Network, options: TrainingOptions, quiet: bool) -> TrainingEnd:
    fitting = work.fitting

    def score(parameters: dict[str, Any]) -> str:
        AL = engine_for("auto", network).predictor(network, parameters).outputs(fitting.X)
        if not fitting.classes:
            assert fitting.Y is not None  # numbers that are learnt from are there
            return f"train R^2 {r2_score(fitting.Y, AL):.3f}"
        return f"train accuracy {accuracy(fitting.labels, labels_of(AL)):.3f}"

    with TrainingProgress(score, quiet=quiet) as progress:
        # Progress shows a moment, not every epoch: the engine may run ahead of it.
        return train(network, fitting, options, listeners=[progress], every="auto", warn=False)
