"""A trace as text: a row for each step, and below it the numbers of a small array."""

from collections.abc import Iterable, Sequence

from pellucid.core._arrays import as_numpy
from pellucid.tracing.record import Trace
from pellucid.tracing.steps import PHASES, Step

# A matrix of more rows or columns is described, not shown.
MOST_ROWS, MOST_COLUMNS = 8, 8
# A longer equation moves the rest of its line; the others stay aligned.
_WIDEST = 48
_HEAD = ("shape", "min", "max", "mean", "zeros", "made by")


def trace_text(trace: Trace, steps: Iterable[Step] | None = None, columns: int | None = None) -> str:
    """The trace as text: the network and the settings, then the steps.

    Args:
        trace: the trace.
        steps: some of its steps; None: all.
        columns: the width of the terminal; if the table is wider, a step takes two lines. None: any width.
    """
    chosen = tuple(trace if steps is None else steps)
    lines = [headline(trace), settings(trace)]
    rows = {step.name: _row(step) for step in chosen}
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows.values(), strict=True)]
    left = min(_WIDEST, max((len(step.formula.text) for step in chosen), default=0))
    room = columns or 10_000
    is_wide = any(len(_line(step.formula.text, rows[step.name], left, widths)) > room for step in chosen)

    def lines_of(first: str, rest: Sequence[str]) -> list[str]:
        return _two_lines(first, rest, widths, room) if is_wide else [_line(first, rest, left, widths)]

    for phase in PHASES:
        of_phase = [step for step in chosen if step.phase == phase]
        if of_phase:
            lines += ["", *lines_of(phase, _HEAD)]
        for step in of_phase:
            lines += lines_of(step.formula.text, rows[step.name])
            matrix = [f"    {row}" for row in matrix_rows(step)]
            lines += matrix if all(len(row) <= room for row in matrix) else []
    if "cost" in trace and not trace.updated:
        lines += ["", "no update: the cost is not finite, and training takes no step then"]
    return "\n".join(lines)


def headline(trace: Trace) -> str:
    """The network and the data in one line."""
    examples = "1 example" if trace.m == 1 else f"{trace.m:,} examples"
    return f"one training step, layers {list(trace.network.layer_dims)}, {examples}"


def settings(trace: Trace) -> str:
    """Activations, cost, optimizer, clipping and the number of earlier steps in one line."""
    network, before = trace.network, trace.before
    activations = ", ".join((*network.hidden_activations, network.output_activation))
    rule = f"{trace.optimizer.name} with learning rate {trace.learning_rate:g}"
    if trace.options.clip_norm is not None:
        rule += f", gradients clipped to norm {trace.options.clip_norm:g}"
    after = f"; after {before.step_count:,} steps" if before.step_count else ""
    return f"{activations}; {network.cost}; {rule}{after}"


def number(value: float | None) -> str:
    """A number with four digits, 0 instead of -0; an empty text for None."""
    return "" if value is None else f"{value + 0.0:.4g}"


def cells(step: Step) -> tuple[str, str, str, str, str]:
    """Shape, minimum, maximum, mean and zeros of a step; with the zeros the counts of NaN and infinity."""
    of_step = step.statistics
    zeros = f"{of_step.zeros:.0%}"
    if of_step.nan:
        zeros += f", {of_step.nan} NaN"
    if of_step.infinite:
        zeros += f", {of_step.infinite} infinite"
    shape = str(step.shape) if step.shape else "number"
    return shape, number(of_step.minimum), number(of_step.maximum), number(of_step.mean), zeros


def is_small(step: Step) -> bool:
    """Whether the numbers themselves are shown."""
    n, m = (*step.shape, 1, 1)[:2]
    return n <= MOST_ROWS and m <= MOST_COLUMNS


def matrix_rows(step: Step) -> list[str]:
    """The numbers of a small matrix, in aligned columns; an empty list for a large one."""
    if not is_small(step):
        return []
    rows = as_numpy(step.value).tolist() if step.shape else [[step.value]]
    texts = [[number(value) for value in row] for row in rows]
    width = max(len(text) for row in texts for text in row)
    return ["  ".join(text.rjust(width) for text in row) for row in texts]


def _row(step: Step) -> tuple[str, ...]:
    return (*cells(step), str(step.source))


def _line(first: str, rest: Sequence[str], left: int, widths: Sequence[int]) -> str:
    # Shape and source are aligned on the left, numbers on the right.
    parts = (f"{text:{side}{width}}" for text, side, width in zip(rest, "<>>>><", widths, strict=False))
    return "  ".join([f"{first:<{left}}", *parts]).rstrip()


def _two_lines(first: str, rest: Sequence[str], widths: Sequence[int], columns: int) -> list[str]:
    """The equation with its source at the right; below it the shape and the numbers."""
    *numbers, source = rest
    top = [f"{first}{source:>{columns - len(first)}}"]
    if len(first) + len(source) + 2 > columns:
        top = [first, f"{source:>{columns}}"]
    return [*top, _line("", numbers, 2, widths[:-1])]
