"""The works: which network, on how much data, in which steps. Nobody who does them is named here."""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

Floats = np.ndarray[Any, Any]

KINDS = ("train", "predict", "import", "process")


@dataclass(frozen=True)
class Work:
    """One thing that is timed.

    Attributes:
        name: how it is asked for.
        title: in words.
        kind: "train" (seconds per step), "predict" (per call), "import" or "process" (the whole of it).
        layers: units per layer, inputs first; empty where no network is named.
        batch: examples per step; 0 is all of them, the course's gradient descent.
        batches: how many different batches there are; a run goes through them in turn.
        steps: how many steps make up the whole work; 1 where a single step is what is reported.
        rate: the learning rate.
    """

    name: str
    title: str
    kind: str
    layers: tuple[int, ...] = ()
    batch: int = 0
    batches: int = 1
    steps: int = 1
    rate: float = 0.01
    examples: int = 0

    @property
    def per_step(self) -> int:
        """How many examples a step takes."""
        return self.batch or self.examples

    @property
    def flops(self) -> int:
        """The useful floating-point operations of one step; 0 where nothing is trained."""
        return training_flops(self.layers, self.per_step) if self.kind == "train" else 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "layers": list(self.layers)}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """What `to_dict` described."""
        return cls(**{**document, "layers": tuple(document["layers"])})


def _steps(name: str, layers: tuple[int, ...], batch: int, batches: int) -> Work:
    title = f"one step of {list(layers)} on {batch} examples"
    return Work(name, title, "train", layers, batch, batches, examples=batch * batches)


_HEADLINE = (12288, 20, 7, 5, 1)
WORKS: dict[str, Work] = {
    work.name: work
    for work in (
        Work(
            "headline",
            f"2,500 full-batch iterations of {list(_HEADLINE)} on 209 pictures",
            "train",
            _HEADLINE,
            steps=2500,
            rate=0.0075,
            examples=209,
        ),
        # Enough batches that no cache holds them for being few, and few enough to go round often.
        _steps("tiny", (30, 16, 8, 1), 32, 256),
        _steps("small", (100, 64, 32, 1), 64, 128),
        _steps("middle", (784, 256, 128, 1), 128, 32),
        _steps("large", (1024, 1024, 1024, 1), 512, 8),
        _steps("wide-2048", (2048, 2048, 2048, 1), 512, 4),
        _steps("wide-4096", (4096, 4096, 4096, 1), 512, 2),
        Work("inference", "the probability of one row, [30, 64, 32, 1]", "predict", (30, 64, 32, 1), 1),
        Work("import", "importing what trains", "import"),
        Work("process", "the whole of `pellucid train` on the cat pictures, saved and drawn", "process"),
    )
}


def works_named(names: Sequence[str]) -> list[Work]:
    """The works called so, in the order of the table; all of them where none is named."""
    return [work for work in WORKS.values() if not names or work.name in names]


def training_flops(layers: Sequence[int], m: int) -> int:
    """Useful floating-point operations of one step on m examples, those of the matrix products.

    2 m n n_prev for each layer's forward product, the same for dW, and the same for dA but in the first
    layer: nobody uses the gradient of the inputs.
    """
    products = [2 * m * n * n_prev for n_prev, n in itertools.pairwise(layers)]
    return 3 * sum(products) - products[0]


@dataclass(frozen=True, eq=False)
class Problem:
    """What all contenders of a training work are given, before each puts it into its favourite layout.

    Attributes:
        work: what is done.
        X: rows, (m, n_0), in the type of number of the training.
        y: (m,), 0 or 1, of the same type.
        order: (m,) the batches one after the other, drawn once.
        parameters: where everyone starts, W{l} (n_l, n_{l-1}) and b{l} (n_l, 1).
        threads: how many may work.
    """

    work: Work
    X: Floats
    y: Floats
    order: np.ndarray[Any, np.dtype[np.int64]]
    parameters: dict[str, Floats]
    threads: int = 1

    @property
    def layers(self) -> tuple[int, ...]:
        """Units per layer."""
        return self.work.layers

    def gathered(self) -> tuple[Floats, Floats]:
        """The batches, laid out one after the other: (batches, k, n_0) and (batches, k)."""
        shape = (self.work.batches, self.work.per_step)
        if not self.work.batch:
            return self.X[None], self.y[None]
        return self.X[self.order].reshape(*shape, -1), self.y[self.order].reshape(shape)


def problem_of(work: Work, dtype: str, threads: int = 1, seed: int = 1) -> Problem:
    """Random examples and first weights: a dense network's time does not depend on what they show."""
    rng = np.random.default_rng(seed)
    X = rng.random((work.examples, work.layers[0]), dtype=np.float32).astype(dtype, copy=False)
    y = (rng.random(work.examples) > 0.6).astype(dtype)
    parameters: dict[str, Floats] = {}
    for l, (n_prev, n) in enumerate(itertools.pairwise(work.layers), 1):
        parameters[f"W{l}"] = (rng.standard_normal((n, n_prev)) / np.sqrt(n_prev)).astype(dtype)
        parameters[f"b{l}"] = np.zeros((n, 1), dtype)
    return Problem(work, X, y, rng.permutation(work.examples), parameters, threads)
