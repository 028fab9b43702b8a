"""Run the tests that compare numbers: in this environment, or as other processors would.

    python scripts/numerical_tests.py [--processors] [--short] [pytest's arguments]

Other instructions round sums otherwise. With --processors the tests run once for each generation of x86-64
that this machine can stand for: NumPy, its OpenBLAS and the native engine use no later instructions.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent

# Everything that compares numbers; what is left out reads files, draws or writes text.
NUMERICAL = [
    *("tests/core", "tests/engines", "tests/training", "tests/estimators", "tests/tracing"),
    *("tests/test_course.py", "tests/test_deep_network.py", "tests/test_metrics.py", "tests/test_model.py"),
    *("tests/test_model_tables.py", "tests/test_network.py", "tests/test_optimizer.py"),
    *("tests/test_series.py", "tests/test_sweeping.py", "tests/test_version_0_1_0.py"),
]
# What other instructions broke, or would break first: trainings, gradients, agreement with scikit-learn.
# The largest data sets take most of the time.
SHORT = [
    *("tests/test_series.py", "tests/test_version_0_1_0.py", "tests/core/test_exercises.py"),
    *("tests/core/test_model_gradients.py", "tests/tracing/test_gradients.py"),
    *("tests/engines/test_steps.py", "tests/estimators/test_agreement.py"),
    *("-k", "not (cats or curve or adult or mnist10k or digits)"),
]


class Processor(NamedTuple):
    """A generation of x86-64, in the words of NumPy, OpenBLAS and the native engine.

    Attributes:
        name: what is printed.
        needs: NumPy's names, new and old, of its newest feature; one of them has to be there.
        lacks: how the names of the features begin that it does not have.
        openblas: OPENBLAS_CORETYPE.
        native: PELLUCID_ISA.
    """

    name: str
    needs: tuple[str, ...]
    lacks: tuple[str, ...]
    openblas: str
    native: str

    def environment(self, found: list[str]) -> dict[str, str]:
        """The variables that make a machine with the features `found` this processor."""
        return {
            "OPENBLAS_CORETYPE": self.openblas,
            "PELLUCID_ISA": self.native,
            "NPY_DISABLE_CPU_FEATURES": " ".join(name for name in found if name.startswith(self.lacks)),
        }


PROCESSORS = [
    # Every name begins with nothing: this one has only what NumPy was compiled for.
    Processor("SSE", (), ("",), "Prescott", "generic"),
    Processor("AVX2", ("X86_V3", "AVX2"), ("X86_V4", "AVX512"), "Haswell", "avx2"),
    Processor("AVX-512", ("X86_V4", "AVX512_SKX"), (), "SkylakeX", "avx512"),
]


def numpy_features() -> list[str]:
    """What NumPy finds this machine to have beyond what it was compiled for."""
    return list(np.show_config(mode="dicts")["SIMD Extensions"].get("found", []))


def passed(tests: list[str], variables: dict[str, str]) -> bool:
    """Run pytest with these variables, and say how long it took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=False)
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    return run.returncode == 0


def passed_on(processor: Processor, tests: list[str], found: list[str]) -> bool:
    if processor.needs and not set(processor.needs) & set(found):
        print(f"{processor.name}: left out, this machine has no such instructions", flush=True)
        return True
    variables = processor.environment(found)
    print(processor.name, *(f"{name}='{value}'" for name, value in variables.items()), flush=True)
    return passed(tests, variables)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--processors", action="store_true", help="once for each processor")
    parser.add_argument("--short", action="store_true", help="only what other instructions break first")
    asked, pytest_arguments = parser.parse_known_args()
    tests = [*(SHORT if asked.short else NUMERICAL), *pytest_arguments]
    if not asked.processors:
        return not passed(tests, {})
    found = numpy_features()
    # The newest generation is about what the whole suite runs on.
    processors = PROCESSORS[:-1] if asked.short else PROCESSORS
    failed = [processor.name for processor in processors if not passed_on(processor, tests, found)]
    if failed:
        print(f"failed on {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
