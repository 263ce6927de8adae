"""Results: estimates beside exact values as numpy arrays, and tables for whatever reads Arrow."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from . import _superjump, html
from .estimate import Estimate
from .table import Table

if TYPE_CHECKING:
    import pandas
    import polars


class Results:
    """What a run has come to, of one point or a sweep: values by quantity and bath, and tables."""

    def __init__(self, parsed: _superjump.Parsed, results: _superjump.Results, folder: Path | None):
        #: The folder of the results; None in memory.
        self.folder = folder
        self._parsed = parsed
        self._results = results
        #: Whether it was stopped before everything was there.
        self.interrupted = results.interrupted
        #: Whether everything was there already, and nothing had to be done.
        self.already_complete = results.already_complete
        #: All that ``summary.json`` says, as a dict.
        self.details: dict[str, Any] = json.loads(results.summary) if results.summary is not None else {"points": []}
        #: The sweep that this is one point of.
        self._whole: Self | None = None

    # What there is.

    @property
    def is_empty(self) -> bool:
        """Whether it was stopped before there was anything."""
        return not self._points

    @property
    def _points(self) -> list[dict[str, Any]]:
        return self.details["points"]

    @property
    def complete(self) -> bool:
        """Whether all that was asked for is there."""
        return bool(self.details.get("complete", False))

    @property
    def kind(self) -> str:
        """The kind of run, in words."""
        return self.details.get("kind", "")

    @property
    def sampled(self) -> bool:
        """Whether trajectories were run."""
        return any(point["trajectories"] > 0 for point in self._points)

    @property
    def points(self) -> list[dict[str, Any]]:
        """The swept keys with their values, point by point; [{}] without a sweep."""
        return [dict(point["parameters"]) for point in self._points]

    @property
    def baths(self) -> list[str]:
        """The names of the baths."""
        return [bath["name"] for bath in self._points[0]["baths"]] if self._points else []

    @property
    def quantities(self) -> list[tuple[str, str | None]]:
        """What ``run[...]`` takes: (quantity, bath), with None for what is of no bath."""
        rows = [(row["quantity"], row["bath"]) for point in self._points for row in point["quantities"]]
        series = self.series
        if series is not None:
            rows = [*zip(series["quantity"].tolist(), series["bath"].tolist(), strict=True), *rows]
        return list(dict.fromkeys(rows))

    @property
    def converged(self) -> bool | None:
        """Of a steady state: whether every point met the error that was asked for; None of other runs."""
        known = [point["steady"]["converged"] for point in self._points if point.get("steady")]
        return all(known) and len(known) == len(self._points) and self.complete if known else None

    @property
    def missing(self) -> list[str]:
        """Of a steady state: what is missing where it is not converged, in words."""
        return self._told("missing")

    @property
    def refused(self) -> list[str]:
        """Exact values and statistics that are not given, each with its reason."""
        exact = [f"{self._where(point)}{words}" for point in self._points for words in point.get("exact_refused", [])]
        none = [f"{self._where(p)}no exact values: {p['exact_missing']}" for p in self._points if p["exact_missing"]]
        return none + self._told("refused") + exact

    @property
    def machine(self) -> str | None:
        """What the qubits are, where a protocol or a modulation does work: an engine, a refrigerator ..., in words."""
        known = [f"{self._where(point)}{point['machine']}" for point in self._points if point.get("machine")]
        return "; ".join(known) or None

    @property
    def notes(self) -> list[str]:
        """What has no value under a protocol, and why."""
        return [f"{self._where(point)}{words}" for point in self._points for words in point.get("notes", [])]

    @property
    def confidence(self) -> float | None:
        """Of a steady state: how often the interval holds the true current."""
        known = [point["steady"]["confidence"] for point in self._points if point.get("steady")]
        return known[0] if known else None

    @property
    def warnings(self) -> list[str]:
        """What in the scenario is likely not meant as it stands."""
        return list(self.details.get("warnings", []))

    def _told(self, key: str) -> list[str]:
        steady = [point for point in self._points if point.get("steady")]
        return [f"{self._where(point)}{words}" for point in steady for words in point["steady"][key]]

    def _where(self, point: Mapping[str, Any]) -> str:
        return f"point {point['index']}: " if len(self._points) > 1 else ""

    # Tables.

    def table(self, name: str) -> Table | None:
        """A table by its name; None where the run has none."""
        if self._whole is not None:
            whole = self._whole.series if name == "series" else self._whole.table(name)
            return None if whole is None else whole.of_point(self._points[0]["index"])
        table = self._results.table(name)
        return None if table is None else Table(table)

    @cached_property
    def series(self) -> Table | None:
        """A row for each quantity at each time: point, swept keys, time, quantity, bath, mean, std_error, exact."""
        return self.table("series")

    @property
    def summary(self) -> Table | None:
        """A row for each quantity of a point: at the last time, of the whole run, or in the steady state."""
        return self.table("summary")

    @property
    def trajectories(self) -> Table | None:
        """A row for each trajectory: quanta of each bath (signed), jumps, final J and M, peak, photon times."""
        return self.table("trajectories")

    @property
    def jumps(self) -> Table | None:
        """A row for each jump, where ``record={"jumps": True}`` asks for them."""
        return self.table("jumps")

    @property
    def cycles(self) -> Table | None:
        """Under a protocol of cycles, a row for each quantity that is booked in a cycle: work, heat, quanta, entropy."""
        return self.table("cycles")

    @property
    def segments(self) -> Table | None:
        """Under a protocol, a row for each quantity that is booked in a segment, over all cycles."""
        return self.table("segments")

    @property
    def trajectory_cycles(self) -> Table | None:
        """A row for each cycle of a trajectory, where ``record={"cycles": True}`` asks for them."""
        return self.table("trajectory_cycles")

    @property
    def quanta(self) -> Table | None:
        """How the quanta counted in windows are distributed."""
        return self.table("quanta")

    def _main(self, name: str | None) -> Table:
        for candidate in [name] if name is not None else ["series", "summary"]:
            table = self.table(candidate)
            if table is not None:
                return table
        raise KeyError(f"the run has no table \"{name}\"" if name else "the run has no results")

    def to_pandas(self, table: str | None = None) -> pandas.DataFrame:
        """A table as a DataFrame: that of a name, or ``series``, and of a steady state ``summary``."""
        return self._main(table).to_pandas()

    def to_polars(self, table: str | None = None) -> polars.DataFrame:
        """The same for polars."""
        return self._main(table).to_polars()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._main(None).__arrow_c_stream__(requested_schema)

    # Values.

    def __getitem__(self, key: str | tuple[str, str | None]) -> Estimate:
        """The values of a quantity: ``run["heat_current", "hot"]``, ``run["jz"]``. At all times where it is followed in
        time, otherwise of the whole run or in the steady state."""
        quantity, bath = self._named(key)
        series = self.series
        if series is not None:
            rows = series.rows(quantity=quantity, bath=bath)
            if len(rows) > 0:
                return self._followed(series, rows, quantity, bath)
        return self.last(quantity, bath)

    def last(self, quantity: str, bath: str | None = None) -> Estimate:
        """The values of a quantity in the summary: at the last time, of the whole run, or in the steady state."""
        quantity, bath = self._named((quantity, bath) if bath is not None else quantity)
        rows = np.full((5, len(self._points)), np.nan)
        unit, found = "1", False
        for place, point in enumerate(self._points):
            for row in point["quantities"]:
                if (row["quantity"], row["bath"]) == (quantity, bath):
                    unit, found = row["unit"], True
                    numbers = [row["estimate"], row["std_error"], row["exact"], row["z"], None]
                    rows[:, place] = [np.nan if number is None else number for number in numbers]
                    rows[4, place] = self._half_width(point, quantity, bath)
        if not found:
            raise KeyError(f"the run has no {quantity}{f' of {bath}' if bath else ''}")
        sampled = self.sampled
        mean, std_error, exact, z, half_width = rows
        if not sampled:
            mean = exact.copy()
        values = {"mean": mean, "std_error": std_error, "exact": exact, "z": z, "half_width": half_width}
        shaped = {name: row if self._is_sweep else row[0] for name, row in values.items()}
        return Estimate(quantity, bath, unit, None, sampled=sampled, **shaped)

    def _followed(self, series: Table, rows: npt.NDArray[np.int64], quantity: str, bath: str | None) -> Estimate:
        columns = {name: series[name][rows] for name in ("point", "time", "mean", "std_error", "exact")}
        sampled = self.sampled
        if not sampled:
            columns["mean"] = columns["exact"].copy()
        starts = np.flatnonzero(np.diff(columns["point"], prepend=-1))
        pieces = {name: np.split(column, starts[1:]) for name, column in columns.items()}
        points = [int(point[0]) for point in pieces["point"]]
        times = pieces["time"]
        if any(not np.array_equal(times[0], other) for other in times[1:]):
            raise ValueError(
                f"the points of the sweep have {quantity} at different times: take one of them, run.at(0)"
            )
        if sampled:
            of_points = zip(points, pieces["mean"], pieces["std_error"], pieces["exact"], strict=True)
            pieces["z"] = [self._parsed.standard_errors(point, quantity, bath, *rest) for point, *rest in of_points]
        # A point that has no such quantity is NaN.
        places = {point["index"]: place for place, point in enumerate(self._points)}
        values: dict[str, Any] = {}
        for name in ("mean", "std_error", "exact", "z"):
            values[name] = np.full((len(places), len(times[0])), np.nan)
            for point, piece in zip(points, pieces.get(name, []), strict=False):
                values[name][places[point]] = piece
        if not self._is_sweep:
            values = {name: rows[0] for name, rows in values.items()}
        return Estimate(quantity, bath, self._unit(quantity), times[0], sampled=sampled, **values)

    def _half_width(self, point: Mapping[str, Any], quantity: str, bath: str | None) -> float:
        """Half the interval of the current that a steady run was to find."""
        width = (point.get("steady") or {}).get("half_width")
        if width is None or quantity != "heat_current" or bath != self._parsed.watched(point["index"]):
            return float("nan")
        return float(width)

    @property
    def _is_sweep(self) -> bool:
        return self._whole is None and bool(self._points) and bool(self._points[0]["parameters"])

    def _unit(self, quantity: str) -> str:
        rows = (row for point in self._points for row in point["quantities"])
        return next((row["unit"] for row in rows if row["quantity"] == quantity), "1")

    def _named(self, key: str | tuple[str, str | None]) -> tuple[str, str | None]:
        """A quantity and its bath, which may be left out where there is one."""
        quantity, bath = (key, None) if isinstance(key, str) else key
        known = self.quantities
        if (quantity, bath) in known:
            return quantity, bath
        baths = [other for name, other in known if name == quantity]
        if not baths:
            names = ", ".join(dict.fromkeys(name for name, _ in known if not name.startswith("photon_time_")))
            raise KeyError(f"the run has no {quantity}, only {names}")
        if bath is None and len(baths) == 1:
            return quantity, baths[0]
        of = [repr(other) for other in baths if other is not None]
        if not of:
            raise KeyError(f"{quantity} is of no single bath: run[{quantity!r}]")
        raise KeyError(f"{quantity} is of a bath: run[{quantity!r}, {of[0]}], or {', '.join(of[1:]) or 'no other'}")

    def at(self, point: int | Mapping[str, Any]) -> Self:
        """One point of a sweep: by its place, from 0, or by the values of its keys, ``run.at({"qubits.number": 4})``."""
        one = copy.copy(self)
        one.__dict__.pop("series", None)
        one._whole = self
        one.details = {**self.details, "points": [self._points[self._place(point)]]}
        return one

    def _place(self, point: int | Mapping[str, Any]) -> int:
        if not isinstance(point, Mapping):
            if not -len(self._points) <= point < len(self._points):
                raise IndexError(f"there is no point {point}, only {len(self._points)} of them, from 0")
            return range(len(self._points))[point]
        unknown = [key for key in point if self._points and key not in self._points[0]["parameters"]]
        if unknown:
            raise KeyError(f"{unknown[0]} is not swept, only {', '.join(self._points[0]['parameters'])}")
        fits = [
            place for place, of in enumerate(self.points) if all(of[key] == value for key, value in point.items())
        ]
        if len(fits) != 1:
            raise KeyError(f"{len(fits)} points have {dict(point)}")
        return fits[0]

    def __iter__(self) -> Iterator[Self]:
        """The points of a sweep, one by one."""
        return (self.at(place) for place in range(len(self._points)))

    def __len__(self) -> int:
        return len(self._points)

    def __repr__(self) -> str:
        if self.is_empty:
            return "<Run without results>"
        partial = "" if self.complete else ", partial"
        where = f", in {self.folder}" if self.folder is not None else ""
        points = f", {len(self._points)} points" if self._is_sweep else ""
        verdict = "" if self.converged is None else ", converged" if self.converged else ", NOT CONVERGED"
        return f"<Run {self.details['title']!r}: {self.kind}{points}{partial}{verdict}{where}>"

    def _repr_html_(self) -> str:
        if self.is_empty:
            return "<p>no results</p>"
        sampled = self.sampled
        rows = [
            [
                *map(str, point["parameters"].values()), row["quantity"], row["bath"] or "", *_values(row, sampled),
                "" if row["unit"] == "1" else row["unit"],
            ]
            for point in self._points
            for row in point["quantities"]
            if not row["quantity"].startswith("photon_time_")
        ]
        heads = [*self.points[0], "quantity", "bath", *(["estimate", "exact", "z"] if sampled else ["exact"]), ""]
        titled = self.kind and self.details["title"] != self.details["scenario"]
        notes = [self.details["title"]] if titled else []
        if self.machine is not None:
            notes.append(self.machine)
        if not self.complete:
            done = sum(point["trajectories"] for point in self._points)
            notes.append(f"Partial: the run was interrupted, and has {done:,} trajectories.")
        if self.converged is False:
            notes.append(f"NOT CONVERGED: {'; '.join(self.missing)}")
        refused = self.refused
        more = [f"... and {len(refused) - 3} more without a value: `refused` says why"] if len(refused) > 3 else []
        notes += [*refused[:3], *more, *self.notes, *self.warnings]
        return html.table(self.kind or self.details["title"], heads, rows, notes)


def _values(row: Mapping[str, Any], sampled: bool) -> list[str]:
    """The estimate, the exact value and their distance, as a table shows them."""
    exact = "-" if row["exact"] is None else _superjump.shown(row["exact"])
    if not sampled:
        return [exact]
    estimate = "-" if row["estimate"] is None else _superjump.with_error(row["estimate"], row["std_error"])
    return [estimate, exact, "-" if row["z"] is None else f"{row['z']:+.1f}"]


def swept_grid(points: list[dict[str, Any]]) -> dict[str, list[Any]] | None:
    """The keys and values of a sweep that is a grid, the last key running fastest; None of one that is not."""
    keys = list(points[0]) if points else []
    values = {key: list(dict.fromkeys(map(_hashable, (point[key] for point in points)))) for key in keys}
    grid = list(itertools.product(*values.values()))
    return values if grid == [tuple(_hashable(point[key]) for key in keys) for point in points] else None


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) else json.dumps(value)
