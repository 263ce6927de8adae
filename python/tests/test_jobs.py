"""Runs under way: stopped, interrupted, watched, and gone on with; Python goes on meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import superjump as sj

#: More than any of the tests waits for.
MANY = 50_000_000


def interrupt_in(seconds: float) -> None:
    # In the background a shell has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()


def test_a_job_tells_where_it_is_and_stops(tmp_path, valve):
    job = valve.start(trajectories=MANY, output=tmp_path / "big")
    while job.progress is None or job.progress.done == 0:
        time.sleep(0.02)
    assert 0 < job.progress.fraction < 1 and job.progress.of == MANY and "jumps/s" in str(job.progress)
    assert not job.done and "into" in repr(job)
    with pytest.raises(sj.FolderError, match="is at work"):
        valve.run(trajectories=10, output=tmp_path / "big")
    with pytest.raises(sj.FolderError, match="no results yet"):
        sj.open(tmp_path / "big")
    assert sj.status(tmp_path / "big")["processes"][0]["process"] == os.getpid()
    with pytest.raises(TimeoutError, match="goes on"):
        job.wait(0.01)
    job.stop()
    began = time.monotonic()
    run = job.wait()
    assert time.monotonic() - began < 2 and job.done and job.result() is run
    assert run.interrupted and not run.complete and len(run.trajectories) > 0 and "partial" in repr(run)
    # What is on disk is the beginning of the same run, to the last bit.
    few = valve.run(trajectories=1000)
    assert np.array_equal(few.trajectories["net_hot"], run.trajectories["net_hot"][:1000])


def test_the_same_call_goes_on_and_another_scenario_is_refused(tmp_path, valve):
    first = valve.run(trajectories=3000, output=tmp_path / "out")
    assert not first.already_complete and valve.run(trajectories=3000, output=tmp_path / "out").already_complete
    grown = valve.run(trajectories=6000, output=tmp_path / "out")
    assert grown.series == valve.run(trajectories=6000).series
    other = valve.replace(seed=None, evolution={"until": 1, "seed": 2})
    with pytest.raises(sj.FolderError, match="holds other results.*fresh=True"):
        other.run(trajectories=10, output=tmp_path / "out")
    assert other.run(trajectories=10, output=tmp_path / "out", fresh=True).complete
    with pytest.raises(ValueError, match="output"):
        other.run(trajectories=10, fresh=True)
    once = valve.steady(relative_error=0.05, cache=tmp_path / "cache")
    again = valve.steady(relative_error=0.05, cache=tmp_path / "cache")
    assert not once.already_complete and again.already_complete and again.summary == once.summary
    # A smaller error goes on in the same folder.
    assert valve.steady(relative_error=0.02, cache=tmp_path / "cache").folder == once.folder


def test_ctrl_c_gives_what_there_is(tmp_path, valve):
    for output in (None, tmp_path / "out"):
        interrupt_in(0.7)
        began = time.monotonic()
        with pytest.warns(sj.Interrupted, match="partial") as told:
            run = valve.run(trajectories=MANY, output=output)
        assert told[0].filename == __file__
        assert time.monotonic() - began < 5 and run.interrupted and not run.complete
        assert len(run.trajectories) > 0 and np.isfinite(run["heat_current", "hot"].mean).all()
        done = len(run.trajectories)
        rest = run.resume(trajectories=done + 1000)
        assert rest.complete and rest.series == valve.run(trajectories=done + 1000).series
        assert rest.trajectories == valve.run(trajectories=done + 1000).trajectories
    interrupt_in(0.7)
    with pytest.warns(sj.Interrupted, match="partial"):
        steady = valve.steady(relative_error=1e-9, max_jumps=1e14)
    assert steady.interrupted and steady.converged is False


def test_a_steady_state_is_started_by_its_own_words(valve):
    job = valve.start(relative_error=0.02)
    assert job.wait().summary == valve.steady(relative_error=0.02).summary
    budget = valve.start(bath="cold", relative_error=1e-4, trajectories=64).wait()
    assert budget.converged is False and budget.scenario.to_dict()["evolution"]["trajectories"] == 64


def test_python_goes_on_meanwhile(valve):
    job = valve.start(trajectories=MANY)
    turns, end = 0, time.monotonic() + 0.3
    while time.monotonic() < end:
        turns += 1
    job.stop()
    job.wait()
    assert turns > 10_000


def test_progress_goes_to_whatever_wants_it(valve, capsys):
    seen: list[sj.Progress] = []
    valve.run(trajectories=100_000, progress=seen.append)
    assert seen[-1].done > 0 and all(a.done <= b.done for a, b in zip(seen, seen[1:], strict=False) if a.what == b.what)

    def fails(progress: sj.Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        valve.run(trajectories=MANY, progress=fails)
    with pytest.raises(TypeError, match="function of a Progress"):
        valve.run(trajectories=10, progress=3)
    # Neither a terminal nor a notebook: nothing is shown unless it is asked for.
    job = valve.start(trajectories=MANY)
    threading.Timer(1.5, job.stop).start()
    from superjump.jobs import run_here

    with pytest.warns(sj.Interrupted):
        run_here(job, None)
    assert capsys.readouterr().err == ""
    job = valve.start(trajectories=MANY)
    threading.Timer(1.5, job.stop).start()
    with pytest.warns(sj.Interrupted):
        run_here(job, True)
    assert "━" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"threads": "x"}, {"threads": float("nan")}])
def test_so_many_threads_are_none(valve, wrong):
    with pytest.raises(ValueError, match="from 1 to 1024"):
        valve.run(trajectories=10, **wrong)


def test_it_is_imported_soon_and_adds_little(valve):
    # Of the processor, as others may be at work on the machine.
    code = "import time; t = time.process_time(); import superjump; print(time.process_time() - t)"
    times = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) for _ in range(5)]
    assert min(times) < 0.2, times
    small = valve.replace({"evolution.until": 1, "evolution.times": None, "evolution.trajectories": 10})
    spent = []
    for _ in range(30):
        began = time.perf_counter()
        run = small.run()
        spent.append(time.perf_counter() - began - run.details["timing"]["seconds"])
    assert min(spent) < 0.005, spent
