"""Another process: it goes on with every training of test_run_state whose state lies in a folder.

PYTHONPATH=tests python tests/training/goes_on.py FOLDER ENGINE
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from test_run_state import CASES, OPTIONS

from pellucid import train
from trainings import read

folder, engine = Path(sys.argv[1]), sys.argv[2]
for name, (network, examples, options, more) in CASES.items():
    state = read(folder / f"{name} {engine}")
    end = train(network, examples, replace(OPTIONS, **options, engine=engine), state=state, **more)
    np.savez(
        folder / f"{name} found.npz",
        costs=end.history.costs,
        validation_costs=end.history.validation_costs,
        **end.parameters,
    )
