import numpy as np
from numpy import einsum


def sigmoid(Z):
    return 0.5 * (1 + np.tanh(0.5 * Z)), Z


def relu(Z):
    A = Z.copy()
    A[A < 0] = 0
    return A, Z


def sigmoid_backward(dA, cache):
    A, _ = sigmoid(cache)
    return einsum("ij,ij,ij->ij", dA, A, 1 - A)


def relu_backward(dA, cache):
    mask = (cache > 0).astype(float)
    return einsum("ij,ij->ij", dA, mask)


def initialize_parameters(n_x, n_h, n_y):
    rng = np.random.default_rng()
    sizes = [n_x, n_h, n_y]
    parameters = {}
    for i in (1, 2):
        parameters["W%d" % i] = rng.standard_normal((sizes[i], sizes[i - 1])) * 0.01
        parameters["b%d" % i] = np.zeros((sizes[i], 1))
    return parameters


def initialize_parameters_deep(layer_dims):
    rng = np.random.default_rng(0)
    parameters = {}
    for i in range(1, len(layer_dims)):
        scale = np.sqrt(2 / layer_dims[i - 1])
        parameters["W%d" % i] = rng.standard_normal((layer_dims[i], layer_dims[i - 1])) * scale
        parameters["b%d" % i] = np.zeros((layer_dims[i], 1))
    return parameters


def linear_forward(A, W, b):
    Z = einsum("ij,jk->ik", W, A) + b
    return Z, (A, W, b)


def linear_activation_forward(A_prev, W, b, activation):
    functions = {"relu": relu, "sigmoid": sigmoid}
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = functions[activation](Z)
    return A, (linear_cache, activation_cache)


def L_model_forward(X, parameters):
    L = len(parameters) // 2
    activations = ["relu"] * (L - 1) + ["sigmoid"]
    caches = []
    A = X
    for i in range(L):
        A, cache = linear_activation_forward(
            A, parameters["W%d" % (i + 1)], parameters["b%d" % (i + 1)], activations[i]
        )
        caches.append(cache)
    return A, caches


def compute_cost(AL, Y):
    m = AL.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        ones = np.where(Y == 0, 0, Y * np.log(AL))
        zeros = np.where(Y == 1, 0, (1 - Y) * np.log(1 - AL))
    return -einsum("ij->", ones + zeros) / m


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = einsum("ik,jk->ij", dZ, A_prev) / m
    db = einsum("ik->i", dZ)[:, np.newaxis] / m
    dA_prev = einsum("ij,ik->jk", W, dZ)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    functions = {"relu": relu_backward, "sigmoid": sigmoid_backward}
    linear_cache, activation_cache = cache
    dZ = functions[activation](dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL, Y, caches):
    L = len(caches)
    activations = ["relu"] * (L - 1) + ["sigmoid"]
    grads = {"dA%d" % L: -(Y / AL) + (1 - Y) / (1 - AL)}
    for i in range(L - 1, -1, -1):
        dA_prev, dW, db = linear_activation_backward(grads["dA%d" % (i + 1)], caches[i], activations[i])
        grads["dA%d" % i] = dA_prev
        grads["dW%d" % (i + 1)] = dW
        grads["db%d" % (i + 1)] = db
    return grads


def update_parameters(parameters, grads, learning_rate):
    new = {}
    for i in range(1, len(parameters) // 2 + 1):
        for letter in ("W", "b"):
            name = letter + str(i)
            new[name] = parameters[name] - learning_rate * grads["d" + name]
    return new


def predict(X, parameters):
    AL, caches = L_model_forward(X, parameters)
    return np.where(AL > 0.5, 1, 0)
