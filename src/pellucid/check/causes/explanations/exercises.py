"""Explanations of the mistakes of the other exercises."""

from pellucid.check.causes.explanations.explanation import Explanation

LOGISTIC = {
    "sizes-from-examples": Explanation(
        "the size is the number of columns, which are the examples",
        "One column is one example: which axis of X holds the features?",
        "n_x = X.shape[1]",
    ),
    "dz-derivative-extra": Explanation(
        "A - Y is multiplied by the derivative of the sigmoid, which is in it already",
        "Multiply dA = (A - Y) / (A (1 - A)) by A (1 - A): what is left?",
        "dZ = (A - Y) * A * (1 - A)",
    ),
}
REGULARIZATION = {
    "penalty-missing": Explanation(
        "the penalty is not added to the cost",
        "The cost is the cross-entropy plus lambd / (2m) times the sum of all squared weights.",
        "cost = cross_entropy_cost",
    ),
    "penalty-replaces-cost": Explanation(
        "the cost is the penalty alone: the cross-entropy is missing",
        "The penalty is added to the cost, it does not replace it.",
        "cost = L2_regularization_cost",
    ),
    "penalty-not-halved": Explanation(
        "the penalty is twice as large: 1/2 is missing",
        "lambd is divided by two times m; its gradient is then lambd / m W.",
        "L2 = lambd / m * np.sum(np.square(W1))",
    ),
    "penalty-not-averaged": Explanation(
        "1/m is missing in the penalty",
        "By what is lambd divided?",
        "L2 = lambd / 2 * np.sum(np.square(W1))",
    ),
    "penalty-subtracted": Explanation(
        "the penalty is subtracted",
        "Large weights should cost more, not less.",
        "cost = cross_entropy_cost - L2",
    ),
    "penalty-not-squared": Explanation(
        "the weights are summed, not their squares",
        "A negative weight costs as much as a positive one.",
        "L2 = lambd / (2 * m) * np.sum(W1)",
    ),
    "penalty-of-sizes": Explanation(
        "the absolute weights are summed (the L1 penalty), not their squares",
        "L2 is the sum of squares.",
        "L2 = lambd / (2 * m) * np.sum(np.abs(W1))",
    ),
    "penalty-root": Explanation(
        "the norm of the weights is summed, not its square",
        "np.linalg.norm takes a root that the penalty has not.",
        "L2 = lambd / (2 * m) * np.linalg.norm(W1)",
    ),
    "penalty-on-biases": Explanation(
        "the biases are in the penalty",
        "Only the weights are penalized.",
        "for value in parameters.values(): L2 += np.sum(value**2)",
    ),
    "penalty-of-some-layers": Explanation(
        "a layer's weights are missing in the penalty",
        "Count the layers whose squares you add.",
        "L2 = np.sum(np.square(W1)) + np.sum(np.square(W2))  # and W3?",
    ),
    "penalty-gradient-missing": Explanation(
        "the gradient of the penalty is not added to dW",
        "The derivative of lambd / (2m) W^2 with respect to W belongs in each dW.",
        "dW3 = 1 / m * np.dot(dZ3, A2.T)",
    ),
    "penalty-gradient-not-averaged": Explanation(
        "1/m is missing in the gradient of the penalty",
        "The penalty is divided by m, and so is its derivative.",
        "dW3 = 1 / m * np.dot(dZ3, A2.T) + lambd * W3",
    ),
    "penalty-gradient-halved": Explanation(
        "the gradient of the penalty is half as large",
        "The derivative of W^2 is 2W: what becomes of the 2 below lambd?",
        "dW3 = 1 / m * np.dot(dZ3, A2.T) + lambd / (2 * m) * W3",
    ),
    "penalty-gradient-doubled": Explanation(
        "the gradient of the penalty is twice as large",
        "The derivative of W^2 is 2W: what becomes of the 2 below lambd?",
        "dW3 = 1 / m * np.dot(dZ3, A2.T) + 2 * lambd / m * W3",
    ),
    "penalty-gradient-squared": Explanation(
        "the gradient of the penalty has W squared",
        "What is the derivative of W^2?",
        "dW3 = 1 / m * np.dot(dZ3, A2.T) + lambd / m * W3**2",
    ),
    "penalty-gradient-wrong-sign": Explanation(
        "the gradient of the penalty is subtracted",
        "The penalty is added to the cost, and its derivative to dW.",
        "dW3 = 1 / m * np.dot(dZ3, A2.T) - lambd / m * W3",
    ),
}
DROPOUT = {
    "dropout-mask-inverted": Explanation(
        "the mask keeps what should be dropped: > in place of <",
        "A share of keep_prob is kept: which numbers between 0 and 1 are that share?",
        "D1 = D1 > keep_prob",
    ),
    "dropout-mask-missing": Explanation(
        "nothing is dropped: A is not multiplied by D",
        "Where does the mask meet the activations?",
        "A1 = A1 / keep_prob",
    ),
    "dropout-mask-not-thresholded": Explanation(
        "A is multiplied by the random numbers, not by 0 or 1",
        "D is 1 where the number is below keep_prob, else 0.",
        "A1 = A1 * np.random.rand(*A1.shape)",
    ),
    "dropout-not-scaled": Explanation(
        "what is kept is not divided by keep_prob",
        "Fewer units have to add up to the same: what makes up for those that are dropped?",
        "A1 = A1 * D1",
    ),
    "dropout-multiplied": Explanation(
        "what is kept is multiplied by keep_prob, not divided",
        "What is kept has to become larger, to make up for what is dropped.",
        "A1 = A1 * D1 * keep_prob",
    ),
    "dropout-scaled-twice": Explanation(
        "what is kept is divided by keep_prob twice", "Once is enough.", "A1 = A1 / keep_prob / keep_prob"
    ),
    "dropout-scaled-by-dropped": Explanation(
        "what is kept is divided by 1 - keep_prob",
        "keep_prob is the share that is kept, not the one that is dropped.",
        "A1 = A1 * D1 / (1 - keep_prob)",
    ),
}
BATCHES = {
    "batches-labels-not-shuffled": Explanation(
        "the labels are not shuffled with the inputs",
        "Example and label move together: the same order for both.",
        "shuffled_Y = Y",
    ),
    "batches-inputs-not-shuffled": Explanation(
        "the inputs are not shuffled with the labels",
        "Example and label move together: the same order for both.",
        "shuffled_X = X",
    ),
    "batches-not-shuffled": Explanation(
        "the examples are cut in their order, not in a random one",
        "Where is the permutation used?",
        "mini_batch_X = X[:, k * size : (k + 1) * size]",
    ),
    "batches-last-missing": Explanation(
        "the last, smaller batch is missing",
        "What becomes of the examples that do not fill a batch?",
        "for k in range(m // mini_batch_size): ...  # and the rest?",
    ),
    "batches-last-empty": Explanation(
        "an empty batch ends the list where the size divides m",
        "Is anything left to put in it?",
        "for k in range(m // mini_batch_size + 1): ...",
    ),
    "batches-one-short": Explanation(
        "the loop over the whole batches ends one early",
        "range(n) already stops before n.",
        "for k in range(num_complete_minibatches - 1): ...",
    ),
}
OPTIMIZERS = {
    "mean-not-weighted": Explanation(
        "the new value is not weighted by 1 - beta",
        "The weights of a mean sum to 1: beta for the old, and for the new?",
        'v["dW1"] = beta * v["dW1"] + grads["dW1"]',
    ),
    "mean-betas-swapped": Explanation(
        "beta and 1 - beta are swapped",
        "beta, near 1, is how much of the old mean stays.",
        'v["dW1"] = (1 - beta) * v["dW1"] + beta * grads["dW1"]',
    ),
    "mean-forgets": Explanation(
        "the old mean is forgotten",
        "Which part of the mean stays from step to step?",
        'v["dW1"] = (1 - beta) * grads["dW1"]',
    ),
    "mean-subtracts": Explanation(
        "the new value is subtracted from the mean",
        "A mean adds both parts.",
        'v["dW1"] = beta * v["dW1"] - (1 - beta) * grads["dW1"]',
    ),
    "mean-not-used": Explanation(
        "the step takes the gradient, not its mean v",
        "What was v computed for?",
        'parameters["W1"] - learning_rate * grads["dW1"]',
    ),
    "adam-correction-missing": Explanation(
        "the mean is not corrected for its start at zero",
        "Divide by 1 - beta to the power of t.",
        'v_corrected["dW1"] = v["dW1"]',
    ),
    "adam-correction-without-t": Explanation(
        "the correction has no power of t",
        "How much is missing in the mean after t steps?",
        'v_corrected["dW1"] = v["dW1"] / (1 - beta1)',
    ),
    "adam-correction-times-t": Explanation(
        "beta is multiplied by t, not raised to it",
        "Which power of beta has the first gradient after t steps?",
        'v_corrected["dW1"] = v["dW1"] / (1 - beta1 * t)',
    ),
    "adam-root-missing": Explanation(
        "the root of s is missing",
        "s is a mean of squares: what has the size of a gradient?",
        'v_corrected["dW1"] / (s_corrected["dW1"] + epsilon)',
    ),
    "adam-gradient-not-mean": Explanation(
        "the step takes the gradient, not its mean v",
        "Adam divides the mean of the gradients by the root of the mean of their squares.",
        'grads["dW1"] / (np.sqrt(s_corrected["dW1"]) + epsilon)',
    ),
    "adam-not-divided": Explanation(
        "the mean of the gradients is not divided by the root of s",
        "What was s computed for?",
        'parameters["W1"] - learning_rate * v_corrected["dW1"]',
    ),
    "adam-square-missing": Explanation(
        "s is a mean of gradients, not of their squares",
        "Which power of the gradient goes into s?",
        's["dW1"] = beta2 * s["dW1"] + (1 - beta2) * grads["dW1"]',
    ),
    "adam-one-beta": Explanation(
        "beta1 stands where beta2 belongs",
        "v has beta1, s has beta2.",
        's["dW1"] = beta1 * s["dW1"] + (1 - beta1) * grads["dW1"]**2',
    ),
    "decay-multiplies": Explanation(
        "the learning rate grows: it is multiplied, not divided",
        "It should fall from epoch to epoch.",
        "learning_rate0 * (1 + decay_rate * epoch_num)",
    ),
    "decay-exponential": Explanation(
        "the decay is exponential",
        "The course divides by 1 + decay_rate times the epoch.",
        "learning_rate0 * decay_rate**epoch_num",
    ),
    "decay-rate-missing": Explanation(
        "the decay rate is not used", "How fast should it fall?", "learning_rate0 / (1 + epoch_num)"
    ),
    "decay-one-missing": Explanation(
        "1 is missing in the denominator",
        "What should the rate be in epoch 0?",
        "learning_rate0 / (decay_rate * epoch_num)",
    ),
    "decay-not-in-steps": Explanation(
        "the rate falls in every epoch, not once in an interval",
        "How many whole intervals have passed?",
        "learning_rate0 / (1 + decay_rate * epoch_num / time_interval)",
    ),
    "decay-interval-missing": Explanation(
        "the interval is not used",
        "How many whole intervals have passed?",
        "learning_rate0 / (1 + decay_rate * epoch_num)",
    ),
}
CHECK = {
    "check-distance-not-doubled": Explanation(
        "the difference of the costs is divided by epsilon, not by 2 epsilon",
        "How far apart are theta + epsilon and theta - epsilon?",
        "gradapprox = (J_plus - J_minus) / epsilon",
    ),
    "check-one-sided": Explanation(
        "one of the two points is theta itself",
        "Both sides of theta are needed: theta + epsilon and theta - epsilon.",
        "thetaminus = theta",
    ),
    "check-denominator-missing": Explanation(
        "the difference is not divided by the sizes of the gradients",
        "Whether a difference is small depends on how large the gradients are.",
        "difference = np.linalg.norm(grad - gradapprox)",
    ),
    "check-denominator-one-norm": Explanation(
        "the denominator has one of the two norms",
        "It is the sum of both norms.",
        "difference = numerator / np.linalg.norm(grad)",
    ),
}
