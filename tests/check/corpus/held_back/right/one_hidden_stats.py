import numpy as np


def initialize_parameters(n_x, n_h, n_y):
    rng = np.random.RandomState(2)
    W1, W2 = 0.01 * rng.randn(n_h, n_x), 0.01 * rng.randn(n_y, n_h)
    return {"W1": W1, "b1": np.zeros((n_h, 1)), "W2": W2, "b2": np.zeros((n_y, 1))}


def forward_propagation(X, parameters):
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = 2 / (1 + np.exp(-2 * Z1)) - 1  # tanh
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    A2 = 1 / (1 + np.exp(-Z2))
    cache = dict(Z1=Z1, A1=A1, Z2=Z2, A2=A2, X=X)
    return A2, cache


def backward_propagation(parameters, cache, X, Y):
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dZ1 = parameters["W2"].T @ dZ2 * (1 - A1) * (1 + A1)
    average = lambda a: a.mean(axis=1, keepdims=True)
    return {
        "dW2": dZ2 @ A1.T / Y.shape[1],
        "db2": average(dZ2),
        "dW1": dZ1 @ X.T / Y.shape[1],
        "db1": average(dZ1),
    }


def compute_cost(A2, Y):
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) * Y.shape[0]
