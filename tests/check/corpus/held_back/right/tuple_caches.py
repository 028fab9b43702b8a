import numpy as np


def linear_forward(A, W, b):
    return np.inner(W, A.T) + b, [A, W, b]


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A = {"relu": np.maximum(Z, 0), "sigmoid": 1 / (1 + np.exp(-Z))}[activation]
    return A, [linear_cache, Z]


def L_model_forward(X, parameters):
    L = len(parameters) // 2
    caches = ()
    A = X
    for l in range(1, L + 1):
        A, cache = linear_activation_forward(
            A, parameters["W" + str(l)], parameters["b" + str(l)], "relu" if l != L else "sigmoid"
        )
        caches = caches + (cache,)
    return A, caches
