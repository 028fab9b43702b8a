"""pellucid lr-find: which learning rate these data and this network want, before training with it."""

from typing import Annotated

import typer

from pellucid.cli import options

# The parser reads the signature; what was given is taken from the context, by name.
# ruff: noqa: ARG001


def lr_find(
    context: typer.Context,
    data: options.Data = None,
    test: options.Test = None,
    target: options.Target = None,
    task: options.Task = None,
    numeric: options.Numeric = None,
    categorical: options.Categorical = None,
    drop: options.Drop = None,
    layers: options.Layers = None,
    batch_size: options.BatchSize = None,
    hidden_activation: options.HiddenActivation = None,
    init: options.Init = None,
    seed: options.Seed = None,
    image_size: options.ImageSize = None,
    scaling: options.Scaling = None,
    test_fraction: options.TestFraction = None,
    dtype: options.Dtype = None,
    engine: options.Engine = None,
    optimizer: options.Optimizer = None,
    momentum: options.Momentum = None,
    weight_decay: options.WeightDecay = None,
    clip_norm: options.ClipNorm = None,
    l2: options.L2 = None,
    l1: options.L1 = None,
    dropout: options.Dropout = None,
    input_dropout: options.InputDropout = None,
    label_smoothing: options.LabelSmoothing = None,
    threads: options.Threads = None,
    strict: options.Strict = False,
    config: options.Config = None,
    lowest: Annotated[float, typer.Option(metavar="X", help="The learning rate to begin with.")] = 1e-6,
    highest: Annotated[float, typer.Option(metavar="X", help="The learning rate to end with.")] = 10.0,
    steps: Annotated[int, typer.Option(metavar="N", help="How many rates to try.")] = 100,
    out: Annotated[
        str, typer.Option(metavar="FILE", help="The picture: .png, .svg or .pdf.")
    ] = "learning-rates.png",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Try growing learning rates on the training part of DATA, draw the costs, and suggest a rate.

    The rate grows from step to step, and the test ends where the cost does not bear it. Nothing is trained.
    """
    from pellucid.cli.asked import Asked
    from pellucid.cli.range_test_run import run_range_test

    asked = Asked.of(context.params, config)
    run_range_test(asked, out, lowest, highest, steps, as_json=as_json, quiet=quiet)
