def update_parameters(parameters, grads, learning_rate):
    new = dict(parameters)
    L = len(parameters) // 2
    for step in range(2):
        for l in range(1, L + 1):
            new["W" + str(l)] = new["W" + str(l)] - learning_rate * grads["dW" + str(l)]
            new["b" + str(l)] = new["b" + str(l)] - learning_rate * grads["db" + str(l)]
    return new
