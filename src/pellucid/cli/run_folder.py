"""runs/train-N: what a training run leaves behind: the model first, then what is said of it."""

import csv
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pellucid import plots
from pellucid.cli.console import json_text
from pellucid.data.dataset import Dataset
from pellucid.errors import MissingPackageError, OutputError, PellucidError
from pellucid.files.atomic import write_atomically
from pellucid.files.checkpoint_file import holds_checkpoint
from pellucid.files.claim import LOCK, Claim
from pellucid.files.reading import shown
from pellucid.model import Evaluation, Model, NumberEvaluation
from pellucid.report.table_report import TableReport

_RUNS = Path("runs")
# Seconds from making a folder to locking it, at the very most.
_JUST_MADE = 10.0


def check_free(out: Path | None) -> None:
    """Refuse a place that cannot take the run, before the work rather than after it.

    Raises:
        OutputError: something is there already, or nothing can be written there.
    """
    try:
        taken = out is not None and (out.exists() or out.is_symlink()) and not _is_free(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be the run's folder: {error.strerror}; choose another") from None
    if taken:
        raise OutputError(f"{out} exists already; expected a new folder for the run")
    folder = _RUNS if out is None else out if out.is_dir() else out.parent
    while not folder.exists():
        if folder.is_symlink():
            to = shown(os.readlink(folder))  # noqa: PTH115
            raise OutputError(f"{folder} is a link to {to}, which does not exist; make that folder")
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise OutputError(f"{folder} is no folder that can be written to; choose another with --out")


def claim_folder(out: Path | None) -> Claim:
    """The run's folder, this process's until it is released; what killed runs left is cleared.

    Args:
        out: the folder; None: the next free runs/train-N.

    Raises:
        OutputError: another run writes there, or something is there, or it cannot be written to.
    """
    if out is not None:
        claim = Claim(out)
        if not _is_free(out):
            claim.release()
            raise OutputError(f"{out} is no longer empty; choose another with --out")
        return claim
    _clear_left()
    taken = [int(name.name[6:]) for name in _RUNS.glob("train-*") if name.name[6:].isdecimal()]
    number = max(taken, default=0) + 1
    while True:
        # Two runs may begin at the same moment.
        with suppress(FileExistsError):
            return Claim(_RUNS / f"train-{number}", new=True)
        number += 1


def _clear_left() -> None:
    """Remove the folders of runs that were killed before they wrote anything."""
    for place in _RUNS.glob("train-*"):
        with suppress(OSError):
            # One that was just made may not be locked yet.
            age = time.time() - (place / LOCK).stat().st_mtime
            if age > _JUST_MADE and _is_left({path.name for path in place.iterdir()}):
                with Claim(place):
                    (place / "config.toml").unlink(missing_ok=True)
                place.rmdir()


@dataclass(frozen=True, eq=False)
class Run:
    """What a training run has to leave behind beside its model.

    Attributes:
        model: the trained model.
        report: for `report.json`.
        test: the examples that were evaluated.
        evaluation: the model's answers to them.
        quality: what is behind these, of a table; None: of anything else.
    """

    model: Model
    report: dict[str, Any]
    test: Dataset
    evaluation: Evaluation | NumberEvaluation
    quality: TableReport | None = None


def publish_model(folder: Path, model: Model, config: str) -> None:
    """Write the configuration, the history and the model: what a training is for, before all else.

    Args:
        folder: of the run.
        model: the trained model; it comes last, and where there is one, the run is whole.
        config: TOML that repeats the run.

    Raises:
        OutputError: it cannot be written; without a checkpoint nothing is left behind.
    """
    texts = {"config.toml": config, "history.csv": _history_csv(model)}
    # Somebody may have removed it meanwhile.
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        for name, text in texts.items():
            # The name of a file need not be Unicode.
            write_atomically(folder / name, text.encode("utf-8", "backslashreplace"))
        model.save(folder / "model.safetensors")
    except OutputError:
        if not holds_checkpoint(folder):
            for name in texts:
                with suppress(OSError):
                    (folder / name).unlink()
        raise


def rescued(model: Model, config: str) -> Path | None:
    """Write a model that its own folder did not take to the system's temporary folder.

    Args:
        model: the trained model.
        config: TOML that repeats the run.

    Returns:
        Where it is; None: that failed too.
    """
    with suppress(OSError):
        folder = Path(tempfile.mkdtemp(prefix="pellucid-rescued-"))
        try:
            publish_model(folder, model, config)
            return folder
        except OutputError:
            shutil.rmtree(folder, ignore_errors=True)
    return None


def complete_run(folder: Path, run: Run, *, pictures: bool = True) -> tuple[list[str], list[str]]:
    """Write beside a model what was predicted, the pictures, and the report last.

    Args:
        folder: of the run.
        run: what is written.
        pictures: whether they are drawn.

    Returns:
        The names of the pictures, and a line for each thing that could not be written.
    """
    notes = draw(folder, run) if pictures else []
    drawn = sorted(path.name for path in folder.iterdir() if path.suffix == ".png") if pictures else []
    texts = {
        **_answers_csv(run.model, run.test, run.evaluation),
        "report.json": json_text({**run.report, "pictures": drawn}),
    }
    for name, text in texts.items():
        try:
            write_atomically(folder / name, text.encode("utf-8", "backslashreplace"))
        # The model is there already.
        except OutputError as error:
            notes.append(str(error))
    return drawn, notes


def draw(folder: Path, run: Run) -> list[str]:
    """Draw the pictures of a run into a folder; of a table more of them.

    Returns:
        A line for each reason why a picture could not be drawn.
    """
    try:
        for name, figure in _figures(run):
            if figure is not None:
                plots.save_figure(figure, folder / name)
    except MissingPackageError as error:
        return [f"no pictures were drawn: {error}"]
    except (PellucidError, MemoryError) as error:
        return [f"a picture was not drawn: {str(error) or 'not enough memory'}"]
    # Hours of training are not lost for a picture of them.
    except Exception as error:
        return [f"a picture was not drawn, by a bug in Pellucid: {type(error).__name__}: {error}"]
    return []


def _figures(run: Run) -> Iterator[tuple[str, Any]]:
    """The name of each picture and its figure, which is None where there is nothing to show."""
    model, evaluation, history = run.model, run.evaluation, run.model.history
    if history.costs:
        yield (
            "cost.png",
            plots.cost_curve(
                history.costs,
                validation_costs=history.validation_costs,
                best_epoch=history.best_epoch,
                unit="nats" if model.classes else "squared error",
            ),
        )
    if run.quality is not None:
        names = model.classes or (model.recipe.target,)
        yield "importance.png", plots.column_importance(run.quality.importance)
        yield "dependence.png", plots.column_dependence(run.quality.dependence, names)
    if isinstance(evaluation, NumberEvaluation):
        names = (model.recipe.target,) if model.recipe.target else ()
        yield "predicted.png", plots.predicted_against_true(evaluation, names)
        return
    yield "wrong.png", plots.wrong_answers(model, run.test, evaluation)
    if run.report["figures"] is not None:
        yield "roc.png", plots.roc_curve(evaluation, model.classes)
        yield "precision-recall.png", plots.precision_recall_curve(evaluation, model.classes)
        yield "calibration.png", plots.calibration_curve(evaluation, model.classes)


def _history_csv(model: Model) -> str:
    history = model.history
    columns = [history.costs, history.validation_costs] if history.validation_costs else [history.costs]
    # An epoch that was interrupted before it was validated has no second cost.
    rows = zip_longest(*([repr(cost) for cost in costs] for costs in columns), fillvalue="")
    head = ["epoch", "cost", "validation_cost"][: len(columns) + 1]
    return _csv(head, ((epoch, *row) for epoch, row in enumerate(rows)))


def _answers_csv(model: Model, test: Dataset, evaluation: Evaluation | NumberEvaluation) -> dict[str, str]:
    """The wrong answers of a classifier, or all predictions of a regression, by the name of the file."""
    sources = test.sources or [f"row {i}" for i in range(test.m)]
    if isinstance(evaluation, NumberEvaluation):
        numbers = zip(
            sources, evaluation.targets[0].tolist(), evaluation.predicted[0].tolist(), strict=True
        )
        return {"predictions.csv": _csv(["source", "true", "predicted"], numbers)}
    labels, predicted = evaluation.labels, evaluation.predicted
    wrong = (
        (
            sources[i],
            model.classes[labels[i]],
            model.classes[predicted[i]],
            f"{evaluation.probabilities[i, predicted[i]]:.6f}",
        )
        for i in evaluation.wrong
    )
    return {"wrong.csv": _csv(["source", "true", "predicted", "probability"], wrong)}


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue()


def _is_free(path: Path) -> bool:
    """Whether a path is a folder with nothing in it but the lock of a run that has ended."""
    # A link to one is somebody's name for another place: it is not filled unasked.
    if not path.is_dir() or path.is_symlink():
        return False
    names = {name.name for name in path.iterdir()}
    return not names or _is_left(names)


def _is_left(names: set[str]) -> bool:
    """Whether these are what a run leaves that is killed before its first checkpoint."""
    others = {name for name in names if not name.startswith(".pellucid-")}
    return LOCK in names and others <= {"config.toml"}
