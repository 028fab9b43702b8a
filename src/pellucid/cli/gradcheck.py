"""pellucid gradcheck: whether an engine's gradients are those of the cost."""

from typing import Annotated

import typer

from pellucid.cli import options


def gradcheck(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file that Pellucid saved.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="Labelled data, as for train.")],
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="Whose gradients: auto, native or reference.")
    ] = "auto",
    coordinates: Annotated[
        int, typer.Option(metavar="N", help="How many numbers of each parameter to draw.")
    ] = 25,
    examples: Annotated[
        int, typer.Option(metavar="N", help="How many of the first examples to take.")
    ] = 200,
    part: Annotated[str, typer.Option(metavar="NAME", help="Which part of DATA: train or test.")] = "train",
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of what is drawn.")] = 0,
    strict: options.Strict = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare the gradients of MODEL on DATA with central differences of its cost.

    Everything is computed in float64. The exit code is 0 where all gradients are right, and 1 where one is
    wrong or none could be judged.
    """
    from pellucid.cli.console import print_json
    from pellucid.cli.labelled import read_labelled
    from pellucid.tracing import gradient_check_network

    found = read_labelled(model, data, part, strict=strict, quiet=quiet).first(examples)
    report = gradient_check_network(
        found.model.parameters,
        found.examples.X,
        found.examples.Y,
        found.model.network,
        engine=engine,
        coordinates=coordinates,
        seed=seed,
    )
    if as_json:
        print_json({"model": model, "data": data, **report.to_dict()})
    else:
        typer.echo(str(report))
    if report.verdict != "right":
        raise typer.Exit(1)
