import numpy as np


def linear_forward(A, W, b, verbose=False):
    Z = W @ A + b
    if verbose:
        print(Z)
    return Z, (A, W, b)


def linear_activation_backward(dA, cache, activation="relu", **ignored):
    (A_prev, W, b), Z = cache
    if activation == "relu":
        dZ = dA * np.sign(np.maximum(Z, 0))
    else:
        s = 1 / (1 + np.exp(-Z))
        dZ = dA * (s - s * s)
    m = float(A_prev.shape[1])
    return np.dot(W.T, dZ), np.dot(dZ, A_prev.T) / m, np.dot(dZ, np.full((int(m), 1), 1 / m))


def update_parameters(parameters, grads, learning_rate=0.01):
    parameters = {**parameters}
    for l in range(1, len(parameters) // 2 + 1):
        for p in "Wb":
            parameters[p + str(l)] = parameters[p + str(l)] + (-learning_rate) * grads["d" + p + str(l)]
    return parameters
