"""Standard streams that may be closed or full: results that are lost are an error, remarks are not."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

from pellucid.errors import OutputError


class _Stream:
    """A stream whose errors are taken care of; all else is its own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As of any stream."""
        if text == "":
            # So libraries ask what kind of stream it is, and swallow the error.
            return 0
        try:
            return self._stream.write(text)
        except OSError as error:
            self._failed(error)
            return len(text)

    def flush(self) -> None:
        """As of any stream."""
        try:
            self._stream.flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        raise NotImplementedError


class _Results(_Stream):
    """Standard output: what cannot be written there is an error, once."""

    def _failed(self, error: OSError) -> None:
        if isinstance(error, BrokenPipeError):
            # Its reader has seen enough.
            raise error
        _to_nowhere(self._stream)
        raise OutputError(
            f"standard output cannot be written: {error.strerror}; expected a place with room, or --out"
        ) from None


class _Remarks(_Stream):
    """Standard error: nothing ends because a remark, or a line of progress, cannot be written."""

    def _failed(self, error: OSError) -> None:
        del error
        _to_nowhere(self._stream)


@contextmanager
def standard_streams() -> Iterator[None]:
    """Within it standard output and standard error are there, and full or closed ones are taken care of."""
    _occupy()
    before = sys.stdout, sys.stderr
    # Python has none where the descriptor was closed.
    given = [stream or Path(os.devnull).open("w", encoding="utf-8") for stream in before]  # noqa: SIM115
    sys.stdout, sys.stderr = cast(TextIO, _Results(given[0])), cast(TextIO, _Remarks(given[1]))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def set_apart() -> None:
    """Lose what compiled libraries write to the standard streams themselves; Python's lines are kept."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for name, kind in (("stdout", _Results), ("stderr", _Remarks)):
        stream = getattr(sys, name)
        stream.flush()
        number = stream.fileno()
        kept = os.fdopen(os.dup(number), "w", 1, stream.encoding, "backslashreplace")
        setattr(sys, name, kind(kept))
        os.dup2(nowhere, number)
    os.close(nowhere)


def _occupy() -> None:
    """Let no file that is opened later become a standard stream, into which libraries write."""
    try:
        while True:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor > 2:
                os.close(descriptor)
                return
    except OSError:
        return


def _to_nowhere(stream: TextIO) -> None:
    """Lose what is still to be written, so that Python does not complain of it at exit."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    except (OSError, ValueError, AttributeError):
        return
