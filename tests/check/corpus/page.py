"""The page of the documentation that says how well the judge does on the corpus."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from check.corpus.score import Verdict, scored

PAGE = Path(__file__).resolve().parents[3] / "docs" / "check-corpus.md"

INTRODUCTION = """\
# How well `pellucid check` names a mistake

This page is written by `python scripts/write_corpus_page.py`; a test fails where it differs from what the
judge says.

The judge is measured on a corpus of solutions in `tests/check/corpus`: right ones in many styles, and wrong
ones made from them by planting one mistake or two, or written by hand as learners write them. It has two
halves. `develop` was there to be looked at while the judge was written; `held_back` was not, and holds
other styles, other wordings of the mistakes, and mistakes that `develop` has not. Which half a style lies
in is decided by a hash of its name. Each solution is checked apart from the judge too: a right one gives
what the course's functions give, a wrong one does not, and a pair differs from both of its halves.

Both halves were written from the list of causes, by one author: of mistakes that the judge has no name for
there are few, and of those `differs` is the right word. When the two were first scored, 236 of 251 single
mistakes and 53 of 61 pairs of `develop` were named, with a false alarm in 19 solutions, and of `held_back`
168 of 177 and 44 of 50, with none. The judge was then mended by looking at `develop`, and by knowing which
causes it had missed in `held_back`, but not in what text. Two more styles of `held_back` (`np_dot` and
`planar`) were written after that; the first time they were scored, 63 of 65 single mistakes and 16 of 17
pairs were named, with no false alarm.

Counted strictly:

- one mistake is *named* when its cause is the first that the judge says of that function; in files written
  by hand every wrong function counts;
- of two mistakes in one function both have to be named, in either order, and nothing else; of two mistakes
  in two functions each has to be named first;
- *told* means that every wrong function was at least found to be wrong;
- a *false alarm* is a solution of any kind in which a right function is found to be wrong.
"""


def section(half: str, verdicts: Sequence[Verdict]) -> str:
    """What the page says of one half."""
    score = scored(verdicts)
    lines = [
        f"## `{half}`",
        "",
        "| solutions | how many | told wrong | named | |",
        "|---|--:|--:|--:|--:|",
    ]
    for kind, words in (("single", "one mistake"), ("pair", "two mistakes")):
        told, named = score.found[kind], score.named[kind]
        lines.append(f"| {words} | {score.total[kind]} | {told} | {named} | {score.share(kind):.1%} |")
    lines += [
        f"| right | {score.total['right']} | | | |",
        "",
        f"Solutions with a false alarm: {score.false_alarms}.",
    ]
    missed = Counter(
        f"{' and '.join('+'.join(codes) for codes in each.entry.wrong.values())}"
        for each in verdicts
        if each.entry.kind != "right" and not each.named
    )
    if missed:
        lines += ["", "Not named as the rules ask, by what was planted:", ""]
        lines += [f"- `{codes}`{f', {n} times' if n > 1 else ''}" for codes, n in sorted(missed.items())]
    return "\n".join(lines) + "\n"


def page(verdicts: dict[str, Sequence[Verdict]]) -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(section(half, verdicts[half]) for half in verdicts)])
