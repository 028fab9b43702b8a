"""Tables and facts: closed tags, escaped texts, numbers at the right."""

import re

from pages import text_of
from pellucid.display import beside, facts, table


def test_a_table_holds_its_texts_as_they_are() -> None:
    html = table(("<name>", "n"), [("a & b", "1"), ("<script>", "20")], "<>")
    assert text_of(html) == "<name>na & b1<script>20"
    assert "<script>" not in html
    sides = re.findall(r"<td style=\"text-align:(\w+)", html)
    assert sides == ["left", "right"] * 2
    assert "bold" not in html


def test_one_row_is_in_bold() -> None:
    html = table(("a",), [("1",), ("2",)], "<", strong=1)
    assert re.findall(r"font-weight:bold\">(\w)", html) == ["2"]


def test_facts_and_what_stands_beside_them() -> None:
    html = beside(facts([("a", "<1>"), ("b", "2")]), "", "<i>c</i>")
    assert text_of(html) == "a: <1>b: 2c"
    assert html.count("<div") == 3
