import numpy as np


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dz, A_prev.T) / m
    db = np.sum(dz, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dz)
    return dA_prev, dW, db


def relu(Z):
    A = np.max(0, Z)
    return A, Z


def initialize_parameters(n_x, n_h, n_y):
    W1 = np.random.randn(n_h, n_x) * 0.01
    b1 = np.zero((n_h, 1))
    W2 = np.random.randn(n_y, n_h) * 0.01
    b2 = np.zero((n_y, 1))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
