"""A document of the suite as text: one table per work, for terminals and for pages."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.drop_in import GRID_SEARCH

_HEAD = ("", "numbers", "median", "range", "to ours", "GFLOP/s", "of peak", "memory", "training")
# Beside whom our steps are to be the fastest.
_PEERS = ("numpy", "pytorch", "pytorch-compiled", "jax")
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (0.0, "ns"))


def unit_of(seconds: float) -> tuple[float, str]:
    """The unit in which a time is read best: (its seconds, its name)."""
    return next((size or 1e-9, name) for size, name in _UNITS if seconds >= size)


def whole(row: Mapping[str, Any], works: Mapping[str, Mapping[str, Any]]) -> tuple[float, float, float]:
    """Median, least and most seconds of the whole work, which may be many steps."""
    steps = works[row["work"]]["steps"]
    return row["median"] * steps, row["min"] * steps, row["max"] * steps


def time_of(seconds: float) -> str:
    """A time in its best unit."""
    size, unit = unit_of(seconds)
    return f"{number(seconds / size)} {unit}"


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


def peer_cells(document: Mapping[str, Any]) -> list[list[str]]:
    """At every training work in float32, the same arithmetic: ours and the fastest of `_PEERS`."""
    table = [["", "Pellucid", "fastest peer", "", "times as fast"]]
    for work in document["works"]:
        rows = {
            row["contender"]: row
            for row in document["rows"]
            if row["work"] == work["name"] and row["dtype"] == "float32" and row["median"]
        }
        ours = rows.get("ours-same-arithmetic", rows.get("ours"))
        peers = [rows[name] for name in _PEERS if name in rows]
        if work["kind"] != "train" or ours is None or not peers:
            continue
        peer = min(peers, key=lambda row: row["median"])
        times = [time_of(row["median"] * work["steps"]) for row in (ours, peer)]
        table.append(
            [work["name"], times[0], peer["title"], times[1], number(peer["median"] / ours["median"])]
        )
    return table


def ratio_cells(ratios: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """A line for each pair: both times, their ratio, and how much it may be."""
    table = [["one / other", "one", "other", "ratio", "range", "limit"]]
    for row in ratios:
        if row["failed"]:
            table.append([row["title"], row["failed"], "", "", "", ""])
            continue
        times = [time_of(seconds) for seconds in row["seconds"]]
        spread = f"{number(row['min'])} - {number(row['max'])}"
        limit = "" if row["limit"] is None else number(row["limit"])
        table.append([row["title"], *times, number(row["median"]), spread, limit])
    return table


def machine_line(document: Mapping[str, Any]) -> str:
    """On what, with which versions, and how it was measured."""
    machine, settings = document["machine"], document["settings"]
    versions = ", ".join(f"{name} {found}" for name, found in document["versions"].items())
    peaks = document.get("peak_gflops", {}).items()
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
    if len(peers := peer_cells(document)) > 1:
        parts.append(("the same arithmetic beside the fastest peer, float32", peers))
    parts += [(f"curve {one['name']}: {one['title']}", curve_cells(one)) for one in curves]
    if document["drop_in"]:
        parts.append((drop_in_line(document["drop_in"]), drop_in_cells(document["drop_in"])))
    if document["adult"]:
        parts.append(("adult: from the file to the probabilities of the test rows", adult_cells(document)))
    if document["ratios"]:
        parts.append(("ratios", ratio_cells(document["ratios"])))
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
    groups = {
        "with the usual batch of 200, or lbfgs": [
            r for name, r in fits.items() if "batch_size=" not in name
        ],
        "with smaller batches": [r for name, r in fits.items() if "batch_size=" in name],
        "with early stopping": [r for name, r in fits.items() if "early_stopping" in name],
    }
    parts = [
        f"{number(statistics.geometric_mean(found))} in the {len(found)} {words}"
        for words, found in groups.items()
        if found
    ]
    early = groups["with early stopping"]
    return (
        f"whole fits beside scikit-learn's: {number(measured['speed_up'])} times as fast (geometric mean: "
        f"{', '.join(parts)}), the slowest {number(measured['slowest'])} times"
        + (f", with early stopping {number(min(early))} times" if early else "")
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
    return time_of(side["median"])


def adult_cells(document: Mapping[str, Any]) -> list[list[str]]:
    """A line for each way through the table."""
    ways = [
        [way["title"], _took(way), "" if way["auc"] is None else f"{way['auc']:.4f}"]
        for way in document["adult"]
    ]
    return [["", "median", "test ROC AUC"], *ways]
