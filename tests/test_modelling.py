"""From a data set to a model in one call: the defaults, the course, the search, repeated runs, refusals."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.data.dataset import Dataset
from pellucid.errors import LabelError, OptionError
from pellucid.modelling import choose, fit_chosen
from pellucid.network import Network
from pellucid.optimizer import OPTIMIZERS
from pellucid.planning import OWNERS, check_given, planned, stated
from pellucid.settings import named
from pellucid.training import TrainingEnd, TrainingOptions, TrialMeasured
from pellucid.training.defaults import KINDS, settings_for
from small_data import write_points
from table_files import write_npz


@pytest.fixture(scope="module")
def digits() -> tuple[Dataset, Dataset]:
    return pellucid.load_data("digits", dtype="float32")


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """160 points of three numbers in two classes."""
    return pellucid.load_data(write_points(tmp_path_factory.mktemp("points") / "points.npz", m=200))[0]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_defaults_learn_the_digits_with_every_optimizer(digits: Any, optimizer: str) -> None:
    train, test = digits
    fitted = pellucid.fit_model(train, search="none", optimizer=optimizer)
    assert fitted.options.optimizer.name == optimizer
    assert fitted.model.evaluate(test).accuracy >= 0.96


def test_a_given_rate_is_the_rate(digits: Any) -> None:
    [candidate] = planned(
        digits[0], {"search": "none", "optimizer": "gradient_descent", "learning_rate": 0.01}
    ).candidates
    assert candidate.options.learning_rate == 0.01


def test_what_help_says_follows_from_the_data_does() -> None:
    by_data = {name for name, option in named(*OWNERS).items() if option.setting.by_data}
    by_field = {(option.owner.__name__, option.field): name for name, option in named(*OWNERS).items()}
    for kind in KINDS:
        for m in (100, 10_000):
            for network, training in settings_for("thorough", kind, m, 200, 3, "classification"):
                chosen = {
                    *(by_field.get(("Network", field), "") for field in network),
                    *(by_field.get(("TrainingOptions", field), "") for field in training),
                }
                assert chosen - {"", "output_activation"} <= by_data


def test_the_course_keeps_its_settings(points: Dataset) -> None:
    [candidate] = planned(points, {"preset": "course"}).candidates
    assert candidate.network == Network((3, 20, 7, 5, 1))
    assert candidate.options == TrainingOptions(rng=1, shuffle_seed=1, dropout_seed=1)


def test_iterations_are_full_batch_steps_of_the_course(points: Dataset) -> None:
    fitted = pellucid.fit_model(points, iterations=7, layers=(4,))
    assert fitted.options.batch_size is None
    assert fitted.model.history.iterations == 7
    assert fitted.searched is None


def test_a_search_tells_its_trials_and_its_training(points: Dataset) -> None:
    trials: list[TrialMeasured] = []
    events: list[Any] = []
    fitted = pellucid.fit_model(
        points, epochs=3, search="quick", listeners=[events.append], search_listeners=[trials.append]
    )
    assert fitted.searched is not None
    assert len({trial.result.candidate for trial in trials}) == len(fitted.searched.table) > 1
    assert isinstance(events[-1], TrainingEnd)
    assert fitted.options.epochs == 3


def test_the_stated_settings_repeat_the_run(points: Dataset) -> None:
    given = {"epochs": 5, "dropout": 0.2, "seed": 3, "optimizer": "rmsprop", "warmup_epochs": 1.0}
    plan = planned(points, given)
    first = fit_chosen(plan, choose(plan))
    again = pellucid.fit_model(points, **stated(plan, first.chosen))
    assert again.searched is None
    for name, values in first.model.parameters.items():
        np.testing.assert_array_equal(values, again.model.parameters[name])


def test_layers_auto_compares_layers_with_the_first_setting(points: Dataset) -> None:
    plan = planned(points, {"layers": "auto", "epochs": 2})
    assert len({candidate.hidden for candidate in plan.candidates}) == len(plan.candidates) > 3
    assert len({candidate.options for candidate in plan.candidates}) == 1


def test_a_regression_answers_in_the_units_of_its_targets(tmp_path: Path) -> None:
    X = np.random.default_rng(0).standard_normal((300, 3))
    path = write_npz(tmp_path / "slope.npz", X=X, Y=1000.0 + 50.0 * X[:, 0])
    train, test = pellucid.load_data(path, task="regression")
    evaluation = pellucid.fit_model(train, search="none").model.evaluate(test)
    assert evaluation.r2 > 0.98


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epoch": 3}, "unknown setting 'epoch'; expected some of layers, iterations"),
        ({"iterations": 3, "epochs": 3}, "iterations and epochs are both given; expected one of them"),
        ({"iterations": 3, "batch_size": 3}, "iterations are steps on all examples; with batch_size, give"),
        (
            {"preset": "course", "momentum": 0.5},
            "momentum is 0.5 and the optimizer gradient_descent has",
        ),
        ({"optimizer": "rmsprop", "momentum": 0.5}, "momentum is 0.5 and the optimizer rmsprop has none"),
        ({"budget": 0}, "budget is 0; expected a number above 0"),
        ({"search": "slow"}, "search is 'slow'; expected one of none, quick, thorough"),
    ],
)
def test_what_no_data_could_be_trained_with(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        check_given(given)


def test_an_output_of_several_units_may_be_asked_for() -> None:
    assert check_given({"output_activation": "softmax"}).search == "quick"
    assert check_given({"output_activation": "sigmoid"}).search == "quick"


def test_examples_without_labels(points: Dataset) -> None:
    unlabelled = replace(points, Y=None)
    with pytest.raises(LabelError, match="the examples have no labels; expected labelled ones"):
        pellucid.fit_model(unlabelled)
