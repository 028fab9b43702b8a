"""A table that is read by way of cache files is the table in memory, and so is the training on it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pellucid import Network, TrainingOptions, train
from pellucid.data import cache_file, dataset, table_store
from pellucid.data.cache_file import identity_of, open_cache
from pellucid.data.load_table import LoadedTables, load_tables
from pellucid.data.stored_rows import Allowance
from pellucid.data.stored_table import StoredTable
from pellucid.data.table import Table
from pellucid.data.table_files import read_table
from pellucid.data.table_store import TableStore
from pellucid.errors import DataError, FormatError, LabelError, OutputError, TooLargeError
from tests.stored_columns import order_on_files

pytestmark = pytest.mark.filterwarnings("ignore::pellucid.errors.LearningWarning")

ROWS = 900
MEMORY = 4 << 20


def columns(rows: int = ROWS) -> dict[str, list[Any]]:
    """Columns of every kind, in whose chunks other things stand than in the whole."""
    rng = np.random.default_rng(0)
    normal = rng.normal(size=rows)
    days = np.datetime64("2020-01-01") + rng.integers(0, 700, rows)
    found: dict[str, list[Any]] = {
        "plain": [f"{x:.4f}" for x in normal],
        "gaps": ["" if x > 1 else f"{x:.3g}" for x in normal],
        "code": [f"{i % 40:03d}" for i in range(rows)],
        # Numbers at first, and a text among them later; the other way round; and missing at first.
        "late": ["17" if i < rows // 2 else "x" if i % 7 else "18" for i in range(rows)],
        "early": ["y" if i < 50 else str(i % 9) for i in range(rows)],
        "empty": ["" if i < rows // 2 else "ab"[i % 2] for i in range(rows)],
        "empty number": ["NA" if i < rows // 2 else str(i % 11) for i in range(rows)],
        "money": [f"${i % 300 + 1000:,}.50" for i in range(rows)],
        "day": [str(day) for day in days],
        "mark": ["-999" if i % 19 == 0 else str(i % 23) for i in range(rows)],
        "lines": [f"a\nb {i % 3}" if i % 5 == 0 else " c " for i in range(rows)],
        "id": [str(i) for i in range(rows)],
        "constant": ["1"] * rows,
    }
    found["kind"] = ["" if i == 3 else ("yes" if x > 0 else "no") for i, x in enumerate(normal)]
    found["amount"] = [f"{2 * x + 5:.3f}" for x in normal]
    found["level"] = ["low" if x < -0.5 else "high" if x > 0.5 else "mid" for x in normal]
    return found


def csv_file(path: Path, data: dict[str, list[Any]]) -> Path:
    import csv

    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(data)
        writer.writerows(zip(*data.values(), strict=True))
    return path


def parquet_file(path: Path, data: dict[str, list[Any]]) -> Path:
    """The same with types: numbers, dates, booleans, and integers beyond what floats hold."""
    arrays: dict[str, Any] = {name: pa.array(data[name]) for name in ("code", "late", "level", "lines")}
    for name in ("plain", "gaps", "amount", "empty number"):
        arrays[name] = pa.array([None if text in ("", "NA") else float(text) for text in data[name]])
    arrays["day"] = pa.array(np.array(data["day"], "datetime64[D]"))
    arrays["flag"] = pa.array([None if i < 400 else i % 3 == 0 for i in range(len(data["plain"]))])
    arrays["long"] = pa.array([2**60 + i % 5 if i > 600 else i % 5 for i in range(len(data["plain"]))])
    arrays["whole"] = pa.array([i % 13 for i in range(len(data["plain"]))])
    arrays["dictionary"] = pa.array(data["early"]).dictionary_encode()
    arrays["kind"] = pa.array([text or None for text in data["kind"]])
    pq.write_table(pa.table(arrays), path, row_group_size=250)
    return path


WRITERS: dict[str, Callable[[Path, dict[str, list[Any]]], Path]] = {
    "csv": csv_file,
    "parquet": parquet_file,
}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.data._table_csv._LONGEST_LINE", 1000)
    monkeypatch.setattr("pellucid.data._table_csv._LEAST_BLOCK", 2000)
    monkeypatch.setattr("pellucid.data._table_csv._TEXTS_SHARE", 200)
    monkeypatch.setattr("pellucid.data._table_parquet._FEWEST_ROWS", 100)
    monkeypatch.setattr("pellucid.data._table_parquet._MOST_ROWS", 100)
    monkeypatch.setattr("pellucid.data.stored_table._MOST_ROWS", 70)
    monkeypatch.setattr(dataset, "_MOST_JUDGED", 50)
    # Whatever its size, a table is stored.
    monkeypatch.setattr(table_store, "_PER_TEXT_BYTE", 10**9)
    monkeypatch.setattr(table_store, "_PER_VALUE", 10**9)


@pytest.fixture(params=WRITERS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return WRITERS[request.param](tmp_path / f"table.{request.param}", columns())


def store_of(path: Path, memory: int = MEMORY, cache: Path | None = None) -> TableStore:
    store = TableStore.of(path, Allowance(memory), cache)
    assert store is not None
    return store


def assert_same_columns(found: Table, expected: Table) -> None:
    assert found.names == expected.names
    for name in expected.names:
        assert found.is_numeric(name) == expected.is_numeric(name), name
        if expected.is_numeric(name):
            np.testing.assert_array_equal(found.numbers(name), expected.numbers(name), name)
        else:
            assert found.texts(name).tolist() == expected.texts(name).tolist(), name
            # In the order in which they occur: names of categories follow from it.
            assert found.texts(name).counted == expected.texts(name).counted
            assert list(found.texts(name).counted) == list(expected.texts(name).counted), name


@pytest.mark.parametrize("text", [[], ["plain", "late", "whole", "id", "nothing"]])
def test_its_columns_are_those_read_at_once(file: Path, text: list[str]) -> None:
    found, expected = store_of(file).table(frozenset(text)), read_table(file, text=text)
    assert found.is_stored
    assert_same_columns(found, expected)
    for attribute in ("where", "first_line", "separator", "notes", "m"):
        assert getattr(found, attribute) == getattr(expected, attribute)
    # And what tables are made of them.
    rows = np.arange(0, found.m, 3)
    for change in (
        lambda table: table.with_missing(["-999", "x", "17", "18"]),
        lambda table: table.take(rows).take(slice(5, 90)),
        lambda table: table.only(["late", "plain"]),
        lambda table: table.drop(["late"]).without("code", ["007"]),
    ):
        changed = change(found)
        assert changed.is_stored
        assert_same_columns(changed, change(expected))
        assert_same_columns(changed.read(), change(expected))
        assert changed.place(7) == change(expected).place(7)
        assert changed.head() == change(expected).head()


def loaded(path: Path, **how: Any) -> tuple[LoadedTables, LoadedTables]:
    given = {"target": "kind", "dtype": "float32", "encoded": True, **how}
    return load_tables(path, **given, memory=MEMORY), load_tables(path, **given, memory=10**18)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"target": "amount", "dtype": "float64"},
        {"target": "level", "missing": ["-999", "x"], "seed": 3},
        {"categorical": ["plain"], "drop": ["late"], "encoding": "standard"},
        {"encoding": "piecewise", "test_fraction": 0.4},
    ],
    ids=str,
)
def test_what_is_decided_and_encoded_is_the_same(file: Path, how: dict[str, Any]) -> None:
    found, expected = loaded(file, **how)
    assert isinstance(found.train.X, StoredTable)
    assert found.recipe == expected.recipe
    assert found.target == expected.target
    assert set(expected.recipe.noticed) <= set(found.noticed)
    assert found.train.skipped == expected.train.skipped
    np.testing.assert_array_equal(found.train.Y, expected.train.Y)
    block = found.train.X.block(slice(None))
    for name in ("values", "fractions", "codes"):
        np.testing.assert_array_equal(getattr(block, name), getattr(expected.train.X, name))
        assert getattr(block, name).dtype == getattr(expected.train.X, name).dtype
    assert list(found.train.sources) == list(expected.train.sources)
    assert found.recipe.summaries(found.train_table) == expected.recipe.summaries(expected.train_table)
    # Of the test rows some, drawn, and in memory.
    assert not found.test_table.is_stored
    assert set(found.test.sources) <= set(expected.test.sources)
    assert 2 <= found.test.m < expected.test.m
    assert f"the test is of {found.test.m} of the {expected.test.m} test rows" in " ".join(found.noticed)


def test_a_training_is_that_in_memory_of_the_same_order(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, expected = loaded(file)
    monkeypatch.setattr("pellucid.training.streaming._BLOCK_BYTES", 100 * found.train.X.column_bytes)
    network = Network((found.train.n_x, 6, 1))
    options = TrainingOptions(epochs=3, batch_size=16, rng=1, optimizer="adam", threads=1)
    order = order_on_files(network, found.train, options)
    stored = train(network, found.train, options)
    whole = train(network, expected.train, options, order=order)
    assert stored.history.costs == whole.history.costs
    for name, value in whole.parameters.items():
        np.testing.assert_array_equal(stored.parameters[name], value)


def test_a_test_file_is_read_in_the_same_way(tmp_path: Path) -> None:
    path, test = csv_file(tmp_path / "a.csv", columns()), csv_file(tmp_path / "b.csv", columns(300))
    found = load_tables(path, test, target="kind", encoded=True, memory=MEMORY)
    expected = load_tables(path, test, target="kind", encoded=True, memory=10**18)
    assert found.recipe == expected.recipe
    assert found.test.m < expected.test.m == 299
    assert all(source in list(expected.test.sources) for source in found.test.sources)
    assert {one.name for one in tmp_path.iterdir()} == {
        *("a.csv", "b.csv", "a.csv.pellucid-cache", "b.csv.pellucid-cache")
    }


# --- The cache


def test_it_is_made_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_tables(file, target="kind", memory=MEMORY)
    assert sum("was made in" in line for line in first.noticed) == 2
    for name in ("write_columns", "write_encoded"):
        monkeypatch.setattr(table_store, name, lambda *a: pytest.fail("made again"))
    again = load_tables(file, target="kind", memory=MEMORY)
    assert not any("cache" in line for line in again.noticed)
    np.testing.assert_array_equal(again.train.X.dense(slice(None)), first.train.X.dense(slice(None)))


@pytest.mark.parametrize("how", [{"seed": 2}, {"dtype": "float32"}, {"missing": ["-999"]}])
def test_other_options_need_other_inputs_of_the_same_columns(
    how: dict[str, Any], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_tables(file, target="kind", memory=MEMORY)
    monkeypatch.setattr(table_store, "write_columns", lambda *a: pytest.fail("read again"))
    found = load_tables(file, target="kind", memory=MEMORY, **how)
    assert any("another state of the data, or for other options" in line for line in found.noticed)
    expected = load_tables(file, target="kind", memory=10**18, **how)
    np.testing.assert_array_equal(
        found.train.X.dense(slice(None)),
        expected.recipe.encoded(expected.train_table, found.train.X.dtype.name).dense(slice(None)),
    )


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path, data = tmp_path / "a.csv", columns()
    csv_file(path, data)
    load_tables(path, target="kind", memory=MEMORY)
    before = identity_of(path)
    data["plain"][17] = data["plain"][17][:-1] + ("1" if data["plain"][17][-1] != "1" else "2")
    csv_file(path, data)
    # Even where its size and the time of its last change say nothing.
    os.utime(path, ns=(before["changed"], before["changed"]))
    after = identity_of(path)
    assert {**after, "digest": ""} == {**before, "digest": ""}
    found = load_tables(path, target="kind", memory=MEMORY)
    assert found.recipe == load_tables(path, target="kind", memory=10**18).recipe


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[:-1],
    "half": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "longer": lambda data: data + b"\0",
    "a number": lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
    "a letter": lambda data: data[:-60] + b"#" + data[-59:],
    "other": lambda data: b"PK\x03\x04" + bytes(1000),
    "length": lambda data: data[:-32] + (2**62).to_bytes(8, "little") + data[-24:],
    "mark": lambda data: b"X" + data[1:],
}


@pytest.mark.parametrize("which", ["columns", "inputs"])
@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_cache_is_made_anew(kind: str, which: str, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    first = load_tables(path, target="kind", memory=MEMORY).train.X.dense(slice(None))
    cache = tmp_path / "a.csv.pellucid-cache" / which
    cache.write_bytes(DAMAGE[kind](cache.read_bytes()))
    again = load_tables(path, target="kind", memory=MEMORY)
    assert any(f"{which} is" in line and "it was made anew" in line for line in again.noticed)
    np.testing.assert_array_equal(again.train.X.dense(slice(None)), first)
    assert sorted(one.name for one in cache.parent.iterdir()) == ["columns", "inputs"]


def rewritten(cache: Path, change: Callable[[dict[str, Any]], Any], numbers: bytes | None = None) -> None:
    """A cache file with sound checksums and another document."""
    import json

    from pellucid.data.cache_file import write_cache

    data = cache.read_bytes()
    begin = len(data) - 32 - int.from_bytes(data[-32:-24], "little")
    document = json.loads(data[begin:-32])
    change(document)
    key = document.pop("key")
    size, numbers = document.pop("size"), data[16:begin] if numbers is None else numbers
    document.pop("sums")

    def write(writer: Any) -> Any:
        writer.file.write(numbers)
        return {**document, **({"size": size} if size != len(numbers) else {})}

    write_cache(cache, key, write)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(rows=[10**9]),
        lambda d: d.update(rows=[-1, 901]),
        lambda d: d.update(rows="many"),
        lambda d: d.update(rows=[float(n) for n in d["rows"]]),
        lambda d: d["columns"].append(d["columns"][0]),
        lambda d: d["columns"][0].__setitem__(1, "object"),
        lambda d: d["columns"][2].__setitem__(2, [1, 2]),
        lambda d: d.update(columns=None),
        lambda d: d.pop("notes"),
        lambda d: d.update(where=7),
    ],
)
def test_a_description_that_is_none_of_columns(change: Any, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    store_of(path).table(frozenset())
    rewritten(tmp_path / "a.csv.pellucid-cache" / "columns", change)
    store = store_of(path)
    assert_same_columns(store.table(frozenset()), read_table(path))
    assert any("is damaged" in line for line in store.notes)


def test_numbers_of_texts_beyond_the_last_name_no_text(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", {"t": ["a", "b"] * 5, "y": ["0", "1"] * 5})
    store_of(path).table(frozenset())
    cache = tmp_path / "a.csv.pellucid-cache" / "columns"
    wild = np.array([7, -9, 2**31 - 1, -(2**31), 0, 1, 0, 1, 0, 1], "<i4").tobytes()
    rewritten(cache, lambda d: None, wild + np.zeros(10).tobytes())
    found = store_of(path).table(frozenset()).texts("t")
    assert found.tolist() == ["b", None, "b", None, *"ababab"]


def test_inputs_with_codes_that_no_column_has_are_refused_by_the_engine(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    load_tables(path, target="kind", memory=MEMORY, dtype="float32")
    cache = tmp_path / "a.csv.pellucid-cache" / "inputs"
    data = cache.read_bytes()
    size = len(data) - 48 - int.from_bytes(data[-32:-24], "little")
    rewritten(cache, lambda d: None, data[16 : 16 + size // 2] + b"\x7f" * (size - size // 2))
    found = load_tables(path, target="kind", memory=MEMORY, dtype="float32")
    options = TrainingOptions(epochs=1, batch_size=16, threads=1)
    with pytest.raises((ValueError, IndexError)):
        train(Network((found.train.n_x, 6, 1)), found.train, options)


def test_the_cache_of_another_file_is_not_used(tmp_path: Path) -> None:
    one, two = (tmp_path / name for name in ("a.csv", "b.csv"))
    csv_file(one, columns())
    csv_file(two, {**columns(), "plain": columns()["amount"]})
    for path in (one, two):
        load_tables(path, target="kind", memory=MEMORY)
    for which in ("columns", "inputs"):
        swapped = tmp_path / "a.csv.pellucid-cache" / which
        swapped.write_bytes((tmp_path / "b.csv.pellucid-cache" / which).read_bytes())
    found = load_tables(one, target="kind", memory=MEMORY)
    assert found.recipe == load_tables(one, target="kind", memory=10**18).recipe
    assert sum("another state of the data" in line for line in found.noticed) == 2


def test_the_folder_that_was_asked_for(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    for _ in range(2):
        load_tables(path, target="kind", memory=MEMORY, cache=tmp_path / "there")
    [folder] = (tmp_path / "there").iterdir()
    assert folder.name.startswith("a.csv-")
    assert sorted(one.name for one in folder.iterdir()) == ["columns", "inputs"]
    assert not (tmp_path / "a.csv.pellucid-cache").exists()


def test_beside_a_file_that_nobody_may_write_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != tmp_path)
    found = load_tables(path, target="kind", memory=MEMORY)
    assert any("may not be written in, so the cache is in" in line for line in found.noticed)
    assert list((tmp_path / "home" / "pellucid").iterdir())


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"the cache .* cannot be written .*; expected a folder"):
        load_tables(path, target="kind", memory=MEMORY, cache=tmp_path / "file")


@pytest.mark.parametrize("which", ["columns", "inputs"])
def test_a_disk_that_is_full(which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    if which == "inputs":
        store_of(path).table(frozenset())

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"No space left on device\); expected a folder with room"):
        load_tables(path, target="kind", memory=MEMORY)
    left = [one.name for one in (tmp_path / "a.csv.pellucid-cache").iterdir()]
    assert left == (["columns"] if which == "inputs" else [])


def test_another_process_that_replaces_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = csv_file(tmp_path / "a.csv", columns()), cache_file.write_cache
    found = load_tables(path, target="kind", memory=MEMORY).train.X
    expected = found.dense(slice(None))
    # Who reads the old file goes on reading it.
    (tmp_path / "a.csv.pellucid-cache" / "inputs").unlink()
    np.testing.assert_array_equal(found.dense(slice(None)), expected)

    def replaced(place: Path, key: Any, write: Any) -> None:
        real(place, {**key, "of": "another"}, write)

    monkeypatch.setattr(cache_file, "write_cache", replaced)
    with pytest.raises(OutputError, match="when it had just been made; if another training uses it"):
        load_tables(path, target="kind", memory=MEMORY)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = csv_file(tmp_path / "a.csv", columns()), table_store.write_columns

    def changing(*given: Any) -> Any:
        found = real(*given)
        csv_file(path, columns(300))
        return found

    monkeypatch.setattr(table_store, "write_columns", changing)
    with pytest.raises(FormatError, match=r"a.csv changed while it was read; expected a file that stays"):
        load_tables(path, target="kind", memory=MEMORY)


# --- What is refused


def test_a_column_beyond_the_memory_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", {name: columns()[name] for name in ("plain", "id")})
    with pytest.raises(TooLargeError, match=r"of one column of 900 rows need 49.2 KiB of memory and may"):
        store_of(path, memory=50_000).table(frozenset())
    with pytest.raises(TooLargeError, match=r"column id has more than .* different texts, which do not"):
        store_of(path, memory=100_000).table(frozenset({"id"}))


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        ("a,b\n1,2\n3\n4,5\n", FormatError, "line 3 has 1 value and there are 2 columns"),
        ("a,a\n1,2\n", DataError, "both called a"),
        ("a,b\n", FormatError, "no rows"),
        ('a,b\n1,"2\n3,4\n', FormatError, "a quote is opened and never closed"),
        ("a,b\n" + "1,2\n" * 2000 + "3\n", FormatError, "line 2002 has 1 value"),
    ],
)
def test_a_file_that_is_no_table(text: str, error: type[Exception], line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(error, match=line):
        store_of(path).table(frozenset())
    assert not list(tmp_path.rglob("columns"))
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_parquet_file_that_is_damaged(tmp_path: Path) -> None:
    path = parquet_file(tmp_path / "a.parquet", columns())
    data = bytearray(path.read_bytes())
    data[200:2000] = b"\xff" * 1800
    path.write_bytes(bytes(data))
    with pytest.raises(FormatError, match="is a damaged Parquet file"):
        load_tables(path, target="kind", memory=MEMORY)


def test_a_target_is_refused_as_in_memory(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    with pytest.raises(LabelError, match="always 1"):
        load_tables(path, target="constant", memory=MEMORY)
    with pytest.raises(DataError, match="there is no column nothing"):
        load_tables(path, target="nothing", memory=MEMORY)


def test_the_document_says_no_more_than_it_should(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", columns())
    store = store_of(path)
    store.table(frozenset())
    key = {"of": "columns", "source": identity_of(path), "text": []}
    document, _ = open_cache(store.folder / "columns", key)
    assert {name for name, _, _ in document["columns"]} == set(columns())
