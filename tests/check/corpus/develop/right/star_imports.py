from numpy import *


def sigmoid(Z):
    return 1 / (1 + exp(-Z)), Z


def relu(Z):
    return maximum(Z, 0), Z


def forward_propagation(X, parameters):
    W1, b1, W2, b2 = (parameters[k] for k in ('W1', 'b1', 'W2', 'b2'))
    Z1 = dot(W1, X) + b1
    A1 = tanh(Z1)
    Z2 = dot(W2, A1) + b2
    A2 = sigmoid(Z2)[0]
    return A2, {'Z1': Z1, 'A1': A1, 'Z2': Z2, 'A2': A2}


def backward_propagation(parameters, cache, X, Y):
    m = shape(X)[1]
    dZ2 = cache['A2'] - Y
    dZ1 = multiply(dot(transpose(parameters['W2']), dZ2), 1 - square(tanh(cache['Z1'])))
    return {
        'dW1': dot(dZ1, transpose(X)) / m, 'db1': sum(dZ1, axis=1, keepdims=True) / m,
        'dW2': dot(dZ2, transpose(cache['A1'])) / m, 'db2': sum(dZ2, axis=1, keepdims=True) / m,
    }
