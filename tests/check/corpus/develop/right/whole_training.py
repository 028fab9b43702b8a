import numpy as np


def two_layer_model(X, Y, layers_dims, learning_rate=0.0075, num_iterations=3000, print_cost=False):
    n_x, n_h, n_y = layers_dims
    rng = np.random.RandomState(1)
    W1, W2 = rng.randn(n_h, n_x) * 0.01, rng.randn(n_y, n_h) * 0.01
    b1, b2 = np.zeros((n_h, 1)), np.zeros((n_y, 1))
    m = X.shape[1]
    for i in range(num_iterations):
        Z1 = W1 @ X + b1
        A1 = np.maximum(Z1, 0)
        A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
        dZ2 = (A2 - Y) / m
        dZ1 = (W2.T @ dZ2) * (Z1 > 0)
        W2 = W2 - learning_rate * dZ2 @ A1.T
        b2 = b2 - learning_rate * dZ2.sum(axis=1, keepdims=True)
        W1 = W1 - learning_rate * dZ1 @ X.T
        b1 = b1 - learning_rate * dZ1.sum(axis=1, keepdims=True)
        if print_cost and i % 100 == 0:
            print("Cost after iteration {}: {}".format(i, -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def L_layer_model(X, Y, layers_dims, learning_rate=0.0075, num_iterations=3000, print_cost=False):
    parameters = initialize_parameters_deep(layers_dims)
    for i in range(num_iterations):
        AL, caches = L_model_forward(X, parameters)
        parameters = update_parameters(parameters, L_model_backward(AL, Y, caches), learning_rate)
        if print_cost and i % 100 == 0:
            print("Cost after iteration", i, ":", compute_cost(AL, Y))
    return parameters
