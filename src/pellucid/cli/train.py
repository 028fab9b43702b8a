"""pellucid train: from raw data to a trained, evaluated, saved model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid.cli.arguments import toml_text
from pellucid.cli.common import AsJson, Quiet
from pellucid.cli.console import note, print_json, show
from pellucid.cli.ending import ends_like_ctrl_c, uninterrupted
from pellucid.cli.inputs import read_inputs
from pellucid.cli.judging import judge
from pellucid.cli.progress import TrainingProgress
from pellucid.cli.report import columns_text, report_of, report_text, search_text, stated_options
from pellucid.cli.run_folder import Run, check_free, complete_run, publish_model
from pellucid.cli.several import join, refuse_what_differs
from pellucid.engines import leave_processes
from pellucid.modelling import Fitted, fit_plan


def train(
    given: Mapping[str, Any],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder of the run. Default: the next runs/train-N.")
    ] = None,
    no_plots: Annotated[
        bool,
        typer.Option("--no-plots", help="Draw no pictures: a run of a small table takes half the time."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    coordinator: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where process 0 of several is, for --engine jax."),
    ] = None,
    processes: Annotated[
        str | None,
        typer.Option(
            metavar="N|auto",
            help="How many processes train; auto: as Slurm, Open MPI or Kubernetes started them.",
        ),
    ] = None,
    process: Annotated[
        int | None, typer.Option(metavar="I", help="Which of them this is, from 0; process 0 writes.")
    ] = None,
) -> int:
    """Train a network on DATA, evaluate it, and save it in a run folder.

    Settings that are not given follow from the kind and the size of the data; a few are compared on
    held-out examples before the best is trained (--search). --course and --iterations take the settings of
    the course instead.
    """
    several = (coordinator, processes, process) != (None, None, None)
    first = join(coordinator, processes, process, given.get("engine")) == 0
    quiet = quiet or not first
    place = None if out is None else Path(out)
    if first:
        check_free(place)
    inputs = read_inputs(given, quiet=quiet)
    if several:
        refuse_what_differs(inputs)
    if inputs.tables is not None and not as_json and first:
        # Before the training: a column that was read wrong is seen at once.
        show(columns_text(inputs.tables))
    with ends_like_ctrl_c():
        with TrainingProgress(inputs, shown=not (quiet or as_json)) as progress:
            fitted = fit_plan(inputs.plan, listeners=[progress], search_listeners=[progress])
        leave_processes()
        if not first:
            return 1 if fitted.model.history.reason == "interrupted" else 0
        folder: Path | None = None
        try:
            with uninterrupted():
                config = toml_text(stated_options(inputs, fitted))
                folder = publish_model(place, fitted.model, config)
            _say(fitted, as_json=as_json)
            judged, remarks = judge(inputs, fitted, quiet=quiet or as_json)
            report = report_of(inputs, fitted, judged)
            run = Run(fitted.model, report, inputs.test, judged.on_test, judged.quality)
            pictures, notes = complete_run(folder, run, pictures=not no_plots)
        except KeyboardInterrupt:
            if folder is None:
                raise
            note(f"interrupted; the model is saved in {folder}, without a part of its report")
            return 1
    for line in [*progress.warnings(folder), *(report["figures"] or {}).get("notes", ()), *remarks, *notes]:
        note(line)
    report = {
        "model": str(folder / "model.safetensors"),
        "run": str(folder),
        **report,
        "pictures": pictures,
    }
    if as_json:
        print_json(report)
    else:
        show(report_text(report, fitted, judged, folder))
    return 1 if report["ended"] == "interrupted" else 0


def _say(fitted: Fitted, *, as_json: bool) -> None:
    """What was compared, and what was interrupted."""
    if fitted.searched is not None and not as_json:
        show(search_text(fitted.searched))
    if fitted.searched is not None and fitted.searched.interrupted:
        note("the comparison of settings was interrupted; trained with the best so far")
    history = fitted.model.history
    if history.reason == "interrupted":
        note(f"interrupted after {history.iterations} iterations; saving the model so far")
