"""The command: `python -m benchmarks`, or `make bench BENCH="..."`."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.against import against_table, measured_against
from benchmarks.child import ROOT, Checkout
from benchmarks.contenders import CONTENDERS, contenders_named
from benchmarks.drop_in import fits_with
from benchmarks.errors import BenchmarkError
from benchmarks.ratios import RATIOS
from benchmarks.report import table
from benchmarks.suite import Request, Settings, failed, measure
from benchmarks.works import WORKS, works_named

_SECTIONS = ("works", "curves", "drop_in", "ratios")


def parser() -> argparse.ArgumentParser:
    """All options. Without a section the works are measured."""
    found = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Time training and predicting beside NumPy, and scikit-learn, PyTorch and JAX where "
        "installed. Without --works, --curves, --drop-in or --ratios the works are measured.",
    )
    what, how = found.add_argument_group("what"), found.add_argument_group("how")
    what.add_argument("--works", action="store_true", help="training steps, prediction, import, process")
    what.add_argument(
        "--work", action="append", choices=[*WORKS], metavar="NAME", help=f"only this: {', '.join(WORKS)}"
    )
    what.add_argument(
        "--contender",
        action="append",
        choices=[*CONTENDERS],
        metavar="NAME",
        help=f"only this: {', '.join(CONTENDERS)}",
    )
    what.add_argument(
        "--curves", action="store_true", help="how time grows with examples, width, batch and threads"
    )
    what.add_argument(
        "--drop-in", action="store_true", help="whole fits beside scikit-learn's, on real data"
    )
    what.add_argument("--fit", metavar="TEXT", help="only the fits whose names contain TEXT")
    what.add_argument(
        "--ratios",
        action="store_true",
        help="what a validation set, a busy neighbour, blocks and evaluating cost",
    )
    what.add_argument(
        "--ratio",
        action="append",
        choices=[*RATIOS],
        metavar="NAME",
        help=f"only this: {', '.join(RATIOS)}",
    )
    how.add_argument(
        "--against",
        metavar="DIR",
        help="time only our rows, in this checkout and in the one at DIR (with its .venv), in turn",
    )
    how.add_argument("--repeats", type=int, default=5, metavar="N", help="fresh processes for each (5)")
    how.add_argument("--threads", type=int, default=2, metavar="N", help="for everybody (2)")
    how.add_argument(
        "--seconds", type=float, default=0.5, metavar="X", help="about how long one timing takes (0.5)"
    )
    how.add_argument("--out", metavar="FILE", help="also write the measurements to FILE, as JSON")
    how.add_argument("--json", action="store_true", help="print the measurements as JSON")
    how.add_argument("--quiet", action="store_true", help="no progress")
    return found


def request_of(asked: argparse.Namespace) -> Request:
    """What is measured; a name among the options asks for its section."""
    sections = {name for name in _SECTIONS if getattr(asked, name)}
    sections |= {"works"} if asked.work or asked.contender else set()
    sections |= {"drop_in"} if asked.fit else set()
    sections |= {"ratios"} if asked.ratio else set()
    sections = sections or {"works"}
    data = data_folder()
    return Request(
        works=works_named(asked.work or ()) if "works" in sections else [],
        contenders=contenders_named(asked.contender or ()),
        curves="curves" in sections,
        fits=fits_with(asked.fit or "", data) if "drop_in" in sections else [],
        adult="drop_in" in sections and not asked.fit and data is not None,
        ratios=[RATIOS[name] for name in asked.ratio or RATIOS] if "ratios" in sections else [],
        data=data,
    )


def data_folder() -> Path | None:
    """The folder that holds catvnoncat/: PELLUCID_DATA, or shared/data beside the project; None without."""
    folder = Path(os.environ.get("PELLUCID_DATA") or ROOT.parent / "shared" / "data").absolute()
    return folder if (folder / "catvnoncat" / "train_catvnoncat.h5").is_file() else None


def check_target(path: str) -> None:
    """Refuse, before minutes of work, a file that could not be written after them."""
    target = Path(path)
    if target.is_dir():
        raise BenchmarkError(f"{path} cannot be written: it is a folder; expected the name of a file")
    if not target.absolute().parent.is_dir():
        raise BenchmarkError(f"{path} cannot be written: its folder does not exist")


@contextmanager
def telling(quiet: bool) -> Iterator[Callable[[str], None]]:
    """What is measured now: a line that changes, only on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield status.update


def run(asked: argparse.Namespace) -> int:
    """Measure, write, print; 1 where one of ours failed."""
    settings = Settings(asked.repeats, asked.threads, asked.seconds)
    if asked.out is not None:
        check_target(asked.out)
    request = request_of(asked)
    with telling(asked.quiet) as progress:
        if asked.against is None:
            document, shown = measure(request, settings, progress), table
        else:
            other = Checkout.at(asked.against)
            document, shown = measured_against(other, request, settings, progress), against_table
    text = json.dumps(document, indent=2, allow_nan=False)
    if asked.out is not None:
        Path(asked.out).write_text(text + "\n", "ascii")
    for line in document["notes"]:
        print(line, file=sys.stderr)
    print(text if asked.json else shown(document))
    return 1 if failed(document) else 0


def main(arguments: Sequence[str] | None = None) -> Any:
    """The exit code: 0, 1 where one of ours failed, 2 for a request that cannot be measured."""
    asked = parser().parse_args(arguments)
    try:
        return run(asked)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
