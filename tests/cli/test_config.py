"""Configuration files: what a run keeps repeats it, and mistakes in a file are named."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pellucid.cli.config import TrainConfig
from pellucid.cli.config_file import read_options, toml_text

from pellucid.engines import engine_for
from small_data import photographs, write_points

Refused = Callable[..., str]


def from_file(path: Path) -> TrainConfig:
    return TrainConfig().updated(read_options(path))


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


def test_a_built_in_name_stays_a_name() -> None:
    config = TrainConfig(data="moons", test="circles").resolved("reference", (4,))
    assert (config.data, config.test, config.layers) == ("moons", "circles", (4,))


def test_other_spellings(here: Path) -> None:
    path = here / "run.toml"
    path.write_text("learning-rate = 1\nimage_size = 48\ninit = 0.01\nhidden-activation = 'tanh'", "utf-8")
    config = from_file(path)
    assert config == TrainConfig(learning_rate=1.0, image_size="48", init="0.01", hidden_activation="tanh")
    assert (config.picture_shape, config.initialization) == ((48, 48), 0.01)
    path.write_text("dropout = 0.5\nl2 = 3\nclip-norm = 2\nwarmup-epochs = 1", "utf-8")
    config = from_file(path)
    assert config == TrainConfig(dropout="0.5", l2=3.0, clip_norm=2.0, warmup_epochs=1.0)
    assert config.network(3, 2).dropout == 0.5


def test_nothing_is_left_to_defaults(here: Path, done: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    write_points(here / "data.npz", m=8)
    monkeypatch.setattr("pellucid.cli.config.TrainConfig.length", 3)
    done("train", "data.npz", "--layers", 2)
    config = (here / "runs" / "train-1" / "config.toml").read_text("utf-8")
    assert "iterations = 3\n" in config
    assert f'engine = "{engine_for().name}"\n' in config
    assert "\nepochs" not in config
    done("train", "data.npz", "--layers", 2, "--batch-size", 4)
    config = (here / "runs" / "train-2" / "config.toml").read_text("utf-8")
    assert "epochs = 3\n" in config
    assert "iterations" not in config


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
            "run.toml: unknown key 'learning-rates'; expected some of data, test, target,",
        ),
        ("[train]\nseed = 1", "run.toml: unknown key 'train'; expected some of data,"),
        ("data = 3", "run.toml: data is 3; expected text in quotes"),
        ("image_size = 64.0", "run.toml: image_size is 64.0; expected text in quotes"),
        (
            "learning-rate = 1\nlearning_rate = 1",
            "run.toml: learning_rate is given twice; expected it once",
        ),
        (f"learning_rate = {'9' * 400}", f"run.toml: learning_rate is {'9' * 77}...; expected a number"),
        (f"init = {'9' * 400}", f"run.toml: init is {'9' * 77}...; expected"),
        (f"layers = [{'9' * 400}]", f"--layers is {'9' * 77}...; expected a whole number from 1 to"),
        (f"seed = {'9' * 5000}", "run.toml is not a TOML file: "),
        ("seed = 1.5", "run.toml: seed is 1.5; expected a whole number"),
        ("seed = true", "run.toml: seed is True; expected a whole number"),
        ("layers = 20", "run.toml: layers is 20; expected a list of whole numbers, or"),
        ("layers = [20, 7.5]", "run.toml: layers is [20, 7.5]; expected a list of whole numbers, or"),
        ("learning_rate = 'fast'", "run.toml: learning_rate is 'fast'; expected a number"),
        ("clip_norm = 'short'", "run.toml: clip_norm is 'short'; expected a number"),
        ("dropout = [0.1]", "run.toml: dropout is [0.1]; expected text in quotes"),
        ("patience = 1.5", "run.toml: patience is 1.5; expected a whole number"),
        ("strict = 1", "run.toml: strict is 1; expected true or false"),
        ("seed = -1", "--seed is -1; expected a whole number from 0 to 4294967295"),
        ("layers = [0]", "--layers is 0; expected a whole number from 1 to 2147483647"),
        ("data = 'd'\nlearning_rate = nan", "learning_rate is nan; expected a number above 0"),
        ("data = 'd'\niterations = 3\nepochs = 3", "--iterations and --epochs say the same thing twice"),
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
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.none() | st.integers(0, 10**6)
configs = st.builds(
    TrainConfig,
    data=names,
    test=st.none() | names,
    target=st.none() | names,
    task=st.none() | names,
    numeric=st.lists(names, max_size=3).map(tuple),
    drop=st.lists(names, max_size=3).map(tuple),
    layers=st.just("auto") | st.lists(st.integers(1, 10**6), max_size=5).map(tuple),
    iterations=counts,
    epochs=counts,
    batch_size=st.none() | st.integers(1, 10**6),
    learning_rate=st.floats(allow_nan=False, allow_infinity=False),
    init=names,
    seed=st.integers(0, 2**32 - 1),
    test_fraction=st.floats(0, 1),
    optimizer=names,
    momentum=st.none() | numbers,
    weight_decay=st.none() | numbers,
    schedule=names,
    warmup_epochs=numbers,
    clip_norm=st.none() | numbers,
    l2=numbers,
    dropout=names,
    patience=counts,
    validation_fraction=st.none() | numbers,
    threads=st.none() | st.integers(1, 100),
    shortcut=names,
    strict=st.booleans(),
)


@given(config=configs)
@example(config=TrainConfig(data='\x7f\t\\"\u00e9'))
def test_any_configuration_survives_its_file(
    config: TrainConfig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(toml_text(config).encode())
    assert from_file(path) == config
