"""pellucid train: from raw data to a trained, evaluated, saved model."""

from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli import options

# The parser reads the signature; what was given is taken from the context, by name.
# ruff: noqa: ARG001


def train(
    context: typer.Context,
    data: options.Data = None,
    test: options.Test = None,
    target: options.Target = None,
    task: options.Task = None,
    numeric: options.Numeric = None,
    categorical: options.Categorical = None,
    drop: options.Drop = None,
    layers: options.Layers = None,
    iterations: options.Iterations = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
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
    schedule: options.Schedule = None,
    warmup_epochs: options.WarmupEpochs = None,
    clip_norm: options.ClipNorm = None,
    l2: options.L2 = None,
    l1: options.L1 = None,
    dropout: options.Dropout = None,
    input_dropout: options.InputDropout = None,
    label_smoothing: options.LabelSmoothing = None,
    patience: options.Patience = None,
    validation_fraction: options.ValidationFraction = None,
    threads: options.Threads = None,
    shortcut: options.Shortcut = None,
    strict: options.Strict = False,
    config: options.Config = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder of the run. Default: the next runs/train-N.")
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Train a network on DATA, evaluate it, and save it in a run folder.

    The defaults are the course's. A table has its own, which follow from its size and are shown.
    """
    from pellucid.cli.asked import Asked
    from pellucid.cli.training_run import run_training

    asked = Asked.of(context.params, config)
    return run_training(asked, None if out is None else Path(out), as_json=as_json, quiet=quiet)
