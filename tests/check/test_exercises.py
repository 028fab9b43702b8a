"""The other exercises of the two courses: every edition's right answers, and wrong ones."""

import ast
from pathlib import Path

import numpy as np
import pytest

from check.judging import examined, found, in_process, solution_of
from pellucid.check.cases import cases_of
from pellucid.check.exercise_functions import propagate
from pellucid.check.judge import examined_names, reference_names
from pellucid.check.judge_file import check_file
from pellucid.check.judge_streams import OTHER_NUMBERS

NUMPY = "import copy\nimport numpy as np\n"

# By function, and by spelling.
RIGHT: dict[str, dict[str, str]] = {
    "layer_sizes": {
        "names": """
            def layer_sizes(X, Y):
                n_x = X.shape[0]
                n_h = 4
                n_y = Y.shape[0]
                return (n_x, n_h, n_y)
        """,
        "len": """
            def layer_sizes(X, Y):
                return [len(X), 4, len(Y)]
        """,
    },
    "initialize_with_zeros": {
        "integer": """
            def initialize_with_zeros(dim):
                w = np.zeros((dim, 1))
                b = 0
                assert w.shape == (dim, 1) and isinstance(b, (int, float))
                return w, b
        """,
        "float": """
            def initialize_with_zeros(n):
                return np.zeros(shape=(n, 1), dtype=np.float32), float(0)
        """,
        "array": """
            def initialize_with_zeros(dim):
                return np.zeros([dim, 1]), np.zeros((1, 1))
        """,
    },
    "propagate": {
        "sum": """
            def propagate(w, b, X, Y):
                m = X.shape[1]
                A = sigmoid(np.dot(w.T, X) + b)
                cost = (-1 / m) * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
                dw = (1 / m) * np.dot(X, (A - Y).T)
                db = (1 / m) * np.sum(A - Y)
                assert dw.shape == w.shape and db.dtype == float
                cost = np.squeeze(cost)
                assert cost.shape == ()
                return {"dw": dw, "db": db}, cost
        """,
        "products": """
            def propagate(w, b, X, Y):
                m = Y.shape[1]
                A = 1 / (1 + np.exp(-(w.T @ X + b)))
                cost = -(Y @ np.log(A).T + (1 - Y) @ np.log(1 - A).T) / m
                grads = dict(dw=X @ (A - Y).T / m, db=np.mean(A - Y, axis=1, keepdims=True), dz=A - Y)
                return grads, float(np.squeeze(cost))
        """,
    },
    "optimize": {
        "rebinding": """
            def optimize(w, b, X, Y, num_iterations, learning_rate, print_cost=False):
                costs = []
                for i in range(num_iterations):
                    grads, cost = propagate(w, b, X, Y)
                    dw = grads["dw"]
                    db = grads["db"]
                    w = w - learning_rate * dw
                    b = b - learning_rate * db
                    if i % 100 == 0:
                        costs.append(cost)
                    if print_cost and i % 100 == 0:
                        print("Cost after iteration %i: %f" % (i, cost))
                return {"w": w, "b": b}, {"dw": dw, "db": db}, costs
        """,
        "in place": """
            def optimize(w, b, X, Y, num_iterations=100, learning_rate=0.009, print_cost=False):
                costs = []
                for i in range(num_iterations):
                    grads, cost = propagate(w, b, X, Y)
                    w -= learning_rate * grads["dw"]
                    b -= learning_rate * grads["db"]
                    costs.append(cost)
                return {"w": w, "b": b}, grads, np.array(costs)
        """,
        "copies": """
            def optimize(w, b, X, Y, num_iterations, learning_rate, print_cost):
                w, b = copy.deepcopy(w), copy.deepcopy(b)
                for _ in range(num_iterations):
                    grads, cost = propagate(w=w, b=b, X=X, Y=Y)
                    w = np.subtract(w, learning_rate * grads["dw"])
                    b = np.subtract(b, learning_rate * grads["db"])
                return dict(w=w, b=b), grads, []
        """,
    },
    "model": {
        "positions": """
            def model(X_train, Y_train, X_test, Y_test, num_iterations=2000, learning_rate=0.5,
                      print_cost=False):
                w, b = initialize_with_zeros(X_train.shape[0])
                parameters, grads, costs = optimize(
                    w, b, X_train, Y_train, num_iterations, learning_rate, print_cost)
                w, b = parameters["w"], parameters["b"]
                test, train = predict(w, b, X_test), predict(w, b, X_train)
                print("train accuracy: {} %".format(100 - np.mean(np.abs(train - Y_train)) * 100))
                return {"costs": costs, "Y_prediction_test": test, "Y_prediction_train": train,
                        "w": w, "b": b, "learning_rate": learning_rate, "num_iterations": num_iterations}
        """,
        "keywords": """
            def model(x_train, y_train, x_test, y_test, num_iterations, learning_rate):
                w, b = initialize_with_zeros(dim=len(x_train))
                p, _, _ = optimize(w, b, x_train, y_train, num_iterations=num_iterations,
                                   learning_rate=learning_rate, print_cost=False)
                labels = predict(p["w"], p["b"], X=x_test)
                return {**p, "accuracy": 1 - np.abs(labels - y_test).mean()}
        """,
    },
    "predict": {
        "loop": """
            def predict(w, b, X):
                m = X.shape[1]
                Y_prediction = np.zeros((1, m))
                w = w.reshape(X.shape[0], 1)
                A = sigmoid(np.dot(w.T, X) + b)
                for i in range(A.shape[1]):
                    Y_prediction[0, i] = 1 if A[0, i] > 0.5 else 0
                assert Y_prediction.shape == (1, m)
                return Y_prediction
        """,
        "comparison": """
            def predict(W, B, X):
                return sigmoid(W.T @ X + B) >= 0.5
        """,
    },
    "random_mini_batches": {
        "slices": """
            import math
            def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
                np.random.seed(seed)
                m = X.shape[1]
                mini_batches = []
                permutation = list(np.random.permutation(m))
                shuffled_X = X[:, permutation]
                shuffled_Y = Y[:, permutation].reshape((1, m))
                full = math.floor(m / mini_batch_size)
                for k in range(0, full):
                    mini_batch_X = shuffled_X[:, k * mini_batch_size : (k + 1) * mini_batch_size]
                    mini_batch_Y = shuffled_Y[:, k * mini_batch_size : (k + 1) * mini_batch_size]
                    mini_batches.append((mini_batch_X, mini_batch_Y))
                if m % mini_batch_size != 0:
                    mini_batch_X = shuffled_X[:, mini_batch_size * full : m]
                    mini_batch_Y = shuffled_Y[:, mini_batch_size * full : m]
                    mini_batches.append([mini_batch_X, mini_batch_Y])
                return mini_batches
        """,
        "comprehension": """
            def random_mini_batches(X, Y, size=64, seed=0):
                np.random.seed(seed)
                order = np.random.permutation(Y.shape[1])
                cuts = [order[i : i + size] for i in range(0, len(order), size)]
                return [[X[:, cut], Y[:, cut]] for cut in cuts]
        """,
    },
    "forward_propagation_with_dropout": {
        "booleans": """
            def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
                np.random.seed(1)
                W1, b1 = parameters["W1"], parameters["b1"]
                W2, b2 = parameters["W2"], parameters["b2"]
                W3, b3 = parameters["W3"], parameters["b3"]
                Z1 = np.dot(W1, X) + b1
                A1 = relu(Z1)
                D1 = np.random.rand(A1.shape[0], A1.shape[1])
                D1 = D1 < keep_prob
                A1 = A1 * D1
                A1 = A1 / keep_prob
                Z2 = np.dot(W2, A1) + b2
                A2 = relu(Z2)
                D2 = np.random.rand(A2.shape[0], A2.shape[1])
                D2 = D2 < keep_prob
                A2 = A2 * D2
                A2 = A2 / keep_prob
                Z3 = np.dot(W3, A2) + b3
                A3 = sigmoid(Z3)
                return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)
        """,
        "integers": """
            def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
                np.random.seed(1)
                A, cache = X, []
                for l in range(1, 4):
                    W, b = parameters[f"W{l}"], parameters[f"b{l}"]
                    Z = W @ A + b
                    if l < 3:
                        D = (np.random.rand(*Z.shape) < keep_prob).astype(int)
                        A = np.multiply(np.maximum(Z, 0), D)
                        A /= keep_prob
                        cache += [Z, D, A, W, b]
                    else:
                        A = 1 / (1 + np.exp(-Z))
                        cache += [Z, A, W, b]
                return A, tuple(cache)
        """,
    },
    "backward_propagation_with_dropout": {
        "published": """
            def backward_propagation_with_dropout(X, Y, cache, keep_prob):
                m = X.shape[1]
                (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3) = cache
                dZ3 = A3 - Y
                dW3 = 1.0 / m * np.dot(dZ3, A2.T)
                db3 = 1.0 / m * np.sum(dZ3, axis=1, keepdims=True)
                dA2 = np.dot(W3.T, dZ3)
                dA2 = dA2 * D2
                dA2 = dA2 / keep_prob
                dZ2 = np.multiply(dA2, np.int64(A2 > 0))
                dW2 = 1.0 / m * np.dot(dZ2, A1.T)
                db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)
                dA1 = np.dot(W2.T, dZ2)
                dA1 = dA1 * D1
                dA1 = dA1 / keep_prob
                dZ1 = np.multiply(dA1, np.int64(A1 > 0))
                dW1 = 1.0 / m * np.dot(dZ1, X.T)
                db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)
                return {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dA2": dA2, "dZ2": dZ2, "dW2": dW2, "db2": db2,
                        "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}
        """,
        "in place": """
            def backward_propagation_with_dropout(X, Y, cache, keep_prob):
                Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3 = cache
                grads, m, d = {}, len(Y[0]), A3 - Y
                for l, A, W, D, Z in ((3, A2, W3, D2, Z2), (2, A1, W2, D1, Z1), (1, X, None, None, None)):
                    grads["dW%d" % l] = d @ A.T / m
                    grads["db%d" % l] = d.mean(axis=1, keepdims=True)
                    if l > 1:
                        dA = W.T @ d
                        dA *= D
                        dA /= keep_prob
                        d = dA * (Z > 0)
                return grads
        """,
    },
    "gradient_check": {
        "norms": """
            def gradient_check(x, theta, epsilon=1e-7):
                thetaplus = theta + epsilon
                thetaminus = theta - epsilon
                J_plus = forward_propagation(x, thetaplus)
                J_minus = forward_propagation(x, thetaminus)
                gradapprox = (J_plus - J_minus) / (2 * epsilon)
                grad = backward_propagation(x, theta)
                numerator = np.linalg.norm(grad - gradapprox)
                denominator = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
                difference = numerator / denominator
                print("The gradient is correct!" if difference < 1e-7 else "The gradient is wrong!")
                return difference
        """,
        "absolute values": """
            def gradient_check(x, theta, epsilon=1e-7, print_msg=False):
                rise = forward_propagation(x, theta + epsilon)
                rise = rise - forward_propagation(x=x, theta=theta - epsilon)
                approx = rise / 2.0 / epsilon
                grad = backward_propagation(x, theta)
                return abs(grad - approx) / (abs(grad) + abs(approx))
        """,
    },
    "gradient_check_n": {
        "columns": """
            def gradient_check_n(parameters, gradients, X, Y, epsilon=1e-7):
                parameters_values, _ = dictionary_to_vector(parameters)
                grad = gradients_to_vector(gradients)
                num_parameters = parameters_values.shape[0]
                J_plus = np.zeros((num_parameters, 1))
                J_minus = np.zeros((num_parameters, 1))
                gradapprox = np.zeros((num_parameters, 1))
                for i in range(num_parameters):
                    thetaplus = np.copy(parameters_values)
                    thetaplus[i][0] = thetaplus[i][0] + epsilon
                    J_plus[i], _ = forward_propagation_n(X, Y, vector_to_dictionary(thetaplus))
                    thetaminus = np.copy(parameters_values)
                    thetaminus[i][0] = thetaminus[i][0] - epsilon
                    J_minus[i], _ = forward_propagation_n(X, Y, vector_to_dictionary(thetaminus))
                    gradapprox[i] = (J_plus[i] - J_minus[i]) / (2.0 * epsilon)
                numerator = np.linalg.norm(grad - gradapprox)
                denominator = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
                difference = numerator / denominator
                if difference > 2e-7:
                    print("There is a mistake in the backward propagation!")
                return difference
        """,
        "own helpers": """
            ORDER = ("W1", "b1", "W2", "b2", "W3", "b3")
            def dictionary_to_vector(d, prefix=""):
                return np.hstack([d[prefix + k].ravel() for k in ORDER])
            def vector_to_dictionary(v, like):
                out, at = {}, 0
                for k in ORDER:
                    out[k] = v[at : at + like[k].size].reshape(like[k].shape)
                    at += like[k].size
                return out
            def forward_propagation_n(X, Y, p):
                A = relu(p["W2"] @ relu(p["W1"] @ X + p["b1"]) + p["b2"])
                A3 = sigmoid(p["W3"] @ A + p["b3"])
                return -np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3)) / X.shape[1], None
            def gradient_check_n(parameters, gradients, X, Y, epsilon=1e-7, print_msg=False):
                theta, grad = dictionary_to_vector(parameters), dictionary_to_vector(gradients, "d")
                approx = np.empty(theta.size)
                for i, step in enumerate(np.eye(theta.size) * epsilon):
                    up, _ = forward_propagation_n(X, Y, vector_to_dictionary(theta + step, parameters))
                    down, _ = forward_propagation_n(X, Y, vector_to_dictionary(theta - step, parameters))
                    approx[i] = (up - down) / (2 * epsilon)
                return np.linalg.norm(grad - approx) / (np.linalg.norm(grad) + np.linalg.norm(approx))
        """,
    },
    "initialize_parameters_zeros": {
        "loop": """
            def initialize_parameters_zeros(layers_dims):
                parameters = {}
                for l in range(1, len(layers_dims)):
                    parameters["W" + str(l)] = np.zeros((layers_dims[l], layers_dims[l - 1]))
                    parameters["b" + str(l)] = np.zeros((layers_dims[l], 1))
                return parameters
        """,
        "pairs": """
            def initialize_parameters_zeros(dims):
                p = {}
                for l, (a, b) in enumerate(zip(dims, dims[1:]), 1):
                    p[f"W{l}"], p[f"b{l}"] = np.zeros((b, a)), np.zeros((b, 1))
                return p
        """,
    },
    "initialize_parameters_random": {
        "loop": """
            def initialize_parameters_random(layers_dims):
                np.random.seed(3)
                parameters = {}
                L = len(layers_dims)
                for l in range(1, L):
                    parameters["W" + str(l)] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * 10
                    parameters["b" + str(l)] = np.zeros((layers_dims[l], 1))
                return parameters
        """,
        "normal": """
            def initialize_parameters_random(layers_dims):
                p = {}
                for l, (a, b) in enumerate(zip(layers_dims, layers_dims[1:]), 1):
                    p[f"W{l}"], p[f"b{l}"] = np.random.normal(0, 10, size=(b, a)), np.zeros((b, 1))
                return p
        """,
    },
    "initialize_parameters_he": {
        "loop": """
            def initialize_parameters_he(layers_dims):
                np.random.seed(3)
                parameters = {}
                L = len(layers_dims) - 1
                for l in range(1, L + 1):
                    scale = np.sqrt(2.0 / layers_dims[l - 1])
                    parameters["W" + str(l)] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * scale
                    parameters["b" + str(l)] = np.zeros((layers_dims[l], 1))
                return parameters
        """,
        "generator": """
            def initialize_parameters_he(dims):
                rng, p = np.random.default_rng(3), {}
                for l in range(1, len(dims)):
                    p[f"W{l}"] = rng.standard_normal((dims[l], dims[l - 1])) * (2 / dims[l - 1]) ** 0.5
                    p[f"b{l}"] = np.zeros((dims[l], 1))
                return p
        """,
    },
    "initialize_parameters": {
        "xavier": """
            def initialize_parameters(layer_dims):
                np.random.seed(3)
                parameters = {}
                for l in range(1, len(layer_dims)):
                    parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) / np.sqrt(
                        layer_dims[l - 1])
                    parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
                return parameters
        """,
        "he": """
            def initialize_parameters(layer_dims):
                p = {}
                for l in range(1, len(layer_dims)):
                    p["W%d" % l] = np.random.randn(layer_dims[l], layer_dims[l - 1])
                    p["W%d" % l] *= np.sqrt(2 / layer_dims[l - 1])
                    p["b%d" % l] = np.zeros((layer_dims[l], 1))
                return p
        """,
    },
    "update_parameters_with_gd": {
        "keys": """
            def update_parameters_with_gd(parameters, grads, learning_rate):
                L = len(parameters) // 2
                for l in range(1, L + 1):
                    W, b = "W" + str(l), "b" + str(l)
                    parameters[W] = parameters[W] - learning_rate * grads["d" + W]
                    parameters[b] = parameters[b] - learning_rate * grads["d" + b]
                return parameters
        """,
        "new": """
            def update_parameters_with_gd(parameters, grads, learning_rate):
                return {k: v - learning_rate * grads["d" + k] for k, v in parameters.items()}
        """,
    },
}
# By function: how the first spelling is spoilt.
SPOILT: dict[str, tuple[tuple[str, str], ...]] = {
    "layer_sizes": (
        ("X.shape[0]", "X.shape[1]"),
        ("n_h = 4", "n_h = 5"),
        ("(n_x, n_h, n_y)", "(n_x, n_y)"),
    ),
    "initialize_with_zeros": (
        ("np.zeros((dim, 1))", "np.ones((dim, 1))"),
        ("w = np.zeros((dim, 1))", "w = np.zeros(dim)[None]"),
        ("b = 0", "b = 1"),
    ),
    "propagate": (
        ("db = (1 / m) *", "db = 1 *"),
        ("dw = (1 / m) *", "dw ="),
        ("np.dot(X, (A - Y).T)", "np.dot(X, (Y - A).T)"),
        ("np.sum(A - Y)", "np.sum(A - Y, axis=0)"),
        ("(-1 / m)", "(1 / m)"),
    ),
    "optimize": (
        ("w = w - learning_rate", "w = w + learning_rate"),
        ("b = b - learning_rate * db", "pass"),
        ("range(num_iterations)", "range(100)"),
        ("w = w - learning_rate", "w = w - 0.009"),
        (', {"dw": dw, "db": db}, costs', ", costs"),
    ),
    "model": (
        ("num_iterations, learning_rate, print_cost)\n", "num_iterations, 0.5, print_cost)\n"),
        ("w, b, X_train, Y_train, num", "w, b, X_test, Y_test, num"),
        ('"w": w, ', ""),
    ),
    "predict": (
        ("> 0.5", "> 0.9"),
        ("1 if A[0, i] > 0.5 else 0", "A[0, i]"),
        ("return Y_prediction", "return Y_prediction.ravel()"),
        ("+ b)", ")"),
    ),
    "random_mini_batches": (
        ("shuffled_Y = Y[:, permutation]", "shuffled_Y = Y[:, :]"),
        ("list(np.random.permutation(m))", "list(range(m))"),
        ("if m % mini_batch_size != 0", "if False"),
        ("if m % mini_batch_size != 0", "if True"),
        ("range(0, full)", "range(0, full - 1)"),
        ("append((mini_batch_X, mini_batch_Y))", "append(mini_batch_X)"),
    ),
    "forward_propagation_with_dropout": (
        ("D1 = D1 < keep_prob", "D1 = D1 > keep_prob"),
        ("A1 = A1 / keep_prob", "pass"),
        ("A2 = A2 * D2", "pass"),
        ("A3 = sigmoid(Z3)", "A3 = relu(Z3)"),
    ),
    "backward_propagation_with_dropout": (
        # Not so dA2 * D2: where D2 is 0, A2 > 0 is false.
        ("dA2 = dA2 / keep_prob", "pass"),
        ("dA1 = dA1 / keep_prob", "pass"),
        ("dW3 = 1.0 / m *", "dW3 ="),
        ("np.sum(dZ1, axis=1", "np.sum(dZ1, axis=0"),
    ),
    "gradient_check": (
        ("(2 * epsilon)", "epsilon"),
        ("forward_propagation(x, thetaminus)", "forward_propagation(x, theta)"),
        ("difference = numerator / denominator", "difference = numerator"),
        ("grad = backward_propagation(x, theta)", "grad = gradapprox"),
    ),
    "gradient_check_n": (
        ("(2.0 * epsilon)", "epsilon"),
        ("thetaminus[i][0] - epsilon", "thetaminus[i][0]"),
        ("np.linalg.norm(grad) + np.linalg.norm(gradapprox)", "np.linalg.norm(grad)"),
        ("grad = gradients_to_vector(gradients)", "grad = 1.0"),
    ),
    "initialize_parameters_zeros": (
        ('"W" + str(l)] = np.zeros', '"W" + str(l)] = np.ones'),
        ("layers_dims[l], layers_dims[l - 1]", "layers_dims[l - 1], layers_dims[l]"),
        ("len(layers_dims)", "len(layers_dims) - 1"),
    ),
    "initialize_parameters_random": (
        ("* 10", "* 0.01"),
        ("* 10", ""),
        ('"b" + str(l)] = np.zeros', '"b" + str(l)] = 10 * np.ones'),
        ("randn(layers_dims[l], layers_dims[l - 1])", "randn(layers_dims[l - 1], layers_dims[l])"),
    ),
    "initialize_parameters_he": (
        ("2.0 / layers_dims[l - 1]", "1.0 / layers_dims[l - 1]"),
        ("2.0 / layers_dims[l - 1]", "2.0 / layers_dims[l]"),
        ("np.sqrt(", "("),
        ("np.random.randn", "0 * np.random.randn"),
    ),
    "initialize_parameters": (
        ("/ np.sqrt(", "* np.sqrt("),
        ("np.zeros((layer_dims[l], 1))", "np.zeros((1, layer_dims[l]))"),
        ("randn(", "rand("),
    ),
    "update_parameters_with_gd": (
        ('- learning_rate * grads["d" + W', '+ learning_rate * grads["d" + W'),
        ("range(1, L + 1)", "range(1, L)"),
        ('learning_rate * grads["d" + b', 'grads["d" + b'),
    ),
}
SPELLINGS = [(name, spelling) for name, texts in RIGHT.items() for spelling in texts]
MISTAKES = [(name, *pair) for name, pairs in SPOILT.items() for pair in pairs]


def written(name: str, spelling: str) -> str:
    text = RIGHT[name][spelling]
    margin = len(text) - len(text.lstrip("\n ")) - 1
    return NUMPY + "\n".join(line[margin:] for line in text.split("\n"))


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_a_right_answer_is_right_in_every_spelling(tmp_path: Path, name: str, spelling: str) -> None:
    judgement = found(written(name, spelling), tmp_path, name)
    assert (judgement.status, judgement.cause) == ("pass", ""), judgement


@pytest.mark.parametrize(("name", "old", "new"), MISTAKES)
def test_a_wrong_answer_is_wrong(tmp_path: Path, name: str, old: str, new: str) -> None:
    text = written(name, next(iter(RIGHT[name])))
    assert old in text
    assert found(text.replace(old, new, 1), tmp_path, name).status in ("fail", "error")


# What is spoilt and named; the others differ in a way that is no known mistake, or in their form.
NAMED = {
    ("layer_sizes", "X.shape[0]"): "sizes-from-examples",
    ("propagate", "db = (1 / m) *"): "db-missing-1-over-m",
    ("propagate", "np.dot(X, (A - Y).T)"): "dw-wrong-sign",
    ("propagate", "np.sum(A - Y)"): "db-missing-axis",
    ("propagate", "(-1 / m)"): "cost-wrong-sign",
    ("optimize", "b = b - learning_rate * db"): "biases-forgotten",
    ("optimize", "range(num_iterations)"): "iterations-ignored",
    ("predict", "> 0.5"): "predict-threshold",
    ("random_mini_batches", "shuffled_Y = Y[:, permutation]"): "batches-labels-not-shuffled",
    ("random_mini_batches", "range(0, full)"): "batches-one-short",
    ("forward_propagation_with_dropout", "D1 = D1 < keep_prob"): "dropout-mask-inverted",
    ("forward_propagation_with_dropout", "A1 = A1 / keep_prob"): "dropout-not-scaled",
    ("forward_propagation_with_dropout", "A2 = A2 * D2"): "dropout-mask-missing",
    ("backward_propagation_with_dropout", "dA1 = dA1 / keep_prob"): "dropout-not-scaled",
    ("backward_propagation_with_dropout", "dW3 = 1.0 / m *"): "dw-missing-1-over-m",
    ("gradient_check", "(2 * epsilon)"): "check-distance-not-doubled",
    ("gradient_check", "difference = numerator / denominator"): "check-denominator-missing",
    ("gradient_check_n", "thetaminus[i][0] - epsilon"): "check-one-sided",
    ("update_parameters_with_gd", "range(1, L + 1)"): "loop-one-short",
}


@pytest.mark.parametrize(("name", "old"), NAMED)
def test_mistakes_of_the_other_exercises_are_named(tmp_path: Path, name: str, old: str) -> None:
    new = next(new for first, new in SPOILT[name] if first == old)
    text = written(name, next(iter(RIGHT[name])))
    assert old in text
    assert found(text.replace(old, new, 1), tmp_path, name).cause == NAMED[name, old]


REGULARIZED = """
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m = Y.shape[1]
    W1, W2, W3 = parameters["W1"], parameters["W2"], parameters["W3"]
    cross_entropy_cost = compute_cost(A3, Y)
    L2_regularization_cost = lambd / (2 * m) * (np.sum(W1**2) + np.sum(np.square(W2)) + np.sum(W3 * W3))
    cost = cross_entropy_cost + L2_regularization_cost
    return cost
"""
ADAM = """
def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01,
                                beta1=0.9, beta2=0.999, epsilon=1e-8):
    L = len(parameters) // 2
    v_corrected, s_corrected = {}, {}
    for l in range(1, L + 1):
        for d, p in (("dW" + str(l), "W" + str(l)), ("db" + str(l), "b" + str(l))):
            v[d] = beta1 * v[d] + (1 - beta1) * grads[d]
            v_corrected[d] = v[d] / (1 - beta1**t)
            s[d] = beta2 * s[d] + (1 - beta2) * grads[d] ** 2
            s_corrected[d] = s[d] / (1 - beta2**t)
            step = v_corrected[d] / (np.sqrt(s_corrected[d]) + epsilon)
            parameters[p] = parameters[p] - learning_rate * step
    return parameters, v, s, v_corrected, s_corrected
"""


@pytest.mark.parametrize(
    ("text", "old", "new", "cause"),
    [
        (REGULARIZED, "cross_entropy_cost + L2", "cross_entropy_cost + 0 * L2", "penalty-missing"),
        (REGULARIZED, "(2 * m)", "m", "penalty-not-halved"),
        (REGULARIZED, "/ (2 * m)", "/ 2", "penalty-not-averaged"),
        (REGULARIZED, "np.sum(W1**2)", "np.sum(W1)", "differs"),
        (REGULARIZED, " + np.sum(W3 * W3)", "", "penalty-of-some-layers"),
        (ADAM, "beta1**t", "beta1", "adam-correction-without-t"),
        (ADAM, "np.sqrt(s_corrected[d])", "s_corrected[d]", "adam-root-missing"),
        (ADAM, "grads[d] ** 2", "grads[d]", "adam-square-missing"),
        (ADAM, "+ (1 - beta1) * grads", "+ grads", "mean-not-weighted"),
        (ADAM, "/ (1 - beta2**t)", "", "adam-correction-missing"),
    ],
)
def test_mistakes_of_penalties_and_adam_are_named(
    tmp_path: Path, text: str, old: str, new: str, cause: str
) -> None:
    assert old in text
    name = text[5 : text.index("(")]
    assert found(NUMPY + text, tmp_path, name).right
    assert found(NUMPY + text.replace(old, new), tmp_path, name).cause == cause


@pytest.mark.parametrize("value", ["0.0", "{}", "[]", "None, None", "'text'"])
@pytest.mark.parametrize("name", sorted(RIGHT))
def test_an_answer_that_computes_nothing_is_wrong(tmp_path: Path, name: str, value: str) -> None:
    text = written(name, next(iter(RIGHT[name])))
    (function,) = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    function.body = ast.parse(f"return {value}").body
    assert found(NUMPY + ast.unparse(function), tmp_path, name).status in ("fail", "error")


def test_what_differs_is_shown_with_its_part(tmp_path: Path) -> None:
    def rows(name: str, old: str, new: str) -> list[str]:
        text = written(name, next(iter(RIGHT[name]))).replace(old, new, 1)
        return [row.quantity for row in found(text, tmp_path, name).shapes]

    assert rows("propagate", "db = (1 / m) *", "db = 1 *") == ["db"]
    assert rows("layer_sizes", "n_h = 4", "n_h = 5") == ["n_h"]
    assert rows("optimize", "b = b - learning_rate * db", "pass")[-1] == "db"
    assert rows("random_mini_batches", "Y[:, permutation]", "Y[:, :]")[0] == "mini_batch_Y"
    assert rows("forward_propagation_with_dropout", "A1 = A1 / keep_prob", "pass") == ["A3"]
    assert rows("backward_propagation_with_dropout", "dW3 = 1.0 / m *", "dW3 =") == ["dW3"]


BATCHES = """
def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    order = np.random.default_rng(seed).permutation(X.shape[1])
    starts = range(0, len(order), mini_batch_size)
    return [(X[:, order[i:i + mini_batch_size]], Y[:, order[i:i + mini_batch_size]]) for i in starts]
"""


def test_other_random_numbers_are_right_with_a_remark(tmp_path: Path) -> None:
    judgement = found(NUMPY + BATCHES, tmp_path, "random_mini_batches")
    assert (judgement.status, judgement.notes) == ("pass", (OTHER_NUMBERS,))
    dropout = written("forward_propagation_with_dropout", "booleans")
    judgement = found(dropout.replace("seed(1)", "seed(2)"), tmp_path, "forward_propagation_with_dropout")
    assert (judgement.status, judgement.notes) == ("pass", (OTHER_NUMBERS,))
    few = dropout.replace("seed(1)", "seed(2)").replace("D1 < keep_prob", "D1 < keep_prob / 2")
    assert found(few, tmp_path, "forward_propagation_with_dropout").status == "fail"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X[:, order[i:i + mini_batch_size]], Y", "X[:, order[::-1][i:i + mini_batch_size]], Y"),
        ("permutation(X.shape[1])", "integers(0, X.shape[1], X.shape[1])"),
        ("permutation(X.shape[1])", "permutation(X.shape[1])[1:]"),
        ("range(0, len(order), mini_batch_size)", "range(0, len(order), mini_batch_size + 1)"),
    ],
)
def test_batches_that_are_no_partition_are_wrong(tmp_path: Path, old: str, new: str) -> None:
    assert old in BATCHES
    judgement = found(NUMPY + BATCHES.replace(old, new), tmp_path, "random_mini_batches")
    assert judgement.status == "fail"


def test_an_update_that_binds_keys_anew_has_the_same_remark(tmp_path: Path) -> None:
    text = written("update_parameters_with_gd", "keys")
    judgement = found(text, tmp_path, "update_parameters_with_gd")
    assert "the caller's dictionary changes too" in judgement.notes[0]
    written_into = text.replace("parameters[W] = parameters[W] -", "parameters[W] -=")
    assert found(written_into, tmp_path, "update_parameters_with_gd").cause == "parameters-mutated"


def test_a_whole_exercise_is_judged_function_by_function(tmp_path: Path) -> None:
    names = ("initialize_with_zeros", "propagate", "optimize", "predict", "model")
    parts = ["def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"]
    parts += [written(name, next(iter(RIGHT[name]))) for name in names]
    wrong = [part.replace("db = (1 / m) *", "db = 1 *") for part in parts]
    for texts, spoilt in ((parts, set()), (wrong, {"propagate"})):
        judged = examined(NUMPY + "\n".join(texts), tmp_path, together=True)
        verdicts = {judgement.name: judgement.right for judgement in judged.judgements}
        assert verdicts == {name: name not in spoilt for name in ("sigmoid", *names)}
        assert judged.trains.worked is not False


def test_the_second_course_calls_activations_without_a_cache(tmp_path: Path) -> None:
    own = "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\ndef relu(x):\n    return np.maximum(0, x)\n"
    layers = """
def forward_propagation(X, parameters):
    A1 = relu(parameters["W1"] @ X + parameters["b1"])
    A2 = relu(parameters["W2"] @ A1 + parameters["b2"])
    return sigmoid(parameters["W3"] @ A2 + parameters["b3"]), (A1, A2)
"""
    dropout = written("forward_propagation_with_dropout", "booleans")
    for text in (dropout + layers, dropout + own + layers):
        judged = examined(NUMPY + text, tmp_path).judgements
        assert all(judgement.right for judgement in judged), judged


def test_a_network_check_and_a_check_of_one_number_in_one_file(tmp_path: Path) -> None:
    pair = "def forward_propagation(x, theta):\n    return x * theta\n"
    pair += "def backward_propagation(x, theta):\n    return x\n"
    text = pair + written("gradient_check", "norms") + written("gradient_check_n", "columns")
    judged = examined(NUMPY + text, tmp_path).judgements
    assert [judgement.status for judgement in judged] == ["pass"] * 4


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("model", "def model(X, Y, layers_dims, optimizer, learning_rate=0.0007): return {}"),
        ("optimize", "def optimize(parameters, grads, X, Y, rate, count): return parameters"),
        ("propagate", "def propagate(X, parameters): return X"),
        ("gradient_check", "def gradient_check(network, data, epsilon): return 1.0"),
    ],
)
def test_functions_of_other_people_are_not_judged(tmp_path: Path, name: str, text: str) -> None:
    assert found(NUMPY + text, tmp_path, name).status == "not_judged"


def test_values_under_names_of_functions_are_no_functions(tmp_path: Path) -> None:
    text = "layer_sizes = (12288, 7, 1)\nmodel = dict\ndef relu(Z): return np.maximum(0, Z), Z\n"
    solution = solution_of(NUMPY + text, tmp_path)
    assert examined_names(solution) == ["relu"]


def test_a_function_of_another_kind_of_file_is_lent_to_nobody(tmp_path: Path) -> None:
    text = "def optimize(parameters, X): return 7\ndef L_layer_model(X, Y, dims): return optimize({}, X)\n"
    solution = solution_of(NUMPY + text, tmp_path)
    assert "logistic.optimize" not in reference_names(solution)
    assert in_process(solution).call("L_layer_model", (1, 2, 3), alone=True).value == 7


def test_the_published_numbers_of_logistic_regression() -> None:
    w, b, X, Y = cases_of("propagate")[0].args
    grads, cost = propagate(w, b, X, Y)
    np.testing.assert_allclose(grads["dw"], [[0.99845601], [2.39507239]], atol=1e-8)
    assert grads["db"] == pytest.approx(0.00145557813678)
    assert cost == pytest.approx(5.801545319394553)


def test_seven_functions_that_compute_nothing_are_all_named(data_root: Path) -> None:
    path = data_root.parent / "evidence" / "check" / "regul.py"
    if not path.is_file():
        pytest.skip(f"there is no such file: {path}")
    judged = {judgement.name: judgement.status for judgement in check_file(path).judgements}
    names = (
        *("layer_sizes", "initialize_parameters_he", "compute_cost_with_regularization"),
        *("forward_propagation_with_dropout", "gradient_check_n", "random_mini_batches"),
        "update_parameters_with_adam",
    )
    assert judged.keys() == set(names)
    assert set(judged.values()) <= {"fail", "error", "unwritten"}
