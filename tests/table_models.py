"""Small models of tables, trained in a moment, with the rows that they answer."""

import datetime
from typing import Any

import numpy as np

from pellucid.data.load_table import LoadedTables, load_tables
from pellucid.data.table import Table
from pellucid.model import Model
from pellucid.modelling import fit_model

Trained = tuple[Model, Table, Any]


def levelled_table(m: int = 240, K: int = 2, *, seed: int = 0) -> Table:
    """x decides the level, a city helps, noise does not; days and numbers are missing here and there."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, m))
    city = rng.choice(["Bern", "Basel", "Chur"], m)
    first = datetime.date(2020, 1, 1)
    days = [(first + datetime.timedelta(int(day))).isoformat() for day in rng.integers(0, 700, m)]
    z = 2 * x + (city == "Bern") + 0.5 * rng.normal(size=m)
    level = np.searchsorted(np.quantile(z, np.arange(1, K) / K), z)
    return Table.from_frame(
        {
            "x": x,
            "city": [None if i % 29 == 3 else name for i, name in enumerate(city)],
            "noise": np.where(np.arange(m) % 31 == 5, np.nan, noise),
            "day": [None if i % 23 == 7 else day for i, day in enumerate(days)],
            "level": [f"level {k}" for k in level],
        }
    )


def priced_table(m: int = 200, *, seed: int = 0) -> Table:
    """A price of 1000 + 100 x, and 50 more in Bern."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, m))
    city = rng.choice(["Bern", "Basel"], m)
    price = 1000 + 100 * x + 50 * (city == "Bern") + rng.normal(size=m)
    return Table.from_frame({"x": x, "city": list(city), "noise": noise, "price": price})


def trained(table: Table, target: str, **settings: Any) -> tuple[LoadedTables, Model]:
    """The parts of a table, and a model of one of them."""
    loaded = load_tables(table, target=target, test_fraction=0.4)
    given = {"search": "none", "layers": (12,), "epochs": 30, **settings}
    return loaded, fit_model(loaded.train, scale=loaded.target.scale, **given).model


def levelled(m: int = 240, K: int = 2) -> Trained:
    """A model of levels, the test rows, and its answers to them."""
    loaded, model = trained(levelled_table(m, K), "level")
    return model, loaded.test_table, model.evaluate(loaded.test)


def priced(m: int = 200) -> Trained:
    """A model of prices, the test rows, and its answers to them."""
    loaded, model = trained(priced_table(m), "price", epochs=100)
    return model, loaded.test_table, model.evaluate(loaded.test)
