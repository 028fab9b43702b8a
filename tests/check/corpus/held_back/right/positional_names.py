from numpy import dot, exp, log, maximum, sum as total, zeros


def sigmoid(t):
    return 1 / (1 + exp(-t)), t


def relu(t):
    return maximum(t, 0), t


def linear_forward(x, theta, theta0):
    return dot(theta, x) + theta0, (x, theta, theta0)


def linear_backward(delta, memory):
    x, theta, theta0 = memory
    count = x.shape[1]
    return dot(theta.T, delta), dot(delta, x.T) / count, total(delta, axis=1, keepdims=True) / count


def compute_cost(guess, truth):
    return -total(truth * log(guess) + (1 - truth) * log(1 - guess)) / truth.shape[1]


def update_parameters(old, slopes, alpha):
    new = {}
    for k in old.keys():
        new[k] = zeros(old[k].shape)
        new[k] += old[k]
        new[k] -= alpha * slopes['d' + k]
    return new
