import numpy as np


def layer_sizes(X, Y):
    return X.shape[0], 4, Y.shape[0]


def initialize_parameters(n_x, n_h, n_y):
    sizes = {"1": (n_h, n_x), "2": (n_y, n_h)}
    parameters = {}
    for layer in sizes:
        parameters["W" + layer] = np.random.randn(*sizes[layer]) * 0.01
        parameters["b" + layer] = np.zeros((sizes[layer][0], 1))
    return parameters


def forward_propagation(X, parameters):
    cache = {}
    A = X
    for layer, g in (("1", np.tanh), ("2", lambda z: 1 / (1 + np.exp(-z)))):
        Z = np.matmul(parameters["W" + layer], A) + parameters["b" + layer]
        A = g(Z)
        cache["Z" + layer] = Z
        cache["A" + layer] = A
    return A, cache


def compute_cost(A2, Y):
    m = Y.shape[1]
    yes = np.log(A2) * Y
    no = np.log(1 - A2) * (1 - Y)
    cost = (yes + no).sum() / (-m)
    return float(cost)


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"]
    A1, A2 = cache["A1"], cache["A2"]
    error = np.subtract(A2, Y)
    back = np.matmul(W2.T, error)
    slope = 1 - A1 * A1
    hidden_error = back * slope
    grads = {}
    grads["dW2"] = np.matmul(error, A1.T) / m
    grads["db2"] = error.sum(axis=1, keepdims=True) / m
    grads["dW1"] = np.matmul(hidden_error, X.T) / m
    grads["db1"] = hidden_error.sum(axis=1, keepdims=True) / m
    return grads


def update_parameters(parameters, grads, learning_rate=0.1):
    new = {}
    for key in sorted(parameters):
        new[key] = parameters[key] - grads["d" + key] * learning_rate
    return new


def predict(parameters, X):
    A2 = forward_propagation(X, parameters)[0]
    return (A2 > 0.5) + 0
