"""A summary: text where text is read, a table in a notebook."""

from pages import text_of
from pellucid import Network
from pellucid.summary import Summary, summary_html, summary_text

NETWORK = Network((3, 2, 1))


def test_a_terminal_shows_the_lines_of_a_summary() -> None:
    summary = Summary(NETWORK, [0.7, 0.5])
    assert summary == summary_text(NETWORK, [0.7, 0.5])
    assert repr(summary) == str(summary)
    assert len(repr(summary).splitlines()) > 5


def test_a_notebook_shows_a_table_and_the_curve() -> None:
    html = Summary(NETWORK, [0.7, 0.5], [0.8, 0.6])._repr_html_()
    assert html == summary_html(NETWORK, [0.7, 0.5], [0.8, 0.6])
    assert html.count("<polyline") == 2
    assert "1(2, 3)(2, 1)relu8" in text_of(html)
    assert "<svg" not in summary_html(NETWORK)


def test_more_facts_are_escaped() -> None:
    assert "classes: <b> & c" in text_of(summary_html(NETWORK, more=[("classes", "<b> & c")]))
