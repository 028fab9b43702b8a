import numpy as np


def relu_backward(dA, cache):
    return np.multiply(dA, np.int64(cache > 0))


def sigmoid(Z):
    A = np.exp(np.minimum(Z, 0)) / (1 + np.exp(-np.abs(Z)))
    cache = Z
    return (A, cache)


def predict(X, parameters):
    m = X.shape[1]
    Y_prediction = np.zeros((1, m), dtype=bool)
    A, _ = L_model_forward(X, parameters)
    for i in range(A.shape[1]):
        Y_prediction[0][i] = A[0][i] > 0.5
    return Y_prediction
