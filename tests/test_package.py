"""The package as a whole: what it exports, what importing it loads, which room may know which."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid

SOURCE = Path(pellucid.__file__).parent
HEAVY = ["sklearn", "matplotlib", "PIL", "h5py", "typer", "rich", "scipy", "safetensors", "torch", "jax"]


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "code",
    ["import pellucid", "import pellucid; pellucid.DeepNetwork.__mro__[0:0]; pellucid.core"],
)
def test_importing_loads_nothing_heavy(code: str) -> None:
    heavy = set(HEAVY) - ({"safetensors"} if "DeepNetwork" in code else set())
    assert not loaded_by(code) & heavy


def test_every_public_name_is_there_and_typed() -> None:
    stub = ast.parse((SOURCE / "__init__.pyi").read_text("utf-8"))
    typed = {alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == set(pellucid.__all__) - {"__version__"}
    for name in pellucid.__all__:
        assert getattr(pellucid, name) is not None
    assert set(pellucid.__all__) <= set(dir(pellucid))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        pellucid.nonsense  # noqa: B018


def test_the_rooms_depend_on_each_other_as_designed() -> None:
    pytest.importorskip("importlinter")
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=SOURCE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_nothing_that_reads_can_execute(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert not imported & {"pickle", "joblib", "marshal", "shelve", "dill", "cloudpickle"}
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert not called & {"eval", "exec", "compile", "__import__"}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_room_opens_with_its_intent_and_can_be_read_in_one_sitting(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module opens with one or two sentences on what it is"
    assert text.count("\n") <= 330
