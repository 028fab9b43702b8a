"""Work: the data that a command was pointed to, and the settings for them."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pellucid.cli.asked import Asked
from pellucid.cli.config import TrainConfig
from pellucid.cli.console import note, note_skipped, reading
from pellucid.cli.table_settings import table_settings
from pellucid.data.dataset import Dataset
from pellucid.data.load import load_data
from pellucid.data.table_files import is_table_file, read_table
from pellucid.errors import DataError, OptionError
from pellucid.files.reading import shown
from pellucid.network import Network

if TYPE_CHECKING:
    from pellucid.data.load_table import LoadedTables

# Options that are about the columns of a table.
_OF_TABLES = ("task", "numeric", "categorical", "drop")


@dataclass(frozen=True, eq=False)
class Work:
    """What is to be trained, on what, and how.

    Attributes:
        config: everything that was asked for, and the defaults for these data.
        train: the training set.
        test: the test set.
        tables: where they came from, if that was a table.
    """

    config: TrainConfig
    train: Dataset
    test: Dataset
    tables: "LoadedTables | None" = None

    @property
    def fitting(self) -> Dataset:
        """The training set as the network sees it: numbers that are predicted are scaled."""
        return self.train if self.tables is None else self.tables.fitting

    def network(self, hidden: tuple[int, ...] | None = None) -> Network:
        """The network for these data.

        Args:
            hidden: units of the hidden layers; left out, those of the settings.

        Raises:
            OptionError: there is no such network.
        """
        return self.config.network(self.train.n_x, len(self.train.classes), hidden)

    def parameters(self, fitted: dict[str, Any]) -> dict[str, Any]:
        """Parameters as a model keeps them, from those that were trained on `fitting`."""
        return fitted if self.tables is None else self.tables.target.scale.folded(fitted)


def read_work(asked: Asked, quiet: bool) -> Work:
    """Read what was asked for, refusing before that whatever can be refused.

    Raises:
        DataError, OptionError: as `load_data` and `load_tables`.
    """
    config = asked.config()
    if not config.data:
        raise OptionError("no data were named; expected DATA, or data = ... in --config FILE")
    if config.target is not None:
        return _read_tables(asked)
    config.check()
    _refuse_a_table(config)
    with reading(quiet) as progress:
        train, test = load_data(
            config.data,
            config.test,
            task="classification",
            image_size=config.picture_shape,
            scaling=config.scaling,
            test_fraction=config.test_fraction,
            seed=config.seed,
            dtype=config.dtype,
            strict=config.strict,
            progress=progress,
        )
    note_skipped(train.skipped + test.skipped)
    return Work(config, train, test)


def _read_tables(asked: Asked) -> Work:
    from pellucid.data.load_table import load_tables

    config = asked.config(table_settings(1000, 10, 1, "classification"))
    if config.scaling != "auto":
        raise OptionError(
            f"--scaling is {config.scaling} and the data are a table, whose recipe scales its columns; "
            "expected --numeric, --categorical or --drop"
        )
    _ = config.options
    assert config.target is not None  # the caller saw to it
    tables = load_tables(
        config.data,
        config.test,
        target=config.target,
        numeric=config.numeric,
        categorical=config.categorical,
        drop=config.drop,
        task=config.task,
        test_fraction=config.test_fraction,
        seed=config.seed,
        dtype=config.dtype,
    )
    for line in tables.train.skipped + tables.test.skipped:
        note(line)
    target, train = tables.target, tables.train
    config = asked.config(table_settings(train.m, train.n_x, target.n_y, target.task))
    # What the column was taken for repeats the run, whatever is added to the file.
    config = replace(config, task=target.task)
    config.check(len(target.classes))
    return Work(config, train, tables.test, tables)


def _refuse_a_table(config: TrainConfig) -> None:
    """Ask which column of a table is to be predicted, and refuse options of tables for anything else.

    Raises:
        DataError: the data are a table.
        OptionError: they are none, and an option is about its columns.
    """
    if is_table_file(config.data):
        try:
            names = read_table(config.data).names
        except DataError:
            # Text, but no table: whoever knows all formats says so.
            names = ()
        if len(names) > 1:
            listed = ", ".join(map(shown, names[:40])) + (", ..." if len(names) > 40 else "")
            raise DataError(
                f"{shown(config.data)} is a table: say which column is to be predicted; expected --target "
                f"with one of {listed}"
            )
    for name in _OF_TABLES:
        if getattr(config, name):
            raise OptionError(
                f"--{name} is about the columns of a table; expected --target and a table, and "
                f"{shown(config.data)} came without --target"
            )
