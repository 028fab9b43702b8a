"""What graders read: JUnit's XML and Gradescope's results.json."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pellucid.check.class_folder import Submission
from pellucid.check.grading import gradescope, junit
from pellucid.check.judge import Examination
from pellucid.check.judge_file import check_file
from pellucid.check.judgement import Judgement
from pellucid.check.train_together import JointTraining

SOLUTION = """import numpy as np
def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    return np.dot(W.T, dZ), np.dot(dZ, A_prev.T) / m, np.sum(dZ, axis=0, keepdims=True) / m
def update_parameters(parameters, grads, learning_rate):
    return None  # YOUR CODE HERE
def L_model_forward(X, parameters):
    return undefined_name
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Examination:
    path = tmp_path_factory.mktemp("graded") / "solution.py"
    path.write_text(SOLUTION)
    return check_file(path)


def test_junit_has_a_suite_for_the_file_and_a_case_for_each_function(found: Examination) -> None:
    root = ET.fromstring(junit([Submission("ada/solution.py", found, "")]))
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "ada/solution.py")
    cases = {case.get("name"): case for case in suite}
    assert {case.get("classname") for case in suite} == {"ada/solution.py"}
    assert [child.tag for child in cases["linear_forward"]] == []
    (failure,) = cases["linear_backward"]
    assert (failure.tag, failure.get("type")) == ("failure", "db-wrong-axis")
    assert "first case that differs" in (failure.text or "")
    assert cases["linear_backward"].get("line") == "7"
    assert [child.tag for child in cases["L_model_forward"]] == ["error"]
    assert [child.tag for child in cases["update_parameters"]] == ["skipped"]
    for element in (root, suite):
        assert element.get("failures") == element.get("errors") == "1"
        assert element.get("tests") == str(len(suite))
        assert element.get("skipped") == str(len(suite.findall("testcase/skipped")))


def test_junit_of_a_class_has_the_files_that_cannot_be_used(found: Examination) -> None:
    submissions = [Submission("a.py", found, ""), Submission("b<&.py", None, "b<&.py, line 1: no Python")]
    first, second = ET.fromstring(junit(submissions))
    assert (first.get("name"), second.get("name")) == ("a.py", "b<&.py")
    (case,) = second
    (error,) = case
    assert (case.get("name"), error.tag, error.get("message")) == (
        "solution",
        "error",
        "b<&.py, line 1: no Python",
    )


@pytest.mark.parametrize("text", ["\x1b[31mred\x00", "]]><x>", "\ud800 alone", "\ufffe", "a\nb"])
def test_no_text_breaks_the_xml(text: str) -> None:
    judgement = Judgement.of("linear_forward", ("raises",), notes=(text,), case=text)
    found = Examination(text, (judgement,), JointTraining(None, "not tried"))
    root = ET.fromstring(junit([Submission(text, found, text), Submission(text, None, text)]))
    assert len(root) == 2
    if "<x>" in text:
        assert text in (root[0][0][0].text or "")


def test_gradescope_gives_a_point_for_each_right_function(found: Examination) -> None:
    document: Any = json.loads(gradescope(Submission("a.py", found, "")))
    scores = {
        test["name"]: (test["score"], test["max_score"], test["status"]) for test in document["tests"]
    }
    assert scores["linear_forward"] == (1.0, 1.0, "passed")
    for name in ("linear_backward", "update_parameters", "L_model_forward", "compute_cost"):
        assert scores[name] == (0.0, 1.0, "failed"), name
    outputs = {test["name"]: test["output"] for test in document["tests"]}
    assert "line 7" in outputs["linear_backward"]
    assert "not written yet" in outputs["update_parameters"]
    assert "1 of 3 functions right" in document["output"]


def test_another_exercises_function_has_no_points() -> None:
    judgements = (Judgement("relu", "pass"), Judgement("backward_propagation", "not_judged"))
    found = Examination("x.py", judgements, JointTraining(None, "not tried"))
    assert [test["name"] for test in json.loads(gradescope(Submission("a.py", found, "")))["tests"]] == [
        "relu"
    ]


def test_what_the_file_defines_besides_is_named(tmp_path: Path) -> None:
    path = tmp_path / "solution.py"
    path.write_text(SOLUTION + "def plot_costs(costs):\n    pass\n")
    found = check_file(path)
    assert found.not_judged == ("plot_costs",)
    assert "\nnot judged: plot_costs\n" in str(found)
    assert "Not judged: plot_costs." in found._repr_html_()
    assert found.to_dict()["not_judged"] == ["plot_costs"]
    assert check_file(path, only="linear_forward").not_judged == ()


def test_gradescope_of_a_file_that_cannot_be_used_says_why() -> None:
    document: Any = json.loads(gradescope(Submission("a.py", None, "a.py is not valid Python at line 1")))
    assert document == {
        "output": "a.py is not valid Python at line 1",
        "visibility": "visible",
        "score": 0.0,
    }
