"""Beside QuTiP: ensembles and modes as operators of their product space."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from types import ModuleType
from typing import Any

import numpy as np

from . import states

#: States up to which operators are made: a density matrix has the square of it.
_MOST_STATES = 1024


class _Factor:
    """An ensemble or a mode: its spaces, its letters in these, and where it starts."""

    def __init__(self, qt: ModuleType, told: Mapping[str, Any], each: bool):
        self.qt, self.told = qt, told
        number: int = told["number"]
        #: An ensemble on each qubit of which something acts is a product of its qubits, another one a spin J.
        self.qubits = number if told["kind"] == "qubits" and (each or told["two_j"] is None) else None
        if self.qubits is not None:
            self.dims = [2] * number
            lower = [_site(qt, qt.destroy(2).dag(), place, number) for place in range(number)]
            turn = [_site(qt, qt.sigmaz() / 2, place, number) for place in range(number)]
            self.each = {"lower": lower, "raise": [site.dag() for site in lower], "turn": turn}
            self.lower, self.z = sum(lower), sum(turn)
        elif told["kind"] == "qubits":
            self.dims = [told["two_j"] + 1]
            j = told["two_j"] / 2
            self.lower, self.z = (qt.jmat(j, "-"), qt.jmat(j, "z")) if j > 0 else (0 * qt.qeye(1), 0 * qt.qeye(1))
        else:
            self.dims = [number]
            self.lower = qt.destroy(number) if number > 1 else 0 * qt.qeye(1)
            self.z = qt.qeye(number)

    @property
    def one(self) -> Any:
        return self.qt.qeye(self.dims)

    def word(self, raises: int, z: int, lowers: int) -> Any:
        return self.lower.dag() ** raises * self.z**z * self.lower**lowers if raises + z + lowers else self.one

    def top(self) -> Any:
        """The projector on the highest number of quanta that is kept."""
        return self.qt.fock_dm(self.dims[0], self.dims[0] - 1)

    @property
    def start(self) -> Any:
        """A ket, or a density matrix where it is a mixture."""
        parts = [self._pure(**part) for part in self.told["start"]]
        if len(parts) == 1 and parts[0][1].isket:
            return parts[0][1]
        return sum(p * (self.qt.ket2dm(state) if state.isket else state) for p, state in parts)

    def _pure(self, probability: float, two_j: int, amplitudes: list[list[float]]) -> tuple[float, Any]:
        c = np.array([complex(re, im) for re, im in amplitudes])
        shape = [self.dims, [1] * len(self.dims)]
        if self.qubits is None:
            # QuTiP's spins begin at M = J.
            ket = c[::-1] if self.told["kind"] == "qubits" else c
            return probability, self.qt.Qobj(ket.reshape(-1, 1), dims=shape)
        copies = np.einsum("m,mic->ic", c, states.sector(self.qubits, two_j))
        if copies.shape[1] == 1:
            return probability, self.qt.Qobj(copies, dims=shape)
        return probability, self.qt.Qobj(copies @ copies.conj().T / copies.shape[1], dims=[self.dims, self.dims])


class Product:
    """The product space of a point with ensembles and modes, and what ``to_qutip`` hands on of it."""

    def __init__(self, qt: ModuleType, told: Mapping[str, Any]):
        self.qt, self.told = qt, told
        for own in told["factors"]:
            if own["kind"] == "growing mode":
                raise ValueError(
                    f"the mode {own['name']} has a cut that grows, and operators have one that stays: "
                    f'replace({{"mode.{own["name"]}.levels": 40}})'
                )
        channels = [channel for bath in told["baths"] for channel in bath["channels"]]
        alone = {channel["each"] for channel in channels if "each" in channel}
        sizes = [
            2 ** own["number"] if own["kind"] == "qubits" and (place in alone or own["two_j"] is None)
            else own["two_j"] + 1 if own["kind"] == "qubits" else own["number"]
            for place, own in enumerate(told["factors"])
        ]
        size = reduce(lambda product, size: product * size, sizes, 1)
        if size > _MOST_STATES:
            raise ValueError(f"{size} states of the product space: operators are made for {_MOST_STATES} at most")
        self.factors = [_Factor(qt, own, place in alone) for place, own in enumerate(told["factors"])]

    def _together(self, own: Mapping[int, Any]) -> Any:
        """Operators of some factors, beside the others."""
        return self.qt.tensor([own.get(place, factor.one) for place, factor in enumerate(self.factors)])

    def operator(self, words: list[list[Any]]) -> Any:
        """The operator of these words."""
        zero = 0 * self._together({})
        terms = (
            complex(re, im) * self._together({
                place: factor.word(*powers)
                for place, (factor, powers) in enumerate(zip(self.factors, word, strict=True)) if any(powers)
            })
            for re, im, word in words
        )
        return sum(terms, zero)

    @property
    def hamiltonian(self) -> Any:
        return self.operator(self.told["hamiltonian"])

    @property
    def jumps(self) -> list[Any]:
        found = []
        for channel in (channel for bath in self.told["baths"] for channel in bath["channels"]):
            root = np.sqrt(channel["rate"])
            if "each" in channel:
                place = channel["each"]
                sites = self.factors[place].each[channel["which"]]
                found += [root * self._together({place: site}) for site in sites]
            else:
                found.append(root * self.operator(channel["operator"]))
        return found

    @property
    def start(self) -> Any:
        parts = [factor.start for factor in self.factors]
        if not all(part.isket for part in parts):
            parts = [self.qt.ket2dm(part) if part.isket else part for part in parts]
        return self.qt.tensor(parts)

    def quantities(self) -> dict[str | tuple[str, str], Any]:
        """An operator for each quantity, by the names of the results."""
        found: dict[str | tuple[str, str], Any] = {}
        for bath in self.told["baths"]:
            found["heat_current", bath["name"]] = self.operator(bath["heat_current"])
            found["intensity", bath["name"]] = self.operator(bath["intensity"])
        qubits = [place for place, own in enumerate(self.told["factors"]) if own["kind"] == "qubits"]
        total = sum(self.told["factors"][place]["number"] for place in qubits)
        if total > 0:
            jz = sum(self._together({place: self.factors[place].z}) for place in qubits)
            found |= {"jz": jz, "excited": jz / total + 0.5}
        for own in self.told["observables"]:
            top = own.get("top")
            found[own["name"]] = (
                self.operator(own["operator"]) if top is None else self._together({top: self.factors[top].top()})
            )
        return found


def _site(qt: ModuleType, operator: Any, place: int, total: int) -> Any:
    return qt.tensor([operator if k == place else qt.qeye(2) for k in range(total)])
