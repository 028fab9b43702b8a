"""One job in a process of its own, started by `benchmarks.child`: it prints one line of JSON.

The process is fresh for every measurement: nothing that another contender loaded, allocated or left running
is in it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.adult import answered
from benchmarks.child import with_bytecode
from benchmarks.contenders import CONTENDERS, loaded
from benchmarks.drop_in import fitted
from benchmarks.many_fits import fit_of_table
from benchmarks.ratios import ratio_of
from benchmarks.stopwatch import enough_rounds, repeated, timed
from benchmarks.trainer import Predictor, Variants
from benchmarks.works import Work, problem_of


def prepare(job: dict[str, Any]) -> dict[str, Any]:
    """Let every variant of a contender train a little, compare where it arrives, and find the fastest."""
    from benchmarks.verify import right_of, small_problem, verified

    work = Work.from_dict(job["work"])
    found: float | None = None
    if job["verify"]:
        problem = small_problem(work, job["dtype"], job["threads"])
        right = right_of(problem)
        found = max(verified(open_(problem), problem, right) for open_ in _variants(job).values())
    return {"deviation": found, "variant": _fastest(job)}


def train(job: dict[str, Any]) -> dict[str, Any]:
    """Time the steps of a variant, and look at the memory they take."""
    contender, work = CONTENDERS[job["contender"]], Work.from_dict(job["work"])
    problem = problem_of(work, job["dtype"], job["threads"])
    trainer = _variants(job)[job["variant"]](problem)
    before = machine.forget_peak()
    trainer.run(1)
    whole = contender.times_whole(work)
    rounds = work.steps if whole else enough_rounds(trainer.run, job["seconds"])
    took = timed(trainer.run, rounds)
    peak, steps = machine.peak_memory(), rounds * work.batches
    return {
        "seconds": took / steps,
        "steps": steps,
        # Only our own headline is timed whole: by the short cut, so the usual products are not counted.
        "short_cut": whole,
        "memory": peak,
        "training_memory": None if before is None or peak is None else max(0, peak - before),
    }


def _variants(job: dict[str, Any]) -> Variants:
    variants: Variants = loaded(CONTENDERS[job["contender"]].trains)
    return variants


def _fastest(job: dict[str, Any]) -> str:
    variants = _variants(job)
    if len(variants) == 1:
        return next(iter(variants))
    problem = problem_of(Work.from_dict(job["work"]), job["dtype"], job["threads"])
    took: dict[str, float] = {}
    for name, open_ in variants.items():
        trainer = open_(problem)
        trainer.run(1)
        rounds = enough_rounds(trainer.run, job["seconds"] / 2)
        took[name] = min(timed(trainer.run, rounds) for _ in range(3)) / rounds
    return min(took, key=took.__getitem__)


def predict(job: dict[str, Any]) -> dict[str, Any]:
    """Time calls for one row."""
    contender, work = CONTENDERS[job["contender"]], Work.from_dict(job["work"])
    problem = problem_of(_with_examples(work), job["dtype"], job["threads"])
    answer: Predictor = loaded(contender.predicts)(problem)
    run = repeated(answer)
    run(10)
    rounds = enough_rounds(run, job["seconds"])
    took = timed(run, rounds)
    return {"seconds": took / rounds, "steps": rounds, "memory": machine.peak_memory()}


def _with_examples(work: Work) -> Work:
    # scikit-learn has to be fitted once before it predicts; two rows hold two classes.
    return Work(work.name, work.title, "train", work.layers, 16, 1, examples=16)


def load(job: dict[str, Any]) -> dict[str, Any]:
    """Time one import statement in yet another process, which has loaded nothing before it."""
    statement = CONTENDERS[job["contender"]].imports
    code = f"import time\nstarted = time.perf_counter()\n{statement}\nprint(time.perf_counter() - started)"
    command = [sys.executable, "-P", "-c", code]
    _said(command)
    return {"seconds": float(_said(command)), "steps": 1}


def _said(command: list[str]) -> str:
    """What a command prints.

    Raises:
        RuntimeError: it failed; with its last words.
    """
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=with_bytecode())
    if run.returncode:
        raise RuntimeError((run.stderr.strip().splitlines() or ["no reason given"])[-1])
    return run.stdout


def process(job: dict[str, Any]) -> dict[str, Any]:
    """Time the whole command line on the cat pictures, from the start of Python to its end."""
    cats = Path(job["data"]) / "catvnoncat"
    folder = tempfile.mkdtemp()
    train, test = cats / "train_catvnoncat.h5", cats / "test_catvnoncat.h5"
    command = [sys.executable, "-m", "pellucid", "train", str(train), "--test", str(test), "--quiet"]
    command += ["--layers", "20", "7", "5", "--iterations", str(job["steps"]), "--out", f"{folder}/run"]
    try:
        # The first run is the warm-up.
        for _ in range(2):
            shutil.rmtree(f"{folder}/run", ignore_errors=True)
            started = time.perf_counter()
            _said(command)
            took = time.perf_counter() - started
    finally:
        shutil.rmtree(folder)
    return {"seconds": took, "steps": 1}


def peak(job: dict[str, Any]) -> dict[str, Any]:
    """The most that this machine's BLAS does with so many threads, in GFLOP/s."""
    return {"gflops": machine.blas_peak(job["dtype"], job["seconds"])}


JOBS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "prepare": prepare,
    "train": train,
    "predict": predict,
    "import": load,
    "process": process,
    "peak": peak,
    "drop_in": fitted,
    "adult": answered,
    "ratio": ratio_of,
    "many_tables": fit_of_table,
}


def main(description: str) -> None:
    """Do the job that a line of JSON describes."""
    job = json.loads(description)
    machine.keep_to_processors(job["threads"])
    # Compilers and libraries may write to standard output; the answer is the only line of ours.
    answer, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr
    os.dup2(2, 1)
    result = JOBS[job["job"]](job)
    home = find_spec("pellucid")
    with answer:
        answer.write(json.dumps({**result, "pellucid": home and home.origin}) + "\n")
