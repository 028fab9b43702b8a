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
from pellucid.errors import OptionError
from pellucid.network import Network


def test_the_defaults_are_the_courses() -> None:
    network = Network((12288, 20, 7, 5, 1))
    assert (network.hidden_activation, network.output_activation) == ("relu", "sigmoid")
    assert network.cost == "binary_cross_entropy"
    assert (network.n_x, network.n_y, network.depth) == (12288, 1, 4)
    assert network.activations == {"hidden_activation": "relu", "output_activation": "sigmoid"}


@pytest.mark.parametrize(
    ("output", "cost"), [("sigmoid", "binary_cross_entropy"), ("softmax", "categorical_cross_entropy")]
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
        ({"hidden_activation": "Relu"}, "unknown activation 'Relu'; expected one of relu, leaky_relu"),
        ({"hidden_activation": ["relu"]}, r"unknown activation \['relu'\]"),
        ({"output_activation": "sigmod"}, "unknown activation 'sigmod'"),
        ({"output_activation": "tanh"}, "no cost ends in 'tanh'; expected .* sigmoid or softmax"),
        ({"cost": "squared"}, "unknown cost 'squared'; expected one of binary_cross_entropy"),
        (
            {"cost": "categorical_cross_entropy"},
            "categorical_cross_entropy belongs to a softmax output; this network's output is sigmoid",
        ),
        (
            {"output_activation": "softmax", "cost": "binary_cross_entropy"},
            "binary_cross_entropy belongs to a sigmoid output; this network's output is softmax",
        ),
    ],
)
def test_names_that_do_not_exist_or_not_go_together(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        Network((2, 2), **options)


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
