import numpy as np

G = {
    "sigmoid": (
        lambda Z: 1 / (1 + np.exp(-Z)),
        lambda Z: np.exp(-np.abs(Z)) / (1 + np.exp(-np.abs(Z))) ** 2,
    ),
    "relu": (lambda Z: np.maximum(Z, 0), lambda Z: np.heaviside(Z, 0)),
}


def sigmoid(Z):
    return G["sigmoid"][0](Z), Z


def relu(Z):
    return G["relu"][0](Z), Z


def sigmoid_backward(dA, Z):
    return dA * G["sigmoid"][1](Z)


def relu_backward(dA, Z):
    return dA * G["relu"][1](Z)


def initialize_parameters(n_x, n_h, n_y):
    return dict(
        W1=np.random.randn(n_h, n_x) * 1e-2,
        b1=np.zeros([n_h, 1]),
        W2=np.random.randn(n_y, n_h) * 1e-2,
        b2=np.zeros([n_y, 1]),
    )


def initialize_parameters_deep(d):
    W = {"W" + str(l): np.random.randn(d[l], d[l - 1]) * d[l - 1] ** -0.5 for l in range(1, len(d))}
    b = {"b" + str(l): np.zeros((d[l], 1)) for l in range(1, len(d))}
    return {**W, **b}


def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)


def linear_activation_forward(A, W, b, kind):
    Z, cache = linear_forward(A, W, b)
    return G[kind][0](Z), (cache, Z)


def L_model_forward(X, P):
    L, caches = len(P) // 2, []
    for l in range(1, L):
        X, cache = linear_activation_forward(X, P["W" + str(l)], P["b" + str(l)], "relu")
        caches += [cache]
    AL, cache = linear_activation_forward(X, P["W" + str(L)], P["b" + str(L)], "sigmoid")
    return AL, caches + [cache]


def compute_cost(AL, Y):
    loss = np.where(Y == 1, -np.log(np.where(Y == 1, AL, 1)), -np.log1p(-np.where(Y == 1, 0, AL)))
    return loss.mean(axis=1).sum()


def linear_backward(dZ, cache):
    A, W, b = cache
    dZm = dZ / A.shape[1]
    return W.T @ dZ, dZm @ A.T, dZm.sum(1, keepdims=True)


def linear_activation_backward(dA, cache, kind):
    lin, Z = cache
    return linear_backward(dA * G[kind][1](Z), lin)


def L_model_backward(AL, Y, caches):
    grads, L = {}, len(caches)
    dA = (AL - Y) / (AL * (1 - AL))
    for l, cache in zip(range(L, 0, -1), caches[::-1]):
        dA, grads["dW" + str(l)], grads["db" + str(l)] = linear_activation_backward(
            dA, cache, "sigmoid" if l == L else "relu"
        )
        grads["dA" + str(l - 1)] = dA
    return grads


def update_parameters(P, grads, lr):
    return {k: P[k] - lr * grads["d" + k] for k in P}


def predict(X, P):
    return 1 * (L_model_forward(X, P)[0] > 0.5)
