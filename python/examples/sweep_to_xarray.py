"""The heat current of a valve against the number of qubits, for three temperatures of a parasitic bath, as a Dataset.

    python sweep_to_xarray.py           # needs xarray and matplotlib; leaves valve.png and a folder valve-runs

What to look for: a cold parasitic bath keeps the qubits bright, and the current grows faster than N; a hot one does not.
Run it twice: the second time everything is there.
"""

import matplotlib.pyplot as plt

import superjump as sj

valve = sj.Scenario(
    name="valve",
    qubits=8,
    baths=[
        sj.collective("hot", rate=1, temperature=3),
        sj.collective("cold", rate=1, temperature=1 / 3),
        sj.local("parasitic", rate=1e-3, temperature=0.1),
    ],
    initial="ground",
)
sweep = valve.sweep({"qubits.number": [1, 2, 3, 4, 6, 8], "bath.parasitic.temperature": [0.1, 1, 3]})
run = sweep.steady(relative_error=0.01, cache="valve-runs", progress=False)
assert run.converged, run.missing

data = run.to_xarray()
print(data)
current = data.heat_current.sel(bath="hot")
print("a qubit of eight carries, over one alone:")
print((current.sel({"qubits.number": 8}) / 8 / current.sel({"qubits.number": 1})).to_series().to_string())
z = (current - data.heat_current_exact.sel(bath="hot")) / data.heat_current_std_error.sel(bath="hot")
assert abs(z).max() < 5

run.plot("heat_current", bath="hot")
plt.savefig("valve.png", dpi=120)
