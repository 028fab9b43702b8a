"""The arguments and options that several commands have."""

from typing import Annotated

import typer

ModelFile = Annotated[str, typer.Argument(metavar="MODEL", help="A model file that Pellucid saved.")]
Data = Annotated[str, typer.Argument(metavar="DATA", help="Labelled data, as for train.")]
Part = Annotated[str, typer.Option(metavar="NAME", help="Which part of DATA: train or test.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop at an unreadable picture instead of skipping it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
LearningRate = Annotated[float, typer.Option(metavar="X", help="Learning rate of the training.")]
Optimizer = Annotated[str, typer.Option(metavar="NAME", help="Optimizer of the training.")]
