"""The package as a whole: what it exports, what importing it loads, which room may know which."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid

SOURCE = Path(pellucid.__file__).parent
HEAVY = [
    *("sklearn", "matplotlib", "PIL", "h5py", "typer", "rich", "scipy", "safetensors", "torch", "jax"),
    *("narwhals", "pandas", "polars", "pyarrow"),
]


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "code",
    ["import pellucid", "import pellucid; pellucid.DeepNetwork.__mro__[0:0]; pellucid.core"],
)
def test_importing_loads_nothing_heavy(code: str) -> None:
    assert not loaded_by(code) & set(HEAVY)


def test_every_public_name_is_there_and_typed() -> None:
    stub = ast.parse((SOURCE / "__init__.pyi").read_text("utf-8"))
    typed = {alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == set(pellucid.__all__) - {"__version__"}
    for name in pellucid.__all__:
        assert getattr(pellucid, name) is not None
    assert set(pellucid.__all__) <= set(dir(pellucid))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        pellucid.nonsense  # noqa: B018


# All that the mathematics may know: no files, no clock, no global random generator, no screen.
CORE_MAY_IMPORT = {
    "array_api_compat",
    "array_api_extra",
    "collections.abc",
    "dataclasses",
    "functools",
    "math",
    "numbers",
    "numpy",
    "operator",
    "pellucid.core",
    "pellucid.errors",
    "re",
    "string",
    "typing",
}


def imports_of(code: str) -> set[str]:
    """Every module that is imported anywhere in `code`; of `from a import b` it is a.b that counts."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
    return found


def foreign_to_core(code: str) -> set[str]:
    return {
        name
        for name in imports_of(code)
        if not any(name == allowed or name.startswith(f"{allowed}.") for allowed in CORE_MAY_IMPORT)
    }


@pytest.mark.parametrize(
    "path", sorted((SOURCE / "core").rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE))
)
def test_core_imports_nothing_but_mathematics(path: Path) -> None:
    assert not foreign_to_core(path.read_text("utf-8"))


# The compiled module, which import-linter does not see.
MAY_IMPORT_NATIVE = {"engines/native.py"}


def imports_native(code: str) -> bool:
    return any(f"{name}.".startswith("pellucid._native.") for name in imports_of(code))


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_only_the_native_engine_imports_the_compiled_module(path: Path) -> None:
    allowed = path.relative_to(SOURCE).as_posix() in MAY_IMPORT_NATIVE
    assert allowed or not imports_native(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "import pellucid._native",
        "from pellucid import _native",
        "from pellucid._native import Trainer",
        "def f():\n    from pellucid import _native as native",
    ],
)
def test_importing_the_compiled_module_is_noticed(line: str) -> None:
    assert imports_native(line)


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import math, random",
        "import numpyro",
        "from time import time",
        "from collections import deque",
        "from pellucid import plots",
        "from pellucid.network import Network",
        "from .. import network",
        "def f():\n    import torch",
        "if TYPE_CHECKING:\n    import jax",
    ],
)
def test_what_core_may_not_import_is_noticed(line: str) -> None:
    assert foreign_to_core(line)


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
    if path.name == "learner.py":
        # What runs a learner's own file, in a process of its own: see docs/check-safety.md.
        return
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert not called & {"eval", "exec", "compile", "__import__"}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_module_opens_with_its_intent(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert docstring, "a module opens with one or two sentences on what it is"


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_published_numbers_are_never_skipped_where_ci_is_set(tmp_path: Path, ci: str, status: int) -> None:
    root = Path(__file__).resolve().parent.parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "tests/core/test_exercises.py"],
        cwd=root,
        env={**environment, "CI": ci, "PELLUCID_DATA": str(tmp_path / "missing")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == status, run.stdout
    assert ("where CI is set they cannot be skipped" in run.stdout) == bool(ci)
