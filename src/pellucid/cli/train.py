"""pellucid train: from raw data to a trained, evaluated, saved model."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="An HDF5 file, a folder of pictures, an .npz file, or a built-in data set: "
            "digits, breast-cancer, moons, circles.",
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(
            metavar="DATA", help="The test set. Default: the test part of DATA, or a share split off."
        ),
    ] = None,
    layers: Annotated[
        list[int] | None,
        typer.Option(metavar="N [N ...]", help="Units of the hidden layers. Default: 20 7 5."),
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(metavar="N", help="Gradient steps, each on all examples. Default: 2500.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Passes over the data, instead of iterations.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", help="Examples per gradient step. Default: all of them.")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(metavar="X", help="Length of a step. Default: 0.0075.")
    ] = None,
    hidden_activation: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[,NAME...]",
            help="relu, tanh, leaky_relu, elu, gelu, silu, sigmoid or identity; one for all hidden "
            "layers, or one for each. Default: relu.",
        ),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|X",
            help="How the weights start: xavier, he, small, glorot_uniform, glorot_normal, "
            "lecun_uniform, lecun_normal, zeros, or the factor of randn. Default: xavier.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of everything random. Default: 1.")
    ] = None,
    image_size: Annotated[
        str | None,
        typer.Option(metavar="N|HxW", help="Size photographs are resized to, in pixels. Default: 64."),
    ] = None,
    scaling: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="auto, unit (divide by 255), standard (mean 0, deviation 1) or none. Default: auto, "
            "unit for pictures and standard for numbers.",
        ),
    ] = None,
    test_fraction: Annotated[
        float | None,
        typer.Option(metavar="X", help="The share split off where there is no test set. Default: 0.2."),
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(metavar="NAME", help="float64 or float32. Default: float64.")
    ] = None,
    engine: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which engine trains. Default: auto.")
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="gradient_descent, momentum, heavy_ball, nesterov, rmsprop, adam or adamw. "
            "Default: gradient_descent.",
        ),
    ] = None,
    momentum: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="How much of the velocity stays from step to step. Default: the optimizer's, 0.9.",
        ),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How the rate changes: constant, step, inverse_scaling, decay, adaptive, cosine "
            "or one_cycle, with numbers as in step:every=20,factor=0.5. Default: constant.",
        ),
    ] = None,
    warmup_epochs: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Epochs in which the rate first grows to what the schedule says. Default: 0.",
        ),
    ] = None,
    clip_norm: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Shorten gradients that are longer. Default: never.",
        ),
    ] = None,
    l2: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Penalty of the squared weights, the course's lambda. Default: 0.",
        ),
    ] = None,
    l1: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Penalty of the weights' sizes. Default: 0.",
        ),
    ] = None,
    dropout: Annotated[
        str | None,
        typer.Option(
            metavar="X[,X...]",
            help="Share of the hidden units that each step leaves out: one for all layers, or one "
            "for each. Default: 0.",
        ),
    ] = None,
    input_dropout: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="The same for the inputs. Default: 0.",
        ),
    ] = None,
    label_smoothing: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Share of each label that is spread over all classes. Default: 0.",
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Stop when more than N epochs in a row have not lowered the cost, and keep the "
            "best. Default: never.",
        ),
    ] = None,
    validation_fraction: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="The share of the training set that is held out to watch the cost on. Default: none.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="How many threads may work. Default: as many as pay.",
        ),
    ] = None,
    shortcut: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The exact short cut for more inputs than examples: auto, always or never. Default: auto.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at an unreadable picture instead of skipping it.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Options from a file; those given here come first."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the run. Default: the next runs/train-N.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON on standard output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> int:
    """Train a network on DATA, evaluate it, and save it in a run folder."""
    given = {
        "data": data,
        "test": test,
        "layers": layers or None,
        "iterations": iterations,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "hidden_activation": hidden_activation,
        "init": init,
        "seed": seed,
        "image_size": image_size,
        "scaling": scaling,
        "test_fraction": test_fraction,
        "dtype": dtype,
        "engine": engine,
        "strict": strict or None,
        "optimizer": optimizer,
        "momentum": momentum,
        "schedule": schedule,
        "warmup_epochs": warmup_epochs,
        "clip_norm": clip_norm,
        "l2": l2,
        "l1": l1,
        "dropout": dropout,
        "input_dropout": input_dropout,
        "label_smoothing": label_smoothing,
        "patience": patience,
        "validation_fraction": validation_fraction,
        "threads": threads,
        "shortcut": shortcut,
    }
    from pellucid.cli.training_run import run_training

    return run_training(given, config, out, as_json=as_json, quiet=quiet)
