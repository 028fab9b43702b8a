"""CONTRIBUTING's recipes, followed to the letter in a copy of the package, and what comes of it used."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid
from pellucid.engines.native import is_compiled

SOURCE = Path(pellucid.__file__).parent
PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"

_START = """
import contextlib, io, json, sys, warnings
import numpy as np
import pellucid
from pathlib import Path
assert Path(pellucid.__file__).is_relative_to(Path.cwd()), pellucid.__file__
from pellucid import DeepNetwork, Network, Optimizer, gradient_check_network, trace
from pellucid.engines import StepOptions, engine_for
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.training import TrainingOptions, train
rng = np.random.default_rng(0)
X, Y = rng.standard_normal((4, 60)), rng.standard_normal((1, 60))
"""

# Trained by both names of an engine, traced, checked and shown.
_USED = """
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for _ in range(2):
        how = TrainingOptions(epochs=30, learning_rate=0.05, rng=1, **options)
        result = train(network, Examples(X, Y), how)
    rule = Optimizer.named(options.get("optimizer", "gradient_descent"))
    assert result.history.engine == "reference"
    assert result.history.costs[-1] < result.history.costs[0]
    step = trace(result.parameters, X, Y, network, **options)
    report = gradient_check_network(result.parameters, X, Y, network)
assert report.verdict == "right", report
print(*(str(warning.message) for warning in said), sep="\\n")
try:
    engine_for("native", network, X, rule)
except OptionError as refusal:
    print(refusal)
"""

ACTIVATION = """
network, options = Network((4, 5, 1), "softplus", "identity"), {}
_USED
assert step["A1"].formula.text == "A1 = log(1 + e^Z1)"
assert "<mi>log</mi>" in step.to_dict()["steps"][1]["formula"]["mathml"]
deep = DeepNetwork([4, 5, 1], hidden_activation="softplus", num_iterations=5).fit(X, (Y > 0).astype(int))
deep.save("model.safetensors")
loaded = pellucid.Model.load("model.safetensors")
assert loaded.network.hidden_activation == "softplus"
assert "softplus" in deep.summary()
from pellucid import MLPClassifier
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    fitted = MLPClassifier(activation="softplus", max_iter=5, random_state=0).fit(X.T, Y[0] > 0)
assert fitted.predict_proba(X.T).shape == (60, 2)
"""

COST = """
network, options = Network((4, 5, 1), "tanh", "identity", "log_cosh"), {}
_USED
assert step["cost"].formula.text == "cost = 1/m sum(log cosh(A2 - Y))"
assert step["dA2"].formula.text == "dA2 = tanh(A2 - Y)"
np.testing.assert_allclose(step["dA2"].value, np.tanh(step["A2"].value - Y))
pellucid.plots.cost_curve(result.history.costs).savefig("costs.png")
assert Path("costs.png").stat().st_size > 1000
"""

OPTIMIZER = """
network, options = Network((4, 5, 1), output_activation="identity"), {"optimizer": "signum"}
_USED
assert step["v_dW1"].formula.text == "v_dW1 = 0.9 v_dW1 + 0.1 dW1"
assert step["W1"].formula.text == "W1 = W1 - 0.0075 sign(v_dW1)"
np.testing.assert_allclose(
    step["W1"].value, result.parameters["W1"] - 0.0075 * np.sign(step["v_dW1"].value)
)
"""

READER = """
document = {"X": rng.random((8, 3)).tolist(), "y": [0, 1] * 4}
Path("data.json").write_text(json.dumps(document))
train_set, test_set = pellucid.load_data("data.json", test_fraction=0.25)
assert (train_set.X.shape, test_set.X.shape) == ((3, 6), (3, 2))
Path("bad.json").write_text('{"X": [[1, 2], [3]]}')
with contextlib.suppress(pellucid.errors.FormatError):
    pellucid.load_data("bad.json")
    raise AssertionError("read")
"""

CAUSE = """
Path("mine.py").write_text(
    "import numpy as np\\n\\n\\ndef relu(Z):\\n    A = Z ** 2\\n    return A, Z\\n", "utf-8"
)
import subprocess
subprocess.run([sys.executable, "-S", "-m", "pellucid", "check", "mine.py"], check=False)
"""


def blocks() -> list[tuple[str, str, str]]:
    """(file, where in it, code) of every block of Python in the recipes."""
    text = PAGE.read_text("utf-8")
    found = re.findall(
        r"^```python\n# (\S+\.py)(?:, ([^\n]*))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    )
    assert len(found) == text.count("```python")
    return found


def put(text: str, where: str, code: str) -> str:
    """The text of a file with the code where a recipe says: above or below a line, in a table, ..."""
    how, _, what = where.partition(" ")
    lines = text.splitlines(keepends=True)

    def first(beginning: str, start: int = 0) -> int:
        return next(i for i in range(start, len(lines)) if lines[i].startswith(beginning))

    if how == "in":
        at = first("}", first(f"{what} = {{"))
    elif how == "below":
        at = max(i for i, line in enumerate(lines) if line.strip() == what) + 1
    else:
        at, code = (first(what), f"{code}\n\n") if how == "above" else (first("from pellucid."), code)
    return "".join([*lines[:at], code, *lines[at:]])


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package in which every recipe was followed."""
    folder = tmp_path_factory.mktemp("contributing")
    package = folder / "pellucid"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, where, code in blocks():
        path = package / file
        path.write_text(put(path.read_text("utf-8"), where, code) if where else code, "utf-8")
    compiled = importlib.util.find_spec("pellucid._native")
    if compiled is not None and compiled.origin:
        shutil.copy(compiled.origin, package)
    return folder


def installed_packages() -> list[str]:
    """The folders of what is installed, which `python -S` does not look into."""
    return [folder for folder in sys.path if folder.endswith("site-packages")]


def said_by(script: str, folder: Path) -> list[str]:
    """What a script prints that runs in the folder, with its package."""
    file = folder / "script.py"
    file.write_text(_START + script.replace("_USED", _USED), "utf-8")
    # Without -S an editable installation would come before the copy.
    path = os.pathsep.join([str(folder), *installed_packages()])
    env = os.environ | {"PYTHONPATH": path, "MPLBACKEND": "agg", "PELLUCID_ENGINE": "auto"}
    run = subprocess.run(
        [sys.executable, "-S", file], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


@pytest.mark.parametrize(
    ("script", "what"),
    [(ACTIVATION, "activation softplus"), (COST, "cost log_cosh"), (OPTIMIZER, "optimizer signum")],
    ids=["activation", "cost", "optimizer"],
)
def test_an_entry_is_all_that_a_new_one_takes(script: str, what: str, copy: Path) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    lines = said_by(script, copy)
    if is_compiled():
        lacking = f"the native engine has no kernel for the {what}"
        assert lines == [
            f"{lacking}: the reference engine trains, with the same numbers and more slowly",
            f"{lacking}; expected 'reference' or 'auto'",
        ]


def test_a_reader_is_a_function_and_a_line(copy: Path) -> None:
    said_by(READER, copy)


def test_a_cause_is_a_line_and_its_words(copy: Path) -> None:
    assert any("this squares Z instead of cutting it off at 0" in line for line in said_by(CAUSE, copy))
