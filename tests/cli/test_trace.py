"""Every number of one training step of a saved model, on the terminal and as JSON; and its health."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid import trace
from pellucid.data.load import load_labelled
from pellucid.model import Model
from pellucid.tracing import Trace, health
from small_data import photographs, points, write_points
from small_tables import write_flats, write_numbers
from table_files import write_npz


@pytest.fixture
def data(here: Path) -> str:
    """A file with two parts."""
    tested = points(9, seed=3)
    write_npz(
        here / "data.npz",
        **{f"{name}_train": value for name, value in points(30).items()},
        **{f"{name}_test": value for name, value in tested.items()},
    )
    return "data.npz"


def traced(path: Path, data: str, part: str = "train", **options: object) -> Trace:
    model = Model.load(path)
    examples = load_labelled(data, model.recipe, model.classes, part=part)
    return trace(model.parameters, examples.X, examples.Y, model.network, **options)


def test_the_step_on_the_training_part(done: Callable, number_model: Path, data: str) -> None:
    outcome = done("trace", number_model, data)
    expected = traced(number_model, data)
    assert outcome.out == f"{expected}\n"
    assert outcome.err == ""
    assert outcome.out.startswith("one training step, layers [3, 4, 1], 30 examples\n")
    on_test = done("trace", number_model, data, "--part", "test").out
    assert on_test == f"{traced(number_model, data, 'test')}\n"


def test_one_example_and_one_layer(done: Callable, number_model: Path, data: str) -> None:
    lines = done("trace", number_model, data, "--example", 4, "--layer", 2).out.splitlines()
    assert lines[0] == "one training step, layers [3, 4, 1], 1 example"
    named = [line.split()[0] for line in lines if " = " in line]
    assert named == ["Z2", "A2", "dA2", "dZ2", "dW2", "db2", "W2", "b2"]
    whole = traced(number_model, data)
    at = next(i for i, line in enumerate(lines) if line.startswith("Z2"))
    assert float(lines[at + 1]) == pytest.approx(whole["Z2"].value[0, 4], rel=1e-3)


def test_learning_rate_and_optimizer(done: Callable, number_model: Path, data: str) -> None:
    out = done("trace", number_model, data, "--learning-rate", 0.25, "--optimizer", "adam").out
    assert out == f"{traced(number_model, data, learning_rate=0.25, optimizer='adam')}\n"


def test_the_json(done: Callable, number_model: Path, data: str) -> None:
    document = done("trace", number_model, data, "--json").document
    assert (document.pop("model"), document.pop("data")) == (str(number_model), data)
    assert document == traced(number_model, data).to_dict()
    only = done("trace", number_model, data, "--json", "--layer", 1).document
    assert {row["layer"] for row in only["steps"]} == {1}


def test_the_model_is_not_changed(done: Callable, number_model: Path, data: str) -> None:
    before = number_model.read_bytes()
    done("trace", number_model, data)
    assert number_model.read_bytes() == before


def test_pictures(here: Path, done: Callable, picture_model: Path) -> None:
    photographs(here / "pets", 3)
    document = done("trace", picture_model, "pets", "--json").document
    assert document["inputs"]["X"]["shape"] == [192, 6]
    assert done("health", picture_model, "pets", "--json").document["examples"] == 6


def test_health(here: Path, done: Callable, number_model: Path, data: str) -> None:
    rate = ("--learning-rate", 0.5)
    assert done("health", number_model, data, *rate).out == (
        f"{health(traced(number_model, data, learning_rate=0.5))}\n"
    )
    raw = points(30)
    write_npz(here / "raw.npz", X=1000 * raw["X"], y=raw["y"])
    document = done("health", number_model, "raw.npz", "--json").document
    assert (document["model"], document["data"], document["healthy"]) == (
        *(str(number_model), "raw.npz", False),
    )
    assert "unscaled-inputs" in [row["code"] for row in document["findings"]]


@pytest.mark.parametrize("target", ["sold", "price"])
def test_models_of_tables(here: Path, done: Callable, target: str) -> None:
    pytest.importorskip("pyarrow")
    write = write_flats if target == "sold" else write_numbers
    table = write(here / "table.csv")
    model = done("train", table, "--target", target, "--epochs", 30, "--quiet", "--json").document["model"]
    out = done("trace", model, table).out
    assert ("identity" in out) == (target == "price")
    report = done("health", model, table, "--learning-rate", 0.01, "--json").document
    # The prices are about 1000; the step is judged as it was taken, on scaled ones.
    assert report["healthy"], report


def test_a_table_with_one_price_is_told_as_it_is(here: Path, done: Callable) -> None:
    pytest.importorskip("pyarrow")
    table = write_numbers(here / "table.csv")
    model = done("train", table, "--target", "price", "--epochs", 3, "--quiet", "--json").document["model"]
    (here / "one.csv").write_text("x,z,price\n1,2,1000\n2,1,1000\n", "utf-8")
    assert done("health", model, "one.csv", "--json").document["examples"] == 2


def test_the_scale_of_the_targets_does_not_change_what_is_predicted(here: Path, done: Callable) -> None:
    pytest.importorskip("pyarrow")
    from pellucid.cli.labelled import read_labelled

    table = write_numbers(here / "table.csv")
    model = done("train", table, "--target", "price", "--epochs", 3, "--quiet", "--json").document["model"]
    found = read_labelled(model, str(table), "train", strict=False, quiet=True)
    scaled = found.as_trained()
    assert scaled.examples.Y.mean() == pytest.approx(0, abs=1e-5)
    assert scaled.examples.Y.std() == pytest.approx(1, rel=1e-5)
    predicted = scaled.model.outputs(scaled.examples.X) * found.examples.Y.std() + found.examples.Y.mean()
    np.testing.assert_allclose(predicted, found.model.outputs(found.examples.X), rtol=1e-5)


def test_two_softmax_outputs(here: Path, done: Callable, data: str) -> None:
    from dataclasses import replace

    from pellucid import Network

    model = Model.load(_trained(here, done))
    network = Network((3, 4, 2), output_activation="softmax")
    rng = np.random.default_rng(0)
    parameters = {name: rng.standard_normal(shape) for name, shape in network.parameter_shapes.items()}
    replace(model, network=network, parameters=parameters).save("two.safetensors")
    assert done("trace", "two.safetensors", data, "--json").document["inputs"]["Y"]["shape"] == [2, 30]


def _trained(here: Path, done: Callable) -> str:
    write_points(here / "points.npz")
    return done("train", "points.npz", "--iterations", 2, "--quiet", "--json").document["model"]


def test_refusals(refused: Callable, number_model: Path, data: str) -> None:
    assert refused("trace", number_model, data, "--example", 30) == (
        "--example is 30 and there are 30 examples; expected 0 to 29"
    )
    assert refused("trace", number_model, data, "--layer", 3) == (
        "layer is 3; expected an integer from 0 to 2"
    )
    for command in ("trace", "health", "gradcheck"):
        assert refused(command, number_model, data, "--part", "dev") == (
            "unknown part 'dev'; expected test or train"
        )
        assert "nowhere.npz" in refused(command, number_model, "nowhere.npz")
        assert refused(command, "nowhere.safetensors", data)
    assert "optimizer is 'sgd'" in refused("health", number_model, data, "--optimizer", "sgd")
    assert "learning_rate is 0.0" in refused("trace", number_model, data, "--learning-rate", 0)


def test_a_model_of_numbers_that_are_not_in_a_table(here: Path, done: Callable, refused: Callable) -> None:
    from pellucid import DeepNetwork

    X = points(30)["X"]
    net = DeepNetwork([3, 2, 1], output_activation="identity", num_iterations=1)
    net.fit(X.T, X[:, :1].T).save("numbers.safetensors")
    np.savez("numbers.npz", X=X, y=X[:, 0])
    for command in ("trace", "health"):
        assert done(command, "numbers.safetensors", "numbers.npz", "--json").document
    np.savez("two.npz", X=X, y=X[:, :2])
    assert refused("trace", "numbers.safetensors", "two.npz") == (
        "the data have 2 targets for each example; expected 1: the outputs of the model"
    )
