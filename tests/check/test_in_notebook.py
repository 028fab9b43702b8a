"""The examiner in a running notebook, and `examine` on functions of a file."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import pellucid
from pellucid.check.solution import SolutionError
from pellucid.errors import OptionError

RIGHT = "import numpy as np\ndef linear_forward(A, W, b):\n    return W @ A + b, (A, W, b)"
WRONG = """def compute_cost(AL, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))"""


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """A running IPython with the extension loaded."""
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    interactive.InteractiveShell.clear_instance()
    traitlets = pytest.importorskip("traitlets.config")
    config = traitlets.Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    started = interactive.InteractiveShell.instance(config=config, ipython_dir=str(tmp_path))
    ran = started.run_cell("%load_ext pellucid", store_history=True)
    assert ran.success
    yield started
    interactive.InteractiveShell.clear_instance()


def run(shell: Any, text: str) -> Any:
    return shell.run_cell(text, store_history=True).result


def test_check_judges_all_that_is_defined_so_far(shell: Any) -> None:
    run(shell, RIGHT)
    run(shell, WRONG)
    found = run(shell, "%check")
    assert {j.name: j.cause for j in found.judgements if j.status != "missing"} == {
        "linear_forward": "",
        "compute_cost": "cost-not-averaged",
    }
    [cost] = [j for j in found.judgements if j.name == "compute_cost"]
    assert cost.place == "cell 3, line 3"
    assert cost.code.startswith("return -np.sum")
    assert "1 of 2 functions right" in str(found)


def test_a_function_that_was_mended_is_judged_as_it_is_now(shell: Any) -> None:
    run(shell, RIGHT)
    run(shell, WRONG)
    run(shell, WRONG + " / m")
    assert run(shell, "%check compute_cost").all_right


def test_a_cell_is_run_and_judged(shell: Any) -> None:
    run(shell, RIGHT)
    run(shell, f"%%check\n{WRONG}")
    # The cell inside takes the place of the result: what is shown is kept under its usual name.
    found = shell.user_ns["_"]
    assert [j.name for j in found.judgements] == ["compute_cost"]
    assert not found.all_right
    assert "compute_cost" in shell.user_ns


def test_the_page_marks_the_line_and_shows_no_code_as_html(shell: Any) -> None:
    run(shell, RIGHT)
    run(shell, WRONG.replace("m = Y.shape[1]", "m = '<script>'"))
    page = run(shell, "%check")._repr_html_()
    assert '<code class="mark">return -np.sum(' in page
    assert "<script" not in page
    assert "<html" not in page


def test_examine_takes_functions_and_names_in_a_notebook(shell: Any) -> None:
    run(shell, RIGHT)
    assert run(shell, "import pellucid\npellucid.examine('linear_forward')").all_right
    assert run(shell, "pellucid.examine(linear_forward)").all_right


def test_cells_with_magics_and_mistakes_do_not_stop_the_others(shell: Any) -> None:
    run(shell, RIGHT)
    run(shell, "%matplotlib_of_nobody inline")
    run(shell, "def relu(Z:\n    pass")
    assert [j.name for j in run(shell, "%check").judgements if j.right] == ["linear_forward"]


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("my_solution", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_examine_in_plain_python(tmp_path: Path) -> None:
    path = tmp_path / "my_solution.py"
    path.write_text(f"{RIGHT}\n\n\n{WRONG}\n")
    mine = load(path)
    assert pellucid.examine(mine.linear_forward).all_right
    both = pellucid.examine(mine.linear_forward, mine.compute_cost)
    assert [(j.name, j.right) for j in both.judgements] == [
        ("linear_forward", True),
        ("compute_cost", False),
    ]


def test_what_cannot_be_examined(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"examine\(\) takes functions; in a notebook"):
        pellucid.examine()
    with pytest.raises(OptionError, match="there is no function 'relus' to judge"):
        pellucid.examine("relus")
    names: dict[str, Any] = {}
    exec("def relu(Z):\n    return Z", names)
    with pytest.raises(SolutionError, match="the source of 'relu' cannot be found"):
        pellucid.examine(names["relu"])
