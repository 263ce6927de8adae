"""Tools that draw trajectories. Each prepares a problem and returns a function: (how many, seed) -> <J_z> at the end."""

import itertools

import numpy as np

import valve

TIMES = np.linspace(0, valve.UNTIL, valve.SAMPLES)


def qutip_mcsolve(number, local):
    """2^N amplitudes with the local bath, the N + 1 levels of J = N/2 without; the faster of two integrators."""
    import time

    import qutip

    if local:
        site = lambda op, j: qutip.tensor([op if k == j else qutip.qeye(2) for k in range(number)])
        lower = [site(qutip.sigmam(), j) for j in range(number)]
        down, jz = sum(lower), sum(site(qutip.sigmaz(), j) for j in range(number)) / 2
        jumps = [np.sqrt(valve.LOCAL_DOWN) * s for s in lower] + [np.sqrt(valve.LOCAL_UP) * s.dag() for s in lower]
        ground = qutip.tensor([qutip.basis(2, 1)] * number)
    else:
        down, jz, jumps, ground = qutip.jmat(number / 2, "-"), qutip.jmat(number / 2, "z"), [], qutip.basis(number + 1, number)
    jumps = [j.to("csr") for j in [np.sqrt(valve.DOWN) * down, np.sqrt(valve.UP) * down.dag(), *jumps]]
    frame = (0 * jz).to("csr")  # H_0 commutes with everything: the rotating frame has no Hamiltonian

    # By default (norm_t_tol 1e-6) the search for a jump fails where the rates are large.
    options = {"progress_bar": False, "norm_t_tol": 1e-10}

    def sample(count, seed, method):
        result = qutip.mcsolve(frame, ground, TIMES, jumps, e_ops=[jz], ntraj=count, seeds=seed,
                               options=options | {"method": method, "keep_runs_results": True})
        return np.array(result.runs_expect[0])[:, -1]

    cost = {}
    for method in ["vern7", "diag"]:
        try:
            start = time.process_time()
            sample(2, 7, method)
            cost[method] = time.process_time() - start
        except RuntimeError as error:
            failure = error
    if not cost:
        raise failure
    best = min(cost, key=cost.get)
    return lambda count, seed: sample(count, seed, best)


def dynamiqs_jssesolve(number, local):
    """The event method, jump times by Newton's, batches of 100 under vmap on the CPU; compiled before it is timed."""
    import jax
    import jax.numpy as jnp
    import dynamiqs
    import optimistix

    if local:
        site = lambda op, j: dynamiqs.tensor(*[op if k == j else dynamiqs.eye(2) for k in range(number)])
        lower = [site(dynamiqs.sigmam(), j) for j in range(number)]
        down = sum(lower[1:], lower[0])
        jz = 0.5 * sum((site(dynamiqs.sigmaz(), j) for j in range(1, number)), site(dynamiqs.sigmaz(), 0))
        jumps = [np.sqrt(valve.LOCAL_DOWN) * s for s in lower] + [np.sqrt(valve.LOCAL_UP) * s.dag() for s in lower]
        ground = dynamiqs.basis([2] * number, [1] * number)
    else:
        j = number / 2
        m = j - np.arange(number + 1)
        down = dynamiqs.asqarray(np.diag(np.sqrt((j + m[:-1]) * (j - m[:-1] + 1)), -1), layout=dynamiqs.dia)
        jz, jumps = dynamiqs.asqarray(np.diag(m), layout=dynamiqs.dia), []
        ground = dynamiqs.basis(number + 1, number)
    jumps = [np.sqrt(valve.DOWN) * down, np.sqrt(valve.UP) * down.dag(), *jumps]
    clicks = 40 * number + 100
    event = dynamiqs.method.Event(root_finder=optimistix.Newton(1e-4, 1e-4, optimistix.rms_norm))

    def sample(count, seed):
        batches = []
        for k in range(-(-count // 100)):
            keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), k), 100)
            result = dynamiqs.jssesolve(0 * jz, jumps, ground, jnp.asarray(TIMES), keys, exp_ops=[jz], method=event,
                                        save_states=False, nmaxclick=clicks)
            assert int(np.max(result.nclicks)) < clicks, "the buffer of clicks is full"
            batches.append(np.asarray(result.expects)[:, 0, -1].real)
        return np.concatenate(batches)

    return sample


def rebop_gillespie(number, local):
    """The chain on (J, M) as reactions of A = J + M, B = J - M and C = N/2 - J."""
    import rebop

    chain = rebop.Gillespie()
    for rate, a, b in [(valve.DOWN, "A", "B"), (valve.UP, "B", "A")]:
        # A (B + 1) by mass action, which is faster than a formula
        chain.add_reaction(rate, [a], [b])
        chain.add_reaction(rate, [a, b], [b, b])
    if local:
        for rate, a, b in [(valve.LOCAL_DOWN, "A", "B"), (valve.LOCAL_UP, "B", "A")]:
            # to the same J, to J - 1, to J + 1; 1e-300 keeps 0/0 from J = 0
            same = f"{rate * (number + 2)} * {a} * ({b}+1) / ((A+B) * (A+B+2) + 1e-300)"
            lower = f"{rate} * ({number}+A+B+2) * {a} * ({a}-1) / (2 * (A+B) * (A+B+1) + 1e-300)"
            higher = f"{rate} * ({number}-A-B) * ({b}+1) * ({b}+2) / (2 * (A+B+2) * (A+B+1))"
            chain.add_reaction(same, [a], [b])
            chain.add_reaction(lower, [a, a], ["C"])
            chain.add_reaction(higher, ["C"], [b, b])
    # What Gillespie.run calls: its wrapping of every trajectory in a data set would cost milliseconds.
    inner = chain.gillespie
    inner.set_init({"B": number})
    counter = itertools.count()

    def sample(count, seed):
        ends = np.empty(count)
        for k in range(count):
            _, series = inner.run(valve.UNTIL, valve.SAMPLES - 1, params={}, seed=seed * 10**9 + next(counter),
                                  sparse=False, var_names=None)
            ends[k] = (int(series["A"][-1]) - int(series["B"][-1])) / 2
        return ends

    return sample


TOOLS = {"qutip mcsolve": qutip_mcsolve, "dynamiqs jssesolve": dynamiqs_jssesolve, "rebop": rebop_gillespie}
