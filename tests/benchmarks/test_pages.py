"""What the script makes of a document: sections of the pages, and pictures of the curves."""

import json
from pathlib import Path

import pytest

from benchmarks import pages
from benchmarks.contenders import CONTENDERS
from benchmarks.suite import Request, Settings, measure
from benchmarks.works import WORKS

ROOT = Path(__file__).parents[2]
PAGE = "before\n<!-- measured: {} -->\nold\n<!-- /measured -->\nafter\n"


@pytest.fixture(scope="module")
def document() -> dict:
    works, who = [WORKS["tiny"], WORKS["inference"]], [CONTENDERS["ours"], CONTENDERS["numpy"]]
    found = measure(Request(works, who), Settings(repeats=1, threads=1, seconds=0.005))
    points = [
        {
            "x": x,
            "samples": [1e-6 / x] * 2,
            "median": 1e-6 / x,
            "min": 1e-6 / x,
            "max": 2e-6 / x,
            "failed": None,
        }
        for x in (1, 10)
    ]
    line = {"contender": "ours", "title": "Pellucid", "network": "", "points": points}
    failed = {
        **line,
        "contender": "jax",
        "points": [{**points[0], "median": None, "samples": []}, points[1]],
    }
    curve = {"name": "width", "title": "wide", "label": "w", "threads": 2, "lines": [line, failed]}
    ratio = {"title": "with / without", "limit": 1.25, "median": 1.1, "min": 1.0, "max": 1.2}
    ratios = [{**ratio, "seconds": [1.1, 1.0], "failed": None}]
    return {**found, "curves": [curve], "ratios": ratios}


def test_whole_fits_have_a_document_of_their_own(document: dict) -> None:
    row = {"name": "digits: defaults", "loss_deviation": 1e-15, "speed_up": 4.0}
    sides = {
        side: {"samples": [s], "median": s, "failed": None} for side, s in (("ours", 0.5), ("theirs", 2.0))
    }
    way = {"title": "Pellucid", "samples": [2.0], "median": 2.0, "auc": 0.92, "failed": None}
    measured = {"rows": [{**row, **sides}], "speed_up": 4.0, "slowest": 4.0}
    fits = {**document, "drop_in": measured, "adult": [way]}
    page = pages.rewritten(PAGE.format("drop_in"), document, fits)
    assert "Whole fits beside scikit-learn's: 4.00 times as fast" in page
    assert "| digits: defaults | 500 ms | 2.00 s | 4.00 | 1e-15 |" in page
    assert "| Pellucid | 2.00 s | 0.9200 |" in page
    assert "old" not in page
    assert pages.rewritten(PAGE.format("drop_in"), document) == PAGE.format("drop_in")


def test_every_section_is_replaced_and_nothing_else(document: dict) -> None:
    for name, said in {
        "numbers": "| work | Pellucid | NumPy | scikit-learn | PyTorch | JAX |",
        "training": "**tiny**: one step of",
        "peers": "| tiny | ",
        "ratios": "| one / other | one | other | ratio | range | limit |",
        "around": "**inference**: the probability",
        "scaling": "![wide](pictures/scaling-width.png)",
    }.items():
        page = pages.rewritten(PAGE.format(name), document)
        assert page.startswith(f"before\n<!-- measured: {name} -->\n")
        assert page.endswith("<!-- /measured -->\nafter\n")
        assert "old" not in page
        assert said in page
        assert pages.rewritten(page, document) == page


def test_the_pages_have_the_sections() -> None:
    texts = [(ROOT / name).read_text("utf-8") for name in ("README.md", "docs/performance.md")]
    assert {found[2] for text in texts for found in pages.SECTION.finditer(text)} == set(pages.SECTIONS)


def test_a_curve_is_drawn(document: dict, tmp_path: Path) -> None:
    pages.draw(document["curves"][0], tmp_path / "one.png")
    pages.draw(document["curves"][0], tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_check_tells_pages_that_differ(
    document: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    for name in ("README.md", "docs/performance.md"):
        (tmp_path / name).write_text(PAGE.format("numbers"), "utf-8")
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(pages, "PICTURES", tmp_path / "docs" / "pictures")
    monkeypatch.setattr("sys.argv", ["pages", "--check"])
    assert pages.main() == 0
    assert "there is no benchmarks/results.json" in capsys.readouterr().out
    (tmp_path / "results.json").write_text(json.dumps(document), "utf-8")
    assert pages.main() == 1
    assert "README.md differs" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["pages"])
    assert pages.main() == 0
    assert (tmp_path / "docs" / "pictures" / "scaling-width.png").stat().st_size > 1000
    monkeypatch.setattr("sys.argv", ["pages", "--check"])
    assert pages.main() == 0
