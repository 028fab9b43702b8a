"""The words of the course, a page of Markdown for each chapter.

A page begins with its title and an introduction; then a section for each function, under its name.
`pellucid check --start` makes starter files of them.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pellucid.errors import NotFoundError

# In the order of the course; the last is a course of its own, with functions of the same names.
NAMES = ("initialization", "forward", "cost", "backward", "update", "training", "hidden-layer")


@dataclass(frozen=True)
class Chapter:
    """One page.

    Attributes:
        name: of its file.
        title: of the page.
        introduction: Markdown, before the first function.
        functions: Markdown by function, in the order of the course.
    """

    name: str
    title: str
    introduction: str
    functions: dict[str, str]


@cache
def chapter(name: str) -> Chapter:
    """The chapter of this name.

    Args:
        name: one of `NAMES`.

    Raises:
        NotFoundError: there is none.
    """
    if name not in NAMES:
        raise NotFoundError(f"there is no chapter {name!r}; expected one of {', '.join(NAMES)}")
    text = (files(__name__) / f"{name}.md").read_text(encoding="utf-8")
    first, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _, introduction = first.removeprefix("# ").partition("\n")
    functions = {}
    for section in sections:
        function, _, words = section.partition("\n")
        functions[function.strip("` ")] = words.strip()
    return Chapter(name, title.strip(), introduction.strip(), functions)
