"""Finding the mistake: which known ones, alone or two together, give what the learner's function gave."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from pellucid.check.cases import Case
from pellucid.check.causes import SUSPECTS, Mistakes, code_of
from pellucid.check.judge_compare import differences
from pellucid.check.outcome import Outcome

# How long pairs are tried, in seconds, and how many mistakes are worth a partner.
_PATIENCE = 6.0
_PROMISING = 30
_MOST_PIECES = 3
_OF_SHAPES = ("ValueError", "ShapeError")
# Differences that leave nothing to compare inside.
_FORMS = ("none", "count", "numbers")


class _Raised(NamedTuple):
    """What stands for a result where there is none."""

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
    """The codes of the mistakes that explain every outcome; empty where none do.

    Args:
        name: of the function.
        cases: what it was given.
        outcomes: what came of each.
        strict: whether the function calls others of the course, which refuse shapes that do not fit.
        likely: of mistakes that all stop with the same error, which to believe first.
    """
    if name not in SUSPECTS:
        return ()
    pairs = [(c, _observed(o)) for c, o in zip(cases, outcomes, strict=True) if not c.saturated]
    # The telling cases first: those with a value that is wrong.
    pairs.sort(key=lambda pair: _dullness(*pair))
    # A function may call some of the others and write some out: the likelier way first.
    search = _Search(name, pairs, strict=strict, likely=likely)
    return search.found() or _Search(name, pairs, strict=not strict, likely=likely).single()


def _observed(outcome: Outcome) -> Any:
    if outcome.kind == "value":
        return outcome.value
    error = outcome.error
    return _Raised(error.type if error else "", error.message if error else "")


def _dullness(case: Case, got: Any) -> int:
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
        # Whether a wrong form counts as much as an error does: some products stretch what does not fit.
        self._lenient = False
        # Where every call raised, that a mistake raises too says little: the errors have to be the same.
        self._all_raised = all(isinstance(got, _Raised) for _, got in pairs)

    def found(self) -> tuple[str, ...]:
        """The codes of the smallest set of mistakes that explains everything."""
        found = self.single() or (() if self._all_raised else self._pair())
        if found or self._all_raised:
            return found
        found = self._piece_by_piece()
        if found:
            return found
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
        """Whether a wrong value, not only a wrong form, is explained."""
        for case, got in self._pairs:
            mine = self._run(on, case)
            if (
                not isinstance(mine, _Raised)
                and differences(case.expected, mine)
                and not differences(mine, got)
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

    def _same(self, case: Case, got: Any, mine: Any) -> bool:
        if isinstance(mine, _Raised):
            if not isinstance(got, _Raised):
                return self._lenient and _misshapen(case.expected, got)
            return not self._all_raised or _alike(mine, got)
        if isinstance(got, _Raised):
            return got.type == "AssertionError" and _misshapen(case.expected, mine)
        return not differences(mine, got) and not _more(case.expected, mine, got)

    def _merit(self, one: str) -> int:
        """How many quantities of all cases it explains."""
        merit = 0
        for case, got in self._pairs[:4]:
            mine = self._run((one,), case)
            if isinstance(mine, _Raised) or isinstance(got, _Raised):
                merit += isinstance(mine, _Raised) and isinstance(got, _Raised)
                continue
            merit += len(_quantities(mine)) - len(differences(mine, got))
        return merit

    def _piece_by_piece(self) -> tuple[str, ...]:
        """Mistakes that explain each wrong quantity of a flat result by itself, however many there are."""
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
        # More mistakes than these would explain anything.
        return tuple(dict.fromkeys(codes)) if len(set(codes)) <= _MOST_PIECES else ()

    def _explains_quantity(self, one: str, quantity: str) -> bool:
        for case, got in self._pairs:
            if isinstance(got, _Raised):
                continue
            mine = self._run((one,), case)
            if isinstance(mine, _Raised):
                return False
            if any(d.quantity == quantity or d.kind in _FORMS for d in differences(mine, got)):
                return False
            if isinstance(mine, Mapping) and quantity not in mine:
                return False
        return True


def _alike(a: _Raised, b: _Raised) -> bool:
    """Whether two errors are the same: of the same key, or both about shapes."""
    if a.type in _OF_SHAPES and b.type in _OF_SHAPES:
        return True
    return a.type == b.type and (a.type != "KeyError" or a.message == b.message)


def _quantities(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [part for inner in value.values() for part in _quantities(inner)]
    if isinstance(value, (tuple, list)):
        return [part for inner in value for part in _quantities(inner)]
    return [value]


def _misshapen(expected: Any, mine: Any) -> bool:
    """Whether a mistake gives another form than is right, at which a check in the code stops."""
    return any(d.kind in ("shape", "count", "missing", "none") for d in differences(expected, mine))


def _more(expected: Any, mine: Any, got: Any) -> bool:
    """Whether `got` has a key of the right answer that the mistake does not give."""
    if isinstance(expected, Mapping) and isinstance(mine, Mapping) and isinstance(got, Mapping):
        return any(key in got and key not in mine for key in expected)
    return False
