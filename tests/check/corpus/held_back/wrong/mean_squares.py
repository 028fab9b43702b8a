import numpy as np


def compute_cost(AL, Y):
    return float(np.mean((AL - Y) ** 2))


def predict(X, parameters):
    AL, _ = L_model_forward(X, parameters)
    p = np.zeros((1, X.shape[1]))
    for i in range(X.shape[1]):
        if AL[0, i] > 0.5:
            p[0, i] = 0
        else:
            p[0, i] = 1
    return p
