"""pellucid trace: every number of one training step of a saved model."""

from typing import Annotated

import typer

from pellucid.cli import options


def trace(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file that Pellucid saved.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="Labelled data, as for train.")],
    example: Annotated[
        int | None,
        typer.Option(metavar="N", help="The step on one example alone, counted from 0. Default: on all."),
    ] = None,
    layer: Annotated[
        int | None, typer.Option(metavar="L", help="Show this layer only; 0 are the inputs.")
    ] = None,
    part: Annotated[str, typer.Option(metavar="NAME", help="Which part of DATA: train or test.")] = "train",
    learning_rate: options.LearningRate = None,
    optimizer: options.Optimizer = None,
    strict: options.Strict = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Show every intermediate of one training step of MODEL on DATA.

    Z1, A1, ..., the cost, dZ, dW, db, dA of every layer and the updated parameters: each with its formula,
    its shape, what is in it and the lines of the function that made it. The model is not changed.
    """
    from pellucid.cli.console import print_json
    from pellucid.cli.labelled import read_labelled
    from pellucid.tracing import trace as traced
    from pellucid.tracing.text import trace_text

    found = read_labelled(model, data, part, strict=strict, quiet=quiet)
    if example is not None:
        found = found.only(example)
    step = traced(
        found.model.parameters,
        found.examples.X,
        found.examples.Y,
        found.model.network,
        learning_rate=0.0075 if learning_rate is None else learning_rate,
        optimizer=optimizer or "gradient_descent",
    )
    if as_json:
        print_json({"model": model, "data": data, **step.to_dict(layer=layer)})
    else:
        typer.echo(trace_text(step, None if layer is None else step.layer(layer)))
