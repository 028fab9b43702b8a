"""Tables that cannot be trained on: one line each, exit code 2, nothing written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from small_tables import HEAD, flats, write_flats

pytest.importorskip("pyarrow")
Refused = Callable[..., str]


def bad(here: Path, content: str | bytes) -> str:
    data = content if isinstance(content, bytes) else content.encode()
    (here / "bad.csv").write_bytes(data)
    return "bad.csv"


def changed(row: int, old: str, new: str) -> str:
    """The flats with something else in one row."""
    lines = [HEAD, *flats(40)]
    assert old in lines[row]
    lines[row] = lines[row].replace(old, new, 1)
    return "\n".join(lines) + "\n"


def test_a_table_needs_a_target(here: Path, refused: Refused) -> None:
    write_flats(here / "flats.csv")
    assert refused("train", "flats.csv") == (
        "flats.csv is a table: say which column is to be predicted; expected --target with one of rooms, "
        "city, code, age, sold"
    )


def test_an_unknown_target_lists_the_columns(here: Path, refused: Refused) -> None:
    write_flats(here / "flats.csv")
    line = refused("train", "flats.csv", "--target", "price")
    assert "there is no column price" in line
    assert line.endswith("the columns are rooms, city, code, age, sold")


@pytest.mark.parametrize("option", ["--drop", "--numeric", "--categorical"])
def test_an_unknown_column(option: str, here: Path, refused: Refused) -> None:
    write_flats(here / "flats.csv")
    line = refused("train", "flats.csv", "--target", "sold", option, "rooms,garden")
    assert "there is no column garden" in line


def test_contradictions(here: Path, refused: Refused) -> None:
    write_flats(here / "flats.csv")
    arguments = ("train", "flats.csv", "--target", "sold")
    assert "rooms" in refused(*arguments, "--drop", "rooms", "--categorical", "rooms")
    assert "--task is 'guessing'" in refused(*arguments, "--task", "guessing")
    assert "expected a number" in refused(*arguments, "--task", "regression")
    assert "expected a number" in refused(*arguments, "--numeric", "city")


def test_a_target_with_one_class(here: Path, refused: Refused) -> None:
    content = "\n".join([HEAD, *(line for line in flats() if line.endswith("yes"))])
    line = refused("train", bad(here, content), "--target", "sold")
    assert "the target sold is always yes; expected at least two classes" in line


@pytest.mark.parametrize("target", ["sold", "rooms"])
def test_duplicate_names(target: str, here: Path, refused: Refused) -> None:
    content = "\n".join([HEAD.replace("age", "rooms"), *flats(40)])
    assert "both called rooms" in refused("train", bad(here, content), "--target", target)


def test_a_ragged_row(here: Path, refused: Refused) -> None:
    line = refused("train", bad(here, changed(7, ",", ",,")), "--target", "sold")
    assert "bad.csv" in line
    assert "line 8" in line


def test_another_encoding(here: Path, refused: Refused) -> None:
    content = changed(5, ",", "\u00fc,").encode("latin-1")
    assert "UTF-8" in refused("train", bad(here, content), "--target", "sold")
    content = "\n".join([HEAD, *flats(40)]).encode("utf-16")
    assert "UTF-8" in refused("train", bad(here, content), "--target", "sold")


def test_an_empty_file(here: Path, refused: Refused) -> None:
    assert "is empty" in refused("train", bad(here, ""), "--target", "sold")
    assert "bad.csv" in refused("train", bad(here, HEAD + "\n"), "--target", "sold")


def test_infinite_numbers(here: Path, refused: Refused) -> None:
    content = "a,b\n" + "".join(f"{i},{'x' if i % 2 else 'y'}\n" for i in range(30)) + "inf,x\n"
    line = refused("train", bad(here, content), "--target", "b", "--test-fraction", "0.1")
    assert "column a holds inf" in line


def test_a_huge_line(here: Path, refused: Refused) -> None:
    path = here / "bad.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,")
        file.seek(1 << 30, 1)
        file.write(b"\n")
    line = refused("train", "bad.csv", "--target", "b")
    assert line.startswith("bad.csv")
    assert len(line) < 300


def test_a_million_categories(here: Path, refused: Refused) -> None:
    content = "name,b\n" + "".join(f"n{i},{i % 2}\n" for i in range(1_000_000))
    line = refused("train", bad(here, content), "--target", "b")
    assert "column name has " in line
    assert "different texts" in line
    assert "--drop name" in line


def test_a_test_table_that_does_not_fit(here: Path, refused: Refused) -> None:
    write_flats(here / "flats.csv")
    arguments = ("train", "flats.csv", "--target", "sold", "--test")
    (here / "test.csv").write_text("rooms,sold\n3,yes\n", "utf-8")
    line = refused(*arguments, "test.csv")
    assert "test.csv: there are no columns city, age" in line
    (here / "test.csv").write_text(HEAD + "\n3,Bern,1,2,perhaps\n", "utf-8")
    assert "the target sold is perhaps; expected one of no, yes" in refused(*arguments, "test.csv")


def test_options_are_refused_before_a_table_is_read(refused: Refused) -> None:
    for options in ("--optimizer x", "--schedule x", "--engine x", "--weight-decay -1 --optimizer adamw"):
        line = refused("train", "nowhere.csv", "--target", "y", *options.split())
        assert "nowhere" not in line
    line = refused("train", "nowhere.csv", "--target", "y", "--optimizer", "adam", "--weight-decay", "0.1")
    assert line == "weight_decay is 0.1 and the optimizer adam has none; expected adamw"
    assert refused("train", "nowhere.csv", "--target", "y").startswith("there is no file")
