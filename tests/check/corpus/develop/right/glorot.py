import numpy as np


def initialize_parameters_deep(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        limit = np.sqrt(6 / (layer_dims[l - 1] + layer_dims[l]))
        parameters["W" + str(l)] = np.random.uniform(-limit, limit, (layer_dims[l], layer_dims[l - 1]))
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(42)
    W1 = np.random.normal(size=(n_h, n_x)) * 0.01
    W2 = np.random.normal(size=(n_y, n_h)) * 0.01
    return {"W1": W1, "b1": np.zeros_like(W1[:, :1]), "W2": W2, "b2": np.zeros_like(W2[:, :1])}
