"""pellucid bench: how fast this is, beside the alternatives that are installed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pellucid.bench.suite import Progress


def bench(
    work: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Measure only this, and others so named: headline, tiny, small, middle, large, inference, "
            "import, process.",
        ),
    ] = None,
    contender: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Measure only this one, and others so named: ours, ours-same-arithmetic, ours-reference, "
            "course, numpy, scikit-learn, pytorch, pytorch-compiled, jax.",
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(metavar="N", help="Fresh processes for each.")] = 5,
    threads: Annotated[int, typer.Option(metavar="N", help="For everybody.")] = 2,
    seconds: Annotated[
        float, typer.Option(metavar="X", help="About how long one measurement takes.")
    ] = 0.5,
    curves: Annotated[
        bool,
        typer.Option("--curves", help="How time grows with examples, width, batch and threads, too."),
    ] = False,
    drop_in: Annotated[
        bool,
        typer.Option("--drop-in", help="Whole fits beside scikit-learn's, on real data, too."),
    ] = False,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also write the document of --json to FILE.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The measurements as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Time training and predicting beside NumPy, and scikit-learn, PyTorch and JAX where installed."""
    from pellucid.bench import Settings, measure, table
    from pellucid.bench.contenders import contenders_named
    from pellucid.bench.works import works_named
    from pellucid.cli.console import json_text, note, print_json
    from pellucid.files.atomic import write_atomically

    works, contenders = works_named(work or ()), contenders_named(contender or ())
    settings = Settings(repeats, threads, seconds)
    if out is not None:
        _check_target(out)
    with _telling(quiet) as progress:
        document = measure(
            works,
            contenders,
            settings,
            data=data_folder(),
            curves=curves,
            drop_in=drop_in,
            progress=progress,
        )
    if out is not None:
        write_atomically(out, json_text(document).encode("ascii"))
    for line in document["notes"]:
        note(line)
    if as_json:
        print_json(document)
    else:
        typer.echo(table(document))
    # Whoever else fails is a row of the table; ours has to work.
    if any(row["failed"] and row["contender"].startswith("ours") for row in document["rows"]):
        raise typer.Exit(1)


def data_folder() -> Path | None:
    """The folder that holds catvnoncat/: PELLUCID_DATA, or shared/data beside the project; None without."""
    beside = Path(__file__).parents[4] / "shared" / "data"
    folder = Path(os.environ.get("PELLUCID_DATA") or beside).absolute()
    return folder if (folder / "catvnoncat" / "train_catvnoncat.h5").is_file() else None


def _check_target(path: str) -> None:
    """Refuse, before minutes of work, a file that could not be written after them."""
    from pellucid.errors import OutputError
    from pellucid.files.reading import shown

    target = Path(path)
    if target.is_dir():
        raise OutputError(f"{shown(path)} cannot be written: it is a folder; expected the name of a file")
    if not target.absolute().parent.is_dir():
        raise OutputError(f"{shown(path)} cannot be written: its folder does not exist")


@contextmanager
def _telling(quiet: bool) -> Iterator["Progress"]:
    """What is measured now: a line that changes, only on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from pellucid.cli.console import error_console

    with error_console().status("") as status:
        yield status.update
