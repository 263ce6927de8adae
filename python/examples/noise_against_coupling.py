"""The noise of a heat current grows as a local bath weakens, while the mean hardly changes.

    python noise_against_coupling.py    # needs matplotlib; leaves noise.png

What to look for: the Fano factor goes as one over the local rate, since J, and the current with it, hops between bright
and dark sectors ever more slowly: a telegraph signal.
"""

import matplotlib.pyplot as plt
import numpy as np

import superjump as sj

valve = sj.Scenario(
    qubits=4,
    baths=[
        sj.collective("hot", rate=1, temperature=3),
        sj.collective("cold", rate=1, temperature=1 / 3),
        sj.local("parasitic", rate=0.1, temperature=0.5),
    ],
    initial="steady",
)
rates = np.logspace(-4, 0, 13)
exact = valve.sweep({"bath.parasitic.rate": rates}).exact(steady=True, noise={})
fano, current = exact["fano", "hot"].mean, exact["heat_current", "hot"].mean
print(f"from a rate of 1 to 1e-4 the current goes from {current[-1]:.3f} to {current[0]:.3f}")
print(f"and the Fano factor from {fano[-1]:.2f} to {fano[0]:.0f}")
slope = np.polyfit(np.log(rates[:5]), np.log(fano[:5]), 1)[0]
assert abs(slope + 1) < 0.02

# What single trajectories look like, and what counting in windows finds.
sampled = valve.steady(relative_error=0.02, noise={"windows": [1, 3, 10, 30, 100, 300]}, progress=False)
found = sampled.noise.windowed_noise["hot"]
print(f"in windows of up to 300 the noise is {found.mean[-1]:.2f} ± {found.std_error[-1]:.2f}, exact {found.exact[-1]:.2f}")
assert np.nanmax(np.abs(found.z)) < 5
trace = valve.replace({"evolution.until": 200, "bath.parasitic.rate": 0.03}, record={"jumps": True}).run(3)

_, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
exact.plot("fano", bath="hot", ax=left)
sampled.plot.noise("windowed_noise", bath="hot", ax=middle)
trace.plot.telegraph(ax=right)
plt.savefig("noise.png", dpi=120)
