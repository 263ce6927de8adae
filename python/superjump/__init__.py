"""Quantum-jump trajectories of collective heat transport: N qubits between baths that couple to them collectively
(Dicke superradiance) or one by one, held against exact Lindblad averages.

>>> import superjump as sj
>>> valve = sj.Scenario(
...     qubits=8,
...     baths=[sj.collective("hot", rate=1, temperature=3), sj.collective("cold", rate=1, temperature=1/3)],
...     initial="ground", until=50, samples=101)
>>> valve.run(trajectories=1000)["heat_current", "hot"].mean[-1]            # doctest: +SKIP
"""

from ._superjump import __version__
from .baths import angles, bath, bits, coherent, collective, dicke, ghz, local, product, superposition, thermal
from .check import Check
from .compare import check
from .errors import Fault, FolderError, Interrupted, NotConverged, Note, RunError, ScenarioError
from .estimate import Estimate
from .executor import Campaign, Part, Round, compute
from .folders import open_folder as open
from .folders import status
from .jobs import Job
from .progress import Progress
from .protocols import curve, protocol, pulse, ramp, segment
from .run import Noise, Run
from .scenario import Scenario
from .table import Table

#: Reads a scenario file.
load = Scenario.load

__all__ = [
    "Campaign", "Check", "Estimate", "Fault", "FolderError", "Interrupted", "Job", "NotConverged", "Noise", "Note",
    "Part", "Progress", "Round", "Run", "RunError", "Scenario", "ScenarioError", "Table", "__version__", "angles", "bath",
    "bits", "check", "coherent", "collective", "compute", "curve", "dicke", "ghz", "load", "local", "open", "product",
    "protocol", "pulse", "ramp", "segment", "status", "superposition", "thermal",
]
