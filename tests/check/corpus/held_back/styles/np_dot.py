import numpy as np

# All deltas first, then all the gradients.


def sigmoid(Z):
    denominator = np.ones_like(Z) + np.exp(np.dot(-1, Z))
    return 1 / denominator, Z


def relu(Z):
    half = np.dot(0.5, Z)
    return half + np.abs(half), Z


def sigmoid_backward(dA, cache):
    e = np.exp(-np.abs(cache))
    slope = e / np.square(1 + e)
    return slope * dA


def relu_backward(dA, cache):
    on = np.where(cache > 0)
    dZ = np.zeros(cache.shape)
    dZ[on] = dA[on]
    return dZ


def initialize_parameters_deep(layer_dims):
    keys, values = [], []
    for l in range(len(layer_dims) - 1):
        n_prev, n = layer_dims[l], layer_dims[l + 1]
        keys += ["W" + str(l + 1), "b" + str(l + 1)]
        values += [np.random.normal(0, 1, (n, n_prev)) * np.sqrt(1 / n_prev), np.zeros((n, 1))]
    return dict(zip(keys, values))


def linear_forward(A, W, b):
    m = A.shape[1]
    Z = np.dot(W, A) + np.dot(b, np.ones((1, m)))
    cache = A, W, b
    return Z, cache


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    g = sigmoid if activation == "sigmoid" else relu
    A, activation_cache = g(Z)
    return A, (linear_cache, activation_cache)


def L_model_forward(X, parameters):
    activations = [X]
    caches = []
    L = len(parameters) // 2
    for l in range(1, L + 1):
        W, b = parameters["W" + str(l)], parameters["b" + str(l)]
        kind = "relu"
        if l == L:
            kind = "sigmoid"
        A, cache = linear_activation_forward(activations[l - 1], W, b, kind)
        activations.append(A)
        caches.append(cache)
    return activations[L], caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    wrong_by = np.where(Y == 1, 1 - AL, AL)
    surprise = -np.log(1 - wrong_by)
    return np.dot(surprise, np.ones((m, 1)) / m).sum()


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    one_over_m = 1.0 / A_prev.shape[1]
    dW = np.dot(dZ, A_prev.transpose())
    dW = dW * one_over_m
    db = np.dot(dZ, np.ones((A_prev.shape[1], 1)))
    db = db * one_over_m
    dA_prev = np.dot(W.transpose(), dZ)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, Z = cache
    g_backward = sigmoid_backward if activation == "sigmoid" else relu_backward
    return linear_backward(g_backward(dA, Z), linear_cache)


def L_model_backward(AL, Y, caches):
    L = len(caches)
    grads = {}
    dA = -np.divide(Y, AL) + np.divide(1 - Y, 1 - AL)
    deltas = {}
    for l in range(L, 0, -1):
        (A_prev, W, b), Z = caches[l - 1]
        if l == L:
            deltas[l] = sigmoid_backward(dA, Z)
        else:
            deltas[l] = relu_backward(dA, Z)
        dA = np.dot(W.T, deltas[l])
    for l in deltas:
        dA_prev, dW, db = linear_backward(deltas[l], caches[l - 1][0])
        grads["dA" + str(l - 1)] = dA_prev
        grads["dW" + str(l)] = dW
        grads["db" + str(l)] = db
    return grads


def update_parameters(parameters, grads, learning_rate):
    step = {"W": {}, "b": {}}
    L = len(parameters) // 2
    for l in range(1, L + 1):
        step["W"][l] = np.dot(learning_rate, grads["dW" + str(l)])
        step["b"][l] = np.dot(learning_rate, grads["db" + str(l)])
    return {key: parameters[key] - step[key[0]][int(key[1:])] for key in parameters}


def predict(X, parameters):
    AL = L_model_forward(X, parameters)[0]
    labels = np.zeros_like(AL, dtype=int)
    labels[np.where(AL > 0.5)] = 1
    return labels
