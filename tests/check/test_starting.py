"""Starter files: no blank is judged, and each answer makes one function right."""

import json
from pathlib import Path
from typing import Any

import pytest

from pellucid.chapters import NAMES, chapter
from pellucid.check.explain import answer_lines
from pellucid.check.judge_file import check_file
from pellucid.check.starting import starter, with_blanks
from pellucid.errors import NotFoundError


def statuses(path: Path) -> dict[str, str]:
    found: Any = check_file(path)
    return {j.name: j.status for j in found.judgements if j.status != "missing"}


@pytest.mark.parametrize(("chapters", "count"), [((), 17), (("hidden-layer",), 9)])
@pytest.mark.parametrize("name", ["start.py", "start.ipynb"])
def test_nothing_is_judged_before_it_is_written(
    tmp_path: Path, name: str, chapters: tuple[str, ...], count: int
) -> None:
    path = tmp_path / name
    path.write_bytes(starter(chapters, notebook=path.suffix == ".ipynb"))
    found = statuses(path)
    assert (len(found), set(found.values())) == (count, {"unwritten"})


def test_a_learner_fills_in_one_function_after_the_other(tmp_path: Path) -> None:
    text = starter(notebook=False).decode()
    path = tmp_path / "start.py"
    functions = [name for page in NAMES[:-1] for name in chapter(page).functions]
    written: set[str] = set()
    for name in functions:
        assert text.count(with_blanks(name)) == 1
        text = text.replace(with_blanks(name), answer_lines(name))
        written.add(name)
        # All seventeen stages take a minute.
        if name in ("initialize_parameters", "linear_forward", "linear_backward", functions[-1]):
            path.write_text(text)
            right = {name for name, status in statuses(path).items() if status == "pass"}
            assert right == written
    assert "YOUR CODE" not in text


def test_a_function_with_blanks() -> None:
    assert with_blanks("linear_backward").splitlines() == [
        "def linear_backward(dZ, cache):",
        "    A_prev, W, b = cache",
        "    m = A_prev.shape[1]",
        "    dW = None  # YOUR CODE HERE",
        "    db = None  # YOUR CODE HERE",
        "    dA_prev = None  # YOUR CODE HERE",
        "    return dA_prev, dW, db",
    ]
    assert "    AL, _ = None, None  # YOUR CODE HERE" in with_blanks("predict")
    assert "n_x = None  # YOUR CODE HERE" in with_blanks("layer_sizes", is_shallow=True)


def test_the_notebook_has_a_check_after_every_chapter() -> None:
    document = json.loads(starter(("forward", "cost"), notebook=True))
    cells = ["".join(cell["source"]) for cell in document["cells"]]
    assert (document["nbformat"], cells.count("%check")) == (4, 2)
    assert "%load_ext pellucid" in cells[0]
    assert len({cell["id"] for cell in document["cells"]}) == len(cells)
    for cell in document["cells"]:
        assert set(cell) >= {"cell_type", "id", "metadata", "source"}


def test_every_chapter_has_words_for_its_functions() -> None:
    for name in NAMES:
        page = chapter(name)
        assert page.title
        assert page.introduction
        assert page.functions
        assert all(page.functions.values())
    with pytest.raises(
        NotFoundError, match=r"there is no chapter 'forwards'; expected one of initialization, "
    ):
        chapter("forwards")
