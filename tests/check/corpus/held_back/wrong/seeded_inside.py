import numpy as np


def initialize_parameters_deep(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        rng = np.random.RandomState(1)
        parameters["W%d" % l] = rng.randn(layer_dims[l], layer_dims[l - 1]) / np.sqrt(layer_dims[l - 1])
        parameters["b%d" % l] = np.zeros((layer_dims[l], 1))
    return parameters


def initialize_parameters(n_x, n_h, n_y):
    return {
        "W1": np.random.randn(n_h, n_x),
        "b1": np.random.randn(n_h, 1),
        "W2": np.random.randn(n_y, n_h),
        "b2": np.random.randn(n_y, 1),
    }
