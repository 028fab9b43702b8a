"""Write the causes that `pellucid check` names into docs/check-causes.md; --check compares them."""

import sys
from collections import defaultdict
from pathlib import Path

from pellucid.check.causes import SUSPECTS, code_of
from pellucid.check.causes.explanations import GROUPS

PAGE = Path(__file__).parent.parent / "docs" / "check-causes.md"
INTRODUCTION = """\
# The causes that a check names

This page is written from the table of causes itself, by `scripts/write_causes_page.py`; a test fails where
they differ.

`pellucid check` gives every mistake it recognises a short code, which stays the same from version to
version: `"cause"` in `--json`, and the cells of a class's table. Two mistakes in one function are joined,
`dw-missing-1-over-m+db-wrong-axis`. Each has an example, a line that has the mistake, and a hint as
learners get it. The three that end in `nan-at-saturation` or `nan-at-large-z` are weaknesses of the
course's own formulas: the function passes, and the weakness is said.
"""


def page() -> str:
    """The whole page."""
    where: dict[str, list[str]] = defaultdict(list)
    for name, suspect in SUSPECTS.items():
        for code in dict.fromkeys(map(code_of, suspect.mistakes)):
            plain = name.removeprefix("shallow.")
            if plain not in where[code]:
                where[code].append(plain)
    parts = [INTRODUCTION]
    for title, group in GROUPS.items():
        parts.append(f"## {title}\n")
        for code, words in group.items():
            functions = f" In {', '.join(f'`{name}`' for name in where[code])}." if where[code] else ""
            parts.append(
                f"**`{code}`** {words.message[0].upper()}{words.message[1:]}.{functions}\n"
                f"`{words.example}`<br>\n*{words.hint}*\n"
            )
    return "\n".join(parts)


def main() -> int:
    """Write the page, or compare it."""
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text("utf-8") != page():
            print("docs/check-causes.md differs from the table of causes; write_causes_page.py rewrites it")
            return 1
        return 0
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
