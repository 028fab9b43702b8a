"""Training that does not learn says so, with its cause; training that learns is silent."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import pellucid
from pellucid import DeepNetwork, Network, TrainingOptions, course, fit, signs, train
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.engines import TrainingState
from pellucid.errors import LearningWarning
from pellucid.examples import Examples
from pellucid.training import EpochEnd, Event, NotLearning, TrainingEnd
from pellucid.training.doubt import SAMPLE
from pellucid.training.learning import FEWEST_STEPS, cost_rose

RNG = np.random.RandomState(0)
M = 400
X = RNG.randn(6, M)
CLASSES = np.argmax(X[:3] + 0.3 * RNG.randn(3, M), axis=0)
ONE_HOT = np.eye(3)[:, CLASSES]
YES = (X[:1] + X[1:2] > 0).astype(float)
NUMBERS = X[:1] - 2 * X[1:2] + 0.1 * RNG.randn(1, M)


def judged(
    X: Any,
    Y: Any,
    network: Mapping[str, Any] | None = None,
    hidden: tuple[int, ...] = (12,),
    **options: Any,
) -> NotLearning | None:
    """What the events of a training say."""
    network = {"output_activation": "softmax" if len(Y) > 1 else "sigmoid", **(network or {})}
    options = {"epochs": 200, "learning_rate": 0.1, "initialization": "he", "rng": 1, **options}
    dims = (len(X), *hidden, len(Y))
    events = list(fit(Network(dims, **network), Examples(X, Y), TrainingOptions(**options)))
    found = [event for event in events if isinstance(event, NotLearning)]
    assert isinstance(events[-1], TrainingEnd)
    assert not found or events[-2] is found[0]
    return found[0] if found else None


def shuffled(Y: Any) -> Any:
    return Y[:, np.random.RandomState(1).permutation(Y.shape[1])]


@pytest.mark.parametrize(
    ("Y", "network", "options"),
    [
        (YES, {}, {}),
        (ONE_HOT, {}, {}),
        (ONE_HOT, {"hidden_activation": "tanh"}, {"batch_size": 32, "epochs": 20}),
        (ONE_HOT, {"output_activation": "sigmoid"}, {}),
        (YES, {}, {"optimizer": "adam", "learning_rate": 0.01}),
        (YES, {"dropout": 0.3, "l2": 1.0}, {}),
        (NUMBERS, {"output_activation": "identity"}, {}),
        (NUMBERS, {"output_activation": "identity", "cost": "huber"}, {}),
        (np.floor(np.exp(NUMBERS / 3)), {"output_activation": "exp"}, {"learning_rate": 0.01}),
        (YES, {}, {"validation_fraction": 0.2, "patience": 5}),
        # Slow, and on its way: neither the cost nor the accuracy is that of a constant answer any more.
        (ONE_HOT, {}, {"learning_rate": 0.0075}),
    ],
)
def test_who_learns_hears_nothing(Y: Any, network: dict[str, Any], options: dict[str, Any]) -> None:
    assert judged(X, Y, network, **options) is None


@pytest.mark.parametrize("epochs", [0, 1, FEWEST_STEPS - 1])
def test_nothing_is_said_of_a_few_steps(epochs: int) -> None:
    assert judged(X, YES, epochs=epochs, learning_rate=1e-6) is None
    assert judged(X, YES, epochs=epochs, initialization="zeros") is None


@pytest.mark.parametrize("epochs", [20, 99])
def test_too_few_steps_are_no_cause_for_a_larger_rate(epochs: int) -> None:
    assert judged(X, ONE_HOT, epochs=epochs, learning_rate=1e-4) is None


PIXELS = np.clip(RNG.randint(0, 256, (40, 3))[:, CLASSES] + RNG.randint(-60, 60, (40, M)), 0, 255)
RARE = np.zeros((1, M))
RARE[0, :8] = 1
TANH, LINEAR = {"hidden_activation": "tanh"}, {"output_activation": "identity"}
XOR_X = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]])
XOR_Y = np.array([[0.0, 1, 1, 0]])


@pytest.mark.parametrize(
    ("cause", "says", "X", "Y", "network", "options"),
    [
        ("same-units", "all 12 units of layer 1", X, ONE_HOT, {}, {"initialization": "zeros"}),
        ("dead-relu", "Divide the pixels by 255", PIXELS.astype(float), ONE_HOT, {}, {}),
        ("dead-relu", "smaller learning rate than 60", X, ONE_HOT, {}, {"learning_rate": 60.0}),
        ("saturated", "of the tanh values", 1e3 * X, ONE_HOT, TANH, {"learning_rate": 1e-4}),
        ("saturated", "smaller learning rate", X, ONE_HOT, TANH, {"learning_rate": 90.0}),
        ("rate-too-small", "is too small: with", X, ONE_HOT, {}, {"learning_rate": 1e-5}),
        ("rate-too-small", "is too small: with", X, NUMBERS, LINEAR, {"learning_rate": 1e-5}),
        ("penalty", "the penalty l2=4000", X, YES, {"l2": 4000.0}, {}),
        ("unequal-classes", "the other classes are 0.02", X, RARE, {}, {"epochs": 100}),
        ("unrelated", "Y is in the order of X", X, shuffled(NUMBERS), LINEAR, {"learning_rate": 0.01}),
    ],
)  # fmt: skip
def test_the_cause_is_named(
    cause: str, says: str, X: Any, Y: Any, network: dict[str, Any], options: dict[str, Any]
) -> None:
    found = judged(X, Y, network, **options)
    assert found is not None
    assert (found.cause, says in found.message) == (cause, True), found.message
    assert "\n" not in found.message
    assert found.command in ("health", "lr-find")


def test_a_rate_too_large_is_told_by_a_smaller_one() -> None:
    found = judged(
        X, ONE_HOT, {"hidden_activation": "leaky_relu"}, learning_rate=9.0, batch_size=8, epochs=3
    )
    assert found is not None
    assert (found.symptom, found.cause, found.command) == ("cost-rose", "rate-too-large", "lr-find")
    assert "the learning rate 9 is too large: with 0.9" in found.message


def test_small_first_weights_of_a_deep_network() -> None:
    found = judged(X, ONE_HOT, hidden=(10, 10, 10, 10), initialization="small")
    assert found is not None
    assert found.cause == "fading"


def test_xor_without_a_hidden_layer() -> None:
    found = judged(XOR_X, XOR_Y, hidden=(), epochs=2000, learning_rate=0.5)
    assert found is not None
    assert found.cause == "no-hidden-layer"
    assert judged(XOR_X, XOR_Y, hidden=(8,), epochs=2000, learning_rate=0.5) is None


def test_labels_that_are_all_the_same_can_not_be_missed() -> None:
    assert judged(X, np.zeros((1, M)), epochs=200, learning_rate=1e-5) is None


def test_weights_count_in_the_accuracy_of_a_constant_answer() -> None:
    # With these weights the rare class is the most frequent one, and it is learned.
    weights = np.where(RARE == 1, 1000.0, 1.0)
    separable = np.vstack([X, 3 * RARE])
    options = TrainingOptions(epochs=200, learning_rate=0.1, initialization="he", rng=1)
    events = fit(Network((7, 12, 1)), Examples(separable, RARE, weights), options)
    assert not [event for event in events if isinstance(event, NotLearning)]


def test_many_examples_are_sampled_and_the_figure_is_said_to_be_rough() -> None:
    m = 3 * SAMPLE
    noise = np.random.RandomState(2).randn(4, m)
    Y = (np.random.RandomState(3).rand(1, m) < 0.3).astype(float)
    found = judged(noise, Y, hidden=(3,))
    assert found is not None
    assert "about 0." in found.seen


def test_a_training_that_begins_where_it_had_learned_is_judged_by_its_own_first_cost() -> None:
    network = Network((6, 12, 3), hidden_activation="leaky_relu", output_activation="softmax")
    state = TrainingState(train(network, Examples(X, ONE_HOT), TrainingOptions(300, 0.3, rng=1)).parameters)
    options = TrainingOptions(epochs=3, learning_rate=9.0, batch_size=8)
    events = fit(network, Examples(X, ONE_HOT), options, state=state)
    found = [event for event in events if isinstance(event, NotLearning)]
    assert [event.symptom for event in found] == ["cost-rose"]


def test_an_interrupted_or_stopped_training_is_not_judged() -> None:
    network, options = Network((6, 12, 1)), TrainingOptions(epochs=500, initialization="zeros")
    events = fit(network, Examples(X, YES), options)
    seen: list[Event] = []
    for event in events:
        seen.append(event)
        if isinstance(event, EpochEnd) and event.epoch == 100:
            seen.append(events.throw(KeyboardInterrupt()))
    assert not [event for event in seen if isinstance(event, NotLearning)]
    assert isinstance(seen[-1], TrainingEnd)


def test_ctrl_c_at_the_judgement_keeps_the_result() -> None:
    network, options = Network((6, 12, 1)), TrainingOptions(epochs=50, initialization="zeros")
    events = fit(network, Examples(X, YES), options)
    for event in events:
        if isinstance(event, NotLearning):
            end = events.throw(KeyboardInterrupt())
    assert isinstance(end, TrainingEnd)
    assert end.history.reason == "completed"


def test_a_generator_of_the_user_is_not_drawn_from() -> None:
    rng = np.random.RandomState(5)
    options = TrainingOptions(epochs=200, learning_rate=1e-5, rng=rng)
    events = list(fit(Network((6, 12, 1)), Examples(X, shuffled(YES)), options))
    assert [event for event in events if isinstance(event, NotLearning)]
    other = np.random.RandomState(5)
    initialize_parameters_deep((6, 12, 1), rng=other)
    assert rng.randint(1 << 30) == other.randint(1 << 30)


def test_train_warns_once_at_the_line_of_the_user() -> None:
    network, options = Network((6, 12, 1)), TrainingOptions(epochs=50, initialization="zeros")
    heard: list[Event] = []
    with pytest.warns(LearningWarning, match="pellucid.health shows more") as warned:
        train(network, Examples(X, YES), options, listeners=[heard.append])
    assert [w.filename for w in warned] == [__file__]
    assert [type(event) for event in heard[-2:]] == [NotLearning, TrainingEnd]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(network, Examples(X, YES), options, warn=False)
        train(network, Examples(X, YES), options, judged=False)


def test_the_courses_trainers_and_the_class_warn_at_the_line_of_the_user() -> None:
    with pytest.warns(LearningWarning) as warned:
        DeepNetwork([6, 12, 1], num_iterations=50, initialization="zeros").fit(X, YES)
    assert [w.filename for w in warned] == [__file__]
    with pytest.warns(LearningWarning) as warned:
        course.L_layer_model(X, YES, [6, 12, 1], num_iterations=50, initialization="zeros")
    assert [w.filename for w in warned] == [__file__]


def test_arrays_of_another_library() -> None:
    torch = pytest.importorskip("torch")
    options = TrainingOptions(epochs=50, initialization="zeros", learning_rate=0.1)
    examples = Examples(torch.from_numpy(X), torch.from_numpy(YES))
    events = list(fit(Network((6, 12, 1)), examples, options))
    assert [event.cause for event in events if isinstance(event, NotLearning)] == ["same-units"]


@pytest.mark.parametrize(
    ("network", "Y"),
    [
        (Network((6, 1)), YES),
        (Network((6, 3), output_activation="sigmoid"), ONE_HOT),
        (Network((6, 3), output_activation="softmax"), ONE_HOT),
        (Network((6, 1), output_activation="identity"), NUMBERS),
        (Network((6, 1), output_activation="exp"), np.floor(np.exp(NUMBERS / 3))),
        (Network((6, 1), output_activation="sigmoid", cost="mean_squared_error"), YES),
    ],
)
@pytest.mark.parametrize("weights", [None, RNG.rand(1, M)])
def test_no_constant_answer_costs_less(network: Network, Y: Any, weights: Any) -> None:
    found = signs.constant_cost(network, Y, weights)
    mean = np.average(Y, axis=1, weights=None if weights is None else weights[0])[:, None]
    assert found == pytest.approx(signs.cost_of_answers(network, mean, Y, weights), rel=1e-12)
    for factor in (0.99, 1.001):
        nearby = mean.copy()
        nearby[0] *= factor
        assert signs.cost_of_answers(network, nearby, Y, weights) > found


def test_a_rise_is_more_than_rounding() -> None:
    assert not cost_rose(1.0, 1.0 + 1e-9)
    assert not cost_rose(1.0, 0.5)
    assert cost_rose(1.0, 1.1)
    # A Poisson cost may be negative.
    assert cost_rose(-1.0, -0.9)
    assert not cost_rose(-1.0, -1.1)


def test_the_classifier_warns_of_a_loss_above_its_first() -> None:
    options = {"activation": "tanh", "solver": "sgd", "learning_rate_init": 5.0, "batch_size": 200}
    with pytest.warns() as warned:
        pellucid.MLPClassifier((30,), max_iter=20, random_state=0, **options).fit(30 * X.T, CLASSES)
    assert [w.category for w in warned] == [ConvergenceWarning, LearningWarning]
    assert [w.filename for w in warned] == [__file__] * 2
    assert "smaller learning_rate_init than 5" in str(warned[1].message)
    with pytest.warns(ConvergenceWarning):
        pellucid.MLPClassifier((30,), max_iter=20, random_state=0).fit(X.T, CLASSES)
