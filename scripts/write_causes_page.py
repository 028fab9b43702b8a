"""Write the causes of `pellucid check` into docs/check-causes.md; --check compares them."""

import sys
from collections import defaultdict
from pathlib import Path

from pellucid.check.causes import SUSPECTS, code_of
from pellucid.check.causes.explanations import GROUPS

PAGE = Path(__file__).parent.parent / "docs" / "check-causes.md"
INTRODUCTION = """\
# The causes of mistakes

`scripts/write_causes_page.py` writes this page from the table of causes; a test fails if they differ.

`pellucid check` gives every mistake that it recognises a short code, which stays the same from version to
version: `"cause"` in `--json`, and the cells of a class's table. The codes of two mistakes in one function
are joined: `dw-missing-1-over-m+db-wrong-axis`. Each entry has an example of a wrong line, and the hint for
learners. The three that end in `nan-at-saturation` or `nan-at-large-z` are weaknesses of the course's own
formulas: the function passes, and the report mentions the weakness.
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
        for code, explanation in group.items():
            functions = f" In {', '.join(f'`{name}`' for name in where[code])}." if where[code] else ""
            parts.append(
                f"**`{code}`** {explanation.message[0].upper()}{explanation.message[1:]}.{functions}\n"
                f"`{explanation.example}`<br>\n*{explanation.hint}*\n"
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
