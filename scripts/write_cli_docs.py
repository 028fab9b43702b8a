"""Write the `--help` of every command into docs/cli.md, or (--check) fail where the two differ."""

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
COMMANDS = (
    *("", "train", "lr-find", "evaluate", "predict", "summary"),
    *("trace", "health", "gradcheck", "check"),
)
INTRODUCTION = """\
# The command line

This page is written by `make docs` from the commands themselves; `make check` fails where they differ.

Results go to standard output, progress and remarks to standard error. The exit code is 0 when the work
was done, 2 when the input was bad (one line says what, where, what was expected and what to do), and 1
for a bug or an interrupted run. `--debug` shows the traceback of an error.
"""


def help_of(command: str) -> str:
    """What the command prints about itself, on a terminal of 100 columns."""
    environment = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
    run = subprocess.run(
        [sys.executable, "-m", "pellucid", *command.split(), "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return "\n".join(line.rstrip() for line in run.stdout.strip().splitlines())


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for command in COMMANDS:
        name = f"pellucid {command}".strip()
        parts.append(f"## {name}\n\n```console\n$ {name} --help\n{help_of(command)}\n```\n")
    return "\n".join(parts)


def main() -> int:
    """Write the page, or compare it."""
    wanted = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text("utf-8") != wanted:
            print("docs/cli.md differs from the commands' --help; `make docs` rewrites it")
            return 1
        return 0
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
