"""Tables and lines for a terminal: aligned, and no wider than it is."""

import math

import pytest

from pellucid.display import aligned_table, cost_text, fitted

ROWS = [
    ("block", "shape", "checked", "verdict"),
    ("W1", "(16, 368)", "50", "right"),
    ("b1", "(16, 1)", "16", "wrong"),
]


def test_columns_are_aligned() -> None:
    assert aligned_table(ROWS, "<<><") == (
        "block  shape      checked  verdict\n"
        "W1     (16, 368)       50  right\n"
        "b1     (16, 1)         16  wrong"
    )


def test_the_widest_text_is_cut_in_a_narrow_terminal() -> None:
    rows = [
        ("column", "becomes"),
        ("age", "one of 6: Federal-gov, Local-gov, Private"),
        ("sex", "one of 2"),
    ]
    lines = aligned_table(rows, "<<", 40).splitlines()
    assert lines == ["column  becomes", "age     one of 6: Federal-gov, Local-...", "sex     one of 2"]


def test_columns_that_do_not_fit_stand_below() -> None:
    assert aligned_table(ROWS, "<<><", 26) == (
        "block  shape      checked\n"
        "W1     (16, 368)       50\n"
        "b1     (16, 1)         16\n\n"
        "block  verdict\n"
        "W1     right\n"
        "b1     wrong"
    )


def test_a_cell_wider_than_the_terminal_is_left_whole() -> None:
    assert (
        aligned_table([("name", "1234567890"), ("x", "1")], "<>", 8).splitlines()[0] == "name  1234567890"
    )


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("short", "short"),
        ("a sentence of a few words", "a sentence of a\n  few words"),
        ("cost    from one to the other", "cost    from one\n        to the\n        other"),
        # The last column has no room: what is broken off stands below the one before it.
        ("a  b  far to the  right", "a  b  far to the\n      right"),
        ("/a/path/that/nobody/can/break", "/a/path/that/nobody/can/break"),
        # Colours take no room.
        ("\x1b[1mthe verdict\x1b[0m is", "\x1b[1mthe verdict\x1b[0m is"),
    ],
)
def test_lines_are_broken_at_spaces(line: str, broken: str) -> None:
    assert fitted(line, 16) == broken
    assert fitted(line, None) == line


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (0.0123456, "0.012346"),
        (1.3e206, "1.3e+206"),
        (math.inf, "infinite"),
        (math.nan, "not a number"),
    ],
)
def test_costs(cost: float, text: str) -> None:
    assert cost_text(cost) == text
