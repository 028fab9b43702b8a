"""Target: the column of a table that is predicted, and whether it is a class or a number."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pellucid.data._files import shown
from pellucid.data._labels import MAX_CLASSES
from pellucid.data._table_numbers import numbers_in
from pellucid.data._table_roles import classes_alike
from pellucid.data._table_spelling import PLACEHOLDERS, NumberForm
from pellucid.data._table_values import number_of, text_of
from pellucid.data.dataset import one_hot
from pellucid.data.rows import listed
from pellucid.data.table import Table
from pellucid.data.target_scale import TargetScale
from pellucid.data.task import check_task, task_of_column
from pellucid.errors import DataError, LabelError

Floats = np.ndarray[Any, Any]

_NO_SCALE = TargetScale()
_FEW = 20


@dataclass(frozen=True)
class Target:
    """The column that is predicted: one of several classes, or a number.

    Attributes:
        name: of the column.
        classes: their names: numbers sorted by value, texts by characters. Of two, the second is Y = 1.
            Empty for regression.
        scale: mean and deviation of the training targets; for classes, a scale without effect.
        because: the reason for the task, in words.
        form: how the numbers of a regression are written as texts; None: each table is looked at.
    """

    name: str
    classes: tuple[str, ...] = ()
    scale: TargetScale = _NO_SCALE
    because: str = ""
    form: NumberForm | None = None

    @classmethod
    def decide(cls, table: Table, name: str, task: str | None = None, decimal: str | None = None) -> Self:
        """The target for a training table.

        Texts are classes; for numbers see `task_of_column`. Rows without a value are ignored.

        Args:
            table: the training table.
            name: of the column.
            task: "classification" or "regression"; None: decided by the column.
            decimal: the decimal mark of numbers that are written as texts; None: it is inferred.

        Raises:
            DataError: there is no such column (the message lists the columns), or it mixes numbers and
                texts.
            LabelError: a single class or number, or too many classes to learn.
            OptionError: an unknown task.
        """
        check_task(task)
        table.require([name], "the target has to be one of them")
        table = table.take(np.flatnonzero(~table.missing(name)))
        if not table.m:
            raise LabelError(f"{_target(table, name)} has no values; expected one in each row")
        form = _form(table, name, decimal)
        if task == "regression":
            return cls._of_numbers(table, name, "regression was asked for", form)
        if task == "classification":
            return cls._of_classes(table, name, "classification was asked for")
        if not table.is_numeric(name) and form is None:
            _refuse_mixture(table, name)
            return cls._of_classes(table, name, "it holds texts")
        task, because = task_of_column(_numbers(table, name, form))
        if task == "classification":
            return cls._of_classes(table, name, because)
        return cls._of_numbers(table, name, because, form)

    @classmethod
    def _of_classes(cls, table: Table, name: str, because: str) -> Self:
        names = list(table.texts(name).counted)
        if len(names) < 2:
            raise LabelError(
                f"{_target(table, name)} is always {shown(names[0])}; expected at least two classes"
            )
        if len(names) > MAX_CLASSES or 2 * len(names) > max(table.m, 4):
            few = sum(number_of(text) is None for text in names) < 0.5 * len(names)
            numbers = "; --task regression predicts numbers" if table.is_numeric(name) or few else ""
            raise LabelError(
                f"{_target(table, name)} has {len(names):,} different values in {table.m:,} rows; "
                f"expected classes that several rows share, at most {MAX_CLASSES:,}{numbers}"
            )
        numeric = table.is_numeric(name)
        ordered = sorted(names, key=lambda text: number_of(text) or 0.0) if numeric else sorted(names)
        return cls(name, tuple(ordered), because=because)

    @classmethod
    def _of_numbers(cls, table: Table, name: str, because: str, form: NumberForm | None) -> Self:
        numbers = _numbers(table, name, form)
        if np.all(numbers == numbers[0]):
            raise LabelError(
                f"{_target(table, name)} is always {numbers[0]:g}; expected numbers that differ"
            )
        scale = TargetScale.of(numbers[None, :], _target(table, name))
        return cls(name, scale=scale, because=because, form=form)

    @property
    def task(self) -> str:
        """The kind of task: "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def is_text(self) -> bool:
        """Whether a class is not spelled as a number would be: the column must then be read as text."""
        numbers = [number_of(name) for name in self.classes]
        if None in numbers:
            return True
        return list(text_of(np.array(numbers, np.float64))) != list(self.classes)

    @property
    def n_y(self) -> int:
        """The number of outputs: one for regression or two classes, else one for each class."""
        return 1 if len(self.classes) <= 2 else len(self.classes)

    def describe(self) -> str:
        """The task and its reason, in words."""
        what = (
            f"one of {len(self.classes)} classes ({listed([shown(name) for name in self.classes])})"
            if self.classes
            else "a number"
        )
        why = f", since {self.because}" if self.because else ""
        return f"{shown(self.name)} is {what}{why}: {self.task}"

    def noticed(self, table: Table, *, is_given: bool) -> list[str]:
        """A line for each thing that is noticed of the target.

        Args:
            table: the training table.
            is_given: whether the task was asked for.
        """
        lines = []
        alike = classes_alike(self.classes)
        if alike:
            lines.append(
                f"{shown(self.name)}: the classes {', '.join(alike[:3])} differ in case or blanks only; "
                "write them alike if they are one"
            )
        if not is_given and len(self.classes) > 2 and table.is_numeric(self.name):
            lines.append(
                f"{shown(self.name)}: {len(self.classes)} different integers are taken for classes, "
                "without their order; --task regression predicts numbers"
            )
        if self.form is not None:
            lines.append(f"{shown(self.name)}: read as numbers {self.form.describe()}")
        return lines

    def encode(self, table: Table, dtype: str = "float64") -> Floats:
        """Y (n_y, m): 0 and 1 for two classes, one-hot columns for more; numbers in their own units.

        Raises:
            DataError: there is no such column; a text that is not a number, with its place.
            LabelError: a missing value or an unknown class, with its place.
            NonFiniteError: an infinite number, with its place.
        """
        table.require([self.name], "it is what the model predicts")
        missing = table.missing(self.name)
        if missing.any():
            raise LabelError(
                f"{table.place(int(np.argmax(missing)))}: the target {shown(self.name)} is missing; "
                "expected one in each row"
            )
        if not self.classes:
            return (
                _numbers(table, self.name, self.form or _form(table, self.name, None))
                .reshape(1, -1)
                .astype(dtype)
            )
        return one_hot(self.labels(table), self.n_y, dtype)

    def labels(self, table: Table) -> Floats:
        """(m,) the index of each row's class.

        Raises:
            LabelError: an unknown class, with its place.
        """
        labels = table.texts(self.name).places_in(self.classes)
        if len(labels) and labels.min() < 0:
            row = int(np.argmin(labels))
            raise LabelError(
                f"{table.place(row)}: the target {shown(self.name)} is "
                f"{shown(table.texts(self.name).objects()[row])}; "
                f"expected one of {listed(self.classes)}"
            )
        return labels


def marks_of(table: Table, name: str) -> list[str]:
    """The texts of a target that mark missing values: "-", "unknown", where all others are numbers.

    Args:
        table: its rows.
        name: of the target.
    """
    if name not in table or table.is_numeric(name):
        return []
    counted = table.texts(name).counted
    marks = [text for text in counted if text.strip() in PLACEHOLDERS]
    others = {text: count for text, count in counted.items() if text not in marks}
    if not marks or len(others) <= _FEW:
        # Of few they may be classes.
        return []
    _, share = NumberForm.of(others, table.separator, None)
    return marks if share == 1.0 else []


def _refuse_mixture(table: Table, name: str) -> None:
    """Refuse a target of texts of which more than half, but not all, are numbers.

    Raises:
        DataError: with the place of the first text that is no number, and what to do.
    """
    texts = table.texts(name)
    numeric = {text: number_of(text) is not None for text in texts.counted}
    share = sum(count for text, count in texts.counted.items() if numeric[text]) / max(
        1, sum(texts.counted.values())
    )
    if all(numeric.values()) or share <= 0.5:
        return
    row = int(np.argmax(texts.mapped([not numeric.get(text, True) for text in texts.values], False, bool)))
    raise DataError(
        f"{table.place(row)}: column {shown(name)} holds {shown(repr(table[name][row]))}, and {share:.0%} "
        "of its values are numbers; expected only numbers, or texts: correct it, or say "
        "--task classification"
    )


def _form(table: Table, name: str, decimal: str | None) -> NumberForm | None:
    """How a column writes numbers as texts; None: it holds none, or numbers as they are everywhere."""
    if table.is_numeric(name):
        return None
    counted = table.texts(name).counted
    if all(number_of(text) is not None for text in counted):
        # Codes: the file could have stored numbers, and did not.
        return None
    form, share = NumberForm.of(counted, table.separator, decimal)
    return form if share == 1.0 and not form.is_plain else None


def _numbers(table: Table, name: str, form: NumberForm | None) -> Floats:
    return numbers_in(table, name, form or NumberForm())


def _target(table: Table, name: str) -> str:
    """The beginning of a message about the whole target."""
    return f"{table.prefix}the target {shown(name)}"
