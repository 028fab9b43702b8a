"""Explanations of the mistakes of the backward step, of a layer and of the network."""

from pellucid.check.causes.explanations.explanation import Explanation

LINEAR = {
    "dw-missing-1-over-m": Explanation(
        "dW is not averaged over the examples: 1/m is missing",
        "The cost is a mean over m examples; what does that do to its derivative?",
        "dW = np.dot(dZ, A_prev.T)",
    ),
    "dw-doubled-1-over-m": Explanation(
        "dW is divided by m twice",
        "The mean is taken once. Where else does your code divide by m?",
        "dW = np.dot(dZ, A_prev.T) / m / m",
    ),
    "dw-multiplied-by-m": Explanation(
        "dW is multiplied by m where it should be divided",
        "The cost is a mean over m examples.",
        "dW = m * np.dot(dZ, A_prev.T)",
    ),
    "db-missing-1-over-m": Explanation(
        "db is not averaged over the examples: 1/m is missing",
        "The cost is a mean over m examples, for the biases too.",
        "db = np.sum(dZ, axis=1, keepdims=True)",
    ),
    "db-doubled-1-over-m": Explanation(
        "db is divided by m twice",
        "The mean is taken once. Is it np.mean and / m at the same time?",
        "db = np.mean(dZ, axis=1, keepdims=True) / m",
    ),
    "db-multiplied-by-m": Explanation(
        "db is multiplied by m where it should be divided",
        "The cost is a mean over m examples.",
        "db = m * np.sum(dZ, axis=1, keepdims=True)",
    ),
    "dw-not-transposed": Explanation(
        "A_prev is not transposed in dW",
        "dZ is (n, m), dW has the shape of W, (n, n_prev): which shape must the other factor have?",
        "dW = np.dot(dZ, A_prev) / m",
    ),
    "dw-transposed": Explanation(
        "dW comes out transposed",
        "dW has the shape of W. Which of the factors comes first?",
        "dW = np.dot(A_prev, dZ.T) / m",
    ),
    "dw-elementwise": Explanation(
        "dW is an element-wise product; it should be a matrix product",
        "The gradient of each weight sums over all examples: which product sums?",
        "dW = dZ * A_prev / m",
    ),
    "dw-order": Explanation(
        "the factors of dW are in the wrong order, or the wrong one is transposed",
        "dW has the shape of W, (n, n_prev): write the shapes of the factors side by side.",
        "dW = np.dot(A_prev.T, dZ) / m",
    ),
    "dw-uses-w": Explanation(
        "dW is computed from W; it should be from A_prev",
        "The effect of a weight depends on its input.",
        "dW = np.dot(dZ, W.T) / m",
    ),
    "dw-missing-product": Explanation(
        "one of the two factors of dW is missing",
        "dW combines the gradient from the next layer with the input from the layer before.",
        "dW = dZ / m",
    ),
    "db-wrong-axis": Explanation(
        "db is summed over the wrong axis",
        (
            "One bias for each unit: over what does the sum run, over units (axis 0) or over examples "
            "(axis 1)?"
        ),
        "db = np.sum(dZ, axis=0, keepdims=True) / m",
    ),
    "db-missing-axis": Explanation(
        "db sums over everything: the axis is missing",
        "Each unit has a bias of its own; a single number for the layer is one sum too many.",
        "db = np.sum(dZ) / m",
    ),
    "db-missing-keepdims": Explanation(
        "db has lost a dimension: it is (n,), not (n, 1)",
        "A sum over an axis drops it unless keepdims is True; b is a column.",
        "db = np.sum(dZ, axis=1) / m",
    ),
    "db-is-dz": Explanation(
        "db is dZ, not summed over the examples",
        "b is shared by all examples: their gradients add up.",
        "db = dZ / m",
    ),
    "m-is-rows": Explanation(
        "m is taken from the rows; the examples are the columns",
        "A_prev is (n_prev, m). Which of the two is shape[0]?",
        "m = A_prev.shape[0]",
    ),
    "dw-wrong-sign": Explanation(
        "dW has the wrong sign",
        "The minus of gradient descent belongs to the update, not here.",
        "dW = -np.dot(dZ, A_prev.T) / m",
    ),
    "db-wrong-sign": Explanation(
        "db has the wrong sign",
        "The minus of gradient descent belongs to the update, not here.",
        "db = -np.sum(dZ, axis=1, keepdims=True) / m",
    ),
    "da-prev-not-transposed": Explanation(
        "W is not transposed in dA_prev",
        "W took n_prev numbers to n; the way back goes from n to n_prev.",
        "dA_prev = np.dot(W, dZ)",
    ),
    "da-prev-elementwise": Explanation(
        "dA_prev is an element-wise product; it should be a matrix product",
        "Each unit of the layer before feeds every unit of this one: the gradients sum.",
        "dA_prev = W.T * dZ",
    ),
    "da-prev-order": Explanation(
        "the factors of dA_prev are in the wrong order",
        "dA_prev is (n_prev, m): write the shapes of the factors side by side.",
        "dA_prev = np.dot(dZ, W)",
    ),
    "da-prev-transposed": Explanation(
        "dA_prev comes out transposed",
        "dA_prev has the shape of A_prev, (n_prev, m).",
        "dA_prev = np.dot(dZ.T, W)",
    ),
    "da-prev-uses-a": Explanation(
        "dA_prev is computed from A_prev; it should be from dZ",
        "On the way back, the gradient flows through W.",
        "dA_prev = np.dot(W.T, A_prev)",
    ),
    "da-prev-is-dz": Explanation(
        "dA_prev is dZ: the way through W is missing", "Between Z and A_prev stands W.", "dA_prev = dZ"
    ),
    "da-prev-extra-1-over-m": Explanation(
        "dA_prev is divided by m",
        "dA is per example; only dW and db average.",
        "dA_prev = np.dot(W.T, dZ) / m",
    ),
    "da-prev-wrong-sign": Explanation(
        "dA_prev has the wrong sign",
        "Z grows with A_prev times W: is there a minus in it?",
        "dA_prev = -np.dot(W.T, dZ)",
    ),
}

MODEL = {
    "dal-wrong-sign": Explanation(
        "dAL has the wrong sign",
        "The cost has a minus in front. Does your derivative?",
        "dAL = np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)",
    ),
    "dal-missing-y1-term": Explanation(
        "the term of the examples with Y = 1 is missing in dAL",
        "The cost has two terms; its derivative has two.",
        "dAL = np.divide(1 - Y, 1 - AL)",
    ),
    "dal-missing-y0-term": Explanation(
        "the term of the examples with Y = 0 is missing in dAL",
        "The cost has two terms; its derivative has two.",
        "dAL = -np.divide(Y, AL)",
    ),
    "dal-term-sign": Explanation(
        "the sign between the two terms of dAL is wrong",
        "The inner derivative of 1 - AL is -1; and a minus before a bracket changes every sign in it.",
        "dAL = -(np.divide(Y, AL) + np.divide(1 - Y, 1 - AL))",
    ),
    "dal-is-al-minus-y": Explanation(
        "dAL is AL - Y, which is dZL: the sigmoid's derivative then counts twice",
        (
            "AL - Y already holds the derivative of the sigmoid. What does the backward step of the "
            "last layer do with its argument?"
        ),
        "dAL = AL - Y",
    ),
    "dal-swapped": Explanation(
        "AL and 1 - AL (or Y and 1 - Y) are swapped in dAL",
        "Differentiate each term of the cost separately.",
        "dAL = -(np.divide(Y, 1 - AL) - np.divide(1 - Y, AL))",
    ),
    "dal-extra-1-over-m": Explanation(
        "dAL is divided by m, and dW and db are averaged again later",
        "Where does the average over the examples enter: here, or in linear_backward?",
        "dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) / m",
    ),
    "same-da-for-all": Explanation(
        "every hidden layer is fed the same gradient, that of one fixed layer",
        (
            "Each layer needs the gradient that the layer after it handed down: does your key (or "
            "variable) change in the loop?"
        ),
        'dA = grads["dA" + str(L - 1)]  # in the loop',
    ),
    "hidden-fed-dal": Explanation(
        "the hidden layers are fed dAL, the gradient at the output",
        "Each layer needs the gradient that the layer after it handed down.",
        "linear_activation_backward(dAL, cache, 'relu')",
    ),
    "loop-skips-layer": Explanation(
        "the loop begins a layer too early: the last hidden layer is left out",
        "With L layers there are L - 1 hidden ones. Which is the first that your loop visits?",
        "for l in reversed(range(L - 2)):",
    ),
    "loop-not-reversed": Explanation(
        "the loop runs forwards",
        "Going backward, which hidden layer is the first whose gradient is known?",
        "for l in range(L - 1):",
    ),
    "cache-index-shifted": Explanation(
        "a layer uses the cache of its neighbour",
        "caches[0] belongs to layer 1. Write down which cache your loop takes for each layer.",
        "cache = caches[l + 1]",
    ),
    "same-cache": Explanation(
        "the same cache is used for all hidden layers",
        "Does the index of the cache change in the loop?",
        "cache = caches[0]  # in the loop",
    ),
    "last-cache-wrong": Explanation(
        "the last layer uses the cache of another layer",
        "caches has L entries: which index has the last?",
        "cache = caches[0]",
    ),
    "da-keys-off-by-one": Explanation(
        "the dA are stored one layer off: dA{l} holds the gradient of layer l - 1",
        (
            "The gradient with respect to A{l} is called dA{l}; an older edition of the course counted "
            "one higher."
        ),
        'grads["dA" + str(l + 1)] = dA_prev',
    ),
    "dw-keys-off-by-one": Explanation(
        "dW and db are stored under the number of a neighbouring layer",
        "Counting from 0 or from 1? W1 belongs to caches[0].",
        'grads["dW" + str(l)] = dW  # l from 0',
    ),
    "keys-misnamed": Explanation(
        "the results have other names",
        "Compare the keys with those of the course, letter by letter.",
        'grads["W" + str(l)] = dW',
    ),
    "key-not-formatted": Explanation(
        "a key was never formatted: the layer's number is not in it",
        "Print the key. Is an f missing before the quotation mark, or a str()?",
        'grads["dW{l}"] = dW',
    ),
    "da-overwritten": Explanation(
        "a gradient is changed in place after it was handed on: dA{l} holds something else",
        "Does dZ share its memory with dA? Work on a copy, and keep what is already stored.",
        "dZ = dA; dZ[Z <= 0] = 0",
    ),
    "grads-overwritten": Explanation(
        "the gradients overwrite each other: some layers are lost",
        "Does the key change in the loop, and is the dictionary made once?",
        'grads["dW"] = dW',
    ),
}
