"""What superjump itself costs as N, the trajectories and the threads grow; writes scaling.md and scaling.json.

    scaling.py [-o DIR] [--repeats 3]

CPU seconds of whole processes, medians; a cost per jump is the difference between a long run and a short one. Exponents are fits of log cost over log N to the
upper half of the sizes. On one core, but for the rows of two threads.
"""

import argparse
import json
import math
import os
import pathlib
import statistics

from worker import superjump

THREE_COHERENT = {"initial": '{state="coherent", theta=1.5707963267948966, phi=0.0}'}
# engine: (settings, sizes, exponent to expect of the cost of a jump, why)
ENGINES = {
    "populations": ({}, [2, 10, 100, 1000, 10_000, 100_000, 1_000_000], 0, "two integers"),
    "ladder": ({"evolution.engine": '"ladder"'} | THREE_COHERENT, [10, 30, 100, 300, 1000, 3000, 10_000], 1, "at most 2J + 1 amplitudes"),
    "register": ({"evolution.engine": '"register"'}, [2, 4, 6, 8, 10, 12, 14], None, "C(N, k) amplitudes"),
}


def exponent(sizes, costs):
    """Slope of log cost over log size, of the upper half of the sizes."""
    half = len(sizes) // 2
    x, y = [math.log(s) for s in sizes[half:]], [math.log(c) for c in costs[half:]]
    mx, my = statistics.mean(x), statistics.mean(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)


def per_jump(number, settings, repeats):
    """CPU nanoseconds a jump; trajectories of the same law, many against few, so that the start drops out."""
    jumps_wanted = 3e5
    until = 2.0 / max(1.0, number / 100)  # the transient takes a time of about 1/N
    run = lambda count: superjump("run", number, True, settings | {"evolution.until": until, "evolution.samples": 2,
                                                                   "evolution.trajectories": count})
    few = run(2)
    many = max(4, int(2 * jumps_wanted / max(1, few["jumps"])))
    while (trial := run(many))["cpu"] - few["cpu"] < 0.5:
        many *= 4
    costs = []
    for _ in range(repeats):
        low, high = run(2), run(many)
        costs.append(1e9 * (high["cpu"] - low["cpu"]) / (high["jumps"] - low["jumps"]))
    return costs, trial["jumps"] / many


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("output/peers"))
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    one_core = lambda on: cores and os.sched_setaffinity(0, {min(cores)} if on else cores)
    lines, raw = [], {}

    one_core(True)
    for engine, (settings, sizes, expected, why) in ENGINES.items():
        lines += [f"### {engine}: CPU ns a jump", "", "| N | ns a jump (least, most) | jumps a trajectory |", "|---|---|---|"]
        medians = []
        for number in sizes:
            costs, jumps = per_jump(number, settings, options.repeats)
            medians.append(statistics.median(costs))
            raw[f"{engine} {number}"] = costs
            lines.append(f"| {number} | {medians[-1]:.3g} ({min(costs):.3g}, {max(costs):.3g}) | {jumps:.3g} |")
            print(engine, number, costs, flush=True)
        expectation = f"expected {expected}: {why}" if expected is not None else f"no power: {why}"
        lines += ["", f"Exponent of the upper half: {exponent(sizes, medians):.2f} ({expectation}).", ""]

    lines += ["### Exact steady state with its noise", "", "| N | levels | CPU s | peak memory, MB |", "|---|---|---|---|"]
    sizes, medians = [30, 100, 200, 400, 700, 1000, 1400, 2000], []
    for number in sizes:
        done = [superjump("exact", number, True, {}, steady=True) for _ in range(options.repeats if number < 700 else 1)]
        medians.append(statistics.median(d["cpu"] for d in done))
        raw[f"steady {number}"] = [d["cpu"] for d in done]
        lines.append(f"| {number} | {(number // 2 + 1) ** 2} | {medians[-1]:.3g} | {done[-1]['memory'] / 2**20:.0f} |")
        print("steady", number, medians[-1], flush=True)
    lines += ["", f"Exponent of the upper half: {exponent(sizes, medians):.2f} (expected 3: n^1.5 for n = N²/4 levels on a plane).", ""]

    one_core(False)
    lines += ["### Trajectories and threads: the heat valve, N = 8", "",
              "| trajectories | threads | jumps | CPU s | wall s | peak memory, MB |", "|---|---|---|---|---|---|"]
    for count in [10_000, 100_000, 1_000_000, 3_000_000]:
        for threads in [1, 2]:
            done = [superjump("run", 8, True, {"evolution.trajectories": count}, threads) for _ in range(options.repeats)]
            middle = lambda key: statistics.median(d[key] for d in done)
            raw[f"threads {threads} {count}"] = [(d["cpu"], d["wall"], d["memory"]) for d in done]
            lines.append(f"| {count} | {threads} | {done[0]['jumps']:.3g} | {middle('cpu'):.3g} | {middle('wall'):.3g} | {middle('memory') / 2**20:.0f} |")
            print(lines[-1], flush=True)
    (options.output / "scaling.md").write_text("\n".join(lines) + "\n")
    (options.output / "scaling.json").write_text(json.dumps(raw, indent=1))


if __name__ == "__main__":
    main()
