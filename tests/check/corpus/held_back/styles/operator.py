# functions of numpy only, no operators
import numpy as np


def sigmoid(z):
    return np.divide(1, np.add(1, np.exp(np.negative(z)))), z


def relu(z):
    return np.multiply(z, np.greater(z, 0)), z


def sigmoid_backward(grad, z):
    s = sigmoid(z)[0]
    return np.multiply(grad, np.multiply(s, np.subtract(1, s)))


def relu_backward(grad, z):
    return np.multiply(grad, np.greater(z, 0))


def linear_forward(inp, weights, bias):
    out = np.add(np.tensordot(weights, inp, axes=1), bias)
    return out, (inp, weights, bias)


def linear_activation_forward(inp, weights, bias, name):
    out, first = linear_forward(inp, weights, bias)
    if name == "sigmoid":
        act, second = sigmoid(out)
    else:
        act, second = relu(out)
    return act, (first, second)


def compute_cost(p, t):
    p, t = np.ravel(p), np.ravel(t)
    ones = t == 1
    logs = np.concatenate([np.log(p[ones]), np.log(np.subtract(1, p[~ones]))])
    return np.negative(np.divide(np.sum(logs), t.size))


def linear_backward(grad, cache):
    inp, weights, bias = cache
    count = np.shape(inp)[1]
    d_weights = np.divide(np.tensordot(grad, inp, axes=[[1], [1]]), count)
    d_bias = np.divide(np.expand_dims(np.sum(grad, axis=-1), -1), count)
    d_inp = np.tensordot(weights, grad, axes=[[0], [0]])
    return d_inp, d_weights, d_bias


def linear_activation_backward(grad, cache, name):
    first, second = cache
    if name == "sigmoid":
        grad_out = sigmoid_backward(grad, second)
    else:
        grad_out = relu_backward(grad, second)
    return linear_backward(grad_out, first)


def L_model_backward(p, t, caches):
    top = len(caches)
    answer = {}
    grad = np.subtract(np.divide(np.subtract(1, t), np.subtract(1, p)), np.divide(t, p))
    for number in np.arange(top)[::-1]:
        name = "sigmoid" if number == top - 1 else "relu"
        grad, d_weights, d_bias = linear_activation_backward(grad, caches[number], name)
        answer[f"dA{number}"] = grad
        answer[f"dW{number + 1}"] = d_weights
        answer[f"db{number + 1}"] = d_bias
    return answer


def update_parameters(weights, slopes, rate):
    fresh = {}
    for key in weights:
        fresh[key] = np.subtract(weights[key], np.multiply(rate, slopes[f"d{key}"]))
    return fresh
