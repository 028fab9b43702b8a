import numpy as np


def relu_backward(dA, cache):
    Z = cache
    dZ = np.where(dA > 0, dA, 0)
    assert dZ.shape == Z.shape
    return dZ


def sigmoid_backward(dA, cache):
    s = 1 / (1 + np.exp(-dA))
    return dA * s * (1 - s)
