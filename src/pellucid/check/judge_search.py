"""Search for the known mistakes, alone or in pairs, that give the learner's results."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from pellucid.check.cases import Case
from pellucid.check.causes import SUSPECTS, Mistakes, code_of
from pellucid.check.judge_compare import differences
from pellucid.check.outcome import Outcome

# Seconds to try pairs, and the number of mistakes that are tried in pairs.
_PATIENCE = 6.0
_PROMISING = 30
_MOST_PIECES = 3
_OF_SHAPES = ("ValueError", "ShapeError")
# Differences that leave nothing to compare inside.
_FORMS = ("none", "count", "numbers")


class _Raised(NamedTuple):
    """The error of a call without a result."""

    type: str
    message: str


def causes_of(
    name: str,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    *,
    strict: bool = False,
    likely: Callable[[str], bool] = lambda code: True,
) -> tuple[str, ...]:
    """The codes of the mistakes that explain every outcome; empty: none do.

    Args:
        name: of the function.
        cases: its cases.
        outcomes: one for each case.
        strict: whether the function calls others of the course, which refuse shapes that do not match.
        likely: which of several mistakes with the same error to prefer.
    """
    if name not in SUSPECTS:
        return ()
    pairs = [(c, _observed(o)) for c, o in zip(cases, outcomes, strict=True) if not c.saturated]
    # Cases with wrong values first: they say most about the mistake.
    pairs.sort(key=lambda pair: _priority(*pair))
    # A function may call some of the others and write some out: try the likelier way first.
    search = _Search(name, pairs, strict=strict, likely=likely)
    return search.codes() or _Search(name, pairs, strict=not strict, likely=likely).single()


def _observed(outcome: Outcome) -> Any:
    if outcome.kind == "value":
        return outcome.value
    error = outcome.error
    return _Raised(error.type if error else "", error.message if error else "")


def _priority(case: Case, got: Any) -> int:
    if isinstance(got, _Raised):
        return 2
    return 0 if differences(case.expected, got) else 1


class _Search:
    """One search, through the mistakes of one function."""

    def __init__(
        self,
        name: str,
        pairs: Sequence[tuple[Case, Any]],
        *,
        strict: bool,
        likely: Callable[[str], bool],
    ) -> None:
        self._suspect = SUSPECTS[name]
        self._pairs = pairs
        self._strict = strict
        self._likely = likely
        # Whether a wrong form counts as an error: some products broadcast shapes that do not match.
        self._lenient = False
        # If every call raised, a mistake explains that only with the same errors.
        self._all_raised = all(isinstance(got, _Raised) for _, got in pairs)

    def codes(self) -> tuple[str, ...]:
        """The codes of the smallest set of mistakes that explains everything."""
        codes = self.single() or (() if self._all_raised else self._pair())
        if codes or self._all_raised:
            return codes
        codes = self._piece_by_piece()
        if codes:
            return codes
        self._lenient = True
        return self.single() or self._pair()

    def single(self) -> tuple[str, ...]:
        """The one mistake that explains everything."""
        mistakes: Iterable[str] = self._suspect.mistakes
        if self._all_raised:
            mistakes = sorted(mistakes, key=lambda one: not self._likely(code_of(one)))
        for one in mistakes:
            if self._explains((one,)) and (not self._lenient or self._some_value((one,))):
                return (code_of(one),)
        return ()

    def _pair(self) -> tuple[str, ...]:
        mistakes = self._suspect.mistakes
        ranked = sorted(mistakes, key=self._merit, reverse=True)
        promising = set(ranked[:_PROMISING])
        ends = perf_counter() + _PATIENCE
        for a, b in combinations(ranked, 2):
            if a not in promising or perf_counter() > ends:
                break
            if code_of(a) == code_of(b) or not self._explains((a, b)):
                continue
            if not self._lenient or self._some_value((a, b)):
                return tuple(code_of(one) for one in sorted((a, b), key=mistakes.index))
        return ()

    def _some_value(self, on: Sequence[str]) -> bool:
        """Whether at least one wrong value is explained, not only wrong forms."""
        for case, got in self._pairs:
            simulated = self._run(on, case)
            if (
                not isinstance(simulated, _Raised)
                and differences(case.expected, simulated)
                and not differences(simulated, got)
            ):
                return True
        return False

    def _run(self, on: Sequence[str], case: Case) -> Any:
        try:
            with np.errstate(all="ignore"):
                return self._suspect.run(Mistakes(on, strict=self._strict), *case.args)
        except Exception as error:
            return _Raised(type(error).__name__, str(error))

    def _explains(self, on: Sequence[str]) -> bool:
        return all(self._same(case, got, self._run(on, case)) for case, got in self._pairs)

    def _same(self, case: Case, got: Any, simulated: Any) -> bool:
        if isinstance(simulated, _Raised):
            if not isinstance(got, _Raised):
                return self._lenient and _misshapen(case.expected, got)
            return not self._all_raised or _alike(simulated, got)
        if isinstance(got, _Raised):
            return got.type == "AssertionError" and _misshapen(case.expected, simulated)
        return not differences(simulated, got) and not _more(case.expected, simulated, got)

    def _merit(self, one: str) -> int:
        """The number of quantities that it explains."""
        merit = 0
        for case, got in self._pairs[:4]:
            simulated = self._run((one,), case)
            if isinstance(simulated, _Raised) or isinstance(got, _Raised):
                merit += isinstance(simulated, _Raised) and isinstance(got, _Raised)
                continue
            merit += len(_quantities(simulated)) - len(differences(simulated, got))
        return merit

    def _piece_by_piece(self) -> tuple[str, ...]:
        """Any number of mistakes that each explain one wrong quantity of a flat result."""
        wrong = {
            d.quantity
            for case, got in self._pairs
            if not isinstance(got, _Raised)
            for d in differences(case.expected, got)
        }
        explained = []
        for quantity in wrong:
            for one in self._suspect.mistakes:
                if self._explains_quantity(one, quantity):
                    explained.append(one)
                    break
            else:
                return ()
        codes = [code_of(one) for one in sorted(set(explained), key=self._suspect.mistakes.index)]
        # A larger number of mistakes could explain anything.
        return tuple(dict.fromkeys(codes)) if len(set(codes)) <= _MOST_PIECES else ()

    def _explains_quantity(self, one: str, quantity: str) -> bool:
        for case, got in self._pairs:
            if isinstance(got, _Raised):
                continue
            simulated = self._run((one,), case)
            if isinstance(simulated, _Raised):
                return False
            if any(d.quantity == quantity or d.kind in _FORMS for d in differences(simulated, got)):
                return False
            if isinstance(simulated, Mapping) and quantity not in simulated:
                return False
        return True


def _alike(a: _Raised, b: _Raised) -> bool:
    """Whether two errors are the same: for the same key, or both about shapes."""
    if a.type in _OF_SHAPES and b.type in _OF_SHAPES:
        return True
    return a.type == b.type and (a.type != "KeyError" or a.message == b.message)


def _quantities(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [part for inner in value.values() for part in _quantities(inner)]
    if isinstance(value, (tuple, list)):
        return [part for inner in value for part in _quantities(inner)]
    return [value]


def _misshapen(expected: Any, simulated: Any) -> bool:
    """Whether a mistake gives a wrong form, at which an assertion in the code stops."""
    return any(d.kind in ("shape", "count", "missing", "none") for d in differences(expected, simulated))


def _more(expected: Any, simulated: Any, got: Any) -> bool:
    """Whether `got` has a key of the right result that the mistake does not give."""
    if isinstance(expected, Mapping) and isinstance(simulated, Mapping) and isinstance(got, Mapping):
        return any(key in got and key not in simulated for key in expected)
    return False
