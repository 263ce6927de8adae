#!/usr/bin/env python3
"""Fills a folder as thousands of cores would: with the parts of a large plan, each whole and of its size.

    python3 benches/scale/fill.py target/release/superjump SCENARIO DIR N [--set KEY=VALUE ...]

For N trajectories of each point, the first 131,072 of the first one are computed. Each of their parts stands for those of
its size, of every point: under its own name, and with a checksum that holds. Averages of such a folder mean nothing; its
files, their bytes, and what it takes to list and merge them are those of a plan that was computed. N has to be a multiple
of the size of full parts, up to 1,024 times as many.
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

MODEL = 131_072
# As `src/plan/sizes.rs` has it: so many full parts, before they grow.
ALIKE = 1024


def parts_of(folder: pathlib.Path) -> dict[tuple[int, int], bytes]:
    """The parts of a folder with one point, by the first trajectory and how many."""
    paths = folder.glob("parts/*-*/*.part")
    return {tuple(map(int, path.stem.split("-"))): path.read_bytes() for path in paths}


def named(model: bytes, **whose: object) -> bytes:
    """The bytes of a part as those of another one."""
    title, _, line, content = model.split(b"\n", 3)
    below = json.dumps(json.loads(line) | whose, separators=(",", ":")).encode() + b"\n" + content
    return b"\n".join([title, hashlib.sha256(below).hexdigest().encode(), below])


def main(program: str, scenario: str, output: str, trajectories: str, *options: str) -> None:
    folder = pathlib.Path(output)
    # Whose parts these are is said by a worker, which ends before its first part does.
    words = [program, "work", scenario, *options, "--trajectories", trajectories, "-o", output, "--no-progress"]
    worker = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    manifest = folder / "parts/campaign.json"
    while not manifest.exists() and worker.poll() is None:
        time.sleep(0.01)
    worker.kill()
    worker.wait()
    points = json.loads(manifest.read_text())["points"]

    with tempfile.TemporaryDirectory() as model:
        first = [f"--set=sweep.{key}=[{json.dumps(value)}]" for key, value in points[0]["parameters"].items()]
        words = [program, "work", scenario, *options, *first, "--trajectories", str(MODEL), "-o", model, "--no-progress"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        models = parts_of(pathlib.Path(model))
    block = min(count for _, count in models)
    full = max(count for _, count in models)

    files = size = 0
    for point in points:
        place = folder / f"parts/{point['id']}-{point['seed']}"
        place.mkdir(exist_ok=True)
        asked = point["trajectories"]
        assert asked % full == 0 and asked // full <= ALIKE, f"{asked} trajectories of a point, in parts of {full}"
        ramp = [(0, block)] + [(block << k, block << k) for k in range((full // block).bit_length() - 1)]
        for at, count in ramp + [(at, full) for at in range(full, asked, full)]:
            model = models[(at, count) if at < full else (full, full)]
            part = named(model, point=point["id"], seed=point["seed"], first=at, count=count)
            (place / f"{at}-{count}.part").write_bytes(part)
            files, size = files + 1, size + len(part)
    print(f"{files} parts of {len(points)} points, {size / 1e9:.2f} GB")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
