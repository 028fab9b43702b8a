"""What surrounds a learner's file: the courses' helper modules, and names that left NumPy and SciPy."""

from pathlib import Path

import numpy as np
import pytest

from check.judging import RIGHT, replaced
from pellucid.check.judge_file import check_file
from pellucid.check.judgement import Judgement
from pellucid.check.sandbox import Sandbox
from sandboxes import QUICK, written

X, W, B = np.array([[1.0, -2.0]]), np.array([[2.0], [-1.0]]), np.ones((2, 1))


def checked(text: str, folder: Path, name: str) -> Judgement:
    """The judgement of one function, of a file that runs apart."""
    path = folder / "solution.py"
    path.write_text(text, "utf-8")
    (judgement,) = check_file(path, only=name).judgements
    return judgement


IMPORTS = """
import dnn_utils_v2 as utils
import testCases_v4, testCases, testCases_v2, test_utils
from dnn_app_utils_v3 import *
from planar_utils import plot_decision_boundary, sigmoid as plain, load_planar_dataset
from public_tests import *
from lr_utils import load_dataset
from opt_utils import load_params_and_grads
from opt_utils_v1a import forward_propagation, compute_cost as total
import gc_utils, init_utils, reg_utils
"""


def test_every_helper_module_of_the_courses_is_there(tmp_path: Path) -> None:
    text = (
        IMPORTS
        + """
a, b, c = testCases_v4.linear_forward_test_case()
first, *others, last = load_dataset()
train_x = first.reshape(first.shape[0], -1).T / 255.
shape = train_x.shape
linear_forward_test(utils.relu)
def f(Z):
    return utils.sigmoid(Z), plain(Z), linear_forward(Z, np.ones((2, 1)), np.ones((2, 1)))[0]
"""
    )
    with Sandbox(written(tmp_path, text)) as box:
        (A, cache), s, Z = box.call("f", (X,)).value
    assert box.problems == ()
    np.testing.assert_allclose(A, 1 / (1 + np.exp(-X)))
    np.testing.assert_array_equal(cache, X)
    np.testing.assert_allclose(s, A)
    np.testing.assert_array_equal(Z, np.ones((2, 1)) @ X + 1)


def test_importing_everything_brings_numpy_as_the_courses_modules_do(tmp_path: Path) -> None:
    path = tmp_path / "solution.py"
    path.write_text(
        "from planar_utils import *\ndef f(z): return np.exp(sigmoid(z)), plt.show()[0] is None"
    )
    from pellucid.check.solution import read_solution

    with Sandbox(read_solution(path)) as box:
        assert box.call("f", (X,)).kind == "value"


@pytest.mark.parametrize("module", ["init_utils", "reg_utils", "opt_utils", "gc_utils", "planar_utils"])
def test_activations_of_the_other_exercises_have_no_cache(tmp_path: Path, module: str) -> None:
    with Sandbox(written(tmp_path, f"from {module} import sigmoid\ndef f(Z): return sigmoid(Z)")) as box:
        np.testing.assert_allclose(box.call("f", (X,)).value, 1 / (1 + np.exp(-X)))


def test_helpers_of_three_layers_agree_with_each_other(tmp_path: Path) -> None:
    """The gradient of the helpers is that of their cost, by differences."""
    text = """
    from init_utils import forward_propagation, backward_propagation, compute_loss, update_parameters
    from reg_utils import initialize_parameters
    def f(X, Y):
        p = initialize_parameters([3, 4, 3, 1])
        A, cache = forward_propagation(X, p)
        g = backward_propagation(X, Y, cache)
        e = {k: np.zeros_like(v) for k, v in p.items()}
        e["W1"][1, 2] = 1e-6
        up, down = ({k: p[k] + s * e[k] for k in p} for s in (1, -1))
        slope = (compute_loss(forward_propagation(X, up)[0], Y)
                 - compute_loss(forward_propagation(X, down)[0], Y)) / 2e-6
        q = update_parameters(p, g, 0.1)
        return slope, g["dW1"][1, 2], q["W3"], p["W3"] - 0.1 * g["dW3"], len(cache)
    """
    rng = np.random.default_rng(1)
    inputs, labels = rng.standard_normal((3, 5)), rng.integers(0, 2, (1, 5)).astype(float)
    with Sandbox(written(tmp_path, text)) as box:
        slope, dW, after, expected, count = box.call("f", (inputs, labels)).value
    np.testing.assert_allclose(dW, slope, rtol=1e-4)
    assert abs(slope) > 1e-4
    np.testing.assert_array_equal(after, expected)
    assert count == 12


def test_vectors_of_the_gradient_check_come_back(tmp_path: Path) -> None:
    text = """
    from gc_utils import *
    def f(p):
        theta, keys = dictionary_to_vector(p)
        back = vector_to_dictionary(theta)
        grads = gradients_to_vector({"d" + k: p[k] for k in p})
        return theta.shape, len(keys), all((back[k] == p[k]).all() for k in p), bool((grads == theta).all())
    """
    shapes = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
    rng = np.random.default_rng(2)
    with Sandbox(written(tmp_path, text)) as box:
        found = box.call("f", ({name: rng.standard_normal(shape) for name, shape in shapes.items()},))
    assert found.value == ((47, 1), 47, True, True)


def test_the_functions_of_the_file_stay_its_own(tmp_path: Path) -> None:
    """As in a notebook that joins two exercises: the import comes after what was written."""
    text = replaced("Z = np.dot(W, A) + b", "Z = np.dot(W, A) - b") + "from dnn_app_utils_v3 import *\n"
    judgement = checked(text, tmp_path, "linear_forward")
    assert (judgement.status, judgement.cause) == ("fail", "bias-subtracted")


def test_a_line_that_needs_the_courses_data_is_not_the_files_fault(tmp_path: Path) -> None:
    text = """
    from planar_utils import load_planar_dataset
    X, Y = load_planar_dataset()
    m = -X / 2
    n = len(Y) + m
    costs = [k / n for k in range(3)]
    def f(a): return a
    wrong = nonsense
    """
    with Sandbox(written(tmp_path, text)) as box:
        assert box.call("f", (1,)).value == 1
    assert [problem.message for problem in box.problems] == ["name 'nonsense' is not defined"]


def test_training_on_data_that_is_not_here_takes_no_time(tmp_path: Path) -> None:
    text = RIGHT + (
        "from dnn_app_utils_v2 import load_data\nX, Y, X2, Y2, classes = load_data()\n"
        "parameters = L_layer_model(X, Y, [12288, 20, 7, 5, 1], num_iterations=2_000_000)\n"
        "print(predict(X, parameters) + 1)\n"
    )
    with Sandbox(written(tmp_path, text), limits=QUICK) as box:
        assert box.loaded.kind == "value"


def test_other_modules_are_as_absent_as_before(tmp_path: Path) -> None:
    names = ("dnn_utils_v9", "my_testCases", "planar_utils.more", "utils", "outputs")
    for name in names:
        with Sandbox(written(tmp_path, f"import {name}\ndef f(): return 1")) as box:
            assert [problem.type for problem in box.problems] == ["ModuleNotFoundError"], name


def test_files_beside_the_notebook_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "dnn_utils.py").write_text("def sigmoid(Z): return 'theirs'", "utf-8")
    with Sandbox(written(tmp_path, "import dnn_utils\ndef f(Z): return dnn_utils.sigmoid(Z)[1]")) as box:
        np.testing.assert_array_equal(box.call("f", (X,)).value, X)
