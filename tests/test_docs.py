"""The documentation is executed: every Python block runs, and prints what the page says."""

import contextlib
import importlib.util
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
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
        if "import torch" in code and importlib.util.find_spec("torch") is None:
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


def test_the_tree_of_the_readme_is_the_tree() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    tree = re.search(r"```\n(src/pellucid/\n.*?)```", text, re.DOTALL)
    assert tree
    shown = re.findall(r"^ {2}(?: {2})?([a-z_]+(?:\.py|/))", tree[1], re.MULTILINE)
    source = ROOT / "src" / "pellucid"
    assert shown
    for name in shown:
        assert list(source.rglob(name.rstrip("/"))), name
