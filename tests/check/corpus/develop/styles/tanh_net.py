import numpy as np


def sig(z):
    return 1.0 / (1.0 + np.exp(-z))


def initialize_parameters(n_x, n_h, n_y):
    parameters = {}
    parameters["W1"] = np.random.standard_normal((n_h, n_x)) / 100
    parameters["b1"] = np.zeros(n_h).reshape(n_h, 1)
    parameters["W2"] = np.random.standard_normal((n_y, n_h)) / 100
    parameters["b2"] = np.zeros(n_y).reshape(n_y, 1)
    return parameters


def forward_propagation(X, parameters):
    W1, b1, W2, b2 = [parameters[key] for key in ("W1", "b1", "W2", "b2")]
    cache = {}
    cache["Z1"] = W1 @ X + b1
    cache["A1"] = np.tanh(cache["Z1"])
    cache["Z2"] = W2 @ cache["A1"] + b2
    cache["A2"] = sig(cache["Z2"])
    return cache["A2"], cache


def compute_cost(A2, Y, parameters=None):
    m = Y.shape[1]
    first = np.multiply(Y, np.log(A2))
    second = np.multiply(1 - Y, np.log(1 - A2))
    return np.squeeze(-np.sum(first + second) / m)


def backward_propagation(parameters, cache, X, Y):
    m = Y.shape[1]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = (A2 - Y) / m
    dW2 = dZ2 @ A1.T
    db2 = dZ2.sum(axis=1, keepdims=True)
    dA1 = parameters["W2"].T @ dZ2
    dZ1 = dA1 * (1 - A1**2)
    dW1 = dZ1 @ X.T
    db1 = dZ1.sum(axis=1, keepdims=True)
    return {"dZ1": dZ1, "dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, grads, learning_rate=0.1):
    updated = {}
    for name in ["W1", "b1", "W2", "b2"]:
        updated[name] = parameters[name] - learning_rate * grads["d" + name]
    return updated


def nn_model(X, Y, n_h, num_iterations=10000, print_cost=False):
    parameters = initialize_parameters(X.shape[0], n_h, Y.shape[0])
    for i in range(num_iterations):
        A2, cache = forward_propagation(X, parameters)
        grads = backward_propagation(parameters, cache, X, Y)
        parameters = update_parameters(parameters, grads, learning_rate=1.2)
        if print_cost and not i % 1000:
            print(i, compute_cost(A2, Y))
    return parameters


def predict(parameters, X):
    A2, _ = forward_propagation(X, parameters)
    return np.round(A2)
