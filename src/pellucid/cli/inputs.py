"""The examples that a training command was pointed to: read, split, and planned for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pellucid.cli.console import note, note_skipped, reading
from pellucid.data.dataset import Dataset
from pellucid.data.load import load_data
from pellucid.data.load_table import LoadedTables, load_tables
from pellucid.data.options import DataOptions
from pellucid.data.table_files import is_table_file, read_table
from pellucid.errors import DataError, OptionError
from pellucid.files.reading import shown
from pellucid.modelling import Plan, check_given, planned
from pellucid.settings import named


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a training command works on.

    Attributes:
        data: where the examples came from, as options.
        plan: the training set, and the settings to train with.
        test: the test set.
        tables: the tables they came from, if they did.
    """

    data: DataOptions
    plan: Plan
    test: Dataset
    tables: LoadedTables | None = None


def read_inputs(given: Mapping[str, Any], *, quiet: bool) -> Inputs:
    """Read the examples, after refusing whatever can be refused before.

    Args:
        given: settings by name.
        quiet: no progress.

    Raises:
        DataError, OptionError: see `load_data`, `load_tables` and `planned`.
    """
    of_data = named(DataOptions)
    data = DataOptions(**{name: value for name, value in given.items() if name in of_data})
    of_model = {name: value for name, value in given.items() if name not in of_data}
    if not data.data:
        raise OptionError("no data were named; expected DATA, or data = ... in --config FILE")
    options = check_given(of_model)
    how: dict[str, Any] = {
        "task": data.task,
        "test_fraction": data.test_fraction,
        "seed": options.seed,
        "dtype": data.dtype or ("float64" if options.preset == "course" else "float32"),
    }
    if data.target is not None:
        return _read_tables(data, of_model, how)
    _refuse_a_table(data)
    how |= {"image_size": data.image_size, "scaling": data.scaling, "strict": data.strict}
    with reading(quiet) as progress:
        train, test = load_data(data.data, data.test, **how, progress=progress)
    note_skipped(train.skipped + test.skipped)
    return Inputs(data, planned(train, of_model), test)


def _read_tables(data: DataOptions, of_model: Mapping[str, Any], how: Mapping[str, Any]) -> Inputs:
    if data.scaling != "auto":
        raise OptionError(
            f"--scaling is {data.scaling} and the data are a table, whose columns are scaled one by one; "
            "expected --numeric, --categorical or --drop"
        )
    columns = {
        name: getattr(data, name)
        for name in ("target", "numeric", "categorical", "drop", "missing", "decimal")
    }
    tables = load_tables(data.data, data.test, **columns, **how, encoded=True)
    for line in tables.train.skipped + tables.test.skipped:
        note(line)
    return Inputs(data, planned(tables.train, of_model, tables.target.scale), tables.test, tables)


def _refuse_a_table(data: DataOptions) -> None:
    """Ask which column of a table is predicted, and refuse options of tables for anything else."""
    if is_table_file(data.data):
        try:
            names = read_table(data.data).names
        except DataError:
            # Text, but no table: the reader of all formats says what it is.
            names = ()
        if len(names) > 1:
            listed = ", ".join(map(shown, names[:40])) + (", ..." if len(names) > 40 else "")
            raise DataError(
                f"{shown(data.data)} is a table: say which column is to be predicted; expected --target "
                f"with one of {listed}"
            )
    for name, option in named(DataOptions).items():
        if option.setting.group == "Tables" and getattr(data, name):
            raise OptionError(
                f"--{name} is about the columns of a table; expected --target and a table, and "
                f"{shown(data.data)} came without --target"
            )
