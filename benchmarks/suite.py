"""The whole measurement: who does what, in turn, in processes of their own, gathered in one document.

The document, as `python -m benchmarks --json` prints it and benchmarks/results.json keeps it:

    schema          3
    pellucid        the version that was measured
    created         when, UTC, as ISO 8601
    machine         processor, cores, system, architecture, python
    settings        repeats, threads, seconds (how long one measurement is meant to take)
    versions        of the packages that took part, by name
    peak_gflops     {"float64": ..., "float32": ...}: the most the BLAS does; null: unknown
    works           list: name, title, kind, layers, batch, batches, steps, rate, examples, flops a step
    rows            list, one per work, contender and type of number:
      work, contender, title, dtype  the last is "" where no numbers are involved
      variant          which of a contender's ways was the fastest; "" where it has one
      deviation        from the right parameters after a few steps, in parts of the way; or null
      samples          seconds per step (call, import, process), each from a process of its own
      median, min, max  of the samples; null where it failed
      steps            how many steps each sample was measured over
      memory           the largest resident size while it was timed, bytes; null: unknown
      training_memory  the same, less what was resident before training; null: unknown or no training
      gflops           useful operations per second, 1e9; null where they are not the usual products
      efficiency       gflops in parts of the peak of that type of number; null as above
      short_cut        true: done as a whole, with fewer operations than its steps have
      failed           null, or why there is no number
    curves          list, see `benchmarks.curves`; empty without --curves
    drop_in         see `benchmarks.drop_in`; null without --drop-in
    adult           list, see `benchmarks.adult`; empty without --drop-in
    ratios          list, see `benchmarks.ratios`; empty without --ratios
    notes           list of lines: what was left out, and why
"""

import datetime
import statistics
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.adult import measured_adult
from benchmarks.child import ChildError, answer_of
from benchmarks.contenders import CONTENDERS, Contender, version_of
from benchmarks.curves import measured_curves
from benchmarks.drop_in import measured_drop_in
from benchmarks.errors import BenchmarkError
from benchmarks.ratios import Ratio, measured_ratios
from benchmarks.works import WORKS, Work

SCHEMA = 3
_FAMILY = ("numpy", "scipy")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """How a suite is measured.

    Args:
        repeats: fresh processes per work and contender.
        threads: for everybody.
        seconds: how long one measurement is meant to take.

    Raises:
        BenchmarkError: numbers that nothing can be measured with.
    """

    repeats: int = 5
    threads: int = 2
    seconds: float = 0.5

    def __post_init__(self) -> None:
        for name in ("repeats", "threads"):
            if getattr(self, name) < 1:
                raise BenchmarkError(f"{name} is {getattr(self, name)}; expected an integer of at least 1")
        # Not `seconds <= 0`: NaN is refused as well.
        if not 0 < self.seconds <= 60:
            raise BenchmarkError(f"seconds is {self.seconds:g}; expected a number above 0, at most 60")


@dataclass(frozen=True)
class Request:
    """What is measured.

    Attributes:
        works: what is done.
        contenders: who does it; who is not installed is left out with a note.
        curves: whether also the scaling curves.
        fits: names of whole fits beside scikit-learn's.
        adult: whether also the census table, which needs `data`.
        ratios: what something costs beside doing without it.
        data: the folder that holds catvnoncat/, for the work "process" and some fits; None: there is none.
    """

    works: Sequence[Work] = ()
    contenders: Sequence[Contender] = tuple(CONTENDERS.values())
    curves: bool = False
    fits: Sequence[str] = ()
    adult: bool = False
    ratios: Sequence[Ratio] = ()
    data: Path | None = None


@dataclass
class Row:
    """One work by one contender in one type of number, while it is measured."""

    work: Work
    contender: Contender
    dtype: str
    samples: list[dict[str, Any]] = field(default_factory=list)
    variant: str = ""
    deviation: float | None = None
    failed: str | None = None

    @property
    def label(self) -> str:
        """What is being measured, in a line."""
        return " ".join(part for part in (self.work.name, self.contender.name, self.dtype) if part)


def measure(request: Request, settings: Settings, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Measure, and return the document.

    Args:
        request: what.
        settings: how.
        progress: is told what is measured next.

    Raises:
        BenchmarkError: none of these contenders does any of these works.
    """
    rows, notes = possible_rows(request, settings)
    present = [one for one in request.contenders if not one.missing()]
    peaks = _peaks(rows, settings, progress)
    for work in request.works:
        _measure_work([row for row in rows if row.work == work], settings, request.data, progress)
    repeats, threads, seconds = settings.repeats, settings.threads, settings.seconds
    fits, data = request.fits, request.data
    packages = {row.contender.package for row in rows}
    packages |= {one.package for one in present} if request.curves else set()
    packages |= {"scikit-learn"} if fits or request.adult else set()
    return {
        **head(settings, packages),
        "peak_gflops": peaks,
        "works": [
            {**work.to_dict(), "flops": work.flops}
            for work in request.works
            if work in [row.work for row in rows]
        ],
        "rows": [_finished(row, peaks) for row in rows],
        "curves": measured_curves(present, repeats, seconds, progress) if request.curves else [],
        "drop_in": measured_drop_in(fits, repeats, threads, data, progress) if fits else None,
        "adult": measured_adult(repeats, threads, data, progress) if request.adult and data else [],
        "ratios": measured_ratios(request.ratios, repeats, threads, seconds, progress),
        "notes": notes,
    }


def possible_rows(request: Request, settings: Settings) -> tuple[list[Row], list[str]]:
    """The rows that can be measured here, and a line on each thing that cannot.

    Raises:
        BenchmarkError: none of the contenders does any of the works.
    """
    rows = [
        Row(work, contender, dtype)
        for work in request.works
        for contender in request.contenders
        if work.name in contender.works
        for dtype in contender.dtypes(work)
    ]
    if request.works and not rows:
        who = ", ".join(one.name for one in request.contenders)
        what = ", ".join(work.name for work in request.works)
        raise BenchmarkError(f"{who}: not measured at {what}; expected a work and one of its contenders")
    missing = {one.name: why for one in request.contenders if (why := one.missing())}
    notes = [f"{name}: left out, {why}" for name, why in missing.items()]
    cores = machine.description()["cores"]
    if settings.threads > cores:
        notes.append(f"{settings.threads} threads on {cores} cores")
    rows = [row for row in rows if row.contender.name not in missing]
    if request.data is None and any(row.work.kind == "process" for row in rows):
        notes.append("process: skipped, there is no folder with the cat pictures (PELLUCID_DATA names one)")
        rows = [row for row in rows if row.work.kind != "process"]
    return rows, notes


def head(settings: Settings, packages: Collection[str]) -> dict[str, Any]:
    """What every document begins with: the versions, the machine, the settings."""
    family = sorted({*_FAMILY, *packages} - {"pellucid"})
    return {
        "schema": SCHEMA,
        "pellucid": version_of("pellucid"),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine.description(),
        "settings": asdict(settings),
        "versions": {name: found for name in family if (found := version_of(name))},
    }


def failed(document: dict[str, Any]) -> bool:
    """Whether something of ours failed; a peer that fails is a row of the table."""
    rows = [row for row in document["rows"] if row.get("contender", "ours").startswith("ours")]
    rows += document.get("ratios", [])
    rows += [row["ours"] for row in (document.get("drop_in") or {"rows": []})["rows"]]
    return any(row["failed"] for row in rows)


def _peaks(rows: Sequence[Row], settings: Settings, progress: Progress) -> dict[str, float | None]:
    """The peak of the BLAS in every type of number that something is trained in."""
    peaks: dict[str, float | None] = {}
    for dtype in sorted({row.dtype for row in rows if row.work.flops}, reverse=True):
        progress(f"BLAS peak {dtype}")
        job = {"job": "peak", "dtype": dtype, "threads": settings.threads, "seconds": settings.seconds}
        try:
            peaks[dtype] = answer_of(job)["gflops"]
        except ChildError:
            peaks[dtype] = None
    return peaks


def _measure_work(rows: Sequence[Row], settings: Settings, data: Path | None, progress: Progress) -> None:
    """Verify everyone, then time them in turn: a machine that slows down slows all of them."""
    for row in rows:
        if row.work.kind == "train":
            progress(f"{row.label}: does it do the work?")
            _attempt(row, "prepare", settings, data)
    for repeat in range(settings.repeats):
        for row in rows:
            if row.failed is None:
                progress(f"{row.label}: {repeat + 1} of {settings.repeats}")
                _attempt(row, row.work.kind, settings, data)


def job_of_row(row: Row, job: str, settings: Settings, data: Path | None) -> dict[str, Any]:
    """A worker's job, "prepare" or the kind of the row's work, for its contender."""
    return {
        "job": job,
        "work": row.work.to_dict(),
        "contender": row.contender.name,
        "dtype": row.dtype,
        "variant": row.variant,
        "verify": True,
        "threads": settings.threads,
        "seconds": settings.seconds,
        "data": str(data),
        "steps": WORKS["headline"].steps,
    }


def _attempt(row: Row, job: str, settings: Settings, data: Path | None) -> None:
    try:
        answer = answer_of(job_of_row(row, job, settings, data))
    except ChildError as error:
        row.failed = f"failed: {error}"
        return
    if job == "prepare":
        row.variant, row.deviation = answer["variant"], answer["deviation"]
    else:
        row.samples.append(answer)


def _finished(row: Row, peaks: dict[str, float | None]) -> dict[str, Any]:
    """A row as the document holds it. One failure spoils it all: fewer samples are another number."""
    samples = [] if row.failed else [sample["seconds"] for sample in row.samples]
    median = statistics.median(samples) if samples else None
    short_cut = any(sample.get("short_cut") for sample in row.samples)
    gflops = row.work.flops / median / 1e9 if median and row.work.flops and not short_cut else None
    peak = peaks.get(row.dtype)
    return {
        "work": row.work.name,
        "contender": row.contender.name,
        "title": CONTENDERS[row.contender.name].title,
        "dtype": row.dtype,
        "variant": row.variant,
        "deviation": row.deviation,
        "samples": samples,
        "median": median,
        "min": min(samples, default=None),
        "max": max(samples, default=None),
        "steps": [sample["steps"] for sample in row.samples] if samples else [],
        "memory": _most(row, "memory"),
        "training_memory": _most(row, "training_memory"),
        "gflops": gflops,
        "efficiency": gflops / peak if gflops and peak else None,
        "short_cut": short_cut,
        "failed": row.failed,
    }


def _most(row: Row, name: str) -> int | None:
    return max((sample[name] for sample in row.samples if sample.get(name) is not None), default=None)
