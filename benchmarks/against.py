"""Our rows in two checkouts: the same job in fresh processes of either, in turn; the ratio of each pair.

The document:

    schema, pellucid, created, machine, settings, versions   see `benchmarks.suite`
    other     folder of the other checkout
    rows      list: name, this, other (median seconds), samples (this / other, a pair each),
              ratio (their median), min, max, failed
    notes     list of lines: what was left out, and why
"""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.adult import adult_job
from benchmarks.child import Checkout, ChildError, answer_of
from benchmarks.drop_in import drop_in_job
from benchmarks.ratios import ratio_job
from benchmarks.report import aligned, machine_line, number, time_of
from benchmarks.suite import Request, Row, Settings, head, job_of_row, possible_rows


@dataclass(frozen=True)
class _Task:
    """A job that both checkouts do.

    Attributes:
        label: for the progress.
        rows: the names of what it times.
        job: for the worker.
        steps: of which the answer is one; the row is the whole.
        check: a job that has to succeed first; None: none.
    """

    label: str
    rows: tuple[str, ...]
    job: dict[str, Any]
    steps: int = 1
    check: dict[str, Any] | None = None


def _tasks(request: Request, rows: Sequence[Row], settings: Settings) -> Iterator[_Task]:
    data, threads = request.data, settings.threads
    for row in rows:
        check = job_of_row(row, "prepare", settings, data) if row.work.kind == "train" else None
        job = job_of_row(row, row.work.kind, settings, data)
        yield _Task(row.label, (row.label,), job, row.work.steps, check)
    if request.fits:
        label, names = f"{len(request.fits)} fits", tuple(request.fits)
        yield _Task(label, names, drop_in_job("ours", names, data, threads))
    if request.adult and data:
        yield _Task("adult", ("adult",), adult_job("ours", data, threads))
    for ratio in request.ratios:
        names = (f"{ratio.name}, with", f"{ratio.name}, without")
        yield _Task(ratio.name, names, ratio_job(ratio, threads, settings.seconds))


def _seconds(answer: dict[str, Any], task: _Task) -> list[float]:
    """What the answer to a job says of each of its rows."""
    if "fits" in answer:
        return [answer["fits"][name][0] for name in task.rows]
    found = answer["seconds"]
    return found if isinstance(found, list) else [found * task.steps]


def measured_against(
    other: Checkout, request: Request, settings: Settings, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Measure, and return the document.

    Args:
        other: the checkout to compare with.
        request: what is measured; of its contenders only ours.
        settings: how.
        progress: is told what is measured next.
    """
    rows, notes = possible_rows(request, settings)
    ours = [row for row in rows if row.contender.ours]
    found: list[dict[str, Any]] = []
    for task in _tasks(request, ours, settings):
        found += _compared(task, (Checkout.this(), other), settings.repeats, progress)
    notes += (
        ["--curves: left out, they are not measured against another checkout"] if request.curves else []
    )
    return {
        **head(settings, ["pellucid"]),
        "other": str(other.folder),
        "rows": found,
        "notes": notes,
    }


def _compared(
    task: _Task, checkouts: tuple[Checkout, Checkout], repeats: int, progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    """The rows of a task: pairs of processes, in which either checkout is the first in turn."""
    took: tuple[list[list[float]], ...] = ([], [])
    try:
        for checkout in checkouts if task.check else ():
            progress(f"{task.label}: does {checkout.folder} do the work?")
            _answer(task.check or {}, checkout)
        for repeat in range(repeats):
            progress(f"{task.label}: {repeat + 1} of {repeats}")
            for side in (0, 1) if repeat % 2 == 0 else (1, 0):
                took[side].append(_seconds(_answer(task.job, checkouts[side]), task))
    except ChildError as error:
        return [_row(name, [], [], f"failed: {error}") for name in task.rows]
    this, other = (list(zip(*side, strict=True)) for side in took)
    return [_row(name, this[i], other[i], None) for i, name in enumerate(task.rows)]


def _answer(job: dict[str, Any], checkout: Checkout) -> dict[str, Any]:
    try:
        return answer_of(job, checkout)
    except ChildError as error:
        raise ChildError(f"{checkout.folder}: {error}") from error


def _row(name: str, this: Sequence[float], other: Sequence[float], failed: str | None) -> dict[str, Any]:
    samples = [one / another for one, another in zip(this, other, strict=True)]
    return {
        "name": name,
        "this": statistics.median(this) if this else None,
        "other": statistics.median(other) if other else None,
        "samples": samples,
        "ratio": statistics.median(samples) if samples else None,
        "min": min(samples, default=None),
        "max": max(samples, default=None),
        "failed": failed,
    }


def against_table(document: Mapping[str, Any]) -> str:
    """The rows as plain text, and what they say together."""
    cells = [["", "this", "other", "this / other", "range"]]
    for row in document["rows"]:
        if row["failed"]:
            cells.append([row["name"], row["failed"], "", "", ""])
            continue
        both = [time_of(row[side]) for side in ("this", "other")]
        spread = f"{number(row['min'])} - {number(row['max'])}"
        cells.append([row["name"], *both, number(row["ratio"]), spread])
    ratios = {row["name"]: row["ratio"] for row in document["rows"] if row["ratio"]}
    lines = [f"this checkout against {document['other']}", *aligned(cells)]
    if ratios:
        worst = max(ratios, key=ratios.__getitem__)
        mean = math.exp(statistics.fmean(map(math.log, ratios.values())))
        lines.append(f"geometric mean {number(mean)}; the slowest row is {worst}, {number(ratios[worst])}")
    return "\n".join([*lines, "", machine_line(document)])
