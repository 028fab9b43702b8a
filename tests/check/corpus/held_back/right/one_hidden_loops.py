import numpy as np


def forward_propagation(X, parameters):
    n_h, m = parameters["W1"].shape[0], X.shape[1]
    Z1 = np.array([parameters["W1"].dot(X[:, j]) + parameters["b1"][:, 0] for j in range(m)]).T
    A1 = np.tanh(Z1)
    Z2 = np.array([parameters["W2"].dot(A1[:, j]) + parameters["b2"][:, 0] for j in range(m)]).T
    A2 = 1 / (1 + np.exp(-Z2))
    return A2, {"A1": A1, "A2": A2, "Z1": Z1, "Z2": Z2}


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    grads = {name: np.zeros_like(parameters[name[1:]]) for name in ("dW1", "db1", "dW2", "db2")}
    for j in range(m):
        x, y = X[:, [j]], Y[:, [j]]
        a1, a2 = cache["A1"][:, [j]], cache["A2"][:, [j]]
        d2 = a2 - y
        d1 = parameters["W2"].T.dot(d2) * (1 - a1 * a1)
        grads["dW2"] += d2.dot(a1.T)
        grads["db2"] += d2
        grads["dW1"] += d1.dot(x.T)
        grads["db1"] += d1
    for name in grads:
        grads[name] /= m
    return grads
