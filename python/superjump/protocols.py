"""Protocols, in the words of a scenario: segments, one after the other, in which the frequency of the qubits, their baths
and a drive change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .baths import Keys
from .errors import Fault, ScenarioError


class Segment(Keys):
    """A segment of a protocol, by its name."""

    def __init__(self, name: str, **keys: Any):
        super().__init__(**keys)
        self.name = name


def segment(
    name: str,
    duration: float,
    *,
    frequency: Any = None,
    baths: Mapping[str, Mapping[str, Any]] | None = None,
    drive: Mapping[str, Any] | None = None,
) -> Segment:
    """A segment of a protocol, of a ``name`` by which results refer to it.

    Parameters
    ----------
    duration:
        How long it takes (1/omega_0, or ns).
    frequency:
        Of the qubits (omega_0, or GHz): a number, a :func:`ramp` or a :func:`curve`.
    baths:
        What changes of them, ``{"hot": {"rate": 0.5, "temperature": sj.ramp(2)}}``: ``rate``, ``temperature``, ``down``,
        ``up``, ``dephasing``.
    drive:
        ``amplitude``, ``detuning`` (omega_0, or GHz) and ``phase`` (radians): numbers, ramps, curves or a :func:`pulse`.

    What is set stays until another segment sets it; what none has set has the value of the scenario.
    """
    return Segment(name, duration=duration, frequency=frequency, bath=baths, drive=drive)


def protocol(*segments: Segment, cycles: int | str | None = None) -> Keys:
    """Segments one after the other: once, so many ``cycles``, or ``cycles="until steady"`` for the limit cycle."""
    named: dict[str, Segment] = {}
    for each in segments:
        if not isinstance(each, Segment):
            raise TypeError(f"protocol() takes segments, as segment(name, duration) makes them, and no {each!r}")
        if each.name in named:
            wrong = f"`protocol.segment` has two segments \"{each.name}\""
            raise ScenarioError([Fault("protocol.segment", wrong, "a name of its own for each segment")])
        named[each.name] = each
    return Keys(cycles=cycles, segment=named)


def ramp(to: float, *, start: float | None = None, shape: str | None = None) -> Keys:
    """A value that goes to another within a segment, from where it is, or from ``start``; ``shape`` is ``"linear"`` (if left
    out), ``"cosine"`` (at rest at both ends) or ``"exponential"``."""
    return Keys(**{"from": start}, to=to, shape=shape)


def curve(times: Sequence[float], values: Sequence[float]) -> Keys:
    """A value that was measured, linear between ``times`` since the start of the segment, which ascend from 0 to its
    duration: arrays of shape (K,)."""
    if len(times) != len(values):
        wrong = f"a curve has {len(times)} times and {len(values)} values"
        raise ScenarioError([Fault("protocol.segment", wrong, "a value for each time")])
    return Keys(table=[list(pair) for pair in zip(times, values, strict=True)])


def pulse(shape: str, amplitude: float, *, centre: float, width: float) -> Keys:
    """A pulse of a drive, ``"gaussian"``, ``"square"``, ``"sech"``, ``"sin2"`` or ``"tanh"``: of this height, at a time
    since the start of the segment. ``width`` is a standard deviation of a Gaussian, and of others as in docs/scenario.md."""
    return Keys(pulse=shape, amplitude=amplitude, centre=centre, width=width)
