"""Explanations of the mistakes of the cost, of the labels, and of whole trainings."""

from pellucid.check.causes.explanations.explanation import Explanation

COST = {
    "cost-not-averaged": Explanation(
        "the cost is a sum, not a mean: 1/m is missing",
        "The cost is averaged over the m examples, which are the columns.",
        "cost = -np.sum(losses)",
    ),
    "cost-m-is-rows": Explanation(
        "m is taken from the rows; the examples are the columns",
        "Y is (1, m). Which of the two is shape[0]?",
        "m = Y.shape[0]",
    ),
    "cost-log-repeated": Explanation(
        "both terms have the same logarithm",
        "Where Y is 1 the cost is -log(AL); what is it where Y is 0?",
        "logprobs = Y * np.log(1 - AL) + (1 - Y) * np.log(1 - AL)",
    ),
    "cost-extra-1-over-m": Explanation(
        "the cost is divided by m twice", "np.mean divides already.", "cost = -np.mean(losses) / m"
    ),
    "cost-halved": Explanation(
        "the cost is divided by 2 m",
        "Cross-entropy has no factor one half.",
        "cost = -np.sum(losses) / (2 * m)",
    ),
    "cost-wrong-sign": Explanation(
        "the cost has the wrong sign",
        "The logarithm of a probability is negative, and the cost is not.",
        "cost = np.sum(losses) / m",
    ),
    "cost-missing-term-y1": Explanation(
        "the term of the examples with Y = 1 is missing",
        "The cost has two terms: one for Y = 1 and one for Y = 0.",
        "cost = -np.sum((1 - Y) * np.log(1 - AL)) / m",
    ),
    "cost-missing-term-y0": Explanation(
        "the term of the examples with Y = 0 is missing",
        "The cost has two terms: one for Y = 1 and one for Y = 0.",
        "cost = -np.sum(Y * np.log(AL)) / m",
    ),
    "cost-terms-swapped": Explanation(
        "AL and 1 - AL are swapped: right answers cost the most",
        "An example with Y = 1 and an AL near 1 should cost almost nothing.",
        "losses = Y * np.log(1 - AL) + (1 - Y) * np.log(AL)",
    ),
    "cost-term-sign": Explanation(
        "the sign between the two terms is wrong",
        "Both terms are logarithms of probabilities: both count the same way.",
        "losses = Y * np.log(AL) - (1 - Y) * np.log(1 - AL)",
    ),
    "cost-log-base": Explanation(
        "the logarithm has another base",
        "The course's logarithm is the natural one.",
        "losses = Y * np.log2(AL) + (1 - Y) * np.log2(1 - AL)",
    ),
    "cost-log-missing": Explanation(
        "the logarithm is missing",
        "Cross-entropy is made of logarithms of probabilities.",
        "losses = Y * AL + (1 - Y) * (1 - AL)",
    ),
    "cost-label-missing": Explanation(
        "Y does not choose between the terms",
        "For each example one of the two terms counts. What switches the other off?",
        "losses = np.log(AL) + np.log(1 - AL)",
    ),
    "cost-squared-error": Explanation(
        "this is the squared error, not cross-entropy",
        "The cost of a classifier is cross-entropy.",
        "cost = np.mean((AL - Y) ** 2)",
    ),
    "cost-absolute-error": Explanation(
        "this is the absolute error, not cross-entropy",
        "The cost of a classifier is cross-entropy.",
        "cost = np.mean(np.abs(AL - Y))",
    ),
    "cost-log-outside": Explanation(
        "the logarithm is taken of the sum; it should be summed",
        "First the logarithm of each example, then the sum.",
        "cost = -np.log(np.mean(Y * AL + (1 - Y) * (1 - AL)))",
    ),
    "cost-not-scalar": Explanation(
        "the cost is not a single number",
        "Sum over everything, or squeeze the (1, 1) matrix that a product leaves.",
        "cost = -(np.dot(Y, np.log(AL).T) + np.dot(1 - Y, np.log(1 - AL).T)) / m",
    ),
    "cost-nan-at-saturation": Explanation(
        "right, but NaN where AL is exactly 0 or 1, as the course's own formula is",
        (
            "0 times log 0 is NaN: in float64 the sigmoid is exactly 1 from Z = 37 on. A clip of AL, or"
            " the cost from Z, avoids it."
        ),
        "cost = -np.mean(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))",
    ),
    "dal-nan-at-saturation": Explanation(
        "right, but NaN where AL is exactly 0 or 1, as the course's own formula is",
        "0 divided by 0 is NaN; AL - Y, the gradient at ZL, has no such place.",
        "dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))",
    ),
    "sigmoid-nan-at-large-z": Explanation(
        "right, but not a number at very large or small Z",
        "Which exponential overflows there?",
        "A = np.exp(Z) / (1 + np.exp(Z))",
    ),
}

LABELS = {
    "predict-probabilities": Explanation(
        "probabilities are returned, not labels", "A label is 0 or 1: what decides?", "return AL"
    ),
    "predict-reversed": Explanation(
        "the labels are reversed", "An AL near 1 says: class 1.", "return (AL < 0.5) * 1"
    ),
    "predict-threshold": Explanation(
        "the threshold is not one half",
        "At which probability do you begin to say 1?",
        "return (AL > 0) * 1",
    ),
    "predict-constant": Explanation(
        "every example gets the same label",
        "Are the labels ever written into what you return?",
        "return np.zeros((1, m))",
    ),
    "predict-rank-1": Explanation(
        "the labels have lost a dimension: (m,), not (1, m)",
        "Keep one row and a column for each example.",
        "return (AL > 0.5).ravel() * 1",
    ),
    "predict-accuracy": Explanation(
        "the accuracy is returned, not the labels",
        "Return the labels; how many are right can be counted later.",
        "return np.mean(labels == Y)",
    ),
}

TRAINERS = {
    "model-does-not-learn": Explanation(
        "the cost does not fall: the parameters do not get better",
        "Follow one turn of the loop: does the next turn begin with the updated parameters?",
        "update_parameters(parameters, grads, learning_rate)  # result not kept",
    ),
    "model-climbs": Explanation(
        "the cost rises: the steps go uphill",
        "In which direction does each step go?",
        "W1 = W1 + learning_rate * dW1",
    ),
    "model-stops-early": Explanation(
        "many iterations have the effect of one",
        "Is the return inside the loop? Does each round compute with the parameters of the round before?",
        "for i in range(num_iterations): ...; return parameters",
    ),
    "model-biases-fixed": Explanation(
        "the biases do not move in training",
        "Both weights and biases take a step.",
        "parameters = update(W1, W2)",
    ),
    "iterations-ignored": Explanation(
        "num_iterations changes nothing", "What does the loop count to?", "for i in range(100):"
    ),
}
