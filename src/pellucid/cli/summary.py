"""pellucid summary: what is in a model file."""

from typing import Annotated

import typer


def summary(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file that Pellucid saved.")],
    as_json: Annotated[bool, typer.Option("--json", help="The description as JSON.")] = False,
) -> None:
    """Show the layers, classes, preprocessing and training of a MODEL."""
    from pellucid.cli.console import print_json
    from pellucid.model import Model
    from pellucid.summary import summary_text

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
    typer.echo(summary_text(loaded.network, history.costs))
    typer.echo(f"inputs: {loaded.recipe.describe()}, {loaded.recipe.describe_scaling()}")
    if loaded.classes:
        typer.echo(f"classes: {', '.join(loaded.classes)}")
    typer.echo(f"numbers: {loaded.dtype}")
    if history.iterations:
        typer.echo(
            f"training: {history.iterations:,} iterations, {history.engine} engine, "
            f"{history.reason.replace('_', ' ')}"
        )
