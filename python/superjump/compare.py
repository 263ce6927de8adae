"""Exact values held against QuTiP's master equation."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import html
from .moments import Stretch
from .qutip import Equation, Key, load, pieces
from .scenario import Scenario

#: Qubits up to which the master equation is solved for a comparison.
_MOST_SOLVED = 6


class Deviation(NamedTuple):
    """How far a quantity of superjump is from QuTiP's, over all times."""

    #: The place in a sweep.
    point: int
    quantity: str
    bath: str | None
    unit: str
    #: The largest |value| and the largest |difference|, and this over that; over a thousandth of the operator's norm
    #: where values are below.
    largest: float
    difference: float
    relative: float


class Comparison:
    """Exact values of a scenario beside ``qutip.mesolve``: ``worst`` and ``agrees``, and ``deviations`` one by one."""

    def __init__(self, title: str, deviations: list[Deviation], tolerance: float):
        self.title = title
        self.deviations = deviations
        #: What is taken for the error of the solver, relative to the largest value.
        self.tolerance = tolerance

    @property
    def worst(self) -> Deviation:
        """The largest deviation, relative to its values."""
        return max(self.deviations, key=lambda deviation: deviation.relative)

    @property
    def agrees(self) -> bool:
        """Whether every deviation is within the tolerance."""
        return all(deviation.relative <= self.tolerance for deviation in self.deviations)

    def _rows(self) -> list[list[str]]:
        numbers = ((at, f"{at.largest:.6g}", f"{at.difference:.1e}", f"{at.relative:.1e}") for at in self.deviations)
        return [[str(at.point), at.quantity, at.bath or "", *words] for at, *words in numbers]

    def _verdict(self) -> str:
        at = self.worst
        what = f"{at.quantity}{f' ({at.bath})' if at.bath else ''} is {at.relative:.1e} off"
        return f"{'agrees' if self.agrees else 'DOES NOT AGREE'} to {self.tolerance:g}: {what}, at most"

    def __repr__(self) -> str:
        heads = ["point", "quantity", "bath", "largest", "difference", "relative"]
        rows = [heads, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
        lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([f"{self.title}: superjump beside qutip.mesolve", *lines, self._verdict()])

    def _repr_html_(self) -> str:
        heads = ["point", "quantity", "bath", "largest", "difference", "relative"]
        return html.table(f"{self.title}: superjump beside qutip.mesolve", heads, self._rows(), [self._verdict()])


def check(scenario: Scenario, *, tolerance: float = 1e-6, options: Mapping[str, Any] | None = None) -> Comparison:
    """Solves a transient of up to 6 qubits by ``qutip.mesolve`` as well, and says how far the exact values are from it:
    every quantity that both have, at every time, at every point of a sweep.

    Parameters
    ----------
    tolerance:
        Up to where they agree, relative to the largest value of each quantity.
    options:
        Of ``mesolve``; ``{"atol": 1e-11, "rtol": 1e-9, "nsteps": 10**7}`` if left out.

    Raises
    ------
    ImportError
        Without QuTiP.
    ValueError
        A scenario without times, or more than 6 qubits.
    """
    qt = load()
    if not scenario._is_timed:
        raise ValueError("mesolve goes along times: give the scenario `until` or `times`")
    parsed = scenario._read(exact=True)
    # Ensembles and modes have a bound of their own, in states.
    most = max((number for place, number in enumerate(parsed.qubits()) if not parsed.of_ensembles(place)), default=0)
    if most > _MOST_SOLVED:
        raise ValueError(f"{most} qubits: the equation of 4^N elements is solved for {_MOST_SOLVED} at most")
    exact = scenario.exact(steady=False, progress=False)
    asked = {"atol": 1e-11, "rtol": 1e-9, "nsteps": 10**7, "progress_bar": "", **(options or {})}
    deviations = []
    for place, run in enumerate(exact):
        parts = pieces(scenario, place)
        _, first = parts[0]
        known = {quantity if bath is None else (quantity, bath) for quantity, bath in run.quantities}
        common = [(key, run[key]) for key in first.e_ops if key in known]
        times = np.asarray(common[0][1].times)
        solved = _along(qt, parts, times, asked)
        for key, ours in common:
            theirs = solved[key]
            difference, largest = float(np.max(np.abs(ours.exact - theirs))), float(np.max(np.abs(theirs)))
            scale = max(largest, 1e-3 * max(_norm(qt, stretch, of.e_ops[key]) for stretch, of in parts))
            relative = difference / scale if scale > 0 else difference
            deviations.append(Deviation(place, ours.quantity, ours.bath, ours.unit, largest, difference, relative))
    return Comparison(scenario.title, deviations, tolerance)


def _norm(qt: ModuleType, stretch: Stretch, operator: Any) -> float:
    """How large values of an operator may be."""
    return float(qt.QobjEvo(operator)(stretch.start).norm())


def _along(
    qt: ModuleType, parts: list[tuple[Stretch, Equation]], times: npt.NDArray[np.float64], options: Mapping[str, Any]
) -> dict[Key, npt.NDArray[np.float64]]:
    """Expectations at ascending times, from one piece of time to the next: no step of the solver goes over an edge."""
    found: dict[Key, list[float]] = {key: [] for key in parts[0][1].e_ops}
    state, left = parts[0][1].rho0, times
    for number, (stretch, (h, c_ops, _, e_ops)) in enumerate(parts):
        is_last = number + 1 == len(parts)
        inside = left if is_last else left[: np.count_nonzero([stretch.holds(time) for time in left])]
        left = left[len(inside):]
        # What is an end but for rounding is one.
        start, end = stretch.start, stretch.end
        near = 1e-12 * min(end, times[-1])
        inside = np.where(inside - start < near, start, np.where(end - inside < near, end, inside))
        stops = np.unique([start, *inside, *([end] if len(left) > 0 else [])])
        solved = qt.mesolve(h, state, stops, c_ops, e_ops=dict(e_ops), options={**options, "store_final_state": True})
        state = solved.final_state
        for key, values in found.items():
            values.extend(np.real(solved.e_data[key])[np.searchsorted(stops, inside)])
        if len(left) == 0:
            break
    return {key: np.array(values) for key, values in found.items()}
