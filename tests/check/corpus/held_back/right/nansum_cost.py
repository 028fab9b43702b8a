import numpy as np


def compute_cost(probabilities, labels):
    n_examples = labels.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        ones = labels * np.log(probabilities)
        zeros = (1 - labels) * np.log(1 - probabilities)
    # nan is 0 * log(0)
    return float(-(np.nansum(ones) + np.nansum(zeros)) / n_examples)
