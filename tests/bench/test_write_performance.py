"""What the script makes of a document: sections of the pages, and pictures of the curves."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from pellucid.bench import CONTENDERS, WORKS, Settings, measure

ROOT = Path(__file__).parents[2]
PAGE = "before\n<!-- measured: {} -->\nold\n<!-- /measured -->\nafter\n"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "write_performance", ROOT / "scripts/write_performance.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def document() -> dict:
    works, who = [WORKS["tiny"], WORKS["inference"]], [CONTENDERS["ours"], CONTENDERS["numpy"]]
    found = measure(works, who, Settings(repeats=1, threads=1, seconds=0.005))
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
    return {**found, "curves": [curve]}


def test_whole_fits_have_a_document_of_their_own(script: ModuleType, document: dict) -> None:
    row = {"name": "digits: defaults", "loss_deviation": 1e-15, "speed_up": 4.0}
    sides = {
        side: {"samples": [s], "median": s, "failed": None} for side, s in (("ours", 0.5), ("theirs", 2.0))
    }
    way = {"title": "Pellucid", "samples": [2.0], "median": 2.0, "auc": 0.92, "failed": None}
    measured = {"rows": [{**row, **sides}], "speed_up": 4.0, "slowest": 4.0}
    fits = {**document, "drop_in": measured, "adult": [way]}
    page = script.rewritten(PAGE.format("drop_in"), document, fits)
    assert "Whole fits beside scikit-learn's: 4.00 times as fast" in page
    assert "| digits: defaults | 500 ms | 2.00 s | 4.00 | 1e-15 |" in page
    assert "| Pellucid | 2.00 s | 0.9200 |" in page
    assert "old" not in page
    assert script.rewritten(PAGE.format("drop_in"), document) == PAGE.format("drop_in")


def test_every_section_is_replaced_and_nothing_else(script: ModuleType, document: dict) -> None:
    for name, said in {
        "numbers": "| work | Pellucid | NumPy | scikit-learn | PyTorch | JAX |",
        "training": "**tiny**: one step of",
        "around": "**inference**: the probability",
        "scaling": "![wide](pictures/scaling-width.png)",
    }.items():
        page = script.rewritten(PAGE.format(name), document)
        assert page.startswith(f"before\n<!-- measured: {name} -->\n")
        assert page.endswith("<!-- /measured -->\nafter\n")
        assert "old" not in page
        assert said in page
        assert script.rewritten(page, document) == page


def test_the_pages_have_the_sections(script: ModuleType) -> None:
    pages = [(ROOT / name).read_text("utf-8") for name in ("README.md", "docs/performance.md")]
    assert {found[2] for page in pages for found in script.SECTION.finditer(page)} == set(script.SECTIONS)


def test_a_curve_is_drawn(script: ModuleType, document: dict, tmp_path: Path) -> None:
    script.draw(document["curves"][0], tmp_path / "one.png")
    script.draw(document["curves"][0], tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_check_tells_pages_that_differ(
    script: ModuleType, document: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    for name in ("README.md", "docs/performance.md"):
        (tmp_path / name).write_text(PAGE.format("numbers"), "utf-8")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(script, "PICTURES", tmp_path / "docs" / "pictures")
    monkeypatch.setattr("sys.argv", ["write_performance.py", "--check"])
    assert script.main() == 0
    assert "there is no benchmarks/results.json" in capsys.readouterr().out
    (tmp_path / "results.json").write_text(json.dumps(document), "utf-8")
    assert script.main() == 1
    assert "README.md differs" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["write_performance.py"])
    assert script.main() == 0
    assert (tmp_path / "docs" / "pictures" / "scaling-width.png").stat().st_size > 1000
    monkeypatch.setattr("sys.argv", ["write_performance.py", "--check"])
    assert script.main() == 0
