"""runs/train-N: what a training run leaves behind: the model first, then what is said of it."""

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pellucid import plots
from pellucid.cli.console import json_text
from pellucid.data.dataset import Dataset
from pellucid.errors import MissingPackageError, OutputError
from pellucid.files.atomic import write_atomically
from pellucid.files.reading import shown
from pellucid.model import Evaluation, Model, NumberEvaluation
from pellucid.report.table_report import TableReport


def check_free(out: Path | None) -> None:
    """Refuse a place that cannot take the run, before the work rather than after it.

    Raises:
        OutputError: something is there already, or nothing can be written there.
    """
    try:
        taken = out is not None and (out.exists() or out.is_symlink()) and not _is_empty_folder(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be the run's folder: {error.strerror}; choose another") from None
    if taken:
        raise OutputError(f"{out} exists already; expected a new folder for the run")
    folder = _place_of_work(out)
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise OutputError(f"{folder} is no folder that can be written to; choose another with --out")


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


def publish_model(out: Path | None, model: Model, config: str) -> Path:
    """Write the model, the configuration and the history: what a training is for, before all else.

    Args:
        out: the run's folder; None is the next free runs/train-N.
        model: the trained model.
        config: TOML that repeats the run.

    Returns:
        The folder.

    Raises:
        OutputError: it cannot be written; nothing is left behind.
    """
    parent = _place_of_work(out)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        # From Python 3.12 on, mkdtemp makes the path absolute: only the name is taken.
        staging = parent / Path(tempfile.mkdtemp(prefix=".train-", dir=parent)).name
    except OSError as error:
        raise OutputError(f"{parent} cannot be written to: {error.strerror}") from None
    try:
        model.save(staging / "model.safetensors")
        for name, text in {"config.toml": config, "history.csv": _history_csv(model)}.items():
            # The name of a file need not be Unicode.
            (staging / name).write_text(text, "utf-8", "backslashreplace")
        # mkdtemp keeps others out; a run folder is an ordinary folder.
        mask = os.umask(0)
        os.umask(mask)
        staging.chmod(0o777 & ~mask)
        return _publish(staging, out)
    except OSError as error:
        raise OutputError(f"the run cannot be written to {parent}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


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


def _is_empty_folder(path: Path) -> bool:
    # A link to one is somebody's name for another place: it is not filled unasked.
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _place_of_work(out: Path | None) -> Path:
    """Where the run is prepared: beside its folder, or in that folder where it is there already."""
    if out is None:
        return Path("runs")
    return out if out.is_dir() else out.parent


def _publish(staging: Path, out: Path | None) -> Path:
    """Rename the finished folder to its place, taking the next free number if none was given."""
    if out is not None and staging.parent == out:
        # The current folder, or a disk of its own, cannot be replaced by another: it is filled.
        return _fill(out, staging)
    if out is not None:
        staging.rename(out)
        return out
    taken = [int(name.name[6:]) for name in Path("runs").glob("train-*") if name.name[6:].isdecimal()]
    number = max(taken, default=0) + 1
    while True:
        place = Path("runs") / f"train-{number}"
        try:
            # Claims the number against a run that ends at the same moment; the rename replaces it.
            place.mkdir()
        except FileExistsError:
            number += 1
            continue
        staging.rename(place)
        return place


def _fill(folder: Path, staging: Path) -> Path:
    """Move what is in `staging` up into `folder`, which holds nothing else.

    Raises:
        OutputError: something else has come into it meanwhile.
    """
    for other in folder.iterdir():
        if other != staging:
            raise OutputError(
                f"{folder} is no longer empty: it holds {shown(other.name)}; choose another with --out"
            )
    # The model comes last: where there is one, the run is whole.
    names = sorted((path.name for path in staging.iterdir()), key=lambda name: name == "model.safetensors")
    try:
        for name in names:
            (staging / name).rename(folder / name)
    except BaseException:
        for name in names:
            (folder / name).unlink(missing_ok=True)
        raise
    return folder
