"""A campaign whose parts a cluster computes, one of its workers being killed on the way.

    python campaign_on_executor.py      # needs distributed (dask)

Here two workers on this machine stand for the cluster; any executor of PEP 3148 does, such as ProcessPoolExecutor,
mpi4py.futures.MPIPoolExecutor, or client.get_executor() of a Client of dask. What to look for: the results are those of
one machine to the last bit, whoever computed them, and whoever died.
"""

import os
import signal
import tempfile
from pathlib import Path

from distributed import Client, LocalCluster

import superjump as sj

valve = sj.Scenario(
    qubits=8,
    baths=[
        sj.collective("hot", rate=1, temperature=3),
        sj.collective("cold", rate=1, temperature=1 / 3),
        sj.local("parasitic", rate=1e-3, temperature=0.1),
    ],
    initial="ground",
    until=5,
    samples=11,
    trajectories=400_000,
)


def main() -> None:
    folder = Path(tempfile.mkdtemp()) / "campaign"
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        workers = list(client.run(os.getpid).values())
        killed: list[int] = []

        def look(progress: sj.Progress) -> None:
            if progress.what == "parts" and 1 < progress.done < progress.of and not killed:
                killed.append(workers[0])
                os.kill(workers[0], signal.SIGKILL)
                print(f"{progress.done} of {progress.of} parts are here: worker {workers[0]} is killed")

        run = valve.run(output=folder, executor=client.get_executor(), progress=look)
    assert killed and run.complete
    print(run.last("heat_current_counts", "hot"), "in", run.folder)
    alone = valve.run(progress=False)
    assert run.series == alone.series and run.trajectories == alone.trajectories
    print("the same bits as on one machine:", f"{len(run.trajectories):,} trajectories")


if __name__ == "__main__":
    main()
