"""Start and end the process that runs a learner's file, with a restricted view of this machine."""

import contextlib
import functools
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import pellucid
from pellucid.errors import PellucidError

_START = (
    "import json, sys; sys.path += [p for p in json.loads(sys.argv[1]) if p not in sys.path]; "
    "from pellucid.check.child import main; main()"
)
# Folders of programs and libraries; those that do not exist are skipped.
_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/nix/store",
    "/gnu/store",
)
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_MARK = "PELLUCID_CHECK"
_PATIENCE = 5.0
_MOMENT = 0.5

BUBBLEWRAP = "bubblewrap, no network"
LIMITS_ONLY = "a process with limits; no bubblewrap here"


class SandboxError(PellucidError):
    """The process for a learner's file cannot be started, or cannot be ended."""


class ChildProcess:
    """One process with a private folder; `end` removes both, and everything that the process started."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            SandboxError: it cannot be started on this machine.
        """
        if os.name != "posix":
            raise SandboxError(
                "a learner's file is run on Linux and macOS only: this system cannot limit it"
            )
        self._mark = secrets.token_hex(16)
        self.folder = Path(tempfile.mkdtemp(prefix="pellucid-check-"))
        command = [*_walls(self.folder), *_python(), "-c", _START, json.dumps(_paths())]
        try:
            self.popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self.folder,
                env=self._environment(),
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            _remove(self.folder)
            raise SandboxError(
                f"no process can be started to run the file in ({error.strerror}); "
                "expected room for one more process"
            ) from error

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            **dict.fromkeys(("HOME", "TMPDIR"), folder),
            **dict.fromkeys(_THREADS, "1"),
            _MARK: self._mark,
        }

    def settle(self) -> None:
        """Wait a moment for a process that has closed its pipes, to get its own exit status."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(_MOMENT)

    def end(self) -> int:
        """Kill the process and its children, remove its folder.

        Returns:
            Its exit status, as in `subprocess`.

        Raises:
            SandboxError: a process that it started does not end.
        """
        _kill_group(self.popen.pid)
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if pipe is not None:
                pipe.close()
        status = self.popen.wait()
        try:
            self._kill_the_rest()
        finally:
            _remove(self.folder)
        # Bubblewrap reports a signal like a shell, as 128 and its number.
        return 128 - status if status > 128 and isolation() == BUBBLEWRAP else status

    def _kill_the_rest(self) -> None:
        """End processes that left the group, found by the mark in their environment or by their folder."""
        deadline = time.monotonic() + _PATIENCE
        while left := list(self._left()):
            # All are stopped before the first is killed, so that none starts others meanwhile.
            for sign in (signal.SIGSTOP, signal.SIGKILL):
                for pid in left:
                    _send(pid, sign)
            if time.monotonic() > deadline:
                raise SandboxError(f"process {left[0]}, started by the checked file, does not end: kill it")
            time.sleep(0.002)

    def _left(self) -> Iterator[int]:
        mark, folder = f"{_MARK}={self._mark}".encode(), str(self.folder)
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes() or (entry / "cwd").readlink() == Path(folder):
                    yield int(entry.name)
            except OSError:
                # It has ended, or belongs to another user.
                continue


@functools.cache
def isolation() -> str:
    """The isolation of a learner's file on this machine, in words."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return LIMITS_ONLY
    with tempfile.TemporaryDirectory(prefix="pellucid-check-") as folder:
        command = [*_bubblewrap(bwrap, Path(folder)), *_python(), "-S", "-c", "pass"]
        try:
            run = subprocess.run(command, env={}, capture_output=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return LIMITS_ONLY
    return BUBBLEWRAP if run.returncode == 0 else LIMITS_ONLY


def processes_now() -> int | None:
    """The number of this user's processes and threads; None: unknown."""
    user, count = os.getuid(), 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.stat().st_uid == user:
                count += len(os.listdir(entry / "task"))  # noqa: PTH208 - counted for every check
        except OSError:
            continue
    return count or None


def _python() -> list[str]:
    return [sys.executable, "-I", "-B"]


def _paths() -> list[str]:
    """The folders in which the child finds this package and NumPy."""
    return [str(Path(str(package.__file__)).parent.parent) for package in (pellucid, np)]


def _walls(folder: Path) -> list[str]:
    bwrap = shutil.which("bwrap")
    return _bubblewrap(bwrap, folder) if bwrap is not None and isolation() == BUBBLEWRAP else []


def _bubblewrap(bwrap: str, folder: Path) -> list[str]:
    """A command with a view of programs, Python, this package and `folder`; only `folder` is writable."""
    executable = Path(sys.executable)
    places = {
        *(*_SYSTEM, sys.prefix, sys.base_prefix, *_paths()),
        *(str(executable.parent), str(executable.resolve().parent)),
    }
    # A folder comes before the folders inside it.
    binds = [part for place in sorted(places) for part in ("--ro-bind-try", place, place)]
    return [
        *(bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--dev", "/dev", "--proc", "/proc", *binds, "--bind", str(folder), str(folder)),
        *("--remount-ro", "/", "--chdir", str(folder), "--"),
    ]


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # The whole group has ended; macOS raises the other error.
        return


def _send(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def _remove(folder: Path) -> None:
    """Remove a folder, even if its folders were made unwritable, or deeper than a path may be long."""
    brought_up = 0
    try:
        folder.chmod(0o700)
        # Each round brings the folders of the second level up to the first.
        while entries := list(folder.iterdir()):
            for entry in entries:
                if not _is_folder(entry):
                    entry.unlink()
                    continue
                entry.chmod(0o700)
                for inner in list(entry.iterdir()):
                    if _is_folder(inner):
                        # Moving a folder writes into it.
                        inner.chmod(0o700)
                        inner.rename(folder / f".up-{os.getpid()}-{brought_up}")
                        brought_up += 1
                    else:
                        inner.unlink()
                entry.rmdir()
        folder.rmdir()
    except OSError as error:
        raise SandboxError(
            f"the folder {folder} of the checked file cannot be removed ({error.strerror}): remove it"
        ) from error


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
