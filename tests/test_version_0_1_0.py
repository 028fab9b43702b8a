"""What version 0.1.0 wrote keeps its meaning: models predict the same, configurations train the same.

`fixtures/v0.1.0/make.py` shows how the files were made; they are never made again.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Model
from pellucid.cli import main

FIXTURES = Path(__file__).resolve().parent / "fixtures" / "v0.1.0"
MODELS = sorted(path.parent.name for path in FIXTURES.glob("*/model.safetensors"))
CONFIGURATIONS = sorted(path.parent.name for path in FIXTURES.glob("*/config.toml"))

# The optional packages that read a fixture's data.
NEEDS = {"pictures": "PIL", "pictures-in-hdf5": "h5py", "built-in": "sklearn"}


def expected_of(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / name / "expected.json").read_text("utf-8"))


def assert_predicts(model: Model, expected: dict[str, Any], tolerance: float) -> None:
    rows = expected["rows"] if isinstance(expected["rows"], dict) else np.array(expected["rows"])
    assert list(model.classes) == expected["classes"]
    if not model.classes:
        np.testing.assert_allclose(model.predict(rows), expected["predicted"], rtol=tolerance)
        return
    np.testing.assert_allclose(model.predict_proba(rows), expected["probabilities"], rtol=tolerance)
    assert model.predict(rows).tolist() == expected["predicted"]


def test_there_are_fixtures_of_every_kind() -> None:
    assert len(CONFIGURATIONS) == 14
    assert len(MODELS) == 19


@pytest.mark.parametrize("name", MODELS)
def test_a_model_predicts_the_same(name: str) -> None:
    model = Model.load(FIXTURES / name / "model.safetensors")
    # Sums of at most a hundred terms of size 1: another order of summation changes the last digits only.
    assert_predicts(model, expected_of(name), 1e-12 if model.dtype == "float64" else 1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_a_models_history_is_kept(name: str) -> None:
    past = expected_of(name)["history"]
    history = Model.load(FIXTURES / name / "model.safetensors").history
    assert list(history.costs) == past["costs"]
    assert list(history.validation_costs) == past["validation_costs"]
    assert (history.iterations, history.reason) == (past["iterations"], past["reason"])
    assert history.best_epoch == past["best_epoch"]


def trained(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Model:
    """What `pellucid train --config` makes of the data of that time."""
    monkeypatch.setattr("pellucid.cli.run_folder.draw", lambda *_: [])
    monkeypatch.chdir(FIXTURES / "data")
    config = FIXTURES / name / "config.toml"
    with pytest.raises(SystemExit) as end:
        main(["train", "--config", str(config), *options, "--quiet", "--out", str(folder / "run")])
    assert not end.value.code
    return Model.load(folder / "run" / "model.safetensors")


@pytest.mark.parametrize("engine", ["as written", "reference"])
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_trains_the_same(
    name: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(NEEDS.get(name, "numpy"))
    if engine == "as written" and find_spec("pellucid._native") is None:
        pytest.skip("these configurations name the native engine, which was not compiled")
    model = trained(name, tmp_path, monkeypatch, *([] if engine == "as written" else ["--engine", engine]))
    expected = expected_of(name)
    past = expected["history"]
    history = model.history
    assert len(history.costs) == len(past["costs"])
    assert (history.iterations, history.reason) == (past["iterations"], past["reason"])
    assert history.best_epoch == past["best_epoch"]
    if any(model.network.dropout_rates):
        # Version 0.1.0 drew its masks from another stream of random numbers: other masks, same settings.
        assert history.costs[-1] < history.costs[0]
        return
    # At most a hundred steps, none of which overshoots: rounding adds up, and is not multiplied.
    tolerance = 1e-10 if model.dtype == "float64" else 1e-5
    np.testing.assert_allclose(history.costs, past["costs"], rtol=tolerance)
    np.testing.assert_allclose(history.validation_costs, past["validation_costs"], rtol=tolerance)
    assert_predicts(model, expected, 10 * tolerance)
