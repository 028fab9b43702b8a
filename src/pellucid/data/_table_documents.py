"""What every column of a recipe has in common, and is checked for in documents of unknown origin."""

from collections.abc import Mapping
from typing import Any

from pellucid.errors import OptionError


def check_name(name: Any) -> None:
    """Refuse what is no name of a column.

    Raises:
        OptionError: it is no text, or empty.
    """
    if not isinstance(name, str) or not name:
        raise OptionError(f"recipe: a column is called {name!r:.80}; expected a name")


def check_document(document: Mapping[str, Any], expected: set[str]) -> None:
    """Refuse what describes no column: other keys, or a `missing` that is not true or false.

    Raises:
        OptionError: with the keys that are expected.
    """
    if set(document) != expected or type(document["missing"]) is not bool:
        raise OptionError(f"recipe: a column is described by {', '.join(sorted(expected))}")
