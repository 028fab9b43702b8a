"""Limits for a learner's file: time, memory, files, output."""

import contextlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one process that runs a learner's file.

    Attributes:
        call: seconds of wall clock for a call.
        loading: seconds of wall clock for the file's top level.
        cpu: seconds of CPU time for the whole process; the kernel ends it then.
        memory: bytes of address space.
        file: bytes of each file that it writes into its folder.
        descriptors: number of open files.
        processes: number of additional processes of its user; the kernel exempts root.
        printed: bytes kept of a call's output; the rest is discarded.
    """

    call: float = 5.0
    loading: float = 10.0
    cpu: int = 300
    memory: int = 1 << 30
    file: int = 1 << 20
    descriptors: int = 64
    processes: int = 8
    printed: int = 64 << 10


def impose(limits: Limits, processes_now: int | None) -> None:
    """Let the kernel enforce `limits` on this process and its children.

    Args:
        limits: of the process.
        processes_now: number of its user's processes and threads; None: unknown.
    """
    # Not on Windows, where `pellucid.check.process` refuses to start.
    import resource

    bounds = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_NOFILE, limits.descriptors),
    ]
    if processes_now is not None:
        bounds.append((resource.RLIMIT_NPROC, processes_now + limits.processes))
    for what, most in bounds:
        # A lower limit may already be set, and not every system knows each limit.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
