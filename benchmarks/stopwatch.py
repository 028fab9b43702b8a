"""Timing a call that can be told how many rounds to go."""

import time
from collections.abc import Callable

Run = Callable[[int], object]

# No measurement goes round more often than this, however fast the clock says it is.
_MOST_ROUNDS = 10**7


def timed(run: Run, rounds: int) -> float:
    """Seconds that `run(rounds)` takes."""
    started = time.perf_counter()
    run(rounds)
    return time.perf_counter() - started


def enough_rounds(run: Run, seconds: float) -> int:
    """How many rounds take about `seconds`: doubled until a tenth of it, then in proportion."""
    rounds = 1
    while True:
        took = timed(run, rounds)
        if took * 10 >= seconds or rounds >= _MOST_ROUNDS:
            return max(1, min(_MOST_ROUNDS, round(rounds * seconds / max(took, 1e-9))))
        rounds *= 2


def repeated(call: Callable[[], object]) -> Run:
    """The call, as often as there are rounds."""

    def run(rounds: int) -> None:
        for _ in range(rounds):
            call()

    return run
