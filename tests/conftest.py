"""Fixtures of every room: the data folder and the published numbers beside it."""

import importlib.util
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent
# Resolved at once: tests change the working folder.
DATA = Path(os.environ.get("PELLUCID_DATA") or REPOSITORY.parent / "shared" / "data").resolve()

# A first example may import or compile something: time says nothing about it.
settings.register_profile("pellucid", deadline=None, max_examples=60)
settings.load_profile("pellucid")


# JAX compiles for every network: of each test on its engine the first case runs, and every eighth after it.
# PELLUCID_JAX_TESTS=all runs all of them, as `make jax` does. The published series are always whole.
_HAS_JAX = importlib.util.find_spec("jax") is not None
_OF_JAX = 1 if os.environ.get("PELLUCID_JAX_TESTS") == "all" else 8


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out most of the tests on the JAX engine, and skip all of them where it is missing."""
    seen: Counter[str] = Counter()
    kept, left_out = [], []
    for item in items:
        chosen = True
        if _is_on_jax(item) and not _HAS_JAX:
            item.add_marker(pytest.mark.skip(reason="jax is missing"))
        if _is_on_jax(item) and item.path.name != "test_series.py":
            name = item.nodeid.partition("[")[0]
            chosen = seen[name] % _OF_JAX == 0
            seen[name] += 1
        (kept if chosen else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def _is_on_jax(item: pytest.Item) -> bool:
    """Whether one of its parameters is the JAX engine, by name or as `sessions.Trained`."""
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    names = (value if isinstance(value, str) else getattr(value, "engine", "") for value in values)
    return "jax" in names


def _do_without(what: str) -> NoReturn:
    """Skip; but where the variable CI is set the published numbers have to be checked: fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}; where CI is set they cannot be skipped")
    pytest.skip(what)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of the data sets: PELLUCID_DATA, or shared/data beside the repository."""
    if not DATA.is_dir():
        _do_without(f"the published numbers need the data folder {DATA}; PELLUCID_DATA names another")
    return DATA


@pytest.fixture(scope="session")
def reference(data_root: Path) -> dict[str, Any]:
    """The published exercise results and training series: reference.json beside the data folder."""
    path = data_root.parent / "reference.json"
    if not path.is_file():
        _do_without(f"there are no published numbers: {path} does not exist")
    return json.loads(path.read_text(encoding="utf-8"))
