"""The demo: train on 1,438 of 1,797 real hand-written digits, test on the rest, look at what was learned.

The digits ship with scikit-learn, so nothing is downloaded. Everything it makes is in runs/.
"""

from pathlib import Path

import pellucid
from pellucid import plots
from pellucid.cli import main as command_line


def run(*arguments: str) -> None:
    """One command of the command line, as a person would type it."""
    print(f"\n$ pellucid {' '.join(arguments)}\n")
    try:
        command_line(arguments)
    except SystemExit as end:
        if end.code:
            raise


def newest_run() -> Path:
    """The folder of the last training run."""
    return max(Path("runs").glob("train-*"), key=lambda folder: int(folder.name.removeprefix("train-")))


def draw_digits(folder: Path) -> None:
    """What each unit of the first layer looks for."""
    model = pellucid.Model.load(folder / "model.safetensors")
    plots.save_figure(plots.first_layer_weights(model), folder / "weights.png")


def draw_boundary(folder: Path) -> None:
    """A network with two inputs, and where it changes its mind."""
    train, test = pellucid.load_data("moons")
    net = pellucid.DeepNetwork([2, 16, 8, 1], learning_rate=0.3, num_iterations=1000, initialization="he")
    net.fit(train.X, train.Y, classes=train.classes, recipe=train.recipe)
    plots.save_figure(plots.decision_boundary(net.to_model(), train), folder / "moons.png")
    print(f"two moons: test accuracy {net.evaluate(test.X, test.Y).accuracy:.3f}")


def main() -> None:
    """Train, look, predict."""
    options = ["--layers", "32", "16", "--init", "he", "--learning-rate", "0.3", "--iterations", "600"]
    run("train", "digits", *options)
    folder = newest_run()
    draw_digits(folder)
    draw_boundary(folder)
    run("summary", str(folder / "model.safetensors"))
    print(f"\nLook at {', '.join(str(path) for path in sorted(folder.glob('*.png')))}")


if __name__ == "__main__":
    main()
