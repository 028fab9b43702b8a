"""Words for the mistakes of the forward step, of a layer and of the network."""

from pellucid.check.causes.words.entry import Words

LINEAR = {
    "product-elementwise": Words(
        "an element-wise product stands where the matrix product belongs",
        "Each unit sums over all inputs: which product sums?",
        "Z = W * A + b",
    ),
    "w-transposed": Words(
        "W is transposed, and should not be",
        "W is (n, n_prev), A is (n_prev, m): write the shapes under the product.",
        "Z = np.dot(W.T, A) + b",
    ),
    "product-order": Words(
        "the factors of a matrix product are in the wrong order (or transposed)",
        "Write the shapes of both factors side by side: the inner sizes must meet.",
        "Z = np.dot(A, W) + b",
    ),
    "a-transposed": Words(
        "A is transposed, and should not be",
        "The columns of A are the examples, and Z has a column for each.",
        "Z = np.dot(W, A.T) + b",
    ),
    "bias-missing": Words(
        "the bias is missing", "A linear part is a product and something added to it.", "Z = np.dot(W, A)"
    ),
    "bias-subtracted": Words(
        "the bias is subtracted", "Check the sign between the product and the bias.", "Z = np.dot(W, A) - b"
    ),
    "bias-multiplied": Words(
        "the bias is multiplied, not added", "A bias shifts; it does not scale.", "Z = np.dot(W, A) * b"
    ),
    "b-transposed": Words(
        "b is transposed, and should not be",
        "b is a column: one number for each unit, the same for all examples.",
        "Z = np.dot(W, A) + b.T",
    ),
    "extra-activation": Words(
        "an activation is applied where only the linear part belongs",
        "linear_forward gives Z; the activation is the next function's work.",
        "Z = np.maximum(0, np.dot(W, A) + b)",
    ),
    "z-rank-1": Words(
        "Z is flattened to one dimension",
        "Keep (n, m): a row for each unit, a column for each example.",
        "Z = (np.dot(W, A) + b).ravel()",
    ),
    "cache-order": Words(
        "the parts of the cache are not in the order of the course",
        "Compare the order in your cache with what the backward step unpacks.",
        "cache = (W, A, b)",
    ),
    "cache-holds-z": Words(
        "the cache holds Z where it should hold an input",
        "The cache keeps what the backward step needs; look at each of its parts.",
        "cache = (Z, W, b)",
    ),
    "activations-swapped": Words(
        "sigmoid and ReLU are swapped",
        "Follow one name through the if: which function does it reach?",
        'if activation == "sigmoid": A, Z = relu(Z)',
    ),
    "always-relu": Words(
        "ReLU is used whatever activation is asked for",
        "Does the argument `activation` decide anything?",
        "A, activation_cache = relu(Z)",
    ),
    "always-sigmoid": Words(
        "the sigmoid is used whatever activation is asked for",
        "Does the argument `activation` decide anything?",
        "A, activation_cache = sigmoid(Z)",
    ),
    "cache-incomplete": Words(
        "a part of the layer's cache is missing",
        "The backward step needs the linear cache and Z: both.",
        "cache = linear_cache",
    ),
}

MODEL = {
    "loop-one-short": Words(
        "the loop ends a layer early",
        "range(1, L) does not reach L. Count the layers that your loop visits.",
        "for l in range(1, L - 1):",
    ),
    "last-layer-missing": Words(
        "the last layer is missing",
        "After the hidden layers comes one more: the output.",
        "return A, caches",
    ),
    "last-layer-relu": Words(
        "the last layer is treated as a hidden one: ReLU where the sigmoid belongs",
        "The output is a probability. Which activation gives one?",
        'AL, cache = linear_activation_forward(A, WL, bL, "relu")',
    ),
    "last-layer-tanh": Words(
        "the last layer uses tanh where the sigmoid belongs",
        "The output is a probability. Which activation gives one?",
        "A2 = np.tanh(Z2)",
    ),
    "hidden-sigmoid": Words(
        "the hidden layers use the sigmoid where another activation belongs",
        "Which activation does the course give the hidden layers?",
        'A, cache = linear_activation_forward(A_prev, W, b, "sigmoid")',
    ),
    "hidden-tanh": Words(
        "the hidden layers use tanh where ReLU belongs",
        "Which activation does the course give the hidden layers?",
        "A = np.tanh(Z)",
    ),
    "hidden-relu": Words(
        "the hidden layer uses ReLU where tanh belongs",
        "Which activation does this network have in its hidden layer?",
        "A1 = np.maximum(0, Z1)",
    ),
    "hidden-linear": Words(
        "the hidden layers have no activation",
        "Without one, all layers together are a single linear map.",
        "A = Z",
    ),
    "hidden-fed-x": Words(
        "every hidden layer is fed X, not the activation of the layer before",
        (
            "What comes out of one layer goes into the next: what changes from one turn of the loop to "
            "the next?"
        ),
        "A, cache = linear_activation_forward(X, W, b, 'relu')",
    ),
    "last-fed-x": Words(
        "the last layer is fed X",
        "The last layer reads the last hidden layer.",
        "AL, cache = linear_activation_forward(X, WL, bL, 'sigmoid')",
    ),
    "last-fed-a-prev": Words(
        "the last layer is fed A_prev: the activation one layer too early",
        "After the loop, which variable holds the newest activation?",
        "AL, cache = linear_activation_forward(A_prev, WL, bL, 'sigmoid')",
    ),
    "last-fed-z": Words(
        "the last layer is fed Z1, not A1",
        "What goes on to the next layer is the activation.",
        "Z2 = np.dot(W2, Z1) + b2",
    ),
    "same-parameters": Words(
        "the parameters of the first layer are used in every layer",
        "Does the layer's number get into the key?",
        'W = parameters["W1"]',
    ),
    "parameters-index-shifted": Words(
        "a layer uses the parameters of its neighbour",
        "Write down, for l = 1, which key you read.",
        'W = parameters["W" + str(l + 1)]',
    ),
    "layers-miscounted": Words(
        "the layers are miscounted: parameters holds two entries for each layer",
        "How many keys has one layer?",
        "L = len(parameters)",
    ),
    "cache-not-appended-last": Words(
        "the cache of the last layer is not in the list",
        "caches has one entry for each layer, the last one too.",
        "return AL, caches  # before the last append",
    ),
    "caches-not-appended-hidden": Words(
        "the caches of the hidden layers are not in the list",
        "What happens to `cache` at the end of each turn of the loop?",
        "A, cache = linear_activation_forward(...)  # and no append",
    ),
    "caches-only-last": Words(
        "a single cache is returned, not the list of all",
        "caches is a list with one entry for each layer.",
        "return AL, cache",
    ),
    "caches-reversed": Words(
        "the caches are in reversed order", "caches[0] belongs to layer 1.", "caches.insert(0, cache)"
    ),
    "cache-keys-missing": Words(
        "the cache lacks some of Z1, A1, Z2, A2",
        "Compare the keys with what the backward pass will read.",
        'cache = {"A1": A1, "A2": A2}',
    ),
    "returns-z2": Words(
        "Z2 is returned where A2 belongs",
        "The first result is the activation of the last layer.",
        "return Z2, cache",
    ),
}
