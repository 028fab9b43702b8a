"""Options that do not exist, out of range, or against each other; and places that cannot be written to."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from small_data import write_points

Refused = Callable[..., str]


@pytest.fixture(autouse=True)
def _data(here: Path) -> None:
    write_points(here / "data.npz")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("--layers", "Option '--layers' requires an argument."),
        ("--layers --seed 1", "--layers is '--seed'; expected at least 1 unit for each"),
        ("--layers 4 0 3", "--layers is (4, 0, 3); expected at least 1 unit for each hidden layer, or"),
        ("--layers -4", "--layers is (-4,); expected at least 1 unit for each hidden layer, or auto"),
        ("--layers 4.5", "--layers is '4.5'; expected at least 1 unit for each hidden"),
        (
            "--image-size 0",
            "--image-size is '0'; expected one number such as 64, or height x width",
        ),
        (
            "--image-size 48x",
            "--image-size is '48x'; expected one number such as 64, or height x width",
        ),
        (
            "--image-size 8x8x3",
            "--image-size is '8x8x3'; expected one number such as 64, or height x",
        ),
        (
            "--image-size 5000",
            "--image-size is '5000'; expected one number such as 64, or height x",
        ),
        (
            "--image-size large",
            "--image-size is 'large'; expected one number such as 64, or height x",
        ),
        ("--init magic", "unknown initialisation 'magic'; expected one of small, xavier, he,"),
        ("--init nan", "unknown initialisation nan; expected one of small, xavier, he,"),
        ("--scaling magic", "--scaling is 'magic'; expected one of auto, none, unit,"),
        ("--dtype float16", "--dtype is 'float16'; expected one of float64, float32"),
        ("--engine warp", "unknown engine 'warp'; expected auto, native, reference"),
        (
            "--hidden-activation step",
            "--hidden-activation is 'step'; expected one of relu, leaky_relu, elu, gelu,",
        ),
        (
            "--hidden-activation softmax",
            "--hidden-activation is 'softmax'; expected one of relu, leaky_relu, elu,",
        ),
        (
            "--hidden-activation relu,step --layers 4 3",
            "--hidden-activation is 'step'; expected one of relu, leaky_relu, elu, gelu,",
        ),
        (
            "--layers 4 3 2 --hidden-activation relu,tanh",
            "hidden_activation names 2 activations; expected one name, or one",
        ),
        (
            "--optimizer magic",
            "--optimizer is 'magic'; expected one of gradient_descent, momentum,",
        ),
        (
            "--course --momentum 0.9",
            "momentum is 0.9 and the optimizer gradient_descent has none; expected one",
        ),
        ("--optimizer adam --momentum 1", "beta1 is 1.0; expected a number at least 0 and below 1"),
        (
            "--schedule magic",
            "--schedule is 'magic'; expected one of constant, step, inverse_scaling,",
        ),
        ("--schedule step:often=3", "schedule is 'step:often=3'; expected a name and its numbers"),
        ("--warmup-epochs -1", "--warmup-epochs is -1.0; expected a number at least 0"),
        ("--clip-norm 0", "--clip-norm is 0.0; expected a number above 0"),
        ("--l2 -1", "l2 is -1.0; expected a number at least 0"),
        ("--l1 nan", "l1 is nan; expected a number at least 0"),
        ("--dropout 1", "dropout is 1.0; expected a number at least 0 and below 1"),
        ("--dropout some", "--dropout is 'some'; expected a number at least 0 and below 1, or a list of"),
        (
            "--layers 4 3 2 --dropout 0.1,0.2",
            "dropout names 2 rates; expected one number, or one for each of the 3 hidden",
        ),
        ("--input-dropout -0.1", "--input-dropout is -0.1; expected a number at least 0 and below 1"),
        ("--label-smoothing 1", "--label-smoothing is 1.0; expected a number at least 0 and below 1"),
        ("--patience -1", "--patience is -1; expected an integer of at least 0"),
        ("--validation-fraction 1", "--validation-fraction is 1.0; expected a number above 0 and below 1"),
        ("--threads 0", "--threads is 0; expected an integer of at least 1"),
        ("--threads 100000", "threads is 100000 and this process may use "),
        ("--shortcut often", "--shortcut is 'often'; expected one of auto, always, never"),
        (
            "--shortcut always",
            "shortcut is 'always', and adamw leaves the span of the examples",
        ),
        ("--iterations -1", "--iterations is -1; expected an integer of at least 0"),
        ("--epochs -1", "--epochs is -1; expected an integer of at least 0"),
        ("--epochs 3 --batch-size 0", "--batch-size is 0; expected an integer of at least 1"),
        ("--seed -1", "--seed is -1; expected an integer from 0 to 4294967295"),
        ("--seed 4294967296", "--seed is 4294967296; expected an integer from 0 to 4294967295"),
        ("--learning-rate 0", "--learning-rate is 0.0; expected a number above 0"),
        ("--learning-rate -0.1", "--learning-rate is -0.1; expected a number above 0"),
        ("--learning-rate inf", "--learning-rate is inf; expected a number above 0"),
        ("--learning-rate nan", "--learning-rate is nan; expected a number above 0"),
        ("--test-fraction 0", "--test-fraction is 0.0; expected a number above 0 and below 1"),
        ("--test-fraction 1", "--test-fraction is 1.0; expected a number above 0 and below 1"),
        ("--test-fraction nan", "--test-fraction is nan; expected a number above 0 and below 1"),
        (
            "--iterations 3 --epochs 3",
            "iterations and epochs are both given; expected one of them",
        ),
        (
            "--iterations 3 --batch-size 8",
            "iterations are steps on all examples; with batch_size, give epochs",
        ),
    ],
)
def test_options_of_train(options: str, line: str, refused: Refused) -> None:
    assert line in refused("train", "data.npz", *options.split())


def test_no_data(refused: Refused) -> None:
    assert refused("train") == "no data were named; expected DATA, or data = ... in --config FILE"


@pytest.mark.parametrize(
    "options",
    [
        *("--dtype x", "--scaling x", "--engine x", "--hidden-activation x", "--init x", "--layers 0"),
        *("--optimizer x", "--schedule x", "--dropout 2", "--shortcut x", "--l2 -1", "--threads 99999"),
    ],
)
def test_options_are_refused_before_the_data_are_read(options: str, refused: Refused) -> None:
    assert "nowhere" not in refused("train", "nowhere", *options.split())


def test_an_engine_of_the_environment(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_ENGINE", "warp")
    line = "unknown engine 'warp' (from PELLUCID_ENGINE); expected auto, native, reference"
    assert line in refused("train", "data.npz")


def test_the_environment_decides_what_auto_is(done: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_ENGINE", "reference")
    assert done("train", "data.npz", "--iterations", 2, "--json").document["engine"] == "reference"


def test_two_forms_of_one_output(refused: Refused, number_model: Path) -> None:
    assert refused("predict", number_model, "data.npz", "--json", "--csv") == (
        "--json and --csv are two forms of the same output; expected one of them"
    )


def test_an_unknown_part(refused: Refused, number_model: Path) -> None:
    assert refused("evaluate", number_model, "data.npz", "--part", "all") == (
        "unknown part 'all'; expected test or train"
    )


@pytest.mark.parametrize("kind", ["file", "folder", "link to an empty folder", "link to nothing"])
def test_a_run_replaces_nothing(kind: str, here: Path, refused: Refused) -> None:
    out = here / "out"
    if kind == "file":
        out.write_text("precious")
    elif kind == "folder":
        (out / "precious").mkdir(parents=True)
    else:
        out.symlink_to(here / "target")
        if kind == "link to an empty folder":
            (here / "target").mkdir()
    assert refused("train", "data.npz", "--iterations", 2, "--out", "out") == (
        "out exists already; expected a new folder for the run"
    )


@pytest.mark.parametrize("out", ["data.npz/run", "data.npz/deep/run"])
def test_a_place_that_is_no_folder(out: str, refused: Refused) -> None:
    assert refused("train", "data.npz", "--iterations", 2, "--out", out) == (
        "data.npz is no folder that can be written to; choose another with --out"
    )


def test_a_name_that_no_folder_can_have(refused: Refused) -> None:
    line = refused("train", "data.npz", "--iterations", 2, "--out", "a" * 300)
    assert line.endswith("cannot be the run's folder: File name too long; choose another")


def test_runs_that_is_no_folder(here: Path, refused: Refused) -> None:
    (here / "runs").write_text("not a folder")
    assert refused("train", "data.npz", "--iterations", 2) == (
        "runs is no folder that can be written to; choose another with --out"
    )


def test_a_folder_that_is_write_protected(
    here: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "runs").mkdir(mode=0o500)
    if os.access(here / "runs", os.W_OK):
        # Nothing is write-protected for root.
        monkeypatch.setattr("pellucid.cli.run_folder.os.access", lambda path, mode: False)
    assert refused("train", "data.npz", "--iterations", 2) == (
        "runs is no folder that can be written to; choose another with --out"
    )


def test_a_disk_that_is_full_when_the_run_is_written(
    here: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pellucid.files.atomic._write", full)
    assert refused("train", "data.npz", "--iterations", 2, "--quiet") == (
        "runs/train-1/config.toml cannot be written: the disk is full; make room, or write elsewhere"
    )
    assert not (here / "runs").exists()
