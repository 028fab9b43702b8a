"""The documentation is executed: every Python block runs, and prints what the page says."""

import contextlib
import importlib.util
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
# What an example needs that not every installation has, by a sign of it in its code.
NEEDS = {"import torch": "torch", '"jax"': "jax"}
BLOCK = re.compile(r"```python\n(.*?)```(?:\s*```text\n(.*?)```)?", re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
WITH_CODE = [page for page in PAGES if BLOCK.search(page.read_text("utf-8"))]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_every_example_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for code, expected in BLOCK.findall(page.read_text("utf-8")):
        if any(sign in code and not importlib.util.find_spec(name) for sign, name in NEEDS.items()):
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, page.name, "exec"), names)
        assert printed.getvalue() == expected


def test_the_readme_has_an_example_that_prints() -> None:
    assert any(expected for _, expected in BLOCK.findall((ROOT / "README.md").read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_command_line_is_documented_as_it_is() -> None:
    script = ROOT / "scripts" / "write_cli_docs.py"
    run = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_every_public_function_is_in_the_table() -> None:
    import pellucid

    page = (ROOT / "docs" / "functions.md").read_text("utf-8")
    for name in {*pellucid.core.__all__} - {"shallow"}:
        assert f"`{name}" in page, name
    for name in ("pellucid.core.shallow", "two_layer_model", "L_layer_model", "nn_model"):
        assert f"`{name}" in page, name
    for name, value in vars(pellucid.core.shallow).items():
        if getattr(value, "__module__", "") == "pellucid.core.shallow" and not name.startswith("_"):
            assert f"`{name}" in page, name


def test_the_documented_options_are_those_that_are_declared() -> None:
    script = ROOT / "scripts" / "write_options.py"
    check = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def test_every_key_of_the_json_is_documented(tmp_path: Path) -> None:
    section = (
        (ROOT / "docs" / "training.md").read_text("utf-8").partition("## `--json`")[2].partition("\n## ")[0]
    )
    np.save(tmp_path / "rows.npy", np.zeros((2, 2)))
    model = "runs/train-1/model.safetensors"
    for arguments in (
        ["train", "moons", "--iterations", "2"],
        ["evaluate", model, "moons"],
        ["predict", model, "rows.npy"],
        ["summary", model],
    ):
        run = subprocess.run(
            [sys.executable, "-m", "pellucid", *arguments, "--json"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        report = json.loads(run.stdout)
        said = section.partition(f"`pellucid {arguments[0]}`:")[2].partition("\n`pellucid ")[0]
        for key in {*report, *(key for row in report.get("predictions", []) for key in row)}:
            assert f"`{key}`" in said, (arguments[0], key)
        if arguments[0] == "train":
            table = re.findall(r"^\| (`.*?) \|", said, re.MULTILINE)
            assert [key for row in table for key in re.findall(r"`(\w+)`", row)] == list(report)


def test_the_tree_of_contributing_is_the_tree() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    tree = re.search(r"```\n(src/pellucid/\n.*?)```", text, re.DOTALL)
    assert tree
    folder, shown = "", []
    for indent, name in re.findall(r"^( {2}| {4})([A-Za-z_]+(?:\.py|/)) ", tree[1], re.MULTILINE):
        folder = name if len(indent) == 2 and name.endswith("/") else folder
        shown.append(name if len(indent) == 2 else folder + name)
    source = ROOT / "src" / "pellucid"
    rooms = {f"{path.parent.name}/" for path in source.glob("[!_]*/__init__.py")}
    files = {path.name for path in source.glob("[!_]*.py")}
    assert sorted(name for name in shown if "/" not in name[:-1]) == sorted(rooms | files)
    assert len(tree[1].splitlines()) > len(shown) > len(rooms | files)
    for name in shown:
        assert (source / name).exists(), name
