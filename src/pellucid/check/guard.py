"""Refuse a learner's file other processes, the network, and changes to files outside its folder.

Python's audit events come before such an action, and a hook cannot be removed. It stops accidents and
pranks with a message for the learner; code that tries to get around it can (docs/check-safety.md).
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
        "a checked file cannot start processes",
    ),
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pthread_kill"), "a checked file cannot send signals"),
    **dict.fromkeys(
        (
            *("socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyaddr"),
            *("socket.gethostbyname", "socket.sendmsg", "socket.sendto", "urllib.Request"),
        ),
        "a checked file has no network",
    ),
    **dict.fromkeys(("resource.prlimit", "resource.setrlimit"), "a checked file cannot change its limits"),
}
# Events that change files, and the number of their first arguments that name one.
_CHANGES = {
    **dict.fromkeys(("os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.chown"), 1),
    **dict.fromkeys(("os.utime", "os.setxattr", "os.removexattr", "shutil.rmtree", "os.chflags"), 1),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink", "shutil.move"), 2),
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def refuse_outside(folder: str) -> None:
    """From now on let this process write in `folder` only, without processes, signals and network."""
    inside = os.path.realpath(folder)
    # Held here: a learner's file may replace them in their modules.
    real, join, decode = os.path.realpath, os.path.join, os.fsdecode

    def check(paths: tuple[Any, ...]) -> None:
        for path in paths:
            if path is None or isinstance(path, int):
                continue
            name = decode(path)
            where = real(name)
            if where not in {os.devnull, inside} and not where.startswith(join(inside, "")):
                raise PermissionError(f"a checked file cannot change files outside its own folder: {name}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _REFUSED:
            raise PermissionError(_REFUSED[event])
        if event == "open" and arguments[2] & _WRITING:
            check(arguments[:1])
        elif event in _CHANGES:
            check(arguments[: _CHANGES[event]])

    sys.addaudithook(hook)
