"""Writing a file whole or not at all: what becomes of the old one when anything fails or dies."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pellucid.errors import OutputError
from pellucid.files.atomic import shown, write_atomically

posix = pytest.mark.skipif(os.name != "posix", reason="permissions, links, pipes and signals of POSIX")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file that is to be replaced, alone in its folder."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(path: Any) -> str:
    """What is said, after the path."""
    with pytest.raises(OutputError) as error:
        write_atomically(path, b"new")
    line = str(error.value)
    assert "\n" not in line
    start = f"{shown(path)} cannot be written: "
    assert line.startswith(start)
    return line.removeprefix(start)


@pytest.mark.parametrize(
    "data", [b"", b"new", bytes(range(256)) * 10_000], ids=["none", "few", "megabytes"]
)
def test_a_new_file_and_a_replaced_one(tmp_path: Path, data: bytes) -> None:
    write_atomically(tmp_path / "file", data)
    assert content(tmp_path) == {"file": data}
    write_atomically(str(tmp_path / "file"), data[::-1])
    assert content(tmp_path) == {"file": data[::-1]}


@posix
def test_permissions_are_those_of_the_umask_or_of_the_file_before(tmp_path: Path, umask: None) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    for mode in (0o600, 0o664):
        path.chmod(mode)
        write_atomically(path, b"newer")
        assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_private_file_is_private_from_its_first_moment(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.chmod(0o600)
    seen = []
    fsync = os.fsync

    def watching(descriptor: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watching)
    write_atomically(old, b"new")
    assert seen[0] == 0o600


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "there" / "file")
    for data in (b"new", b"newer"):
        write_atomically(link, data)
        assert link.is_symlink()
        assert content(tmp_path / "there") == {"file": data}


def test_the_longest_name(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("a" * 255), b"new")
    assert content(tmp_path) == {"a" * 255: b"new"}
    assert refusal(tmp_path / ("a" * 256)) == "its name is too long; choose a shorter one"


def test_places_where_no_file_can_be(tmp_path: Path, old: Path) -> None:
    folder = tmp_path / "folder"
    missing = f"there is no folder {folder}; create it, or write elsewhere"
    assert refusal(folder / "file") == missing
    assert refusal(old / "file") == f"there is no folder {old}; create it, or write elsewhere"
    folder.mkdir()
    assert refusal(folder) == "it is a folder; expected the name of a file"
    assert refusal("") == "it is a folder; expected the name of a file"
    assert refusal("a\0b") == "a file cannot have such a name"
    assert content(folder) == {}
    assert old.read_bytes() == b"old"


@posix
def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        assert refusal(path) == "it is a device, a pipe or a socket; expected the name of a file"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert refusal(tmp_path / "loop").endswith("; write elsewhere")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loop", "pipe"]


@posix
def test_what_is_protected_stays(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old.chmod(0o444)
    # The superuser may write anything.
    monkeypatch.setattr(os, "access", lambda path, mode: bool(Path(path).stat().st_mode & 0o200))
    assert refusal(old) == "the file is write-protected; choose another name"
    assert content(old.parent) == {"file": b"old"}


def test_a_path_that_would_break_the_line(tmp_path: Path) -> None:
    assert shown("a b") == "a b"
    assert shown("a\nb") == r"'a\nb'"
    refusal(tmp_path / "no\nfolder" / "file")


@posix
def test_a_temporary_is_never_somebody_elses_file(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda length: "0" * 2 * length)
    link = old.parent / ".pellucid-0000000000000000.tmp"
    link.symlink_to(old)
    assert refusal(old) == f"{os.strerror(errno.EEXIST)}; write elsewhere"
    assert link.is_symlink()
    assert old.read_bytes() == b"old"


class Failing:
    """A file that fails in one of its methods, after half of it."""

    def __init__(self, file: Any, method: str, failure: BaseException) -> None:
        self.file, self.method, self.failure = file, method, failure

    def __enter__(self) -> "Failing":
        return self

    def __exit__(self, *details: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        if name != self.method:
            return getattr(self.file, name)

        def fail(*arguments: Any) -> None:
            if name == "write":
                self.file.write(arguments[0][:1])
            raise self.failure

        return fail


def failing_at(step: str, failure: BaseException) -> Callable[[pytest.MonkeyPatch], None]:
    """Let one step of the writing fail."""

    def raise_it(*arguments: Any, **options: Any) -> None:
        raise failure

    def arm(monkeypatch: pytest.MonkeyPatch) -> None:
        if step in ("write", "flush", "read"):
            monkeypatch.setattr(
                "pellucid.files.atomic.open",
                lambda *a, **k: Failing(open(*a, **k), step, failure),  # noqa: PTH123, SIM115
                raising=False,
            )
        else:
            monkeypatch.setattr(os, step, raise_it)

    return arm


STEPS = ["open", "write", "flush", "fsync", "read", "chmod", "replace"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "the disk is full; make room, or write elsewhere"),
        (errno.EACCES, "writing in {folder} is not permitted; choose another folder"),
        (errno.EIO, f"{os.strerror(errno.EIO)}; write elsewhere"),
    ],
)
def test_a_failure_at_any_step_leaves_the_old_file(
    old: Path, step: str, number: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_at(step, OSError(number, os.strerror(number)))(monkeypatch)
    assert refusal(old) == advice.format(folder=old.parent)
    monkeypatch.undo()
    assert content(old.parent) == {"file": b"old"}


@pytest.mark.parametrize("failure", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("step", STEPS)
def test_an_interruption_at_any_step_leaves_the_old_file(
    old: Path, step: str, failure: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_at(step, failure())(monkeypatch)
    with pytest.raises(failure):
        write_atomically(old, b"new")
    monkeypatch.undo()
    assert content(old.parent) == {"file": b"old"}


def test_a_temporary_that_cannot_be_removed_does_not_hide_the_cause(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_at("unlink", PermissionError(errno.EACCES, "no"))(monkeypatch)
    failing_at("fsync", OSError(errno.ENOSPC, "full"))(monkeypatch)
    assert refusal(old) == "the disk is full; make room, or write elsewhere"
    assert old.read_bytes() == b"old"


def test_a_disk_that_gives_back_something_else(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for damage in (b"nex", b"new and more"):
        monkeypatch.setattr(os, "fsync", lambda descriptor, damage=damage: os.pwrite(descriptor, damage, 0))
        assert refusal(old).startswith("the file reads back differently")
    monkeypatch.setattr(os, "fsync", lambda descriptor: os.truncate(descriptor, 2))
    assert refusal(old).startswith("the file reads back differently")
    monkeypatch.setattr(os, "fsync", lambda descriptor: os.pwrite(descriptor, b"more", 0))
    with pytest.raises(OutputError, match="the file reads back differently"):
        write_atomically(old, b"")
    assert content(old.parent) == {"file": b"old"}


def test_a_folder_that_cannot_be_flushed_is_no_failure(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def of_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no folders")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)
    write_atomically(old, b"new")
    assert content(old.parent) == {"file": b"new"}


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@posix
def test_a_real_limit_of_the_system(old: Path) -> None:
    script = (
        "import resource, sys; from pellucid.files.atomic import write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "try: write_atomically(sys.argv[1], bytes(100_000))\n"
        "except OSError as error: print(error)"
    )
    message = run("-c", script, str(old))
    assert message == f"{old} cannot be written: {os.strerror(errno.EFBIG)}; write elsewhere\n"
    assert content(old.parent) == {"file": b"old"}


@posix
def test_a_process_killed_before_any_line(old: Path) -> None:
    script = Path(__file__).with_name("killed_while_writing.py")
    lines = run(str(script), str(old)).splitlines()
    assert lines[-1] == "finished new"
    assert set(lines[:-1]) == {"killed old", "killed new"}
    # Old until the one moment, new ever after.
    assert lines == sorted(lines[:-1], reverse=True) + lines[-1:]
    # The dead leave their temporaries behind, under a name that is known; nothing else.
    left = {path.name for path in old.parent.iterdir()} - {"file"}
    assert all(name.startswith(".pellucid-") and name.endswith(".tmp") for name in left)
    assert 0 < len(left) < len(lines)
