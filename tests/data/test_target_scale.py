"""The scale of regression targets: out before training, folded into the last layer after it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.model import L_model_forward
from pellucid.data.target_scale import TargetScale
from pellucid.errors import DataError

RNG = np.random.default_rng(0)
Y = RNG.normal([[3], [-500], [0.01]], [[1], [90], [0.002]], (3, 40))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_each_output_gets_mean_0_and_deviation_1(dtype: str) -> None:
    scaled = TargetScale.of(Y).scaled(Y.astype(dtype))
    assert scaled.dtype == dtype
    np.testing.assert_allclose(scaled.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=1), 1, rtol=1e-5)


def test_the_inverse_undoes_it() -> None:
    scale = TargetScale.of(Y)
    np.testing.assert_allclose(scale.inverse.scaled(scale.scaled(Y)), Y, rtol=1e-12)


@given(n_y=st.integers(1, 4), n=st.integers(1, 5), seed=st.integers(0, 99))
def test_folded_parameters_predict_in_the_units_of_the_targets(n_y: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"W1": (n, 3), "b1": (n, 1), "W2": (n_y, n), "b2": (n_y, 1)}
    parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    scale = TargetScale(tuple(rng.normal(0, 50, n_y)), tuple(rng.uniform(0.1, 50, n_y)))
    X = rng.normal(size=(3, 6))
    outputs = [
        L_model_forward(X, given, output_activation="identity")[0]
        for given in (parameters, scale.folded(parameters))
    ]
    np.testing.assert_allclose(scale.scaled(outputs[1]), outputs[0], rtol=1e-9, atol=1e-9)


def test_a_constant_output_is_left_as_it_is() -> None:
    scale = TargetScale.of(np.array([[0.1] * 3, [1.0, 2.0, 3.0]]))
    assert (scale.mean[0], scale.deviation[0]) == (0, 1)
    assert scale.mean[1] == 2


def test_no_scale_is_for_classes() -> None:
    parameters = {"W1": np.ones((1, 2)), "b1": np.ones((1, 1))}
    assert TargetScale().scaled(Y) is Y
    assert all(TargetScale().folded(parameters)[name] is value for name, value in parameters.items())


@pytest.mark.parametrize("numbers", [[1e308, -1e308, 1e308], [1e-200, 0.0, 0.0]])
def test_numbers_without_a_mean_or_a_deviation(numbers: list[float]) -> None:
    with pytest.raises(
        DataError, match=r"^price holds numbers up to .* cannot be averaged; .*: scale them$"
    ):
        TargetScale.of(np.array([numbers]), "price")
