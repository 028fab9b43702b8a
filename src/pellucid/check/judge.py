"""The verdict on each function of a solution: right or wrong, why, and where."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pellucid.check import judge_function
from pellucid.check.cases_later import ACTIVATIONS, LATER
from pellucid.check.editions import (
    exercise_references,
    has_plain_activations,
    has_three_layers,
    has_two_layers,
    is_of_one_number,
)
from pellucid.check.judgement import Judgement
from pellucid.check.runner import Runner
from pellucid.check.solution import Solution, Unread
from pellucid.check.train_together import JointTraining, train_together
from pellucid.errors import OptionError
from pellucid.files.reading import shown

# Functions of the other exercises. As names of values some are frequent: `layer_sizes = [4, 3, 1]`.
_OTHERS = (
    *("initialize_with_zeros", "propagate", "optimize", "model", "layer_sizes"),
    *("initialize_parameters_zeros", "initialize_parameters_random", "initialize_parameters_he"),
    *("forward_propagation_with_dropout", "backward_propagation_with_dropout"),
    *("gradient_check", "gradient_check_n", "update_parameters_with_gd", "random_mini_batches"),
)
# In the order of the course.
NAMES = (
    "sigmoid",
    "relu",
    "sigmoid_backward",
    "relu_backward",
    "initialize_parameters",
    "initialize_parameters_deep",
    "linear_forward",
    "linear_activation_forward",
    "L_model_forward",
    "forward_propagation",
    "compute_cost",
    "linear_backward",
    "linear_activation_backward",
    "L_model_backward",
    "backward_propagation",
    "update_parameters",
    "predict",
    "two_layer_model",
    "L_layer_model",
    "nn_model",
    *_OTHERS,
    *(name for name, *_ in LATER),
)
_SHALLOW_ONLY = ("forward_propagation", "backward_propagation", "nn_model")
_DEEP_ONLY = (
    *("linear_forward", "linear_backward", "linear_activation_forward", "linear_activation_backward"),
    *("L_model_forward", "L_model_backward"),
)
_SHARED = ("initialize_parameters", "compute_cost", "update_parameters", "predict")
_TRAINERS = ("two_layer_model", "L_layer_model", "nn_model")
# The exercises of each course, whose absence is reported.
_EXERCISES = {
    "deep": ("initialize_parameters_deep", "compute_cost", "update_parameters", *_DEEP_ONLY),
    "shallow": (*_SHARED[:3], *_SHALLOW_ONLY[:2]),
}


@dataclass(frozen=True, repr=False)
class Examination:
    """The results of examining one solution.

    Attributes:
        path: the file, in words.
        judgements: one for each function, in the order of the course.
        trains: whether its functions together train a network on real data.
        isolation: the kind of isolation, in words.
        notes: further remarks on the file.
        shallow: whether it is about the network with one hidden layer.
        unread: the parts of the file that are no Python, and were left out.
        not_judged: the file's other functions.
    """

    path: str
    judgements: tuple[Judgement, ...]
    trains: JointTraining
    isolation: str = ""
    notes: tuple[str, ...] = ()
    shallow: bool = False
    unread: tuple[Unread, ...] = ()
    not_judged: tuple[str, ...] = ()

    @property
    def all_right(self) -> bool:
        """Whether every function that the file defines is right."""
        lost = any(name in NAMES for part in self.unread for name in part.names)
        return not lost and all(
            judgement.right or judgement.status in ("missing", "not_judged")
            for judgement in self.judgements
        )

    def __str__(self) -> str:
        from pellucid.check.report import report

        return report(self)

    def __repr__(self) -> str:
        from pellucid.check.report import headline

        return f"Examination({headline(self)}; print it for the report)"

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """For IPython in a terminal."""
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from pellucid.check.report_html import html_part

        return html_part(self)

    def to_dict(self) -> dict[str, Any]:
        """A plain dictionary, for `--json`."""
        return {
            "file": self.path,
            "right": self.all_right,
            "functions": [judgement.to_dict() for judgement in self.judgements],
            "trains": self.trains.worked,
            "training": self.trains.text,
            "isolation": self.isolation,
            "notes": list(self.notes),
            "unread": [{"place": part.place, "message": part.message} for part in self.unread],
            "not_judged": list(self.not_judged),
        }


def is_shallow(solution: Solution) -> bool:
    """Whether the file is about the network with one hidden layer.

    Args:
        solution: the file.
    """
    names = {*solution.functions, *solution.other_names}
    if has_three_layers(solution) or is_of_one_number(solution):
        return False
    if not names.isdisjoint(_SHALLOW_ONLY):
        return names.isdisjoint(_DEEP_ONLY)
    return names.isdisjoint((*_DEEP_ONLY, "L_layer_model", "two_layer_model")) and has_two_layers(solution)


def reference_names(solution: Solution) -> tuple[str, ...]:
    """The functions that the reference supplies to the file: those of its course.

    Args:
        solution: the file.
    """
    left_out = {*_SHALLOW_ONLY, *_TRAINERS, *_OTHERS}
    if is_shallow(solution):
        shallow = (*_SHARED, *_SHALLOW_ONLY[:2])
        # Its own helpers are kept: the sigmoid of this course returns no cache.
        own = {"sigmoid": "plain.sigmoid", "layer_sizes": "shallow.layer_sizes"}
        more = [
            own.get(name, name)
            for name in NAMES
            if (name in own or name not in left_out)
            and name not in shallow
            and not _defined(solution, name)
        ]
        return (*(f"shallow.{name}" for name in shallow), *more)
    # Where two have a name in common, the last counts.
    special = exercise_references(solution)
    if has_plain_activations(solution):
        left_out |= {"sigmoid", "relu"}
    lent = [name for name in NAMES if name not in left_out and not _is_helper(solution, name)]
    return (*lent, *special)


def examine(
    solution: Solution,
    runner: Runner,
    *,
    only: str | None = None,
    without_asserts: Callable[[Solution], Runner] | None = None,
    together: bool = True,
) -> Examination:
    """Judge every function of the course that the file defines, then train with all of them.

    Args:
        solution: the file.
        runner: answers the calls; loaded with `reference_names(solution)` as its references.
        only: the one function to judge.
        without_asserts: makes a runner of a file without assertions, to see results behind a failing one.
        together: also train with all of them.

    Raises:
        OptionError: `only` is not a function of the course.
    """
    names = examined_names(solution, only)
    judgements: dict[str, Judgement] = {}
    classes = _not_functions(solution)
    judge = judge_function.Judge(solution, runner, without_asserts, shallow=is_shallow(solution))
    for name in names:
        if name in classes:
            judgements[name] = Judgement.of(name, ("not-a-function",), line=classes[name])
        else:
            right_so_far = all(judgement.right for judgement in judgements.values())
            judgements[name] = judge.judgement(name, alone=name not in _TRAINERS or not right_so_far)
    if only is None:
        judgements |= {name: Judgement(name, "missing", message=_MISSING) for name in _absent(solution)}
    ordered = tuple(_placed(judgements[name], solution) for name in NAMES if name in judgements)
    trains = JointTraining(None, "not tried")
    if together and only is None:
        trains = train_together(solution, runner, ordered)
    return Examination(
        str(solution.path),
        ordered,
        trains,
        runner.isolation,
        _notes(solution, runner),
        is_shallow(solution),
        solution.unread,
        tuple(name for name in solution.functions if name not in judgements) if only is None else (),
    )


def examined_names(solution: Solution, only: str | None = None) -> list[str]:
    """The functions to judge: those of the course that the file defines, or only the given one.

    Args:
        solution: the file.
        only: the one.

    Raises:
        OptionError: `only` is no function of the course, or the file does not define it.
    """
    if only is None:
        return [name for name in NAMES if _is_judged(solution, name) and not _is_helper(solution, name)]
    if only not in NAMES:
        raise OptionError(f"there is no function {only!r:.80} to judge; expected one of {', '.join(NAMES)}")
    if not _is_judged(solution, only):
        found = [name for name in NAMES if _is_judged(solution, name)]
        raise OptionError(
            f"{shown(solution.path)} does not define {only}; expected one of {', '.join(found) or 'none'}"
        )
    return [only]


def _is_helper(solution: Solution, name: str) -> bool:
    """Whether it is an activation without its partner: a helper, which may return anything."""
    plain = name.removesuffix("_backward")
    pair = (plain, f"{plain}_backward")
    return plain in ACTIVATIONS and not all(_defined(solution, each) for each in pair)


_MISSING = "not in the file; the reference was used instead"


def _defined(solution: Solution, name: str) -> bool:
    return name in solution.functions or name in solution.other_names


def _is_judged(solution: Solution, name: str) -> bool:
    return _defined(solution, name) and (name in solution.functions or name not in _OTHERS)


def _not_functions(solution: Solution) -> dict[str, int]:
    return {
        node.name: node.lineno
        for node in ast.parse(solution.text).body
        if isinstance(node, (ast.ClassDef, ast.AsyncFunctionDef)) and node.name in solution.other_names
    }


def _absent(solution: Solution) -> list[str]:
    kind = "shallow" if is_shallow(solution) else "deep"
    own = _SHALLOW_ONLY if kind == "shallow" else ("initialize_parameters_deep", *_DEEP_ONLY)
    # What is in several exercises does not tell which of them the file is about.
    if not any(_defined(solution, name) for name in own):
        return []
    lost = {name for part in solution.unread for name in part.names}
    return [name for name in _EXERCISES[kind] if not _defined(solution, name) and name not in lost]


def _placed(judgement: Judgement, solution: Solution) -> Judgement:
    if not judgement.line:
        return judgement
    code = "".join(solution.text.split("\n")[judgement.line - 1 : judgement.line]).strip()
    return replace(judgement, place=solution.line_of(judgement.line), code=code[:200])


def _notes(solution: Solution, runner: Runner) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    methods = [name for name in dict.fromkeys(solution.methods) if name in NAMES]
    if methods:
        notes = (f"methods of classes are not looked at: {', '.join(methods)}",)
    error = runner.loaded.error
    if runner.loaded.kind == "value" or error is None:
        return notes
    place = f" ({solution.line_of(error.line)})" if error.line else ""
    said = f"{error.type}: {error.message}" if error.type else error.message
    return (*notes, f"a line outside the functions does not work here{place}: {said}")
