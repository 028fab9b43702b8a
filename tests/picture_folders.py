"""Folders of small pictures for the tests that read them."""

import os
from pathlib import Path

from PIL import Image

from pellucid.data.rows import Rows

SHAPE = (4, 4, 3)


def fill(root: Path, *names: str) -> Path:
    """Pictures of one shade each, 1, 2, ... in the order of the names."""
    for shade, name in enumerate(names, start=1):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (shade,) * 3).save(path, format="PNG")
    return root


def table(examples: Rows | None, root: Path) -> list[tuple[str, str, int]]:
    """(path below root, class, shade) of each example."""
    assert examples is not None
    assert examples.labels is not None
    assert examples.rows.shape == (len(examples.sources), *SHAPE)
    return [
        (os.path.relpath(source, root), examples.classes[label], int(row.flat[0]))
        for source, label, row in zip(examples.sources, examples.labels, examples.rows, strict=True)
    ]
