"""pellucid lr-find: which learning rate these data and this network want, before training with it."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pellucid import plots
from pellucid.cli.common import AsJson, Quiet
from pellucid.cli.console import aligned, finite_or_none, note, print_json, show
from pellucid.cli.inputs import read_inputs
from pellucid.errors import MissingPackageError, OptionError
from pellucid.training import lr_find as range_test


def lr_find(
    given: Mapping[str, Any],
    lowest: Annotated[float, typer.Option(metavar="X", help="The learning rate to begin with.")] = 1e-6,
    highest: Annotated[float, typer.Option(metavar="X", help="The learning rate to end with.")] = 10.0,
    steps: Annotated[int, typer.Option(metavar="N", help="How many rates to try.")] = 100,
    out: Annotated[
        str, typer.Option(metavar="FILE", help="The picture: .png, .svg or .pdf.")
    ] = "learning-rates.png",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Try growing learning rates on the training part of DATA, draw the costs, and suggest a rate.

    The rate grows from step to step, and the test ends where the cost does not bear it. Nothing is trained.
    """
    picture: str | None = out
    try:
        plots.check_target(out)
    except MissingPackageError as error:
        note(f"no picture is drawn: {error}")
        picture = None
    if given.get("layers") == "auto":
        raise OptionError(
            "--layers is auto, which train searches for; expected the units of the hidden layers"
        )
    inputs = read_inputs({**given, "search": "none"}, quiet=quiet)
    first = inputs.plan.candidates[0]
    found = range_test(
        first.network, inputs.plan.fitting, first.options, lowest=lowest, highest=highest, steps=steps
    )
    if picture:
        plots.save_figure(plots.draw_learning_rates(found), picture)
    if as_json:
        print_json(
            {
                "data": inputs.data.data,
                "suggestion": found.suggestion,
                "reason": found.reason,
                "rates": found.rates.tolist(),
                "costs": [finite_or_none(cost) for cost in found.costs.tolist()],
                "smoothed": [finite_or_none(cost) for cost in found.smoothed.tolist()],
                "picture": picture,
            }
        )
        return
    rate = "none" if found.suggestion is None else f"--learning-rate {found.suggestion:.2g}"
    lines = [("suggested", rate), ("because", found.reason)]
    show(aligned([*lines, ("picture", picture)] if picture else lines, 10))
