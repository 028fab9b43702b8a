"""Reading a learner's file without running it: functions, lines, notebooks, and errors."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.check.solution import Solution, SolutionError, read_solution
from pellucid.errors import DataError, NotFoundError


def read(folder: Path, content: str | bytes, name: str = "solution.py") -> Solution:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_solution(path)


def code(*lines: str, kind: str = "code") -> dict[str, Any]:
    return {"cell_type": kind, "source": [f"{line}\n" for line in lines], "metadata": {}, "outputs": []}


def notebook(*cells: Any) -> str:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_functions_with_their_lines_and_parameters(tmp_path: Path) -> None:
    solution = read(
        tmp_path,
        "import numpy as np\n\n@staticmethod\ndef f(Z, /, W, *rest, b=1, **more):\n    return Z\n\n"
        "def g(): pass\n",
    )
    f, g = solution.functions["f"], solution.functions["g"]
    assert (f.line, f.end_line, f.parameters) == (3, 5, ("Z", "W", "*rest", "b", "**more"))
    assert (g.line, g.end_line, g.parameters) == (7, 7, ())
    assert f.tree.name == "f"
    assert solution.line_of(4) == "line 4"


def test_the_last_definition_counts_and_other_names_are_told_apart(tmp_path: Path) -> None:
    solution = read(
        tmp_path,
        """
def f(): return 1
def g(): return 1
class g: pass
try:
    import q
except ImportError:
    def h(): pass
relu = lambda Z: Z
relu2, (eps, _) = 1, (2, 3)
from m import sigmoid
async def a(): pass
def f(): return 2
def outer():
    def inner(): pass
""",
    )
    assert list(solution.functions) == ["h", "f", "outer"]
    assert solution.functions["f"].line == 13
    assert solution.other_names == {"g": 4, "relu": 9, "relu2": 10, "eps": 10, "_": 10, "a": 12}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfdef f(): pass\n",
        b"# coding: latin-1\n# \xe9\ndef f(): pass\n",
        b"def f():\r\n    '''\\d'''\r\n    pass\r\n",
        b"def f():\r    pass\r",
    ],
)
def test_encodings_ends_of_lines_and_backslashes(tmp_path: Path, content: bytes) -> None:
    assert list(read(tmp_path, content).functions) == ["f"]


def test_a_long_chain_of_elif_is_read(tmp_path: Path) -> None:
    chain = "".join(f"elif x == {i}:\n    y{i} = 1\n" for i in range(900))
    try:
        solution = read(tmp_path, f"if x:\n    def f(): pass\n{chain}")
    except SolutionError as error:
        # Where the parser itself goes less deep.
        assert "nested too deep" in str(error)  # noqa: PT017
    else:
        assert "y899" in solution.other_names


def test_a_notebook_is_its_code_cells(tmp_path: Path) -> None:
    solution = read(
        tmp_path,
        notebook(
            code("%matplotlib inline", "import numpy as np", "!ls -l", "files = !ls", "np.dot?", "?np"),
            code("# text", kind="markdown"),
            code(),
            code("%%time", "def f(Z):", "    return 1 \\"),
            code("def g(Z):", '    """', "%matplotlib", '    """', "    %time x = 1", "    return Z"),
            code("%%bash", "rm -rf /"),
        ),
    )
    assert list(solution.functions) == ["f", "g"]
    assert solution.line_of(solution.functions["f"].line) == "cell 3, line 2"
    assert solution.line_of(solution.functions["g"].line) == "cell 4, line 1"
    assert solution.line_of(1) == "cell 1, line 1"
    assert "\n%matplotlib\n" in solution.text
    assert "    pass\n    return Z" in solution.text
    assert "rm" not in solution.text


def test_a_notebook_is_known_by_its_content_and_older_ones_are_read(tmp_path: Path) -> None:
    sheet = {"cells": [{"cell_type": "code", "input": "def f(): pass"}]}
    assert list(read(tmp_path, json.dumps({"worksheets": [sheet]}), "any.txt").functions) == ["f"]


def test_a_form_feed_ends_no_line(tmp_path: Path) -> None:
    solution = read(tmp_path, notebook({"cell_type": "code", "source": "x = 1\f\n\ndef f(): pass"}))
    assert solution.line_of(solution.functions["f"].line) == "cell 1, line 3"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("def f(:\n    pass\n", "is not valid Python at line 1: .*: def f"),
        ("x = 1\n\ndef f():\nreturn 1\n", "at line 4: expected an indented block.*: return 1"),
        ("x = '''\n\n", "line 1: unterminated"),
        ("a" + ".b" * 400_000, "nested too deep"),
        ("-" * 500_000 + "1", "nested too deep"),
        ("(" * 300 + ")" * 300, "at line 1: too many nested parentheses"),
        ("x = 1\n" * 200_000, "1,200,000 characters of code; expected at most 1,048,576"),
        (b"\x00\x01", "holds null bytes"),
        (b"x = '\xff'", "not written in the encoding it claims"),
        (b"# coding: nonsense\n", "not written in the encoding it claims"),
    ],
    ids=["colon", "indent", "text", "attributes", "minus", "parentheses", "long", "null", "utf8", "coding"],
)
def test_what_is_no_python_is_refused_in_a_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(SolutionError, match=message) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "solution.py") in str(caught.value)
    assert isinstance(caught.value, DataError)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("def f(): pass", "is not a notebook: its JSON cannot be read"),
        ("{", "is not a notebook: its JSON cannot be read"),
        ("{}", "holds no list of cells"),
        ("[]", "holds no cells"),
        ('{"cells": {}}', "holds no list of cells"),
        ('{"cells": [1]}', "holds no list of cells"),
        ('{"cells": [{"cell_type": "code", "source": {}}]}', "source is not a text"),
        ('{"cells": [{"cell_type": "code", "source": ["x", 1]}]}', "source is not a text"),
        ('{"cells": ' + "[" * 200_000, "nested too deep"),
        (b'{"cells": "\xff"}', "is not written in UTF-8"),
        (notebook(code("x = 1"), code("y = 2", "def f(:", "  pass")), "at cell 2, line 2: "),
    ],
)
def test_what_is_no_notebook_is_refused_in_a_line(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(SolutionError, match=message) as caught:
        read(tmp_path, content, "a.ipynb")
    assert "\n" not in str(caught.value)


def test_folders_devices_and_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no file"):
        read_solution(tmp_path / "missing.py")
    with pytest.raises(SolutionError, match="is a folder; expected a Python file or a notebook"):
        read_solution(tmp_path)
    with pytest.raises(SolutionError, match="a device"):
        read_solution("/dev/zero")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_file_is_a_solution_or_one_line(tmp_path: Path, content: bytes) -> None:
    for name in ("a.py", "a.ipynb"):
        line = ""
        try:
            read(tmp_path, content, name)
        except DataError as error:
            line = str(error)
        assert "\n" not in line


def test_a_cell_that_is_no_python_is_left_out_and_named(tmp_path: Path) -> None:
    bad = ("def f(Z):", "    A = Z", "     return A")
    solution = read(tmp_path, notebook(code("x = 1"), code(*bad), code("def g(Z):", "    return Z")))
    assert list(solution.functions) == ["g"]
    [unread] = solution.unread
    assert (unread.place, unread.names) == ("cell 2, line 3", ("f",))
    assert unread.message == "unexpected indent: return A"
    assert solution.line_of(solution.functions["g"].line) == "cell 3, line 1"


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        ('print "Z =", 3', ()),
        ("def f(Z:\n    return Z", ("f",)),
        ("def f(Z):\n  A = Z\n   B = Z\n  return A", ("f",)),
        ("x = (1,\n     2", ()),
        ("s = 'abc", ()),
        ("return = 3", ()),
    ],
)
def test_a_statement_that_is_no_python_is_left_out(
    tmp_path: Path, bad: str, names: tuple[str, ...]
) -> None:
    after = "def g(Z):\n    return Z\n\n\nclass C:\n    def h(self):\n        pass\n"
    solution = read(tmp_path, f'a = """\ntext\n"""\n{bad}\n{after}')
    assert list(solution.functions) == ["g"]
    assert solution.methods == ("h",)
    [unread] = solution.unread
    assert unread.names == names
    assert unread.line in range(4, 5 + bad.count("\n"))


@pytest.mark.parametrize("line", ["cd '/content/drive/My Drive'", "ls", "ls -la", "pip install x", "%cd x"])
def test_magics_without_their_percent_sign(tmp_path: Path, line: str) -> None:
    solution = read(tmp_path, notebook(code(line), code("def f(): pass", line)))
    assert list(solution.functions) == ["f"]
    assert solution.unread == ()
    assert line not in solution.text


def test_names_that_only_look_like_magics(tmp_path: Path) -> None:
    text = "'" * 3
    lines = (
        "ls = [1]",
        "cat = ls",
        "ls",
        "cat is ls",
        "x = 7 % 3",
        "y = x  # right?",
        f"s = {text}",
        "%a",
        text,
    )
    assert read(tmp_path, notebook(code(*lines))).text.rstrip("\n") == "\n".join(lines)


def test_a_long_notebook_takes_time_in_proportion(tmp_path: Path) -> None:
    solution = read(tmp_path, notebook(code(*["!ls"] * 20_000), code("def f(): pass")))
    assert list(solution.functions) == ["f"]
