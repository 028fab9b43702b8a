"""pellucid train on data that do not fit into --memory: said, judged on what fits, and repeated."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid.data.options import DataOptions
from pellucid.errors import OptionError
from pellucid.model import Model

pa = pytest.importorskip("pyarrow")

ROWS = 12_000


@pytest.fixture
def table(here: Path) -> Path:
    """A table of a few megabytes, of which a column says what is to be predicted."""
    from pyarrow import csv

    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=ROWS) for i in range(12)}
    columns["city"] = rng.choice(["Rome", "Oslo", "Lima"], ROWS)
    columns["sold"] = np.where(columns["x0"] + columns["x1"] > 0, "yes", "no")
    csv.write_csv(pa.table(columns), here / "t.csv")
    return here / "t.csv"


HOW = ("--layers", 8, "--members", 2, "--epochs", 8, "--batch-size", 32, "--search", "none", "--threads", 2)


def test_a_table_trains_within_the_memory(table: Path, here: Path, done: Callable) -> None:
    given = ("train", table, "--target", "sold", "--memory", "4MB", *HOW)
    said = done(*given, "--out", "one", "--quiet")
    noticed = " ".join(said.out.split())
    assert "t.csv.pellucid-cache/columns of 1" in noticed
    assert "was made in" in noticed
    assert " of the 2,400 test rows, drawn, which fit into memory" in noticed
    assert "the figures on training examples are of " in said.err
    report = done(*given, "--out", "two", "--json", "--quiet").document
    assert report["train_examples"] == 9600
    assert report["test_accuracy"] > 0.9
    assert report["table"]["balance"]["train"].keys() == {"no", "yes"}
    # The same file, order and seeds give the same model.
    one, two = (Model.load(here / run / "model.safetensors") for run in ("one", "two"))
    for name, value in one.parameters.items():
        np.testing.assert_array_equal(two.parameters[name], value)
    # So does the configuration that the run wrote.
    done("train", "--config", here / "one" / "config.toml", "--out", "three", "--quiet")
    three = Model.load(here / "three" / "model.safetensors")
    np.testing.assert_array_equal(three.parameters["W1"], one.parameters["W1"])
    # And it answers as any model.
    assert done("evaluate", here / "one" / "model.safetensors", table, "--json").document["accuracy"] > 0.9


def test_settings_are_compared_on_a_sample(table: Path, done: Callable) -> None:
    given = ("--memory", "12MB", "--budget", 2, "--members", 1, "--epochs", 2, "--quiet")
    said = " ".join(done("train", table, "--target", "sold", *given).out.split())
    assert "was made in" in said
    assert "of the 9,600 examples, which fit into memory)" in said


def test_arrays_train_within_the_memory(here: Path, done: Callable) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 30)).astype("f4")
    (here / "arrays").mkdir()
    np.save(here / "arrays" / "X.npy", X)
    np.save(here / "arrays" / "y.npy", (X[:, 0] > X[:, 1]).astype(int))
    given = ("train", "arrays", "--memory", "4MB", "--layers", 6, "--epochs", 6, "--batch-size", 32)
    said = done(*given, "--search", "none", "--out", "run")
    assert "the test is of " in said.err
    assert "of the 4,000 test examples, drawn" in said.err
    assert done("evaluate", "run/model.safetensors", "arrays", "--json").document["accuracy"] > 0.9


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (("--layers", 4000), "expected more memory, a smaller batch_size, or fewer units"),
        (("--cv", 5), "--cv trains on parts of a table in memory, and"),
        (("--iterations", 10), "steps on all examples need all of them in memory"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_trained(
    more: tuple[object, ...], line: str, table: Path, here: Path, run: Callable
) -> None:
    said = run("train", table, "--target", "sold", "--memory", "2MB", *more)
    assert (said.status, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert line in said.err
    assert not (here / "runs").exists()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1GB", 10**9),
        ("1 gb", 10**9),
        ("1.5GiB", 3 << 29),
        ("512MiB", 512 << 20),
        ("2M", 2_000_000),
        ("2097152", 2 << 20),
        (1 << 30, 1 << 30),
    ],
)
def test_sizes(text: object, size: int) -> None:
    assert DataOptions(memory=text).memory == size  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "much", "1XB", "-1GB", "1e9", "1023KiB", "1 G B", True, 2.5, 2**70])
def test_what_is_no_size(text: object) -> None:
    with pytest.raises(OptionError, match=r"memory is .*; expected a size from 1 MiB on, such as 1GB"):
        DataOptions(memory=text)  # type: ignore[arg-type]
