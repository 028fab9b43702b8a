"""A class of submissions: examined side by side, and each costs its own row only."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pellucid.check.class_folder import Submission, check_class
from pellucid.check.process import _remove
from pellucid.check.report_class_html import class_html
from pellucid.errors import OptionError

RIGHT = """import numpy as np
def linear_forward(A, W, b):
    Z = np.dot(W, A) + b
    return Z, (A, W, b)
"""
HOSTILE = {
    "deep.py": f"{RIGHT}import os\nfor i in range(1500):\n    os.mkdir('d'); os.chdir('d')\n",
    "exits.py": RIGHT.replace("    Z =", "    import os; os._exit(0)\n    Z ="),
    # Where no walls keep it from its parent, it ends the process that examines it.
    "kills.py": f"{RIGHT}import ctypes, os\nctypes.CDLL(None).kill(os.getppid(), 9)\n",
    "locked.py": (
        f"{RIGHT}import os\nos.makedirs('a/b'); open('a/b/c', 'w').close()\n"
        "os.chmod('a/b', 0); os.chmod('a', 0); os.chmod('.', 0)\n"
    ),
    "long.py": (
        f"{RIGHT}import os\nfor i in range(12):\n    os.mkdir('n' * 250); os.chdir('n' * 250)\n"
        "    open('f' * 250, 'w').close()\n"
    ),
    "none.py": "",
    "null.py": "\0",
}


def by_name(submission: Submission) -> dict[str, str]:
    assert submission.examination is not None
    return {judgement.name: judgement.status for judgement in submission.examination.judgements}


def test_every_submission_has_its_row_whatever_the_others_do(tmp_path: Path) -> None:
    for name, text in {**HOSTILE, "a.py": RIGHT, "z.py": RIGHT.replace("+ b", "")}.items():
        (tmp_path / name).write_text(text)
    told: list[tuple[str, int]] = []

    def progress(newest: Submission, done: Sequence[Submission]) -> None:
        told.append((newest.name, len(done)))

    found = check_class(tmp_path, workers=2, progress=progress)
    assert [submission.name for submission in found] == sorted([*HOSTILE, "a.py", "z.py"])
    assert sorted(name for name, _ in told) == [submission.name for submission in found]
    assert [count for _, count in told] == [*range(1, len(found) + 1)]
    status = {
        s.name: by_name(s)["linear_forward"] if s.examination else s.problem.partition("; ")[0]
        for s in found
    }
    ended = ("pass", "kills.py ended the process that examined it")
    assert status.pop("kills.py") in ended
    assert status.pop("none.py").endswith("defines none of the course's functions")
    assert status.pop("null.py").endswith("is not a text, it holds null bytes")
    wrong = {"exits.py": "error", "z.py": "fail"}
    assert status == {name: wrong.get(name, "pass") for name in status}


def test_only_has_to_be_a_function_of_the_course(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(RIGHT)
    with pytest.raises(OptionError, match="no function 'relus' to judge"):
        check_class(tmp_path, only="relus")
    (found,) = check_class(tmp_path, only="relu")
    assert found.problem.endswith("does not define relu; expected one of linear_forward")


def test_a_folder_deeper_than_a_path_may_be_long_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    here = os.getcwd()  # noqa: PTH109 - to return to
    try:
        os.chdir(folder)
        for _ in range(3000):
            Path("d" * 20).mkdir()
            Path("x").write_text("")
            os.chdir("d" * 20)
        Path("link").symlink_to(tmp_path)
    finally:
        os.chdir(here)
    (tmp_path / "kept").write_text("")
    _remove(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_the_page_of_a_class_has_every_mistake_and_every_report(tmp_path: Path) -> None:
    (tmp_path / "a<b>.py").write_text(RIGHT.replace("+ b", ""))
    (tmp_path / "b.py").write_text(RIGHT)
    (tmp_path / "c.py").write_text("def (:")
    page = class_html(check_class(tmp_path), "<class>")
    assert page.startswith("<!doctype html>")
    assert "3 submissions: 1 all right, 1 train a network, 1 not usable" in page
    assert "<b>" not in page
    assert "<class>" not in page
    # The mistake, the submission that has it, and its report.
    assert '<td class="count">1</td><td><code>linear_forward</code></td>' in page
    assert page.count('<a href="#s0">a&lt;b&gt;.py</a>') == 2
    assert '<details id="s0"><summary><code>a&lt;b&gt;.py</code>: 0 of 1 functions right' in page
    assert "is not valid Python at line 1" in page
    for outside in ("http", "src=", "<script"):
        assert outside not in page
