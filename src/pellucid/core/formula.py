r"""Formula: an equation as text for a terminal, in LaTeX for a paper, in MathML for a page without scripts.

MathML is made from the LaTeX. Only the LaTeX of this package's formulas is supported: letters, numbers,
powers and indices, `\frac`, `\sqrt`, accents, names such as `\max` and `\mathrm{sign}`, `\left` with
`\right`.
"""

import re
from collections.abc import Mapping
from string import Template
from typing import NamedTuple, Self


class Formula(NamedTuple):
    """An equation, or a part of one with `$names` in it that `filled` replaces.

    Attributes:
        text: for a terminal, "Z1 = W1 X + b1".
        latex: for a paper, without the dollar signs around it.
    """

    text: str
    latex: str

    def filled(self, text: Mapping[str, str], latex: Mapping[str, str]) -> Self:
        """The same with every `$name` replaced by `text["name"]` or `latex["name"]`.

        Raises:
            KeyError: a name has no replacement.
        """
        return type(self)(Template(self.text).substitute(text), Template(self.latex).substitute(latex))

    @property
    def mathml(self) -> str:
        """A `<math>` element, which browsers show without a script.

        Raises:
            ValueError: the LaTeX has a command that is not supported here.
        """
        return f"<math>{''.join(_Reader(self.latex).rest())}</math>"


_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\S", re.DOTALL)
_SIGNS = {
    r"\odot": "\N{CIRCLED DOT OPERATOR}",
    r"\cdot": "\N{DOT OPERATOR}",
    r"\le": "\N{LESS-THAN OR EQUAL TO}",
    r"\sum": "\N{N-ARY SUMMATION}",
    r"\lVert": "\N{DOUBLE VERTICAL LINE}",
    r"\rVert": "\N{DOUBLE VERTICAL LINE}",
    "-": "\N{MINUS SIGN}",
    **{sign: sign for sign in "+=/(),;:[]|"},
    "<": "&lt;",
    ">": "&gt;",
}
_LETTERS = {r"\sigma": "\N{GREEK SMALL LETTER SIGMA}", r"\pi": "\N{GREEK SMALL LETTER PI}"}
_NAMES = (r"\max", r"\min", r"\tanh", r"\log")
_WORDS = (r"\mathrm", r"\text")
_SPACES = {r"\,": "0.17em", r"\;": "0.28em"}
_ACCENTS = {r"\tilde": "~", r"\hat": "^", r"\overline": "\N{OVERLINE}"}
_FENCES = "()[]|" + "\N{DOUBLE VERTICAL LINE}"


class _Reader:
    """A parser of LaTeX, from left to right. Every method consumes the tokens it reads."""

    def __init__(self, latex: str) -> None:
        self._latex = latex
        self._tokens = _TOKEN.findall(latex)
        self._at = 0

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next()
        self._at += 1
        return token

    def rest(self, end: str = "") -> list[str]:
        """The elements up to `end`, which is consumed too."""
        elements = []
        while self._next() != end:
            elements.append(self._scripted())
        self._take()
        return elements

    def _scripted(self) -> str:
        """An element with its power, its index or both; a prime is a power."""
        is_sum = self._next() == r"\sum"
        base = self._element()
        scripts: dict[str, str] = {}
        while self._next() in ("^", "_", "'") and self._next():
            sign = self._take()
            if sign == "'":
                scripts["^"] = "<mo>\N{PRIME}</mo>"
            else:
                scripts[sign] = self._element()
        if not scripts:
            return base
        low, high = ("under", "over") if is_sum else ("sub", "sup")
        name = "m" + (low if "_" in scripts else "") + (high if "^" in scripts else "")
        return f"<{name}>{base}{scripts.get('_', '')}{scripts.get('^', '')}</{name}>"

    def _element(self) -> str:
        """One letter, number, sign, group or command."""
        token = self._take()
        if token == "{":
            return f"<mrow>{''.join(self.rest('}'))}</mrow>"
        if token in _SIGNS:
            return _sign(_SIGNS[token])
        if token in _SPACES:
            return f'<mspace width="{_SPACES[token]}"></mspace>'
        if token in _LETTERS or (len(token) == 1 and token.isalpha()):
            return f"<mi>{_LETTERS.get(token, token)}</mi>"
        if token[:1].isdigit():
            return f"<mn>{token}</mn>"
        return self._command(token)

    def _command(self, token: str) -> str:
        if token in _NAMES:
            return f"<mi>{token[1:]}</mi>"
        if token in _WORDS:
            return f"<{_tag(token)}>{self._word()}</{_tag(token)}>"
        if token in (r"\frac", r"\tfrac"):
            return f"<mfrac>{self._element()}{self._element()}</mfrac>"
        if token == r"\sqrt":
            return f"<msqrt>{self._element()}</msqrt>"
        if token in _ACCENTS:
            return f'<mover accent="true">{self._element()}<mo>{_ACCENTS[token]}</mo></mover>'
        if token == r"\left":
            opening = _sign(self._take(), stretchy=True)
            inside = "".join(self.rest(r"\right"))
            return f"<mrow>{opening}{inside}{_sign(self._take(), stretchy=True)}</mrow>"
        raise ValueError(f"{token!r} in {self._latex!r} has no MathML here; expected what formulas use")

    def _word(self) -> str:
        """The letters of a group, as one name."""
        self._take()
        letters = []
        while self._next() not in ("}", ""):
            letters.append(self._take())
        self._take()
        return "".join(letters)


def _tag(word: str) -> str:
    return "mi" if word == r"\mathrm" else "mtext"


def _sign(sign: str, *, stretchy: bool = False) -> str:
    if sign in _FENCES:
        return f'<mo stretchy="{str(stretchy).lower()}">{sign}</mo>'
    return f"<mo>{sign}</mo>"
