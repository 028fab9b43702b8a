"""A document of the suite as text: one table per work, for terminals and for pages."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.bench.drop_in import GRID_SEARCH

_HEAD = ("", "numbers", "median", "range", "to ours", "GFLOP/s", "of peak", "memory", "training")
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (0.0, "ns"))


def unit_of(seconds: float) -> tuple[float, str]:
    """The unit in which a time is read best: (its seconds, its name)."""
    return next((size or 1e-9, name) for size, name in _UNITS if seconds >= size)


def whole(row: Mapping[str, Any], works: Mapping[str, Mapping[str, Any]]) -> tuple[float, float, float]:
    """Median, least and most seconds of the whole work, which may be many steps."""
    steps = works[row["work"]]["steps"]
    return row["median"] * steps, row["min"] * steps, row["max"] * steps


def ours_of(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The row that the others of its work are compared with."""
    return next((row for row in rows if row["contender"] == "ours" and row["median"]), None)


def cells(document: Mapping[str, Any], work: str) -> list[list[str]]:
    """The table of one work, its head first. A column in which nobody has anything is left out."""
    works = {one["name"]: one for one in document["works"]}
    rows = [row for row in document["rows"] if row["work"] == work]
    ours = ours_of(rows)
    table = [list(_HEAD), *(_cells(row, works, ours) for row in rows)]
    kept = [i for i in range(len(_HEAD)) if i == 0 or any(row[i] for row in table[1:])]
    return [[row[i] for i in kept] for row in table]


def _cells(
    row: Mapping[str, Any], works: Mapping[str, Mapping[str, Any]], ours: Mapping[str, Any] | None
) -> list[str]:
    variant = f" ({row['variant']})" if row["variant"] else ""
    named = [f"{row['title']}{variant}", row["dtype"]]
    if row["failed"]:
        return [named[0], row["dtype"], row["failed"], *[""] * (len(_HEAD) - 3)]
    median, least, most = whole(row, works)
    size, unit = unit_of(median)
    return [
        *named,
        f"{number(median / size)} {unit}",
        f"{number(least / size)} - {number(most / size)}",
        number(row["median"] / ours["median"]) if ours else "",
        "" if row["gflops"] is None else number(row["gflops"]),
        "" if row["efficiency"] is None else f"{row['efficiency']:.0%}",
        _memory(row["memory"]),
        _memory(row["training_memory"]),
    ]


def number(value: float) -> str:
    """Three digits, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _memory(size: int | None) -> str:
    return "" if size is None else f"{size / 2**20:,.0f} MiB"


def machine_line(document: Mapping[str, Any]) -> str:
    """On what, with which versions, and how it was measured."""
    machine, settings = document["machine"], document["settings"]
    versions = ", ".join(f"{name} {found}" for name, found in document["versions"].items())
    peaks = document["peak_gflops"].items()
    found = ", ".join(f"{number(peak)} GFLOP/s in {dtype}" for dtype, peak in peaks if peak)
    python = f"Python {machine['python']}; Pellucid {document['pellucid']}"
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, {python}, {versions}; "
        f"{settings['threads']} threads, {settings['repeats']} fresh processes each"
        + (f"; BLAS peak {found}" if found else "")
    )


def table(document: Mapping[str, Any]) -> str:
    """All tables as plain text."""
    works, curves = document["works"], document["curves"]
    parts = [(f"{one['name']}: {one['title']}", cells(document, one["name"])) for one in works]
    parts += [(f"curve {one['name']}: {one['title']}", curve_cells(one)) for one in curves]
    if document["drop_in"]:
        parts.append((drop_in_line(document["drop_in"]), drop_in_cells(document["drop_in"])))
    if document["adult"]:
        parts.append(("adult: from the file to the probabilities of the test rows", adult_cells(document)))
    return "\n\n".join(
        [*("\n".join([head, *aligned(rows)]) for head, rows in parts), machine_line(document)]
    )


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of equally many cells as lines, the first column to the left."""
    # A failure is a sentence: it runs on over the empty cells behind it.
    widths = [
        max(len(row[i]) for row in rows if not row[i].startswith("failed")) for i in range(len(rows[0]))
    ]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 or cell.startswith("failed") else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def curve_cells(curve: Mapping[str, Any]) -> list[list[str]]:
    """A curve as a table: x downwards, a column per line, nanoseconds per example and step."""
    lines = curve["lines"]
    names = [" ".join(filter(None, (line["title"], line["network"]))) for line in lines]
    head = [curve["label"], *(f"{name}, ns" for name in names)]
    rows = [
        [f"{point['x']:,}", *(_nanoseconds(line["points"][i]["median"]) for line in lines)]
        for i, point in enumerate(lines[0]["points"] if lines else [])
    ]
    return [head, *rows]


def _nanoseconds(seconds: float | None) -> str:
    return "failed" if seconds is None else number(seconds * 1e9)


def drop_in_line(measured: Mapping[str, Any]) -> str:
    """What all fits together say, and what the mean is made of: small batches gain the most."""
    if measured["speed_up"] is None:
        return "whole fits"
    ratios = {row["name"]: row["speed_up"] for row in measured["rows"] if row["speed_up"]}
    fits = {name: ratio for name, ratio in ratios.items() if name != GRID_SEARCH}
    small = [ratio for name, ratio in fits.items() if "batch_size=" in name]
    usual = [ratio for name, ratio in fits.items() if "batch_size=" not in name]
    parts = [
        f"{number(statistics.geometric_mean(some))} in the {len(some)} {words}"
        for some, words in (
            (usual, "with the usual batch of 200, or lbfgs"),
            (small, "with smaller batches"),
        )
        if some
    ]
    return (
        f"whole fits beside scikit-learn's: {number(measured['speed_up'])} times as fast (geometric mean: "
        f"{', '.join(parts)}), the slowest {number(measured['slowest'])} times"
    )


def drop_in_cells(measured: Mapping[str, Any]) -> list[list[str]]:
    """A line for each fit, in the order of the settings."""
    rows = [["", "Pellucid", "scikit-learn", "times as fast", "loss off by"]]
    for row in measured["rows"]:
        sides = [_took(row[side]) for side in ("ours", "theirs")]
        off = "" if row["loss_deviation"] is None else f"{row['loss_deviation']:.0e}"
        rows.append([row["name"], *sides, number(row["speed_up"]) if row["speed_up"] else "", off])
    return rows


def _took(side: Mapping[str, Any]) -> str:
    if side["failed"] or side["median"] is None:
        return side["failed"] or ""
    size, unit = unit_of(side["median"])
    return f"{number(side['median'] / size)} {unit}"


def adult_cells(document: Mapping[str, Any]) -> list[list[str]]:
    """A line for each way through the table."""
    ways = [
        [way["title"], _took(way), "" if way["auc"] is None else f"{way['auc']:.4f}"]
        for way in document["adult"]
    ]
    return [["", "median", "test ROC AUC"], *ways]
