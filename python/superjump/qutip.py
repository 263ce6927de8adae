"""Beside QuTiP: the equation of a scenario as its operators, results by its names, and the two compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import states
from .results import Run

if TYPE_CHECKING:
    from types import ModuleType

    import qutip

    from .scenario import Scenario

#: Qubits up to which operators are made: a density matrix takes 16 * 4^N bytes.
_MOST = 10
#: Qubits up to which the master equation is solved for a comparison.
_MOST_SOLVED = 6

_NO_JUMPS = "jumps were not recorded: a scenario with record={\"jumps\": True} keeps them"

#: What a value is of: a quantity, or a quantity with its bath; as ``run[...]`` takes them.
Key = str | tuple[str, str]


class Equation(NamedTuple):
    """What QuTiP's solvers take: ``H, c_ops, rho0, e_ops = scenario.to_qutip()``.

    Every operator is of the product space, dims [[2]*N, [2]*N], an excited qubit being ``basis(2, 0)``.
    """

    #: H/hbar, in radians per unit of time: at rest, or with a drive in the frame that turns with it.
    H: qutip.Qobj
    #: Jump operators with the roots of their rates, bath by bath: emission, absorption, dephasing. A collective bath has
    #: one of each, a local one N.
    c_ops: list[qutip.Qobj]
    #: The state at the start: a ket where it is pure, or a density matrix.
    rho0: qutip.Qobj
    #: An operator for each quantity: ``e_ops["jz"]``, ``e_ops["heat_current", "hot"]``, in the units of the results.
    e_ops: dict[Key, qutip.Qobj]


def _import() -> ModuleType:
    try:
        import qutip
    except ImportError:
        raise ImportError("this needs QuTiP: pip install qutip, or pip install 'superjump[qutip]'") from None
    return qutip


def equation(scenario: Scenario, point: int | None = None) -> Equation:
    """The equation of a point of a scenario."""
    qt = _import()
    parsed = scenario._read(exact=scenario._is_timed)
    numbers = parsed.qubits()
    if point is None and len(numbers) > 1:
        raise ValueError(f"a sweep has {len(numbers)} equations: to_qutip(point=0) is the first of them")
    place = range(len(numbers))[point or 0]
    if numbers[place] > _MOST:
        raise ValueError(f"{numbers[place]} qubits: operators of the product space are made for {_MOST} at most")
    model = json.loads(parsed.model(place))
    if model["protocol"]:
        raise ValueError("a protocol changes the operators in time, and has no such form: leave `protocol` out")
    groups: list[_Group] = []
    for told in model["groups"]:
        groups.append(_Group(qt, told, first=sum(group.number for group in groups), total=numbers[place]))
    kets = [group.start for group in groups]
    if not all(ket.isket for ket in kets):
        kets = [qt.ket2dm(ket) if ket.isket else ket for ket in kets]
    return Equation(
        sum(group.hamiltonian for group in groups),
        [jump for group in groups for jump in group.jumps],
        qt.tensor(kets),
        _quantities(groups),
    )


def _quantities(groups: list[_Group]) -> dict[Key, Any]:
    total = sum(group.number for group in groups)
    jz = sum(group.jz for group in groups)
    found: dict[Key, Any] = {}
    for place, bath in enumerate(groups[0].baths):
        found["heat_current", bath.name] = sum(group.heat_current(group.baths[place]) for group in groups)
        found["intensity", bath.name] = sum(group.intensity(group.baths[place]) for group in groups)
    if any(bath.offset is not None for bath in groups[0].baths):
        found["power"] = sum(group.power() for group in groups)
    found["jz"] = jz
    found["excited"] = jz / total + 0.5
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

    def net(self) -> Any:
        """The operator of the quanta absorbed less those emitted, per unit of time."""
        gained = sum(jump.dag() * jump for jump in self.absorption)
        return self.up * gained - self.down * sum(jump.dag() * jump for jump in self.emission)


class _Group:
    """Qubits of one frequency, or a register: its operators in the product space of all."""

    def __init__(self, qt: ModuleType, told: Mapping[str, Any], first: int, total: int):
        self.qt, self.told = qt, told
        self.number: int = told["number"]
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
    def hamiltonian(self) -> Any:
        drive = self.told["drive"]
        frame = self.told["frequency"] - drive["detuning"] if drive else 0.0
        turned = self.bare(frame) + self.told["twisting"] * self.jz * self.jz
        if drive:
            turned += drive["amplitude"] * self.jx
        return self.told["angular"] * turned

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
        return bath.down * sum(jump.dag() * jump for jump in bath.emission)

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


class Results:
    """The results of trajectories by the names that a ``McResult`` of QuTiP has them by.

    ``average_expect`` and ``std_expect`` are lists over the quantities in ``keys``, which are those of ``e_ops``;
    ``average_e_data`` and ``std_e_data`` have them by key, arrays of shape (T,). ``std_expect`` is, as QuTiP's, the spread
    of trajectories and not the error of the mean, which is ``run[...].std_error``; NaN where there is no spread by chance.

    Where jumps were recorded ``col_times`` and ``col_which`` are lists over trajectories, ``collapse`` both together,
    and ``photocurrent`` the jumps per unit of time between one time and the next, averaged. They count ``channels``,
    (bath, direction): those of collective baths are single operators of ``c_ops``, a local one stands for N of them.
    """

    solver = "superjump"

    def __init__(self, run: Run):
        self._run = run
        self.times, self.average_e_data, spread = _followed(run)
        self.keys = list(self.average_e_data)
        #: Trajectories; 0 where only exact values were solved for.
        self.num_trajectories: int = run.details["points"][0]["trajectories"]
        # An error of the mean is s/sqrt(n) with n - 1 under the spread s; QuTiP's spread has n there.
        scale = np.sqrt(max(self.num_trajectories - 1, 0))
        self.std_e_data = {key: error * scale for key, error in spread.items()}
        self.average_expect = list(self.average_e_data.values())
        self.std_expect = list(self.std_e_data.values())
        self.expect, self.e_data = self.average_expect, self.average_e_data
        self.channels = [
            (bath["name"], direction)
            for bath in run.details["points"][0]["baths"]
            for direction, rate in [("emission", "down"), ("absorption", "up"), ("dephasing", "dephasing")]
            if bath[rate] > 0
        ]

    @cached_property
    def _jumps(self) -> tuple[list[npt.NDArray[np.float64]], list[npt.NDArray[np.int64]]]:
        table = self._run.jumps
        if table is None:
            raise AttributeError(_NO_JUMPS)
        which = np.full(len(table), -1)
        for place, (bath, direction) in enumerate(self.channels):
            which[table.rows(bath=bath, direction=direction)] = place
        ends = np.searchsorted(table["trajectory"], np.arange(1, self.num_trajectories))
        return np.split(table["time"], ends), np.split(which, ends)

    @property
    def col_times(self) -> list[list[float]]:
        """The times of jumps, trajectory by trajectory."""
        return [times.tolist() for times in self._jumps[0]]

    @property
    def col_which(self) -> list[list[int]]:
        """The place in ``channels`` of each jump, trajectory by trajectory."""
        return [which.tolist() for which in self._jumps[1]]

    @property
    def collapse(self) -> list[list[tuple[float, int]]]:
        """(time, place in ``channels``) of each jump, trajectory by trajectory."""
        return [list(zip(*pair, strict=True)) for pair in zip(self.col_times, self.col_which, strict=True)]

    @property
    def photocurrent(self) -> list[npt.NDArray[np.float64]]:
        """Jumps per unit of time of each channel, averaged, between one time and the next: arrays of shape (T - 1,)."""
        times, which = (np.concatenate(found) for found in self._jumps)
        per = self.num_trajectories * np.diff(self.times)
        return [np.histogram(times[which == place], self.times)[0] / per for place in range(len(self.channels))]

    def __getattr__(self, name: str) -> Any:
        # What a property above raises ends up here.
        if self._run.jumps is None and name in ("col_times", "col_which", "collapse", "photocurrent"):
            raise AttributeError(_NO_JUMPS)
        if name.startswith(("runs_", "states", "average_states", "final_state", "average_final_state", "trajectories")):
            raise AttributeError(f"there is no {name}: averages are kept, and jumps where asked, but no states")
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"<Results of {self.num_trajectories:,} trajectories for QuTiP's eyes: {len(self.keys)} expectations>"


def _followed(run: Run) -> tuple[Any, dict[Key, Any], dict[Key, Any]]:
    """All times, and the means and errors of the quantities that are known at every one."""
    if len(run) != 1:
        raise ValueError(f"a sweep has {len(run)} results: run.at(0).to_qutip() has those of its first point")
    if run.series is None:
        raise ValueError("a steady state has no times: run[...] has its values")
    found = {key: run[key] for key in run.quantities}
    times = np.unique(np.concatenate([of.times for of in found.values() if of.times is not None]))
    kept: dict[Key, Any] = {
        (quantity if bath is None else (quantity, bath)): of
        for (quantity, bath), of in found.items()
        if of.times is not None and len(of.times) == len(times)
    }
    means = {key: estimate.mean for key, estimate in kept.items()}
    return times, means, {key: estimate.std_error for key, estimate in kept.items()}


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
        from .html import table

        heads = ["point", "quantity", "bath", "largest", "difference", "relative"]
        return table(f"{self.title}: superjump beside qutip.mesolve", heads, self._rows(), [self._verdict()])


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
        A scenario without times, one with a protocol, or more than 6 qubits.
    """
    qt = _import()
    if not scenario._is_timed:
        raise ValueError("mesolve goes along times: give the scenario `until` or `times`")
    numbers = scenario._read(exact=True).qubits()
    if max(numbers) > _MOST_SOLVED:
        raise ValueError(f"{max(numbers)} qubits: the equation of 4^N elements is solved for {_MOST_SOLVED} at most")
    exact = scenario.exact(steady=False, progress=False)
    asked = {"atol": 1e-11, "rtol": 1e-9, "nsteps": 10**7, "progress_bar": "", **(options or {})}
    deviations = []
    for place, run in enumerate(exact):
        h, c_ops, rho0, e_ops = equation(scenario, place)
        known = {quantity if bath is None else (quantity, bath) for quantity, bath in run.quantities}
        common = [(key, run[key]) for key in e_ops if key in known]
        times = np.asarray(common[0][1].times)
        # QuTiP's state at the start is that at the first time.
        late = [0.0] if times[0] > 0 else []
        solved = qt.mesolve(h, rho0, [*late, *times], c_ops, e_ops=dict(e_ops), options=asked)
        for key, ours in common:
            theirs = np.real(solved.e_data[key])[len(late):]
            difference, largest = float(np.max(np.abs(ours.exact - theirs))), float(np.max(np.abs(theirs)))
            scale = max(largest, 1e-3 * e_ops[key].norm())
            relative = difference / scale if scale > 0 else difference
            deviations.append(Deviation(place, ours.quantity, ours.bath, ours.unit, largest, difference, relative))
    return Comparison(scenario.title, deviations, tolerance)
