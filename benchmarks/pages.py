"""Write what was measured into README.md and docs/: `python -m benchmarks.pages [--check]`.

What stands between `<!-- measured: NAME -->` and `<!-- /measured -->` is replaced, and the curves are drawn
as docs/pictures/scaling-*.png; `--check` fails where a page differs. On a machine that does nothing else,
`python -m benchmarks --works --curves --out benchmarks/results.json` measures the trainer,
`python -m benchmarks --drop-in --out benchmarks/drop-in.json` whole fits beside scikit-learn's, and
`python -m benchmarks --work large --work wide-2048 --work wide-4096 --ratios --out benchmarks/ratios.json`
wide products beside the peers, and the pairs.
"""

import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import (
    adult_cells,
    cells,
    curve_cells,
    drop_in_cells,
    drop_in_line,
    machine_line,
    number,
    peer_cells,
    ratio_cells,
    time_of,
)

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
DROP_IN = ROOT / "benchmarks" / "drop-in.json"
PAIRS = ROOT / "benchmarks" / "ratios.json"
PICTURES = ROOT / "docs" / "pictures"
SECTION = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- /measured -->)", re.DOTALL)
COLOURS = {"ours": "#0072b2", "pytorch": "#d55e00", "jax": "#009e73"}
DASHES = ("-", "--", ":")
MARKERS = ("o", "s", "^")
# Of a picture of a curve, in inches.
SIZE = (6.4, 4.0)
SHORT_CUT = """\
The first row is an algorithm's gain, not a processor's: with more inputs than examples, plain gradient
descent moves W1 only in the span of the pictures, so the same network is trained on as many inputs as there
are pictures and W1 is turned back; the costs are the same. The second row computes what everybody computes.
"""

Document = Mapping[str, Any]

# The columns of the overview: who stands in each. The fastest of them is shown.
COLUMNS: dict[str, tuple[str, ...]] = {
    "NumPy": ("numpy",),
    "scikit-learn": ("scikit-learn",),
    "PyTorch": ("pytorch", "pytorch-compiled"),
    "JAX": ("jax",),
}


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as a table of a page."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def fastest(rows: Sequence[Document], work: str, names: Sequence[str]) -> Document | None:
    """The row with the least median among those contenders at a work."""
    found = [row for row in rows if row["work"] == work and row["contender"] in names and row["median"]]
    return min(found, key=lambda row: row["median"], default=None)


def first(rows: Sequence[Document], work: str, name: str) -> Document | None:
    """A contender's first row at a work: its own type of number."""
    return next(
        (row for row in rows if row["work"] == work and row["contender"] == name and row["median"]), None
    )


def numbers(document: Document) -> str:
    """The overview: a row per work, ours, the best of each alternative and how many times ours it takes."""
    rows, table = document["rows"], [["work", "Pellucid", *COLUMNS]]
    for work in document["works"]:
        others = [fastest(rows, work["name"], names) for names in COLUMNS.values()]
        for name, remark in (("ours", ""), ("ours-same-arithmetic", ", the same arithmetic as the others")):
            ours = first(rows, work["name"], name)
            if ours is None or not any(others):
                continue
            table.append([work["title"] + remark, time_of(ours["median"] * work["steps"])])
            for row in others:
                ratio = "" if row is None else f" ({number(row['median'] / ours['median'])} x)"
                table[-1].append("" if row is None else time_of(row["median"] * work["steps"]) + ratio)
    said = f"\n\n{SHORT_CUT}" if any(row["short_cut"] for row in rows) else "\n"
    return f"{markdown(table)}{said}\n{machine_line(document)}.\n"


def tables(document: Document, kinds: Sequence[str]) -> str:
    """Every contender at every work of these kinds."""
    parts = [
        f"**{work['name']}**: {work['title']}\n\n{markdown(cells(document, work['name']))}\n"
        for work in document["works"]
        if work["kind"] in kinds
    ]
    return "\n".join([*parts, f"{machine_line(document)}.\n"])


def scaling(document: Document) -> str:
    """Every curve: its picture and its numbers."""
    parts = []
    for curve in document["curves"]:
        title, picture = curve["title"], f"pictures/scaling-{curve['name']}.png"
        runs = max(len(point["samples"]) for line in curve["lines"] for point in line["points"])
        how = f"{runs} fresh processes for each point" if runs > 1 else "one fresh process for each point"
        table = markdown(curve_cells(curve))
        parts.append(f"**{title}**\n\n![{title}]({picture})\n\n{table}\n\nIn float32; {how}.\n")
    return "\n".join(parts) or "Not measured yet.\n"


def drop_in(document: Document) -> str:
    """Every fit, the grid search and the table, beside scikit-learn's."""
    found = document["drop_in"]
    parts = [f"{drop_in_line(found).capitalize()}.", markdown(drop_in_cells(found))]
    if document["adult"]:
        parts += ["The census table, from its file to the probabilities of its test rows:"]
        parts += [markdown(adult_cells(document))]
    return "\n\n".join([*parts, f"{machine_line(document)}.\n"])


def peers(document: Document) -> str:
    """The same arithmetic beside the fastest peer."""
    return f"{markdown(peer_cells(document))}\n\n{machine_line(document)}.\n"


def ratios(document: Document) -> str:
    """What a validation set, a busy process, blocks and evaluating cost."""
    found = document.get("ratios")
    return (
        f"{markdown(ratio_cells(found))}\n\n{machine_line(document)}.\n" if found else "Not measured yet.\n"
    )


SECTIONS: dict[str, Callable[[Document], str]] = {
    "numbers": numbers,
    "training": lambda document: tables(document, ("train",)),
    "peers": peers,
    "ratios": ratios,
    "around": lambda document: tables(document, ("predict", "import", "process")),
    "scaling": scaling,
    "drop_in": drop_in,
}


def rewritten(
    text: str, document: Document, fits: Document | None = None, pairs: Document | None = None
) -> str:
    """A page with its measured sections written anew.

    Args:
        text: the page.
        document: of the trainer.
        fits: of whole fits; without it their section stays as it is.
        pairs: of the peers and the ratios; without it they are those of the trainer's document.
    """

    def section(found: re.Match[str]) -> str:
        measured = fits if found[2] == "drop_in" else document
        if pairs is not None and found[2] in ("peers", "ratios"):
            measured = pairs
        return found[0] if measured is None else f"{found[1]}{SECTIONS[found[2]](measured)}{found[3]}"

    return SECTION.sub(section, text)


def draw(curve: Document, path: Path) -> None:
    """One curve as a picture: time per example and step, with its spread, on logarithmic axes."""
    from pellucid.plots.figure import label_ends, new_figure, plain_log_ticks, tidy

    figure = new_figure(*SIZE)
    axes = figure.add_subplot()
    contenders, networks = (
        list(dict.fromkeys(line[name] for line in curve["lines"])) for name in ("contender", "network")
    )
    ends = []
    for line in curve["lines"]:
        points = [point for point in line["points"] if point["median"]]
        x, y = [point["x"] for point in points], [point["median"] * 1e9 for point in points]
        low = [(point["median"] - point["min"]) * 1e9 for point in points]
        high = [(point["max"] - point["median"]) * 1e9 for point in points]
        which = contenders.index(line["contender"])
        colour = COLOURS.get(line["contender"], "black")
        # In grey the markers tell the contenders apart; of one network the dashes do so too.
        dashes = networks.index(line["network"]) if len(networks) > 1 else which
        look: dict[str, Any] = {
            "linestyle": DASHES[dashes % len(DASHES)],
            "marker": MARKERS[which % len(MARKERS)],
        }
        axes.errorbar(x, y, yerr=(low, high), color=colour, markersize=5, capsize=2, **look)
        ends.append((y[-1], " ".join(filter(None, (line["title"], line["network"]))), colour))
    axes.set(xscale="log", yscale="log", xlabel=curve["label"], ylabel="nanoseconds per example and step")
    low_y, high_y = axes.get_ylim()
    plain_log_ticks(axes.yaxis, math.log10(high_y / low_y))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    ticks = sorted({point["x"] for line in curve["lines"] for point in line["points"]})
    # The number of the last one needs the room of any that is close before it.
    near = 0.1 * math.log10(ticks[-1] / ticks[0])
    free = [x == ticks[-1] or math.log10(ticks[-1] / x) > near for x in ticks]
    axes.set_xticks(ticks, [f"{x:,}" if shown else "" for x, shown in zip(ticks, free, strict=True)])
    axes.minorticks_off()
    tidy(axes, curve["title"])
    label_ends(axes, ends, SIZE[1])
    # No date and no version: the same numbers give the same file.
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main() -> int:
    """Write the pages and pictures, or compare the pages."""
    if not RESULTS.exists():
        print("there is no benchmarks/results.json: nothing was written")
        return 0
    document = json.loads(RESULTS.read_text("utf-8"))
    fits = json.loads(DROP_IN.read_text("utf-8")) if DROP_IN.exists() else None
    pairs = json.loads(PAIRS.read_text("utf-8")) if PAIRS.exists() else None
    status = 0
    for page in (ROOT / "README.md", ROOT / "docs" / "performance.md"):
        text = page.read_text("utf-8")
        wanted = rewritten(text, document, fits, pairs)
        if "--check" not in sys.argv[1:]:
            page.write_text(wanted, "utf-8")
        elif wanted != text:
            print(
                f"{page.name} differs from what benchmarks/ holds; `python -m benchmarks.pages` rewrites it"
            )
            status = 1
    if "--check" not in sys.argv[1:]:
        for curve in document["curves"]:
            draw(curve, PICTURES / f"scaling-{curve['name']}.png")
    return status


if __name__ == "__main__":
    sys.exit(main())
