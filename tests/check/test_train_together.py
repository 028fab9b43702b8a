"""All functions of a solution together, on real data."""

from pathlib import Path

import numpy as np
import pytest

from check.judging import RIGHT, in_process, replaced, solution_of
from pellucid.check.flowers import flowers
from pellucid.check.judgement import Judgement
from pellucid.check.train_together import JointTraining, train_together


def trained(text: str, folder: Path, *judgements: Judgement) -> JointTraining:
    solution = solution_of(text, folder)
    return train_together(solution, in_process(solution), judgements)


def test_the_flowers_are_a_hundred_and_standardised() -> None:
    X, Y = flowers()
    assert X.shape == (4, 100)
    assert Y.sum() == 50
    np.testing.assert_allclose(X.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=1), 1)


def test_the_flowers_are_those_of_fisher() -> None:
    datasets = pytest.importorskip(
        "sklearn.datasets", reason="the flowers are compared with scikit-learn's"
    )
    X, Y = flowers()
    measures, kinds = datasets.load_iris(return_X_y=True)
    measures = measures[kinds > 0].T
    expected = (measures - measures.mean(axis=1, keepdims=True)) / measures.std(axis=1, keepdims=True)
    np.testing.assert_allclose(X, expected, atol=1e-9)
    np.testing.assert_array_equal(Y[0], kinds[kinds > 0] - 1)


def test_right_functions_train_as_the_reference_does(tmp_path: Path) -> None:
    trains = trained(RIGHT, tmp_path)
    assert trains.worked is True
    assert trains.text.endswith("as the reference")


@pytest.mark.parametrize("name", ["sigmoid", "relu_backward", "linear_forward", "linear_backward"])
def test_each_small_function_takes_part(tmp_path: Path, name: str) -> None:
    start = RIGHT.index(f"def {name}(")
    alone = "import numpy as np\n" + RIGHT[start : RIGHT.index("\n\n\n", start)] + "\n"
    assert trained(alone, tmp_path).worked is True
    broken = alone.replace("    return ", "    return None and ")
    assert trained(broken, tmp_path).worked is False


def test_a_wrong_one_trains_elsewhere(tmp_path: Path) -> None:
    trains = trained(replaced("1 - AL)) / m", "1 - AL))"), tmp_path)
    assert trains.worked is False
    assert "the reference goes" in trains.text


def test_what_stops_is_told_with_its_name(tmp_path: Path) -> None:
    trains = trained(replaced("np.dot(dZ, A_prev.T) / m", "np.dot(dZ, A_prev) / m"), tmp_path)
    assert trains.worked is False
    assert "linear_backward" in trains.text or "L_model_backward" in trains.text


def test_what_hangs_is_not_called_again(tmp_path: Path) -> None:
    trains = trained(RIGHT, tmp_path, Judgement.of("sigmoid", ("timeout",)))
    assert trains == JointTraining(False, "not tried: sigmoid does not return")


def test_a_file_without_a_step_of_training_is_not_tried(tmp_path: Path) -> None:
    assert trained("def predict(X, parameters):\n    return X\n", tmp_path).worked is None
