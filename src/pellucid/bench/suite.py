"""The whole measurement: who does what, in turn, in processes of their own, gathered in one document.

The document, as `pellucid bench --json` prints it and benchmarks/results.json keeps it:

    schema          2
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
    curves          list, see `pellucid.bench.curves`; empty without --curves
    drop_in         see `pellucid.bench.drop_in`; null without --drop-in
    adult           list, see `pellucid.bench.adult`; empty without --drop-in
    notes           list of lines: what was left out, and why
"""

import datetime
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pellucid.bench import machine
from pellucid.bench.adult import measured_adult
from pellucid.bench.child import ChildError, answer_of
from pellucid.bench.contenders import CONTENDERS, Contender, version_of
from pellucid.bench.curves import measured_curves
from pellucid.bench.drop_in import measured_drop_in
from pellucid.bench.works import WORKS, Work
from pellucid.errors import OptionError

SCHEMA = 2
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
        OptionError: numbers that nothing can be measured with.
    """

    repeats: int = 5
    threads: int = 2
    seconds: float = 0.5

    def __post_init__(self) -> None:
        for name in ("repeats", "threads"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}; expected a whole number of at least 1")
        # Not `seconds <= 0`: NaN is refused as well.
        if not 0 < self.seconds <= 60:
            raise OptionError(f"seconds is {self.seconds:g}; expected a number above 0, at most 60")


@dataclass
class _Row:
    """One work by one contender in one type of number, while it is measured."""

    work: Work
    contender: Contender
    dtype: str
    samples: list[dict[str, Any]]
    variant: str = ""
    deviation: float | None = None
    failed: str | None = None

    @property
    def label(self) -> str:
        """What is being measured, in a line."""
        return " ".join(part for part in (self.work.name, self.contender.name, self.dtype) if part)


def measure(
    works: Sequence[Work],
    contenders: Sequence[Contender],
    settings: Settings,
    *,
    data: Path | None = None,
    curves: bool = False,
    drop_in: bool = False,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Measure, and return the document.

    Args:
        works: what is done.
        contenders: who does it; who is not installed is left out with a note.
        settings: how.
        data: the folder that holds catvnoncat/, for the work "process".
        curves: also measure the scaling curves.
        drop_in: also measure whole fits beside scikit-learn's.
        progress: is told what is measured next.

    Raises:
        OptionError: none of these contenders does any of these works.
    """
    rows = _rows(works, contenders)
    if not rows and not curves and not drop_in:
        who, what = ", ".join(one.name for one in contenders), ", ".join(work.name for work in works)
        raise OptionError(f"{who}: not measured at {what}; expected a work and one of its contenders")
    rows, notes = _possible(rows, contenders, settings, data)
    present = [one for one in contenders if not one.missing()]
    peaks = _peaks(rows, settings, progress)
    for work in works:
        _measure_work([row for row in rows if row.work == work], settings, data, progress)
    whole = (settings.repeats, settings.threads, data, progress)
    drawn = measured_curves(present, settings.repeats, settings.seconds, progress) if curves else []
    return {
        **_head(settings, present),
        "peak_gflops": peaks,
        "works": [
            {**work.to_dict(), "flops": work.flops} for work in works if work in [row.work for row in rows]
        ],
        "rows": [_finished(row, peaks) for row in rows],
        "curves": drawn,
        "drop_in": measured_drop_in(*whole) if drop_in else None,
        "adult": measured_adult(*whole) if drop_in else [],
        "notes": notes,
    }


def _rows(works: Sequence[Work], contenders: Sequence[Contender]) -> list[_Row]:
    return [
        _Row(work, contender, dtype, [])
        for work in works
        for contender in contenders
        if work.name in contender.works
        for dtype in contender.dtypes(work)
    ]


def _possible(
    rows: Sequence[_Row], contenders: Sequence[Contender], settings: Settings, data: Path | None
) -> tuple[list[_Row], list[str]]:
    """The rows that can be measured here, and a line on whatever cannot."""
    missing = {one.name: why for one in contenders if (why := one.missing())}
    notes = [f"{name}: left out, {why}" for name, why in missing.items()]
    cores = machine.description()["cores"]
    if settings.threads > cores:
        notes.append(f"{settings.threads} threads on {cores} cores")
    kept = [row for row in rows if row.contender.name not in missing]
    if data is None and any(row.work.kind == "process" for row in kept):
        notes.append("process: skipped, there is no folder with the cat pictures (PELLUCID_DATA names one)")
        kept = [row for row in kept if row.work.kind != "process"]
    return kept, notes


def _head(settings: Settings, present: Sequence[Contender]) -> dict[str, Any]:
    packages = {*_FAMILY, *(one.package for one in present)} - {"pellucid"}
    return {
        "schema": SCHEMA,
        "pellucid": version_of("pellucid"),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine.description(),
        "settings": asdict(settings),
        "versions": {name: found for name in sorted(packages) if (found := version_of(name))},
    }


def _peaks(rows: Sequence[_Row], settings: Settings, progress: Progress) -> dict[str, float | None]:
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


def _measure_work(rows: Sequence[_Row], settings: Settings, data: Path | None, progress: Progress) -> None:
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


def _attempt(row: _Row, job: str, settings: Settings, data: Path | None) -> None:
    description = {
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
    try:
        answer = answer_of(description)
    except ChildError as error:
        row.failed = f"failed: {error}"
        return
    if job == "prepare":
        row.variant, row.deviation = answer["variant"], answer["deviation"]
    else:
        row.samples.append(answer)


def _finished(row: _Row, peaks: dict[str, float | None]) -> dict[str, Any]:
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


def _most(row: _Row, name: str) -> int | None:
    return max((sample[name] for sample in row.samples if sample.get(name) is not None), default=None)
