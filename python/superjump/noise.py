"""Counting statistics: what was seen of the noise of currents, beside exact values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .estimate import Estimate
from .results import Results
from .table import Table


class Statistic(Mapping[str, Any]):
    """A statistic by its bath: ``run.noise.fano["hot"]`` is an :class:`superjump.Estimate`."""

    def __init__(self, run: Results, table: Table, name: str):
        self._run, self._table, self.name = run, table, name

    @property
    def _baths(self) -> list[str | None]:
        rows = self._table.rows(statistic=self.name)
        return list(dict.fromkeys(self._table["bath"][rows].tolist()))

    def __getitem__(self, bath: str | None) -> Estimate:
        if bath not in self._baths:
            raise KeyError(f"there is no {self.name} of {bath}, only of {', '.join(map(str, self._baths))}")
        rows = self._table.rows(statistic=self.name, bath=bath, other_bath=None)
        columns = {name: self._table[name][rows] for name in ("argument", "estimate", "std_error", "exact")}
        sampled = self._run.sampled
        mean = columns["estimate"] if sampled else columns["exact"].copy()
        unit = str(self._table["unit"][rows[0]])
        error = columns["std_error"]
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(error > 1e-9 * np.abs(columns["exact"]), (mean - columns["exact"]) / error, np.nan)
        values = {"mean": mean, "std_error": error, "exact": columns["exact"], "z": z}
        shaped: dict[str, Any] = {name: row[0] if len(rows) == 1 else row for name, row in values.items()}
        argument: npt.NDArray[np.float64] | None = columns["argument"]
        argument = None if np.all(np.isnan(columns["argument"])) else argument
        return Estimate(self.name, bath, unit, argument, sampled=sampled, **shaped)

    def __iter__(self) -> Iterator[str]:
        return (bath for bath in self._baths if bath is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{self.name} of {', '.join(map(str, self._baths))}>"


class Statistics:
    """The counting statistics of results, by their names; of one point. ``table`` has all of them."""

    def __init__(self, run: Results):
        self._run = run

    @property
    def table(self) -> Table | None:
        """A row for each statistic: bath, argument, estimate, std_error, exact; None where none were asked for."""
        return self._run.table("noise")

    @property
    def statistics(self) -> list[str]:
        """The names of the statistics that there are."""
        table = self.table
        return [] if table is None else list(dict.fromkeys(table["statistic"].tolist()))

    def __getattr__(self, name: str) -> Statistic:
        if name.startswith("_"):
            raise AttributeError(name)
        table = self.table
        if table is None:
            raise AttributeError("no counting statistics were asked for: noise(windows=[...]) runs for them")
        if name not in self.statistics:
            raise AttributeError(f"there is no statistic {name}, only {', '.join(self.statistics)}")
        if len(self._run) > 1:
            raise AttributeError("statistics are of one point: run.at(0).noise, or noise.table of all")
        return Statistic(self._run, table, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.statistics]

    def __repr__(self) -> str:
        return f"<Noise: {', '.join(self.statistics) or 'none asked for'}>"

    def _repr_html_(self) -> str:
        return "<p>none asked for</p>" if self.table is None else self.table._repr_html_()
