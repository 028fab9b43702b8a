import numpy as np


def L_model_forward(X, parameters, l=1):
    L = len(parameters) // 2
    W, b = parameters["W" + str(l)], parameters["b" + str(l)]
    if l == L:
        AL, cache = linear_activation_forward(X, W, b, "sigmoid")
        return AL, [cache]
    A, cache = linear_activation_forward(X, W, b, activation="relu")
    AL, rest = L_model_forward(A, parameters, l + 1)
    return AL, [cache] + rest


def L_model_backward(AL, Y, caches):
    def back(dA, l):
        if l == 0:
            return {}
        kind = "sigmoid" if l == len(caches) else "relu"
        dA_prev, dW, db = linear_activation_backward(dA, caches[l - 1], kind)
        here = {"dA%d" % (l - 1): dA_prev, "dW%d" % l: dW, "db%d" % l: db}
        here.update(back(dA_prev, l - 1))
        return here

    return back(-np.divide(Y, AL) + np.divide(1 - Y, 1 - AL), len(caches))
