"""Deep network, careful about saturation, with helper functions of my own."""

import numpy as np


def _check(name, array, shape):
    if array.shape != shape:
        raise ValueError(f"{name}: {array.shape} is not {shape}")
    return array


def _layers(dictionary):
    return len([key for key in dictionary if key.startswith("W")])


def _sig(x):
    return np.exp(-np.logaddexp(0.0, -x))


def sigmoid(Z):
    return _sig(Z), Z


def relu(Z):
    return np.where(Z > 0, Z, np.zeros_like(Z)), Z


def leaky_relu(Z):
    return np.maximum(0.01 * Z, Z), Z


def softmax(Z):
    shifted = np.exp(Z - Z.max(axis=0, keepdims=True))
    return shifted / shifted.sum(axis=0, keepdims=True), Z


def sigmoid_backward(dA, cache):
    derivative = _sig(cache) * _sig(-cache)
    return dA * derivative


def relu_backward(dA, cache):
    derivative = np.zeros_like(cache)
    derivative[cache > 0] = 1
    return dA * derivative


def initialize_parameters(n_x, n_h, n_y):
    print("initialising", n_x, n_h, n_y)
    return initialize_parameters_deep([n_x, n_h, n_y])


def initialize_parameters_deep(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        shape = (layer_dims[l], layer_dims[l - 1])
        parameters.update({f"W{l}": np.random.normal(0.0, 0.01, shape)})
        parameters.update({f"b{l}": np.zeros(shape=(layer_dims[l], 1))})
    return parameters


def linear_forward(A, W, b):
    Z = np.matmul(W, A)
    Z = np.add(Z, b)
    return _check("Z", Z, (W.shape[0], A.shape[1])), (A, W, b)


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    if activation == "relu":
        A, activation_cache = relu(Z)
    elif activation == "sigmoid":
        A, activation_cache = sigmoid(Z)
    else:
        raise ValueError(activation)
    return A, (linear_cache, activation_cache)


def L_model_forward(X, parameters):
    L = _layers(parameters)
    A, caches = X, []
    for l in range(1, L + 1):
        A, cache = linear_activation_forward(
            A, parameters[f"W{l}"], parameters[f"b{l}"], "relu" if l < L else "sigmoid"
        )
        caches = [*caches, cache]
    return A, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    p = np.where(Y > 0.5, AL, 1.0 - AL)
    p = np.maximum(p, np.finfo(p.dtype).tiny)
    return np.sum(-np.log(p)) / m


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = dZ.shape[1]
    dW = np.matmul(dZ, np.transpose(A_prev)) / m
    db = np.mean(dZ, axis=1, keepdims=True)
    dA_prev = np.matmul(np.transpose(W), dZ)
    _check("dW", dW, W.shape)
    _check("db", db, b.shape)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    else:
        raise ValueError(activation)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL, Y, caches):
    with np.errstate(divide="ignore", invalid="ignore"):
        dA = np.where(Y == 1, -1.0 / AL, 1.0 / (1.0 - AL))
    found = []
    kinds = ["sigmoid"] + ["relu"] * (len(caches) - 1)
    for kind, cache in zip(kinds, reversed(caches)):
        dA, dW, db = linear_activation_backward(dA, cache, kind)
        found.append((dA, dW, db))
    grads = {"cost_gradient": "cross entropy"}
    for l, (dA_prev, dW, db) in enumerate(reversed(found), start=1):
        grads[f"dA{l - 1}"], grads[f"dW{l}"], grads[f"db{l}"] = dA_prev, dW, db
    return grads


def update_parameters(parameters, grads, learning_rate):
    result = {key: np.copy(value) for key, value in parameters.items()}
    for l in range(1, _layers(parameters) + 1):
        result[f"W{l}"] -= learning_rate * grads[f"dW{l}"]
        result[f"b{l}"] -= learning_rate * grads[f"db{l}"]
    return result


def predict(X, parameters):
    probabilities = L_model_forward(X, parameters)[0]
    return np.array(probabilities > 0.5, dtype=np.int64)
