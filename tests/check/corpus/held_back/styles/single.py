import numpy as np

# Everything in single precision: my laptop is small.
F = np.float32


def sigmoid(Z):
    Z32 = np.asarray(Z, dtype=F)
    A = 1 / (1 + np.exp(-Z32))
    return A, Z32


def relu(Z):
    Z32 = np.asarray(Z, dtype=F)
    A = np.maximum(Z32, F(0))
    return A, Z32


def sigmoid_backward(dA, cache):
    dA = np.asarray(dA, dtype=F)
    A, _ = sigmoid(cache)
    dZ = dA * A * (1 - A)
    return dZ


def relu_backward(dA, cache):
    dZ = np.array(dA, dtype=F)
    dZ[cache <= 0] = 0
    return dZ


def initialize_parameters(n_x, n_h, n_y):
    W1 = np.random.randn(n_h, n_x).astype(F) * F(0.01)
    W2 = np.random.randn(n_y, n_h).astype(F) * F(0.01)
    b1 = np.zeros((n_h, 1), dtype=F)
    b2 = np.zeros((n_y, 1), dtype=F)
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def initialize_parameters_deep(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        W = np.random.randn(layer_dims[l], layer_dims[l - 1]) * np.sqrt(2.0 / layer_dims[l - 1])
        parameters["W" + str(l)] = W.astype(F)
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1), dtype=F)
    return parameters


def linear_forward(A, W, b):
    A, W, b = A.astype(F), W.astype(F), b.astype(F)
    Z = W.dot(A) + b
    return Z, (A, W, b)


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    if activation == "sigmoid":
        A, activation_cache = sigmoid(Z)
    if activation == "relu":
        A, activation_cache = relu(Z)
    return A, (linear_cache, activation_cache)


def L_model_forward(X, parameters):
    A = X
    caches = []
    L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(A, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
    A, cache = linear_activation_forward(A, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid")
    caches.append(cache)
    return A, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    right = np.where(Y == 1, AL, 1 - AL).astype(F)
    cost = -np.sum(np.log(right)) / F(m)
    return cost


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dZ = dZ.astype(F)
    dW = dZ.dot(A_prev.T.astype(F)) / m
    db = dZ.sum(axis=1).reshape(-1, 1) / m
    dA_prev = W.T.astype(F).dot(dZ)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    dA = -(Y / AL) + (1 - Y) / (1 - AL)
    dA, dW, db = linear_activation_backward(dA, caches[L - 1], "sigmoid")
    grads["dA" + str(L - 1)] = dA
    grads["dW" + str(L)] = dW
    grads["db" + str(L)] = db
    for l in range(L - 1, 0, -1):
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], "relu")
        grads["dA" + str(l - 1)] = dA
        grads["dW" + str(l)] = dW
        grads["db" + str(l)] = db
    return grads


def update_parameters(parameters, grads, learning_rate):
    parameters = dict(parameters)
    for l in range(1, len(parameters) // 2 + 1):
        parameters["W" + str(l)] = (parameters["W" + str(l)] - learning_rate * grads["dW" + str(l)]).astype(F)
        parameters["b" + str(l)] = (parameters["b" + str(l)] - learning_rate * grads["db" + str(l)]).astype(F)
    return parameters


def predict(X, parameters):
    AL, _ = L_model_forward(X, parameters)
    p = np.zeros(AL.shape)
    p[AL > 0.5] = 1
    return p
