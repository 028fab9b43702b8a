"""What a learner's file may use up: time, memory, files, output."""

import contextlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one process that runs a learner's file.

    Attributes:
        call: seconds of wall clock a call may take.
        loading: seconds of wall clock that running the file's top level may take.
        cpu: seconds of CPU time the process may take in all; the kernel ends it then.
        memory: bytes of address space.
        file: bytes a file may have that it writes into its folder.
        descriptors: how many files it may have open.
        processes: how many processes its user may have more than now; the kernel exempts root.
        printed: bytes kept of what a call prints; the rest is thrown away.
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
    """Have the kernel hold this process, and what it starts, to `limits`.

    Args:
        limits: what it may use.
        processes_now: how many processes and threads its user has; None where that is not known.
    """
    # Not on Windows, where `pellucid.check.process` says so.
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
        # A lower limit may stand already, and not every system knows each of them.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
