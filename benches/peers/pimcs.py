"""superjump beside pimcs, in processor time to a standard error: qubits in a cavity that leaks, and the driven heat valve.

    git clone https://github.com/ellxor/pimcs target/pimcs && git -C target/pimcs checkout be84810
    python benches/peers/pimcs.py target/pimcs cavity --number 100
    python benches/peers/pimcs.py target/pimcs valve --number 20 --jtol 0.05 0.01 0.002

pimcs is not on PyPI. It is taken as it is, with annotations that Python before 3.14 takes as well; be84810 is its last commit
with jumps of photons. `--jtol` is its own bound on a step, 0.05 by default: smaller ones cost more and are less biased, and
the one to compare with is the largest whose z is small. Both are timed by the processor time of one thread, without what
compiles or reads files. `target/release/superjump` has to be there.
"""

import argparse
import dataclasses
import glob
import json
import math
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import types
import typing

import numpy as np

import valve

SAMPLES = 21

CAVITY = """
[[ensemble]]
name = "a"
number = 2
frequency = 0.0
initial = "inverted"
[[mode]]
name = "c"
frequency = 0.0
[hamiltonian]
terms = [{ operator = "a.Jp * c.a + a.Jm * c.ad" }]
[[bath]]
name = "leak"
coupling = "local"
on = ["c"]
down = 20.0
"""

DRIVE = "[drive]\namplitude = 0.6\n"


def cavity(pimcs: types.ModuleType, n: int) -> tuple[object, object, object]:
    """The system, its start, and what is looked at."""
    a, raised, lowered = pimcs.destroy(n + 1), pimcs.jspin(n, "+"), pimcs.jspin(n, "-")
    system = pimcs.Dicke(n, lowered * a.dag() + raised * a, cavity_loss=20.0)
    return system, pimcs.excited(n), a.dag() * a


def driven(pimcs: types.ModuleType, n: int) -> tuple[object, object, object]:
    rates = {"collective_emission": valve.DOWN, "collective_pumping": valve.UP,
             "emission": valve.LOCAL_DOWN, "pumping": valve.LOCAL_UP}
    return pimcs.Dicke(n, 0.6 * pimcs.jspin(n, "x"), **rates), pimcs.ground(n), pimcs.jspin(n, "z")


@dataclasses.dataclass
class Problem:
    """A quantity of a scenario, of two qubits or as many as are asked for, and the same in pimcs."""

    scenario: str
    quantity: str
    until: float
    theirs: typing.Callable[[types.ModuleType, int], tuple[object, object, object]]
    looked_at: list[int]


PROBLEMS = {
    "cavity": Problem(CAVITY, "n_c", 1.0, cavity, [5, 7, 10, 14]),
    "valve": Problem(valve.COLLECTIVE + valve.PARASITIC + DRIVE, "jz", valve.UNTIL, driven, [2, 5, 10, 20]),
}


@dataclasses.dataclass
class Measured:
    seconds: float
    trajectories: int
    mean: np.ndarray
    error: np.ndarray


def processor_time(who: int) -> float:
    return resource.getrusage(who).ru_utime


def superjump(problem: Problem, n: int, trajectories: int) -> Measured:
    program = pathlib.Path("target/release/superjump").resolve()
    with tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder) / "problem.toml"
        evolution = f"[evolution]\nuntil = {problem.until}\nsamples = {SAMPLES}\ntrajectories = {trajectories}\n"
        scenario.write_text(problem.scenario.replace("number = 2", f"number = {n}") + evolution)
        before = processor_time(resource.RUSAGE_CHILDREN)
        quiet = ["--threads", "1", "--no-exact", "--no-report", "--no-progress"]
        subprocess.run([program, "run", scenario, "-o", f"{folder}/out", *quiet], check=True, stdout=subprocess.DEVNULL)
        spent = processor_time(resource.RUSAGE_CHILDREN) - before
        import pyarrow.parquet as pq

        rows = [row for row in pq.read_table(f"{folder}/out/series.parquet").to_pylist()
                if row["quantity"] == problem.quantity]
        errors = np.array([row["std_error"] or 0.0 for row in rows])
        return Measured(spent, trajectories, np.array([row["mean"] for row in rows]), errors)


def pimcs(checkout: pathlib.Path, name: str, n: int, trajectories: int, jtol: float) -> Measured:
    """In a process of its own: it writes into the current folder."""
    words = [sys.executable, os.path.abspath(__file__), "--within", name, str(n), str(trajectories), str(jtol)]
    code = subprocess.run(words, cwd=checkout, capture_output=True, text=True)
    if code.returncode != 0:
        sys.exit(f"pimcs did not run:\n{code.stdout[-2000:]}{code.stderr[-2000:]}")
    told = json.loads(code.stdout.strip().splitlines()[-1])
    return Measured(told["seconds"], trajectories, np.array(told["mean"]), np.array(told["error"]))


def within(name: str, number: str, trajectories: str, jtol: str) -> None:
    # This file has the name of what it imports.
    sys.path[0] = os.getcwd()
    for source in glob.glob("pimcs/*.py"):
        text = pathlib.Path(source).read_text()
        if "from __future__" not in text:
            pathlib.Path(source).write_text("from __future__ import annotations\n" + text)
    import pimcs

    solver = sys.modules["pimcs.mcsolve"].MCSolver
    run, spent = solver.__call__, [0.0]

    def timed(self: object) -> None:
        before = processor_time(resource.RUSAGE_SELF)
        run(self)
        spent[0] = processor_time(resource.RUSAGE_SELF) - before

    solver.__call__ = timed
    problem = PROBLEMS[name]
    times = np.linspace(0, problem.until, SAMPLES)
    system, start, observed = problem.theirs(pimcs, int(number))
    pimcs.mcsolve(system, start, times, [observed], ntraj=int(trajectories), ncpu=1, jtol=float(jtol))
    rows = []
    for file in glob.glob("trajectory-*.txt"):
        table = np.loadtxt(file)
        rows.append(np.interp(times, table[:, 0], table[:, 1]))
        os.remove(file)
    values = np.array(rows)
    error = values.std(0, ddof=1) / math.sqrt(len(values))
    print()
    print(json.dumps({"seconds": spent[0], "mean": values.mean(0).tolist(), "error": error.tolist()}))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("checkout", type=pathlib.Path)
    words.add_argument("problem", choices=PROBLEMS)
    words.add_argument("--number", type=int, default=100, help="of qubits")
    words.add_argument("--trajectories", type=int, default=200, help="of pimcs; superjump has ten times as many")
    words.add_argument("--jtol", type=float, nargs="+", default=[0.05])
    asked = words.parse_args()
    problem = PROBLEMS[asked.problem]
    ours = superjump(problem, asked.number, 10 * asked.trajectories)
    runs = [pimcs(asked.checkout, asked.problem, asked.number, asked.trajectories, jtol) for jtol in asked.jtol]
    each = [of.seconds / of.trajectories for of in (ours, *runs)]
    print(f"N = {asked.number}, {problem.quantity}\n")
    print("|  | superjump | " + " | ".join(f"pimcs, jtol = {jtol:g}" for jtol in asked.jtol) + " |")
    print("|---" * (2 + len(runs)) + "|")
    print("| trajectories | " + " | ".join(str(of.trajectories) for of in (ours, *runs)) + " |")
    print("| processor time of one | " + " | ".join(f"{1e3 * of:.3g} ms" for of in each) + " |")
    # Both draw from one law, so that times to a standard error are as those of a trajectory.
    print("| over superjump | " + " | ".join(f"{of / each[0]:.3g}" for of in each) + " |")
    for place in problem.looked_at:
        cells = [f"{ours.mean[place]:.4f} ± {ours.error[place]:.4f}"]
        for of in runs:
            z = (of.mean[place] - ours.mean[place]) / math.hypot(ours.error[place], of.error[place])
            cells.append(f"{of.mean[place]:.4f} ± {of.error[place]:.4f} (z = {z:+.1f})")
        print(f"| t = {problem.until * place / (SAMPLES - 1):.2f} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--within"]:
        within(*sys.argv[2:])
    else:
        main()
