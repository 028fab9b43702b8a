# my solution, week 4. Everything with @ and f-strings
import numpy as np


def sigmoid(z):
    z = np.asarray(z, dtype=float)
    out = np.empty_like(z)
    pos = z >= 0
    out[pos] = 1 / (1 + np.exp(-z[pos]))
    e = np.exp(z[~pos])
    out[~pos] = e / (1 + e)
    return out, z


def relu(z):
    return z * (z > 0), z


def tanh(z):
    return np.tanh(z), z


def sigmoid_backward(da, z):
    a, _ = sigmoid(z)
    return da * (a - a**2)


def relu_backward(da, z):
    return np.where(z > 0, da, 0)


def tanh_backward(da, z):
    t = np.tanh(z)
    return da * (1 - t**2)


def initialize_parameters(nx, nh, ny):
    return {
        "W1": 0.01 * np.random.randn(nh, nx),
        "b1": np.zeros((nh, 1)),
        "W2": 0.01 * np.random.randn(ny, nh),
        "b2": np.zeros((ny, 1)),
    }


def initialize_parameters_deep(dims):
    p = {}
    for l, (n_in, n_out) in enumerate(zip(dims[:-1], dims[1:]), start=1):
        p[f"W{l}"] = np.random.randn(n_out, n_in) / np.sqrt(n_in)
        p[f"b{l}"] = np.zeros((n_out, 1))
    return p


def linear_forward(a, w, b):
    z = w @ a + b
    return z, (a, w, b)


def linear_activation_forward(a_prev, w, b, activation):
    z, lin = linear_forward(a_prev, w, b)
    a, z = relu(z) if activation == "relu" else sigmoid(z)
    return a, (lin, z)


def L_model_forward(x, params):
    n_layers = len(params) // 2
    a, caches = x, []
    for l in range(1, n_layers + 1):
        name = "sigmoid" if l == n_layers else "relu"
        a, cache = linear_activation_forward(a, params[f"W{l}"], params[f"b{l}"], name)
        caches.append(cache)
    return a, caches


def compute_cost(a, y):
    m = y.shape[1]
    a = np.clip(np.asarray(a, dtype=np.float64), 1e-15, 1 - 1e-15)
    total = y * np.log(a) + (1 - y) * np.log(1 - a)
    return float(-total.sum() / m)


def linear_backward(dz, cache):
    a_prev, w, b = cache
    m = a_prev.shape[1]
    dw = dz @ a_prev.T / m
    db = dz.sum(axis=1, keepdims=True) / m
    da_prev = w.T @ dz
    return da_prev, dw, db


def linear_activation_backward(da, cache, activation):
    lin, z = cache
    dz = relu_backward(da, z) if activation == "relu" else sigmoid_backward(da, z)
    return linear_backward(dz, lin)


def L_model_backward(a, y, caches):
    n_layers = len(caches)
    grads = {}
    da = (1 - y) / (1 - a) - y / a
    for l in range(n_layers, 0, -1):
        name = "sigmoid" if l == n_layers else "relu"
        da, dw, db = linear_activation_backward(da, caches[l - 1], name)
        grads[f"dA{l - 1}"] = da
        grads[f"dW{l}"] = dw
        grads[f"db{l}"] = db
    return grads


def update_parameters(params, grads, lr):
    return {key: value - lr * grads["d" + key] for key, value in params.items()}


def predict(x, params):
    a, _ = L_model_forward(x, params)
    return (a > 0.5).astype(int)


def L_layer_model(x, y, dims, lr=0.0075, steps=3000, verbose=False):
    params = initialize_parameters_deep(dims)
    for i in range(steps):
        a, caches = L_model_forward(x, params)
        grads = L_model_backward(a, y, caches)
        params = update_parameters(params, grads, lr)
        if verbose and i % 100 == 0:
            print(f"Cost after iteration {i}: {compute_cost(a, y)}")
    return params
