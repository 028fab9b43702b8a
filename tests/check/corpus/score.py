"""Score the judge: how many planted mistakes it names."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from check.corpus.catalogue import Entry
from check.corpus.soundness import is_right
from check.in_process import InProcess
from pellucid.check.judge import Judgement, examine, reference_names
from pellucid.check.solution import Solution, read_solution

# The statuses of a right function.
RIGHT = ("pass", "slow")


@dataclass(frozen=True)
class Verdict:
    """The judge's causes for one solution, compared with the planted mistakes.

    Attributes:
        entry: the solution.
        named: each planted mistake was named as the rules of the corpus ask.
        found: each wrong function was at least judged to be wrong.
        said: the judge's cause for each wrong function.
        alarms: right functions judged to be wrong, with the causes.
        slow: right functions judged to be slow.
    """

    entry: Entry
    named: bool
    found: bool
    said: dict[str, str]
    alarms: dict[str, str]
    slow: tuple[str, ...]


@dataclass
class Score:
    """Counts of one half of the corpus."""

    total: dict[str, int] = field(default_factory=lambda: {"right": 0, "single": 0, "pair": 0})
    named: dict[str, int] = field(default_factory=lambda: {"single": 0, "pair": 0})
    found: dict[str, int] = field(default_factory=lambda: {"single": 0, "pair": 0})
    false_alarms: int = 0

    def share(self, kind: str) -> float:
        """Of the solutions of a kind, how many were named rightly: 0 to 1."""
        return self.named[kind] / self.total[kind]


def in_process(solution: Solution) -> Any:
    """A runner without walls: every file of the corpus is our own."""
    return InProcess(solution, reference_names=reference_names(solution))


def saved(entry: Entry, folder: Path) -> Path:
    """The solution as the judge reads it: a file."""
    path = folder / f"solution{entry.suffix}"
    path.write_text(entry.text, "utf-8")
    return path


def judged(entry: Entry, folder: Path, runner: Callable[[Solution], Any] = in_process) -> Verdict:
    """The judge's verdict on one solution.

    Args:
        entry: the solution.
        folder: where its file is written.
        runner: makes what answers the calls.
    """
    solution = read_solution(saved(entry, folder))
    examination = examine(solution, runner(solution), without_asserts=runner, together=False)
    return verdict(entry, {judgement.name: judgement for judgement in examination.judgements})


def verdict(entry: Entry, judgements: dict[str, Judgement]) -> Verdict:
    """Compare the causes with the planted mistakes."""
    said = {name: judgements[name].cause if name in judgements else "nothing" for name in entry.wrong}
    found = all(name in judgements and judgements[name].status not in RIGHT for name in entry.wrong)
    named = found and all(_is_named(codes, said[name]) for name, codes in entry.wrong.items())
    wrong = [
        f for f in judgements.values() if f.status not in (*RIGHT, "missing") and f.name not in entry.wrong
    ]
    # A mistake in a helper spoils whatever calls it: that is no false alarm.
    alarms = {f.name: f.cause for f in wrong if not entry.wrong or is_right(entry.text, f.name)}
    slow = tuple(f.name for f in judgements.values() if f.status == "slow")
    return Verdict(entry, named, found, said, alarms, slow)


def _is_named(codes: tuple[str, ...], cause: str) -> bool:
    """One mistake is named first; two in one function are both named and nothing else is."""
    named = cause.split("+")
    return named[0] == codes[0] if len(codes) == 1 else sorted(named) == sorted(codes)


def scored(verdicts: Iterable[Verdict]) -> Score:
    """The counts."""
    score = Score()
    for each in verdicts:
        kind = each.entry.kind
        score.total[kind] += 1
        score.false_alarms += bool(each.alarms)
        if kind != "right":
            score.named[kind] += each.named
            score.found[kind] += each.found
    return score
