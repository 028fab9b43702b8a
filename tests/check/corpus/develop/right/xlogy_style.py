import numpy as np


def xlogy(x, y):
    result = np.zeros(np.broadcast(x, y).shape)
    mask = np.broadcast_to(x != 0, result.shape)
    np.log(y, out=result, where=mask)
    return x * result


def compute_cost(AL, Y):
    J = xlogy(Y, AL) + xlogy(1 - Y, 1 - AL)
    return np.average(J.sum(axis=0)) * -1
