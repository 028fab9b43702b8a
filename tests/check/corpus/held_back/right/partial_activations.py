import numpy as np


def sigmoid(Z):
    """exp(Z) / (1 + exp(Z)): the other way of writing it."""
    return np.exp(Z) / (np.exp(Z) + 1), Z


def relu(Z):
    return (Z + np.abs(Z)) / 2, Z


def sigmoid_backward(dA, cache):
    Z = cache
    return dA / (2 + np.exp(Z) + np.exp(-Z))


def relu_backward(dA, cache):
    Z = cache
    return np.select([Z > 0, Z <= 0], [dA, np.zeros_like(dA)])
