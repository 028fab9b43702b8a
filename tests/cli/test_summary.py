"""What is in a model file, for people and for machines."""

from collections.abc import Callable
from pathlib import Path

from pellucid.engines import engine_for
from pellucid.model import Model


def test_a_model_of_numbers(done: Callable, number_model: Path) -> None:
    out = done("summary", number_model).out
    lines = out.splitlines()
    assert lines[0].split() == ["layer", "W", "b", "activation", "parameters"]
    assert lines[2].split() == ["1", "(4,", "3)", "(4,", "1)", "relu", "16"]
    assert lines[3].split() == ["2", "(1,", "4)", "(1,", "1)", "sigmoid", "5"]
    for line in (
        "parameters: 21",
        "epochs trained: 100",
        "inputs: rows of 3 numbers, each scaled to mean 0 and deviation 1",
        "classes: 0, 1",
        "numbers: float64",
        f"training: 100 iterations, {engine_for().name} engine, completed",
    ):
        assert line in lines


def test_a_model_of_pictures(done: Callable, picture_model: Path) -> None:
    lines = done("summary", picture_model).out.splitlines()
    assert "inputs: colour pictures of 8 x 8 pixels, divided by 255" in lines
    assert "classes: cat, dog" in lines


def test_the_json(done: Callable, picture_model: Path) -> None:
    document = done("summary", picture_model, "--json").document
    model = Model.load(picture_model)
    assert document == {
        "model": str(picture_model),
        "network": {
            "layer_dims": [192, 4, 1],
            "hidden_activation": "relu",
            "output_activation": "sigmoid",
            "cost": "binary_cross_entropy",
        },
        "parameters": 192 * 4 + 4 + 4 + 1,
        "dtype": "float64",
        "classes": ["cat", "dog"],
        "recipe": {"kind": "pictures", "shape": [8, 8, 3], "divisor": 255.0, "mean": [], "deviation": []},
        "history": model.history.to_dict(),
    }
