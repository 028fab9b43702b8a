"""The contenders: who does which work in which type of number, and what each needs to be installed."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.works import Work

_TRAINING = ("headline", "tiny", "small", "middle", "large")
# Only by those who may be the fastest there.
_WIDE = ("wide-2048", "wide-4096")


@dataclass(frozen=True)
class Contender:
    """One way of doing some of the works.

    Attributes:
        name: how it is asked for.
        title: in a table.
        package: the distribution it needs, whose version is recorded.
        works: what it does, by name.
        trains: "module:NAME" of its `Variants`.
        predicts: "module:function", from a `Problem` to a `Predictor`.
        imports: the statement whose time is that of importing it.
        both: the headline network also in float64, for which the published digits are.
        whole: its headline run is timed from end to end: what a short cut saves is no sum of equal steps.
        compiler: it needs a C++ compiler.
    """

    name: str
    title: str
    package: str
    works: tuple[str, ...]
    trains: str = ""
    predicts: str = ""
    imports: str = ""
    both: bool = False
    whole: bool = False
    compiler: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is Pellucid itself."""
        return self.package == "pellucid"

    def dtypes(self, work: Work) -> tuple[str, ...]:
        """The types of number in which it is timed at this work."""
        if work.kind not in ("train", "predict"):
            return ("",)
        return ("float64", "float32") if self.both and work.name == "headline" else ("float32",)

    def times_whole(self, work: Work) -> bool:
        """Whether this work is timed from end to end, and not some of its steps."""
        return self.whole and work.name == "headline"

    def missing(self) -> str | None:
        """Why it cannot take part here; None where it can."""
        if version_of(self.package) is None:
            return f"{self.package} is not installed"
        if self.compiler and not (shutil.which("g++") or shutil.which("clang++")):
            return "it needs a C++ compiler, g++ or clang++"
        return None


_BENCH = "benchmarks"
CONTENDERS: dict[str, Contender] = {
    contender.name: contender
    for contender in (
        Contender(
            "ours",
            "Pellucid",
            "pellucid",
            (*_TRAINING, *_WIDE, "inference", "import", "process"),
            trains=f"{_BENCH}.ours:FASTEST",
            predicts=f"{_BENCH}.ours:predictor",
            imports="from pellucid import DeepNetwork",
            both=True,
            whole=True,
        ),
        Contender(
            "ours-same-arithmetic",
            "Pellucid, same arithmetic",
            "pellucid",
            ("headline",),
            trains=f"{_BENCH}.ours:SAME_ARITHMETIC",
            both=True,
        ),
        Contender(
            "ours-reference",
            "Pellucid, reference engine",
            "pellucid",
            _TRAINING,
            trains=f"{_BENCH}.ours:REFERENCE",
            both=True,
        ),
        Contender(
            "ours-jax",
            "Pellucid, JAX engine",
            "jax",
            (*_TRAINING, *_WIDE),
            trains=f"{_BENCH}.ours:ON_JAX",
        ),
        Contender(
            "course",
            "the course's NumPy",
            "numpy",
            _TRAINING,
            trains=f"{_BENCH}.numpy_style:COURSE",
            both=True,
        ),
        Contender(
            "numpy",
            "NumPy, preallocated",
            "numpy",
            (*_TRAINING, *_WIDE, "inference", "import"),
            trains=f"{_BENCH}.numpy_style:PREALLOCATED",
            predicts=f"{_BENCH}.numpy_style:predictor",
            imports="import numpy",
            both=True,
        ),
        Contender(
            "scikit-learn",
            "scikit-learn",
            "scikit-learn",
            (*_TRAINING, "inference", "import"),
            trains=f"{_BENCH}.peers:SCIKIT_LEARN",
            predicts=f"{_BENCH}.peers:scikit_learn_predictor",
            imports="from sklearn.neural_network import MLPClassifier",
        ),
        Contender(
            "pytorch",
            "PyTorch, eager",
            "torch",
            (*_TRAINING, *_WIDE, "inference", "import"),
            trains=f"{_BENCH}.peers:PYTORCH",
            predicts=f"{_BENCH}.peers:pytorch_predictor",
            imports="import torch",
        ),
        Contender(
            "pytorch-compiled",
            "PyTorch, compiled",
            "torch",
            (*_TRAINING, *_WIDE),
            trains=f"{_BENCH}.peers:PYTORCH_COMPILED",
            compiler=True,
        ),
        Contender(
            "jax",
            "JAX, jit",
            "jax",
            (*_TRAINING, *_WIDE, "import"),
            trains=f"{_BENCH}.peers:JAX",
            imports="import jax",
        ),
    )
}


def contenders_named(names: Sequence[str]) -> list[Contender]:
    """The contenders called so, in the order of the table; all of them where none is named."""
    return [one for one in CONTENDERS.values() if not names or one.name in names]


def loaded(target: str) -> Any:
    """What "module:name" stands for."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def version_of(package: str) -> str | None:
    """The version of a distribution; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
