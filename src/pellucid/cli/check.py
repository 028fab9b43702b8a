"""pellucid check: what is wrong in a learner's solution, and why."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from pellucid import chapters
from pellucid.check import report_class
from pellucid.check.class_folder import Submission, check_class
from pellucid.check.grading import gradescope, junit
from pellucid.check.judge_file import check_file
from pellucid.check.report import count_of_right, report
from pellucid.check.report_class_html import class_html
from pellucid.check.report_html import html_report
from pellucid.check.starting import starter
from pellucid.cli.console import note, print_json, show, width
from pellucid.errors import DataError, NotFoundError, OptionError, PellucidError
from pellucid.files.atomic import check_writable, write_atomically
from pellucid.files.reading import shown

_COLOURS = {"right": "green", "wrong": "red"}
# How often a watched file is looked at, in seconds.
_PAUSE = 0.3
# A paragraph of longer lines is hard to read.
_WIDEST = 100


def check(
    solution: Annotated[
        str | None,
        typer.Argument(
            metavar="SOLUTION", help="A Python file or a notebook (.ipynb); or a folder of them, a class."
        ),
    ] = None,
    only: Annotated[str | None, typer.Option(metavar="NAME", help="Judge this function alone.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="With the derivation of each function that is wrong.")
    ] = False,
    reference: Annotated[
        bool, typer.Option("--solution", help="With a right function for each that is wrong.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever the file is saved.")] = False,
    html: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write a page: a report to hand in, or of a folder all of it."),
    ] = None,
    table: Annotated[
        str | None, typer.Option("--csv", metavar="FILE", help="Of a folder: a row for each submission.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What was found as JSON.")] = False,
    junit_file: Annotated[
        str | None,
        typer.Option("--junit", metavar="FILE", help="Write JUnit's XML, for graders and CI."),
    ] = None,
    gradescope_file: Annotated[
        str | None,
        typer.Option("--gradescope", metavar="FILE", help="Write Gradescope's results.json."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="CHAPTER",
            help=f"Write a starter file with blanks: course, or {', '.join(chapters.NAMES)}.",
        ),
    ] = None,
) -> int:
    """Judge the functions of the course that SOLUTION defines: right or wrong, why, and where.

    Each function runs on many generated cases, in a process of its own; what the file does not define
    is the reference's, so each is judged alone. Then all together train on real data. The exit code is
    0 where all is right, 1 where something is wrong, 2 where the file cannot be used.
    """
    if start is not None:
        return _start(start, solution)
    if solution is None:
        raise OptionError("SOLUTION is missing; expected a Python file, a notebook or a folder of them")
    path = Path(solution)
    _check_options(path, watch, table, as_json, gradescope_file)
    for file in (html, table, junit_file, gradescope_file):
        if file is not None:
            check_writable(file)
    if path.is_dir():
        return _check_folder(path, only, table, html, as_json, junit_file)

    def graded(submission: Submission) -> None:
        _write(junit_file, lambda: junit([submission]))
        _write(gradescope_file, lambda: gradescope(submission))

    def once() -> int:
        try:
            found = check_file(solution, only=only)
        except (DataError, NotFoundError) as error:
            graded(Submission(solution, None, str(error)))
            raise
        if as_json:
            print_json(found.to_dict())
        else:
            columns = min(_WIDEST, width() or _WIDEST)
            show(report(found, explain=explain, solution=reference, style=_styled, columns=columns))
        _write(html, lambda: html_report(found).encode("utf-8", "backslashreplace"))
        graded(Submission(solution, found, ""))
        return 0 if found.all_right else 1

    return _watched(path, once) if watch else once()


def _start(name: str, solution: str | None) -> int:
    if name != "course" and name not in chapters.NAMES:
        raise OptionError(
            f"there is no chapter {name!r:.80}; expected course, or one of {', '.join(chapters.NAMES)}"
        )
    names = [] if name == "course" else [name]
    path = Path(solution or f"{name}.ipynb")
    if path.suffix not in (".py", ".ipynb"):
        raise OptionError(f"--start writes .py or .ipynb, and the file is {path}; expected such a name")
    content = starter(names, notebook=path.suffix == ".ipynb")
    if path.exists():
        raise OptionError(f"{path} exists, and --start overwrites nothing; expected a new name")
    write_atomically(path, content)
    note(f"wrote {path}; fill in its blanks, and check it as you go: pellucid check {path}")
    return 0


def _check_options(
    path: Path, watch: bool, table: str | None, as_json: bool, gradescope_file: str | None
) -> None:
    if path.is_dir() and gradescope_file is not None:
        raise OptionError(
            f"--gradescope is for one file, and {path} is a folder; expected a file, or --junit"
        )
    if path.is_dir() and watch:
        raise OptionError(f"--watch is for one file, and {path} is a folder; expected a file")
    if not path.is_dir() and table is not None:
        raise OptionError("--csv is for a folder of submissions; expected a folder, or --json for one file")
    if watch and as_json:
        raise OptionError("--watch never ends, and JSON is one document; expected one of them")


def _styled(text: str, tone: str) -> str:
    # Typer takes the colours off where the output is no terminal.
    if "NO_COLOR" in os.environ:
        return text
    return typer.style(
        text, fg=_COLOURS.get(tone), bold=tone == "strong" or None, dim=tone == "faint" or None
    )


def _check_folder(
    folder: Path,
    only: str | None,
    table: str | None,
    html: str | None,
    as_json: bool,
    junit_file: str | None,
) -> int:
    def told(newest: Submission, done: Sequence[Submission]) -> None:
        found = newest.examination
        note(f"{shown(newest.name)}: {count_of_right(found) if found else 'not usable'}")
        # Whole after each submission: what is done stays, whatever ends the rest.
        _write(table, lambda: report_class.class_csv(done).encode("utf-8", "backslashreplace"))

    submissions = check_class(folder, only=only, progress=told)
    _write(html, lambda: class_html(submissions, shown(folder)).encode("utf-8", "backslashreplace"))
    _write(junit_file, lambda: junit(submissions))
    if as_json:
        print_json(report_class.class_document(submissions))
    else:
        show(report_class.class_text(submissions))
    if all(submission.examination is None for submission in submissions):
        raise DataError(f"{shown(folder)} holds no solution that can be used; the lines above say why")
    return 0 if all(s.examination and s.examination.all_right for s in submissions) else 1


def _write(file: str | None, content: Callable[[], bytes]) -> None:
    if file is not None:
        write_atomically(file, content())


def _watched(path: Path, once: Callable[[], int]) -> int:
    """Check, and again after every change, until Ctrl-C; the exit code of the last time."""
    status, seen = 0, None
    try:
        while True:
            now = _stamp(path)
            if now is not None and now != seen:
                seen = now
                try:
                    status = once()
                except PellucidError as error:
                    # Saved half-way through a thought: the next save will parse.
                    note(str(error))
                    status = 2
                note(f"watching {path}; Ctrl-C ends")
            elif now is None and seen is None:
                return once()
            time.sleep(_PAUSE)
    except KeyboardInterrupt:
        return status


def _stamp(path: Path) -> tuple[int, int] | None:
    """When the file was changed, and its size; None while it is not there: editors replace files."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
