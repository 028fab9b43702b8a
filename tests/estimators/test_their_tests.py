"""scikit-learn's own tests of its multi-layer perceptrons, the installed version's, run on our classes.

Their module is read, its import of the estimators replaced by ours, and its tests collected here by name.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("sklearn")

# What asks for a private method of their implementation, and no more.
EXCEPTIONS = {
    "test_gradient": "calls _loss_grad_lbfgs with their lists of activations and deltas; our gradients are "
    "checked in tests/engines and tests/core",
}

THEIRS = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"


def their_module() -> ModuleType:
    found = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    assert found is not None
    assert found.origin is not None
    source = Path(found.origin).read_text(encoding="utf-8")
    assert source.count(THEIRS) == 1, "their imports changed: what is substituted has to change too"
    module = ModuleType("their_test_mlp")
    sys.modules[module.__name__] = module
    ours = source.replace(THEIRS, "from pellucid import MLPClassifier, MLPRegressor\n")
    exec(compile(ours, found.origin, "exec"), module.__dict__)
    return module


module = their_module()
TESTS = {name: value for name, value in vars(module).items() if name.startswith("test_")}
globals().update({name: value for name, value in TESTS.items() if name not in EXCEPTIONS})

# Theirs let warnings pass.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(params=[0, 42])
def global_random_seed(request: pytest.FixtureRequest) -> int:
    """Their suite has this fixture, with one seed chosen by the environment."""
    return int(request.param)


def test_the_estimators_are_ours() -> None:
    import pellucid

    assert module.MLPClassifier is pellucid.MLPClassifier
    assert module.MLPRegressor is pellucid.MLPRegressor


def test_the_exceptions_are_tests_of_theirs_and_few() -> None:
    assert set(EXCEPTIONS) <= set(TESTS)
    assert len(TESTS) > 40
    assert len(EXCEPTIONS) <= 2
