"""A superradiant burst, beside QuTiP's piqs, which solves the same equation in the Dicke basis without trajectories.

    python burst_against_piqs.py        # needs qutip and matplotlib; leaves burst.png

What to look for: both averages lie on one curve, and every single trajectory is a sharper flash than that.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
import qutip
from qutip.piqs.piqs import Dicke, dicke, jspin

import superjump as sj

N = 20
times = np.linspace(0, 1, 101)

burst = sj.Scenario(
    title=f"Burst of {N} qubits",
    qubits=N,
    baths=sj.collective("cavity", rate=1, temperature=0),
    initial="inverted",
    times=times,
    record={"jumps": True},
)
began = time.perf_counter()
run = burst.run(trajectories=20_000)
ours = time.perf_counter() - began

jx, jy, jz = jspin(N)
began = time.perf_counter()
piqs = qutip.mesolve(
    Dicke(N, collective_emission=1).liouvillian(), dicke(N, N / 2, N / 2), times,
    e_ops=[jspin(N, "+") * jspin(N, "-")], options={"atol": 1e-10, "rtol": 1e-8, "nsteps": 100_000},
)
theirs = time.perf_counter() - began
print(f"20,000 trajectories and the exact curve: {ours:.2f} s; piqs: {theirs:.2f} s")

intensity = run["intensity", "cavity"]
off = np.max(np.abs(intensity.exact - piqs.expect[0])) / np.max(intensity.exact)
farthest = np.nanmax(np.abs(intensity.z))
print(f"exact values differ by {off:.1e} of the highest; the farthest mean is {farthest:.1f} standard errors off")
assert off < 1e-6
assert farthest < 5

ax = run.plot.bursts()
ax.plot(times[::5], piqs.expect[0][::5], "o", color="#009e73", markersize=4, label="piqs")
ax.legend()
ax.set_title(f"{N} excited qubits flash: each sharp, their mean broader")
plt.savefig("burst.png", dpi=120)
