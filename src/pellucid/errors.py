"""Every exception and warning of Pellucid. Each message says what, where, what was expected, what to do.

    PellucidError
    ├── ArrayError           (TypeError)            an argument is no array, or arrays of two libraries meet
    ├── ShapeError           (ValueError)           arrays whose shapes do not fit together
    ├── ParametersError      (ValueError)           a parameter dictionary with missing or foreign keys
    ├── CacheError           (ValueError)           a cache that no forward step returned
    ├── OptionError          (ValueError)           a name that does not exist, a number out of its range
    ├── NotFittedError       (RuntimeError)         a network is asked to answer before it was trained
    ├── DivergenceError      (ArithmeticError)      the cost stopped being a finite number
    ├── TooLargeError        (MemoryError)          the work needs more memory than there is
    ├── DataError            (ValueError)           what was read cannot be trained or predicted on
    │   ├── NotFoundError    (FileNotFoundError)    there is no such file, folder or built-in data set
    │   ├── FormatError                             a file is not what it should be, or is damaged
    │   ├── LabelError                              labels that are missing, too few or no classes
    │   └── NonFiniteError                          NaN or infinity among the inputs
    ├── ModelFileError       (ValueError)           a model file that is damaged, foreign or too new
    ├── ProcessError         (RuntimeError)         another process of the training failed
    ├── OutputError          (OSError)              a result cannot be written where it was asked for
    └── MissingPackageError  (ImportError)          an optional package is needed for this

    LearningWarning          (UserWarning)          a training ended and learned nothing
    TableWarning             (UserWarning)          a table was read in a way that may not be meant

The second parent lets code that knows nothing of Pellucid catch what it already expects.
"""

import re
import sys
import warnings
from collections.abc import Mapping
from typing import Any

# Modules whose frames are not the user's.
_OURS = ("pellucid.", "sklearn.", "contextlib", "joblib.")


class PellucidError(Exception):
    """The root: catching it catches every mistake Pellucid explains."""


class ArrayError(PellucidError, TypeError):
    """An argument is not an array, or arrays of different libraries were mixed."""


class ShapeError(PellucidError, ValueError):
    """The message names each array, its shape, and the shape that was expected."""


class ParametersError(PellucidError, ValueError):
    """A parameter dictionary lacks a key, or has one that belongs to no layer."""


class CacheError(PellucidError, ValueError):
    """A backward step was given something else than the cache of its forward step."""


class OptionError(PellucidError, ValueError):
    """An option has a value that does not exist; the message lists what exists."""


class NotFittedError(PellucidError, RuntimeError):
    """A network was asked for an answer before it was trained."""


class DivergenceError(PellucidError, ArithmeticError):
    """The cost became NaN or infinite.

    Attributes:
        iteration: the zero-based iteration whose cost was not finite.
        parameters: the last parameters whose cost was finite (the initial ones if none was).
    """

    def __init__(self, message: str, iteration: int, parameters: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.iteration = iteration
        self.parameters = dict(parameters)

    def __reduce__(self) -> Any:
        # It may come from another process.
        return type(self), (str(self), self.iteration, self.parameters)


class TooLargeError(PellucidError, MemoryError):
    """The work needs more memory than there is; the message says how much."""


class DataError(PellucidError, ValueError):
    """What was read cannot be used; the message says where it stands."""


class NotFoundError(DataError, FileNotFoundError):
    """A path, or the name of a built-in data set, that leads nowhere."""

    # FileNotFoundError would format two arguments as errno and text; ours is one sentence.
    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class FormatError(DataError):
    """A file is damaged, or is not of the format or layout that was expected."""


class LabelError(DataError):
    """Labels are missing, name no class, or leave fewer than two classes."""


class NonFiniteError(DataError):
    """NaN or infinity among the inputs; the message gives the row and the column."""


class ModelFileError(PellucidError, ValueError):
    """A model file is damaged, is something else, or was written by a newer format."""


class ProcessError(PellucidError, RuntimeError):
    """Another process that trains the same network failed or ended; the message is that of its error."""

    WITHOUT_A_WORD = (
        "another process of this training ended without a word, or the connection to it broke; "
        "this process ends too"
    )


class OutputError(PellucidError, OSError):
    """A file or folder cannot be written."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class MissingPackageError(PellucidError, ImportError):
    """An optional package is not installed; the message gives the command that installs it."""

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        super().__init__(f"{purpose} needs {package}: pip install 'pellucid[{extra}]'")
        self._parts = (purpose, package, extra)

    def __reduce__(self) -> Any:
        return type(self), self._parts


def not_loaded(error: ImportError, purpose: str, package: str, extra: str) -> PellucidError:
    """The error for an optional package that could not be imported.

    Args:
        error: of the import.
        purpose: what the package is needed for: "reading tables".
        package: its name on the package index.
        extra: of Pellucid, that installs it.

    Returns:
        A `MissingPackageError` if it is not installed; a `TooLargeError` if there was no memory for it.
    """
    if isinstance(error, ModuleNotFoundError):
        return MissingPackageError(purpose, package, extra)
    why = " ".join(str(error).split())
    # A library that does not fit is an ImportError whose text is the system's.
    if re.search(r"memory|failed to map|allocate", why, re.IGNORECASE):
        return TooLargeError(f"{purpose} needs more memory, to load {package}: {why:.200}")
    return PellucidError(f"{purpose} needs {package}, which is installed and cannot be loaded: {why:.300}")


class LearningWarning(UserWarning):
    """A training ended and learned nothing; the message says the likely cause and what to do."""


class TableWarning(UserWarning):
    """Something was noticed of a table: a column left out, a category never seen; the message lists all."""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called in from outside of Pellucid and scikit-learn."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
