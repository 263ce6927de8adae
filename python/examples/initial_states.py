"""States by name, as numpy vectors and as kets of QuTiP; and which of them the steady current remembers.

    python initial_states.py            # needs qutip and matplotlib; leaves states.png

What to look for: without a local bath J is conserved, so each sector has a current of its own; with one all starts end up
in the same steady state.
"""

import matplotlib.pyplot as plt
import numpy as np
import qutip

import superjump as sj

valve = sj.Scenario(
    qubits=4,
    baths=[sj.collective("hot", rate=1, temperature=3), sj.collective("cold", rate=1, temperature=1 / 3)],
    initial="ground",
    times=np.linspace(0, 30, 61),
)
pair = qutip.singlet_state()
states = {
    "ground, J = 2": "ground",
    "GHZ": sj.ghz(),
    "|1, 1⟩, by name": sj.dicke(1, 1),
    "a singlet and two up": qutip.tensor(pair, qutip.basis(2, 0), qutip.basis(2, 0)),
    "a ladder's top, as numpy": np.eye(5)[0],
    "two singlets": qutip.tensor(pair, pair),
}

_, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained", sharey=True)
ends = {}
for name, state in states.items():
    start = valve.replace(initial=state)
    alone = start.exact()
    beside = start.replace(baths=[*valve.to_dict()["bath"], sj.local("parasitic", rate=0.3, temperature=0.5)]).exact()
    for ax, run in [(left, alone), (right, beside)]:
        run.plot("heat_current", bath="hot", ax=ax, label=name)
    ends[name] = (alone["heat_current", "hot"].mean[-1], beside["heat_current", "hot"].mean[-1])
    print(f"{name:26} {ends[name][0]:8.4f} alone, {ends[name][1]:8.4f} beside a local bath")
left.set_title("J is conserved")
right.set_title("a local bath mixes the sectors")
left.set_ylim(-0.2, 4)
left.get_legend().remove()
plt.savefig("states.png", dpi=120)

# A state of the register is that of its sector; what is dark carries nothing; all forget where J is not conserved.
assert np.isclose(ends["|1, 1⟩, by name"][0], ends["a singlet and two up"][0])
assert abs(ends["two singlets"][0]) < 1e-9
assert np.ptp([beside for _, beside in ends.values()]) < 1e-3

# The same equation by QuTiP, for whoever does not believe it.
print(sj.check(valve.replace(initial=states["a singlet and two up"])))
