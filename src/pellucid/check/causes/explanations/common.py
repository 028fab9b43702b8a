"""Words for what can happen in any function."""

from pellucid.check.causes.explanations.explanation import Explanation

ANY = {
    "not-a-function": Explanation(
        "this name is no function", "Define it with def, under exactly this name.", "class sigmoid:"
    ),
    "wrong-arity": Explanation(
        "the function takes another number of arguments",
        "Compare the arguments with those of the course: their names are free, their number is not.",
        "def linear_forward(A, W):",
    ),
    "returns-none": Explanation(
        "nothing is returned",
        "Does every path through the function end in a return?",
        "Z = np.dot(W, A) + b  # and no return",
    ),
    "wrong-count": Explanation(
        "another number of results is returned",
        "Compare the return with what the course gives back, and in which form.",
        "return dW, db",
    ),
    "not-numbers": Explanation(
        "what is returned is not made of numbers",
        "The results are NumPy arrays (or numbers), in tuples and dictionaries.",
        'return "Z"',
    ),
    "returns-nan": Explanation(
        "the result holds NaN",
        "Where is 0 divided by 0, or the logarithm taken of a number not above 0?",
        "cost = np.log(AL - 1)",
    ),
    "wrong-shape": Explanation(
        "the result has the wrong shape",
        "Write the shape of every factor under the line that makes it.",
        "dW = np.zeros((n_prev, n))",
    ),
    "undefined-name": Explanation(
        "a name is used that does not exist",
        "Is it spelt as where it was defined, and defined on every path?",
        "dw = dW / m",
    ),
    "no-such-attribute": Explanation(
        "something is asked of an object that it does not have",
        "Check the spelling of what follows the dot.",
        "np.dots(W, A)",
    ),
    "key-missing": Explanation(
        "a key is missing", "Print the keys that there are, and the one you ask for.", 'grads["dA0"]'
    ),
    "string-plus-number": Explanation(
        "a number is joined to a text without str()",
        'A key is a text: "W" and the number of the layer, made into one.',
        'parameters["W" + l]',
    ),
    "shapes-do-not-fit": Explanation(
        "two arrays of shapes that do not fit are combined",
        "Write the shape of both under the line: a transpose, or the wrong product?",
        "np.dot(dZ, A_prev)",
    ),
    "index-out-of-range": Explanation(
        "an index is out of range", "Counting from 0, the last of L is L - 1.", "caches[L]"
    ),
    "raises": Explanation(
        "the function stops with an error",
        "Read the last line of the error, and the line it names.",
        "raise NotImplementedError",
    ),
    "timeout": Explanation(
        "the function does not come to an end", "Which loop never ends?", "while True: pass"
    ),
    "died": Explanation(
        "the process was ended by the function", "No call of exit() belongs in a function.", "exit()"
    ),
    "too-much": Explanation("too much memory or output", "What grows in the loop?", "while True: print(Z)"),
    "replaces-numpy": Explanation(
        "functions of NumPy are replaced", "Do not assign to np.anything.", "np.dot = np.multiply"
    ),
    "changes-its-argument": Explanation(
        "the function writes into an array it was given",
        "Whoever called still needs it: work on a copy.",
        "dA[Z <= 0] = 0",
    ),
    "slow-loop": Explanation(
        "right, but with Python loops over examples or units",
        "One matrix product does what the inner loops do, and is hundreds of times as fast on real data.",
        "for i in range(m): ...",
    ),
    "differs": Explanation(
        "the numbers are wrong, and the mistake is none that is known",
        "Take the case that is named, a small one of your own beside it, and compute both by hand.",
        "dW = something_else",
    ),
}
