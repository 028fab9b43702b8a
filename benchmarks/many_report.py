"""The results of `benchmarks.many_tables` as text: ranks, wins and losses, a line per table.

A table is scored by the area under the ROC curve (two classes), the log loss (more of them, since all their
probabilities enter it) or the root mean square error: the mean over the seeds that all contenders have. A
table is left out where one of them has none. Equal is within 0.002 of the area or 0.5 % of the others,
clearly behind more than 0.01 or 3 %.

Processor time is compared only where the machine was quiet: threads that wait for each other, as those of
OpenMP do, may take twenty times as long where another process has their processor.
"""

import json
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.many_fits import TABLE_CONTENDERS
from benchmarks.many_sources import TABLES

# The score of a task that decides, and whether more of it is better.
_SCORES = {"binary": ("auc", True), "classes": ("log_loss", False), "numbers": ("rmse", False)}
_HEADS = {"auc": "AUC", "log_loss": "log loss", "rmse": "RMSE"}
_EQUAL = {"auc": 0.002, "log_loss": 0.005, "rmse": 0.005}
_CLEARLY = {"auc": 0.01, "log_loss": 0.03, "rmse": 0.03}
_BASE = "hgb"
_OF_FIT = ("seconds", "processor", "others", "memory")
_LARGE = 10_000
# Processors that others take.
_QUIET = 0.1

Cells = list[list[str]]


def read_results(path: Path) -> list[dict[str, Any]]:
    """All results of a file. Its last line may be unfinished, if a run was stopped while it wrote.

    Raises:
        BenchmarkError: another line is no result.
    """
    if not path.exists():
        return []
    lines, found = path.read_text("utf-8").split("\n"), []
    for number, line in enumerate(lines, 1):
        try:
            found += [json.loads(line)] if line.strip() else []
        except ValueError:
            if number < len(lines):
                raise BenchmarkError(f"{path}:{number} is not a line of JSON") from None
    return found


@dataclass(frozen=True)
class Compared:
    """A table that all contenders did.

    Attributes:
        name: of the table, with the rows where it was cut.
        task: see `RealTable`.
        rows: to fit to and to test on.
        columns: beside the target.
        known: see `RealTable`.
        means: for each contender its mean scores, "seconds", "processor", "others", "memory".
    """

    name: str
    task: str
    rows: int
    columns: int
    known: bool
    means: Mapping[str, Mapping[str, float]]

    @property
    def decides(self) -> str:
        """The name of the score that decides."""
        return _SCORES[self.task][0]

    def score(self, contender: str) -> float:
        """Its deciding score."""
        return self.means[contender][self.decides]

    def lead(self, one: str, other: str) -> float:
        """How far `one` is ahead: a difference of areas, or the part by which its error is smaller."""
        a, b = self.score(one), self.score(other)
        return a - b if self.decides == "auc" else 1 - (a + 1e-12) / (b + 1e-12)

    def verdict(self, one: str, other: str) -> int:
        """1 where `one` won, 0 where they are equal, -1 where it lost."""
        lead = self.lead(one, other)
        return 0 if abs(lead) <= _EQUAL[self.decides] else 1 if lead > 0 else -1

    def is_clearly_behind(self, one: str, other: str) -> bool:
        """Whether `one` is far behind."""
        return self.lead(one, other) < -_CLEARLY[self.decides]

    def was_quiet(self, contender: str) -> bool:
        """Whether others took little of the processors while it was fitted."""
        mean = self.means[contender]
        return mean["others"] <= _QUIET * mean["seconds"]

    def ranks(self) -> dict[str, float]:
        """1 for the best; who has the same score shares the mean of the ranks."""
        sign = -1 if _SCORES[self.task][1] else 1
        scores = {name: sign * self.score(name) for name in self.means}
        return {
            name: sum(other < one for other in scores.values())
            + (sum(other == one for other in scores.values()) + 1) / 2
            for name, one in scores.items()
        }


def compared(
    results: Iterable[Mapping[str, Any]], contenders: Sequence[str]
) -> tuple[list[Compared], list[str]]:
    """The tables that all contenders did, and a line for each that is left out.

    Args:
        results: lines of results; the last one of a table, contender and seed counts.
        contenders: their names.
    """
    latest = {(one["table"], one["rows"], one["contender"], one["seed"]): one for one in results}
    found: dict[tuple[str, int], dict[str, dict[int, Mapping[str, Any]]]] = {}
    for (table, rows, contender, seed), one in latest.items():
        if contender in contenders:
            found.setdefault((table, rows), {}).setdefault(contender, {})[seed] = one
    tables, left_out = [], []
    for (name, rows), by_contender in sorted(found.items(), key=lambda item: item[0][1]):
        done = [
            {seed for seed, one in by_contender.get(contender, {}).items() if not one["failed"]}
            for contender in contenders
        ]
        seeds = set.intersection(*done)
        label = name if rows == TABLES[name].rows else f"{name} ({rows:,} rows)"
        if not seeds:
            left_out.append(f"{label}: {_lacking(dict(zip(contenders, done, strict=True)), by_contender)}")
            continue
        means = {one: _means([by_contender[one][seed] for seed in seeds]) for one in contenders}
        columns = by_contender[contenders[0]][min(seeds)]["columns"]
        tables.append(Compared(label, TABLES[name].task, rows, columns, TABLES[name].known, means))
    return tables, left_out


def _lacking(
    done: Mapping[str, set[int]], by_contender: Mapping[str, Mapping[int, Mapping[str, Any]]]
) -> str:
    one = min(done, key=lambda contender: len(done[contender]))
    failures = [result["failed"] for result in by_contender.get(one, {}).values() if result["failed"]]
    return f"{_title(one)} {failures[0] if failures else 'has not been measured with these seeds'}"


def _means(results: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    values = [{**one["score"], **{name: _known(one.get(name)) for name in _OF_FIT}} for one in results]
    return {name: statistics.fmean(value[name] for value in values) for name in values[0]}


def _known(value: float | None) -> float:
    """A number that is not known compares as neither small nor large."""
    return math.nan if value is None else value


def report(results: Iterable[Mapping[str, Any]], contenders: Sequence[str], ours: Sequence[str]) -> str:
    """The whole report in Markdown.

    Raises:
        BenchmarkError: there is no table that all contenders did.
    """
    tables, left_out = compared(results, contenders)
    if not tables:
        raise BenchmarkError(
            f"no table has results of all of {', '.join(contenders)}; expected fewer --contenders"
        )
    parts = [f"{len(tables)} tables, {', '.join(map(_title, contenders))}.", _ranks(tables, contenders)]
    for title, some in _groups(tables):
        for one in ours:
            peers = [name for name in contenders if name != one]
            parts += [f"{_title(one)} against the others, {title}:", _against(some, one, peers)]
    parts += list(_each(tables, contenders))
    if left_out:
        parts += ["Left out:", "\n".join(f"- {line}" for line in left_out)]
    return "\n\n".join(parts) + "\n"


def _title(contender: str) -> str:
    return TABLE_CONTENDERS[contender].title


def _groups(tables: Sequence[Compared]) -> Iterator[tuple[str, list[Compared]]]:
    groups = {
        "all tables": [*tables],
        f"those of more than {_LARGE:,} rows": [one for one in tables if one.rows > _LARGE],
        f"those of at most {_LARGE:,} rows": [one for one in tables if one.rows <= _LARGE],
        "those that the defaults were not chosen with": [one for one in tables if not one.known],
    }
    seen: list[list[Compared]] = []
    for title, some in groups.items():
        if some and some not in seen:
            seen.append(some)
            yield f"{title} ({len(some)})", some


def _ranks(tables: Sequence[Compared], contenders: Sequence[str]) -> str:
    head = ["", "mean rank", *_SCORES, f"clearly behind {_title(_BASE)}"]
    head += ["processor time", "time", "processors that others took", "memory, at most"]
    rows: Cells = []
    for one in contenders:
        by_task = [[table for table in tables if table.task == task] for task in _SCORES]
        means = [table.means[one] for table in tables]
        beside = _BASE in contenders and one != _BASE
        rows.append(
            [
                _title(one),
                *(_mean_rank(some, one) for some in (tables, *by_task)),
                str(sum(table.is_clearly_behind(one, _BASE) for table in tables)) if beside else "",
                f"{sum(mean['processor'] for mean in means):,.0f} s",
                f"{sum(mean['seconds'] for mean in means):,.0f} s",
                f"{sum(mean['others'] for mean in means) / sum(mean['seconds'] for mean in means):.2f}",
                f"{max(mean['memory'] for mean in means) / 2**20:,.0f} MiB",
            ]
        )
    return markdown([head, *rows])


def _mean_rank(tables: Sequence[Compared], contender: str) -> str:
    return f"{statistics.fmean(one.ranks()[contender] for one in tables):.2f}" if tables else ""


def _against(tables: Sequence[Compared], one: str, peers: Sequence[str]) -> str:
    head = ["", "win / tie / loss", "clearly ahead / behind", "AUC, difference", "log loss, ratio"]
    head += ["accuracy, difference", "RMSE, ratio", "processor time, peer / this (tables)"]
    rows: Cells = []
    for peer in peers:
        verdicts = [table.verdict(one, peer) for table in tables]
        ahead = sum(table.is_clearly_behind(peer, one) for table in tables)
        behind = sum(table.is_clearly_behind(one, peer) for table in tables)
        rows.append(
            [
                _title(peer),
                " / ".join(str(verdicts.count(verdict)) for verdict in (1, 0, -1)),
                f"{ahead} / {behind}",
                _difference(_pairs(tables, "binary", "auc", one, peer)),
                _ratio(_pairs(tables, "classes", "log_loss", one, peer)),
                _difference(_pairs(tables, "classes", "accuracy", one, peer)),
                _ratio(_pairs(tables, "numbers", "rmse", one, peer)),
                _ratio_when_quiet(tables, peer, one),
            ]
        )
    return markdown([head, *rows])


def _pairs(
    tables: Sequence[Compared], task: str | None, name: str, one: str, other: str
) -> list[tuple[float, float]]:
    return [
        (table.means[one][name], table.means[other][name]) for table in tables if task in (None, table.task)
    ]


def _difference(pairs: Sequence[tuple[float, float]]) -> str:
    return f"{statistics.fmean(a - b for a, b in pairs):+.4f}" if pairs else ""


def _ratio(pairs: Sequence[tuple[float, float]]) -> str:
    """The geometric mean: half and double are as far."""
    logs = [math.log((a + 1e-12) / (b + 1e-12)) for a, b in pairs]
    return f"{math.exp(statistics.fmean(logs)):.3f}" if logs else ""


def _ratio_when_quiet(tables: Sequence[Compared], one: str, other: str) -> str:
    some = [table for table in tables if table.was_quiet(one) and table.was_quiet(other)]
    return f"{_ratio(_pairs(some, None, 'processor', one, other))} ({len(some)})" if some else ""


def _each(tables: Sequence[Compared], contenders: Sequence[str]) -> Iterator[str]:
    for task, (score, _) in _SCORES.items():
        some = [table for table in tables if table.task == task]
        if not some:
            continue
        yield f"{_HEADS[score]}, the best in bold, and processor time; * known while defaults were chosen:"
        head = [task, "rows", "columns", *map(_title, contenders)]
        yield markdown([head, *(_line(table, contenders) for table in some)])


def _line(table: Compared, contenders: Sequence[str]) -> list[str]:
    scores = [table.score(one) for one in contenders]
    best = max(scores) if _SCORES[table.task][1] else min(scores)
    cells = [table.name + (" *" if table.known else ""), f"{table.rows:,}", str(table.columns)]
    for one, score in zip(contenders, scores, strict=True):
        shown = f"{score:.4f}" if table.decides != "rmse" else f"{score:.4g}"
        shown = f"**{shown}**" if score == best else shown
        cells.append(f"{shown}, {table.means[one]['processor']:.3g} s")
    return cells


def markdown(cells: Cells) -> str:
    """A table, its head first; all columns but the first to the right."""
    head, *rows = cells
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))
