"""Run a learner's file in this process, without isolation.

Only for our own files: tests, and the corpus of known mistakes.
"""

import contextlib
import copy
import io
import warnings
from collections.abc import Iterable
from time import perf_counter
from typing import Any

import numpy as np

from pellucid.check import raised, wire
from pellucid.check.learner import Learner
from pellucid.check.outcome import Failure, Outcome
from pellucid.check.solution import Solution
from pellucid.check.watching import ArgumentWatch


class InProcess:
    """Answers calls as `Sandbox` does, with no isolation and no limits.

    Attributes:
        loaded: the outcome of running the file's top level.
        isolation: in words.
    """

    isolation = "none: the file ran in this process"

    def __init__(self, solution: Solution, *, reference_names: Iterable[str] = ()) -> None:
        """A runner with the file loaded.

        Args:
            solution: the file.
            reference_names: as for `Sandbox`.
        """
        self._text = solution.text
        self._learner = Learner([*solution.functions, *solution.other_names], [*reference_names])
        with contextlib.redirect_stdout(io.StringIO()):
            errors = list(self._learner.load(solution.text, definitions_only=False))
        self.loaded = (
            Outcome("raised", error=Failure(*raised.described(errors[0], solution.text)))
            if errors
            else Outcome("value")
        )

    def call(
        self, name: str, args: tuple[Any, ...], *, seed: int | None = None, alone: bool = False
    ) -> Outcome:
        """The outcome of one call.

        Args:
            name: of the function.
            args: by position.
            seed: of NumPy's global stream.
            alone: whether all other functions are the reference's.
        """
        return self.calls([(name, args, seed, alone)])[0]

    def calls(self, calls: Iterable[tuple[Any, ...]]) -> list[Outcome]:
        """The outcomes of many calls, `(name, args, seed, alone)` each.

        Args:
            calls: in their order.
        """
        return [self._one(*call) for call in calls]

    def _one(self, name: str, args: tuple[Any, ...], seed: int | None, alone: bool) -> Outcome:
        arguments = copy.deepcopy(args)
        watch = ArgumentWatch(arguments)
        if seed is not None:
            np.random.seed(seed)
        printed = io.StringIO()
        start = perf_counter()
        before: Any = {}
        value, error = None, None
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                function = self._learner.function(name)
                before = self._learner.alone(name) if alone else {}
                value = function(*arguments)
            except (Exception, SystemExit) as failure:
                error = Failure(*raised.described(failure, self._text))
            finally:
                self._learner.together(before)
        took = perf_counter() - start
        kind = "value" if error is None else "raised"
        carried = wire.decode(wire.encode(value)) if error is None else None
        return Outcome(kind, carried, error, printed.getvalue(), took, watch.changed(), watch.written())  # type: ignore[arg-type]
