"""Baths and initial states, in the words of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Keys(Mapping[str, Any]):
    """A table of a scenario: what was said, key by key."""

    def __init__(self, **keys: Any):
        self._keys = {key: value for key, value in keys.items() if value is not None}

    def scenario_value(self) -> dict[str, Any]:
        return dict(self._keys)

    def __getitem__(self, key: str) -> Any:
        return self._keys[key]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key}: {value!r}" for key, value in self._keys.items()) + "}"


def bath(
    name: str,
    coupling: str,
    *,
    rate: float | None = None,
    temperature: float | None = None,
    down: float | None = None,
    up: float | None = None,
    dephasing: float | None = None,
    filter: Mapping[str, Any] | None = None,
    circuit: Mapping[str, Any] | None = None,
    quantum: float | None = None,
    amplitudes: Sequence[complex] | None = None,
    **keys: Any,
) -> Keys:
    """A bath of a coupling.

    Its rates are given by ``rate`` (gamma, in omega_0 or 1e9/s) with ``temperature`` (hbar omega_0/k_B or mK), as
    gamma (1 + n) down and gamma n up; or by ``down`` and ``up`` themselves; ``dephasing`` comes beside either. ``filter``
    (quality, resonance, form) scales ``rate`` at the qubits' frequency, ``circuit`` (coupling, resistance, inductance,
    capacitance) takes its place. With a ``quantum`` of its own (omega_0, or GHz) it acts at a sideband of a modulated
    frequency, and work is done. ``amplitudes``, one for each qubit, are those of a collective bath that tells them apart.
    The coupling ``"positions"`` is that through the field of emitters at points. Any other key of a bath can be given by its
    name in the scenario file.
    """
    return Keys(
        name=name, coupling=coupling, rate=rate, temperature=temperature, down=down, up=up, dephasing=dephasing,
        filter=filter, circuit=circuit, quantum=quantum, amplitudes=amplitudes, **keys,
    )


def collective(name: str, **keys: Any) -> Keys:
    """A bath that all qubits see as one, through J_- and J_+: superradiance. Keys as those of :func:`bath`."""
    return bath(name, "collective", **keys)


def local(name: str, **keys: Any) -> Keys:
    """A bath that each qubit sees by itself. Keys as those of :func:`bath`."""
    return bath(name, "local", **keys)


def dicke(j: float, m: float) -> Keys:
    """The Dicke state |J, M>."""
    return Keys(state="dicke", j=j, m=m)


def coherent(theta: float, phi: float | None = None) -> Keys:
    """A spin coherent state: every qubit at the angle ``theta`` from the excited pole, at the azimuth ``phi``."""
    return Keys(state="coherent", theta=theta, phi=phi)


def thermal(temperature: float) -> Keys:
    """Every qubit by itself in equilibrium at a temperature."""
    return Keys(state="thermal", temperature=temperature)


def product(excited: int) -> Keys:
    """So many qubits excited, the others not."""
    return Keys(state="product", excited=excited)


def bits(bits: str) -> Keys:
    """Qubit by qubit, 0 for ground and 1 for excited."""
    return Keys(state="bits", bits=bits)


def superposition(j: float, amplitudes: Sequence[complex]) -> Keys:
    """A state of one J by its 2J + 1 amplitudes, from M = -J up (QuTiP begins at M = +J)."""
    return Keys(state="superposition", j=j, amplitudes=amplitudes)


def ghz(phi: float | None = None) -> Keys:
    """All excited and all ground, superposed."""
    return Keys(state="ghz", phi=phi)


def angles(angles: Sequence[Sequence[float]]) -> Keys:
    """Each qubit in a pure state of its own, by its angles (theta, phi): an array of shape (N, 2)."""
    return Keys(state="angles", angles=angles)
