"""`pellucid train --layers auto`: hidden shapes are tried before the training, and shown."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from pellucid.cli.console import aligned_table, error_console, finite_or_none, note
from pellucid.cli.work import Work
from pellucid.training import SearchListener, TrainingOptions, TrialMeasured
from pellucid.training.auto_layers import AutoLayers, auto_layers


def search_layers(work: Work, options: TrainingOptions, *, quiet: bool, shown: bool) -> AutoLayers:
    """Find the hidden shape for some work.

    Args:
        work: what is to be trained.
        options: how.
        quiet: no progress.
        shown: print what was tried.

    Raises:
        OptionError, DivergenceError: as `pellucid.training.auto_layers`.
    """
    with _telling(quiet) as listeners:
        found = auto_layers(work.network, work.fitting, options, seed=work.config.seed, listeners=listeners)
    if found.interrupted:
        note(f"the search for layers was interrupted; training the best so far, {_named(found.hidden)}")
    if shown:
        typer.echo(_text(found))
    return found


def tried_document(found: AutoLayers) -> list[dict[str, Any]]:
    """What was tried, as JSON can hold it."""
    return [
        {
            "layers": list(row.hidden),
            "parameters": row.parameter_count,
            "epochs": row.epochs,
            "validation_cost": finite_or_none(row.validation_cost),
            "seconds": row.seconds,
        }
        for row in found.table
    ]


def _text(found: AutoLayers) -> str:
    rows = [
        [
            _named(row.hidden),
            f"{row.parameter_count:,}",
            str(row.epochs),
            f"{row.validation_cost:.6f}",
            f"{row.seconds:.1f}",
        ]
        for row in found.table
    ]
    head = ["layers", "parameters", "epochs", "validation cost", "seconds"]
    return f"{aligned_table([head, *rows], 'lrrrr')}\n\n{found.reason}\n"


def _named(hidden: Sequence[int]) -> str:
    return " ".join(map(str, hidden)) or "none"


@contextmanager
def _telling(quiet: bool) -> Iterator[Sequence[SearchListener]]:
    """What was tried last: a line that changes, only on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield ()
        return
    with error_console().status("trying layers") as status:

        def tell(event: TrialMeasured) -> None:
            row = event.result
            status.update(
                f"trying layers, {event.done} of {event.total}: {_named(row.hidden)} has the validation "
                f"cost {row.validation_cost:.6f} after {row.epochs} epochs"
            )

        yield (tell,)
