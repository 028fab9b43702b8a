"""Network: what is a network and what is none; and that it survives becoming plain values."""

import json
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import networks
from pellucid.core import L_model_forward, initialize_parameters_deep
from pellucid.core.activations import HIDDEN_ACTIVATIONS
from pellucid.core.costs import COSTS
from pellucid.errors import OptionError
from pellucid.network import Network


def test_the_defaults_are_the_courses() -> None:
    network = Network((12288, 20, 7, 5, 1))
    assert (network.hidden_activation, network.output_activation) == ("relu", "sigmoid")
    assert network.cost == "binary_cross_entropy"
    assert (network.n_x, network.n_y, network.depth) == (12288, 1, 4)
    assert network.activations == {"hidden_activation": "relu", "output_activation": "sigmoid"}


@pytest.mark.parametrize(
    ("output", "cost"),
    [
        ("sigmoid", "binary_cross_entropy"),
        ("softmax", "categorical_cross_entropy"),
        ("identity", "mean_squared_error"),
        ("exp", "poisson"),
    ],
)
def test_the_cost_follows_from_the_output(output: str, cost: str) -> None:
    assert Network((2, 3), output_activation=output).cost == cost
    assert Network((2, 3), output_activation=output, cost=cost).cost == cost


def test_it_is_a_value() -> None:
    network = Network((2, 1))
    assert network == Network([np.int64(2), 1])  # type: ignore[arg-type]
    assert network != Network((2, 1), hidden_activation="tanh")
    assert len({network, Network((2, 1))}) == 1
    assert [type(size) for size in Network((np.int32(2), 1)).layer_dims] == [int, int]  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        network.cost = "other"  # type: ignore[misc]


@pytest.mark.parametrize("dims", [(), (3,), (2, 0, 1), (2, -1), (2, 1.0), (2, True), (2, "1"), None, 5])
def test_sizes_that_are_no_layers(dims: Any) -> None:
    with pytest.raises(OptionError, match="layer_dims is"):
        Network(dims)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"hidden_activation": "softmax"},
            "softmax belongs on the output; expected a hidden activation of relu",
        ),
        (
            {"hidden_activation": "Relu"},
            "hidden_activation is 'Relu'; expected one of relu, leaky_relu",
        ),
        ({"hidden_activation": "exp"}, "exp belongs on the output; expected a hidden activation of relu"),
        (
            {"hidden_activation": ["relu"]},
            "hidden_activation names 1 activations; expected one name, or one for each of the 0 hidden",
        ),
        ({"hidden_activation": None}, "hidden_activation is None; expected one of relu, leaky_relu"),
        (
            {"hidden_activation": [1]},
            r"hidden_activation is \[1\]; expected one of relu",
        ),
        ({"output_activation": "sigmod"}, "output_activation is 'sigmod'"),
        (
            {"output_activation": "tanh"},
            "output_activation is 'tanh'; expected one of sigmoid, softmax, identity, exp",
        ),
        ({"cost": "squared"}, "cost is 'squared'; expected one of binary_cross_entropy"),
        (
            {"cost": "categorical_cross_entropy"},
            "categorical_cross_entropy belongs to the output softmax; this network's output is sigmoid",
        ),
        (
            {"output_activation": "softmax", "cost": "binary_cross_entropy"},
            "binary_cross_entropy belongs to the output sigmoid; this network's output is softmax",
        ),
        (
            {"cost": "poisson"},
            "the cost poisson belongs to the output exp; this network's output is sigmoid",
        ),
        (
            {"output_activation": "softmax", "cost": "huber"},
            "the cost huber belongs to the output identity or sigmoid; this network's output is softmax",
        ),
    ],
)
def test_names_that_do_not_exist_or_not_go_together(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        Network((2, 2), **options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"label_smoothing": 1.0}, "label_smoothing is 1.0; expected a number at least 0 and below 1"),
        ({"label_smoothing": -0.1}, "label_smoothing is -0.1; expected a number at least 0 and below 1"),
        (
            {"label_smoothing": 0.1, "output_activation": "identity"},
            "label_smoothing is 0.1 and the cost is mean_squared_error, which has no classes; expected 0",
        ),
        ({"huber_delta": 0}, "huber_delta is 0; expected a number above 0"),
        ({"l2": -1}, "l2 is -1; expected a number at least 0"),
        ({"l1": "much"}, "l1 is 'much'; expected a number at least 0"),
        ({"l2": float("inf")}, "l2 is inf; expected a number at least 0"),
        ({"dropout": 1}, "dropout is 1; expected a number at least 0 and below 1"),
        ({"dropout": True}, "dropout is True; expected a number at least 0 and below 1"),
        (
            {"dropout": (0.1,)},
            "dropout names 1 rates; expected one number, or one for each of the 2 hidden",
        ),
        ({"dropout": (0.1, 2)}, "dropout is 2; expected a number at least 0 and below 1"),
        ({"input_dropout": None}, "input_dropout is None; expected a number at least 0 and below 1"),
        ({"hidden_activation": ("relu", "softmax")}, "softmax belongs on the output; expected a hidden"),
        ({"hidden_activation": ("relu", "Tanh")}, "hidden_activation is 'Tanh'"),
    ],
)
def test_numbers_out_of_their_range(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OptionError, match=f"^{sentence}"):
        Network((2, 4, 3, 1), **options)


def test_one_for_all_layers_or_one_for_each() -> None:
    network = Network((2, 4, 3, 1), hidden_activation="tanh", dropout=0.2)
    assert network.hidden_activations == ("tanh", "tanh")
    assert network.dropout_rates == (0.0, 0.2, 0.2)
    network = Network((2, 4, 3, 1), hidden_activation=["tanh", "relu"], dropout=[0.1, 0], input_dropout=0.3)  # type: ignore[arg-type]
    assert network.hidden_activations == network.hidden_activation == ("tanh", "relu")
    assert network.dropout == (0.1, 0.0)
    assert network.dropout_rates == (0.3, 0.1, 0.0)
    assert Network((2, 1), dropout=0.5).dropout_rates == (0.0,)
    assert hash(network) != hash(Network((2, 4, 3, 1)))


def test_numpys_numbers_become_plain_ones() -> None:
    network = Network((2, 4, 1), l2=np.float32(0.5), dropout=np.float64(0.25), l1=1)  # type: ignore[arg-type]
    assert [type(value) for value in (network.l2, network.dropout, network.l1)] == [float] * 3
    assert (network.l2, network.dropout, network.l1) == (0.5, 0.25, 1.0)


def test_each_cost_is_told_what_it_needs() -> None:
    assert Network((2, 1), label_smoothing=0.1).cost_options == {"label_smoothing": 0.1}
    network = Network((2, 1), cost="huber", huber_delta=2)
    assert network.cost_options == {"output_activation": "sigmoid", "huber_delta": 2.0}
    assert Network((2, 1), output_activation="exp").cost_options == {}
    ZL = Y = np.ones((1, 3))
    for name, cost in COSTS.items():
        for output in cost.output_activations:
            options = Network((2, 3), output_activation=output, cost=name).cost_options
            assert np.isfinite(cost.forward(ZL, Y, **options))


def test_a_softmax_of_one_unit() -> None:
    with pytest.raises(OptionError, match="a softmax output of one unit is always 1"):
        Network((2, 1), output_activation="softmax")


@pytest.mark.parametrize(
    ("n_classes", "n_y", "output"), [(2, 1, "sigmoid"), (3, 3, "softmax"), (10, 10, "softmax")]
)
def test_the_network_for_so_many_classes(n_classes: int, n_y: int, output: str) -> None:
    network = Network.for_classes(4, [5, 3], n_classes, hidden_activation="tanh")
    assert network == Network((4, 5, 3, n_y), hidden_activation="tanh", output_activation=output)
    assert Network.for_classes(4, (), n_classes).layer_dims == (4, n_y)


def test_shapes_and_counts_by_hand() -> None:
    network = Network((4, 3, 2))
    assert network.parameter_shapes == {"W1": (3, 4), "b1": (3, 1), "W2": (2, 3), "b2": (2, 1)}
    assert network.parameter_count == 3 * 4 + 3 + 2 * 3 + 2


@given(networks())
def test_shapes_and_counts_are_those_of_initialised_parameters(network: Network) -> None:
    parameters = initialize_parameters_deep(network.layer_dims, rng=1)
    assert {name: value.shape for name, value in parameters.items()} == network.parameter_shapes
    assert list(parameters) == list(network.parameter_shapes)
    assert sum(value.size for value in parameters.values()) == network.parameter_count
    AL, caches = L_model_forward(np.ones((network.n_x, 2)), parameters, **network.activations)
    assert AL.shape == (network.n_y, 2)
    assert len(caches) == network.depth


@given(networks())
def test_it_survives_becoming_plain_values(network: Network) -> None:
    document = network.to_dict()
    assert Network.from_dict(document) == network
    assert Network.from_dict(json.loads(json.dumps(document))) == network


@st.composite
def any_networks(draw: st.DrawFn) -> Network:
    """Networks with any of the options."""
    depth = draw(st.integers(1, 4))
    share = st.floats(0, 0.9)
    activation = st.sampled_from(HIDDEN_ACTIVATIONS)
    name = draw(st.sampled_from(list(COSTS)))
    return Network(
        (3, *[2] * depth),
        hidden_activation=draw(st.one_of(activation, st.tuples(*[activation] * (depth - 1)))),
        output_activation=draw(st.sampled_from(COSTS[name].output_activations)),
        cost=name,
        label_smoothing=draw(share) if "label_smoothing" in COSTS[name].options else 0.0,
        huber_delta=draw(st.floats(0.1, 10)),
        l2=draw(st.floats(0, 10)),
        l1=draw(st.floats(0, 10)),
        dropout=draw(st.one_of(share, st.tuples(*[share] * (depth - 1)))),
        input_dropout=draw(share),
    )


@given(any_networks())
def test_all_options_survive_becoming_plain_values(network: Network) -> None:
    assert Network.from_dict(json.loads(json.dumps(network.to_dict()))) == network


def test_what_is_as_ever_is_left_out_of_plain_values() -> None:
    network = Network((3, 4, 1), hidden_activation=("tanh",), l2=0.5, dropout=(0.25,))
    assert network.to_dict() == {
        "layer_dims": [3, 4, 1],
        "hidden_activation": ["tanh"],
        "output_activation": "sigmoid",
        "cost": "binary_cross_entropy",
        "l2": 0.5,
        "dropout": [0.25],
    }


def test_plain_values_by_hand() -> None:
    assert Network((3, 2), output_activation="softmax").to_dict() == {
        "layer_dims": [3, 2],
        "hidden_activation": "relu",
        "output_activation": "softmax",
        "cost": "categorical_cross_entropy",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"layer_dims": (2, 1)},
        {"layer_dims": "21"},
        {"layer_dims": [2, 0]},
        {"layer_dims": [2, True]},
        {"layer_dims": [2, 1.0]},
        {"layer_dims": [2]},
        {"layer_dims": None},
        {"hidden_activation": None},
        {"hidden_activation": "softmax"},
        {"output_activation": ["sigmoid"]},
        {"output_activation": "tanh"},
        {"cost": 0},
        {"cost": "categorical_cross_entropy"},
        {"penalty": 0.1},
        {"hidden_activation": [1]},
        {"hidden_activation": ["relu"]},
        {"l2": "0.5"},
        {"l2": None},
        {"dropout": [0.5]},
        {"dropout": {}},
        {"input_dropout": 1},
        {"label_smoothing": [0.1]},
    ],
)
def test_plain_values_that_describe_no_network(change: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        Network.from_dict({**Network((2, 1)).to_dict(), **change})


@pytest.mark.parametrize("missing", ["layer_dims", "hidden_activation", "output_activation", "cost"])
def test_a_missing_key_is_refused(missing: str) -> None:
    document = Network((2, 1)).to_dict()
    del document[missing]
    with pytest.raises(OptionError, match="a network is described by cost, hidden_activation, layer_dims"):
        Network.from_dict(document)


@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers(), max_size=3)))
def test_what_is_no_dictionary_is_refused(document: Any) -> None:
    with pytest.raises(OptionError, match="a network is described by"):
        Network.from_dict(document)
