"""What `pellucid lr-find` does: read, try growing learning rates, draw, suggest."""

import typer

from pellucid.cli.asked import Asked
from pellucid.cli.console import aligned, finite_or_none, note, print_json
from pellucid.cli.work import read_work
from pellucid.errors import MissingPackageError, OptionError
from pellucid.training import lr_find


def run_range_test(
    asked: Asked,
    out: str,
    lowest: float,
    highest: float,
    steps: int,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find a learning rate as told, and report.

    Args:
        asked: the options that were given.
        out: the picture's file.
        lowest: the rate to begin with.
        highest: the rate to end with.
        steps: how many rates.
        as_json: report as JSON.
        quiet: no progress.
    """
    from pellucid import plots

    try:
        plots.check_target(out)
        drawn = True
    except MissingPackageError as error:
        note(f"no picture is drawn: {error}")
        drawn = False
    work = read_work(asked, quiet)
    if work.config.hidden is None:
        raise OptionError(
            "--layers is auto, which train searches for; expected the units of the hidden layers"
        )
    found = lr_find(
        work.network(), work.fitting, work.config.options, lowest=lowest, highest=highest, steps=steps
    )
    if drawn:
        plots.save_figure(plots.draw_learning_rates(found), out)
    if as_json:
        print_json(
            {
                "data": work.config.data,
                "suggestion": found.suggestion,
                "reason": found.reason,
                "rates": found.rates.tolist(),
                "costs": [finite_or_none(cost) for cost in found.costs.tolist()],
                "smoothed": [finite_or_none(cost) for cost in found.smoothed.tolist()],
                "picture": out if drawn else None,
            }
        )
        return
    said = "none" if found.suggestion is None else f"--learning-rate {found.suggestion:.2g}"
    lines = [("suggested", said), ("because", found.reason)]
    lines += [("picture", out)] if drawn else []
    typer.echo(aligned(lines, 10))
