"""Fixtures of every room: the data folder and the published numbers beside it."""

import json
import os
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
