"""Trainings that are killed, at random and at every call of the checkpoint writer; then gone on with.

The short form is a part of the test-suite; the full one is `make crash`:

PYTHONPATH=tests python -m crash.crashes [--kills 500] [--seed 0]
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crash.trainee import CASES, trained
from pellucid.files.checkpoint_file import holds_checkpoint, read_checkpoint

HERE = Path(__file__).parent
# A training of two checkpoints and the last states, for what is tried at every call.
FEW = "20 epochs"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_SECONDS = 120


@dataclass
class Counts:
    """What happened.

    Attributes:
        kills: processes that were killed.
        found: kills after which there was a checkpoint to go on from.
        errors: calls that failed.
        trainings: those that came to their end, each with the right bits.
    """

    kills: int = 0
    found: int = 0
    errors: int = 0
    trainings: int = 0


def compiled(folder: Path) -> Path | None:
    """The library that makes calls go wrong; None: there is no compiler, or no Linux."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    library = folder / "faults.so"
    command = [compiler, "-shared", "-fPIC", "-O1", str(HERE / "faults.c"), "-o", str(library), "-ldl"]
    return library if subprocess.run(command, check=False).returncode == 0 else None


def begun(case: str, place: Path, every: str, faults: Mapping[str, str] | None = None) -> Any:
    """A process that trains in `place / "run"`."""
    command = [sys.executable, str(HERE / "trainee.py"), case, str(place / "run"), str(place / "end.npz")]
    environment = {**os.environ, **ONE_THREAD, **(faults or {})}
    return subprocess.Popen(
        [*command, every], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def ended(process: Any) -> tuple[int, str]:
    """The exit code of a process, and what it said."""
    try:
        _, said = process.communicate(timeout=_SECONDS)
    finally:
        process.kill()
    return process.returncode, said


def check_end(case: str, place: Path, whole: Mapping[str, Any]) -> None:
    """What a training has learnt is what one learns that is never ended, to the bit."""
    with np.load(place / "end.npz") as found:
        assert set(found.files) == set(whole)
        for name, value in whole.items():
            np.testing.assert_array_equal(found[name], value, err_msg=f"{case} {name}")


def check_left(place: Path) -> bool:
    """Whether there is a checkpoint; if there are files of one, one of them is whole."""
    if not holds_checkpoint(place / "run"):
        return False
    read_checkpoint(place / "run")
    return True


def killed_at_random(case: str, kills: int, seed: int, counts: Counts) -> None:
    """Kill a training again and again, go on each time, and begin anew where it ended.

    Args:
        case: of `trainee.CASES`.
        kills: how many.
        seed: of the moments.
        counts: added to.
    """
    rng, whole = random.Random(seed), trained(case)
    with tempfile.TemporaryDirectory() as folder:
        place, before = Path(folder), counts.kills
        while counts.kills < before + kills:
            process = begun(case, place, "0.001s")
            # Most of the first quarter of a second is the start of Python.
            time.sleep(rng.uniform(0.1, 0.6))
            process.send_signal(signal.SIGKILL)
            code, said = ended(process)
            if code == -signal.SIGKILL and not (place / "end.npz").exists():
                counts.kills += 1
                counts.found += check_left(place)
                continue
            assert code in (0, -signal.SIGKILL), said
            check_end(case, place, whole)
            counts.trainings += 1
            (place / "end.npz").unlink()
            shutil.rmtree(place / "run")
        code, said = ended(begun(case, place, "0.001s"))
        assert code == 0, said
        check_end(case, place, whole)
        counts.trainings += 1


def calls_of(case: str, kind: str, library: Path) -> int:
    """How many calls on the folder a training makes; those of write for the kind "short"."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "run").mkdir()
        code, said = ended(begun(case, place, FEW, _faults(library, place, "none 0")))
        assert code == 0, said
        calls, writes = map(int, (place / "count").read_text().split())
        return writes if kind == "short" else calls


def gone_wrong(case: str, kind: str, call: int, library: Path, whole: Any, counts: Counts) -> None:
    """Let one call of a training go wrong, go on with it, and compare what it learns.

    Args:
        case: of `trainee.CASES`.
        kind: see faults.c.
        call: which call, counted from 1.
        library: that makes it go wrong.
        whole: what the case learns if nothing goes wrong.
        counts: added to.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "run").mkdir()
        code, said = ended(begun(case, place, FEW, _faults(library, place, f"{kind} {call}")))
        if code == -signal.SIGKILL:
            counts.kills += 1
            counts.found += check_left(place)
        else:
            counts.errors += kind in ("ENOSPC", "EIO")
            # A folder that cannot even be claimed is refused before the training, in one line.
            refused = "OutputError" in said.splitlines()[-1] if code else False
            assert code == 0 or refused, f"{kind} {call}: {said}"
            check_left(place)
        if code != 0:
            again, said = ended(begun(case, place, FEW))
            assert again == 0, f"{kind} {call}: {said}"
        check_end(case, place, whole)
        counts.trainings += 1


def _faults(library: Path, place: Path, fault: str) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(library),
        "PELLUCID_FAULT": fault,
        "PELLUCID_FAULT_FOLDER": str(place / "run"),
        "PELLUCID_FAULT_COUNT": str(place / "count"),
    }


def main() -> None:
    """Run the full form."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    counts = Counts()
    for i, case in enumerate(CASES):
        killed_at_random(case, -(-asked.kills // len(CASES)), asked.seed + i, counts)
        print(f"killed at random, {case}: {counts}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(folder))
        assert library is not None, "expected Linux and a C compiler"
        for case in ("batches", "members"):
            whole = trained(case)
            for kind in ("kill-before", "kill-after", "short", "ENOSPC", "EIO"):
                counts, calls = Counts(), calls_of(case, kind, library)
                for call in range(1, calls + 1):
                    gone_wrong(case, kind, call, library, whole, counts)
                print(f"{kind} at each of {calls} calls, {case}: {counts}", flush=True)


if __name__ == "__main__":
    main()
