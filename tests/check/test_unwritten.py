"""Functions that are still the template's, wholly or in part, are not written yet: never given a cause."""

from pathlib import Path

import pytest

from check.judging import RIGHT, examined, found

BLANKS = {
    "none": "Z = None\n    cache = (A, W, b)\n    return Z, cache",
    "pass": "pass",
    "ellipsis": "...",
    "docstring": '"""Z = W A + b."""',
    "refuses": "raise NotImplementedError('write me')",
    "comments": "### START CODE HERE ### (1 line)\n    ### END CODE HERE ###\n    return Z, (A, W, b)",
    "later comments": "# YOUR CODE STARTS HERE\n\n    # YOUR CODE ENDS HERE\n    return Z, (A, W, b)",
    "asserted": "Z = None\n    assert Z.shape == (W.shape[0], A.shape[1])\n    return Z, (A, W, b)",
    "called with None": "Z = np.dot(None, None) + None\n    return Z, (A, W, b)",
    "looped over None": "for i in range(None):\n        Z = W @ A\n    return Z, (A, W, b)",
}


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_is_not_written_yet(tmp_path: Path, blank: str) -> None:
    text = f"import numpy as np\ndef linear_forward(A, W, b):\n    {BLANKS[blank]}\n"
    judgement = found(text, tmp_path, "linear_forward")
    assert (judgement.status, judgement.cause, judgement.hint) == ("unwritten", "", "")
    assert judgement.place.startswith("line ")


def test_a_branch_that_is_still_to_be_written(tmp_path: Path) -> None:
    text = RIGHT.replace("dZ = sigmoid_backward(dA, activation_cache)", "dZ = None")
    assert text != RIGHT
    assert found(text, tmp_path, "linear_activation_backward").status == "unwritten"


@pytest.mark.parametrize(
    "body",
    [
        "Z = None\n    if True:\n        Z = np.dot(W, A) - b\n    return Z, (A, W, b)",
        "Z, cache = None, (A, W, b)\n    for k in range(1):\n        Z = W @ A - b\n    return Z, cache",
        "def helper(x=None):\n        return x\n    Z = W @ A - b\n    return Z, (A, W, b)",
    ],
)
def test_a_name_that_is_none_at_first_is_no_blank(tmp_path: Path, body: str) -> None:
    text = f"import numpy as np\ndef linear_forward(A, W, b):\n    {body}\n"
    assert found(text, tmp_path, "linear_forward").cause == "bias-subtracted"


def test_what_is_right_has_no_blank(tmp_path: Path) -> None:
    text = "def linear_forward(A, W, b):\n    unused = None\n    return W @ A + b, (A, W, b)\n"
    assert found(text, tmp_path, "linear_forward").status == "pass"


def test_with_blanks_nothing_is_trained(tmp_path: Path) -> None:
    text = RIGHT.replace("Z = np.dot(W, A) + b", "Z = None")
    examination = examined(text, tmp_path, together=True)
    assert not examination.all_right
    assert examination.trains.worked is None
    assert examination.trains.text.startswith("not written yet: linear_forward")
