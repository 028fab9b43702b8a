"""Files that exit, loop, fork, lie and break things: each has its line, and nothing survives its check."""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.check import process, sandbox
from pellucid.check.outcome import Outcome
from pellucid.check.sandbox import Sandbox
from pellucid.check.wire import Foreign
from sandboxes import QUICK, living, written

SOUND = "\ndef sound(x):\n    return x"
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells here what is left of a check")


@pytest.fixture(params=["limits", "bubblewrap"])
def walls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every file runs in a process with limits only, and in bubblewrap if it is installed."""
    if request.param == "limits":
        for module in (process, sandbox):
            monkeypatch.setattr(module, "isolation", lambda: process.LIMITS_ONLY)
    elif process.isolation() != process.BUBBLEWRAP:
        pytest.skip("bubblewrap is not installed here, or does not work")
    return str(request.param)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where private folders are made; looked through at the end of the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert living(folder) == []
    assert list(folder.iterdir()) == []


def outcomes_of(folder: Path, text: str) -> tuple[Outcome, Outcome]:
    """What comes of f, and of a sound function called after it."""
    with Sandbox(written(folder, text + SOUND), limits=QUICK) as box:
        first, second = box.calls([("f", (np.ones(3),)), ("sound", (np.ones(3),))])
    return first, second


@pytest.mark.usefixtures("walls", "temporary")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def f(x):\n    while True: pass", 3),
        ("import time\ndef f(x):\n    time.sleep(1000)", 4),
        ("def f(x):\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass", 5),
        ("import signal\ndef f(x):\n    signal.signal(14, signal.SIG_IGN)\n    while True: pass", None),
        (
            "import signal\ndef f(x):\n    signal.setitimer(signal.ITIMER_REAL, 0)\n    while True: pass",
            None,
        ),
        ("def f(x):\n    return sum(range(10**12))", None),
        ("import ctypes\ndef f(x):\n    ctypes.CDLL(None)['raise'](19)", None),
        ("class E(BaseException):\n    def __str__(self):\n        while True: pass\ndef f(x): raise E", 4),
        ("def f(x):\n    while True: print('x' * 1000)", 3),
        ("import os\ndef f(x):\n    while True: os.write(1, b'x' * 1000)", 4),
    ],
    ids=["loop", "sleep", "swallows", "ignores", "disarms", "in C", "stops", "str", "prints", "writes"],
)
def test_what_does_not_end_is_ended(tmp_path: Path, text: str, line: int | None) -> None:
    outcome, sound = outcomes_of(tmp_path, text)
    assert outcome.kind == "timeout"
    assert outcome.error is not None
    assert outcome.error.message.startswith("it was still running after 0.5 s")
    assert outcome.error.line == line
    assert len(outcome.printed) <= QUICK.printed
    assert ("print" in text or "write" in text) == (outcome.printed[:4] == "xxxx")
    assert sound.kind == "value"


@pytest.mark.usefixtures("walls", "temporary")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os\ndef f(x): os._exit(3)", "its process ended by itself with status 3"),
        ("import ctypes\ndef f(x): ctypes.string_at(0)", "its process was ended by SIGSEGV"),
        ("import ctypes\ndef f(x): ctypes.CDLL(None).kill(0, 9)", "its process was ended by SIGKILL"),
        ("import os\ndef f(x): os.closerange(0, 100)", "it removed what Python needs"),
        ("import sys\ndef f(x): sys.modules.clear()", "it removed what Python needs"),
        (
            "import os\ndef f(x):\n  for i in range(3, 64):\n    try: os.write(i, b'x' * 99)\n"
            "    except OSError: pass",
            "its process sent an invalid answer: an answer of 8,680,820,740,569,200,760 bytes",
        ),
        (
            "import os\ndef f(x):\n  for i in range(3, 64):\n    try: os.write(i, b'\\3' + 7 * b'\\0')\n"
            "    except OSError: pass",
            "its process sent an invalid answer: it is cut short",
        ),
    ],
    ids=[
        "exits",
        "crashes",
        "kills its group",
        "closes all",
        "empties sys.modules",
        "writes at will",
        "forges",
    ],
)
def test_what_ends_its_process_says_how(tmp_path: Path, text: str, message: str) -> None:
    outcome, sound = outcomes_of(tmp_path, text)
    assert outcome.kind == "died"
    assert outcome.error is not None
    assert outcome.error.message.startswith(message)
    assert sound.kind == "value"


@pytest.mark.usefixtures("walls", "temporary")
def test_what_is_refused_is_refused_at_its_line(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    text = f"""
    import os, resource, shutil, socket, subprocess, sys
    def ends(): sys.exit(3)
    def forks():
        while True: os.fork()
    def starts(): subprocess.run(["sleep", "100"])
    def kills(): os.kill(os.getppid(), 9)
    def kills_group(): os.killpg(0, 9)
    def calls(): socket.create_connection(("127.0.0.1", 9))
    def frees(): resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    def writes(): open({str(outside)!r}, "w")
    def removes(): os.remove({str(outside)!r})
    def moves(): os.rename({str(outside)!r}, "here")
    def clears(): shutil.rmtree({str(tmp_path)!r})
    def climbs(): os.mkdir("../folder")
    def fills():
        with open("own", "wb") as file:
            for _ in range(100): file.write(b"x" * 10**6)
    def asks(): return input("your name? ")
    def raises(): raise type("Mine", (BaseException,), {{}})("of my own")
    def recurses(): return recurses()
    def arity(a, b): return a
    def takes(): return np.zeros((10**6, 10**6))
    def hoards():
        kept = []
        while True: kept.append(bytearray(50 << 20))
    """
    expected: dict[str, tuple[str, str]] = {
        "ends": ("SystemExit", "3"),
        "forks": ("PermissionError", "cannot start processes"),
        "starts": ("PermissionError", "cannot start processes"),
        "kills": ("PermissionError", "cannot send signals"),
        "kills_group": ("PermissionError", "cannot send signals"),
        "calls": ("PermissionError", "a checked file has no network"),
        "frees": ("PermissionError", "cannot change its limits"),
        "writes": ("PermissionError", f"outside its own folder: {outside}"),
        "removes": ("PermissionError", f"outside its own folder: {outside}"),
        "moves": ("PermissionError", f"outside its own folder: {outside}"),
        "clears": ("PermissionError", f"outside its own folder: {tmp_path}"),
        "climbs": ("PermissionError", "outside its own folder: ../folder"),
        "fills": ("OSError", "File too large"),
        "asks": ("EOFError", "EOF when reading a line"),
        "raises": ("Mine", "of my own"),
        "recurses": ("RecursionError", "maximum recursion depth"),
        "arity": ("TypeError", "missing 2 required positional arguments"),
        "takes": ("MemoryError", "Unable to allocate"),
        "hoards": ("MemoryError", ""),
    }
    # Filling 1 GiB takes a while where others fill theirs.
    with Sandbox(written(tmp_path, text), limits=replace(QUICK, call=10.0)) as box:
        outcomes = dict(zip(expected, box.calls([(name, ()) for name in expected]), strict=True))
    for name, (kind, message) in expected.items():
        error = outcomes[name].error
        assert error is not None, name
        assert error.type == kind, name
        assert message in error.message, name
        assert outcomes[name].kind == ("too_much" if kind == "MemoryError" else "raised"), name
        assert (error.line is None) == (name == "arity"), name
    assert outside.read_text() == "mine"


@pytest.mark.usefixtures("temporary")
def test_what_is_no_result_arrives_as_what_it_is(tmp_path: Path) -> None:
    text = """
    class f:
        def __init__(self, *_): pass
    class Liar(np.ndarray):
        shape, nbytes = (3, 3), 8
    def nothing(): pass
    def text(): return "W1"
    def pair(): return 1, None
    def nans(): return np.full(2, np.nan)
    def objects(): return np.array([{}, None], dtype=object)
    def gigantic(): return np.broadcast_to(1.0, (10**6, 10**6))
    def lies(): return np.zeros(2).view(Liar)
    def generates(): yield 1
    def recursive():
        a = []
        a += [a, a]
        return a
    def long(): return [0.0] * 10**6
    """
    expected: dict[str, Any] = {
        "f": Foreign("f", "a value of type f"),
        "nothing": None,
        "text": "W1",
        "pair": (1, None),
        "objects": Foreign("ndarray", "an array of shape (2,) and type object"),
        "gigantic": Foreign("ndarray", "an array of shape (1000000, 1000000), 8,000,000,000,000 bytes"),
        "lies": Foreign("Liar", "a value of type Liar"),
        "generates": Foreign("generator", "a value of type generator"),
        "long": Foreign("list", "a list of 1,000,000 values"),
    }
    with Sandbox(written(tmp_path, text), limits=replace(QUICK, call=5.0)) as box:
        values = {name: box.call(name, ()) for name in (*expected, "nans", "recursive")}
    assert {outcome.kind for outcome in values.values()} == {"value"}
    assert {name: values[name].value for name in expected} == expected
    assert np.isnan(values["nans"].value).all()
    assert isinstance(values["recursive"].value, list)


@pytest.mark.usefixtures("walls", "temporary")
@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("def f(x):\n    np.dot = np.multiply\n    return np.dot(x, x)", ("numpy.dot",)),
        (
            "import builtins as b\ndef f(x):\n    b.len = b.isinstance = b.BaseException = None\n"
            "    b.all = b.map = b.zip = None\n    return x",
            tuple(
                f"builtins.{name}" for name in ("all", "isinstance", "len", "map", "zip", "BaseException")
            ),
        ),
        (
            "def f(x):\n    np.random.seed = None\n    np.linalg.norm = np.sum\n    return x",
            ("numpy.linalg.norm", "numpy.random.seed"),
        ),
    ],
    ids=["numpy", "builtins", "rooms"],
)
def test_functions_replaced_are_named_and_the_next_call_has_them(
    tmp_path: Path, text: str, replaced: tuple[str, ...]
) -> None:
    text += "\ndef product(x):\n    return len([1]), np.dot(x, x), f.__name__"
    with Sandbox(written(tmp_path, text), limits=QUICK) as box:
        outcome, after = box.call("f", (np.ones(3),)), box.call("product", (np.ones(3),), seed=1)
    assert (outcome.kind, outcome.numpy_changed) == ("value", True)
    assert sorted(outcome.replaced) == sorted(replaced)
    assert after.value == (1, 3.0, "f")
    assert not after.numpy_changed


@pytest.mark.usefixtures("temporary")
def test_a_fresh_process_follows_what_leaves_something_behind(tmp_path: Path) -> None:
    text = """
    import os, threading, time
    mark = os.urandom(8).hex()
    def marked(): return mark
    def thread():
        threading.Thread(target=time.sleep, args=(1000,)).start()
        return mark
    def patch():
        np.dot = None
        return mark
    """
    with Sandbox(written(tmp_path, text), limits=QUICK) as box:
        names = ("marked", "thread", "marked", "marked", "patch", "marked")
        marks = [box.call(name, ()).value for name in names]
    assert marks[0] == marks[1] != marks[2] == marks[3] == marks[4] != marks[5]


@pytest.mark.usefixtures("walls", "temporary")
@pytest.mark.parametrize(
    ("text", "kind", "message", "line"),
    [
        ("import sys\nsys.exit(1)", "raised", "1", 3),
        ("import os\nos._exit(1)", "died", "its process ended by itself with status 1", None),
        ("while True: pass", "timeout", "it was still running after 1.0 s", 2),
        ("name = input()", "raised", "EOF when reading a line", 2),
        ("1 / 0", "raised", "division by zero", 2),
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()",
            "value",
            "",
            None,
        ),
    ],
    ids=["sys.exit", "os._exit", "loop", "input", "error", "thread"],
)
def test_a_top_level_that_goes_wrong_is_told_and_the_functions_are_called(
    tmp_path: Path, text: str, kind: str, message: str, line: int | None
) -> None:
    with Sandbox(written(tmp_path, text + SOUND), limits=QUICK) as box:
        outcomes = [box.call("sound", (i,)) for i in range(2)]
    assert box.loaded.kind == kind
    assert (box.loaded.error is None) == (kind == "value")
    if box.loaded.error is not None:
        assert box.loaded.error[1:] == (message, line)
    assert [outcome.value for outcome in outcomes] == [0, 1]


@pytest.mark.usefixtures("temporary")
def test_numpy_replaced_at_the_top_is_named_and_put_back(tmp_path: Path) -> None:
    text = "np.dot = np.multiply\nnp.mine = 1\ndef f(x): return np.dot(x, x), np.mine"
    with Sandbox(written(tmp_path, text), limits=QUICK) as box:
        outcome = box.call("f", (np.ones(3),))
    assert box.loaded.replaced == ("numpy.dot",)
    assert outcome.value == (3.0, 1)


@pytest.mark.usefixtures("temporary")
def test_a_file_that_never_loads_has_one_outcome_for_all(tmp_path: Path) -> None:
    text = "def forever(f):\n    while True: pass\n@forever\ndef g(): pass\ndef f(x): return x"
    outcome, sound = outcomes_of(tmp_path, text)
    assert (outcome.kind, outcome.error and outcome.error.line) == ("timeout", 3)
    assert sound == outcome


@pytest.mark.usefixtures("temporary")
def test_a_function_that_does_not_end_is_not_called_again_in_one_list(tmp_path: Path) -> None:
    text = "def f(x):\n    while x: pass" + SOUND
    with Sandbox(written(tmp_path, text), limits=QUICK) as box:
        outcomes = box.calls([("f", (0,)), ("f", (1,)), ("f", (0,)), ("sound", (2,))])
        again = box.call("f", (0,))
    assert [outcome.kind for outcome in outcomes] == ["value", "timeout", "timeout", "value"]
    assert outcomes[1] is outcomes[2]
    assert again.kind == "value"


@linux
@pytest.mark.usefixtures("walls")
@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n  for _ in range(20):\n    if libc.fork() == 0: libc.setsid(), time.sleep(1000)",
        "def f(x):\n  if libc.fork() == 0: libc.setsid(), os.chdir('/'), time.sleep(99)\n  time.sleep(0.2)",
        "import multiprocessing as m\ndef f(x): m.get_context('spawn').Process(target=print).start()",
        "def f(x): libc.system(b'sleep 1000 >&2 & sleep 1000 >/dev/null 2>&1 &')",
        "def f(x): os.mkdir('d'), open('d/e', 'w').close(), os.symlink('d', 'link'), os.chmod('d', 0)",
        "import atexit\natexit.register(lambda: time.sleep(1000))\ndef f(x): return x",
        "import signal\nfor i in set(range(1, 65)) - {9, 19, 32, 33}: signal.signal(i, signal.SIG_IGN)\n"
        "def f(x): return x",
    ],
    ids=["forks in C", "leaves the folder", "spawns", "shell", "folders", "atexit", "signals"],
)
def test_nothing_survives(tmp_path: Path, temporary: Path, text: str) -> None:
    text = f"import ctypes, os, time\nlibc = ctypes.CDLL(None)\n{text}"
    outcome, sound = outcomes_of(tmp_path, text)
    assert outcome.kind == sound.kind == "value"
    assert living(temporary) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("temporary")
def test_a_block_left_by_an_exception_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    def interrupted() -> None:
        with Sandbox(written(tmp_path, SOUND), limits=QUICK) as box:
            box.call("sound", (1,))
            assert list(temporary.iterdir())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert living(temporary) == []


@pytest.mark.usefixtures("walls")
def test_bubblewrap_shows_only_what_is_needed(tmp_path: Path, temporary: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("told nobody")
    text = f"""
    import ctypes, socket
    def reads(): return open({str(secret)!r}).read()
    def writes():
        libc = ctypes.CDLL(None)
        libc.fopen.restype, libc.fclose.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        file = libc.fopen({str(tmp_path / "made").encode()!r}, b"w")
        if file: libc.fclose(file)
        return bool(file)
    def network(): return [name for _, name in socket.if_nameindex()]
    """
    with Sandbox(written(tmp_path, text), limits=QUICK) as box:
        reads, writes, network = (box.call(name, ()) for name in ("reads", "writes", "network"))
    if box.isolation == process.BUBBLEWRAP:
        assert reads.error is not None
        assert reads.error.type == "FileNotFoundError"
        assert (writes.value, (tmp_path / "made").exists()) == (False, False)
        assert network.value == ["lo"]
    else:
        # What docs/check-safety.md says of a process with limits only.
        assert (reads.value, (tmp_path / "made").exists()) == ("told nobody", True)
