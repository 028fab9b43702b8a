"""Small tables that train in a moment: flats, with a price, a city, and gaps."""

from pathlib import Path

import numpy as np

HEAD = "rooms,city,code,age,sold"


def flats(m: int = 120, seed: int = 0) -> list[str]:
    """Rows of HEAD: what is sold is large or in Bern; some cities and ages are missing."""
    rng = np.random.default_rng(seed)
    lines = []
    for i in range(m):
        rooms, city = int(rng.integers(1, 8)), ("Bern", "Basel", "Chur")[rng.integers(3)]
        sold = "yes" if rooms + 3 * (city == "Bern") > 4 else "no"
        age = "" if i % 11 == 0 else f"{rng.uniform(0, 90):.2f}"
        lines.append(f"{rooms},{'?' if i % 17 == 0 else city},{i:04},{age},{sold}")
    return lines


def write_flats(path: Path, m: int = 120, seed: int = 0) -> Path:
    """These rows as a CSV file."""
    path.write_text("\n".join([HEAD, *flats(m, seed)]) + "\n", "utf-8")
    return path


def write_numbers(path: Path, m: int = 100) -> Path:
    """x, z and a price that is 1000 + 100 x and a little noise."""
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=(2, m))
    lines = [f"{a:.5f},{b:.5f},{1000 + 100 * a + b:.4f}" for a, b in zip(x, z, strict=True)]
    path.write_text("\n".join(["x,z,price", *lines]) + "\n", "utf-8")
    return path
