"""Tables of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _superjump, html

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Table:
    """A table of results. Columns are numpy arrays, ``table["time"]``; whatever reads Arrow takes it as it is, as
    ``pyarrow.table(table)`` does, without a copy."""

    def __init__(self, table: _superjump.Table, rows: npt.NDArray[np.int64] | None = None):
        self._table = table
        self._rows = rows

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._table.columns

    @property
    def metadata(self) -> dict[str, str]:
        """What is said of it as a whole: units, seed, version, scenario."""
        return self._table.metadata

    @property
    def units(self) -> dict[str, str]:
        """The units of times, rates and heat currents."""
        return self._table.units

    def __len__(self) -> int:
        return len(self._table) if self._rows is None else len(self._rows)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """A column: int64, float64 (NaN where a value is missing), or objects (words, None where one is missing; lists)."""
        column = self._table[name]
        return column if self._rows is None else column[self._rows]

    def rows(self, **words: str | None) -> npt.NDArray[np.int64]:
        """The numbers of the rows whose columns have these words."""
        if self._rows is None:
            return self._table.rows(words)
        found = self._table.rows(words)
        return np.flatnonzero(np.isin(self._rows, found))

    def of_point(self, point: int) -> Table:
        """The rows of one point of a sweep."""
        return Table(self._table, np.flatnonzero(self._table["point"] == point))

    def to_dict(self) -> dict[str, npt.NDArray[Any]]:
        """All columns."""
        return {name: self[name] for name in self.columns}

    def to_pandas(self) -> pandas.DataFrame:
        """A DataFrame; it needs no pyarrow."""
        import pandas

        frame = pandas.DataFrame(self.to_dict(), copy=False)
        frame.attrs.update(self.metadata)
        return frame

    def to_polars(self) -> polars.DataFrame:
        """A DataFrame of polars."""
        import polars

        frame = polars.DataFrame(self._table)
        return frame if self._rows is None else frame[self._rows]

    def to_arrow(self) -> pyarrow.Table:
        """A table of pyarrow, with units, seed and scenario in its metadata."""
        import pyarrow

        table = pyarrow.table(self._table)
        return table if self._rows is None else table.take(self._rows)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        if self._rows is None:
            return self._table.__arrow_c_stream__(requested_schema)
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table) or self.columns != other.columns or len(self) != len(other):
            return False
        return all(_same(self[name], other[name]) for name in self.columns)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Table of {len(self):,} rows: {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        return html.rows(self.to_dict(), len(self))


def _same(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    """Whether columns are alike to the last bit."""
    if a.dtype == np.float64:
        return b.dtype == np.float64 and bool(np.array_equal(a.view(np.int64), b.view(np.int64)))
    if a.dtype == object and any(isinstance(item, np.ndarray) for item in a[:1]):
        return all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(np.array_equal(a, b))

