"""Choosing the hidden layers: who is tried how long, who is chosen, and how it ends."""

import gc
import importlib
import re
import signal
import threading
import time
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_engine import FakeEngine, FakeSession
from helpers import Library
from pellucid import Network, TrainingOptions, train
from pellucid.core import L_model_forward
from pellucid.core.cost import binary_cross_entropy
from pellucid.engines import Batches, Costs, TrainingState, processors
from pellucid.errors import DivergenceError, OptionError, ShapeError
from pellucid.examples import Examples
from pellucid.training import LADDER, AutoLayers, TrialMeasured, auto_layers
from pellucid.training.auto_layers import turns
from pellucid.training.trials import Groups, Trial
from pellucid.training.validation import split_off

# Trainings that are drawn at random need not learn anything.
pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

# The package has a function of this name.
MODULE = importlib.import_module("pellucid.training.auto_layers")

RNG = np.random.RandomState(0)
X = RNG.randn(2, 300)
# Inside a ring or outside: a line between the two there is none.
Y = (np.hypot(*X)[None] + 0.1 * RNG.randn(1, 300) > 1.2).astype(float)
DATA = Examples(X, Y)
OPTIONS = TrainingOptions(epochs=60, batch_size=20, learning_rate=0.02, optimizer="adam")


FAKED = TrainingOptions(epochs=4, engine=FakeEngine())


def network_for(hidden: tuple[int, ...]) -> Network:
    return Network((2, *hidden, 1))


def number_for(hidden: tuple[int, ...]) -> Network:
    return Network((2, *hidden, 1), output_activation="identity")


def without_seconds(found: AutoLayers) -> Any:
    rows = [(row.hidden, row.epochs, row.validation_cost) for row in found.table]
    return found.hidden, found.reason, rows


@pytest.mark.parametrize(
    ("count", "epochs", "expected"),
    [
        (1, 10, [(1, 10)]),
        (2, 10, [(2, 10)]),
        (3, 10, [(3, 5), (2, 10)]),
        (6, 100, [(6, 25), (3, 50), (2, 100)]),
        (7, 10, [(7, 3), (4, 5), (2, 10)]),
        (6, 1, [(6, 1), (3, 1), (2, 1)]),
    ],
)
def test_the_turns(count: int, epochs: int, expected: list[tuple[int, int]]) -> None:
    assert turns(count, epochs) == expected


def test_a_curve_needs_hidden_units() -> None:
    found = auto_layers(network_for, DATA, OPTIONS, candidates=[(), (1,), [16]])
    assert found.hidden == (16,)
    assert [row.hidden for row in found.table] == [(), (1,), (16,)]
    assert [row.parameter_count for row in found.table] == [3, 5, 65]
    assert [row.epochs for row in found.table] in ([30, 60, 60], [60, 30, 60])
    assert all(row.seconds > 0 for row in found.table)
    assert not found.interrupted
    lowest = found.table[2].validation_cost
    assert found.reason == (
        f"hidden layers 16 with the validation cost {lowest:.4g} after 60 epochs, the lowest, and no "
        "smaller network is within one standard error of it"
    )


def test_a_line_needs_none() -> None:
    rng = np.random.RandomState(1)
    line = Examples(X, (X[:1] + X[1:] + 0.3 * rng.randn(1, 300) > 0).astype(float))
    found = auto_layers(network_for, line, replace(OPTIONS, epochs=300), candidates=[(32,), (8,), ()])
    assert found.hidden == ()
    assert found.reason.startswith("no hidden layer with the validation cost 0.")


@pytest.mark.parametrize("schedule", ["cosine", "adaptive:patience=0"])
def test_the_costs_are_those_of_a_training(schedule: str) -> None:
    alone = TrainingOptions(epochs=7, batch_size=20, learning_rate=0.02, schedule=schedule, rng=5)
    options = replace(alone, rng=99, validation_fraction=0.3, patience=0)
    found = auto_layers(network_for, DATA, options, candidates=[(4,)], seed=5)
    kept, held_out = split_off(network_for((4,)), DATA, 0.3, 5)
    end = train(network_for((4,)), kept, alone, validation=held_out)
    assert found.table[0].validation_cost == pytest.approx(end.history.validation_costs[-1], rel=1e-12)


@pytest.mark.parametrize("engine", ["auto", "reference"])
@pytest.mark.parametrize("schedule", ["cosine", "adaptive:patience=1"])
def test_the_result_is_the_same_with_any_number_of_threads(
    engine: str, schedule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for threads in (1, 2, 7):
        monkeypatch.setattr(MODULE, "default_threads", lambda count=threads: count)
        options = TrainingOptions(epochs=12, batch_size=50, engine=engine, schedule=schedule)
        results.append(without_seconds(auto_layers(network_for, DATA, options, seed=3)))
    assert results[0] == results[1] == results[2]
    assert [row[0] for row in results[0][2]] == list(LADDER)
    other = auto_layers(network_for, DATA, options, seed=4)
    assert without_seconds(other) != results[0]


def test_networks_train_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each waits for the other in its first step: one after the other, neither would get on.
    both = threading.Barrier(2, timeout=30)

    def cost(step: int) -> float:
        if step == 0:
            both.wait()
        return 1.0

    engine = FakeEngine(cost)
    monkeypatch.setattr(MODULE, "default_threads", lambda: 2)
    auto_layers(network_for, DATA, TrainingOptions(epochs=2, engine=engine), candidates=[(1,), (2,)])
    assert [options.threads for *_, options in engine.opened] == [1, 1]


@pytest.mark.skipif(processors() < 2, reason="one processor trains one network at a time as it is")
def test_threads_say_how_many_train_at_a_time() -> None:
    names = set()

    def cost(step: int) -> float:
        names.add(threading.current_thread().name)
        return 1.0

    auto_layers(network_for, DATA, TrainingOptions(epochs=2, threads=1, engine=FakeEngine(cost)))
    assert len(names) == 1


def test_it_tells_what_was_measured() -> None:
    told: list[TrialMeasured] = []
    found = auto_layers(network_for, DATA, TrainingOptions(epochs=8), listeners=[told.append])
    assert [(event.done, event.total) for event in told] == [(i, 11) for i in range(1, 12)]
    assert {event.result.hidden for event in told[:6]} == set(LADDER)
    last = {event.result.hidden: event.result for event in told}
    assert [last[row.hidden] for row in found.table] == list(found.table)


def test_an_error_in_a_listener_reaches_the_caller() -> None:
    def listen(event: TrialMeasured) -> None:
        raise RuntimeError("the bar broke")

    with pytest.raises(RuntimeError, match="the bar broke"):
        auto_layers(network_for, DATA, TrainingOptions(epochs=8), listeners=[listen])
    assert not any("pellucid-search" in thread.name for thread in threading.enumerate())


def test_ctrl_c_gives_the_best_so_far() -> None:
    def listen(event: TrialMeasured) -> None:
        if event.done == 2:
            signal.raise_signal(signal.SIGINT)

    options = TrainingOptions(epochs=400, batch_size=20, learning_rate=0.02, optimizer="adam")
    found = auto_layers(network_for, DATA, options, candidates=[(16,), (), (4,)], listeners=[listen])
    assert found.interrupted
    assert found.hidden == (16,)
    assert found.reason.startswith("interrupted, the best so far: hidden layers 16 with ")


def test_ctrl_c_does_not_wait_for_the_end_of_the_turn() -> None:
    """Epochs that would take hours; what was done of them counts."""
    rng = np.random.RandomState(1)
    wide = Examples(rng.randn(200, 2000), (rng.rand(1, 2000) > 0.5).astype(float))
    options = TrainingOptions(epochs=10**6, batch_size=100, shortcut="never")
    running = threading.Event()
    run = Trial.train

    def pressed() -> None:
        running.wait(30)
        # Somewhere in the middle of the calls.
        time.sleep(0.3)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    def noted(self: Trial, epochs: int) -> None:
        running.set()
        run(self, epochs)

    finger = threading.Thread(target=pressed)
    finger.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trial, "train", noted)
        found = auto_layers(
            lambda hidden: Network((200, *hidden, 1)), wide, options, candidates=[(50,), (60,)]
        )
    finger.join()
    assert found.interrupted
    assert all(row.epochs < 10**5 for row in found.table)
    assert np.isfinite([row.validation_cost for row in found.table]).any()


def test_ctrl_c_before_anything_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Trial, "train", lambda self, epochs: None)
    monkeypatch.setattr("concurrent.futures.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        auto_layers(network_for, DATA, OPTIONS)


def test_a_shape_that_diverges_is_out() -> None:
    # The wider, the sooner the steps are too long.
    numbers = Examples(X, 100 * X[:1])
    options = TrainingOptions(epochs=200, learning_rate=0.05, initialization="small")
    found = auto_layers(number_for, numbers, options, candidates=[(), (64, 64), (128, 64)])
    assert found.hidden == ()
    assert np.isinf([row.validation_cost for row in found.table[1:]]).all()


class Sessions(FakeEngine):
    """Sessions of networks with three hidden units diverge after their second step."""

    def __init__(self) -> None:
        super().__init__()
        self.there: list[weakref.ref[FakeSession]] = []
        self.asked: list[int] = []

    def open(self, network: Network, examples: Examples, state: TrainingState, *_: Any) -> Any:
        width = network.layer_dims[1]
        asked = self.asked

        class Diverging(FakeSession):
            def advance(self, batches: Batches, *rates: Any) -> Costs:
                asked.append(width)
                if width == 3 and self.step_count + len(batches) > 2:
                    raise DivergenceError("the cost became nan", 2, {})
                return super().advance(batches, *rates)

        session = Diverging(self, network, state)
        self.there.append(weakref.ref(session))
        return session


def test_what_diverges_after_it_was_measured_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Sessions()
    costs_known(monkeypatch, {(1,): np.full(32, 5.0), (2,): np.full(32, 4.0), (3,): np.full(32, 1.0)})
    told: list[TrialMeasured] = []
    candidates = [(1,), (2,), (3,)]
    options = TrainingOptions(epochs=4, engine=engine)
    found = auto_layers(network_for, DATA, options, candidates=candidates, listeners=[told.append])
    assert [event.result.validation_cost for event in told if event.result.hidden == (3,)] == [1.0, np.inf]
    assert found.hidden == (2,)


def test_what_diverged_is_not_trained_again() -> None:
    engine = Sessions()
    options = TrainingOptions(epochs=20, engine=engine)
    found = auto_layers(network_for, DATA, options, candidates=[(1,), (3, 3), (3,)])
    assert found.hidden == (1,)
    # Of each of the two: two steps that go well, and the one that does not.
    assert engine.asked.count(3) == 6
    assert [row.validation_cost for row in found.table[1:]] == [np.inf, np.inf]


def test_what_is_given_up_takes_no_memory() -> None:
    engine = Sessions()
    left = []

    def count(event: TrialMeasured) -> None:
        gc.collect()
        left.append(sum(session() is not None for session in engine.there))

    candidates = [(1,), (2,), (4,), (5,), (6,)]
    options = TrainingOptions(epochs=4, engine=engine)
    auto_layers(network_for, DATA, options, candidates=candidates, listeners=[count])
    assert left[4:] == [5, 3, 3, 3, 2, 2]


def test_a_validation_cost_that_is_not_finite_is_a_divergence(monkeypatch: pytest.MonkeyPatch) -> None:
    costs_known(monkeypatch, {(1,): np.full(32, 5.0), (2,): np.full(32, np.inf)})
    found = auto_layers(network_for, DATA, FAKED, candidates=[(2,), (1,)])
    assert [row.validation_cost for row in found.table] == [np.inf, 5.0]
    line = "the first: the validation cost became inf after epoch 3"
    with pytest.raises(DivergenceError, match=line):
        auto_layers(network_for, DATA, FAKED, candidates=[(2,)])


def test_the_lowest_cost_that_was_measured_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # The fake parameters are the number of the step: the costs are 1, 2, 4.
    monkeypatch.setattr(Groups, "costs", lambda self, network, found: np.full(32, found["b1"][0, 0]))
    candidates = [(1,), (2,), (3,), (4,), (5,)]
    found = auto_layers(network_for, DATA, FAKED, candidates=candidates)
    assert [(row.epochs, row.validation_cost) for row in found.table] == [(1, 1.0)] * 5


def test_where_all_diverge_it_says_so() -> None:
    options = TrainingOptions(epochs=50, learning_rate=1e200)
    line = "none of the 2 hidden shapes could be trained; the first: "
    with pytest.raises(DivergenceError, match=line) as caught:
        auto_layers(number_for, DATA, options, candidates=[(), (3,)])
    assert "take a smaller learning rate" in str(caught.value)
    assert set(caught.value.parameters) == {"W1", "b1"}


def costs_known(monkeypatch: pytest.MonkeyPatch, costs: dict[tuple[int, ...], np.ndarray]) -> None:
    monkeypatch.setattr(Groups, "costs", lambda self, network, _: costs[network.layer_dims[1:-1]])


@pytest.mark.parametrize(("above", "chosen"), [(0.99, (3,)), (1.01, (9,))])
def test_the_smallest_within_one_standard_error_of_the_difference(
    above: float, chosen: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.RandomState(1)
    # That the groups differ a lot says nothing about the shapes; how much shapes differ in them, does.
    common, own = 50 * rng.rand(32), rng.randn(32)
    own -= own.mean()
    # 60 examples are held out: 28 groups have two, four have one.
    share = np.repeat([2, 1], [28, 4]) / 60
    off = share * (own - share @ own)
    error = np.sqrt(off @ off * 32 / 31)
    lift = own - share @ own + above * error
    costs = {(9,): common, (3,): common + lift, (40,): common + 0.01 * error}
    costs_known(monkeypatch, costs)
    found = auto_layers(network_for, DATA, FAKED, candidates=costs)
    assert found.hidden == chosen
    if chosen == (3,):
        assert (
            f"within one standard error ({error:.2g}) of the lowest, {share @ common:.4g} with "
            in found.reason
        )


@given(st.lists(st.floats(0.0, 5.0).map(lambda mean: round(mean, 6)), min_size=1, max_size=9))
def test_the_better_half_goes_on(means: list[float]) -> None:
    costs = {(i + 1,): np.full(32, mean) for i, mean in enumerate(means)}
    with pytest.MonkeyPatch.context() as patch:
        costs_known(patch, costs)
        found = auto_layers(network_for, DATA, replace(FAKED, epochs=64), candidates=costs)
    # Their costs stay as they are: the first measurement counts, and the ranks are clear.
    best = min(range(len(means)), key=lambda i: (means[i], i))
    assert found.hidden == (best + 1,)


def test_weights_count_for_the_training_and_the_cost() -> None:
    rng = np.random.RandomState(1)
    weights = rng.rand(300)
    found = auto_layers(network_for, Examples(X, Y, weights), OPTIONS, candidates=[(4,)])
    kept, held_out = split_off(network_for((4,)), Examples(X, Y, weights[None]), 0.2, 0)
    end = train(
        network_for((4,)),
        kept,
        TrainingOptions(epochs=60, batch_size=20, learning_rate=0.02, optimizer="adam", rng=0),
    )
    _, caches = L_model_forward(held_out.X, end.parameters)
    expected = binary_cross_entropy(caches[-1][1], held_out.Y, weights=held_out.weights)
    assert found.table[0].validation_cost == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("library", [Library("torch", "float32"), Library("numpy", "float32")], ids=str)
def test_any_library(library: Library) -> None:
    with library.ready():
        data = Examples(library.array(X), library.array(Y))
        found = auto_layers(network_for, data, OPTIONS, candidates=[(), (16,)])
    assert found.hidden == (16,)


@pytest.mark.parametrize(
    ("arguments", "error", "line"),
    [
        ({"candidates": []}, OptionError, "candidates is []; expected one hidden shape or more"),
        ({"candidates": [(3,), [3]]}, OptionError, "candidates is [(3,), (3,)]; expected"),
        ({"candidates": [(0,)]}, OptionError, "layer_dims"),
        ({"options": TrainingOptions(epochs=0)}, OptionError, "epochs is 0; expected at least 1"),
        ({"network_for": lambda hidden: Network((2, 5, 1)), "candidates": [(5,), (6,)]}, OptionError,
         "network_for((6,)) has the layers [2, 5, 1], the output sigmoid and the cost binary_cross"),
        ({"network_for": lambda hidden: Network((2, *hidden, len(hidden) or 1))}, OptionError,
         "the inputs, outputs and cost of network_for(())"),
        ({"examples": Examples(X[:1], Y)}, ShapeError, "layer_dims[0] = 1"),
    ],
)  # fmt: skip
def test_searches_that_cannot_be(arguments: Any, error: type[Exception], line: str) -> None:
    given = {"network_for": network_for, "examples": DATA, "options": OPTIONS, **arguments}
    with pytest.raises(error, match=re.escape(line)):
        auto_layers(**given)
