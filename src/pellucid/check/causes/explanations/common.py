"""Explanations of mistakes in any function."""

from pellucid.check.causes.explanations.explanation import Explanation

ANY = {
    "not-a-function": Explanation(
        "this name is not a function", "Define it with def, under exactly this name.", "class sigmoid:"
    ),
    "wrong-arity": Explanation(
        "the function takes the wrong number of arguments",
        "Compare the arguments with those of the course: their names are free, their number is not.",
        "def linear_forward(A, W):",
    ),
    "returns-none": Explanation(
        "nothing is returned",
        "Does every path through the function end in a return?",
        "Z = np.dot(W, A) + b  # and no return",
    ),
    "return-in-loop": Explanation(
        "the return stands inside the loop, which ends in its first round",
        "Which lines belong to the loop? Their indentation says it.",
        "for l in range(L): ...; return grads",
    ),
    "wrong-count": Explanation(
        "the wrong number of results is returned",
        "Compare the number and the form of the results with the course.",
        "return dW, db",
    ),
    "not-numbers": Explanation(
        "the returned value is not numeric",
        "The results are NumPy arrays (or numbers), in tuples and dictionaries.",
        'return "Z"',
    ),
    "returns-nan": Explanation(
        "the result holds NaN",
        "Where is 0 divided by 0, or the logarithm of 0 or a negative number taken?",
        "cost = np.log(AL - 1)",
    ),
    "wrong-shape": Explanation(
        "the result has the wrong shape",
        "Write the shape of every factor under its line.",
        "dW = np.zeros((n_prev, n))",
    ),
    "undefined-name": Explanation(
        "an undefined name is used",
        "Is it spelt as in its definition, and defined on every path?",
        "dw = dW / m",
    ),
    "no-such-attribute": Explanation(
        "an object has no attribute of this name",
        "Check the spelling after the dot.",
        "np.dots(W, A)",
    ),
    "key-missing": Explanation(
        "a key is missing", "Print the existing keys, and the one you use.", 'grads["dA0"]'
    ),
    "string-plus-number": Explanation(
        "a number is added to a text without str()",
        'A key is one text: "W" followed by the number of the layer.',
        'parameters["W" + l]',
    ),
    "shapes-do-not-fit": Explanation(
        "two arrays of incompatible shapes are combined",
        "Write the shape of both under the line: a transpose, or the wrong product?",
        "np.dot(dZ, A_prev)",
    ),
    "index-out-of-range": Explanation(
        "an index is out of range", "Counting from 0, the last of L is L - 1.", "caches[L]"
    ),
    "raises": Explanation(
        "the function stops with an error",
        "Its message is below, and the line that raised it above: what are the values on that line?",
        "raise ValueError(Z.shape)",
    ),
    "wrong-assertion": Explanation(
        "the numbers are right, but an assertion of the function does not hold",
        "The assertion demands what need not be so: mend it, or take it away.",
        "assert cost.shape == (1,)",
    ),
    "timeout": Explanation("the function does not end", "Which loop never ends?", "while True: pass"),
    "died": Explanation(
        "the function ended the process", "No call of exit() belongs in a function.", "exit()"
    ),
    "too-much": Explanation("too much memory or output", "What grows in the loop?", "while True: print(Z)"),
    "replaces-numpy": Explanation(
        "functions of NumPy are replaced", "Do not assign to np.anything.", "np.dot = np.multiply"
    ),
    "changes-its-argument": Explanation(
        "the function changes its argument in place",
        "The caller still needs it: work on a copy.",
        "dA[Z <= 0] = 0",
    ),
    "slow-loop": Explanation(
        "right, but with Python loops over examples or units",
        "One matrix product replaces the inner loops, and is hundreds of times as fast on real data.",
        "for i in range(m): ...",
    ),
    "differs": Explanation(
        "the numbers are wrong, and no known mistake explains them",
        "Compute the named case, and a small one of your own, by hand.",
        "dW = something_else",
    ),
}
