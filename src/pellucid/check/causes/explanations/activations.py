"""Words for the mistakes of activations and their derivatives."""

from pellucid.check.causes.explanations.explanation import Explanation

ACTIVATIONS = {
    "sigmoid-exponent-sign": Explanation(
        "the exponent has the wrong sign",
        "A large Z has to give an A near 1: which sign of Z makes the exponential small there?",
        "A = 1 / (1 + np.exp(Z))",
    ),
    "sigmoid-missing-one": Explanation(
        "the 1 + in the denominator is missing",
        "The denominator is never below 1, or A would leave the range from 0 to 1.",
        "A = 1 / np.exp(-Z)",
    ),
    "sigmoid-is-relu": Explanation(
        "this computes ReLU, not the sigmoid",
        "The sigmoid lies between 0 and 1 everywhere; sigmoid(0) is one half.",
        "A = np.maximum(0, Z)",
    ),
    "sigmoid-is-tanh": Explanation(
        "this computes tanh, not the sigmoid",
        "The sigmoid lies between 0 and 1; tanh between -1 and 1.",
        "A = np.tanh(Z)",
    ),
    "sigmoid-is-derivative": Explanation(
        "this returns the derivative of the sigmoid, not the sigmoid",
        "The forward step needs the activation; its derivative belongs to the backward step.",
        "A = s * (1 - s)",
    ),
    "activation-missing": Explanation(
        "the activation is not applied: A is Z itself",
        "After the linear part comes the activation function.",
        "A = Z",
    ),
    "cache-missing": Explanation(
        "only the result is returned, without the cache",
        "The backward step needs what the forward step saw: return both.",
        "return A",
    ),
    "cache-holds-a": Explanation(
        "the cache holds A where Z belongs",
        "The derivative is taken at Z: which of the two does the backward step need?",
        "return A, A",
    ),
    "outputs-swapped": Explanation(
        "the results are returned (or taken) in another order",
        "Compare the order of the results with the one the course gives.",
        "dW, db, dA_prev = linear_backward(dZ, cache)",
    ),
    "relu-is-leaky": Explanation(
        "negative values leak through: this is leaky ReLU",
        "ReLU gives exactly 0 for every negative Z.",
        "A = np.maximum(0.01 * Z, Z)",
    ),
    "relu-is-abs": Explanation(
        "this is the absolute value, not ReLU", "A negative Z gives 0, not its size.", "A = np.abs(Z)"
    ),
    "relu-is-min": Explanation(
        "the minimum is taken where the maximum belongs",
        "Positive values pass; which of the two does that?",
        "A = np.minimum(0, Z)",
    ),
    "relu-is-step": Explanation(
        "this returns 1 where Z is positive: the derivative of ReLU, not ReLU",
        "The forward step passes the value of Z on, not only its sign.",
        "A = (Z > 0) * 1.0",
    ),
    "relu-is-sigmoid": Explanation(
        "this computes the sigmoid, not ReLU",
        "ReLU leaves positive values as they are.",
        "A = 1 / (1 + np.exp(-Z))",
    ),
    "relu-is-tanh": Explanation(
        "this computes tanh, not ReLU", "ReLU leaves positive values as they are.", "A = np.tanh(Z)"
    ),
    "derivative-at-a": Explanation(
        "the sigmoid is applied twice: the derivative is taken at A instead of at Z",
        "The cache is Z; one sigmoid of it is A. Is what you call s one sigmoid or two?",
        "s = sigmoid(sigmoid(Z))",
    ),
    "derivative-at-da": Explanation(
        "the derivative is taken at dA instead of at Z",
        "The slope of the activation depends on where the forward step was: at Z.",
        "s = 1 / (1 + np.exp(-dA))",
    ),
    "derivative-uses-z-as-a": Explanation(
        "Z stands in the derivative where the sigmoid of Z belongs",
        "The formula s (1 - s) is in terms of the activation; the cache is Z.",
        "dZ = dA * Z * (1 - Z)",
    ),
    "derivative-missing": Explanation(
        "the derivative of the activation is missing: dZ is dA itself",
        "By the chain rule dA meets the slope of the activation on its way to Z.",
        "dZ = dA",
    ),
    "derivative-squared": Explanation(
        "the derivative of the activation is squared, or a factor of it stands twice",
        "Count the factors of the derivative: each belongs once.",
        "dZ = dA * (s * (1 - s)) ** 2",
    ),
    "derivative-half": Explanation(
        "only one of the two factors of the sigmoid's derivative is there",
        "The derivative of the sigmoid is a product of two factors; it is 0 at both ends.",
        "dZ = dA * s",
    ),
    "derivative-plus": Explanation(
        "a sign in the sigmoid's derivative is wrong",
        "The slope goes to 0 where the sigmoid goes to 1.",
        "dZ = dA * s * (1 + s)",
    ),
    "derivative-of-relu": Explanation(
        "ReLU's derivative stands where the sigmoid's belongs",
        "Which activation did this layer use on the way forward?",
        "dZ = dA * (Z > 0)",
    ),
    "derivative-of-sigmoid": Explanation(
        "the sigmoid's derivative stands where ReLU's belongs",
        "Which activation did this layer use on the way forward?",
        "dZ = dA * s * (1 - s)",
    ),
    "derivative-of-tanh": Explanation(
        "tanh's derivative stands where another activation's belongs",
        "1 minus the square is the slope of tanh; which activation did this layer use?",
        "dZ = dA * (1 - s ** 2)",
    ),
    "da-missing": Explanation(
        "the derivative is returned alone: the incoming gradient is missing",
        "The chain rule multiplies two things; one of them arrives from the layer after.",
        "dZ = s * (1 - s)",
    ),
    "da-added": Explanation(
        "the incoming gradient is added to the derivative; it should be multiplied",
        "The chain rule multiplies.",
        "dZ = dA + s * (1 - s)",
    ),
    "product-matrix": Explanation(
        "a matrix product stands where the element-wise product belongs",
        "Every element has its own slope: dZ has the shape of dA. Which product keeps it?",
        "dZ = np.dot(dA, s * (1 - s))",
    ),
    "dz-wrong-sign": Explanation(
        "dZ has the wrong sign",
        "No activation of this course slopes downwards: dZ and dA have the same sign.",
        "dZ = -dA * s * (1 - s)",
    ),
    "extra-1-over-m": Explanation(
        "dZ is divided by m",
        "dA and dZ are per example; where does the average over the examples enter?",
        "dZ = dA * s * (1 - s) / m",
    ),
    "relu-mask-missing": Explanation(
        "ReLU's mask is missing: the gradient passes everywhere",
        "Where Z was negative the output did not depend on it. What gradient belongs there?",
        "dZ = dA",
    ),
    "relu-mask-from-da": Explanation(
        "ReLU's mask is taken from dA; it belongs to Z",
        "Whether a unit was on was decided on the way forward. By the sign of what?",
        "dZ[dA <= 0] = 0",
    ),
    "relu-mask-at-zero": Explanation(
        "the gradient passes where Z is exactly 0",
        "At Z = 0 the course takes ReLU's derivative to be 0.",
        "dZ[Z < 0] = 0",
    ),
    "relu-mask-reversed": Explanation(
        "ReLU's mask is reversed: the gradient passes where Z is negative",
        "Which units were on: those with positive or with negative Z?",
        "dZ[Z > 0] = 0",
    ),
    "relu-mask-multiplies-z": Explanation(
        "the gradient is multiplied by the value of Z; ReLU's slope is 0 or 1",
        "The mask says on or off, not how much.",
        "dZ = dA * np.maximum(0, Z)",
    ),
    "relu-mask-leaky": Explanation(
        "some gradient leaks through where Z is negative: this is leaky ReLU's derivative",
        "Where Z is negative the course's ReLU is flat.",
        "dZ = np.where(Z > 0, dA, 0.01 * dA)",
    ),
}
