"""One measurement in a process of its own, on one core: worker.py JOB as JSON; the answer is the last line, as JSON.

What is timed is the work alone: not imports, operators of sampling tools or compilation, which `start` tells of.
Of superjump it is everything, from the start of the process to the files that it leaves.
"""

import json
import os
import sys
import time

for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"]:
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import pathlib
import subprocess
import tempfile
import warnings

import numpy as np

import valve

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SUPERJUMP", ROOT / "target/release/superjump"))
EVOLUTION = "[evolution]\nuntil = 2.0\n"


def superjump(verb, number, local, settings, threads=1, steady=False):
    """Runs the program, to its steady state alone or in time; its summary, CPU and wall time from process start to files, peak memory in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder, "valve.toml")
        scenario.write_text(valve.COLLECTIVE + (valve.PARASITIC if local else "") + ("[steady]\n" if steady else EVOLUTION))
        settings = {"qubits.number": number} | settings
        if not steady:
            settings = {"evolution.until": valve.UNTIL, "evolution.samples": valve.SAMPLES} | settings
        command = [BINARY, verb, scenario, f"--threads={threads}", "--no-report", "--no-progress", "--fresh", f"-o={folder}/out"]
        command += [f"--set={key}={value}" for key, value in settings.items()]
        with open(f"{folder}/messages", "w+") as messages:
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=messages)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                messages.seek(0)
                raise RuntimeError(messages.read().strip())
        summary = json.loads(pathlib.Path(folder, "out/summary.json").read_text())
    quantities = {(q["quantity"], q["bath"]): q for q in summary["points"][0]["quantities"]}
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "memory": memory, "jumps": summary["timing"]["jumps"],
            "quantities": quantities}


def sample_superjump(job):
    settings = {} if job["tool"] == "superjump" else {"evolution.engine": '"register"'}
    run = lambda count: superjump("run", job["number"], job["local"],
                                  settings | {"evolution.trajectories": count, "evolution.seed": job["seed"]})
    start = run(2)
    count, took = 64, run(64)
    while took["cpu"] - start["cpu"] < 0.1 * job["budget"]:
        count *= 4
        took = run(count)
    count = max(2, int(count * job["budget"] / took["cpu"]))
    done = run(count)
    jz = done.pop("quantities")["jz", None]
    return done | {"count": count, "mean": jz["estimate"], "deviation": jz["std_error"] * count**0.5,
                   "exact": jz["exact"], "start": start["wall"]}


def sample(job):
    """A pilot says how many trajectories fill the budget, of CPU seconds."""
    import sampled

    began = time.perf_counter()
    run = sampled.TOOLS[job["tool"]](job["number"], job["local"])
    pilot = run(2, 12345)  # compiles
    start = time.perf_counter() - began
    count = len(pilot)
    while True:
        cpu = time.process_time()
        run(count, 54321)
        cpu = time.process_time() - cpu
        if cpu > 0.1 * job["budget"]:
            break
        count *= 4
    count = max(len(pilot), int(count * job["budget"] / cpu))
    cpu, wall = time.process_time(), time.perf_counter()
    ends = run(count, job["seed"])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu, "wall": wall, "count": len(ends), "mean": float(np.mean(ends)),
            "deviation": float(np.std(ends, ddof=1)), "start": start}


def solve(job):
    steady = job["kind"] == "steady"
    if job["tool"] == "superjump":
        done = superjump("exact", job["number"], True, {}, steady=steady)
        exact = lambda name, bath: done["quantities"][name, bath]["exact"]
        values = [exact("heat_current", "hot"), exact("noise", "hot")] if steady else [exact("jz", None)]
        return {"cpu": done["cpu"], "wall": done["wall"], "values": values}
    import solved

    function = (solved.STEADY if steady else solved.TRANSIENT)[job["tool"]]
    if job["tool"] != "scipy LU":
        import qutip  # noqa: F401 not timed
    cpu, wall = time.process_time(), time.perf_counter()
    values = function(job["number"])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu, "wall": wall, "values": [float(v) for v in np.atleast_1d(values)]}


def main():
    warnings.simplefilter("ignore")
    job = json.loads(sys.argv[1])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if job["kind"] != "sampled":
        answer = solve(job)
    elif job["tool"].startswith("superjump"):
        answer = sample_superjump(job)
    else:
        answer = sample(job)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
