"""Write how well the judge does on the corpus of solutions into docs/check-corpus.md."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from check.corpus.catalogue import HALVES, entries
from check.corpus.page import PAGE, page
from check.corpus.score import judged


def main() -> int:
    """Judge every solution, and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        verdicts = {half: [judged(entry, Path(folder)) for entry in entries(half)] for half in HALVES}
    PAGE.write_text(page(verdicts), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
