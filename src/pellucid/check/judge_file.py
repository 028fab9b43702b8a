"""Judge a file: read it without running it, run it in isolation, compare the results."""

import os
from contextlib import ExitStack

from pellucid.check.judge import NAMES, Examination, examine, examined_names, reference_names
from pellucid.check.runner import Runner
from pellucid.check.sandbox import Sandbox
from pellucid.check.solution import Solution, SolutionError, read_solution
from pellucid.files.reading import shown


def check_file(path: str | os.PathLike[str], *, only: str | None = None) -> Examination:
    """Judge the functions of the course that a file defines, each run in a process of its own.

    Args:
        path: a Python file or a notebook.
        only: the one function to judge.

    Raises:
        NotFoundError: there is no such file.
        SolutionError: it is neither Python nor a notebook, does not parse, or defines no function of the
            course.
        OptionError: `only` is not a function of the course.
    """
    return check_solution(read_solution(path), shown(path), only=only)


def check_solution(solution: Solution, name: str, *, only: str | None = None) -> Examination:
    """Judge a solution that was read; see `check_file`.

    Args:
        solution: the file, or the cells of a notebook.
        name: of it, in messages.
        only: the one function to judge.

    Raises:
        SolutionError, OptionError: see `check_file`.
    """
    if not examined_names(solution, only):
        methods = [method for method in solution.methods if method in NAMES]
        if methods:
            raise SolutionError(
                f"{name} defines {', '.join(methods)} as methods of a class, which are not looked at; "
                "expected functions"
            )
        raise SolutionError(
            f"{name} defines none of the course's functions; expected some under their own names, "
            "as sigmoid, linear_forward or L_model_backward"
        )
    with ExitStack() as stack:

        def run(solution_to_run: Solution) -> Runner:
            sandbox = Sandbox(solution_to_run, reference_names=reference_names(solution))
            return stack.enter_context(sandbox)

        return examine(solution, run(solution), only=only, without_asserts=run)
