"""The end of the interpreter while daemon threads train, evaluate and predict: quiet, and at once."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pellucid.engines import ENGINES

CODE = """
import sys, threading, time
import numpy as np
from pellucid import Network, TrainingOptions, train
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.engines import engine_for
from pellucid.examples import Examples
from pellucid.training import Checkpoints

engine, folder, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
X = np.random.RandomState(0).randn(50, 2000)
examples = Examples(X, (X[:1] > 0) * 1.0)
network = Network((50, 64, 1))
begun = threading.Barrier(3)

def training():
    options = TrainingOptions(epochs=10**9, batch_size=64, validation_fraction=0.2, engine=engine)
    begun.wait()
    train(network, examples, options, listeners=[Checkpoints(folder, "0.01s")])

def predicting():
    predictor = engine_for(engine).predictor(network, initialize_parameters_deep((50, 64, 1)))
    rows = np.ascontiguousarray(np.tile(X.T, (20, 1)))
    begun.wait()
    while True:
        predictor(rows)

for work in (training, predicting):
    threading.Thread(target=work, daemon=True).start()
begun.wait()
time.sleep(seconds)
print("leaving", flush=True)
"""


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.23])
@pytest.mark.parametrize("engine", ["native"])
def test_daemon_threads_do_not_abort_the_process(engine: str, seconds: float, tmp_path: Path) -> None:
    if ENGINES[engine]().why_not():
        pytest.skip("it was not compiled")
    for k in range(3):
        command = [sys.executable, "-c", CODE, engine, str(tmp_path / str(k)), str(seconds)]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")
        assert time.monotonic() - began < 30


INTERRUPTED = """
import threading
import numpy as np
from pellucid import Network, TrainingOptions, train
from pellucid.examples import Examples

X = np.random.RandomState(0).randn(50, 2000)
options = TrainingOptions(epochs=10**6, batch_size=64, engine="native")
stop = threading.Event()
fit = lambda: train(Network((50, 64, 1)), Examples(X, (X[:1] > 0) * 1.0), options, stop=stop)
work = threading.Thread(target=fit)
work.start()
print("training", flush=True)
try:
    work.join()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    stop.set()
"""


def test_ctrl_c_in_the_main_thread_while_another_trains() -> None:
    if ENGINES["native"]().why_not():
        pytest.skip("it was not compiled")
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        # Python may take the thread for ended, and not wait for it.
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "interrupted\n", "")
