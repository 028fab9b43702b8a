"""The examples that a training command was pointed to: read, split, and planned for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pellucid.cli.console import note, note_skipped, reading
from pellucid.data.dataset import Dataset, judged_note
from pellucid.data.load import Like, load_data
from pellucid.data.load_table import LoadedTables, load_tables, load_tables_like
from pellucid.data.options import DataOptions
from pellucid.data.recipe import Recipe
from pellucid.data.table import Table
from pellucid.data.table_files import is_table_file, read_table
from pellucid.data.table_recipe import TableRecipe
from pellucid.errors import DataError, OptionError
from pellucid.files.reading import shown
from pellucid.model import Model
from pellucid.planning import Plan, check_given, planned, planned_from
from pellucid.report.cross_validation import fold_rows, joined
from pellucid.report.options import ReportOptions
from pellucid.report.scores import Score, score_named
from pellucid.settings import named

# Options of the columns that `load_tables` takes under the same names.
_OF_COLUMNS = ("numeric", "categorical", "drop", "missing", "decimal")


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a training command works on.

    Attributes:
        data: where the examples came from, as options.
        plan: the training set, and the settings to train with.
        test: the test set.
        tables: the tables they came from, if they did.
        metric: by which a model of them is judged.
        folds: of a cross-validation; None: there is none.
    """

    data: DataOptions
    plan: Plan
    test: Dataset
    tables: LoadedTables | None = None
    metric: Score | None = None
    folds: int | None = None

    @property
    def reading(self) -> dict[str, Any]:
        """How the columns of the tables are read, as arguments of `load_tables`."""
        return {name: getattr(self.data, name) for name in _OF_COLUMNS}


def read_inputs(given: Mapping[str, Any], *, quiet: bool) -> Inputs:
    """Read the examples, after refusing whatever can be refused before.

    Args:
        given: settings by name.
        quiet: no progress.

    Raises:
        DataError, OptionError: see `load_data`, `load_tables` and `planned`.
    """
    of_data, of_report = named(DataOptions), named(ReportOptions)
    data = DataOptions(**{name: value for name, value in given.items() if name in of_data})
    told = ReportOptions(**{name: value for name, value in given.items() if name in of_report})
    of_model = {name: value for name, value in given.items() if name not in {**of_data, **of_report}}
    if not data.data:
        raise OptionError("no data were named; expected DATA, or data = ... in --config FILE")
    options = check_given(of_model)
    model = None if data.start_from is None else Model.load(data.start_from)
    usual = "float64" if options.preset == "course" else "float32"
    how: dict[str, Any] = {
        "test_fraction": data.test_fraction,
        "seed": options.seed,
        "dtype": data.dtype or (usual if model is None else model.dtype),
    }
    if model is not None:
        return _read_like(model, data, told, of_model, how, quiet)
    how["task"] = data.task
    if data.target is not None:
        return _read_tables(data, told, of_model, how)
    _refuse_a_table(data, told)
    how |= {"image_size": data.image_size, "scaling": data.scaling, "strict": data.strict}
    how |= {"memory": data.memory, "cache": data.cache}
    with reading(quiet) as progress:
        train, test = load_data(data.data, data.test, **how, progress=progress)
    return _inputs(data, planned(train, of_model), test)


def _inputs(data: DataOptions, plan: Plan, test: Dataset) -> Inputs:
    note_skipped(plan.train.skipped + test.skipped)
    judged = test.in_memory(test.rows_that_fit(plan.options.seed))
    if judged.m < test.m:
        note(judged_note(judged.m, test.m, "examples"))
    return Inputs(data, plan, judged)


def _read_like(
    model: Model,
    data: DataOptions,
    told: ReportOptions,
    of_model: Mapping[str, Any],
    how: Mapping[str, Any],
    quiet: bool,
) -> Inputs:
    """Examples as an earlier model expects them, to train it on."""
    _refuse_other_preprocessing(data, model)
    if isinstance(model.recipe, TableRecipe):
        recipe, classes = model.recipe, model.classes
        if data.target not in (None, recipe.target):
            raise OptionError(
                f"--target is {data.target!r:.80}, and the model to start from predicts "
                f"{recipe.target!r:.80}"
            )
        stored: dict[str, Any] = {"memory": data.memory, "cache": data.cache}
        tables = load_tables_like(data.data, data.test, recipe=recipe, classes=classes, **how, **stored)
        _refuse_folds_of_files(data, told, tables)
        return _of_tables(data, told, tables, planned_from(model, tables.train, of_model))
    assert isinstance(model.recipe, Recipe)  # there are two kinds
    like = Like(model.recipe, model.classes)
    with reading(quiet) as progress:
        train, test = load_data(
            *(data.data, data.test),
            **how,
            strict=data.strict,
            memory=data.memory,
            cache=data.cache,
            like=like,
            progress=progress,
        )
    return _inputs(data, planned_from(model, train, of_model), test)


def _refuse_other_preprocessing(data: DataOptions, model: Model) -> None:
    usual = named(DataOptions)
    # A configuration states the task, which is also the model's.
    same_task = data.task == ("regression" if model.predicts_numbers else "classification")
    for name in (*_OF_COLUMNS, *(() if same_task else ("task",)), "image_size", "scaling"):
        if getattr(data, name) != usual[name].default:
            raise OptionError(
                f"{usual[name].flag} is given, and so is --start-from: the preprocessing is the model's; "
                f"expected no {usual[name].flag}"
            )


def _read_tables(
    data: DataOptions, told: ReportOptions, of_model: Mapping[str, Any], how: Mapping[str, Any]
) -> Inputs:
    if data.scaling != "auto":
        raise OptionError(
            f"--scaling is {data.scaling} and the data are a table, whose columns are scaled one by one; "
            "expected --numeric, --categorical or --drop"
        )
    columns = {name: getattr(data, name) for name in _OF_COLUMNS}
    stored: dict[str, Any] = {"encoded": True, "memory": data.memory, "cache": data.cache}
    tables = load_tables(data.data, data.test, target=data.target or "", **columns, **how, **stored)
    _refuse_folds_of_files(data, told, tables)
    return _of_tables(data, told, tables, planned(tables.train, of_model, tables.target.scale))


def _refuse_folds_of_files(data: DataOptions, told: ReportOptions, tables: LoadedTables) -> None:
    if told.cv is not None and tables.train_table.is_stored:
        raise OptionError(
            f"--cv trains on parts of a table in memory, and {shown(data.data)} does not fit there; "
            "expected no --cv: its test rows are many"
        )


def _of_tables(data: DataOptions, told: ReportOptions, tables: LoadedTables, plan: Plan) -> Inputs:
    metric = score_named(told.metric, tables.target.classes)
    for line in tables.train.skipped + tables.test.skipped:
        note(line)
    inputs = Inputs(data, plan, tables.test, tables, metric, told.cv)
    if told.cv is not None:
        # Refused before the training rather than after it.
        fold_rows(rows_of(inputs), tables.target, told.cv, plan.options.seed)
    return inputs


def rows_of(inputs: Inputs) -> Table:
    """All rows of DATA, in its order: also those that were split off to test on."""
    tables = inputs.tables
    assert tables is not None  # the caller has seen to it
    if inputs.data.test is not None:
        return tables.train_table
    return joined(tables.train_table, tables.test_table)


def _refuse_a_table(data: DataOptions, told: ReportOptions) -> None:
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
    for name, option in named(DataOptions, ReportOptions).items():
        about = data if option.owner is DataOptions else told
        if option.setting.group in ("Tables", "Report") and getattr(about, name):
            what = "the columns" if about is data else "the report"
            raise OptionError(
                f"--{name} is about {what} of a table; expected --target and a table, and "
                f"{shown(data.data)} came without --target"
            )
