"""What the native engine has no kernel for is trained by the reference engine, and that is said once."""

import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pellucid.engines.native as native
from pellucid import DeepNetwork, Network, Optimizer
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.costs import COSTS
from pellucid.engines import StepOptions, TrainingState, engine_for
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.optimizer import OPTIMIZERS
from pellucid.training import TrainingOptions, train
from problems import problem

pytestmark = pytest.mark.skipif(not native.is_compiled(), reason="the native engine was not compiled")

# The entry that loses its kernel, and a network and an optimizer that need it.
CASES: dict[str, tuple[dict[str, Any], str, Network, Optimizer]] = {
    "activation tanh": (ACTIVATIONS, "tanh", Network((4, 5, 3, 1), ("relu", "tanh")), Optimizer()),
    "activation exp": (ACTIVATIONS, "exp", Network((4, 5, 1), output_activation="exp"), Optimizer()),
    "cost huber": (
        *(COSTS, "huber", Network((4, 5, 1), output_activation="identity", cost="huber")),
        Optimizer(),
    ),
    "optimizer adam": (OPTIMIZERS, "adam", Network((4, 5, 1)), Optimizer("adam")),
}
every_case = pytest.mark.parametrize("what", CASES)
LACKING = "the native engine has no kernel for the "


@pytest.fixture(autouse=True)
def _nothing_was_said() -> Iterator[None]:
    """Every test begins as a process that has warned of nothing."""
    import pellucid.engines

    pellucid.engines._warn_once.cache_clear()
    yield
    pellucid.engines._warn_once.cache_clear()


def without_kernel(monkeypatch: pytest.MonkeyPatch, what: str, kind: str | None) -> Any:
    table, name, network, optimizer = CASES[what]
    monkeypatch.setitem(table, name, table[name]._replace(kind=kind))
    parameters, X, Y, _ = problem(network)
    return network, optimizer, parameters, Examples(X, Y)


@every_case
@pytest.mark.parametrize("kind", [None, "a kernel of a later version"])
def test_auto_falls_back_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, what: str, kind: str | None
) -> None:
    network, optimizer, _, examples = without_kernel(monkeypatch, what, kind)
    options = TrainingOptions(epochs=3, rng=1, optimizer=optimizer)
    with pytest.warns(RuntimeWarning) as warned:
        result = train(network, examples, options)
    assert [str(warning.message) for warning in warned] == [
        f"{LACKING}{what}: the reference engine trains, with the same numbers and more slowly"
    ]
    assert result.history.engine == "reference"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert train(network, examples, options).history.costs == result.history.costs


@every_case
def test_the_environment_prefers_and_does_not_force(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    network, optimizer, _, examples = without_kernel(monkeypatch, what, None)
    monkeypatch.setenv("PELLUCID_ENGINE", "native")
    with pytest.warns(RuntimeWarning, match=f"^{LACKING}{what}: "):
        assert engine_for("auto", network, examples.X, optimizer).name == "reference"


@every_case
def test_the_native_engine_by_name_is_refused(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    network, optimizer, parameters, examples = without_kernel(monkeypatch, what, None)
    refusal = f"^{LACKING}{what}; expected 'reference' or 'auto'$"
    with pytest.raises(OptionError, match=refusal):
        train(network, examples, TrainingOptions(epochs=1, optimizer=optimizer, engine="native"))
    # Nor does an engine that was chosen before the network was known.
    engine = engine_for("native")
    with pytest.raises(OptionError, match=refusal):
        engine.open(network, examples, TrainingState(parameters), StepOptions(optimizer))
    if not what.startswith("optimizer"):
        with pytest.raises(OptionError, match=refusal):
            engine.predictor(network, parameters)


@every_case
def test_what_has_kernels_is_still_native(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    without_kernel(monkeypatch, what, None)
    assert engine_for("auto", Network((4, 5, 1)), None, Optimizer("momentum")).name == "native"


def test_a_build_of_other_sources_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "compiled", SimpleNamespace)
    with pytest.warns(RuntimeWarning, match=r"^the native engine was compiled from another version "):
        assert engine_for("auto", Network((4, 5, 1))).name == "reference"


def test_the_faces_fall_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The course's network, and a model that answers."""
    monkeypatch.setitem(ACTIVATIONS, "silu", ACTIVATIONS["silu"]._replace(kind=None))
    _, X, Y, _ = problem(Network((4, 5, 1)))
    with pytest.warns(RuntimeWarning, match=f"^{LACKING}activation silu: "):
        deep = DeepNetwork([4, 5, 1], hidden_activation="silu", num_iterations=5).fit(X, Y)
    assert deep.history.engine == "reference"
    assert deep.predict(X).shape == Y.shape


@pytest.mark.filterwarnings("ignore:.*[Cc]onverge")
@pytest.mark.parametrize("solver", ["rmsprop", "lbfgs"])
def test_the_estimators_fall_back(monkeypatch: pytest.MonkeyPatch, solver: str) -> None:
    pytest.importorskip("sklearn")
    from pellucid import MLPClassifier

    _, X, Y, _ = problem(Network((4, 5, 1)))
    setting: dict[str, Any] = {"solver": solver, "max_iter": 3, "random_state": 0, "tol": 10.0}
    expected = MLPClassifier(**setting, engine="reference").fit(X.T, Y[0].astype(int))
    if solver == "rmsprop":
        monkeypatch.setitem(OPTIMIZERS, solver, OPTIMIZERS[solver]._replace(kind=None))
    else:
        monkeypatch.setitem(ACTIVATIONS, "relu", ACTIVATIONS["relu"]._replace(kind=None))
    what = "optimizer rmsprop" if solver == "rmsprop" else "activation relu"
    with pytest.warns(RuntimeWarning, match=f"^{LACKING}{what}: "):
        found = MLPClassifier(**setting).fit(X.T, Y[0].astype(int))
    for ours, theirs in zip(found.coefs_, expected.coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(found.predict_proba(X.T), expected.predict_proba(X.T), rtol=1e-12)


def test_the_compiled_module_and_the_entries_know_the_same_kernels() -> None:
    module = native.compiled()
    assert module is not None
    for table, names in ((ACTIVATIONS, "activations"), (COSTS, "costs"), (OPTIMIZERS, "rules")):
        kinds = [entry.kind for entry in table.values() if entry.kind is not None]
        assert sorted(kinds) == sorted(getattr(module, names))
