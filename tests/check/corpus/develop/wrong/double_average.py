import numpy as np


def L_model_backward(AL, Y, caches):
    m = Y.shape[1]
    L = len(caches)
    grads = {}
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) / m
    for l in reversed(range(L)):
        act = "sigmoid" if l == L - 1 else "relu"
        dA, dW, db = linear_activation_backward(dA, caches[l], act)
        grads["dA%s" % l], grads["dW%s" % (l + 1)], grads["db%s" % (l + 1)] = dA, dW, db
    return grads
