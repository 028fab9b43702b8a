"""One job in a process of its own: `python -m pellucid.bench.worker '{"job": "train", ...}'`.

It prints one line of JSON. The process is fresh for every measurement: nothing that another contender
loaded, allocated or left running is in it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pellucid.bench import machine
from pellucid.bench.adult import answered
from pellucid.bench.contenders import CONTENDERS, loaded
from pellucid.bench.drop_in import fitted
from pellucid.bench.trainer import Predictor, Variants
from pellucid.bench.works import Work, problem_of

# No measurement goes round more often than this, however fast the clock says it is.
_MOST_ROUNDS = 10**7


def timed(run: Callable[[int], object], rounds: int) -> float:
    """Seconds that `run(rounds)` takes."""
    started = time.perf_counter()
    run(rounds)
    return time.perf_counter() - started


def enough_rounds(run: Callable[[int], object], seconds: float) -> int:
    """How many rounds take about `seconds`: doubled until a tenth of it, then in proportion."""
    rounds = 1
    while True:
        took = timed(run, rounds)
        if took * 10 >= seconds or rounds >= _MOST_ROUNDS:
            return max(1, min(_MOST_ROUNDS, round(rounds * seconds / max(took, 1e-9))))
        rounds *= 2


def prepare(job: dict[str, Any]) -> dict[str, Any]:
    """Let every variant of a contender train a little, compare where it arrives, and find the fastest."""
    from pellucid.bench.verify import right_of, small_problem, verified

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

    def run(rounds: int) -> None:
        for _ in range(rounds):
            answer()

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
    """What a command prints, with its modules compiled to bytecode as every installation has them.

    Raises:
        RuntimeError: it failed; with its last words.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
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
}


def main() -> None:
    """Do the job that the first argument describes."""
    job = json.loads(sys.argv[1])
    machine.keep_to_processors(job["threads"])
    # Compilers and libraries may write to standard output; the answer is the only line of ours.
    answer, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr
    os.dup2(2, 1)
    result = JOBS[job["job"]](job)
    with answer:
        answer.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
