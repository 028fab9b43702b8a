"""A process to be killed: it trains with checkpoints in a folder, or goes on, and writes what it learnt.

python trainee.py CASE FOLDER RESULT.npz [EVERY]
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import Network, TrainingOptions
from pellucid.examples import Examples
from pellucid.files.checkpoint_file import holds_checkpoint
from pellucid.training import Checkpoints, Event, SavedTraining
from pellucid.training.members import train_members

RNG = np.random.RandomState(0)
X, WIDE_X = RNG.randn(30, 400), RNG.randn(400, 40)
EXAMPLES, WIDE = (Examples(part, (part[:1] > 0).astype(float)) for part in (X, WIDE_X))
OPTIONS = TrainingOptions(epochs=30, learning_rate=0.01, batch_size=32, rng=1, threads=1)

# Network, examples, options, members.
CASES: dict[str, tuple[Network, Examples, TrainingOptions, int]] = {
    "batches": (Network((30, 20, 1), dropout=0.2), EXAMPLES, replace(OPTIONS, optimizer="adam"), 1),
    "held out": (
        *(Network((30, 20, 1), l2=0.1), EXAMPLES),
        replace(OPTIONS, validation_fraction=0.2, patience=50, schedule="one_cycle"),
        1,
    ),
    "short cut": (
        *(Network((400, 20, 1)), WIDE),
        replace(OPTIONS, batch_size=None, optimizer="momentum", shortcut="always"),
        1,
    ),
    "members": (Network((30, 10, 1)), EXAMPLES, replace(OPTIONS, optimizer="adamw"), 3),
}


def slowly(_: Event) -> None:
    """So that a training lasts as long as a process takes to begin."""
    time.sleep(0.002)


def trained(case: str, **more: Any) -> dict[str, Any]:
    """What is learnt: the parameters and the costs."""
    network, examples, options, members = CASES[case]
    end = train_members(network, examples, options, members, listeners=[slowly], **more)
    costs = {"costs": np.array(end.history.costs), "validation": np.array(end.history.validation_costs)}
    return {**end.parameters, **costs}


def main(case: str, folder: str, result: str, every: str = "0.001s") -> None:
    """Train, or go on."""
    members = CASES[case][3]
    before = SavedTraining.read(folder) if holds_checkpoint(folder) else None
    checkpoints = Checkpoints(folder, every, members=members, before=before)
    found = trained(case, checkpoints=checkpoints, before=before)
    checkpoints.close()
    part = Path(f"{result}.part")
    with part.open("wb") as file:
        np.savez(file, **found)
    part.replace(result)


if __name__ == "__main__":
    main(*sys.argv[1:])
