"""The health report finds every sickness that was planted, and nothing in networks that are well."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import Dataset, Network, load_data
from pellucid.engines import ENGINES, TrainingState
from pellucid.tracing import Finding, HealthReport, finding, health, trace
from pellucid.tracing.finding import SEVERITIES
from pellucid.tracing.symptoms import costs
from pellucid.training import TrainingOptions, train
from problems import NETWORKS, problem

every_engine = pytest.mark.parametrize("engine", list(ENGINES))


@cache
def data(name: str) -> Dataset:
    return load_data(name)[0]


def network_for(name: str, hidden: tuple[int, ...], activation: str = "relu", **more: Any) -> Network:
    n_y = data(name).Y.shape[0]
    output = "sigmoid" if n_y == 1 else "softmax"
    return Network((data(name).n_x, *hidden, n_y), activation, output, **more)


def report_of(network: Network, name: str, options: TrainingOptions) -> HealthReport:
    """The health of a network after this training."""
    end = train(network, data(name), options)
    return health(
        trace(
            end.parameters,
            data(name).X,
            data(name).Y,
            network,
            learning_rate=options.learning_rate,
            optimizer=options.optimizer,
        )
    )


DESCENT: dict[str, Any] = {"epochs": 200, "learning_rate": 0.3}
ADAM: dict[str, Any] = {"epochs": 30, "learning_rate": 0.003, "optimizer": "adam", "batch_size": 64}


@every_engine
@pytest.mark.parametrize("name", ["moons", "circles", "breast-cancer", "digits"])
@pytest.mark.parametrize(
    ("hidden", "activation", "how"),
    [
        ((16,), "relu", DESCENT),
        ((16,), "tanh", DESCENT),
        ((16,), "sigmoid", DESCENT),
        ((20, 20, 20, 20), "relu", ADAM),
        ((20, 20, 20, 20), "tanh", ADAM),
    ],
)
def test_nothing_is_found_in_healthy_trainings(
    engine: str, name: str, hidden: tuple[int, ...], activation: str, how: dict[str, Any]
) -> None:
    options = TrainingOptions(**how, initialization="he", rng=1, engine=engine)
    report = report_of(network_for(name, hidden, activation), name, options)
    # Pixels at the edge of the digits are blank, which is worth a note and no more.
    assert report.codes == (("constant-inputs",) if name == "digits" else ()), str(report)
    assert report.healthy


@every_engine
def test_penalties_and_dropout_are_no_sickness(engine: str) -> None:
    network = network_for("breast-cancer", (20, 20), l2=1.0, dropout=0.3, label_smoothing=0.05)
    options = TrainingOptions(
        epochs=50, learning_rate=0.1, batch_size=32, initialization="he", rng=1, engine=engine
    )
    assert report_of(network, "breast-cancer", options).codes == ()


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("name", ["moons", "breast-cancer", "digits"])
def test_a_fresh_network_is_only_not_trained_yet(name: str, activation: str) -> None:
    options = TrainingOptions(epochs=0, learning_rate=0.1, initialization="he", rng=1)
    report = report_of(network_for(name, (20, 20), activation), name, options)
    assert set(report.codes) <= {"cost-above-chance", "constant-inputs"}
    assert report.healthy


def test_the_course_networks_on_its_pictures_are_well(data_root: Path) -> None:
    pictures, _ = load_data(data_root / "catvnoncat" / "train_catvnoncat.h5", test_fraction=0.1)
    network = Network((pictures.n_x, 20, 7, 5, 1))
    options = TrainingOptions(epochs=300, rng=1)
    end = train(network, pictures, options)
    report = health(trace(end.parameters, pictures.X, pictures.Y, network))
    assert report.healthy, str(report)


# --- The sick


def sick(
    network: Network,
    change: Any = None,
    m: int = 60,
    *,
    gain: float = 1.4,
    X: np.ndarray | None = None,
    **options: Any,
) -> HealthReport:
    """The health of a random network after `change(parameters)`."""
    given = problem(network, m, gain=gain)
    if change is not None:
        change(given.parameters)
    return health(trace(given.parameters, given.X if X is None else X, given.Y, network, **options))


def one(report: HealthReport, code: str) -> Finding:
    (found,) = [finding for finding in report.findings if finding.code == code]
    return found


Parameters = Mapping[str, np.ndarray]


def test_dead_relu() -> None:
    def kill(parameters: Parameters) -> None:
        parameters["b2"][:7] = -100
        parameters["b2"][7:] = 100

    found = one(sick(Network((4, 10, 10, 1)), kill), "dead-relu")
    assert (found.severity, found.layer, found.measured) == ("warning", 2, 0.7)
    assert found.what == "layer 2: 7 of 10 relu units are 0 for all 60 examples"

    def kill_all(parameters: Parameters) -> None:
        parameters["b2"][:] = -100

    report = sick(Network((4, 10, 10, 1)), kill_all)
    assert one(report, "dead-relu").severity == "severe"
    # Nothing reaches the first layer.
    assert one(report, "vanishing-gradients").measured == 0


# The training is meant to fail, and says so.
@pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")
@every_engine
def test_units_killed_by_a_rate_that_is_too_large(engine: str) -> None:
    network = network_for("breast-cancer", (16, 16))
    options = TrainingOptions(epochs=30, learning_rate=30.0, initialization="he", rng=1, engine=engine)
    report = report_of(network, "breast-cancer", options)
    assert "dead-relu" in report.codes
    assert not report.healthy


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated(activation: str) -> None:
    report = sick(Network((4, 10, 1), activation), gain=30)
    found = one(report, "saturated")
    assert found.layer == 1
    assert found.measured > 0.5
    assert activation in found.what
    assert "saturated" not in sick(Network((4, 10, 1), activation)).codes
    assert "saturated" not in sick(Network((4, 10, 1), "gelu"), gain=30).codes


def test_a_saturated_output_matters_where_the_cost_does_not_undo_it() -> None:
    squares = Network((4, 10, 1), "relu", "sigmoid", "mean_squared_error")
    assert one(sick(squares, gain=50), "saturated").layer == 2
    assert "saturated" not in sick(Network((4, 10, 1)), gain=50).codes


@pytest.mark.parametrize(("depth", "severity"), [(7, "warning"), (14, "severe")])
def test_vanishing_gradients(depth: int, severity: str) -> None:
    report = sick(Network((4, *[10] * depth, 1), "sigmoid"), gain=1.0)
    found = one(report, "vanishing-gradients")
    assert (found.severity, found.layer) == (severity, 1)
    healthy = sick(Network((4, *[10] * depth, 1), "leaky_relu"))
    assert "vanishing-gradients" not in healthy.codes


@pytest.mark.parametrize(("gain", "severity"), [(4.0, "warning"), (12.0, "severe")])
def test_exploding_gradients(gain: float, severity: str) -> None:
    report = sick(Network((4, *[10] * 7, 1)), gain=gain)
    assert one(report, "exploding-gradients").severity == severity


def test_steps_that_are_too_long_or_too_short() -> None:
    network = Network((4, 10, 1))
    found = one(sick(network, learning_rate=5.0), "large-updates")
    assert found.severity in ("warning", "severe")
    assert found.measured > 0.2
    assert one(sick(network, learning_rate=500.0), "large-updates").severity == "severe"
    found = one(sick(network, learning_rate=1e-7), "small-updates")
    assert found.measured < 1e-6
    assert "small-updates" not in sick(network, learning_rate=0.01).codes


def test_a_trained_network_may_take_short_steps() -> None:
    options = TrainingOptions(epochs=60, learning_rate=0.01, optimizer="adam", batch_size=32, rng=1)
    network = network_for("circles", (16, 8))
    end = train(network, data("circles"), options)
    report = health(
        trace(end.parameters, data("circles").X, data("circles").Y, network, learning_rate=1e-8)
    )
    assert report.codes == ()


# The training is meant to fail, and says so.
@pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")
@pytest.mark.parametrize("scheme", ["zeros", "same"])
@every_engine
def test_symmetric_weights_stay_so_in_training(scheme: str, engine: str) -> None:
    network = network_for("moons", (8,), "tanh")
    start = {
        name: np.full(shape, 0.0 if scheme == "zeros" or name[0] == "b" else 0.3)
        for name, shape in network.parameter_shapes.items()
    }
    options = TrainingOptions(epochs=20, learning_rate=0.3, engine=engine)
    end = train(network, data("moons"), options, state=TrainingState(start))
    report = health(trace(end.parameters, data("moons").X, data("moons").Y, network, learning_rate=0.3))
    found = one(report, "symmetric-weights")
    assert (found.severity, found.layer, found.measured) == ("severe", 1, 1.0)


def test_two_units_that_are_alike() -> None:
    def copy(parameters: Parameters) -> None:
        parameters["W1"][3], parameters["b1"][3] = parameters["W1"][7], parameters["b1"][7]

    found = one(sick(Network((4, 10, 1)), copy), "symmetric-weights")
    assert (found.severity, found.measured) == ("warning", 0.2)

    # Outputs may be alike: labels tell them apart.
    def same_outputs(parameters: Parameters) -> None:
        parameters["W2"][:], parameters["b2"][:] = 0, 0

    zeros = sick(Network((4, 10, 3), output_activation="softmax"), same_outputs)
    assert "symmetric-weights" not in zeros.codes


def test_unscaled_inputs() -> None:
    X = problem(Network((4, 10, 1)), 60).X.copy()
    X[2] = 1900 + 10 * X[2]
    found = one(sick(Network((4, 10, 1)), X=X), "unscaled-inputs")
    assert found.what.startswith("1 of 4 inputs are large: input 2 runs from 18")
    assert found.measured == pytest.approx(1900, rel=0.01)
    small = one(sick(Network((4, 10, 1)), X=1e-4 * problem(Network((4, 10, 1)), 60).X), "unscaled-inputs")
    assert small.measured < 1e-2
    pixels = np.random.default_rng(0).integers(0, 256, (4, 60)).astype(float)
    assert "unscaled-inputs" in sick(Network((4, 10, 1)), X=pixels).codes
    assert "unscaled-inputs" not in sick(Network((4, 10, 1)), X=pixels / 255).codes


# The training is meant to fail, and says so.
@pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")
@every_engine
def test_a_table_that_nobody_scaled(engine: str) -> None:
    raw, _ = load_data("breast-cancer", scaling="none")
    network = Network((raw.n_x, 16, 1))
    options = TrainingOptions(epochs=10, learning_rate=1e-6, initialization="he", rng=1, engine=engine)
    end = train(network, raw, options)
    report = health(trace(end.parameters, raw.X, raw.Y, network, learning_rate=0.1))
    assert "unscaled-inputs" in report.codes


def test_constant_inputs() -> None:
    X = problem(Network((4, 10, 1)), 60).X.copy()
    X[1] = 3.0
    found = one(sick(Network((4, 10, 1)), X=X), "constant-inputs")
    assert (found.severity, found.measured) == ("note", 0.25)
    assert found.what == "1 of 4 inputs never change: input 1 is 3 for all 60 examples"
    X[[0, 3]] = 0.0
    assert one(sick(Network((4, 10, 1)), X=X), "constant-inputs").severity == "warning"


@pytest.mark.parametrize("where", ["X", "W2", "A1"])
def test_what_is_not_finite_is_found_where_it_begins(where: str) -> None:
    given = problem(Network((4, 10, 10, 1), "identity"), 60)
    X = given.X.copy()
    if where == "X":
        X[1, 3] = np.inf
    elif where == "W2":
        given.parameters["W2"][3, 4] = np.nan
    else:
        given.parameters["W1"][:] = 1e308
        where = "Z1"
    report = health(trace(given.parameters, X, given.Y, given.network))
    (found,) = report.findings
    assert (found.code, found.severity) == ("not-finite", "severe")
    assert found.what.startswith(f"{where} is the first that is not finite: ")
    assert report.remarks == ("nothing else was examined: numbers are not finite",)


def test_a_sure_right_answer_is_not_called_infinite() -> None:
    network = network_for("circles", (16,))
    options = TrainingOptions(epochs=100, learning_rate=0.01, optimizer="adam", batch_size=32, rng=1)
    end = train(network, data("circles"), options)
    sure = {
        name: value * (1000.0 if name in ("W2", "b2") else 1.0) for name, value in end.parameters.items()
    }
    report = health(trace(sure, data("circles").X, data("circles").Y, network))
    assert "not-finite" not in report.codes


def test_cost_above_chance() -> None:
    network = network_for("moons", (8,))
    end = train(network, data("moons"), TrainingOptions(epochs=200, learning_rate=0.3, rng=1))
    Y = 1 - data("moons").Y
    found = one(health(trace(end.parameters, data("moons").X, Y, network)), "cost-above-chance")
    assert found.severity == "warning"
    assert found.measured > 2


@pytest.mark.parametrize("kind", NETWORKS)
def test_no_constant_answer_is_better_than_the_one_it_is_compared_with(kind: str) -> None:
    t = trace(*problem(NETWORKS[kind], 60), weights=None)
    _, chance = costs(t)
    rng = np.random.default_rng(0)
    network = NETWORKS[kind]
    if network.cost == "huber":
        pytest.skip("mean and median are only close to the best constant of the Huber cost")
    for _ in range(300):
        ZL = np.broadcast_to(rng.normal(0, 2, (network.n_y, 1)), (network.n_y, 60))
        assert network.answers_cost(ZL, t.Y) >= chance * (1 - 1e-12)


def test_slots_that_are_not_finite_are_found_first() -> None:
    parameters, X, Y, network = problem(NETWORKS["course"])
    slots = {
        kept: {f"d{name}": np.zeros_like(value) for name, value in parameters.items()} for kept in "vs"
    }
    slots["s"]["db2"][1, 0] = np.inf
    report = health(trace(TrainingState(parameters, slots, 3, 3), X, Y, network, optimizer="adam"))
    assert report.codes == ("not-finite",)
    assert report.findings[0].what == "s_db2 is the first that is not finite: 1 of 3 numbers"


def test_few_examples_are_not_judged_by_their_shares() -> None:
    report = sick(Network((4, 10, 1)), m=finding.FEWEST_EXAMPLES - 1)
    assert report.remarks == (
        "constant inputs, dead units and a cost above chance were not examined: 15 examples are fewer "
        "than 16",
    )
    assert sick(Network((4, 10, 1)), m=finding.FEWEST_EXAMPLES).remarks == ()
    assert "dead-relu" not in sick(Network((4, 10, 1)), m=1).codes


# --- The report


def test_the_worst_comes_first() -> None:
    report = sick(
        Network((4, 10, 10, 1)), lambda p: (p["b2"].fill(-100), p["b1"].fill(0)), learning_rate=50
    )
    severities = [SEVERITIES.index(found.severity) for found in report.findings]
    assert severities == sorted(severities)
    assert len(severities) > 1


def test_for_people_and_for_machines() -> None:
    report = sick(Network((4, 10, 1)), learning_rate=500.0)
    said = str(report)
    for found in report.findings:
        assert f"{found.severity}: {found.what} [{found.code}]" in said
        assert found.means in said
        assert found.remedy in said
        assert found.remedy in str(found)
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert set(document) == {"healthy", "examples", "findings", "remarks"}
    assert [row["code"] for row in document["findings"]] == [found.code for found in report.findings]
    assert set(document["findings"][0]) == set(Finding._fields)
    assert repr(report).startswith("HealthReport(large-updates")
    assert "<td" in report._repr_html_()
    assert report.findings[0].code in report._repr_html_()


def test_a_healthy_report_says_so() -> None:
    report = HealthReport(trace(*problem(NETWORKS["course"])), (), ())
    assert str(report).endswith("healthy: nothing found")
    assert "healthy: nothing found" in report._repr_html_()
    assert repr(report) == "HealthReport(healthy)"
    assert pellucid.health is health
