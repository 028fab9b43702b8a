# I do not trust the vectorised version so I wrote all the sums out.
import math

import numpy as np


def sigmoid(Z):
    A = np.zeros(Z.shape)
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            if Z[i, j] >= 0:
                A[i, j] = 1.0 / (1.0 + math.exp(-Z[i, j]))
            else:
                A[i, j] = math.exp(Z[i, j]) / (1.0 + math.exp(Z[i, j]))
    return A, Z


def relu(Z):
    A = np.zeros(Z.shape)
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            A[i, j] = max(0.0, Z[i, j])
    return A, Z


def sigmoid_backward(dA, cache):
    A, Z = sigmoid(cache)
    dZ = np.zeros(Z.shape)
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            dZ[i, j] = dA[i, j] * A[i, j] * (1 - A[i, j])
    return dZ


def relu_backward(dA, cache):
    Z = cache
    dZ = np.zeros(Z.shape)
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            if Z[i, j] > 0:
                dZ[i, j] = dA[i, j]
    return dZ


def linear_forward(A, W, b):
    n, n_prev = W.shape
    m = A.shape[1]
    Z = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            total = b[i, 0]
            for k in range(n_prev):
                total += W[i, k] * A[k, j]
            Z[i, j] = total
    return Z, (A, W, b)


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = 0.0
    for i in range(Y.shape[0]):
        for j in range(m):
            if Y[i, j] == 1:
                cost -= math.log(AL[i, j])
            else:
                cost -= math.log(1 - AL[i, j])
    return cost / m


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    n, n_prev = W.shape
    m = A_prev.shape[1]
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    dA_prev = np.zeros(A_prev.shape)
    for i in range(n):
        for j in range(m):
            db[i, 0] += dZ[i, j] / m
            for k in range(n_prev):
                dW[i, k] += dZ[i, j] * A_prev[k, j] / m
                dA_prev[k, j] += W[i, k] * dZ[i, j]
    return dA_prev, dW, db


def update_parameters(parameters, grads, learning_rate):
    updated = {}
    for name in parameters:
        new = np.array(parameters[name])
        for i in range(new.shape[0]):
            for j in range(new.shape[1]):
                new[i, j] -= learning_rate * grads["d" + name][i, j]
        updated[name] = new
    return updated


def predict(X, parameters):
    A = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        Z, _ = linear_forward(A, parameters["W" + str(l)], parameters["b" + str(l)])
        A, _ = relu(Z) if l < L else sigmoid(Z)
    answers = []
    for j in range(A.shape[1]):
        answers.append(1 if A[0, j] > 0.5 else 0)
    return np.array([answers])
