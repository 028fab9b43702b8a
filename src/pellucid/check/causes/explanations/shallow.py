"""Words for the mistakes of the network with one hidden layer."""

from pellucid.check.causes.explanations.explanation import Explanation

SHALLOW = {
    "dz2-wrong-sign": Explanation(
        "dZ2 has the wrong sign", "Where A2 is too large, the gradient is positive.", "dZ2 = Y - A2"
    ),
    "dz2-derivative-extra": Explanation(
        "dZ2 holds the sigmoid's derivative once too often",
        "A2 - Y is already the gradient at Z2.",
        "dZ2 = (A2 - Y) * A2 * (1 - A2)",
    ),
    "dz2-is-dal": Explanation(
        "dZ2 is the gradient at A2: the sigmoid's derivative is missing",
        "dA2 has to pass the sigmoid on its way to Z2.",
        "dZ2 = -(Y / A2 - (1 - Y) / (1 - A2))",
    ),
    "dz2-is-a2": Explanation(
        "Y is missing in dZ2", "The error is the difference between the answer and the label.", "dZ2 = A2"
    ),
    "dz2-sum": Explanation(
        "A2 and Y are added in dZ2",
        "The error is the difference between the answer and the label.",
        "dZ2 = A2 + Y",
    ),
    "dz2-extra-1-over-m": Explanation(
        "dZ2 is divided by m, and dW and db are averaged again later",
        "dZ is per example; where does the average enter?",
        "dZ2 = (A2 - Y) / m",
    ),
    "dz1-extra-1-over-m": Explanation(
        "dZ1 is divided by m",
        "dZ is per example; only dW and db average.",
        "dZ1 = np.dot(W2.T, dZ2) * (1 - A1 ** 2) / m",
    ),
    "dz1-uses-w1": Explanation(
        "dZ1 goes back through W1; it should be W2",
        "Which weights lie between the hidden layer and the output?",
        "dZ1 = np.dot(W1.T, dZ2) * (1 - A1 ** 2)",
    ),
    "tanh-derivative-missing": Explanation(
        "the derivative of tanh is missing in dZ1",
        "By the chain rule the gradient meets the slope of the activation.",
        "dZ1 = np.dot(W2.T, dZ2)",
    ),
    "tanh-derivative-at-z": Explanation(
        "the derivative of tanh is taken with Z1 where A1 belongs",
        "In 1 minus a square, what is squared is tanh of Z1: which of the cached values is that?",
        "dZ1 = np.dot(W2.T, dZ2) * (1 - Z1 ** 2)",
    ),
    "tanh-derivative-not-squared": Explanation(
        "the square in the derivative of tanh is missing",
        "The slope of tanh is 1 at A1 = 0, and 0 at both A1 = 1 and A1 = -1.",
        "dZ1 = np.dot(W2.T, dZ2) * (1 - A1)",
    ),
    "tanh-derivative-of-sigmoid": Explanation(
        "the sigmoid's derivative stands where that of tanh belongs",
        "Which activation does the hidden layer use?",
        "dZ1 = np.dot(W2.T, dZ2) * A1 * (1 - A1)",
    ),
    "tanh-derivative-squared": Explanation(
        "the derivative of tanh is squared as a whole",
        "Which part of the formula is squared?",
        "dZ1 = np.dot(W2.T, dZ2) * (1 - A1 ** 2) ** 2",
    ),
    "tanh-derivative-plus": Explanation(
        "a sign in the derivative of tanh is wrong",
        "The slope of tanh is never above 1.",
        "dZ1 = np.dot(W2.T, dZ2) * (1 + A1 ** 2)",
    ),
    "tanh-derivative-cubed": Explanation(
        "the power in the derivative of tanh is wrong",
        "Which power does the derivative of tanh have?",
        "dZ1 = np.dot(W2.T, dZ2) * (1 - A1 ** 3)",
    ),
    "tanh-derivative-of-relu": Explanation(
        "ReLU's derivative stands where that of tanh belongs",
        "Which activation does the hidden layer use?",
        "dZ1 = np.dot(W2.T, dZ2) * (A1 > 0)",
    ),
    "tanh-derivative-twice": Explanation(
        "tanh is applied to A1, which is a tanh already",
        "A1 is tanh of Z1.",
        "dZ1 = np.dot(W2.T, dZ2) * (1 - np.tanh(A1) ** 2)",
    ),
    "tanh-derivative-is-square": Explanation(
        "the 1 - in the derivative of tanh is missing",
        "The slope of tanh is largest at A1 = 0.",
        "dZ1 = np.dot(W2.T, dZ2) * A1 ** 2",
    ),
    "tanh-derivative-doubled": Explanation(
        "2 A1 stands where the square of A1 belongs",
        "Twice a number is not its square.",
        "dZ1 = np.dot(W2.T, dZ2) * (1 - 2 * A1)",
    ),
    "tanh-derivative-wrong-sign": Explanation(
        "the derivative of tanh has the wrong sign",
        "tanh only rises: its slope is never negative.",
        "dZ1 = np.dot(W2.T, dZ2) * (A1 ** 2 - 1)",
    ),
    "tanh-derivative-is-tanh": Explanation(
        "A1 stands where the derivative of tanh belongs",
        "The slope of tanh is 1 at A1 = 0.",
        "dZ1 = np.dot(W2.T, dZ2) * A1",
    ),
    "dw-uses-wrong-input": Explanation(
        "dW is computed from the input of another layer",
        "What came in through W1, and what through W2?",
        "dW1 = np.dot(dZ1, A1.T) / m",
    ),
    "outputs-crossed": Explanation(
        "the gradients of the two layers are stored under each other's keys",
        "Compare each key with the value beside it.",
        'grads = {"dW1": dW2, "dW2": dW1}',
    ),
}
