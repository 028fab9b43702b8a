"""Formulas: names filled in, and MathML from LaTeX."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pellucid.core.activations import ACTIVATIONS
from pellucid.core.costs import COSTS
from pellucid.core.formula import Formula
from pellucid.optimizer import OPTIMIZERS

# How many children an element of MathML must have, if the number is fixed.
CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
NAMES = (
    *("Z", "A", "dA", "Y", "mean", "huber_delta", "W", "grad", "v", "s", "rate", "beta1", "beta2"),
    *("rest1", "rest2", "epsilon", "weight_decay"),
)


def formulas() -> list[Any]:
    found = []
    for table in (ACTIVATIONS, COSTS, OPTIMIZERS):
        for name, entry in table.items():
            parts = {**entry._asdict(), **getattr(entry, "slots", {})}
            found += [
                pytest.param(value, id=f"{name}: {part}")
                for part, value in parts.items()
                if isinstance(value, Formula)
            ]
    return found


def of(latex: str) -> str:
    return Formula("", latex).mathml.removeprefix("<math>").removesuffix("</math>")


@pytest.mark.parametrize("formula", formulas())
def test_every_formula_of_an_entry_becomes_mathml(formula: Formula) -> None:
    filled = formula.filled(dict.fromkeys(NAMES, "x1"), dict.fromkeys(NAMES, "x^{[1]}"))
    assert "$" not in filled.text + filled.latex
    math = ET.fromstring(filled.mathml)
    assert math.tag == "math"
    for element in math.iter():
        assert len(element) == CHILDREN.get(element.tag, len(element))
        # A leaf shows something, and an element with children no text of its own.
        assert bool(element.text) == (len(element) == 0 and element.tag != "mspace")


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("2.5 Z", "<mn>2.5</mn><mi>Z</mi>"),
        ("1e-08", "<mn>1e-08</mn>"),
        ("a - b > 0", "<mi>a</mi><mo>\u2212</mo><mi>b</mi><mo>&gt;</mo><mn>0</mn>"),
        ("Y'", "<msup><mi>Y</mi><mo>\u2032</mo></msup>"),
        (r"\frac{1}{m}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mi>m</mi></mrow></mfrac>"),
        (r"\sqrt{s}", "<msqrt><mrow><mi>s</mi></mrow></msqrt>"),
        ("Z_i^2", "<msubsup><mi>Z</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (r"\sum_j", "<munder><mo>\u2211</mo><mi>j</mi></munder>"),
        (r"\sum_j^m", "<munderover><mo>\u2211</mo><mi>j</mi><mi>m</mi></munderover>"),
        (r"\hat{v}", '<mover accent="true"><mrow><mi>v</mi></mrow><mo>^</mo></mover>'),
        (r"\mathrm{sign}", "<mi>sign</mi>"),
        (r"\text{kept}", "<mtext>kept</mtext>"),
        (r"\max\,\pi", '<mi>max</mi><mspace width="0.17em"></mspace><mi>\u03c0</mi>'),
        (
            r"\left|r\right|",
            '<mrow><mo stretchy="true">|</mo><mi>r</mi><mo stretchy="true">|</mo></mrow>',
        ),
    ],
)
def test_mathml_of(latex: str, expected: str) -> None:
    assert of(latex) == expected


@pytest.mark.parametrize("latex", [r"\int", r"\frac{1}", "{a", "a}", r"\left(a", "&", "x^"])
def test_latex_that_is_not_known_is_refused(latex: str) -> None:
    with pytest.raises(ValueError, match=r"has no MathML here; expected what formulas use$"):
        of(latex)


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="rate"):
        Formula("$rate $grad", "").filled({"grad": "dW1"}, {})
