"""A protocol in time: what it makes of the qubits, their baths and a drive at every moment."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from . import _superjump

#: Stretches of all cycles, at most.
_MOST = 10_000


class Moment(NamedTuple):
    """What there is at a time, in the scenario's units."""

    #: Of the qubits.
    frequency: float
    #: Omega cos(phi), Omega sin(phi) and Delta of the drive.
    drive: tuple[float, float, float]
    #: Of each bath: down, up, dephasing.
    rates: list[tuple[float, float, float]]


class Stretch(NamedTuple):
    """A time between two corners, edges or ends, in which everything is smooth."""

    #: When its segment starts; and of the stretch, since then, the start and the end.
    since: float
    first: float
    last: float
    #: The segment, and which of its stretches.
    stage: int = 0
    place: int = 0

    @property
    def start(self) -> float:
        return self.since + self.first

    @property
    def end(self) -> float:
        return self.since + self.last

    def holds(self, time: float) -> bool:
        """Whether a time, no earlier than its start, belongs to it: its end does."""
        return time - self.since <= self.last


class Moments:
    """A protocol of a point at all times. The end of a segment still belongs to it: a quench comes after."""

    def __init__(self, parsed: _superjump.Parsed, point: int, told: Mapping[str, Any]):
        self._parsed, self._point = parsed, point
        self.driven: bool = told["driven"]
        per_cycle = sum(len(stage["stretches"]) for stage in told["stages"])
        if told["cycles"] * per_cycle > _MOST:
            raise ValueError(f"{told['cycles']:,} cycles: {_MOST:,} stretches of a protocol are followed here, at most")
        self.stretches: list[Stretch] = []
        for cycle in range(told["cycles"]):
            for index, stage in enumerate(told["stages"]):
                since = cycle * told["period"] + stage["start"]
                for place, (first, last) in enumerate(stage["stretches"]):
                    self.stretches.append(Stretch(since, first, last, index, place))
        self._ends = [stretch.end for stretch in self.stretches]
        self.at = lru_cache(8)(self._at)

    def _at(self, time: float) -> Moment:
        place = min(bisect_left(self._ends, time), len(self._ends) - 1)
        # An end by one rounding or another.
        if place > 0 and self.stretches[place - 1].holds(time):
            place -= 1
        return self.within(self.stretches[place], time)

    def within(self, stretch: Stretch, time: float) -> Moment:
        """What there is at a time of a stretch; at its ends, as within it."""
        here = min(max(time - stretch.since, stretch.first), stretch.last)
        return Moment(*self._parsed.moment(self._point, stretch.stage, stretch.place, here))

    def of(self, stretch: Stretch) -> Callable[[float], Moment]:
        """What there is in a stretch, as a function of time."""
        return lru_cache(8)(lambda time: self.within(stretch, time))

    def ever(self, bath: int, process: int) -> bool:
        """Whether a process of a bath has a rate at any time: 0 for down, 1 for up, 2 for dephasing."""
        ends = (self.within(stretch, time) for stretch in self.stretches for time in (stretch.start, stretch.end))
        return any(moment.rates[bath][process] > 0 for moment in ends)
