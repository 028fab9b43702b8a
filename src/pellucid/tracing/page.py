"""A trace as HTML for a notebook: a table for each phase, with the numbers behind a click."""

from html import escape

import numpy as np

from pellucid.core._arrays import as_numpy
from pellucid.tracing.record import Trace
from pellucid.tracing.steps import PHASES, Step
from pellucid.tracing.text import cells, headline, is_small, number, settings

_HEAD = ("step", "shape", "min", "max", "mean", "zeros", "made by", "numbers")
# The alignment of each column; only a formula may break into a second line.
_SIDES = ("left", "left", "right", "right", "right", "right", "left", "left")
_STYLES = [f"text-align:{side};vertical-align:top" for side in _SIDES]
_STYLES[1:] = [f"{style};white-space:nowrap" for style in _STYLES[1:]]


def trace_html(trace: Trace) -> str:
    """The trace as HTML. The colours suit light and dark pages: blue is above 0, red below."""
    head = "".join(
        f'<th style="{style}">{escape(cell)}</th>' for cell, style in zip(_HEAD, _STYLES, strict=True)
    )
    phases = "".join(_phase(phase, [step for step in trace if step.phase == phase]) for phase in PHASES)
    return (
        f"<div><p>{escape(headline(trace))}<br>{escape(settings(trace))}</p>"
        f"<table><thead><tr>{head}</tr></thead>{phases}</table></div>"
    )


def _phase(phase: str, steps: list[Step]) -> str:
    if not steps:
        return ""
    title = f'<tr><th colspan="{len(_HEAD)}" style="text-align:left;padding-top:1em">{phase}</th></tr>'
    return f"<tbody>{title}{''.join(_row(step) for step in steps)}</tbody>"


def _row(step: Step) -> str:
    texts = map(escape, (*cells(step), str(step.source)))
    fragments = (f"<code>{escape(step.formula.text)}</code>", *texts, _numbers(step))
    columns = zip(_STYLES, fragments, strict=True)
    return "".join(["<tr>", *(f'<td style="{style}">{html}</td>' for style, html in columns), "</tr>"])


def _numbers(step: Step) -> str:
    if not is_small(step):
        return ""
    values = np.atleast_2d(as_numpy(step.value) if step.shape else step.value)
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size else 0.0
    rows = "".join(
        "<tr>" + "".join(_cell(value, largest) for value in row) + "</tr>" for row in values.tolist()
    )
    return f"<details><summary>show</summary><table>{rows}</table></details>"


def _cell(value: float, largest: float) -> str:
    strength = abs(value) / largest if largest and np.isfinite(value) else 0.0
    colour = "60,120,220" if value > 0 else "220,80,60"
    style = f"text-align:right;background:rgba({colour},{0.6 * strength:.2f})"
    return f'<td style="{style}">{escape(number(value))}</td>'
