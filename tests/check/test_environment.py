"""What surrounds a learner's file: the courses' helper modules, and names that left NumPy and SciPy."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from check.judging import RIGHT, replaced, with_function
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


@pytest.mark.parametrize(
    ("name", "source", "remark"),
    [
        (
            "relu_backward",
            "def relu_backward(dA, cache):\n    return dA * (cache > 0).astype(np.int)",
            "np.int left NumPy in 1.24: write int",
        ),
        (
            "predict",
            (
                "def predict(X, parameters):\n    AL, _ = L_model_forward(X, parameters)\n"
                "    return np.array(AL > 0.5, dtype=np.float)"
            ),
            "np.float left NumPy in 1.24: write float",
        ),
        (
            "compute_cost",
            (
                "def compute_cost(AL, Y):\n"
                "    losses = -(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))\n"
                "    return np.asscalar(losses.sum() / np.product(Y.shape[1:]))"
            ),
            "np.asscalar left NumPy in 1.23: write a.item(); np.product left NumPy in 2.0: write np.prod",
        ),
        (
            "relu",
            "def relu(Z):\n    return np.where(Z > np.NINF * np.float_(1), np.maximum(0, Z), 0), Z",
            "np.NINF left NumPy in 2.0: write -np.inf; np.float_ left NumPy in 2.0: write np.float64",
        ),
    ],
)
def test_names_that_left_numpy_are_supplied_with_a_remark(
    tmp_path: Path, name: str, source: str, remark: str
) -> None:
    judgement = checked(with_function(source), tmp_path, name)
    assert judgement.status == "pass", judgement
    assert tuple(remark.split("; ")) == judgement.notes[-len(remark.split("; ")) :]


def test_a_name_that_left_is_remarked_under_any_import(tmp_path: Path) -> None:
    source = "def linear_forward(A, W, b):\n    return float_(1) * W @ A + b * N.alltrue(True), (A, W, b)"
    text = with_function(source).replace(
        "import numpy as np", "import numpy as np\nimport numpy as N\nfrom numpy import float_"
    )
    judgement = checked(text, tmp_path, "linear_forward")
    assert judgement.status == "pass"
    assert judgement.notes == (
        "np.float_ left NumPy in 2.0: write np.float64",
        "np.alltrue left NumPy in 2.0: write np.all",
    )


def test_a_wrong_function_has_the_remark_too(tmp_path: Path) -> None:
    source = "def linear_forward(A, W, b):\n    return np.float_(1) * W @ A - b, (A, W, b)"
    judgement = checked(with_function(source), tmp_path, "linear_forward")
    assert judgement.cause == "bias-subtracted"
    assert judgement.notes == ("np.float_ left NumPy in 2.0: write np.float64",)


def test_a_misspelt_name_of_numpy_is_still_a_mistake(tmp_path: Path) -> None:
    source = "def linear_forward(A, W, b):\n    return np.dots(W, A) + b, (A, W, b)"
    assert checked(with_function(source), tmp_path, "linear_forward").cause == "no-such-attribute"


def test_every_supplied_name_works_and_none_is_reported_as_replaced(tmp_path: Path) -> None:
    from pellucid.check.old_names import NUMPY

    lines = "\n".join(f"    found.append(np.{name} is None)" for name in NUMPY)
    text = f"""
def f(a):
    found = []
{lines}
    return found, np.asscalar(a[:1]), np.in1d(a, [1]), np.row_stack((a, a)), np.alen(a), np.msort(a[::-1])
"""
    with Sandbox(written(tmp_path, text)) as box:
        outcome = box.call("f", (np.array([1.0, 2.0]),))
    found, *values = outcome.value
    assert not any(found)
    assert outcome.replaced == box.loaded.replaced == ()
    assert [np.asarray(value).tolist() for value in values] == [
        *(1.0, [True, False], [[1.0, 2.0], [1.0, 2.0]], 2, [1.0, 2.0])
    ]
    # Replacing one is what it is for the others.
    text = "np.product = max\ndef f(): np.float = 3"
    with Sandbox(written(tmp_path, text)) as box:
        assert (box.loaded.replaced, box.call("f", ()).replaced) == (("numpy.product",), ("numpy.float",))


def test_readers_of_pictures_that_left_scipy_do_not_stop_a_file(tmp_path: Path) -> None:
    text = """
    import scipy
    from scipy import ndimage, misc
    from scipy.misc import imread, imresize
    picture = imresize(ndimage.imread("cat.jpg"), size=(64, 64)).reshape((1, -1)).T
    other = scipy.misc.imread("cat.jpg")
    def f(a): return a
    from scipy.misc import nonsense
    """
    with Sandbox(written(tmp_path, text)) as box:
        assert box.call("f", (1,)).value == 1
    assert [(problem.type, problem.line) for problem in box.problems] == [("ImportError", 8)]


def test_scipy_is_no_stand_in(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    text = "from scipy.special import expit\nfrom scipy import ndimage\ndef f(Z): return expit(Z)"
    with Sandbox(written(tmp_path, text)) as box:
        np.testing.assert_allclose(box.call("f", (X,)).value, 1 / (1 + np.exp(-X)))


def test_where_scipy_is_not_installed_its_picture_readers_are_there_alone() -> None:
    code = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name.partition(".")[0] == "scipy" else find(name, *more)
from pellucid.check import old_names
old_names.supply_old_names()
import scipy
from scipy import ndimage
print(type(scipy.misc.imread).__name__, type(ndimage.imread).__name__)
import scipy.special
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "Nothing Nothing\n"
    assert run.stderr.rstrip().endswith("ModuleNotFoundError: No module named 'scipy.special'")
