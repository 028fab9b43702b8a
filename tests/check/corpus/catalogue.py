"""The corpus: right solutions in many styles and wrong ones made of them, the same every time.

It has two halves. Whoever writes the judge looks at `develop`; of `held_back` only the score is looked
at, so that it says how the judge does on ways of writing that it has never met. A style and all that is
made of it, or a file written by hand, lies in the half that a hash of its name says.
"""

import hashlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from check.corpus.planting import Bug, planted

HALVES = ("develop", "held_back")
_ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Entry:
    """One solution.

    Attributes:
        name: its own, as "matmul/relu: relu-is-step".
        half: "develop" or "held_back".
        text: what stands in the file; of a notebook JSON.
        wrong: for each function that is wrong the codes of its mistakes, one or two; empty: all is right.
        kind: "right", "single" (one mistake, or a file written by hand), or "pair".
        within: of a pair, the texts with only one of its mistakes.
    """

    name: str
    half: str
    text: str
    wrong: dict[str, tuple[str, ...]]
    kind: str
    within: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return ".ipynb" if self.text.startswith("{") else ".py"


def half_of(stem: str) -> str:
    """The half that a file of this name lies in."""
    return "develop" if hashlib.sha256(stem.encode()).digest()[0] % 2 else "held_back"


def files(half: str, kind: str) -> dict[str, str]:
    """The texts of "styles", "right" or "wrong", by name."""
    found = sorted((_ROOT / half / kind).glob("*.*"))
    return {path.stem: path.read_text("utf-8") for path in found if path.suffix in {".py", ".ipynb"}}


def entries(half: str) -> Iterator[Entry]:
    """All solutions of one half."""
    planned: Any = importlib.import_module(f"check.corpus.{half}.mutations")
    styles = files(half, "styles")
    for name, text in {**styles, **files(half, "right")}.items():
        yield Entry(name, half, text, {}, "right")
    for style, variations in planned.VARIATIONS.items():
        for i, variation in enumerate(variations, start=1):
            name = f"{style}/{variation.function} {i}"
            yield Entry(name, half, planted(styles[style], [variation]), {}, "right")
    for style, bugs in planned.SINGLES.items():
        for each in bugs:
            text = planted(styles[style], [each])
            yield Entry(f"{style}/{each.name}", half, text, _expected([each]), "single")
    for style, pairs in planned.PAIRS.items():
        by_name = {each.name: each for each in planned.SINGLES[style]}
        for pair in pairs:
            bugs = [by_name[name] for name in pair]
            within = tuple(planted(styles[style], [each]) for each in bugs)
            name = f"{style}/{' + '.join(pair)}"
            yield Entry(name, half, planted(styles[style], bugs), _expected(bugs), "pair", within)
    written = files(half, "wrong")
    for name, mistakes in planned.WRITTEN.items():
        wrong = {function: tuple(codes.split("+")) for function, codes in mistakes}
        yield Entry(name, half, written[name], wrong, "single")


def _expected(bugs: list[Bug]) -> dict[str, tuple[str, ...]]:
    expected: dict[str, tuple[str, ...]] = {}
    for each in bugs:
        expected[each.function] = (*expected.get(each.function, ()), each.code)
    return expected
