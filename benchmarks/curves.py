"""How the time grows: with the examples, the width, the batch and the threads; ours, PyTorch and JAX.

A curve in the document:

    name     "examples", "width", "batch" or "threads"
    title    in words
    label    of the horizontal axis
    threads  for all of its points; null where they are what changes
    lines    a list: contender, title, network (the work's name where a curve has several), points
      points   a list: x, samples (seconds per example and step), median, min, max, failed
"""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.child import ChildError, answer_of
from benchmarks.contenders import Contender
from benchmarks.works import WORKS, Work

_WHO = ("ours", "pytorch", "jax")
_SMALL = (100, 64, 32, 1)

_EXAMPLES = (1_000, 10_000, 100_000, 1_000_000)
_WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
_BATCHES = (1, 4, 16, 64, 256, 1024, 4096, 8192)
_THREADS = (1, 2)
_MOST_BATCHES = 256


@dataclass(frozen=True)
class Point:
    """One place on a curve: x, what is done there, with how many threads."""

    x: int
    work: Work
    threads: int = 2


def _work(layers: Sequence[int], batch: int, batches: int) -> Work:
    return Work("curve", "", "train", tuple(layers), batch, batches, examples=batch * batches)


def examples_points() -> list[Point]:
    """One epoch in batches of 256, of ever more examples; what does not fill a batch is left over."""
    return [Point(m, _work(_SMALL, 256, m // 256)) for m in _EXAMPLES]


def width_points() -> list[Point]:
    """[w, w, w, 1] in batches of 256."""
    return [Point(w, _work((w, w, w, 1), 256, 8 if w > 512 else 32)) for w in _WIDTHS]


def batch_points() -> list[Point]:
    """8,192 examples, from one at a time to all at once; of an epoch, at the most its first 256 batches."""
    return [Point(k, _work(_SMALL, k, min(8192 // k, _MOST_BATCHES))) for k in _BATCHES]


def threads_points(work: Work) -> list[Point]:
    """The same steps with one thread and with two."""
    return [Point(threads, work, threads) for threads in _THREADS]


# name, title, label of x, the lines: a network's name (or "") and its points.
Curve = tuple[str, str, str, dict[str, list[Point]]]


def all_curves() -> Iterator[Curve]:
    """Every curve that is measured."""
    yield "examples", f"One epoch of {list(_SMALL)}, batches of 256", "examples", {"": examples_points()}
    yield "width", "[w, w, w, 1], batches of 256", "width w", {"": width_points()}
    yield "batch", f"{list(_SMALL)}, 8,192 examples", "examples per batch", {"": batch_points()}
    networks = {name: threads_points(WORKS[name]) for name in ("small", "middle", "large")}
    yield "threads", "The same steps on one and on two threads", "threads", networks


def measured_curves(
    present: Sequence[Contender],
    repeats: int,
    seconds: float,
    progress: Callable[[str], None],
    curves: Sequence[Curve] = (),
) -> list[dict[str, Any]]:
    """Measure every point of every curve, the contenders in turn.

    Args:
        present: who can take part.
        repeats: fresh processes per point.
        seconds: how long one measurement is meant to take.
        progress: is told what is measured next.
        curves: others than `all_curves`.
    """
    who = [one for one in present if one.name in _WHO]
    found = []
    for name, title, label, networks in curves or all_curves():
        lines = []
        for network, points in networks.items():
            grid: dict[str, list[dict[str, Any]]] = {one.name: [] for one in who}
            for point in points:
                progress(" ".join(filter(None, ("curve", name, network, f"{point.x:,}"))))
                for one, result in zip(who, _measured(point, who, repeats, seconds), strict=True):
                    grid[one.name].append(result)
            lines += [
                {"contender": one.name, "title": one.title, "network": network, "points": grid[one.name]}
                for one in who
            ]
        threads = None if name == "threads" else Point.threads
        found.append({"name": name, "title": title, "label": label, "threads": threads, "lines": lines})
    return found


def _measured(point: Point, who: Sequence[Contender], repeats: int, seconds: float) -> list[dict[str, Any]]:
    samples: dict[str, list[float]] = {one.name: [] for one in who}
    variants: dict[str, str] = {}
    failed: dict[str, str] = {}
    for _ in range(repeats):
        for one in who:
            if one.name in failed:
                continue
            job = {
                "work": point.work.to_dict(),
                "contender": one.name,
                "dtype": "float32",
                "verify": False,
                "threads": point.threads,
                "seconds": seconds,
            }
            try:
                if one.name not in variants:
                    variants[one.name] = answer_of({**job, "job": "prepare"})["variant"]
                took = answer_of({**job, "job": "train", "variant": variants[one.name]})["seconds"]
                samples[one.name].append(took / point.work.per_step)
            except ChildError as error:
                failed[one.name] = f"failed: {error}"
    return [_point(point.x, samples[one.name], failed.get(one.name)) for one in who]


def _point(x: int, samples: list[float], failed: str | None) -> dict[str, Any]:
    kept = [] if failed else samples
    return {
        "x": x,
        "samples": kept,
        "median": statistics.median(kept) if kept else None,
        "min": min(kept, default=None),
        "max": max(kept, default=None),
        "failed": failed,
    }
