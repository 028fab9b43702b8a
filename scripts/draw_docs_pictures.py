"""Draw the pictures of the README and the documentation, with the product itself.

The digits and the moons come with scikit-learn. The cost curve of the cat classifier needs the course's
data: PELLUCID_DATA, or ../shared/data; without it that one picture stays as it is.
"""

import os
from pathlib import Path

import pellucid
from pellucid import plots

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"


def moons() -> None:
    """Where a small network changes its mind."""
    train, _ = pellucid.load_data("moons")
    net = pellucid.DeepNetwork([2, 16, 8, 1], learning_rate=0.3, num_iterations=1000, initialization="he")
    net.fit(train.X, train.Y, classes=train.classes, recipe=train.recipe)
    plots.save_figure(plots.decision_boundary(net.to_model(), train), PICTURES / "moons.png", dpi=100)


def digits() -> None:
    """The digits that the README's example gets wrong."""
    train, test = pellucid.load_data("digits")
    net = pellucid.DeepNetwork([64, 32, 16, 10], learning_rate=0.3, num_iterations=600, initialization="he")
    net.fit(train.X, train.Y, classes=train.classes, recipe=train.recipe)
    model = net.to_model()
    sheet = plots.wrong_answers(model, test, model.evaluate(test))
    if sheet is not None:
        plots.save_figure(sheet, PICTURES / "digits-wrong.png", dpi=100)


def cats() -> None:
    """The published cost curve of the four-layer cat classifier."""
    folder = Path(os.environ.get("PELLUCID_DATA") or ROOT.parent / "shared" / "data") / "catvnoncat"
    if not folder.is_dir():
        print(f"cats-cost.png not drawn: there is no {folder}")
        return
    train, _ = pellucid.load_data(folder / "train_catvnoncat.h5", folder / "test_catvnoncat.h5")
    net = pellucid.DeepNetwork([12288, 20, 7, 5, 1]).fit(train.X, train.Y)
    figure = plots.cost_curve(net.costs, title="[12288, 20, 7, 5, 1] on 209 pictures")
    plots.save_figure(figure, PICTURES / "cats-cost.png", dpi=100)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    moons()
    digits()
    cats()
