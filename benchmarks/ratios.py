"""What something costs beside doing without it: a validation set, a busy neighbour, blocks, evaluating.

Both ways of a pair (see `benchmarks.pairs`) run alternately in one process; a repeat is another process.
In the document, as "ratios", a list:

    name, title       of the pair
    limit             the most that the ratio is meant to be; null where there is none
    samples           the ratio in each process: the median time of the one way to that of the other
    median, min, max  of the samples; null where it failed
    seconds           median times of both ways; null where it failed
    failed            null, or why there is no number
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.child import answers_in_turn
from benchmarks.stopwatch import enough_rounds, timed

if TYPE_CHECKING:
    from benchmarks.pairs import Pair

_LEAST_TIMINGS = 3


@dataclass(frozen=True)
class Ratio:
    """One pair to compare.

    Attributes:
        name: how it is asked for.
        title: the two ways, "one / other".
        pair: the name of its function in `benchmarks.pairs`.
        given: that function's arguments before the threads.
        limit: the most that the ratio is meant to be.
    """

    name: str
    title: str
    pair: str
    given: tuple[Any, ...] = ()
    limit: float | None = None

    def opened(self, threads: int) -> "Pair":
        """Both ways, ready to run."""
        from benchmarks import pairs

        found: Pair = partial(getattr(pairs, self.pair), *self.given)(threads)
        return found


RATIOS: dict[str, Ratio] = {
    ratio.name: ratio
    for ratio in (
        Ratio(
            "validation-train",
            "train, 10 epochs: with as many validation examples / without",
            "validation_in_train",
            limit=1.25,
        ),
        Ratio(
            "validation-classifier",
            "MLPClassifier.fit, 10 epochs: with as many validation examples / without",
            "validation_in_classifier",
            limit=1.25,
        ),
        *(
            Ratio(
                f"busy-{name}",
                f"{what}: all threads beside a busy process / one thread alone",
                "beside_busy_process",
                (name,),
                limit=1.1,
            )
            for name, what in (
                ("middle", "the middle step"),
                ("large", "the large step"),
                ("headline", "the headline"),
            )
        ),
        *(
            Ratio(
                f"feed-{name}",
                f"one epoch of [784, 100, 10] on 10,000 {what} rows: in ten blocks / in one session",
                "fed_in_blocks",
                (share,),
                limit=1.15,
            )
            for name, what, share in (("dense", "dense", 1.0), ("sparse", "15 % non-zero", 0.15))
        ),
        Ratio("evaluate", "20,000 rows: Model.evaluate / Model.predict_proba", "evaluate"),
        Ratio("predict", "20,000 rows: Model.predict / Model.predict_proba", "predict"),
    )
}


def ratio_of(job: dict[str, Any]) -> dict[str, Any]:
    """A worker's job: the median seconds of both ways, per round.

    Args:
        job: "name" of the ratio, "threads", "seconds" (about how long one timing takes).
    """
    pair = RATIOS[job["name"]].opened(job["threads"])
    with pair.during():
        pair.longer(1)
    rounds = enough_rounds(pair.plain, job["seconds"])
    longer, plain = [], []
    for _ in range(_LEAST_TIMINGS):
        with pair.during():
            longer.append(timed(pair.longer, rounds) / rounds)
        plain.append(timed(pair.plain, rounds) / rounds)
    return {"seconds": [statistics.median(longer), statistics.median(plain)]}


def ratio_job(ratio: Ratio, threads: int, seconds: float) -> dict[str, Any]:
    """The job that measures a ratio once."""
    return {"job": "ratio", "name": ratio.name, "threads": threads, "seconds": seconds}


def measured_ratios(
    ratios: Sequence[Ratio], repeats: int, threads: int, seconds: float, progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Measure, the pairs in turn.

    Args:
        ratios: which.
        repeats: fresh processes for each.
        threads: for both ways.
        seconds: about how long one timing takes.
        progress: is told what is measured next.
    """
    jobs = {ratio.name: ratio_job(ratio, threads, seconds) for ratio in ratios}
    answers = answers_in_turn(jobs, repeats, progress)
    rows = []
    for ratio in ratios:
        both = [answer["seconds"] for answer in answers[ratio.name].found]
        samples = [longer / plain for longer, plain in both]
        rows.append(
            {
                "name": ratio.name,
                "title": ratio.title,
                "limit": ratio.limit,
                "samples": samples,
                "median": statistics.median(samples) if samples else None,
                "min": min(samples, default=None),
                "max": max(samples, default=None),
                "seconds": [statistics.median(way) for way in zip(*both, strict=True)] if both else None,
                "failed": answers[ratio.name].failed,
            }
        )
    return rows
