"""Beside QuTiP: the equation of a scenario as its operators."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _superjump, states
from .description import Description
from .moments import Moment, Moments, Stretch
from .products import Product

if TYPE_CHECKING:
    from types import ModuleType

    import qutip

#: Qubits up to which operators are made: a density matrix takes 16 * 4^N bytes.
_MOST = 10

#: Of an operator, at a moment.
Coefficient = Callable[[Moment], float]
#: What a value is of: a quantity, or a quantity with its bath; as ``run[...]`` takes them.
Key = str | tuple[str, str]


class Equation(NamedTuple):
    """What QuTiP's solvers take: ``H, c_ops, rho0, e_ops = scenario.to_qutip()``.

    Every operator is of the product space, dims [[2]*N, [2]*N], an excited qubit being ``basis(2, 0)``. Of ensembles and modes
    it is the product of their spaces in the order of the scenario, ensembles first: N qubits where something acts on each of
    them by itself, a spin J from M = J down where not, the numbers of a mode from 0 up. Emitters are N qubits. Under a protocol
    they are QobjEvo, operators with coefficients in time: of the frequency and the drive, the roots of the rates, and of
    what depends on these in ``e_ops``. The end of a segment still belongs to it: a quench comes after.
    """

    #: H/hbar, in radians per unit of time: at rest, or with a drive in the frame that turns with it.
    H: qutip.Qobj | qutip.QobjEvo
    #: Jump operators with the roots of their rates, bath by bath: emission, absorption, dephasing. A collective bath has
    #: one of each, a local one N, one of [positions] or [[decay]] as many as its matrix has modes that decay.
    c_ops: list[qutip.Qobj | qutip.QobjEvo]
    #: The state at the start: a ket where it is pure, or a density matrix.
    rho0: qutip.Qobj
    #: An operator for each quantity: ``e_ops["jz"]``, ``e_ops["heat_current", "hot"]``, in the units of the results.
    e_ops: dict[Key, qutip.Qobj | qutip.QobjEvo]


def load() -> ModuleType:
    try:
        import qutip
    except ImportError:
        raise ImportError("this needs QuTiP: pip install qutip, or pip install 'superjump[qutip]'") from None
    return qutip


def equation(described: Description, point: int | None = None) -> Equation:
    """The equation of a point of a scenario, at all times."""
    of = _solved(described, point)
    return _of_product(of) if isinstance(of, Product) else of.equation()


def pieces(described: Description, point: int) -> list[tuple[Stretch, Equation]]:
    """The equations of a point, each with the time that it is of: one, or under a protocol one for each stretch in which
    everything is smooth."""
    of = _solved(described, point)
    if isinstance(of, _System) and of.moments is not None:
        return [(stretch, of.in_time(of.moments.of(stretch))) for stretch in of.moments.stretches]
    return [(Stretch(0.0, 0.0, math.inf), _of_product(of) if isinstance(of, Product) else of.equation())]


def _place(numbers: list[int], point: int | None) -> int:
    """The place of a point in a sweep."""
    if point is None and len(numbers) > 1:
        raise ValueError(f"a sweep has {len(numbers)} equations: to_qutip(point=0) is the first of them")
    return range(len(numbers))[point or 0]


def _solved(described: Description, point: int | None) -> Product | _System:
    """What the equation of a point is of: ensembles, modes and emitters, or qubits group by group."""
    qt = load()
    parsed = described._read(exact=described._is_timed)
    place = _place(parsed.qubits(), point)
    if parsed.of_ensembles(place):
        return Product(qt, json.loads(parsed.model(place)))
    return _System(qt, parsed, place)


def _of_product(product: Product) -> Equation:
    return Equation(product.hamiltonian, product.jumps, product.start, product.quantities())


class _System:
    """The qubits of a point, group by group."""

    def __init__(self, qt: ModuleType, parsed: _superjump.Parsed, place: int):
        self.qt = qt
        number = parsed.qubits()[place]
        if number > _MOST:
            raise ValueError(f"{number} qubits: operators of the product space are made for {_MOST} at most")
        model = json.loads(parsed.model(place))
        if model["conditioned"]:
            raise ValueError("jumps under a condition follow no Lindblad equation; without it to_qutip has that of the qubits")
        self.moments = Moments(parsed, place, model["protocol"]) if model["protocol"] else None
        self.groups: list[_Group] = []
        for told in model["groups"]:
            first = sum(group.number for group in self.groups)
            self.groups.append(_Group(self.qt, told, first, total=number))

    @property
    def start(self) -> Any:
        kets = [group.start for group in self.groups]
        if not all(ket.isket for ket in kets):
            kets = [self.qt.ket2dm(ket) if ket.isket else ket for ket in kets]
        return self.qt.tensor(kets)

    def equation(self) -> Equation:
        if self.moments is not None:
            return self.in_time(self.moments.at)
        jumps = [jump for group in self.groups for jump in group.jumps]
        return Equation(sum(group.hamiltonian for group in self.groups), jumps, self.start, _quantities(self.groups))

    def in_time(self, at: Callable[[float], Moment]) -> Equation:
        """Under a protocol, which is of one group: each operator with its coefficient in time."""
        assert self.moments is not None
        (group,) = self.groups

        def term(operator: Any, coefficient: Coefficient) -> list[Any]:
            return [operator, lambda t: coefficient(at(t))]

        axes = [group.jx, group.jy, group.jz]
        field = [term(group.angular * axis, _field(of)) for of, axis in enumerate(axes)]
        turning = field if self.moments.driven else [term(group.angular * group.jz, lambda now: now.frequency)]
        hamiltonian = self.qt.QobjEvo([group.angular * group.twisting, *turning])
        jumps: list[Any] = []
        found: dict[Key, Any] = {}
        for place, bath in enumerate(group.baths):
            for process, operators in enumerate((bath.emission, bath.absorption, bath.turns)):
                if self.moments.ever(place, process):
                    jumps += [self.qt.QobjEvo([term(jump, _root(place, process))]) for jump in operators]
            gained = term(group.energy * bath.gaining, _energy(place, 1))
            lost = term(-group.energy * bath.losing, _energy(place, 0))
            found["heat_current", bath.name] = self.qt.QobjEvo([gained, lost])
            found["intensity", bath.name] = self.qt.QobjEvo([term(bath.losing, _rate(place, 0))])
        return Equation(hamiltonian, jumps, self.start, found | _of_state(self.groups))


def _field(axis: int) -> Coefficient:
    """Of the drive."""
    return lambda now: now.drive[axis]


def _rate(bath: int, process: int) -> Coefficient:
    return lambda now: now.rates[bath][process]


def _root(bath: int, process: int) -> Coefficient:
    """Of a jump operator."""
    return lambda now: math.sqrt(now.rates[bath][process])


def _energy(bath: int, process: int) -> Coefficient:
    """Of the quanta of a process, per unit of time."""
    return lambda now: now.frequency * now.rates[bath][process]


def _quantities(groups: list[_Group]) -> dict[Key, Any]:
    found: dict[Key, Any] = {}
    for place, bath in enumerate(groups[0].baths):
        found["heat_current", bath.name] = sum(group.heat_current(group.baths[place]) for group in groups)
        found["intensity", bath.name] = sum(group.intensity(group.baths[place]) for group in groups)
    if any(bath.offset is not None for bath in groups[0].baths):
        found["power"] = sum(group.power() for group in groups)
    return found | _of_state(groups)


def _of_state(groups: list[_Group]) -> dict[Key, Any]:
    """What is of no bath."""
    total = sum(group.number for group in groups)
    jz = sum(group.jz for group in groups)
    found: dict[Key, Any] = {"jz": jz, "excited": jz / total + 0.5}
    if len(groups) == 1:
        jx, jy = groups[0].jx, groups[0].jy
        found |= {"jx": jx, "jy": jy, "j_squared": jx * jx + jy * jy + jz * jz}
    return found


class _Bath:
    """A bath of a group, with its jump operators of unit rate."""

    def __init__(self, group: _Group, told: Mapping[str, Any]):
        self.name: str = told["name"]
        self.down, self.up, self.dephasing = told["down"], told["up"], told["dephasing"]
        self.offset: float | None = told["offset"]
        if told["coupling"] == "collective":
            lower = sum(g * site for g, site in zip(group.couplings, group.lower, strict=True))
            self.emission, self.turns = [lower], [group.jz]
        else:
            self.emission, self.turns = group.lower, [sz / 2 for sz in group.sz]
        self.absorption = [lower.dag() for lower in self.emission]

    def processes(self) -> Iterator[tuple[float, Any]]:
        """Each jump operator with its rate."""
        for rate, jumps in [(self.down, self.emission), (self.up, self.absorption), (self.dephasing, self.turns)]:
            if rate > 0:
                yield from ((rate, jump) for jump in jumps)

    @property
    def gaining(self) -> Any:
        """The operator of absorptions per unit of time, at a rate of 1."""
        return sum(jump.dag() * jump for jump in self.absorption)

    @property
    def losing(self) -> Any:
        """That of emissions."""
        return sum(jump.dag() * jump for jump in self.emission)

    def net(self) -> Any:
        """The operator of the quanta absorbed less those emitted, per unit of time."""
        return self.up * self.gaining - self.down * self.losing


class _Group:
    """Qubits of one frequency, or a register: its operators in the product space of all."""

    def __init__(self, qt: ModuleType, told: Mapping[str, Any], first: int, total: int):
        self.qt, self.told = qt, told
        self.number: int = told["number"]
        #: Of a unit of frequency: as a rate, and as energy.
        self.angular: float = told["angular"]
        self.energy: float = told["energy"]
        register = told["register"] or {}
        n = self.number
        self.frequencies = register.get("frequencies", [told["frequency"]] * n)
        self.couplings = register.get("couplings", [1.0] * n)
        exchange = register.get("exchange", [])
        places = range(first, first + n)
        self.lower = [_site(qt, qt.destroy(2).dag(), place, total) for place in places]
        self.sz = [_site(qt, qt.sigmaz(), place, total) for place in places]
        raised = sum(self.lower).dag()
        self.jx, self.jy = (raised + raised.dag()) / 2, (raised - raised.dag()) / 2j
        self.jz = sum(self.sz) / 2
        self.exchange = 0 * self.jz
        for j, row in enumerate(exchange):
            for k in range(j):
                hop = self.lower[j].dag() * self.lower[k]
                self.exchange += row[k] * (hop + hop.dag())
        self.baths = [_Bath(self, bath) for bath in told["baths"]]

    def bare(self, frame: float) -> Any:
        """The qubits and their exchange, as frequencies."""
        return sum((f - frame) / 2 * sz for f, sz in zip(self.frequencies, self.sz, strict=True)) + self.exchange

    @property
    def twisting(self) -> Any:
        """chi J_z^2."""
        return self.told["twisting"] * self.jz * self.jz

    @property
    def hamiltonian(self) -> Any:
        drive = self.told["drive"]
        frame = self.told["frequency"] - drive["detuning"] if drive else 0.0
        turned = self.bare(frame) + self.twisting
        if drive:
            turned += drive["amplitude"] * self.jx
        return self.angular * turned

    @property
    def jumps(self) -> list[Any]:
        return [np.sqrt(rate) * jump for bath in self.baths for rate, jump in bath.processes()]

    def heat_current(self, bath: _Bath) -> Any:
        """Tr[H_0 D(rho)] of a bath, (21) and (22), and what its quanta bring beside."""
        h = self.bare(0.0)
        gained = 0 * h
        for rate, jump in bath.processes():
            half = jump.dag() * (h * jump - jump * h)
            gained += rate / 2 * (half + half.dag())
        return self.energy * (gained + (bath.offset or 0.0) * bath.net())

    def intensity(self, bath: _Bath) -> Any:
        return bath.down * bath.losing

    def power(self) -> Any:
        """What a modulation does on the qubits, that baths may exchange quanta of their own."""
        return sum(-self.energy * (bath.offset or 0.0) * bath.net() for bath in self.baths)

    @cached_property
    def start(self) -> Any:
        """The state at the start, of this group alone."""
        qt, told, n = self.qt, self.told["initial"], self.number
        if "bits" in told:
            return qt.tensor([qt.basis(2, 0 if excited else 1) for excited in told["bits"]])
        if "angles" in told:
            return qt.tensor([
                np.cos(theta / 2) * qt.basis(2, 0) + np.exp(1j * phi) * np.sin(theta / 2) * qt.basis(2, 1)
                for theta, phi in told["angles"]
            ])
        if "amplitudes" in told:
            two_j = told["two_j"]
            amplitudes = np.zeros(two_j + 1, dtype=complex)
            for two_m, real, imaginary in told["amplitudes"]:
                amplitudes[(two_j + two_m) // 2] = real + 1j * imaginary
            copies = np.einsum("m,mic->ic", amplitudes, states.sector(n, two_j))
            return self._state(copies, 1.0 / copies.shape[1])
        populations = told["populations"]
        if len(populations) == 1 and populations[0][0] == n:
            _, two_m, _ = populations[0]
            return self._state(states.sector(n, n)[(n + two_m) // 2], 1.0)
        rho = np.zeros((2**n, 2**n))
        sectors = {two_j: states.sector(n, two_j) for two_j, _, _ in populations}
        for two_j, two_m, probability in populations:
            level = sectors[two_j][(two_j + two_m) // 2]
            rho += probability / level.shape[1] * (level @ level.T)
        return qt.Qobj(rho, dims=[[2] * n, [2] * n])

    def _state(self, copies: npt.NDArray[Any], weight: float) -> Any:
        """One ket, or the even mixture of several; columns are kets."""
        n = self.number
        if copies.shape[1] == 1:
            return self.qt.Qobj(copies, dims=[[2] * n, [1] * n])
        return self.qt.Qobj(weight * copies @ copies.conj().T, dims=[[2] * n, [2] * n])


def _site(qt: ModuleType, operator: Any, place: int, total: int) -> Any:
    return qt.tensor([operator if k == place else qt.qeye(2) for k in range(total)])
