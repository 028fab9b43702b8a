"""The page of the documentation about the judge's results on the corpus."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from check.corpus.score import Verdict, scored

PAGE = Path(__file__).resolve().parents[3] / "docs" / "check-corpus.md"

INTRODUCTION = """\
# How well `pellucid check` names a mistake

`python scripts/write_corpus_page.py` writes this page; a test fails if it differs from the judge's results.

The judge is measured on a corpus of solutions in `tests/check/corpus`: right ones in many styles, and wrong
ones made from them by planting one mistake or two, or written by hand in the manner of learners. It has two
halves. `develop` was used while the judge was written; `held_back` was not, and has other styles, other
wordings of the mistakes, and mistakes that are not in `develop`. A hash of its name assigns each style to a
half. Each solution is also checked independently of the judge: a right one gives the results of the
course's functions, a wrong one does not, and a pair differs from both of its mistakes.

One author wrote both halves from the list of causes: there are few mistakes without a cause, for which
`differs` is the right answer. At the first scoring, 236 of 251 single mistakes and 53 of 61 pairs of
`develop` were named, with a false alarm in 19 solutions, and of `held_back` 168 of 177 and 44 of 50, with
none. Then the judge was improved with the texts of `develop`, and with the causes that it had missed in
`held_back`, but not their texts. Two more styles of `held_back` (`np_dot` and `planar`) were written after
that; at their first scoring, 63 of 65 single mistakes and 16 of 17 pairs were named, with no false alarm.
Two styles in the conventions of the first editions (`first_edition` and `early_planar`: the keys `dA{l}` of
2017, keys of the parameters bound anew, the cost of three arguments, the helper modules) came last; at the
first scoring all 47 single mistakes and 10 pairs were named, with no false alarm.

The rules of counting are strict:

- one mistake is *named* if its cause is the judge's first for that function; in files written by hand every
  wrong function counts;
- of two mistakes in one function both must be named, in either order, and nothing else; of two mistakes in
  two functions each must be named first;
- *found* means that every wrong function was at least judged to be wrong;
- a *false alarm* is a solution of any kind in which a right function is judged to be wrong.
"""


def section(half: str, verdicts: Sequence[Verdict]) -> str:
    """The section on one half."""
    score = scored(verdicts)
    lines = [
        f"## `{half}`",
        "",
        "| solutions | number | found | named | |",
        "|---|--:|--:|--:|--:|",
    ]
    for kind, words in (("single", "one mistake"), ("pair", "two mistakes")):
        found, named = score.found[kind], score.named[kind]
        lines.append(f"| {words} | {score.total[kind]} | {found} | {named} | {score.share(kind):.1%} |")
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
        lines += ["", "Not named by these rules, by planted mistakes:", ""]
        lines += [f"- `{codes}`{f', {n} times' if n > 1 else ''}" for codes, n in sorted(missed.items())]
    return "\n".join(lines) + "\n"


def page(verdicts: dict[str, Sequence[Verdict]]) -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(section(half, verdicts[half]) for half in verdicts)])
