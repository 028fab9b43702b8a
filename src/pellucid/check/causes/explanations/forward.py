"""Explanations of the mistakes of the forward step, of a layer and of the network."""

from pellucid.check.causes.explanations.explanation import Explanation

LINEAR = {
    "product-elementwise": Explanation(
        "an element-wise product stands where the matrix product belongs",
        "Each unit sums over all inputs: which product sums?",
        "Z = W * A + b",
    ),
    "w-transposed": Explanation(
        "W is transposed, and should not be",
        "W is (n, n_prev), A is (n_prev, m): write the shapes under the product.",
        "Z = np.dot(W.T, A) + b",
    ),
    "product-order": Explanation(
        "the factors of a matrix product are in the wrong order (or transposed)",
        "Write the shapes of both factors side by side: the inner sizes must meet.",
        "Z = np.dot(A, W) + b",
    ),
    "a-transposed": Explanation(
        "A is transposed, and should not be",
        "The columns of A are the examples, and Z has a column for each.",
        "Z = np.dot(W, A.T) + b",
    ),
    "bias-missing": Explanation(
        "the bias is missing", "A linear part is a product plus something.", "Z = np.dot(W, A)"
    ),
    "bias-subtracted": Explanation(
        "the bias is subtracted", "Check the sign between the product and the bias.", "Z = np.dot(W, A) - b"
    ),
    "bias-multiplied": Explanation(
        "the bias is multiplied, not added", "A bias shifts; it does not scale.", "Z = np.dot(W, A) * b"
    ),
    "b-transposed": Explanation(
        "b is transposed, and should not be",
        "b is a column: one number for each unit, the same for all examples.",
        "Z = np.dot(W, A) + b.T",
    ),
    "extra-activation": Explanation(
        "an activation is applied where only the linear part belongs",
        "linear_forward gives Z; the activation is the next function's work.",
        "Z = np.maximum(0, np.dot(W, A) + b)",
    ),
    "z-rank-1": Explanation(
        "Z is flattened to one dimension",
        "Keep (n, m): a row for each unit, a column for each example.",
        "Z = (np.dot(W, A) + b).ravel()",
    ),
    "cache-passed-whole": Explanation(
        "the whole cache is passed on, not the part of it that the function takes",
        "The cache of a layer is (linear_cache, activation_cache): which of them does each step need?",
        "dA_prev, dW, db = linear_backward(dZ, cache)",
    ),
    "cache-order": Explanation(
        "the parts of the cache are not in the order of the course",
        "Compare the order in your cache with what the backward step unpacks.",
        "cache = (W, A, b)",
    ),
    "cache-holds-z": Explanation(
        "the cache holds Z where it should hold an input",
        "The cache keeps what the backward step needs; look at each of its parts.",
        "cache = (Z, W, b)",
    ),
    "activations-swapped": Explanation(
        "sigmoid and ReLU are swapped",
        "Follow one name through the if: which function does it reach?",
        'if activation == "sigmoid": A, Z = relu(Z)',
    ),
    "always-relu": Explanation(
        "ReLU is used for every activation name",
        "Does the argument `activation` decide anything?",
        "A, activation_cache = relu(Z)",
    ),
    "always-sigmoid": Explanation(
        "the sigmoid is used for every activation name",
        "Does the argument `activation` decide anything?",
        "A, activation_cache = sigmoid(Z)",
    ),
    "cache-incomplete": Explanation(
        "a part of the layer's cache is missing",
        "The backward step needs the linear cache and Z: both.",
        "cache = linear_cache",
    ),
}

MODEL = {
    "loop-one-short": Explanation(
        "the loop ends a layer early",
        "range(1, L) does not reach L. Count the layers that your loop visits.",
        "for l in range(1, L - 1):",
    ),
    "last-layer-missing": Explanation(
        "the last layer is missing",
        "After the hidden layers comes one more: the output.",
        "return A, caches",
    ),
    "last-layer-relu": Explanation(
        "the last layer is treated as a hidden one: ReLU where the sigmoid belongs",
        "The output is a probability. Which activation gives one?",
        'AL, cache = linear_activation_forward(A, WL, bL, "relu")',
    ),
    "last-layer-tanh": Explanation(
        "the last layer uses tanh where the sigmoid belongs",
        "The output is a probability. Which activation gives one?",
        "A2 = np.tanh(Z2)",
    ),
    "hidden-sigmoid": Explanation(
        "the hidden layers use the sigmoid where another activation belongs",
        "Which activation does the course give the hidden layers?",
        'A, cache = linear_activation_forward(A_prev, W, b, "sigmoid")',
    ),
    "hidden-tanh": Explanation(
        "the hidden layers use tanh where ReLU belongs",
        "Which activation does the course give the hidden layers?",
        "A = np.tanh(Z)",
    ),
    "hidden-relu": Explanation(
        "the hidden layer uses ReLU where tanh belongs",
        "Which activation does this network have in its hidden layer?",
        "A1 = np.maximum(0, Z1)",
    ),
    "hidden-linear": Explanation(
        "the hidden layers have no activation",
        "Without one, all layers together are a single linear map.",
        "A = Z",
    ),
    "hidden-fed-x": Explanation(
        "every hidden layer is fed X, not the activation of the layer before",
        (
            "What comes out of one layer goes into the next: what changes from one turn of the loop to "
            "the next?"
        ),
        "A, cache = linear_activation_forward(X, W, b, 'relu')",
    ),
    "last-fed-x": Explanation(
        "the last layer is fed X",
        "The last layer reads the last hidden layer.",
        "AL, cache = linear_activation_forward(X, WL, bL, 'sigmoid')",
    ),
    "last-fed-a-prev": Explanation(
        "the last layer is fed A_prev: the activation one layer too early",
        "After the loop, which variable holds the newest activation?",
        "AL, cache = linear_activation_forward(A_prev, WL, bL, 'sigmoid')",
    ),
    "last-fed-z": Explanation(
        "the last layer is fed Z1, not A1",
        "The next layer reads the activation.",
        "Z2 = np.dot(W2, Z1) + b2",
    ),
    "same-parameters": Explanation(
        "the parameters of the first layer are used in every layer",
        "Does the layer's number get into the key?",
        'W = parameters["W1"]',
    ),
    "parameters-index-shifted": Explanation(
        "a layer uses the parameters of its neighbour",
        "Write down, for l = 1, which key you read.",
        'W = parameters["W" + str(l + 1)]',
    ),
    "layers-miscounted": Explanation(
        "the layers are miscounted: parameters holds two entries for each layer",
        "How many keys has one layer?",
        "L = len(parameters)",
    ),
    "cache-not-appended-last": Explanation(
        "the cache of the last layer is not in the list",
        "caches has one entry for each layer, the last one too.",
        "return AL, caches  # before the last append",
    ),
    "caches-not-appended-hidden": Explanation(
        "the caches of the hidden layers are not in the list",
        "What happens to `cache` at the end of each turn of the loop?",
        "A, cache = linear_activation_forward(...)  # and no append",
    ),
    "caches-only-last": Explanation(
        "a single cache is returned, not the list of all",
        "caches is a list with one entry for each layer.",
        "return AL, cache",
    ),
    "caches-reversed": Explanation(
        "the caches are in reversed order", "caches[0] belongs to layer 1.", "caches.insert(0, cache)"
    ),
    "cache-keys-missing": Explanation(
        "the cache lacks some of Z1, A1, Z2, A2",
        "Compare the keys with what the backward pass will read.",
        'cache = {"A1": A1, "A2": A2}',
    ),
    "returns-z2": Explanation(
        "Z2 is returned where A2 belongs",
        "The first result is the activation of the last layer.",
        "return Z2, cache",
    ),
}
