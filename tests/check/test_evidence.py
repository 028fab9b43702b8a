"""Small files that real solutions stand behind: each gets the verdict that its first line names."""

from pathlib import Path
from typing import Any

import pytest

from pellucid.check.judge_file import check_file
from pellucid.check.solution import SolutionError

# By function: the status, and the beginning of the cause.
VERDICTS: dict[str, dict[str, tuple[str, str]]] = {
    "automagic.ipynb": {"linear_forward": ("pass", "")},
    "c2_three.py": {
        "forward_propagation": ("pass", ""),
        "backward_propagation": ("not_judged", ""),
        "compute_cost": ("pass", "cost-nan-at-saturation"),
        "update_parameters": ("pass", ""),
    },
    "fed_dal_new_keys.py": {"L_model_backward": ("fail", "hidden-fed-dal+hidden-sigmoid")},
    "fed_dal_old_keys.py": {"L_model_backward": ("fail", "hidden-fed-dal+hidden-sigmoid")},
    "hardcoded.py": {"initialize_parameters": ("fail", "size-ignored")},
    "mrows.py": {"compute_cost": ("fail", "cost-m-is-rows")},
    "oldkeys.py": {"L_model_backward": ("pass", "dal-nan-at-saturation")},
    "oldkeys_fixedL.py": {"L_model_backward": ("fail", "same-da-for-all")},
    "onebadcell.ipynb": {"linear_forward": ("pass", ""), "compute_cost": ("fail", "cost-not-averaged")},
    "planar_cost_params.py": {
        "forward_propagation": ("pass", ""),
        "compute_cost": ("pass", "cost-nan-at-saturation"),
    },
    "py2print.py": {"linear_forward": ("pass", "")},
    "rebind.py": {"update_parameters": ("pass", "")},
    "regul.py": {
        "layer_sizes": ("fail", "sizes-from-examples"),
        "initialize_parameters_he": ("error", "key-missing+loop-one-short"),
        "forward_propagation_with_dropout": ("fail", "wrong-shape"),
        "gradient_check_n": ("fail", "differs"),
        "random_mini_batches": ("fail", "wrong-count"),
        "compute_cost_with_regularization": ("fail", "differs"),
        "update_parameters_with_adam": ("fail", "differs"),
    },
    "squeeze_assert.py": {"compute_cost": ("pass", "cost-nan-at-saturation")},
    "template_none.py": {
        "linear_forward": ("unwritten", ""),
        "linear_activation_backward": ("unwritten", ""),
    },
}
UNREAD = {"onebadcell.ipynb": ["cell 3, line 3"], "py2print.py": ["line 5"]}


@pytest.fixture(scope="module")
def evidence(data_root: Path) -> Path:
    folder = data_root.parent / "evidence" / "check"
    if not folder.is_dir():
        pytest.skip(f"there are no such files: {folder} does not exist")
    return folder


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_is_the_one_that_the_file_names(evidence: Path, name: str) -> None:
    found: Any = check_file(evidence / name)
    judged = {j.name: (j.status, j.cause) for j in found.judgements if j.status != "missing"}
    assert judged == VERDICTS[name]
    assert [part.place for part in found.unread] == UNREAD.get(name, [])


def test_methods_are_said_to_be_left_alone(evidence: Path) -> None:
    with pytest.raises(SolutionError, match=r"linear_forward, linear_backward as methods of a class"):
        check_file(evidence / "klass.py")
