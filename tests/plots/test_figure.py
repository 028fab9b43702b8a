"""Figures: files that open, pictures in notebooks, and no window."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pellucid.errors import OptionError, OutputError

pytest.importorskip("matplotlib")
from pellucid import plots


@pytest.mark.parametrize(("kind", "head"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_figures_are_saved(tmp_path: Path, kind: str, head: bytes) -> None:
    plots.save_figure(plots.cost_curve([1.0, 0.5]), tmp_path / f"cost.{kind}")
    assert (tmp_path / f"cost.{kind}").read_bytes().startswith(head)


def test_figures_cannot_be_saved_anywhere(tmp_path: Path) -> None:
    figure = plots.cost_curve([1.0])
    with pytest.raises(OptionError, match=r"expected a name ending in \.png, \.svg or \.pdf"):
        plots.save_figure(figure, tmp_path / "cost.txt")
    with pytest.raises(OutputError):
        plots.save_figure(figure, tmp_path / "missing" / "cost.png")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_a_figure(tmp_path: Path) -> None:
    figure = plots.cost_curve([1.0, 0.5])
    shown = figure._repr_png_()
    assert shown.startswith(b"\x89PNG\r\n\x1a\n")
    figure.savefig(tmp_path / "same.png")
    assert (tmp_path / "same.png").read_bytes() == shown


def test_a_figure_can_be_pickled() -> None:
    figure = pickle.loads(pickle.dumps(plots.cost_curve([1.0, 0.5])))
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), [1.0, 0.5])
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_pyplot_is_never_loaded() -> None:
    code = (
        "import sys; from pellucid import plots; plots.cost_curve([1.0])._repr_png_();"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
