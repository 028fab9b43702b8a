"""I come from Java: classes inside, the course's functions outside."""

import numpy as np


class Activation:
    def forward(self, Z):
        raise NotImplementedError

    def derivative(self, Z):
        raise NotImplementedError

    def backward(self, dA, Z):
        return np.multiply(dA, self.derivative(Z))


class Sigmoid(Activation):
    def forward(self, Z):
        return np.reciprocal(1.0 + np.exp(-Z))

    def derivative(self, Z):
        s = self.forward(Z)
        return np.multiply(s, 1.0 - s)


class Relu(Activation):
    def forward(self, Z):
        return Z.clip(min=0)

    def derivative(self, Z):
        return np.where(Z > 0, 1.0, 0.0)


ACTIVATIONS = {"sigmoid": Sigmoid(), "relu": Relu()}


class Layer:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, A):
        return self.W.dot(A) + self.b

    def gradients(self, dZ, A):
        m = A.shape[1]
        ones = np.ones((m, 1))
        return self.W.T.dot(dZ), dZ.dot(A.T) / m, dZ.dot(ones) / m


def sigmoid(Z):
    A = ACTIVATIONS["sigmoid"].forward(Z)
    return A, Z


def relu(Z):
    A = ACTIVATIONS["relu"].forward(Z)
    return A, Z


def sigmoid_backward(dA, cache):
    return ACTIVATIONS["sigmoid"].backward(dA, cache)


def relu_backward(dA, cache):
    return ACTIVATIONS["relu"].backward(dA, cache)


def initialize_parameters(n_x, n_h, n_y):
    W1 = np.random.randn(n_h, n_x)
    W2 = np.random.randn(n_y, n_h)
    W1 *= 0.01
    W2 *= 0.01
    return {"W1": W1, "W2": W2, "b1": np.zeros((n_h, 1)), "b2": np.zeros((n_y, 1))}


def initialize_parameters_deep(layer_dims):
    parameters = {}
    n_prev = layer_dims[0]
    for l, n in enumerate(layer_dims[1:]):
        W = np.random.randn(n, n_prev) / n_prev ** 0.5
        b = np.zeros((n, 1))
        parameters["W" + str(l + 1)] = W
        parameters["b" + str(l + 1)] = b
        n_prev = n
    return parameters


def linear_forward(A, W, b):
    layer = Layer(W, b)
    Z = layer.forward(A)
    return Z, (A, W, b)


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A = ACTIVATIONS[activation].forward(Z)
    return A, (linear_cache, Z)


def L_model_forward(X, parameters):
    caches = list()
    A = X
    l = 1
    while "W" + str(l + 1) in parameters:
        A, cache = linear_activation_forward(A, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
        l += 1
    A, cache = linear_activation_forward(A, parameters["W" + str(l)], parameters["b" + str(l)], "sigmoid")
    caches.append(cache)
    return A, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    chosen = Y * AL + (1 - Y) * (1 - AL)
    losses = -np.log(chosen)
    return (losses.sum() / m).item()


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    layer = Layer(W, b)
    dA_prev, dW, db = layer.gradients(dZ, A_prev)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, Z = cache
    dZ = ACTIVATIONS[activation].backward(dA, Z)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    dA = np.divide(1 - Y, 1 - AL) - np.divide(Y, AL)
    l = L
    while l > 0:
        activation = "sigmoid" if l == L else "relu"
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], activation)
        grads.update({"dA" + str(l - 1): dA, "dW" + str(l): dW, "db" + str(l): db})
        l -= 1
    return grads


def update_parameters(parameters, grads, learning_rate):
    L = len(parameters) // 2
    new_parameters = {}
    for l in range(1, L + 1):
        step_W = learning_rate * grads["dW" + str(l)]
        step_b = learning_rate * grads["db" + str(l)]
        new_parameters["W" + str(l)] = np.subtract(parameters["W" + str(l)], step_W)
        new_parameters["b" + str(l)] = np.subtract(parameters["b" + str(l)], step_b)
    return new_parameters


def predict(X, parameters):
    AL, _ = L_model_forward(X, parameters)
    return np.greater(AL, 0.5).astype(float)
