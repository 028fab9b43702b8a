"""The cost curve as a small inline SVG with axes, in the text colour of the page."""

import math
from collections.abc import Callable, Sequence

# Of the plot within its axes, in pixels; a curve has at most one point for each pixel of the width.
WIDTH, HEIGHT = 240, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 118, 10, 36
_TEXT = 11

# From this ratio of the largest to the smallest cost on, the axis is logarithmic.
_LOG_FROM = 100


def span_decades(low: float, high: float) -> bool:
    """Whether costs from `low` to `high` need a logarithmic axis."""
    return low > 0 and high >= _LOG_FROM * low


def cost_svg(costs: Sequence[float], validation_costs: Sequence[float] = ()) -> str:
    """The costs of all epochs as SVG; an empty text for fewer than two.

    Args:
        costs: of the training examples, one per epoch.
        validation_costs: of the validation examples, if there are any; a dashed line.
    """
    if len(costs) < 2:
        return ""
    curves = [("training", costs, ""), ("validation", validation_costs, ' stroke-dasharray="5 3"')]
    curves = [curve for curve in curves if curve[1]]
    drawn = {name: _sampled(values) for name, values, _ in curves}
    height_of, ticks = _scale([cost for values in drawn.values() for cost in values])
    parts = [_axes(len(costs) - 1, [(height_of(tick), f"{tick:g}") for tick in ticks])]
    for name, _, dashes in curves:
        values = drawn[name]
        # A training that was interrupted may have fewer validation costs than epochs.
        width = WIDTH * (len(validation_costs or costs) - 1 if name == "validation" else len(costs) - 1)
        step = width / (len(costs) - 1) / max(1, len(values) - 1)
        points = " ".join(f"{i * step:.1f},{height_of(cost):.1f}" for i, cost in enumerate(values))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"{dashes}/>'
        )
    parts += _labels([(height_of(values[-1]), f"{name} {values[-1]:.4g}") for name, values, _ in curves])
    spans = ", ".join(f"{name} from {values[0]:.4g} to {values[-1]:.4g}" for name, values, _ in curves)
    size = (WIDTH + _LEFT + _RIGHT, HEIGHT + _TOP + _BOTTOM)
    return (
        f'<svg role="img" aria-label="cost of each epoch, {spans}" width="{size[0]}" height="{size[1]}" '
        f'font-size="{_TEXT}" fill="currentColor"><g transform="translate({_LEFT},{_TOP})">'
        f"{''.join(parts)}</g></svg>"
    )


def _sampled(costs: Sequence[float]) -> list[float]:
    """At most one cost per pixel, evenly spread from the first to the last."""
    count = min(len(costs), WIDTH)
    return [costs[i * (len(costs) - 1) // max(1, count - 1)] for i in range(count)]


def _scale(costs: Sequence[float]) -> tuple[Callable[[float], float], list[float]]:
    """A function from a cost to its y in the picture (downwards), and the costs with a tick."""
    low, high = min(costs), max(costs)
    if span_decades(low, high):
        bottom, decades = math.log10(low), math.log10(high / low)
        return lambda cost: HEIGHT * (1 - (math.log10(cost) - bottom) / decades), _log_ticks(low, high)
    low = min(low, 0.0)
    span = (high - low) or 1.0
    return lambda cost: HEIGHT * (1 - (cost - low) / span), _ticks(low, low + span)


def _ticks(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, three to six of them."""
    power = 10.0 ** math.floor(math.log10((high - low) / 2))
    step = max(m * power for m in (1, 2, 5) if 2 * m * power <= high - low)
    # A multiple that is rounded differs from its tick in the last digits only.
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten, about five; if the range is short, also 2 and 5 times each."""
    if math.log10(high / low) < 2.5:
        powers = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
        return [m * 10.0**power for power in powers for m in (1, 2, 5) if low <= m * 10.0**power <= high]
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    step = math.ceil((last - first + 1) / 5)
    return [10.0**power for power in range(first, last + 1, step)]


def _axes(last_epoch: int, ticks: Sequence[tuple[float, str]]) -> str:
    lines = [f"M0,0V{HEIGHT}H{WIDTH}", *(f"M-4,{y:.1f}H0" for y, _ in ticks)]
    lines += [f"M{x},{HEIGHT}v4" for x in (0, WIDTH)]
    texts = [_text(-7, y + 4, label, "end") for y, label in ticks]
    texts += [_text(0, HEIGHT + 16, "0", "middle"), _text(WIDTH, HEIGHT + 16, f"{last_epoch:,}", "middle")]
    texts.append(_text(WIDTH // 2, HEIGHT + 30, "epoch", "middle"))
    texts.append(
        f'<text transform="translate(-46,{HEIGHT // 2})rotate(-90)" text-anchor="middle">cost</text>'
    )
    path = f'<path d="{"".join(lines)}" fill="none" stroke="currentColor" stroke-opacity="0.6"/>'
    return path + "".join(texts)


def _labels(ends: Sequence[tuple[float, str]]) -> list[str]:
    """A label at the end of each of one or two curves; if the two would overlap, both move."""
    (upper, *_), (lower, *_) = min(ends), max(ends)
    line = _TEXT + 2
    if len(ends) > 1 and lower - upper < line:
        # Not below the axis, where the number of the last epoch is.
        middle = min((upper + lower) / 2, HEIGHT - line / 2)
        upper, lower = middle - line / 2, middle + line / 2
    places = zip((upper, lower), sorted(ends), strict=False)
    return [_text(WIDTH + 6, place + 4, text, "start") for place, (_, text) in places]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
