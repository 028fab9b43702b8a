"""The benchmark of a large table, on a small one."""

from pathlib import Path

import pytest

from benchmarks import large_table
from benchmarks.child import ChildError

pytest.importorskip("pyarrow")


def test_both_sides_take_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large_table.main(["--rows", "3000", "--repeats", "1", "--folder", str(tmp_path)])
    head, _, _, _, ours, theirs = capsys.readouterr().out.strip().splitlines()
    assert head.startswith("3,000 rows, ")
    for line, side in ((ours, "ours"), (theirs, "boosting")):
        cells = line.strip("| ").split(" | ")
        assert cells[0] == side
        assert float(cells[1]) > 0 < float(cells[2].removesuffix(" GB"))
        assert 0.6 < float(cells[3]) <= 1
    assert (tmp_path / "rows-3000.csv").read_text().splitlines()[0].endswith('"city","day","zip","y"')


def test_a_side_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ChildError, match="target"):
        large_table.taken("ours", tmp_path / "t.csv", tmp_path / "run")
