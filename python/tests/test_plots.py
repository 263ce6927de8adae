"""Figures: what is drawn is what there is, with units, on the axes that are given."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import superjump as sj

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install matplotlib")
matplotlib.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def labels(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_series_has_its_band_and_the_exact_curve(valve):
    run = valve.run(trajectories=200)
    ax = run.plot("heat_current", bath="hot", linewidth=3)
    q = run["heat_current", "hot"]
    mean, exact = ax.get_lines()[:2]
    assert np.array_equal(mean.get_ydata(), q.mean) and np.array_equal(exact.get_ydata(), q.exact)
    assert mean.get_linewidth() == 3
    assert ax.get_xlabel() == "time (1/ω₀)" and ax.get_ylabel() == "heat current, hot bath (ħω₀²)"
    assert labels(ax) == ["200 trajectories", "± 2 standard errors", "exact"]
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx(np.nanmax(np.append(q.mean + 2 * np.nan_to_num(q.std_error), q.mean)))
    _, mine = plt.subplots()
    assert run.plot(ax=mine) is mine and labels(mine)[:3] == ["hot", "cold", "parasitic"]
    assert labels(valve.exact().plot("jz")) == ["exact"]
    # A second run beside it has another colour, and the legend no line twice.
    again = valve.replace({"bath.hot.temperature": 2}).run(50).plot("heat_current", bath="hot", ax=ax, label="colder")
    assert labels(again) == ["200 trajectories", "± 2 standard errors", "exact", "colder"]
    assert len({line.get_color() for line in ax.get_lines()}) == 3


def test_a_sweep_is_drawn_against_its_key(valve):
    run = valve.sweep({"qubits.number": [1, 2, 4], "bath.parasitic.temperature": [0.1, 1]}).run(50)
    ax = run.plot("heat_current", "hot")
    assert ax.get_xlabel() == "N" and len(ax.containers) == 2
    line, _, _ = ax.containers[0]
    drawn = run.last("heat_current", "hot").mean.reshape(3, 2)
    assert np.array_equal(line.get_xdata(), [1, 2, 4]) and np.array_equal(line.get_ydata(), drawn[:, 0])
    assert "= 0.1" in " ".join(labels(ax))
    other = run.plot("heat_current", "hot", against="bath.parasitic.temperature")
    assert len(other.containers) == 3 and "N = 4" in labels(other)
    in_time = run.plot("heat_current", "hot", against="time")
    assert in_time.get_xlabel().startswith("time") and len(labels(in_time)) == 6 + 2
    words = valve.sweep({"initial.state": ["ground", "inverted"]}).exact().plot("jz")
    assert [text.get_text() for text in words.get_xticklabels()] == ["ground", "inverted"]
    zipped = valve.sweep({"zip": {"qubits.number": [1, 2], "bath.hot.temperature": [1, 2]}}).exact()
    assert len(zipped.plot("jz").get_lines()) == 1
    with pytest.raises(ValueError, match="may be time or qubits.number"):
        run.plot("heat_current", against="qubits.numbr")
    with pytest.raises(KeyError, match="only heat_current"):
        run.plot("heat_curent")
    with pytest.raises(ValueError, match=r"run\.at\(0\)\.plot\.telegraph"):
        run.plot.telegraph()
    assert run.at(0).plot("jz").get_ylabel() == "⟨J$_{\\mathrm{z}}$⟩"


def test_single_trajectories_are_those_of_the_jumps():
    flash = sj.Scenario(
        qubits=6, baths=sj.collective("cavity", rate=1, temperature=0), initial="inverted", until=5, samples=21,
        record={"jumps": True, "photons": 6},
    )
    run = flash.run(trajectories=30)
    ax = run.plot.bursts(most=10)
    *single, mean, exact = ax.get_lines()
    assert len(single) == 10 and labels(ax) == ["single trajectories", "mean of all", "exact"]
    # (J + M)(J - M + 1) on the way down: 6 10 12 12 10 6 0, and once more at the end.
    assert single[0].get_ydata().tolist() == [6, 10, 12, 12, 10, 6, 0, 0]
    assert mean.get_ydata()[0] == exact.get_ydata()[0] == pytest.approx(6)
    photons = run.plot.photons()
    assert np.array_equal(photons.get_lines()[0].get_xdata()[1:], run.trajectories["photon_times"][0])
    peaks = run.plot.histogram("peak_time", bins=5)
    assert sum(bar.get_height() * bar.get_width() for bar in peaks.patches) == pytest.approx(1)
    assert peaks.get_xlabel() == "peak time (1/ω₀)"
    jumps = run.plot.histogram("jumps")
    assert [bar.get_height() for bar in jumps.patches] == [1] and jumps.get_ylabel() == "probability"
    with pytest.raises(ValueError, match="photons"):
        run.plot.histogram("photon_times")
    with pytest.raises(KeyError, match="peak_time"):
        run.plot.histogram("peek")
    with pytest.raises(ValueError, match="jumps"):
        flash.replace(record=None).run(3).plot.bursts()
    apart = flash.replace({"qubits.spread": 0.1}).run(3)
    with pytest.raises(ValueError, match="populations"):
        apart.plot.bursts()
    with pytest.raises(ValueError, match="no sharp J"):
        apart.plot.telegraph()


def test_a_telegraph_signal_hops_between_sectors(valve):
    run = valve.replace({"evolution.times": None, "evolution.until": 30}, record={"jumps": True}).run(3)
    lines = run.plot.telegraph().get_lines()
    table = run.jumps
    assert len(lines) == 3
    for number, line in enumerate(lines):
        j = table["j"][table["trajectory"] == number]
        hops = np.count_nonzero(np.diff(np.append(2, j)))
        assert len(line.get_ydata()) == hops + 2 and line.get_ydata()[-1] == j[-1] and line.get_xdata()[-1] == 30


def test_noise_is_drawn_against_its_argument(valve):
    run = valve.steady(relative_error=0.05, noise={"windows": [1, 10, 100], "frequencies": [0.1, 1], "delays": [1]})
    windows = run.plot.noise(bath="hot")
    assert windows.get_xscale() == "log" and windows.get_xlabel() == "window t (1/ω₀)"
    assert np.array_equal(windows.containers[0][0].get_ydata(), run.noise.windowed_noise["hot"].mean)
    spectrum = run.plot("spectrum")
    assert spectrum.get_xlabel() == "angular frequency ω (ω₀)" and labels(spectrum)[1:] == ["hot", "cold", "parasitic"]
    quanta = run.plot.quanta("hot", window=10)
    table = run.quanta
    rows = (table["bath"] == "hot") & (table["window"] == 10)
    drawn = quanta.containers[0][0].get_ydata()
    assert np.array_equal(drawn, table["probability"][rows] / table["width"][rows])
    assert quanta.get_xlabel() == "net quanta absorbed in a window of 10/ω₀"
    for wrong, words in [({"window": 7}, "windows of 1, 10, 100"), ({"bath": "warm", "window": 10}, "only of hot")]:
        with pytest.raises((ValueError, KeyError), match=words):
            run.plot.quanta(**wrong)
    with pytest.raises(ValueError, match="is a number"):
        run.plot.noise("fano")
    with pytest.raises(ValueError, match="counting statistics"):
        valve.run(3).plot.noise()
    with pytest.raises(ValueError, match="whole run alone"):
        run.plot("heat_current", against="time")
    whole = valve.run(200).plot.quanta("hot")
    assert whole.get_xlabel() == "net quanta absorbed in a trajectory"


def test_without_matplotlib_it_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = sys.modules['qutip'] = None\n"
        "import superjump as sj\n"
        "run = sj.Scenario(qubits=1, baths=sj.local('b', rate=1, temperature=1), initial='ground', until=1).exact()\n"
        "for what in (run.plot, run.scenario.to_qutip):\n"
        "    try: what()\n"
        "    except ImportError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install matplotlib" in told and "pip install qutip" in told
