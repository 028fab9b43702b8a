"""Run by test_atomic: writes over a file again and again, and dies before each line of the writing.

    python killed_while_writing.py FILE

For n = 0, 1, 2, ... a child of this process writes "new" over "old" and kills itself as it reaches the
n-th line inside `pellucid.files.atomic`; the last child lives to the end. Prints, for each, what the
file held.
"""

import os
import signal
import sys
from pathlib import Path

from pellucid.files import atomic


def write_and_die(path: Path, lines: int) -> None:
    left = lines

    def trace(frame, event, arg):
        nonlocal left
        if frame.f_code.co_filename != atomic.__file__:
            return None
        if event == "line":
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
        return trace

    sys.settrace(trace)
    atomic.write_atomically(path, b"new")
    os._exit(0)


def main() -> None:
    path = Path(sys.argv[1])
    for lines in range(1000):
        path.write_bytes(b"old")
        child = os.fork()
        if child == 0:
            write_and_die(path, lines)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        print("killed" if killed else "finished", path.read_bytes().decode())
        if not killed:
            return


if __name__ == "__main__":
    main()
