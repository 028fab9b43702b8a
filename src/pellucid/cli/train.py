"""pellucid train: from raw data to a trained, evaluated, saved model."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from pellucid.cli.arguments import toml_text
from pellucid.cli.common import AsJson, Quiet
from pellucid.cli.console import note, print_json, show
from pellucid.cli.ending import Ending
from pellucid.cli.inputs import Inputs, read_inputs
from pellucid.cli.judging import judge
from pellucid.cli.progress import TrainingProgress
from pellucid.cli.report import columns_text, report_of, report_text, search_text, stated_options
from pellucid.cli.resuming import noting_changes, read_saved, settings_of_run
from pellucid.cli.run_folder import (
    Run,
    check_free,
    claim_folder,
    complete_run,
    publish_model,
    rescued,
)
from pellucid.cli.several import join, refuse_what_differs
from pellucid.engines import leave_processes
from pellucid.errors import DataError, OutputError
from pellucid.files.checkpoint_file import holds_checkpoint
from pellucid.files.claim import Claim
from pellucid.modelling import Fitted, choose, fit_chosen
from pellucid.training import Checkpoints, Listener, SavedTraining
from pellucid.training.checkpoints import EVERY, Interval


class _Shown(NamedTuple):
    """What of a run is shown, and drawn."""

    as_json: bool
    quiet: bool
    pictures: bool

    @property
    def progress(self) -> bool:
        """Whether progress is."""
        return not (self.quiet or self.as_json)


def train(
    given: Mapping[str, Any],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder of the run. Default: the next runs/train-N.")
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Go on with the run in this folder, from its last checkpoint. Its settings stand in it.",
        ),
    ] = None,
    checkpoint_every: Annotated[
        str,
        typer.Option(
            metavar="TIME|'N epochs'|never",
            help="How often a run that lasts over a minute is saved, to go on with it: 30s, 5min, 2h.",
        ),
    ] = EVERY,
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
    Interval.named(checkpoint_every)
    place = None if out is None else Path(out)
    if resume is not None:
        given = settings_of_run(Path(resume), place, given)
    several = (coordinator, processes, process) != (None, None, None)
    # Of several processes one writes and speaks.
    first = join(coordinator, processes, process, given.get("engine")) == 0
    wanted = _Shown(as_json, quiet or not first, not no_plots)
    with ExitStack() as stack:
        claim, saved = None, None
        if resume is not None:
            claim = stack.enter_context(Claim(resume)) if first else None
            saved = read_saved(Path(resume), given)
        elif first:
            check_free(place)
        inputs = read_inputs(given, quiet=wanted.quiet)
        if several:
            refuse_what_differs(inputs)
        if inputs.tables is not None and not as_json and first:
            # Before the training: a column that was read wrong is seen at once.
            show(columns_text(inputs.tables))
        ending = stack.enter_context(Ending())
        if first and claim is None:
            claim = stack.enter_context(claim_folder(place))
        return _train(inputs, claim, saved, checkpoint_every, ending, wanted)


def _train(
    inputs: Inputs,
    claim: Claim | None,
    saved: SavedTraining | None,
    checkpoint_every: str,
    ending: Ending,
    wanted: _Shown,
) -> int:
    """Train; then save, judge and report in a folder that is this process's, if there is one."""
    checkpoints: Checkpoints | None = None
    listeners: list[Listener] = []
    with TrainingProgress(inputs, shown=wanted.progress) as progress:
        chosen = choose(inputs.plan, [progress])
        ending.check()
        if chosen.searched is not None and chosen.searched.interrupted:
            note("the comparison of settings was interrupted; training with the best so far")
        config = toml_text(stated_options(inputs, chosen))
        if claim is not None:
            checkpoints = Checkpoints(
                *(claim, checkpoint_every),
                members=chosen.members,
                before=saved,
                beside={"config.toml": config},
                said=note,
            )
            listeners = [] if saved is None else [noting_changes(saved, claim.folder)]
        with _hinting(claim):
            fitted = fit_chosen(
                *(inputs.plan, chosen),
                listeners=[*listeners, progress],
                checkpoints=checkpoints,
                before=saved,
                when_ended=ending.hold,
            )
    leave_processes()
    if claim is None or checkpoints is None:
        return 1 if fitted.model.history.reason == "interrupted" else 0
    folder = claim.folder
    _published(folder, fitted, config)
    _say(fitted, folder, checkpoints, wanted)
    return _judged(inputs, fitted, folder, progress, ending, wanted)


def _judged(
    inputs: Inputs,
    fitted: Fitted,
    folder: Path,
    progress: TrainingProgress,
    ending: Ending,
    wanted: _Shown,
) -> int:
    """Judge a model that is saved, report, and draw."""
    try:
        ending.let_go()
        judged, remarks = judge(inputs, fitted, quiet=not wanted.progress)
        report = report_of(inputs, fitted, judged)
        run = Run(fitted.model, report, inputs.test, judged.on_test, judged.quality)
        pictures, notes = complete_run(folder, run, pictures=wanted.pictures)
    except KeyboardInterrupt:
        note(
            f"interrupted; the model is saved in {folder}, without a part of its report; pellucid evaluate "
            "makes it for any data"
        )
        return 1
    for line in [*progress.warnings(folder), *(report["figures"] or {}).get("notes", ()), *remarks, *notes]:
        note(line)
    report = {
        "model": str(folder / "model.safetensors"),
        "run": str(folder),
        **report,
        "pictures": pictures,
    }
    if wanted.as_json:
        print_json(report)
    else:
        show(report_text(report, fitted, judged, folder))
    return 1 if report["ended"] == "interrupted" else 0


@contextmanager
def _hinting(claim: Claim | None) -> Iterator[None]:
    """If training fails for what may be mended, say that it can go on: a disk, or a file on it."""
    try:
        yield
    except (DataError, OutputError):
        if claim is not None and holds_checkpoint(claim.place):
            where = shlex.quote(str(claim.folder))
            note(f"the training so far is saved: pellucid train --resume {where} goes on")
        raise


def _published(folder: Path, fitted: Fitted, config: str) -> None:
    try:
        publish_model(folder, fitted.model, config)
    except OutputError as error:
        elsewhere = rescued(fitted.model, config)
        if elsewhere is None and holds_checkpoint(folder):
            again = f"pellucid train --resume {shlex.quote(str(folder))}"
            raise OutputError(f"{error}. With room, {again} writes it from its checkpoint") from error
        if elsewhere is None:
            raise
        raise OutputError(f"{error}. The model is saved in {elsewhere} instead") from error


def _say(fitted: Fitted, folder: Path, checkpoints: Checkpoints, wanted: _Shown) -> None:
    """What was compared, and what was interrupted."""
    if fitted.searched is not None and not wanted.as_json:
        show(search_text(fitted.searched))
    history = fitted.model.history
    if history.reason == "interrupted":
        where = shlex.quote(str(folder))
        goes_on = f"; pellucid train --resume {where} goes on" if checkpoints.written else ""
        note(f"interrupted after {history.iterations} iterations; the model so far is saved{goes_on}")
