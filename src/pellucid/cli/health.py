"""pellucid health: what is wrong with a network in training, what it means and what to try."""

from typing import Annotated

import typer

from pellucid.cli import options


def health(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file that Pellucid saved.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="Labelled data, as for train.")],
    part: Annotated[str, typer.Option(metavar="NAME", help="Which part of DATA: train or test.")] = "train",
    learning_rate: options.LearningRate = None,
    optimizer: options.Optimizer = None,
    strict: options.Strict = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Look for what keeps MODEL from learning from DATA.

    Dead ReLU units, saturated sigmoids, vanishing and exploding gradients, steps too long or too short,
    units that are alike, unscaled and constant inputs: each with what was measured, what it means and what
    to try. Learning rate and optimizer are to be those of the training. The numbers that a model of tables
    predicts are scaled, as they were in its training.
    """
    from pellucid.cli.console import print_json
    from pellucid.cli.labelled import read_labelled
    from pellucid.tracing import health as judged
    from pellucid.tracing import trace as traced

    found = read_labelled(model, data, part, strict=strict, quiet=quiet).as_trained()
    step = traced(
        found.model.parameters,
        found.examples.X,
        found.examples.Y,
        found.model.network,
        learning_rate=0.0075 if learning_rate is None else learning_rate,
        optimizer=optimizer or "gradient_descent",
    )
    report = judged(step)
    if as_json:
        print_json({"model": model, "data": data, **report.to_dict()})
    else:
        typer.echo(str(report))
