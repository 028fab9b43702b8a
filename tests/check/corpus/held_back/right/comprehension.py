import numpy as np


def initialize_parameters_deep(layer_dims):
    shapes = [(n, n_prev) for n_prev, n in zip(layer_dims, layer_dims[1:])]
    weights = {f"W{l}": np.random.randn(*shape) * 0.01 for l, shape in enumerate(shapes, 1)}
    biases = {f"b{l}": np.zeros((shape[0], 1)) for l, shape in enumerate(shapes, 1)}
    return {**weights, **biases}


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    n, m = dZ.shape
    dW = np.array([[sum(dZ[i] * A_prev[k]) / m for k in range(A_prev.shape[0])] for i in range(n)])
    db = np.array([[sum(dZ[i]) / m] for i in range(n)])
    dA_prev = np.array([[sum(W[:, k] * dZ[:, j]) for j in range(m)] for k in range(W.shape[1])])
    return dA_prev, dW, db


def update_parameters(parameters, grads, learning_rate):
    return {name: value - learning_rate * grads[f"d{name}"] for name, value in parameters.items()}


def predict(X, parameters):
    AL, _ = L_model_forward(X, parameters)
    return np.array([[1 if a > 0.5 else 0 for a in row] for row in AL])
