"""Columns of a table that are made one at a time, where they do not fit into memory together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from pellucid.data.table_texts import Texts

Column = np.ndarray[Any, Any]
Maker = Callable[[], Column | Texts]


class Chunked(NamedTuple):
    """A file of a table that is read some rows at a time.

    Attributes:
        names: of the columns.
        where: the file, for messages.
        chunks: the rows, some at a time, as columns by name, each of numbers or texts; given the names of
            columns whose numbers are to be texts too.
        described: from the number of rows to what `Table` says of the file.
    """

    names: list[str]
    where: str
    chunks: Callable[[frozenset[str]], Iterator[dict[str, Column | Texts]]]
    described: Callable[[int], dict[str, Any]]


class OneByOne(Mapping[str, Column | Texts]):
    """Columns by name, each made when it is asked for; the last one is kept until another is.

    Args:
        makers: of each column.
        m: rows of all of them.
    """

    def __init__(self, makers: Mapping[str, Maker], m: int) -> None:
        self.m = m
        self._makers = dict(makers)
        self._kept: tuple[str, Column | Texts] | None = None

    def __getitem__(self, name: str) -> Column | Texts:
        if self._kept is None or self._kept[0] != name:
            maker = self._makers[name]
            # Before the new one is made, so that not both are in memory.
            self._kept = None
            self._kept = name, maker()
        return self._kept[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __repr__(self) -> str:
        return f"OneByOne({len(self)} columns of {self.m} rows)"

    def forget(self) -> None:
        """Keep no column."""
        self._kept = None

    def only(self, names: Sequence[str]) -> "OneByOne":
        """Some of the columns, in this order."""
        return OneByOne({name: self._makers[name] for name in names}, self.m)

    def changed(
        self, change: Callable[[str, Column | Texts], Column | Texts], m: int | None = None
    ) -> "OneByOne":
        """The columns that are made of these.

        Args:
            change: from the name of a column and the column to what takes its place.
            m: rows of them; None: as many.
        """
        makers = {name: partial(self._made, change, name) for name in self._makers}
        return OneByOne(makers, self.m if m is None else m)

    def _made(self, change: Callable[[str, Column | Texts], Column | Texts], name: str) -> Column | Texts:
        made = change(name, self[name])
        # Who asks again asks the new columns, which keep it.
        self._kept = None
        return made
