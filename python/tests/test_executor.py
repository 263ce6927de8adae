"""Parts computed by others are those of one machine."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor

import pytest

import superjump as sj


class Here(Executor):
    """Computes at once, and dies after so many."""

    def __init__(self, lives: int = 1_000_000):
        self.lives = lives
        self.asked: list[object] = []

    def submit(self, work, /, *arguments, **keywords):  # type: ignore[no-untyped-def]
        self.asked.append(arguments[1])
        future: Future[object] = Future()
        self.lives -= 1
        if self.lives < 0:
            future.set_exception(MemoryError("killed"))
        else:
            future.set_result(work(*arguments, **keywords))
        return future


def test_an_executor_comes_to_the_same_bits(tmp_path, valve):
    swept = valve.sweep({"qubits.number": [2, 4]})
    alone = swept.run(trajectories=20_000)
    with ProcessPoolExecutor(2) as executor:
        run = swept.run(trajectories=20_000, output=tmp_path / "out", executor=executor)
    assert run.complete and run.series == alone.series and run.trajectories == alone.trajectories


def test_what_is_done_before_a_worker_dies_is_kept(tmp_path, valve):
    output = tmp_path / "out"
    with pytest.raises(sj.RunError, match="MemoryError: killed.*the same call goes on"):
        valve.run(trajectories=20_000, output=output, executor=Here(lives=3))
    rest = Here()
    run = valve.run(trajectories=20_000, output=output, executor=rest)
    every = Here()
    again = valve.run(trajectories=20_000, output=tmp_path / "again", executor=every)
    assert len(rest.asked) == len(every.asked) - 3 and run.series == again.series == valve.run(20_000).series


def test_a_campaign_takes_parts_one_by_one_and_nothing_else(tmp_path, valve):
    asked = valve.replace({"evolution.trajectories": 5000})
    with sj.Campaign(asked, tmp_path / "out") as campaign:
        parts = campaign.parts()
        first = sj.compute(asked, parts[0])
        assert campaign.put(first) == parts[0] and campaign.parts() == parts[1:]
        for data, words in [
            (b"", "cut short"),
            (first[:-1], "checksum"),
            (first.replace(b"superjump part", b"superjump path"), "no part"),
            (sj.compute(asked.replace({"evolution.seed": 2}), parts[0]), "no point"),
        ]:
            with pytest.raises(sj.RunError, match=words):
                campaign.put(data)
        with pytest.raises(sj.FolderError, match="is at work"):
            asked.run(output=tmp_path / "out")
        with pytest.raises(sj.RunError, match="no part of the campaign"):
            sj.compute(asked, sj.Part(0, 4999, 2))
    with pytest.raises(RuntimeError, match="left"):
        campaign.parts()
    assert asked.run(output=tmp_path / "out").series == asked.run().series
    with pytest.raises(ValueError, match="output="):
        asked.run(executor=Here())
    with pytest.raises(TypeError, match="submit"):
        asked.run(executor=3, output=tmp_path / "none")
    with pytest.raises(sj.RunError, match="is solved for"):
        sj.Campaign(valve.replace(evolution=None).exact(steady=True).scenario, tmp_path / "none")


def test_rounds_of_steady_states_are_computed_anywhere(tmp_path, valve):
    swept = valve.replace(evolution=None).sweep({"qubits.number": [2, 3]})
    alone = swept.steady(relative_error=0.01, noise={"windows": [1.0]})
    dies = Here(lives=1)
    with pytest.raises(sj.RunError, match="the same call goes on"):
        swept.steady(relative_error=0.01, noise={"windows": [1.0]}, output=tmp_path / "out", executor=dies)
    with ProcessPoolExecutor(2) as executor:
        run = swept.steady(relative_error=0.01, noise={"windows": [1.0]}, output=tmp_path / "out", executor=executor)
    assert run.converged and run.summary == alone.summary and run.noise.table == alone.noise.table
    # A smaller error goes on from the rounds that are there, and comes to those of one machine.
    more = Here()
    finer = swept.steady(relative_error=0.004, noise={"windows": [1.0]}, output=tmp_path / "out", executor=more)
    assert more.asked and finer.summary == swept.steady(relative_error=0.004, noise={"windows": [1.0]}).summary
    cycle = valve.replace(evolution=None).replace({
        "protocol": sj.protocol(sj.segment("one", 1.0, frequency=sj.ramp(2)), sj.segment("two", 1.0), cycles="until steady")
    })
    limit = cycle.steady(bath="hot", relative_error=0.1, output=tmp_path / "cycle", executor=Here())
    assert limit.summary == cycle.steady(bath="hot", relative_error=0.1).summary


def test_a_round_is_taken_whole_and_of_its_campaign(tmp_path, valve):
    asked = valve.replace(evolution=None, steady={"relative_error": 0.02})
    with sj.Campaign(asked, tmp_path / "out") as campaign:
        parts = campaign.parts()
        data = sj.compute(asked, parts[0])
        assert campaign.put(data) == parts[0].name and parts[0] not in campaign.parts()
        other = asked.replace({"bath.hot.temperature": 4})
        for wrong, words in [(b"", "cut short"), (data[:-1], "checksum")]:
            with pytest.raises(sj.RunError, match=words):
                campaign.put(wrong)
        with pytest.raises(sj.RunError, match="no part of the campaign"):
            sj.compute(other, parts[0])
        with pytest.raises(ValueError, match="no part of a round"):
            sj.compute(asked, sj.Round(0, "round", "{}"))
    assert asked.run(output=tmp_path / "out").summary == asked.run().summary


def test_dask_does_it_though_a_worker_is_killed(tmp_path, valve):
    distributed = pytest.importorskip("distributed")
    asked = valve.replace({"evolution.trajectories": 400_000})
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        killed = []

        def kill(progress: sj.Progress) -> None:
            # Once parts come in, one of the two is killed.
            if progress.done > 1 and not killed:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        run = asked.run(output=tmp_path / "out", executor=client.get_executor(), progress=kill)
    assert killed and run.complete and run.series == asked.run().series
