"""Times superjump and its peers on the same physics, in turns; writes table.md, peers.csv, peers.json and peers.svg.

    peers.py [-o DIR] [--repeats 3] [--budget 1.0] [--only sampled|transient|steady] [--small]

Every measurement is a process of its own (worker.py) on one core. Tools alternate within a repeat, so that whatever
else the machine does meets all of them. Numbers are medians over the repeats, with the least and the most.
"""

import argparse
import csv
import importlib.metadata
import importlib.util
import json
import pathlib
import platform
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TARGET = 0.01  # the standard error of <J_z> that a time is given for
LIMIT = 100  # seconds that a measurement may take, preparation included

# kind, local bath, tool, the module it needs, sizes. Up to N = 202 superjump solves exactly beside its run, and that is in
# its time.
SAMPLED = [
    (True, "superjump", None, [2, 4, 6, 8, 10, 200, 1000]),
    (True, "rebop", "rebop", [2, 4, 6, 8, 10, 200, 1000]),
    (True, "superjump register", None, [2, 4, 6, 8, 10]),
    (True, "qutip mcsolve", "qutip", [2, 4, 6, 8, 10]),
    (True, "dynamiqs jssesolve", "dynamiqs", [2, 4, 6]),
    (False, "superjump", None, [2, 10, 50, 100, 1000]),
    (False, "rebop", "rebop", [2, 10, 50, 100, 1000]),
    (False, "qutip mcsolve", "qutip", [2, 10, 50, 100]),
    (False, "dynamiqs jssesolve", "dynamiqs", [2, 10]),
]
TRANSIENT = [
    ("superjump", None, [2, 4, 5, 10, 20, 40, 60, 100]),
    ("qutip mesolve", "qutip", [2, 4, 5]),
    ("piqs pisolve", "qutip", [2, 5, 10, 20, 40, 60, 100]),
]
STEADY = [
    ("superjump", None, [2, 4, 5, 8, 10, 20, 40, 100, 200, 400]),
    ("qutip countstat", "qutip", [2, 4, 5]),
    ("piqs + countstat", "qutip", [2, 4, 8, 10]),
    ("scipy LU", "scipy", [2, 4, 8, 10, 20, 40, 100, 200, 400]),
]


def jobs(options):
    rows = [("sampled", *row) for row in SAMPLED]
    rows += [("transient", True, *row) for row in TRANSIENT] + [("steady", True, *row) for row in STEADY]
    for kind, local, tool, module, sizes in rows:
        if options.only and kind != options.only:
            continue
        if module and not importlib.util.find_spec(module):
            print(f"not measured here: {tool} ({kind}): the Python module {module} is not installed")
            continue
        for number in (n for n in sizes if n <= 4 or not options.small):
            yield {"kind": kind, "local": local, "tool": tool, "number": number, "budget": options.budget}


def measure(job, seed):
    """The answer of the worker; None, with a message, where the tool cannot."""
    name = f"{job['tool']}, {job['kind']}, N = {job['number']}" + ("" if job["local"] else ", collective baths alone")
    command = [sys.executable, HERE / "worker.py", json.dumps(job | {"seed": seed})]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        print(f"not measured here: {name}: more than {LIMIT} s", flush=True)
        return None
    if done.returncode:
        print(f"not measured here: {name}: {(done.stderr.strip().splitlines() or ['failed'])[-1][:200]}", flush=True)
        return None
    answer = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {answer['cpu']:.3f} s CPU, {answer['wall']:.3f} s", flush=True)
    return answer


def summarize(found):
    """A row a tool and size: what it costs, and how far from the exact value it is."""
    reference = {}
    for job, answers in found:
        if job["tool"] == "superjump":
            reference[job["kind"], job["local"], job["number"]] = answers
    for job, answers in found:
        row = {key: job[key] for key in ("kind", "local", "tool", "number")} | {"repeats": len(answers)}
        ours = reference.get((job["kind"], job["local"], job["number"]))
        if ours is None:  # nothing to hold it against: superjump was not measured there
            continue
        scale = 1.0
        if job["kind"] == "sampled":
            # All draw the same law, so all are given the variance and the jumps of the largest sample.
            deviation = statistics.median(a["deviation"] for a in ours)
            jumps = statistics.median(a["jumps"] / a["count"] for a in ours)
            each = [a["cpu"] / a["count"] for a in answers]
            scale = (deviation / TARGET) ** 2
            total = sum(a["count"] for a in answers)
            mean = sum(a["mean"] * a["count"] for a in answers) / total
            row["jumps_per_second"] = jumps / statistics.median(each)
            row["trajectories"] = total
            exact = ours[0]["exact"]
            row["z"] = None if exact is None else (mean - exact) / (deviation / total**0.5)
            row["deviation_ratio"] = statistics.median(a["deviation"] for a in answers) / deviation
            row["start_seconds"] = statistics.median(a["start"] for a in answers)
        else:
            each = [a["cpu"] for a in answers]
            pairs = zip(answers[0]["values"], ours[0]["values"])
            row["relative_difference"] = max(abs(a - b) / abs(b) for a, b in pairs)
        row["cpu_seconds"] = scale * statistics.median(each)
        row["cpu_least"], row["cpu_most"] = scale * min(each), scale * max(each)
        row["wall_over_cpu"] = statistics.median(a["wall"] / a["cpu"] for a in answers)
        yield row


def number_text(x):
    return f"{x:.3g}" if 0.001 <= abs(x) < 1e4 else f"{x:.1e}"


def table(rows):
    titles = {("sampled", True): f"Trajectories, three baths: CPU seconds to know ⟨Jz⟩(t = 2) to {TARGET}",
              ("sampled", False): f"Trajectories, collective baths alone (J = N/2): CPU seconds to know ⟨Jz⟩(t = 2) to {TARGET}",
              ("transient", True): "Exact ⟨Jz⟩ at 21 times to t = 2, three baths: CPU seconds",
              ("steady", True): "Exact steady current and noise of the hot bath, three baths: CPU seconds"}
    lines = []
    for (kind, local), title in titles.items():
        chosen = [r for r in rows if (r["kind"], r["local"]) == (kind, local)]
        if not chosen:
            continue
        last = ["jumps a second", "z of the mean"] if kind == "sampled" else ["differs from superjump by"]
        lines += [f"### {title}", "", f"| N | tool | CPU s (least, most) | over superjump | {' | '.join(last)} |",
                  "|---" * (4 + len(last)) + "|"]
        for r in sorted(chosen, key=lambda r: r["number"]):
            ours = next(o for o in chosen if o["tool"] == "superjump" and o["number"] == r["number"])
            own = r["tool"] == "superjump"
            if kind == "sampled":
                last = [number_text(r["jumps_per_second"]), "-" if r["z"] is None else f"{r['z']:+.1f}"]
            else:
                last = ["-" if own else f"{r['relative_difference']:.0e}"]
            spread = f"{number_text(r['cpu_seconds'])} ({number_text(r['cpu_least'])}, {number_text(r['cpu_most'])})"
            ratio = "1" if own else number_text(r["cpu_seconds"] / ours["cpu_seconds"])
            lines.append(f"| {r['number']} | {r['tool']} | {spread} | {ratio} | {' | '.join(last)} |")
        lines.append("")
    return "\n".join(lines)


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    panels = [("sampled", True, f"trajectories, three baths:\n⟨Jz⟩(2) to {TARGET}"),
              ("sampled", False, f"trajectories, collective baths alone:\n⟨Jz⟩(2) to {TARGET}"),
              ("transient", True, "exact transient,\nthree baths"), ("steady", True, "exact steady current and noise,\nthree baths")]
    figure, axes = plt.subplots(2, 2, figsize=(10, 8), layout="constrained")
    colours = {tool: f"C{i}" for i, tool in enumerate(dict.fromkeys(r["tool"] for r in rows))}
    for ax, (kind, local, title) in zip(axes.flat, panels):
        chosen = [r for r in rows if (r["kind"], r["local"]) == (kind, local)]
        for tool in dict.fromkeys(r["tool"] for r in chosen):
            mine = sorted((r for r in chosen if r["tool"] == tool), key=lambda r: r["number"])
            y = [r["cpu_seconds"] for r in mine]
            error = [[r["cpu_seconds"] - r["cpu_least"] for r in mine], [r["cpu_most"] - r["cpu_seconds"] for r in mine]]
            ax.errorbar([r["number"] for r in mine], y, error, marker="o", ms=4, color=colours[tool], label=tool)
        ax.set(xscale="log", yscale="log", xlabel="N", ylabel="CPU seconds", title=title)
        ax.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
        if chosen:
            ax.legend(fontsize=8)
    plt.rcParams["svg.hashsalt"] = "peers"
    figure.savefig(path, metadata={"Date": None})


def machine():
    model = platform.processor() or platform.machine()
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        model = next((l.split(":")[1].strip() for l in cpuinfo.read_text().splitlines() if l.startswith("model name")), model)
    versions = {}
    for name in ["qutip", "dynamiqs", "rebop", "scipy", "numpy", "jax"]:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {"cpu": model, "system": platform.platform(), "python": platform.python_version(), "versions": versions}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("output/peers"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--budget", type=float, default=1.0, help="CPU seconds of a sampled measurement")
    parser.add_argument("--only", choices=["sampled", "transient", "steady"])
    parser.add_argument("--small", action="store_true", help="N up to 4, to see that all works")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    # By size first: those that are compared stand next to each other in time.
    todo = sorted(jobs(options), key=lambda job: (job["kind"], job["local"], job["number"]))
    answers = {json.dumps(job): [] for job in todo}
    given_up = set()
    for repeat in range(options.repeats):
        for job in todo:
            key = json.dumps(job)
            if key in given_up:
                continue
            answer = measure(job, seed=repeat + 1)
            if answer is None:
                given_up.add(key)
            else:
                answers[key].append(answer)
    found = [(job, answers[json.dumps(job)]) for job in todo if answers[json.dumps(job)]]
    (options.output / "raw.json").write_text(json.dumps(found, indent=1))
    rows = list(summarize(found))

    (options.output / "table.md").write_text(table(rows))
    (options.output / "peers.json").write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1))
    with open(options.output / "peers.csv", "w", newline="") as file:
        columns = list(dict.fromkeys(key for row in rows for key in row))
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    if importlib.util.find_spec("matplotlib"):
        draw(rows, options.output / "peers.svg")
        draw(rows, options.output / "peers.png")
    print(f"Table: {options.output / 'table.md'}")


if __name__ == "__main__":
    main()
