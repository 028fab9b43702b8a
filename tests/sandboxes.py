"""What the tests of the sandbox share: a solution of a given text, and which processes are left of it."""

import textwrap
from pathlib import Path

from pellucid.check.limits import Limits
from pellucid.check.solution import Solution, read_solution

# Long enough for what is quick on a machine that has much else to do, short enough to wait for.
QUICK = Limits(call=0.5, loading=1.0)


def written(folder: Path, text: str, name: str = "solution.py") -> Solution:
    """A solution of this text; NumPy is imported in its first line."""
    path = folder / name
    path.write_text(f"import numpy as np\n{textwrap.dedent(text).strip()}\n", "utf-8")
    return read_solution(path)


def living(temporary: Path) -> list[int]:
    """The processes of sandboxes whose private folders are in `temporary`, and those they started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={temporary}".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found
