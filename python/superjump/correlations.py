"""Correlations at two times, and their spectra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .results import Results
from .table import Table

_Numbers = npt.NDArray[np.float64]
_Complex = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Correlation:
    """``<A(t + tau) B(t)>``, as ``run.correlations["light"]`` has it: from trajectories, where they were run, beside exact
    values."""

    name: str
    #: t; None for the steady state.
    time: float | None
    #: tau.
    delays: _Numbers
    #: The means over trajectories; without them the exact values.
    mean: _Complex
    #: Their standard errors, those of real and imaginary part as one complex number; NaN where there is none.
    std_error: _Complex
    #: The exact values; NaN where there are none.
    exact: _Complex
    #: |g1|, or with an operator around both g2, at each delay (exact); NaN where there is none.
    degree: _Numbers
    #: g2 of the steady state from trajectories, and its standard errors; NaN where there is none.
    degree_mean: _Numbers
    degree_error: _Numbers
    #: Where the spectrum was asked for, and its exact values; empty where it was not.
    frequencies: _Numbers
    spectrum: _Numbers
    #: The spectrum from trajectories, and its standard errors; NaN where there is none.
    spectrum_mean: _Numbers
    spectrum_error: _Numbers
    #: The unit of the spectrum.
    unit: str

    def __repr__(self) -> str:
        begins = "the steady state" if self.time is None else f"t = {self.time:g}"
        spectrum = f", {len(self.frequencies)} frequencies" if len(self.frequencies) else ""
        return f"<Correlation {self.name} from {begins}: {len(self.delays)} delays{spectrum}>"


class Correlations(Mapping[str, Correlation]):
    """The correlations of a point, by their names; ``table`` has those of all points."""

    def __init__(self, run: Results):
        self._run = run

    @property
    def table(self) -> Table | None:
        """A row for each part ("real", "imaginary", "degree", "spectrum") at each delay or frequency; None where none were
        asked for."""
        return self._run.table("correlations")

    def __getitem__(self, name: str) -> Correlation:
        table = self.table
        if table is None:
            raise KeyError("no correlations were asked for: [[correlate]] asks for them")
        # What a Mapping holds it asks this of.
        if name not in list(self):
            raise KeyError(f"there is no correlation {name}, only {', '.join(self)}")
        if len(self._run) > 1:
            raise KeyError("correlations are of one point: run.at(0).correlations, or correlations.table of all")

        def part(which: str, column: str) -> _Numbers:
            return table[column][table.rows(correlation=name, part=which)]

        delays = np.union1d(part("real", "argument"), part("imaginary", "argument"))
        sampled = bool(np.any(np.isfinite(part("real", "estimate"))))

        def on(which: str, column: str) -> _Numbers:
            values = np.full(len(delays), np.nan)
            values[np.searchsorted(delays, part(which, "argument"))] = part(which, column)
            return values

        def complex_of(column: str) -> _Complex:
            return on("real", column) + 1j * on("imaginary", column)

        rows = table.rows(correlation=name)
        time = float(table["time"][rows[0]])
        exact = complex_of("exact")
        spectrum = table.rows(correlation=name, part="spectrum")
        return Correlation(
            name=name, time=None if np.isnan(time) else time, delays=delays,
            mean=complex_of("estimate") if sampled else exact.copy(), std_error=complex_of("std_error"), exact=exact,
            degree=on("degree", "exact"), degree_mean=on("degree", "estimate"), degree_error=on("degree", "std_error"),
            frequencies=part("spectrum", "argument"), spectrum=part("spectrum", "exact"),
            spectrum_mean=part("spectrum", "estimate"), spectrum_error=part("spectrum", "std_error"),
            unit=str(table["unit"][spectrum[0]]) if len(spectrum) else "1",
        )

    def __iter__(self) -> Iterator[str]:
        table = self.table
        return iter([] if table is None else dict.fromkeys(table["correlation"].tolist()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Correlations: {', '.join(self) or 'none asked for'}>"
