"""Configuration files: what a run keeps repeats it, and mistakes in a file are named."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pellucid.cli.arguments import options_by_name, read_options, toml_text
from pellucid.engines import engine_for
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.training import Schedule
from small_data import photographs, write_points

Refused = Callable[..., str]


@pytest.mark.parametrize(
    "options",
    [
        "--layers 4 3 --iterations 6 --learning-rate 0.3 --init he --hidden-activation tanh",
        "--epochs 3 --batch-size 7 --seed 9 --test-fraction 0.3",
        "--iterations 4 --dtype float32 --scaling none --init 0.25",
        "--epochs 9 --optimizer adam --momentum 0.8 --schedule cosine:floor=0.1 --warmup-epochs 2 --l2 0.3",
        "--epochs 9 --layers 4 3 --hidden-activation tanh,relu --dropout 0.2,0.1 --input-dropout 0.1",
        "--epochs 30 --learning-rate 0.5 --patience 2 --validation-fraction 0.3 --label-smoothing 0.1",
        "--epochs 4 --clip-norm 0.1 --l1 0.01 --threads 1 --shortcut never --batch-size 5",
    ],
)
def test_a_run_repeats_itself_to_the_bit(options: str, here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    done("train", "data.npz", *options.split())
    done("train", "--config", "runs/train-1/config.toml")
    first, second = here / "runs" / "train-1", here / "runs" / "train-2"
    for name in ("model.safetensors", "config.toml", "history.csv", "wrong.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_run_on_photographs_repeats_itself(here: Path, done: Callable) -> None:
    photographs(here / "pets", 3)
    done("train", "pets", "--image-size", "6x4", "--iterations", 4)
    done("train", "--config", "runs/train-1/config.toml", "--out", "again")
    again = (here / "again" / "model.safetensors").read_bytes()
    assert (here / "runs" / "train-1" / "model.safetensors").read_bytes() == again


def test_a_run_repeats_itself_from_any_folder(
    here: Path, done: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_points(here / "data.npz")
    write_points(here / "test.npz", seed=3)
    done("train", "data.npz", "--test", "test.npz", "--iterations", 3, "--out", "first")
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    done("train", "--config", "../first/config.toml", "--out", "second")
    for name in ("model.safetensors", "config.toml"):
        first, second = here / "first" / name, here / "elsewhere" / "second" / name
        assert first.read_bytes() == second.read_bytes()


def test_a_built_in_name_stays_a_name(here: Path, done: Callable) -> None:
    done("train", "moons", "--test", "moons", "--iterations", 1)
    given = read_options(here / "runs" / "train-1" / "config.toml")
    assert (given["data"], given["test"]) == ("moons", "moons")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("learning-rate = 1\nimage_size = 48", {"learning_rate": 1.0, "image_size": (48, 48)}),
        ("init = 0.01\nhidden-activation = 'tanh'", {"initialization": 0.01, "hidden_activation": "tanh"}),
        ("dropout = 0.5\nl2 = 3\nclip-norm = 2", {"dropout": 0.5, "l2": 3.0, "clip_norm": 2.0}),
        ("dropout = [0.5, 0.1]\nlayers = 'auto'", {"dropout": (0.5, 0.1), "layers": "auto"}),
        ("optimizer = 'adam'\nmomentum = 0.8", {"optimizer": Optimizer("adam"), "momentum": 0.8}),
        (
            "optimizer = {name = 'adamw', weight_decay = 2}",
            {"optimizer": Optimizer("adamw", weight_decay=2)},
        ),
        ("schedule = 'step:every=3'", {"schedule": Schedule("step", every=3)}),
        ("schedule = {name = 'step', every = 3}", {"schedule": Schedule("step", every=3)}),
        # As version 0.1.0 wrote them.
        ("dropout = '0.2,0.1'\nimage_size = '48x64'", {"dropout": (0.2, 0.1), "image_size": (48, 64)}),
        (
            "init = '0.3'\nhidden_activation = 'relu,tanh'",
            {"initialization": 0.3, "hidden_activation": ("relu", "tanh")},
        ),
    ],
)
def test_a_file_is_read_as_values(text: str, given: dict[str, Any], here: Path) -> None:
    (here / "run.toml").write_text(text, "utf-8")
    assert read_options(here / "run.toml") == given


def test_nothing_is_left_to_defaults(here: Path, done: Callable) -> None:
    write_points(here / "data.npz", m=8)
    done("train", "data.npz", "--layers", 2, "--iterations", 3)
    given = read_options(here / "runs" / "train-1" / "config.toml")
    assert (given["iterations"], given["engine"]) == (3, engine_for().name)
    assert "epochs" not in given
    done("train", "data.npz", "--layers", 2, "--batch-size", 4, "--epochs", 3)
    given = read_options(here / "runs" / "train-2" / "config.toml")
    assert (given["epochs"], given["batch_size"], given["preset"]) == (3, 4, "course")
    unstated = set(options_by_name()) - set(given)
    # What has no value where nobody gives one, and what other options hold.
    assert unstated == {
        *("test", "target", "iterations", "search", "budget", "clip_norm", "threads", "patience"),
        *("validation_fraction", "momentum", "weight_decay", "warmup_epochs", "decimal", "metric", "cv"),
        *("memory", "cache", "start_from"),
    }


def test_the_command_line_comes_first(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    (here / "run.toml").write_text(
        'data = "nowhere"\nlayers = [9]\nepochs = 9\nlearning_rate = 1\nstrict = true\n', "utf-8"
    )
    arguments = ("data.npz", "--config", "run.toml", "--layers", 4, 2, "--iterations", 3, "--json")
    report = done("train", *arguments).document
    assert (report["layer_dims"], report["iterations"]) == ([3, 4, 2, 1], 3)
    config = (here / "runs" / "train-1" / "config.toml").read_text("utf-8")
    assert "learning_rate = 1.0\n" in config
    assert "strict = true\n" in config


def test_no_hidden_layer(here: Path, done: Callable) -> None:
    write_points(here / "data.npz")
    (here / "run.toml").write_text('data = "data.npz"\nlayers = []\niterations = 3\n', "utf-8")
    assert done("train", "--config", "run.toml", "--json").document["layer_dims"] == [3, 1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("layers = [", "run.toml is not a TOML file: "),
        ("a" * 5, "run.toml is not a TOML file: "),
        ("x = " + "[" * 5000, "run.toml is not a TOML file: "),
        (
            "learning-rates = 1",
            "run.toml: unknown key 'learning-rates'; expected some of data, test, task,",
        ),
        ("[train]\nseed = 1", "run.toml: unknown key 'train'; expected some of data,"),
        ("data = 3", "run.toml: data is 3; expected a name"),
        ("image_size = 64.0", "run.toml: image_size is 64.0; expected one number such as 64"),
        (
            "learning-rate = 1\nlearning_rate = 1",
            "run.toml: learning_rate is given twice; expected it once",
        ),
        (f"learning_rate = {'9' * 400}", "; expected a number above 0"),
        (f"init = {'9' * 400}", "unknown initialisation 999"),
        (f"layers = [{'9' * 400}]", f"run.toml: layers is [{'9' * 76}...; expected at least 1 unit"),
        (f"seed = {'9' * 5000}", "run.toml is not a TOML file: "),
        ("seed = 1.5", "run.toml: seed is 1.5; expected an integer from 0 to"),
        ("seed = true", "run.toml: seed is True; expected an integer from 0 to"),
        ("layers = 20", "run.toml: layers is 20; expected at least 1 unit for each"),
        ("layers = [20, 7.5]", "run.toml: layers is [20, 7.5]; expected at least 1 unit for each"),
        ("learning_rate = 'fast'", "run.toml: learning_rate is 'fast'; expected a number"),
        ("clip_norm = 'short'", "run.toml: clip_norm is 'short'; expected a number"),
        ("dropout = ['some']", "run.toml: dropout is ['some']; expected a number at least 0 and below 1"),
        ("patience = 1.5", "run.toml: patience is 1.5; expected an integer of at least 0"),
        ("strict = 1", "run.toml: strict is 1; expected True or False"),
        ("seed = -1", "run.toml: seed is -1; expected an integer from 0 to 4294967295"),
        ("layers = [0]", "run.toml: layers is [0]; expected at least 1 unit for each"),
        ("data = 'd'\nlearning_rate = nan", "run.toml: learning_rate is nan; expected a number above 0"),
        ("data = 'd'\niterations = 3\nepochs = 3", "iterations and epochs are both given; expected one"),
        ("", "no data were named; expected DATA, or data = ... in --config FILE"),
    ],
)
def test_mistakes_in_a_file(text: str, line: str, here: Path, refused: Refused) -> None:
    (here / "run.toml").write_text(text, "utf-8")
    assert line in refused("train", "--config", "run.toml")


def test_files_that_cannot_be_read(here: Path, refused: Refused) -> None:
    assert refused("train", "--config", "no.toml") == (
        "there is no file no.toml; expected a TOML file of options"
    )
    assert refused("train", "--config", ".") == ". is a folder; expected a TOML file of options"
    assert refused("train", "--config", "/dev/zero").startswith(
        "/dev/zero is a pipe, a socket or a device;"
    )
    os.mkfifo(here / "pipe")
    assert refused("train", "--config", "pipe").startswith("pipe is a pipe, a socket or a device;")
    (here / "large.toml").write_bytes(b"#" * (2**20 + 1))
    assert "of at most 1,048,576" in refused("train", "--config", "large.toml")
    (here / "run.toml").write_bytes(b'data = "caf\xe9"')
    assert refused("train", "--config", "run.toml").startswith("run.toml is not a TOML file: ")


names = st.text(st.characters(codec="utf-8"), max_size=20)
numbers = st.floats(0, 1e300)
given_values = st.fixed_dictionaries(
    {},
    optional={
        "data": names,
        "test": names,
        "target": names,
        "task": st.sampled_from(["classification", "regression"]),
        "numeric": st.lists(names, max_size=3).map(tuple),
        "image_size": st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
        "layers": st.just("auto") | st.lists(st.integers(1, 10**6), max_size=5).map(tuple),
        "iterations": st.integers(0, 10**6),
        "batch_size": st.integers(1, 10**6),
        "learning_rate": st.floats(1e-300, 1e300),
        "initialization": st.sampled_from(["he", "zeros"]) | st.floats(-9, 9),
        "seed": st.integers(0, 2**32 - 1),
        "optimizer": st.builds(Optimizer, st.sampled_from(list(OPTIMIZERS)), beta1=st.floats(0, 0.9)),
        "schedule": st.builds(Schedule, st.just("step"), every=st.integers(1, 9)),
        "hidden_activation": st.just("relu") | st.just(("relu", "tanh")),
        "dropout": st.floats(0, 0.9) | st.lists(st.floats(0, 0.9), max_size=3).map(tuple),
        "clip_norm": st.floats(1e-9, 9),
        "l2": numbers,
        "patience": st.integers(0, 10**6),
        "restore_best": st.booleans(),
        "strict": st.booleans(),
    },
)


@given(given=given_values)
@example(given={"data": '\x7f\t\\"\u00e9'})
def test_any_settings_survive_their_file(
    given: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(toml_text(given).encode())
    assert read_options(path) == given
