"""The check's side of the pipes to a learner's process: untrusted frames with a deadline."""

import os
import select
import struct
import subprocess
import time

from pellucid.check import wire
from pellucid.errors import FormatError

_MOST_FRAME = wire.MOST + (16 << 20)
_CHUNK = 1 << 16


class ClosedError(Exception):
    """The process closed its side, most likely because it ended."""


class SilentError(Exception):
    """The deadline passed."""


class Channel:
    """Frames to and from a process, and its output outside Python's own streams.

    A frame is a length of eight bytes, then that many bytes.
    """

    def __init__(self, popen: "subprocess.Popen[bytes]", most_printed: int) -> None:
        assert popen.stdin is not None
        assert popen.stdout is not None
        assert popen.stderr is not None
        self._out, self._in, self._screen = (
            popen.stdin.fileno(),
            popen.stdout.fileno(),
            popen.stderr.fileno(),
        )
        for descriptor in (self._out, self._in, self._screen):
            os.set_blocking(descriptor, False)
        self._received = bytearray()
        self._printed = bytearray()
        self._most_printed = most_printed

    def send(self, parts: list[bytes], seconds: float) -> None:
        """Send one frame.

        Raises:
            ClosedError: the process has closed its side.
            SilentError: it was not read within that many seconds.
        """
        data = memoryview(b"".join((struct.pack("<Q", sum(map(len, parts))), *parts)))
        deadline = time.monotonic() + seconds
        while data:
            self._wait(self._out, select.POLLOUT, deadline)
            try:
                data = data[os.write(self._out, data[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise ClosedError from None

    def receive(self, seconds: float) -> memoryview:
        """The next frame.

        Raises:
            ClosedError, SilentError: as `send`.
            FormatError: its length is greater than that of any answer.
        """
        deadline = time.monotonic() + seconds
        while True:
            received = len(self._received)
            if received >= 8:
                size = struct.unpack_from("<Q", self._received)[0]
                if size > _MOST_FRAME:
                    raise FormatError(f"an answer of {size:,} bytes; expected at most {_MOST_FRAME:,}")
                if received >= 8 + size:
                    frame = bytes(memoryview(self._received)[8 : 8 + size])
                    del self._received[: 8 + size]
                    return memoryview(frame)
            self._wait(self._in, select.POLLIN, deadline)
            data = _read(self._in)
            if data == b"":
                raise ClosedError
            self._received += data or b""

    def printed(self) -> str:
        """The output on the process's descriptors 1 and 2 since the last call."""
        self._drain()
        text = self._printed.decode("utf-8", "replace")
        self._printed.clear()
        return text

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        """Wait until `descriptor` is ready; read the output meanwhile."""
        poll = select.poll()
        poll.register(descriptor, event)
        poll.register(self._screen, select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise SilentError
            ready = [ready for ready, _ in poll.poll(1000 * left)]
            if self._screen in ready and not self._drain():
                poll.unregister(self._screen)
            if descriptor in ready:
                return

    def _drain(self) -> bool:
        """Read the available output; whether more can come."""
        # Bounded, since a process may print without end.
        for _ in range(64):
            data = _read(self._screen)
            if not data:
                return data is None
            self._printed += data[: max(0, self._most_printed - len(self._printed))]
        return True


def _read(descriptor: int) -> bytes | None:
    """Bytes; empty at the end; None: none yet."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None
