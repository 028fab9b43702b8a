import numpy as np


def linear_forward(A, W):
    return W @ A


def update_parameters(parameters, grads):
    return {k: v - 0.01 * grads["d" + k] for k, v in parameters.items()}
