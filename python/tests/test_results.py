"""Results: those of the program to the last bit, beside exact values, in arrays and tables."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

import superjump as sj

pandas = pytest.importorskip("pandas")


def test_the_same_bits_as_the_program(tmp_path, valve, program):
    scenario = valve.replace({"evolution.trajectories": 3000}, record={"jumps": True, "photons": 2})
    path = scenario.save(tmp_path / f"{scenario.name}.toml")
    there = tmp_path / "program"
    command = [program, "run", path, "-o", there, "--no-report", "--no-progress"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    here = scenario.run(output=tmp_path / "package", threads=1)
    in_memory = scenario.run()
    for name in ("series", "trajectories", "jumps", "summary"):
        table = sj.open(there).table(name)
        assert (tmp_path / "package" / f"{name}.parquet").read_bytes() == (there / f"{name}.parquet").read_bytes()
        assert here.table(name) == table and in_memory.table(name) == table, name
    assert sj.open(there).scenario.to_toml() == scenario.to_toml()


def test_what_was_set_on_the_command_line_is_in_what_is_opened(tmp_path, valve, program):
    path = valve.save(tmp_path / "valve.toml")
    command = [program, "run", path, "-o", tmp_path / "out", "--no-report", "--no-progress", "--trajectories", "100"]
    sets = ["--set", "bath.hot.temperature=2.5", "--set", "sweep.qubits.number=[2, 3]", "--set", "initial.state=inverted"]
    subprocess.run([*command, *sets], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    opened = sj.open(tmp_path / "out")
    data = opened.scenario.to_dict()
    assert data["bath"][0]["temperature"] == 2.5 and data["sweep"] == {"qubits.number": [2, 3]}
    assert opened.scenario.run().series == opened.series


def test_estimates_lie_around_exact_values(valve):
    run = valve.run(trajectories=4000)
    q = run["heat_current", "hot"]
    assert q.times.shape == q.mean.shape == q.std_error.shape == q.exact.shape == q.z.shape == (21,)
    assert (q.unit, q.bath, q.sampled) == ("hbar omega_0^2", "hot", True)
    for quantity, bath in run.quantities:
        estimate = run[quantity, bath]
        z = np.atleast_1d(estimate.z)
        # Some 500 values, at 5 standard errors: false positives in less than one of 3,000 seeds.
        assert np.nanmax(np.abs(z), initial=0.0) < 5, (quantity, bath)
        there = np.isfinite(z)
        assert np.allclose(z[there], np.atleast_1d((estimate.mean - estimate.exact) / estimate.std_error)[there])
    # What does not differ between trajectories has no error, and no z.
    assert np.isnan(q.std_error[0]) and np.isnan(q.z[0]) and q.mean[0] == pytest.approx(q.exact[0])
    last = run.last("heat_current", "hot")
    assert (last.mean, last.exact, last.z) == (q.mean[-1], q.exact[-1], pytest.approx(q.z[-1]))
    for key, words in [("heat_curent", "only heat_current"), ("heat_current", "of a bath"), (("jz", "hot"), "no single")]:
        with pytest.raises(KeyError, match=words):
            run[key]


def test_exact_values_have_the_same_shape(valve):
    run, exact = valve.run(trajectories=500), valve.exact()
    q = exact["heat_current", "hot"]
    assert not q.sampled and np.isnan(q.std_error).all() and np.isnan(q.z).all()
    assert np.array_equal(q.mean, run["heat_current", "hot"].exact)
    steady = valve.exact(steady=True)
    currents = [steady["heat_current", bath].mean for bath in steady.baths]
    assert sum(currents) == pytest.approx(0, abs=1e-9) and steady["fano", "hot"].exact > 0
    assert valve.replace(evolution=None).exact()["heat_current", "hot"].mean == currents[0]
    assert valve.exact(steady=False)["jz"].mean.shape == (21,)


def test_tables_reach_pandas_polars_and_arrow(valve):
    run = valve.replace(record={"jumps": True, "photons": 2}).run(trajectories=300)
    frame = run.to_pandas("trajectories")
    assert len(frame) == 300 and frame["net_hot"].dtype == np.int64
    assert (frame["net_hot"] == frame["absorbed_hot"] - frame["emitted_hot"]).all() and (frame["net_cold"] < 0).any()
    assert frame["jumps"].sum() == run.details["timing"]["jumps"]
    times = run.trajectories["photon_times"]
    assert times[0].dtype == np.float64 and len(times[0]) <= 2
    assert set(run.jumps["direction"]) == {"emission", "absorption"}
    assert run.to_pandas().equals(run.to_pandas("series"))
    with pytest.raises(KeyError, match="quanta"):
        run.to_pandas("quanta")
    with pytest.raises(KeyError, match="only point"):
        run.trajectories["x"]
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table(run.series)
    assert table.schema.metadata[b"superjump.unit.heat_current"] == b"hbar omega_0^2"
    assert table.column("std_error").null_count == np.isnan(run.series["std_error"]).sum() > 0
    assert np.array_equal(table.column("mean").to_numpy(), run.series["mean"])
    assert arrow.table(run.trajectories).column("photon_times").to_pylist()[0] == times[0].tolist()
    polars = pytest.importorskip("polars")
    assert run.to_polars("trajectories")["net_hot"].to_list() == frame["net_hot"].tolist()
    assert isinstance(polars.DataFrame(run), polars.DataFrame)


def test_a_sweep_is_an_array_over_its_keys(valve):
    swept = valve.sweep({"qubits.number": range(1, 4), "bath.parasitic.temperature": [0.1, 1]})
    run = swept.run(trajectories=200)
    q = run["heat_current", "hot"]
    assert q.mean.shape == (6, 21) and len(run) == 6
    one = valve.replace({"qubits.number": 2, "bath.parasitic.temperature": 0.1}).run(trajectories=200)
    part = run.at({"qubits.number": 2, "bath.parasitic.temperature": 0.1})
    assert np.array_equal(part["heat_current", "hot"].mean, one["heat_current", "hot"].mean)
    assert np.array_equal(part.to_pandas("trajectories")["net_hot"], one.to_pandas("trajectories")["net_hot"])
    assert np.array_equal(np.stack([point["jz"].mean for point in run]), run["jz"].mean)
    frame = run.to_pandas()
    assert {"qubits.number", "bath.parasitic.temperature"} < set(frame.columns)
    pytest.importorskip("xarray")
    data = run.to_xarray()
    assert data.heat_current.dims == ("qubits.number", "bath.parasitic.temperature", "bath", "time")
    picked = data.heat_current.sel({"qubits.number": 2, "bath.parasitic.temperature": 0.1, "bath": "hot"})
    assert np.array_equal(picked.values, one["heat_current", "hot"].mean)
    assert data.heat_current_interval.isel(time=0).isnull().all() and data.heat_current.attrs["units"] == q.unit
    single = one.to_xarray()
    assert single.jz.dims == ("time",) and np.array_equal(single.jz.values, one["jz"].mean)
    zipped = valve.sweep({"zip": {"qubits.number": [1, 2], "bath.hot.temperature": [1, 2]}}).exact()
    assert zipped.to_xarray().jz.dims == ("point", "time")
    with pytest.raises(KeyError, match="0 points"):
        run.at({"qubits.number": 9})
    with pytest.raises(IndexError, match="no point 6"):
        run.at(6)
    apart = valve.sweep({"evolution.times": [[0, 1], [0, 2]]}).exact()
    with pytest.raises(ValueError, match="different times"):
        apart["jz"]
    assert apart.at(1)["jz"].times.tolist() == [0, 2]


def test_a_steady_state_is_known_as_well_as_is_asked(valve):
    run = valve.steady(relative_error=0.01)
    q = run["heat_current", "hot"]
    low, high = q.interval
    assert run.converged and run.missing == [] and run.confidence == 0.95
    assert (high - low) / 2 <= 0.01 * abs(q.mean) and abs(q.z) < 5
    assert np.isnan(run["heat_current", "cold"].interval[0])
    # Its times are of transients: they bound nothing here.
    assert run.scenario.to_dict()["evolution"] == {"seed": 1}
    assert valve.run(trajectories=10).converged is None
    poor = valve.steady(relative_error=1e-4, trajectories=64)
    assert not poor.converged and "interval" in poor.missing[0] and "NOT CONVERGED" in repr(poor)
    with pytest.raises(sj.NotConverged, match="interval") as caught:
        valve.steady(relative_error=1e-4, trajectories=64, strict=True)
    assert caught.value.results["heat_current", "hot"].mean == poor["heat_current", "hot"].mean
    with pytest.raises(sj.ScenarioError, match="positive"):
        valve.steady(relative_error=-1)


def test_counting_statistics_stand_beside_exact_ones(valve):
    noise = valve.steady(relative_error=0.02).noise(windows=[10, 100])
    fano = noise.fano["hot"]
    assert abs(fano.z) < 5 and fano.exact == pytest.approx(valve.exact(noise={}).noise.fano["hot"].mean)
    windows = noise.windowed_noise["hot"]
    assert windows.times.tolist() == [10, 100] and np.nanmax(np.abs(windows.z)) < 5
    assert set(noise.fano) >= {"hot", "cold"}
    with pytest.raises(AttributeError, match="only"):
        _ = noise.fanno
    with pytest.raises(AttributeError, match="windows="):
        _ = valve.run(trajectories=10).noise.fano
    assert noise.table is not None and "<table>" in noise._repr_html_()


def test_what_notebooks_show_is_the_answer(valve):
    html = valve.run(trajectories=100)._repr_html_()
    assert "heat_current" in html and "±" in html and "exact" in html
    assert "qubits.number" in valve.sweep({"qubits.number": [1, 2]}).exact()._repr_html_()
    assert "<table>" in valve.run(trajectories=10).trajectories._repr_html_()
    hostile = valve.replace(title="<script>alert(1)</script>").run(trajectories=10)
    assert "<script>" not in hostile._repr_html_() + hostile.scenario._repr_html_()
