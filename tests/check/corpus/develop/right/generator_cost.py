from math import log


def compute_cost(AL, Y):
    pairs = list(zip(AL.ravel().tolist(), Y.ravel().tolist()))
    total = sum(log(a) if y == 1 else log(1.0 - a) for a, y in pairs)
    return -total / Y.shape[1]
