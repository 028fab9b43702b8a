"""Claim: one process writes to a folder; a dead one does not hold it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pellucid.errors import OutputError
from pellucid.files.claim import LOCK, Claim

HOLDER = """
import sys, time
from pellucid.files.claim import Claim
claim = Claim(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_claim_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "a"
    with Claim(folder) as claim:
        assert (folder / LOCK).read_text() == f"{os.getpid()}\n"
        with pytest.raises(OutputError, match="a training of this process writes to it"):
            Claim(folder)
        assert claim.folder == folder
    assert not (tmp_path / "runs").exists()
    with Claim(folder):
        (folder / "kept").write_text("")
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "a")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match=f"process {process.pid}"):
            Claim(tmp_path / "a")
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    (tmp_path / "a" / ".pellucid-0123456789abcdef.tmp").write_text("half a file")
    with Claim(tmp_path / "a"):
        assert [path.name for path in (tmp_path / "a").iterdir()] == [LOCK]


def test_an_empty_folder_that_was_there_stays(tmp_path: Path) -> None:
    with Claim(tmp_path):
        pass
    assert tmp_path.is_dir()
    assert not list(tmp_path.iterdir())


def test_a_new_folder_must_not_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        Claim(tmp_path, new=True)


def test_places_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name, said in {
        "file": "is no folder; choose another place",
        "file/a": "is no folder; choose another place",
        "link": f"is a link to {tmp_path / 'nowhere'}, which does not exist",
        "link/a": f"is a link to {tmp_path / 'nowhere'}, which does not exist",
        "a\0b": "cannot be a folder's name",
        "a" * 300: "choose another place",
    }.items():
        with pytest.raises(OutputError) as caught:
            Claim(tmp_path / name)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be written")
def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied; choose another place"):
        Claim(tmp_path / "a")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_does_not_hold_what_its_parent_held(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from pellucid.files.claim import Claim\n"
        "claim = Claim(sys.argv[1])\n"
        "if os.fork() == 0:\n"
        "    claim.release()\n"
        "    os.close(1), os.close(2)\n"
        "    time.sleep(30)\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "a")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        # The child gave back nothing.
        with pytest.raises(OutputError, match=f"process {process.pid}"):
            Claim(tmp_path / "a")
        process.kill()
        process.wait(30)
    with Claim(tmp_path / "a"):
        pass


def test_another_folder_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Claim("a") as claim:
        (tmp_path / "b").mkdir()
        monkeypatch.chdir(tmp_path / "b")
        assert (str(claim.folder), claim.place) == ("a", tmp_path / "a")
        with pytest.raises(OutputError, match="a training of this process"):
            Claim(tmp_path / "a")
    assert not (tmp_path / "a").exists()
