"""Commands that look inside a saved model: summary, trace, health, gradcheck."""

from typing import Annotated

import typer

from pellucid.cli.common import AsJson, Data, LearningRate, ModelFile, Optimizer, Part, Quiet, Strict
from pellucid.cli.console import print_json, show, width
from pellucid.cli.labelled import Labelled, read_labelled
from pellucid.model import Model
from pellucid.summary import summary_text
from pellucid.tracing import Trace, gradient_check_network
from pellucid.tracing import health as judged
from pellucid.tracing import trace as traced
from pellucid.tracing.text import trace_text


def summary(model: ModelFile, as_json: AsJson = False) -> None:
    """Show the layers, classes, preprocessing and training of a MODEL."""
    loaded = Model.load(model)
    history = loaded.history
    if as_json:
        print_json(
            {
                "model": model,
                "network": loaded.network.to_dict(),
                "parameters": loaded.network.parameter_count,
                "dtype": loaded.dtype,
                "classes": list(loaded.classes),
                "recipe": loaded.recipe.to_dict(),
                "history": history.to_dict(),
            }
        )
        return
    lines = [summary_text(loaded.network, history.costs)]
    lines.append(f"inputs: {loaded.recipe.describe()}, {loaded.recipe.describe_scaling()}")
    if loaded.classes:
        lines.append(f"classes: {', '.join(loaded.classes)}")
    lines.append(f"numbers: {loaded.dtype}")
    if history.iterations:
        ended = history.reason.replace("_", " ")
        lines.append(f"training: {history.iterations:,} iterations, {history.engine} engine, {ended}")
    show("\n".join(lines))


def _traced(labelled: Labelled, learning_rate: float, optimizer: str) -> Trace:
    X, Y = labelled.examples.X, labelled.examples.Y
    network, parameters = labelled.model.network, labelled.model.parameters
    return traced(parameters, X, Y, network, learning_rate=learning_rate, optimizer=optimizer)


def trace(
    model: ModelFile,
    data: Data,
    example: Annotated[
        int | None,
        typer.Option(metavar="N", help="The step on one example alone, counted from 0. Default: on all."),
    ] = None,
    layer: Annotated[
        int | None, typer.Option(metavar="L", help="Show this layer only; 0 are the inputs.")
    ] = None,
    part: Part = "train",
    learning_rate: LearningRate = 0.0075,
    optimizer: Optimizer = "gradient_descent",
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show every intermediate of one training step of MODEL on DATA.

    Z1, A1, ..., the cost, dZ, dW, db, dA of every layer and the updated parameters: each with its formula,
    its shape, what is in it and the lines of the function that made it. The model is not changed.
    """
    found = read_labelled(model, data, part, strict=strict, quiet=quiet)
    if example is not None:
        found = found.only(example)
    step = _traced(found, learning_rate, optimizer)
    if as_json:
        print_json({"model": model, "data": data, **step.to_dict(layer=layer)})
    else:
        show(trace_text(step, None if layer is None else step.layer(layer), width()))


def health(
    model: ModelFile,
    data: Data,
    part: Part = "train",
    learning_rate: LearningRate = 0.0075,
    optimizer: Optimizer = "gradient_descent",
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Look for what keeps MODEL from learning from DATA.

    Dead ReLU units, saturated sigmoids, vanishing and exploding gradients, steps too long or too short,
    units that are alike, unscaled and constant inputs: each with what was measured, what it means and what
    to try. Give the learning rate and the optimizer of the training. The targets of a regression are
    scaled, as they were in training.
    """
    found = read_labelled(model, data, part, strict=strict, quiet=quiet).as_trained()
    report = judged(_traced(found, learning_rate, optimizer))
    if as_json:
        print_json({"model": model, "data": data, **report.to_dict()})
    else:
        show(str(report))


def gradcheck(
    model: ModelFile,
    data: Data,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="Whose gradients: auto, native or reference.")
    ] = "auto",
    coordinates: Annotated[
        int, typer.Option(metavar="N", help="How many numbers of each parameter to draw.")
    ] = 25,
    examples: Annotated[
        int, typer.Option(metavar="N", help="How many of the first examples to take.")
    ] = 200,
    part: Part = "train",
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of what is drawn.")] = 0,
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare the gradients of MODEL on DATA with central differences of its cost.

    Everything is computed in float64. The exit code is 0 where all gradients are right, and 1 where one is
    wrong or none could be judged.
    """
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
        show(report.text(width()))
    if report.verdict != "right":
        raise typer.Exit(1)
