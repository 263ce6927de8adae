"""Tools that solve exactly. Each is a function of N: <J_z> at the end, or (current, noise) of the hot bath."""

import numpy as np

import ladder
import valve

TIMES = np.linspace(0, valve.UNTIL, valve.SAMPLES)


def dicke(number):
    from qutip import piqs

    return piqs.Dicke(number, emission=valve.LOCAL_DOWN, pumping=valve.LOCAL_UP, collective_emission=valve.DOWN,
                      collective_pumping=valve.UP)


def product(number):
    """Liouvillian, J_- and J_z in the product space."""
    import qutip

    site = lambda op, j: qutip.tensor([op if k == j else qutip.qeye(2) for k in range(number)])
    lower = [site(qutip.sigmam(), j) for j in range(number)]
    down, jz = sum(lower), sum(site(qutip.sigmaz(), j) for j in range(number)) / 2
    jumps = [np.sqrt(valve.DOWN) * down, np.sqrt(valve.UP) * down.dag()]
    jumps += [np.sqrt(valve.LOCAL_DOWN) * s for s in lower] + [np.sqrt(valve.LOCAL_UP) * s.dag() for s in lower]
    return qutip.liouvillian(0 * jz, jumps), down, jz


def piqs_pisolve(number):
    from qutip import expect, piqs

    result = dicke(number).pisolve(piqs.dicke(number, number / 2, -number / 2), TIMES)
    return expect(piqs.jspin(number, "z"), result.states[-1])


def qutip_mesolve(number):
    import qutip

    liouvillian, _, jz = product(number)
    ground = qutip.ket2dm(qutip.tensor([qutip.basis(2, 1)] * number))
    return qutip.mesolve(liouvillian, ground, TIMES, e_ops=[jz], options={"progress_bar": False}).expect[0][-1]


def counted(liouvillian, down):
    """QuTiP's steady state, and its current and noise of the hot bath."""
    import qutip

    n = valve.OCCUPATION["hot"]
    up = n * qutip.sprepost(down.dag(), down)
    out = (1 + n) * qutip.sprepost(down, down.dag())
    state = qutip.steadystate(liouvillian)
    current, noise, _ = qutip.countstat_current_noise(liouvillian, [], rhoss=state, J_ops=[up + out], I_ops=[up - out])
    return float(current[0]), float(noise[0, 0, 0])


def qutip_countstat(number):
    liouvillian, down, _ = product(number)
    return counted(liouvillian, down)


def piqs_countstat(number):
    """The Liouvillian has empty rows, of the coherences between different J that it leaves out. They make it singular,
    and a -1 on the diagonal of each, which touches nothing else, lets `steadystate` go through."""
    import scipy.sparse as sparse
    from qutip import Qobj, piqs

    liouvillian = dicke(number).liouvillian()
    rows = np.diff(liouvillian.data.as_scipy().tocsr().indptr)
    patch = Qobj(sparse.diags(-1.0 * (rows == 0)).tocsr(), dims=liouvillian.dims)
    return counted(liouvillian + patch, piqs.jspin(number, "-"))


def scipy_lu(number):
    return ladder.steady(number, valve.BATHS)[1:]


TRANSIENT = {"qutip mesolve": qutip_mesolve, "piqs pisolve": piqs_pisolve}
STEADY = {"qutip countstat": qutip_countstat, "piqs + countstat": piqs_countstat, "scipy LU": scipy_lu}
