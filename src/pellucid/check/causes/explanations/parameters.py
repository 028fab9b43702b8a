"""Explanations of the mistakes of the initialization and of the update."""

from pellucid.check.causes.explanations.explanation import Explanation

START = {
    "weights-scale-missing": Explanation(
        "the weights have no scale: plain randn",
        "Which factor makes the random numbers small?",
        "W1 = np.random.randn(n_h, n_x)",
    ),
    "weights-scale-wrong": Explanation(
        "the weights have an unknown scale",
        (
            "Compare the factor with the course's: is it too large, too small, a root missing, or of "
            "another layer's size?"
        ),
        "W1 = np.random.randn(n_h, n_x) * 0.1",
    ),
    "weights-all-positive": Explanation(
        "no weight is negative: rand (uniform from 0 to 1) in place of randn",
        "The weights should spread around 0.",
        "W1 = np.random.rand(n_h, n_x) * 0.01",
    ),
    "weights-zeros": Explanation(
        "all weights are zero: every unit of a layer will learn the same",
        "What makes two units of a layer different from each other?",
        "W1 = np.zeros((n_h, n_x))",
    ),
    "weights-constant": Explanation(
        "all weights of a layer are the same number: every unit will learn the same",
        "What makes two units of a layer different from each other?",
        "W1 = np.ones((n_h, n_x)) * 0.01",
    ),
    "weights-transposed": Explanation(
        "W is transposed: its rows should be the units of its own layer",
        "W is (units of this layer, units of the layer before).",
        "W1 = np.random.randn(n_x, n_h) * 0.01",
    ),
    "weights-wrong-shape": Explanation(
        "W has the wrong shape",
        "W is (units of this layer, units of the layer before).",
        "W2 = np.random.randn(n_y, n_x) * 0.01",
    ),
    "size-ignored": Explanation(
        "a size that is passed in is ignored",
        "A number stands where the name of the size should: which is right for the published case only?",
        "W2 = np.random.randn(1, n_h) * 0.01",
    ),
    "weights-same-in-every-layer": Explanation(
        "the same random numbers are drawn for every layer",
        "Where is the seed set: once, or in the loop?",
        "for l in range(1, L): np.random.seed(3); ...",
    ),
    "biases-random": Explanation(
        "the biases are random",
        "Biases may start at 0: the weights are different already.",
        "b1 = np.random.randn(n_h, 1) * 0.01",
    ),
    "biases-ones": Explanation(
        "the biases do not start at 0", "Biases start at 0.", "b1 = np.ones((n_h, 1))"
    ),
    "biases-rank-1": Explanation(
        "b has lost a dimension: it is (n,), not (n, 1)",
        "b is a column: one row for each unit.",
        "b1 = np.zeros(n_h)",
    ),
    "biases-transposed": Explanation(
        "b is a row: (1, n), not (n, 1)", "b is a column: one row for each unit.", "b1 = np.zeros((1, n_h))"
    ),
    "biases-wrong-shape": Explanation(
        "b has the wrong shape", "b has one row for each unit of its own layer.", "b1 = np.zeros((n_x, 1))"
    ),
    "keys-off-by-one": Explanation(
        "the layers are numbered from 0: W0 in place of W1",
        "The first layer is layer 1.",
        'parameters["W" + str(l)] = ...  # l from 0',
    ),
}

UPDATE = {
    "update-wrong-sign": Explanation(
        "the step goes uphill: the gradient is added",
        "The gradient points to where the cost rises.",
        'W = W + learning_rate * grads["dW1"]',
    ),
    "learning-rate-missing": Explanation(
        "the learning rate is missing", "How long is a step?", 'W = W - grads["dW1"]'
    ),
    "learning-rate-fixed": Explanation(
        "the learning rate is a number of your own, not the argument",
        "What does changing the argument change?",
        'W = W - 0.01 * grads["dW1"]',
    ),
    "learning-rate-divides": Explanation(
        "the gradient is divided by the learning rate",
        "A smaller learning rate has to give a shorter step.",
        'W = W - grads["dW1"] / learning_rate',
    ),
    "learning-rate-squared": Explanation(
        "the learning rate is applied twice",
        "Is the gradient multiplied by it in two places?",
        'W = W - learning_rate * (learning_rate * grads["dW1"])',
    ),
    "updated-twice": Explanation(
        "the step is taken twice: from values that were already updated",
        "Each parameter takes one step, from its old value.",
        "W = W - step; W = W - step",
    ),
    "update-replaces": Explanation(
        "the old value is missing: the parameter becomes the step",
        "New value = old value and a step.",
        'W = learning_rate * grads["dW1"]',
    ),
    "update-reversed": Explanation(
        "the difference is the wrong way round",
        "Which of the two is subtracted from the other?",
        'W = learning_rate * grads["dW1"] - W',
    ),
    "gradient-multiplied-by-w": Explanation(
        "the gradient is multiplied by the parameter",
        "The step is made of the learning rate and the gradient only.",
        'W = W * (1 - learning_rate * grads["dW1"])',
    ),
    "gradient-missing": Explanation(
        "the gradient is missing in the step",
        "Only the gradient gives the direction downhill.",
        "W = W - learning_rate",
    ),
    "gradient-squared": Explanation(
        "the gradient is squared",
        "The step is made of the learning rate and the gradient only.",
        'W = W - learning_rate * grads["dW1"] ** 2',
    ),
    "gradient-sign-only": Explanation(
        "only the sign of the gradient is used",
        "A steeper slope makes a longer step.",
        'W = W - learning_rate * np.sign(grads["dW1"])',
    ),
    "update-multiplies": Explanation(
        "the parameter is multiplied by the step",
        "A step is subtracted.",
        'W = W * learning_rate * grads["dW1"]',
    ),
    "grads-returned": Explanation(
        "the gradients are returned, not the parameters",
        "Look at the value behind each key of the result.",
        'W = grads["dW1"]',
    ),
    "update-missing": Explanation(
        "the parameters are returned unchanged",
        "Is the new value stored under its key, in the dictionary that is returned?",
        'W = parameters["W1"] - step  # and never stored',
    ),
    "update-rate-on-w": Explanation(
        "the learning rate multiplies the parameter",
        "Which of the two does the learning rate scale?",
        'W = learning_rate * W - grads["dW1"]',
    ),
    "biases-forgotten": Explanation(
        "the biases are not updated",
        "Every layer has two kinds of parameters.",
        'parameters["W1"] -= ...  # and no line for b1',
    ),
    "biases-dropped": Explanation(
        "the biases are missing in the result",
        "Every layer has two kinds of parameters.",
        'return {"W1": W1, "W2": W2}',
    ),
    "weights-forgotten": Explanation(
        "the weights are not updated",
        "Every layer has two kinds of parameters.",
        'parameters["b1"] -= ...  # and no line for W1',
    ),
    "first-layer-forgotten": Explanation(
        "the first layer is not updated",
        "Which layer is the first that your loop visits?",
        "for l in range(1, L):  # with l + 1 in the keys",
    ),
    "same-gradient": Explanation(
        "the gradient of one layer is used for all",
        "Does the layer's number get into the key of the gradient?",
        'W = W - learning_rate * grads["dW1"]  # in the loop',
    ),
    "gradient-index-shifted": Explanation(
        "a layer is updated with the gradient of its neighbour",
        "Compare the numbers in both keys of the line.",
        'parameters["W" + str(l)] -= learning_rate * grads["dW" + str(l + 1)]',
    ),
    "weights-and-biases-crossed": Explanation(
        "weights and biases are crossed",
        "Compare the letters in the keys of each line.",
        'parameters["b1"] = parameters["W1"] - learning_rate * grads["db1"]',
    ),
    "parameters-mutated": Explanation(
        "the parameters passed in are changed: the update writes into them",
        ("The caller still needs the old values: make a new dictionary, or work on copies of the arrays."),
        'parameters["W1"] -= learning_rate * grads["dW1"]',
    ),
}
