"""The problem that every tool solves: the heat valve of scenarios/heat_valve.toml, from the ground state to time 2."""

import math

UNTIL, SAMPLES = 2.0, 21
OCCUPATION = {name: 1 / math.expm1(1 / t) for name, t in [("hot", 3.0), ("cold", 1 / 3), ("parasitic", 0.1)]}
LOCAL = 1e-3

# Of <J_z>, the two collective baths are one: only its rates matter. Tools that do not need the baths apart get this.
DOWN = 2 + OCCUPATION["hot"] + OCCUPATION["cold"]
UP = OCCUPATION["hot"] + OCCUPATION["cold"]
LOCAL_DOWN, LOCAL_UP = LOCAL * (1 + OCCUPATION["parasitic"]), LOCAL * OCCUPATION["parasitic"]

# (coupling, down, up) of each bath, the hot one first: its current is counted.
BATHS = [("collective", 1 + OCCUPATION[b], OCCUPATION[b]) for b in ("hot", "cold")] + [("local", LOCAL_DOWN, LOCAL_UP)]

# The same as a scenario, of two qubits.
COLLECTIVE = """
[qubits]
number = 2
[[bath]]
name = "hot"
coupling = "collective"
rate = 1.0
temperature = 3.0
[[bath]]
name = "cold"
coupling = "collective"
rate = 1.0
temperature = 0.3333333333333333
[initial]
state = "ground"
"""
PARASITIC = """
[[bath]]
name = "parasitic"
coupling = "local"
rate = 1e-3
temperature = 0.1
"""
