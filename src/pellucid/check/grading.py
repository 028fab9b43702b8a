"""Reports for graders: JUnit's XML for GitHub Classroom and every CI, results.json for Gradescope."""

import json
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from pellucid.check.class_folder import Submission
from pellucid.check.judgement import Judgement
from pellucid.check.report import VERDICTS, details, headline

# XML 1.0 has no way to write these.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SKIPPED = ("missing", "unwritten", "not_judged")


def junit(submissions: Sequence[Submission]) -> bytes:
    """JUnit's XML: a test suite for each file, a test case for each function.

    A wrong function is a failure, one that stops an error; a function that is not written yet, not in the
    file or not judged is skipped. A file that cannot be used has the one test case "solution", an error. A
    part of a file that is no Python is an error too.

    Args:
        submissions: one or more.
    """
    suites = [_suite(submission) for submission in submissions]
    root = ET.Element("testsuites", {"name": "pellucid check"})
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.attrib[count]) for suite in suites)))
    root.extend(suites)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def gradescope(submission: Submission) -> bytes:
    """Gradescope's results.json: a test with one point for each function of the course.

    A function that is not written yet, or not in the file, has no point; one of another exercise is left
    out. A file that cannot be used has no points, and the reason as its output.

    Args:
        submission: one file.
    """
    examination = submission.examination
    document: dict[str, Any] = {"output": submission.problem, "visibility": "visible", "score": 0.0}
    if examination is not None:
        lost = [f"left out, {part.place}: {part.message}" for part in examination.unread]
        document |= {
            "output": "\n".join([headline(examination), *lost, *examination.notes]),
            "tests": [_test(j) for j in examination.judgements if j.status != "not_judged"],
        }
        # With the tests, Gradescope adds their points.
        del document["score"]
    return (json.dumps(document, indent=1) + "\n").encode("utf-8")


def _test(judgement: Judgement) -> dict[str, Any]:
    return {
        "name": judgement.name,
        "score": float(judgement.right),
        "max_score": 1.0,
        "status": "passed" if judgement.right else "failed",
        "output": _words(judgement),
    }


def _suite(submission: Submission) -> ET.Element:
    examination = submission.examination
    suite = ET.Element("testsuite", {"name": _text(submission.name)})
    if examination is None:
        _add(_case(suite, submission.name, "solution"), "error", "not usable", submission.problem)
    else:
        for judgement in examination.judgements:
            _add_judgement(suite, submission.name, judgement)
        for part in examination.unread:
            case = ET.SubElement(
                suite, "testcase", {"classname": _text(submission.name), "name": part.place}
            )
            _add(case, "error", "unread", part.message)
    suite.set("tests", str(len(suite)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(len(suite.findall(f"testcase/{tag}"))))
    return suite


def _add_judgement(suite: ET.Element, file: str, judgement: Judgement) -> None:
    case = _case(suite, file, judgement.name)
    # In a notebook the line is that of a cell.
    if judgement.place == f"line {judgement.line}":
        case.set("file", _text(file))
        case.set("line", str(judgement.line))
    if judgement.status in _SKIPPED:
        ET.SubElement(case, "skipped", {"message": _text(judgement.message)})
    elif not judgement.right:
        kind = "error" if judgement.status == "error" else "failure"
        _add(case, kind, judgement.cause, judgement.message, _words(judgement))


def _case(suite: ET.Element, file: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", {"classname": _text(file), "name": _text(name)})


def _add(case: ET.Element, kind: str, cause: str, message: str, words: str = "") -> None:
    result = ET.SubElement(case, kind, {"type": _text(cause), "message": _text(message)})
    result.text = _text(words or message)


def _words(judgement: Judgement) -> str:
    if judgement.right or judgement.status in _SKIPPED:
        return "; ".join(part for part in (VERDICTS[judgement.status], judgement.message) if part)
    return details(judgement)


def _text(value: Any) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", str(value))
