"""The examiner in a notebook: `%load_ext pellucid`, `%check` and `%%check`; `pellucid.examine` anywhere.

The sources come from the cells that ran, or from the file that defines a function; they are judged in a
process of their own, as `pellucid check` judges a file.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pellucid.check.judge import NAMES, Examination
from pellucid.check.judge_file import check_solution
from pellucid.check.solution import Solution, SolutionError, read_solution, solution_of_cells
from pellucid.errors import OptionError
from pellucid.files.reading import shown


def examine(*functions: Callable[..., Any] | str) -> Examination:
    """Judge functions of the course: right or wrong, why, and where.

    Print what it returns, or let a notebook show it.

    Args:
        functions: functions that a notebook or a file defines, or their names in a notebook; none: in a
            notebook all that is defined so far.

    Raises:
        OptionError: nothing was given outside a notebook, or one that is no function of the course.
        SolutionError: the source of a function cannot be found or read.
    """
    names = [function if isinstance(function, str) else function.__name__ for function in functions]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise OptionError(
            f"there is no function {unknown[0]!r:.80} to judge; expected some of {', '.join(NAMES)}"
        )
    solution, name = _source_of(functions)
    if len(names) == 1:
        return check_solution(solution, name, only=names[0])
    found = check_solution(solution, name)
    if not names:
        return found
    return replace(found, judgements=tuple(j for j in found.judgements if j.name in names))


def _source_of(functions: Sequence[Callable[..., Any] | str]) -> tuple[Solution, str]:
    here = [f for f in functions if isinstance(f, str) or f.__module__ == "__main__"]
    cells = _cells_so_far()
    if cells and len(here) == len(functions):
        return solution_of_cells(cells), "the notebook"
    given = [f for f in functions if not isinstance(f, str)]
    if not given:
        raise OptionError("examine() takes functions; in a notebook it judges all that are defined so far")
    paths = {_file_of(function) for function in given}
    if len(paths) > 1 or len(given) < len(functions):
        raise OptionError("the functions are of several files; expected those of one file at a time")
    [path] = paths
    return read_solution(path), shown(path)


def _file_of(function: Callable[..., Any]) -> str:
    try:
        path = inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:
        path = None
    if path is None or path.startswith("<"):
        raise SolutionError(
            f"the source of {getattr(function, '__name__', function)!r:.80} cannot be found; expected a "
            "function that a file or a cell of a notebook defines"
        )
    return path


def _cells_so_far() -> list[tuple[int, str]]:
    """The number and the text of the cells that ran; none outside IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return []
    return [(i, text) for i, text in enumerate(shell.history_manager.input_hist_raw) if i and text.strip()]


def load_ipython_extension(shell: Any) -> None:
    """Give a notebook the magic `%check`, and `%%check` for a cell.

    Args:
        shell: IPython's.
    """

    def check(line: str, cell: str | None = None) -> Examination | None:
        """Judge what is defined so far, or the functions that are named; as %%check, run the cell first."""
        if cell is not None:
            result = shell.run_cell(cell)
            if not result.success:
                return None
            solution = solution_of_cells([*_cells_so_far(), (shell.execution_count, cell)])
            names = [name for name in solution_of_cells([(1, cell)]).functions if name in NAMES]
        else:
            solution, names = solution_of_cells(_cells_so_far()), line.split()
        only = names[0] if len(names) == 1 else None
        found = check_solution(solution, "the notebook", only=only)
        if len(names) > 1:
            found = replace(found, judgements=tuple(j for j in found.judgements if j.name in names))
        return found

    shell.register_magic_function(check, magic_kind="line_cell", magic_name="check")
