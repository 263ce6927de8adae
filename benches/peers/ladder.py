"""The exact road in plain scipy: rates between the levels (J, M) of the heat valve, sparse LU, current and noise."""

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import splu


def generator(number, baths):
    """Of dp/dt = W p over the levels (J, M), with the jumps of each bath apart.

    `baths`: (coupling, down, up), rates in omega_0. Rates from Shammah et al., Phys. Rev. A 98, 063815 (2018).
    Returns <J_z> of each level, W as CSC, and (absorbing, emitting) of each bath.
    """
    spins = np.arange(number / 2, -0.25, -1.0)
    start = np.concatenate([[0], np.cumsum(2 * spins + 1)]).astype(int)
    J = np.concatenate([np.full(int(2 * j + 1), j) for j in spins])
    M = np.concatenate([np.arange(-j, j + 1) for j in spins])
    level = np.arange(len(J))
    half = number / 2

    def jumps(coupling, sign):
        """Rates of M -> M + sign at unit strength. By symmetry, of M -> -M, one formula serves both directions."""
        m = -sign * M
        outcomes = [(0, (J + m) * (J - m + 1))]
        if coupling == "local":
            safe = np.where(J > 0, J, 1.0)
            outcomes = [
                (0, (J + m) * (J - m + 1) * (number + 2) / (4 * safe * (J + 1))),
                (-1, (J + m) * (J + m - 1) * (half + J + 1) / (2 * safe * (2 * J + 1))),
                (1, (J - m + 1) * (J - m + 2) * (half - J) / (2 * (J + 1) * (2 * J + 1))),
            ]
        matrix = sparse.csc_array((len(J), len(J)))
        for change, rate in outcomes:
            if coupling == "local" and change <= 0:
                rate = np.where(J > 0, rate, 0.0)
            on = rate > 0
            target = J[on] + change
            row = start[np.rint(half - target).astype(int)] + np.rint(M[on] + sign + target).astype(int)
            matrix = matrix + sparse.csc_array((rate[on], (row, level[on])), shape=matrix.shape)
        return matrix

    moves = [(up * jumps(coupling, 1), down * jumps(coupling, -1)) for coupling, down, up in baths]
    total = sum(a + e for a, e in moves)
    return M, (total - sparse.diags_array(total.sum(axis=0))).tocsc(), moves


def steady(number, baths, counted=0):
    """<J_z>, current and zero-frequency noise of bath number `counted`, in the steady state."""
    jz, W, moves = generator(number, baths)
    # The probabilities add to one: this takes the place of one row. The level that is fixed is the ground state's.
    system = W.tolil()
    ground = 0
    system[ground, :] = 1.0
    factors = splu(system.tocsc())
    right = np.zeros(len(jz))
    right[ground] = 1.0
    p = factors.solve(right)
    absorbed, emitted = (move @ p for move in moves[counted])
    current = absorbed.sum() - emitted.sum()
    right = absorbed - emitted - current * p
    right[ground] = 0.0
    x = factors.solve(right)
    net = moves[counted][0] @ x - moves[counted][1] @ x
    return jz @ p, current, absorbed.sum() + emitted.sum() - 2 * net.sum()
