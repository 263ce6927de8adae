"""A hundred excited qubits in a cavity that leaks: superjump beside pimcs, in processor time to a standard error.

    git clone https://github.com/ellxor/pimcs target/pimcs
    python benches/peers/cavity.py target/pimcs [TRAJECTORIES] [N]

pimcs is not on PyPI. It is taken as it is, with annotations that Python before 3.14 takes as well. Both are timed by the
processor time of one thread, without what compiles or reads files, and have the same quantity: photons in the cavity, at
times around the burst. `target/release/superjump` has to be there.
"""

import glob
import json
import math
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

import numpy as np

G, KAPPA, UNTIL, SAMPLES = 1.0, 20.0, 1.0, 21
TIMES = np.linspace(0, UNTIL, SAMPLES)
LOOKED_AT = [5, 7, 10, 14]

SCENARIO = """
[[ensemble]]
name = "a"
number = {n}
frequency = 0.0
initial = "inverted"
[[mode]]
name = "c"
frequency = 0.0
[hamiltonian]
terms = [{{ operator = "{g} * (a.Jp * c.a + a.Jm * c.ad)" }}]
[[bath]]
name = "leak"
coupling = "local"
on = ["c"]
down = {kappa}
[evolution]
until = {until}
samples = {samples}
trajectories = {trajectories}
"""


def processor_time(who: int) -> float:
    return resource.getrusage(who).ru_utime


def superjump(n: int, trajectories: int) -> tuple[float, np.ndarray, np.ndarray]:
    """Seconds, means and standard errors."""
    program = pathlib.Path("target/release/superjump").resolve()
    with tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder) / "cavity.toml"
        scenario.write_text(
            SCENARIO.format(n=n, g=G, kappa=KAPPA, until=UNTIL, samples=SAMPLES, trajectories=trajectories))
        before = processor_time(resource.RUSAGE_CHILDREN)
        quiet = ["--threads", "1", "--no-exact", "--no-report", "--no-progress"]
        subprocess.run([program, "run", scenario, "-o", f"{folder}/out", *quiet], check=True, stdout=subprocess.DEVNULL)
        spent = processor_time(resource.RUSAGE_CHILDREN) - before
        import pyarrow.parquet as pq

        rows = [row for row in pq.read_table(f"{folder}/out/series.parquet").to_pylist() if row["quantity"] == "n_c"]
        return spent, np.array([row["mean"] for row in rows]), np.array([row["std_error"] or 0.0 for row in rows])


def pimcs(checkout: pathlib.Path, n: int, trajectories: int) -> tuple[float, np.ndarray, np.ndarray]:
    """The same, in a process of its own: it writes into the current folder."""
    code = subprocess.run(
        [sys.executable, __file__, "--within", str(n), str(trajectories)], cwd=checkout, capture_output=True, text=True)
    if code.returncode != 0:
        sys.exit(f"pimcs did not run:\n{code.stdout[-2000:]}{code.stderr[-2000:]}")
    told = json.loads(code.stdout.strip().splitlines()[-1])
    return told["spent"], np.array(told["mean"]), np.array(told["error"])


def within(n: int, trajectories: int) -> None:
    sys.path.insert(0, os.getcwd())
    for source in glob.glob("pimcs/*.py"):
        text = pathlib.Path(source).read_text()
        if "from __future__" not in text:
            pathlib.Path(source).write_text("from __future__ import annotations\n" + text)
    from pimcs import Dicke, destroy, excited, jspin, mcsolve

    solver = sys.modules["pimcs.mcsolve"].MCSolver
    run, spent = solver.__call__, [0.0]

    def timed(self: object) -> None:
        before = processor_time(resource.RUSAGE_SELF)
        run(self)
        spent[0] = processor_time(resource.RUSAGE_SELF) - before

    solver.__call__ = timed
    a, raised, lowered = destroy(n + 1), jspin(n, "+"), jspin(n, "-")
    system = Dicke(n, G * (lowered * a.dag() + raised * a), cavity_loss=KAPPA)
    mcsolve(system, excited(n), TIMES, [a.dag() * a], ntraj=trajectories, ncpu=1)
    rows = []
    for file in glob.glob("trajectory-*.txt"):
        table = np.loadtxt(file)
        rows.append(np.interp(TIMES, table[:, 0], table[:, 1]))
        os.remove(file)
    values = np.array(rows)
    error = values.std(0, ddof=1) / math.sqrt(len(values))
    print()
    print(json.dumps({"spent": spent[0], "mean": values.mean(0).tolist(), "error": error.tolist()}))


def main() -> None:
    if sys.argv[1] == "--within":
        within(*map(int, sys.argv[2:]))
        return
    trajectories, n = (int(word) for word in (*sys.argv[2:], *["200", "100"][len(sys.argv) - 2:]))
    ours, many = superjump(n, 50 * trajectories), 50 * trajectories
    theirs = pimcs(pathlib.Path(sys.argv[1]), n, trajectories)
    print(f"| N = {n}, photons in the cavity | superjump | pimcs |\n|---|---|---|")
    print(f"| trajectories | {many} | {trajectories} |")
    print(f"| processor time | {ours[0]:.2f} s | {theirs[0]:.2f} s |")
    for place in LOOKED_AT:
        # Seconds until the standard error is 1 % of the mean.
        def needed(of: tuple[float, np.ndarray, np.ndarray]) -> float:
            return of[0] * (of[2][place] / (0.01 * ours[1][place])) ** 2

        bias = theirs[1][place] - ours[1][place]
        z = bias / math.hypot(ours[2][place], theirs[2][place])
        cells = [f"{of[1][place]:.3f} ± {of[2][place]:.3f}, to 1 % in {needed(of):.1f} s" for of in (ours, theirs)]
        print(f"| t = {TIMES[place]:.2f} (z = {z:+.1f}, {needed(theirs) / needed(ours):.0f} times) | {' | '.join(cells)} |")


main()
