"""The compiled module of native/binding.cpp: for `pellucid.engines` only."""

from collections.abc import Sequence
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Doubles = NDArray[np.float64]
Floats = NDArray[Any]

# What there is a kernel for.
activations: tuple[str, ...]
costs: tuple[str, ...]
rules: tuple[str, ...]

@final
class Description: ...

@final
class Options: ...

@final
class Turnstile:
    def __init__(self) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *details: object) -> None: ...

def describe(
    *,
    layer_dims: Sequence[int],
    activations: Sequence[str],
    cost: str,
    label_smoothing: float,
    huber_delta: float,
    l2: float,
    l1: float,
    dropout: Sequence[float],
) -> Description: ...
def options(
    *,
    rule: str,
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: float,
    clip_norm: float,
    seed: int,
    threads: int,
    epsilon_hat: bool,
) -> Options: ...
def instruction_set() -> str: ...
def product(A: Floats, B: Floats, C: Floats, beyond: int, threads: int) -> None: ...

class _Trainer:
    def __init__(self, *, network: Description, options: Options) -> None: ...
    def feed(self, *, X: Floats, Y: Floats, weights: Floats | None) -> None: ...
    def restore(
        self,
        *,
        parameters: Floats,
        v: Floats | None,
        s: Floats | None,
        update_count: int,
        step_count: int,
    ) -> None: ...
    @property
    def steps_taken(self) -> int: ...
    def state(self, *, parameters: Floats, v: Floats | None, s: Floats | None) -> tuple[int, int]: ...
    def advance(
        self,
        *,
        columns: Integers | None,
        offsets: Integers,
        rates: Doubles,
        costs: Doubles,
        penalties: Doubles,
        listens: bool,
    ) -> tuple[int, Literal["done", "diverged"], float]: ...
    def gradient(
        self, *, at: Floats, grads: Floats, outputs: Floats, listens: bool
    ) -> tuple[float, float]: ...
    def evaluate(
        self,
        *,
        X: Floats,
        Y: Floats,
        weights: Floats | None,
        outputs: Floats,
        same_inputs: bool,
        listens: bool,
    ) -> float: ...
    def cost(self, *, listens: bool) -> float: ...
    def go_back(self) -> None: ...
    @property
    def leaves_out_zeros(self) -> bool: ...

class _Predictor:
    def __init__(
        self,
        *,
        network: Description,
        parameters: Floats,
        mean: Sequence[float],
        deviation: Sequence[float],
        spread: bool,
        threads: int,
    ) -> None: ...
    def answer(self, rows: Any, to: Floats) -> bool: ...
    def outputs(self, *, X: Floats, outputs: Floats, listens: bool) -> None: ...
    def evaluate(
        self, *, X: Floats, Y: Floats, weights: Floats | None, outputs: Floats, listens: bool
    ) -> float: ...

@final
class Trainer32(_Trainer): ...

@final
class Trainer64(_Trainer): ...

@final
class Predictor32(_Predictor): ...

@final
class Predictor64(_Predictor): ...
