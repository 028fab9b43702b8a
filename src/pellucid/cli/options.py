"""The options of the commands that train: what `train` and `lr-find` have in common is written once.

Each is named as the field of `TrainConfig` that it sets; the commands take them by these names.
"""

from typing import Annotated, Any

import typer

Whole = int | None
Number = float | None
Text = str | None


def _layers(typed: list[str] | None) -> Any:
    """["20", "7"] as whole numbers; the word auto stays one."""
    if not typed:
        return None
    if typed == ["auto"]:
        return "auto"
    try:
        return tuple(map(int, typed))
    except ValueError:
        wrong = next(word for word in typed if not word.removeprefix("-").isdecimal())
        raise typer.BadParameter(
            f"{wrong!r:.80} is not a whole number; expected the units of each hidden layer, or auto alone"
        ) from None


def _names(typed: list[str] | None) -> Any:
    """["a,b", "c"] as the names of three columns."""
    return tuple(name for names in typed for name in names.split(",") if name) if typed else None


# --- Data

Data = Annotated[
    Text,
    typer.Argument(
        metavar="DATA",
        help="A table (CSV, TSV or Parquet, with --target), an HDF5 file, a folder of pictures, an .npz "
        "file, or a built-in data set: digits, breast-cancer, moons, circles.",
    ),
]
Test = Annotated[
    Text,
    typer.Option(
        metavar="DATA", help="The test set. Default: the test part of DATA, or a share split off."
    ),
]
Target = Annotated[
    Text, typer.Option(metavar="NAME", help="The column of a table that is to be predicted.")
]
Task = Annotated[
    Text,
    typer.Option(
        metavar="NAME",
        help="What to make of the target: classification or regression. Default: what its values suggest.",
    ),
]
Numeric = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME[,NAME...]", callback=_names, help="Columns of a table that are to be numbers."
    ),
]
Categorical = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME[,NAME...]",
        callback=_names,
        help="Columns of a table that are to be categories. Default: those that hold texts.",
    ),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME[,NAME...]", callback=_names, help="Columns of a table to leave out."),
]
ImageSize = Annotated[
    Text, typer.Option(metavar="N|HxW", help="Size photographs are resized to, in pixels. Default: 64.")
]
Scaling = Annotated[
    Text,
    typer.Option(
        metavar="NAME",
        help="auto, unit (divide by 255), standard (mean 0, deviation 1) or none. Default: auto, "
        "unit for pictures and standard for numbers; tables have their own.",
    ),
]
TestFraction = Annotated[
    Number,
    typer.Option(metavar="X", help="The share split off where there is no test set. Default: 0.2."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop at an unreadable picture instead of skipping it.")
]

# --- Network

Layers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="N [N ...]|auto",
        callback=_layers,
        help="Units of the hidden layers; auto tries some on a held-out share. Default: 20 7 5.",
    ),
]
HiddenActivation = Annotated[
    Text,
    typer.Option(
        metavar="NAME[,NAME...]",
        help="relu, tanh, leaky_relu, elu, gelu, silu, sigmoid or identity; one for all hidden "
        "layers, or one for each. Default: relu.",
    ),
]
Init = Annotated[
    Text,
    typer.Option(
        metavar="NAME|X",
        help="How the weights start: xavier, he, small, glorot_uniform, glorot_normal, "
        "lecun_uniform, lecun_normal, zeros, or the factor of randn. Default: xavier.",
    ),
]
L2 = Annotated[
    Number,
    typer.Option(metavar="X", help="Penalty of the squared weights, the course's lambda. Default: 0."),
]
L1 = Annotated[Number, typer.Option(metavar="X", help="Penalty of the weights' sizes. Default: 0.")]
Dropout = Annotated[
    Text,
    typer.Option(
        metavar="X[,X...]",
        help="Share of the hidden units that each step leaves out: one for all layers, or one "
        "for each. Default: 0.",
    ),
]
InputDropout = Annotated[Number, typer.Option(metavar="X", help="The same for the inputs. Default: 0.")]
LabelSmoothing = Annotated[
    Number,
    typer.Option(metavar="X", help="Share of each label that is spread over all classes. Default: 0."),
]

# --- Training

Iterations = Annotated[
    Whole, typer.Option(metavar="N", help="Gradient steps, each on all examples. Default: 2500.")
]
Epochs = Annotated[Whole, typer.Option(metavar="N", help="Passes over the data, instead of iterations.")]
BatchSize = Annotated[
    Whole, typer.Option(metavar="N", help="Examples per gradient step. Default: all of them.")
]
LearningRate = Annotated[Number, typer.Option(metavar="X", help="Length of a step. Default: 0.0075.")]
Optimizer = Annotated[
    Text,
    typer.Option(
        metavar="NAME",
        help="gradient_descent, momentum, heavy_ball, nesterov, rmsprop, adam or adamw. "
        "Default: gradient_descent.",
    ),
]
Momentum = Annotated[
    Number,
    typer.Option(
        metavar="X",
        help="How much of the velocity stays from step to step. Default: the optimizer's, 0.9.",
    ),
]
WeightDecay = Annotated[
    Number,
    typer.Option(
        metavar="X",
        help="The share of each weight that a step of rate 1 of adamw takes away. Default: 0.01.",
    ),
]
Schedule = Annotated[
    Text,
    typer.Option(
        metavar="NAME",
        help="How the rate changes: constant, step, inverse_scaling, decay, adaptive, cosine, "
        "exponential or one_cycle, with numbers as in step:every=20,factor=0.5. Default: constant.",
    ),
]
WarmupEpochs = Annotated[
    Number,
    typer.Option(
        metavar="X", help="Epochs in which the rate first grows to what the schedule says. Default: 0."
    ),
]
ClipNorm = Annotated[
    Number, typer.Option(metavar="X", help="Shorten gradients that are longer. Default: never.")
]
Patience = Annotated[
    Whole,
    typer.Option(
        metavar="N",
        help="Stop when more than N epochs in a row have not lowered the cost, and keep the "
        "best. Default: never.",
    ),
]
ValidationFraction = Annotated[
    Number,
    typer.Option(
        metavar="X",
        help="The share of the training set that is held out to watch the cost on. Default: none.",
    ),
]
Seed = Annotated[Whole, typer.Option(metavar="N", help="Seed of everything random. Default: 1.")]
Dtype = Annotated[Text, typer.Option(metavar="NAME", help="float64 or float32. Default: float64.")]
Engine = Annotated[Text, typer.Option(metavar="NAME", help="Which engine trains. Default: auto.")]
Threads = Annotated[
    Whole, typer.Option(metavar="N", help="How many threads may work. Default: as many as pay.")
]
Shortcut = Annotated[
    Text,
    typer.Option(
        metavar="NAME",
        help="The exact short cut for more inputs than examples: auto, always or never. Default: auto.",
    ),
]

# --- What every such command has

Config = Annotated[
    Text,
    typer.Option(metavar="FILE.toml", help="Options from a file; those given here come first."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
