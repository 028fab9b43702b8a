import numpy as np


def compute_cost(AL, Y):
    per_example = np.sum(-(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)), axis=0)
    return np.array(np.mean(per_example))
