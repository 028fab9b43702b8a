"""What a learner's file is refused inside its process: other processes, the network, files of others.

Python's audit events tell before such a thing is done, and a hook cannot be taken away again. It stops
accidents and pranks with a line the learner can read; code that sets out to get around it can
(docs/check-safety.md).
"""

import os
import sys
from typing import Any

_REFUSED = {
    **dict.fromkeys(
        (
            *("os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "os.spawn"),
            *("subprocess.Popen", "pty.spawn"),
        ),
        "the check lets no process be started",
    ),
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pthread_kill"), "the check lets no signal be sent"),
    **dict.fromkeys(
        (
            *("socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyaddr"),
            *("socket.gethostbyname", "socket.sendmsg", "socket.sendto", "urllib.Request"),
        ),
        "the check has no network",
    ),
    **dict.fromkeys(
        ("resource.prlimit", "resource.setrlimit"), "the check does not let its limits be changed"
    ),
}
# Events that change the files their first arguments name, and how many arguments those are.
_CHANGES = {
    **dict.fromkeys(("os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.chown"), 1),
    **dict.fromkeys(("os.utime", "os.setxattr", "os.removexattr", "shutil.rmtree", "os.chflags"), 1),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink", "shutil.move"), 2),
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def refuse_outside(folder: str) -> None:
    """From now on let this process write files in `folder` only, and start, end and call nobody."""
    inside = os.path.realpath(folder)
    # Held here: a learner's file may replace what modules hold.
    real, join, decode = os.path.realpath, os.path.join, os.fsdecode

    def check(paths: tuple[Any, ...]) -> None:
        for path in paths:
            if path is None or isinstance(path, int):
                continue
            name = decode(path)
            where = real(name)
            if where not in {os.devnull, inside} and not where.startswith(join(inside, "")):
                raise PermissionError(f"the check lets no file be changed outside its own folder: {name}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _REFUSED:
            raise PermissionError(_REFUSED[event])
        if event == "open" and arguments[2] & _WRITING:
            check(arguments[:1])
        elif event in _CHANGES:
            check(arguments[: _CHANGES[event]])

    sys.addaudithook(hook)
