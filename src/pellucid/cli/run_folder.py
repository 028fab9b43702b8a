"""runs/train-N: what a training run leaves behind, written whole or not at all."""

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pellucid.cli.console import json_text
from pellucid.data.dataset import Dataset
from pellucid.errors import MissingPackageError, OutputError
from pellucid.files.reading import shown
from pellucid.model import Evaluation, Model, NumberEvaluation


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


def write_run(
    out: Path | None,
    model: Model,
    config: str,
    report: dict[str, Any],
    test: Dataset,
    evaluation: Evaluation | NumberEvaluation,
) -> tuple[Path, list[str]]:
    """Write the model, the configuration, the history, the report, and what was predicted wrong.

    Args:
        out: the run's folder; None is the next free runs/train-N.
        model: the trained model.
        config: TOML that repeats the run.
        report: what `report.json` holds.
        test: the examples that were evaluated.
        evaluation: what the model made of them.

    Returns:
        The folder, and a line for each picture that could not be drawn.

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
        texts = {
            "config.toml": config,
            "report.json": json_text(report),
            **texts_of(model, test, evaluation),
        }
        for name, text in texts.items():
            # The name of a file need not be Unicode.
            (staging / name).write_text(text, "utf-8", "backslashreplace")
        notes = draw(staging, model, test, evaluation, report["figures"] is not None)
        # mkdtemp keeps others out; a run folder is an ordinary folder.
        staging.chmod(0o777 & ~_umask())
        return _publish(staging, out), notes
    except OSError as error:
        raise OutputError(f"the run cannot be written to {parent}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def texts_of(model: Model, test: Dataset, evaluation: Evaluation | NumberEvaluation) -> dict[str, str]:
    """The tables, by the names of their files."""
    if isinstance(evaluation, NumberEvaluation):
        return {"history.csv": _history_csv(model), "predictions.csv": _predictions_csv(test, evaluation)}
    return {"history.csv": _history_csv(model), "wrong.csv": _wrong_csv(model, test, evaluation)}


def draw(
    folder: Path,
    model: Model,
    test: Dataset,
    evaluation: Evaluation | NumberEvaluation,
    curves: bool,
) -> list[str]:
    """Draw the pictures of a run.

    Args:
        folder: where they are written.
        model: what was trained.
        test: the examples that were evaluated.
        evaluation: what the model made of them.
        curves: ROC, precision and recall, and calibration too.

    Returns:
        A line for each reason why a picture could not be drawn.
    """
    try:
        from pellucid import plots

        history = model.history
        if history.costs:
            figure = plots.cost_curve(
                history.costs,
                validation_costs=history.validation_costs,
                best_epoch=history.best_epoch,
                unit="nats" if model.classes else "squared error",
            )
            plots.save_figure(figure, folder / "cost.png")
        if isinstance(evaluation, NumberEvaluation):
            names = (model.recipe.target,) if model.recipe.target else ()
            figure = plots.predicted_against_true(evaluation, names)
            plots.save_figure(figure, folder / "predicted.png")
            return []
        pictures = {"wrong.png": plots.wrong_answers(model, test, evaluation)}
        if curves:
            pictures |= _curves(model, evaluation)
        for name, sheet in pictures.items():
            if sheet is not None:
                plots.save_figure(sheet, folder / name)
    except MissingPackageError as error:
        return [f"no pictures were drawn: {error}"]
    # Hours of training are not lost for a picture of them.
    except Exception as error:
        return [f"a picture was not drawn, by a bug in Pellucid: {type(error).__name__}: {error}"]
    return []


def _curves(model: Model, evaluation: Evaluation) -> dict[str, Any]:
    from pellucid import plots

    return {
        "roc.png": plots.roc_curve(evaluation, model.classes),
        "precision-recall.png": plots.precision_recall_curve(evaluation, model.classes),
        "calibration.png": plots.calibration_curve(evaluation, model.classes),
    }


def _history_csv(model: Model) -> str:
    history = model.history
    columns = [history.costs, history.validation_costs] if history.validation_costs else [history.costs]
    # An epoch that was interrupted before it was validated has no second cost.
    rows = zip_longest(*([repr(cost) for cost in costs] for costs in columns), fillvalue="")
    head = ["epoch", "cost", "validation_cost"][: len(columns) + 1]
    return _csv(head, ((epoch, *row) for epoch, row in enumerate(rows)))


def _wrong_csv(model: Model, test: Dataset, evaluation: Evaluation) -> str:
    rows = (
        (
            _source(test, i),
            model.classes[evaluation.labels[i]],
            model.classes[evaluation.predicted[i]],
            f"{evaluation.probabilities[i, evaluation.predicted[i]]:.6f}",
        )
        for i in evaluation.wrong
    )
    return _csv(["source", "true", "predicted", "probability"], rows)


def _predictions_csv(test: Dataset, evaluation: NumberEvaluation) -> str:
    pairs = zip(evaluation.targets[0].tolist(), evaluation.predicted[0].tolist(), strict=True)
    rows = ((_source(test, i), true, predicted) for i, (true, predicted) in enumerate(pairs))
    return _csv(["source", "true", "predicted"], rows)


def _source(test: Dataset, i: int) -> str:
    return test.sources[i] if test.sources else f"row {i}"


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
