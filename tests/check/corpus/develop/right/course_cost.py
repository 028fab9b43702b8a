import numpy as np


def compute_cost(AL, Y):
    """
    Implement the cost function defined by equation (7).
    """
    m = Y.shape[1]

    # Compute loss from aL and y.
    cost = (-1 / m) * np.sum(np.multiply(Y, np.log(AL)) + np.multiply((1 - Y), np.log(1 - AL)))

    cost = np.squeeze(cost)
    assert(cost.shape == ())

    return cost
