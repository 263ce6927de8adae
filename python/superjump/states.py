"""States as vectors, in the order in which QuTiP has them: of the register of 2^N, or of a ladder of 2J + 1 from M = +J
down. What has a form in a scenario becomes that form, what has none is refused in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .baths import Keys, angles, bits, dicke, superposition
from .errors import Fault, ScenarioError

Complexes = npt.NDArray[np.complex128]

#: What may be left of a state that is taken for another form of it, as a norm; rounding leaves 1e-15 or so.
_ROUNDING = 1e-9
#: Qubits up to which sectors of J < N/2 are looked for in a vector.
_MOST_SECTORS = 10
#: Keys by which qubits differ from each other.
_DIFFER = ("frequencies", "spread", "disorder", "couplings", "exchange")

_ALLOWED = (
    "a name such as \"ground\"; a table, as dicke(j, m) makes one; or a ket, as a numpy vector or a Qobj: 2^N amplitudes "
    "of the register or 2J + 1 of a ladder, in QuTiP's order"
)


def table(initial: Any, qubits: Any) -> Any:
    """The table ``initial`` of a scenario, of whatever stands for it, for qubits as the scenario has them."""
    if initial is None or isinstance(initial, Mapping):
        return initial
    if isinstance(initial, str):
        return {"state": initial}
    return _of_vector(_vector(initial), _number(qubits), initial, _differ(qubits)).scenario_value()


def _refuse(title: str, allowed: str = _ALLOWED) -> ScenarioError:
    return ScenarioError([Fault("initial", f"`initial` {title}", allowed)])


def _number(qubits: Any) -> int:
    number = qubits.get("number", len(qubits.get("frequencies", ()))) if isinstance(qubits, Mapping) else qubits
    if np.ndim(number) > 0 or not number or int(number) != number:
        raise _refuse("is a vector, and how many qubits it is of is not known", "a vector beside a number of `qubits`")
    return int(number)


def _differ(qubits: Any) -> bool:
    return isinstance(qubits, Mapping) and any(qubits.get(key) is not None for key in _DIFFER)


def _vector(state: Any) -> Complexes:
    """The amplitudes, normalized."""
    if hasattr(state, "isket") and not state.isket:
        raise _refuse("is no ket" + (": mixtures go by name" if state.isoper else ""))
    values = np.asarray(state.full() if hasattr(state, "full") else state)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or values.dtype.kind not in "iufc":
        raise _refuse(f"is an array of shape {values.shape} and dtype {values.dtype}")
    norm = float(np.linalg.norm(values))
    if not math.isfinite(norm) or norm == 0:
        raise _refuse(f"is a vector of norm {norm:g}")
    return np.asarray(values / norm, dtype=np.complex128)


def _of_vector(vector: Complexes, number: int, state: Any, differ: bool) -> Keys:
    dims = getattr(state, "dims", None)
    if len(vector) == 2**number and (dims is None or dims[0] == [2] * number):
        return _of_register(vector, number, differ)
    two_j = len(vector) - 1
    fits = two_j <= number and (number - two_j) % 2 == 0
    if not fits or (dims is not None and len(dims[0]) > 1):
        sectors = ", ".join(str(two_j + 1) for two_j in range(number, -1, -2)[:4])
        of = f"is a vector of length {len(vector)}" + (f" and dims {dims}" if dims is not None else "")
        few = number <= _MOST_SECTORS * 2
        register = f"2^{number} = {2**number} amplitudes of the register, or " if few else ""
        raise _refuse(of, f"for {number} qubits: {register}2J + 1 of a ladder: {sectors}{' ...' if number > 7 else ''}")
    return _of_ladder(vector[::-1], two_j)


def _of_ladder(amplitudes: Complexes, two_j: int) -> Keys:
    """A state of one J, by its amplitudes from M = -J up."""
    likely = np.flatnonzero(np.abs(amplitudes) > _ROUNDING)
    if len(likely) == 1:
        return dicke(two_j / 2, int(likely[0]) - two_j / 2)
    return superposition(two_j / 2, [complex(amplitude) for amplitude in amplitudes])


def _of_register(vector: Complexes, number: int, differ: bool) -> Keys:
    symmetric = _symmetric(vector, number)
    if symmetric is not None:
        return _of_ladder(symmetric, number)
    sites = _product(vector, number)
    if sites is not None:
        if all(min(abs(site)) < _ROUNDING for site in sites):
            return bits("".join("1" if abs(site[0]) > 0.5 else "0" for site in sites))
        return angles([_direction(site) for site in sites])
    if not differ and number <= _MOST_SECTORS:
        for two_j in range(number - 2, -1, -2):
            amplitudes = _of_sector(vector, number, two_j)
            if amplitudes is not None:
                return _of_ladder(amplitudes, two_j)
    why = "qubits that differ start" if differ else "trajectories start"
    raise _refuse(
        "is a state of the register that has no form in a scenario",
        f"{why} from a state that is symmetric, or a product of single qubits" + ("" if differ else ", or of one J"),
    )


def _ups(number: int) -> npt.NDArray[np.int64]:
    """How many qubits are excited in each state of the register, where a bit of the index says that one is not."""
    states = np.arange(2**number)
    return number - sum((states >> qubit & 1 for qubit in range(number)), np.zeros_like(states))


def _symmetric(vector: Complexes, number: int) -> Complexes | None:
    """The amplitudes from M = -N/2 up of a state of J = N/2."""
    ups = _ups(number)
    ways = np.bincount(ups, minlength=number + 1)
    sums = np.bincount(ups, vector.real) + 1j * np.bincount(ups, vector.imag)
    even = sums / ways
    if np.linalg.norm(vector - even[ups]) > _ROUNDING:
        return None
    return np.asarray(even * np.sqrt(ways), dtype=np.complex128)


def _product(vector: Complexes, number: int) -> list[Complexes] | None:
    """The state of each qubit, (excited, ground), of a product of them."""
    sites, rest = [], vector
    for _ in range(number - 1):
        pair = rest.reshape(2, -1)
        strong = int(np.argmax(np.linalg.norm(pair, axis=1)))
        others = pair[strong] / np.linalg.norm(pair[strong])
        site = pair @ others.conj()
        if np.linalg.norm(pair - np.outer(site, others)) > _ROUNDING:
            return None
        sites.append(site)
        rest = others
    return [*sites, rest]


def _direction(site: Complexes) -> tuple[float, float]:
    """(theta, phi) of a pure state (excited, ground) of one qubit."""
    excited, ground = site
    phi = 0.0 if min(abs(site)) == 0 else float(np.angle(ground * np.conj(excited)))
    return 2 * math.atan2(abs(ground), abs(excited)), phi


def _of_sector(vector: Complexes, number: int, two_j: int) -> Complexes | None:
    """The amplitudes from M = -J up of a state of this J that is the same in all copies of it that it is in: which they
    are is seen by nothing that treats qubits alike."""
    seen = np.einsum("mic,i->mc", sector(number, two_j), vector)
    if abs(np.linalg.norm(seen) - 1) > _ROUNDING:
        return None
    u, weights, _ = np.linalg.svd(seen, full_matrices=False)
    return np.asarray(u[:, 0], dtype=np.complex128) if abs(weights[0] - 1) < _ROUNDING else None


def lowering(number: int) -> npt.NDArray[np.float64]:
    """J_- of N qubits, shape (2^N, 2^N)."""
    states = np.arange(2**number)
    matrix = np.zeros((2**number, 2**number))
    for qubit in range(number):
        excited = states[states >> qubit & 1 == 0]
        matrix[excited | 1 << qubit, excited] = 1
    return matrix


def sector(number: int, two_j: int) -> npt.NDArray[np.float64]:
    """The states of one J: orthonormal, (2J + 1, 2^N, copies), from M = -J up, each copy raised from its lowest."""
    down = lowering(number)
    ups = _ups(number)
    lowest = ups == (number - two_j) // 2
    # What has M = -J and is not lowered.
    _, singular, rows = np.linalg.svd(down[:, lowest])
    kernel = rows[np.count_nonzero(singular > 1e-9):]
    states = np.zeros((two_j + 1, 2**number, len(kernel)))
    states[0, lowest] = kernel.T
    j = two_j / 2
    for step in range(two_j):
        m = step - j
        states[step + 1] = down.T @ states[step] / math.sqrt(j * (j + 1) - m * (m + 1))
    return states
