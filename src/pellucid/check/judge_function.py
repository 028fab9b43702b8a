"""Judge one function: call it, compare the results, find the cause."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pellucid.check import judge_errors, judge_initialization, judge_trainers, old_names
from pellucid.check.cases import Case, Exam, cases_of
from pellucid.check.causes.explanations import EXPLANATIONS
from pellucid.check.editions import exam_of, understood
from pellucid.check.judge_arguments import ARGUMENTS, accepted, arranged, by_names, order_of, takes
from pellucid.check.judge_compare import EXACT, differences, error_of
from pellucid.check.judge_lines import (
    line_assigning,
    line_of,
    loops_over_numbers,
    quantity_of,
    return_in_loop,
)
from pellucid.check.judge_naming import named
from pellucid.check.judge_verdict import is_single, is_weak, is_wrong, without_single_assertions
from pellucid.check.judgement import Judgement, rows_of
from pellucid.check.outcome import Outcome
from pellucid.check.solution import FunctionSource, Solution, without_assertions
from pellucid.check.unwritten import blank_line

if TYPE_CHECKING:
    from pellucid.check.runner import Runner

_STARTS = frozenset({"initialize_parameters", "initialize_parameters_deep", *judge_initialization.SCALES})
_TRAINERS = ("two_layer_model", "L_layer_model", "nn_model")
_WEAKNESSES = {
    "compute_cost": "cost-nan-at-saturation",
    "L_model_backward": "dal-nan-at-saturation",
    "sigmoid": "sigmoid-nan-at-large-z",
}
_WRITING = ("update_parameters_with_momentum", "update_parameters_with_adam", "optimize")
_FUSED = (
    "right if AL is the output of the caches, as with dZL = AL - Y; in the published exercise it is not, "
    "and the expected digits are those of the long formula"
)

_REBOUND = (
    "the keys of the dictionary that was passed in are bound to new arrays: the caller's dictionary "
    "changes too; a copy of it, {**parameters}, would leave that alone"
)


class Judge:
    """Judges the functions of one solution."""

    def __init__(
        self,
        solution: Solution,
        runner: "Runner",
        without_asserts: "Callable[[Solution], Runner] | None" = None,
        *,
        shallow: bool = False,
    ) -> None:
        """A judge.

        Args:
            solution: the file.
            runner: answers the calls.
            without_asserts: makes a runner of a file without its assertions.
            shallow: whether the file is about the network with one hidden layer.
        """
        self._solution = solution
        self._runner = runner
        self._without_asserts = without_asserts
        self._shallow = shallow
        self._searching = True
        self._imports = old_names.imported_names(ast.parse(solution.text))

    def judgement(self, name: str, *, alone: bool = True) -> Judgement:
        """The verdict on one function that the file defines.

        Args:
            name: of the function.
            alone: whether the reference replaces all other functions during its calls.
        """
        function = self._solution.functions.get(name)
        blank = blank_line(function, self._solution.text) if function else None
        # No cause is told of what is not written yet, and a return in a loop is one: searches take seconds.
        early = return_in_loop(function) if function and name not in _TRAINERS else None
        self._searching = blank is None and early is None
        found = self._judged(name, function, alone)
        if found.status == "not_judged":
            return found
        if early and found.status in ("fail", "error"):
            found = Judgement.of(
                name, ("return-in-loop",), line=early, case=found.case, shapes=found.shapes
            )
        if blank is None or found.right:
            left = old_names.remarks(function.tree, self._imports) if function else ()
            return replace(found, notes=(*found.notes, *left))
        return Judgement(name, "unwritten", message="not written yet", line=blank)

    def _judged(self, name: str, function: FunctionSource | None, alone: bool) -> Judgement:
        if name in _STARTS:
            return self._start(name, function, alone)
        if name in ARGUMENTS:
            return self._trainer(name, function, alone)
        exam = exam_of(name, self._solution, is_shallow=self._shallow)
        if exam is None:
            return Judgement(name, "not_judged", message="another exercise's function of this name")
        order = order_of(exam, function)
        if order is None:
            return self._wrong_arity(name, function, exam.arguments)
        return self._examined(exam, order, function, alone)

    def _calls(
        self, name: str, args: Sequence[tuple[Any, ...]], alone: bool, seeds: Any = None
    ) -> list[Outcome]:
        seeds = seeds or [0] * len(args)
        return self._runner.calls(
            [(name, given, seed, alone) for given, seed in zip(args, seeds, strict=True)]
        )

    def _wrong_arity(
        self, name: str, function: FunctionSource | None, arguments: Sequence[str]
    ) -> Judgement:
        parameters = ", ".join(function.parameters) if function else "unknown"
        line = function.tree.lineno if function else None
        notes = (f"its arguments are ({parameters}); the course has ({', '.join(arguments)})",)
        return Judgement.of(name, ("wrong-arity",), line=line, notes=notes)

    def _examined(
        self, exam: Exam, order: Sequence[str], function: FunctionSource | None, alone: bool
    ) -> Judgement:
        cases = [case for case in cases_of(exam.name) if case.judged]
        outcomes = self._calls(
            exam.function, [arranged(exam, order, case, function) for case in cases], alone
        )
        outcomes, remarks = self._understood(exam, cases, outcomes)
        wrong = [i for i, (c, o) in enumerate(zip(cases, outcomes, strict=True)) if is_wrong(c, o, exam)]
        wrong = without_single_assertions(cases, outcomes, wrong)
        mutated = _mutation(exam.name, outcomes)
        replaced = next((o.replaced for o in outcomes if o.replaced), ())
        fused = _only_published(exam, cases, outcomes, wrong)
        if (not wrong or fused) and not mutated and not replaced:
            more = [_FUSED] * fused + [_REBOUND] * _rebinds(exam.name, outcomes)
            return self._passed(exam, function, cases, outcomes, (*remarks, *more), exact=not fused)
        if not wrong:
            code = "replaces-numpy" if replaced else mutated
            notes = (f"replaced: {', '.join(replaced)}",) if replaced else ()
            i = next((i for i, o in enumerate(outcomes) if o.written), 0)
            return Judgement.of(
                exam.function, (code,), line=_line(function, code), case=cases[i].text, notes=notes
            )
        causes = self._causes(exam, order, function, cases, outcomes, alone)
        if mutated and mutated not in causes:
            # An update that is wrong because it writes into its arguments is one mistake, not two.
            causes = (*causes, mutated) if causes[0] != "differs" else (mutated,)
        return self._failed(exam, function, cases, outcomes, wrong, causes)

    def _understood(
        self, exam: Exam, cases: Sequence[Case], outcomes: Sequence[Outcome]
    ) -> tuple[list[Outcome], tuple[str, ...]]:
        """The outcomes in the form of the exam, and remarks on their own form."""
        found = [
            understood(exam, case, outcome, self._solution, is_shallow=self._shallow)
            for case, outcome in zip(cases, outcomes, strict=True)
        ]
        remarks = dict.fromkeys(remark for _, remark in found if remark)
        return [outcome for outcome, _ in found], tuple(remarks)

    def _failed(
        self,
        exam: Exam,
        function: FunctionSource | None,
        cases: Sequence[Case],
        outcomes: Sequence[Outcome],
        wrong: Sequence[int],
        causes: tuple[str, ...],
    ) -> Judgement:
        # Values say more about a mistake than errors.
        first = next((i for i in wrong if outcomes[i].kind == "value"), wrong[0])
        case, outcome = cases[first], outcomes[first]
        differing = (
            differences(case.expected, outcome.value, exam.outputs) if outcome.kind == "value" else []
        )
        errors = [outcomes[i].error for i in wrong if outcomes[i].error]
        error = errors[0] if errors else None
        notes: tuple[str, ...] = ()
        if error:
            notes = (f"{error.type}: {error.message}" if error.type else error.message,)
        line = None
        if error and error.line and outcome.kind != "value":
            line = error.line
        names = [d.quantity for d in differing if d.kind != "missing"]
        line = line or next(filter(None, (_line(function, cause, names) for cause in causes)), None)
        if line is None and error:
            line = error.line
        return Judgement.of(
            exam.function, causes, line=line, case=case.text, shapes=rows_of(differing), notes=notes
        )

    def _causes(
        self,
        exam: Exam,
        order: Sequence[str],
        function: FunctionSource | None,
        cases: Sequence[Case],
        outcomes: Sequence[Outcome],
        alone: bool,
    ) -> tuple[str, ...]:
        ended = next(filter(None, map(judge_errors.ended, outcomes)), "")
        if ended:
            return (ended,)
        if not self._searching:
            return ("differs",)
        probes = [case for case in cases_of(exam.name) if not case.judged]
        more = self._calls(exam.function, [arranged(exam, order, case, function) for case in probes], alone)
        all_cases = [*cases, *probes]
        all_outcomes = [*outcomes, *self._understood(exam, probes, more)[0]]
        if self._without_asserts and any(_asserted(outcome) for outcome in all_outcomes):
            all_outcomes = self._behind_asserts(exam, order, function, all_cases, alone)
            if not any(is_wrong(c, o, exam) for c, o in zip(all_cases, all_outcomes, strict=True)):
                return ("wrong-assertion",)
        return named(exam, function, all_cases, all_outcomes)

    def _behind_asserts(
        self,
        exam: Exam,
        order: Sequence[str],
        function: FunctionSource | None,
        cases: Sequence[Case],
        alone: bool,
    ) -> list[Outcome]:
        assert self._without_asserts is not None
        runner = self._without_asserts(without_assertions(self._solution))
        calls = [(exam.function, arranged(exam, order, case, function), 0, alone) for case in cases]
        return self._understood(exam, cases, runner.calls(calls))[0]

    def _passed(
        self,
        exam: Exam,
        function: FunctionSource | None,
        cases: Sequence[Case],
        outcomes: Sequence[Outcome],
        words: tuple[str, ...] = (),
        *,
        exact: bool = True,
    ) -> Judgement:
        cause, message, hint = "", "right", ""
        notes = [*words]
        for case, outcome in zip(cases, outcomes, strict=True):
            if case.saturated and exam.name in _WEAKNESSES and is_weak(case, outcome, exam):
                cause = _WEAKNESSES[exam.name]
                message, hint = EXPLANATIONS[cause].message, EXPLANATIONS[cause].hint
        errors = [
            error_of(c.expected, o.value)
            for c, o in zip(cases, outcomes, strict=True)
            if exact and not c.saturated and not is_single(c)
        ]
        if any(error > EXACT for error in errors):
            notes.append("right to about four digits, as in float32 or with a small number added")
        return self._perhaps_slow(
            exam.function,
            function,
            Judgement(exam.function, "pass", cause, message, hint=hint, notes=tuple(notes)),
        )

    def _perhaps_slow(self, name: str, function: FunctionSource | None, judgement: Judgement) -> Judgement:
        if function is None or name in _STARTS:
            return judgement
        line = loops_over_numbers(function, dict(self._solution.functions))
        if line is None:
            return judgement
        words = EXPLANATIONS["slow-loop"]
        return Judgement(
            name, "slow", "slow-loop", words.message, line=line, hint=words.hint, notes=judgement.notes
        )

    def _start(self, name: str, function: FunctionSource | None, alone: bool) -> Judgement:
        arguments = ARGUMENTS[name]
        if name == "initialize_parameters" and function and takes(function, 1):
            # The helper of the second course, whose one argument is the sizes.
            arguments = ARGUMENTS["initialize_parameters_deep"]
        if function and not takes(function, len(arguments)):
            return self._wrong_arity(name, function, arguments)
        deep = len(arguments) == 1
        starts = judge_initialization.DEEP if deep else judge_initialization.TWO_LAYERS
        args: list[tuple[Any, ...]] = [([*start.dims],) if deep else start.dims for start in starts]
        outcomes = self._calls(name, args, alone, [start.seed for start in starts])
        bad = next((o for o in outcomes if o.kind != "value"), None)
        asserted: tuple[str, ...] = ()
        if bad is not None and bad.error and _asserted(bad) and self._without_asserts:
            # What it returns behind the assertion says more than that the assertion stops it.
            asserted = (f"AssertionError: {bad.error.message}",)
            runner = self._without_asserts(without_assertions(self._solution))
            calls = [(name, given, start.seed, alone) for given, start in zip(args, starts, strict=True)]
            outcomes = runner.calls(calls)
            failed, bad = bad, next((o for o in outcomes if o.kind != "value"), None)
        if bad is not None:
            return self._stopped(name, function, bad, f"sizes {args[outcomes.index(bad)]}")
        verdict = judge_initialization.judge_initialization(name, starts, outcomes)
        if verdict.codes and verdict.difference and verdict.start:
            names = [verdict.difference.quantity] if verdict.difference.kind != "missing" else []
            found = Judgement.of(
                name,
                verdict.codes,
                line=_line(function, verdict.codes[0], names),
                case=f"sizes {list(verdict.start.dims)}",
                shapes=rows_of([verdict.difference]),
                notes=asserted,
            )
            return replace(found, message=verdict.message or found.message)
        if asserted:
            line = failed.error.line if failed.error else None
            return Judgement.of(name, ("wrong-assertion",), line=line, notes=asserted)
        if any(outcome.changed for outcome in outcomes):
            return Judgement.of(name, ("changes-its-argument",))
        again = self._calls(name, args[:1], alone, [starts[0].seed])[0]
        notes = verdict.notes
        if differences(outcomes[0].value, again.value):
            notes = (*notes, "two calls under the same seed differ: the result cannot be repeated")
        return Judgement(name, "pass", message="right", notes=notes)

    def _trainer(self, name: str, function: FunctionSource | None, alone: bool) -> Judgement:
        calls = judge_trainers.trainings(name)
        arguments = ARGUMENTS[name]
        count = accepted(function, len(arguments)) if function else len(arguments)
        if count < len(arguments) - 1:
            return self._wrong_arity(name, function, arguments)
        given = [by_names(function, arguments, call.args) or call.args[:count] for call in calls]
        outcomes = self._calls(name, given, alone)
        bad = next((o for o in outcomes if o.kind != "value"), None)
        if bad is not None:
            return self._stopped(name, function, bad, calls[outcomes.index(bad)].text)
        code, difference, case = judge_trainers.judge_trainer(name, calls, outcomes)
        if code:
            shapes = rows_of([difference]) if difference else ()
            return Judgement.of(name, (code,), line=_line(function, code), case=case, shapes=shapes)
        if any(outcome.changed for outcome in outcomes):
            return Judgement.of(name, ("changes-its-argument",))
        return Judgement(name, "pass", message="right")

    def _stopped(
        self, name: str, function: FunctionSource | None, outcome: Outcome, case: str
    ) -> Judgement:
        error = outcome.error
        code = judge_errors.ended(outcome)
        if not code and error:
            code = judge_errors.definite(error) or judge_errors.likely(error)
        notes = (f"{error.type}: {error.message}".removeprefix(": "),) if error else ()
        line = error.line if error else None
        return Judgement.of(
            name, (code or "raises",), line=line or _line(function, code), case=case, notes=notes
        )


def _line(function: FunctionSource | None, code: str, differing: Sequence[str] = ()) -> int | None:
    if function is None:
        return None
    quantity = quantity_of(code, differing)
    own = line_assigning(function, quantity) if quantity else None
    return own or line_of(function, code)


def _only_published(
    exam: Exam, cases: Sequence[Case], outcomes: Sequence[Outcome], wrong: Sequence[int]
) -> bool:
    """Whether the backward pass fails only the exercise, whose AL is not the output of its caches."""
    if exam.name != "L_model_backward" or [cases[i].text for i in wrong] != ["the published exercise"]:
        return False
    differing = differences(cases[wrong[0]].expected, outcomes[wrong[0]].value, exam.outputs)
    return outcomes[wrong[0]].kind == "value" and all(d.kind == "value" for d in differing)


def _rebinds(name: str, outcomes: Sequence[Outcome]) -> bool:
    return name not in _WRITING and any(outcome.changed for outcome in outcomes)


def _mutation(name: str, outcomes: Sequence[Outcome]) -> str:
    # In the courses' own answers to these, too, some write into their arguments.
    if name in _WRITING or not any(outcome.written for outcome in outcomes):
        return ""
    return "parameters-mutated" if "update_parameters" in name else "changes-its-argument"


def _asserted(outcome: Outcome) -> bool:
    return outcome.error is not None and outcome.error.type == "AssertionError"
