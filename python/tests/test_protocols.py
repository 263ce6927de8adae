"""Protocols through the package: what the scenario file can say, and what comes of it."""

from __future__ import annotations

import numpy as np
import pytest

import superjump as sj

BATHS = [
    sj.collective("hot", rate=0, temperature=3),
    sj.collective("cold", rate=0, temperature=0.6),
]
STROKES = [
    sj.segment("cooling", 0.5, baths={"cold": {"rate": 1.0}}),
    sj.segment("compression", 0.1, frequency=sj.ramp(2.0), baths={"cold": {"rate": 0.0}}),
    sj.segment("heating", 0.5, baths={"hot": {"rate": 1.0}}),
    sj.segment("expansion", 0.1, frequency=sj.ramp(1.0), baths={"hot": {"rate": 0.0}}),
]


def otto(cycles, strokes=STROKES, **more):
    protocol = sj.protocol(*strokes, cycles=cycles)
    return sj.Scenario(qubits=2, baths=BATHS, initial="ground", protocol=protocol, seed=3, **more)


def test_words_and_dicts_are_one_protocol():
    built = otto(3)
    told = {
        "cycles": 3,
        "segment": {
            "cooling": {"duration": 0.5, "bath": {"cold": {"rate": 1.0}}},
            "compression": {"duration": 0.1, "frequency": {"to": 2.0}, "bath": {"cold": {"rate": 0.0}}},
            "heating": {"duration": 0.5, "bath": {"hot": {"rate": 1.0}}},
            "expansion": {"duration": 0.1, "frequency": {"to": 1.0}, "bath": {"hot": {"rate": 0.0}}},
        },
    }
    assert built == built.replace(protocol=told)
    assert "[protocol.segment.compression]\nduration = 0.1\nfrequency = { to = 2.0 }\nbath.cold.rate = 0.0\n" in built.to_toml()
    assert sj.Scenario.from_toml(built.to_toml()).to_dict() == built.to_dict()
    shapes = built.replace({
        "protocol.segment.compression.frequency": sj.ramp(2, start=1, shape="cosine"),
        "protocol.segment.heating.bath.hot.rate": sj.curve(np.array([0, 0.5]), np.array([1.0, 2.0])),
        "protocol.segment.expansion.duration": np.float64(0.2),
    })
    segments = shapes.to_dict()["protocol"]["segment"]
    assert segments["compression"]["frequency"] == {"from": 1, "to": 2, "shape": "cosine"}
    assert segments["heating"]["bath"]["hot"]["rate"]["table"] == [[0.0, 1.0], [0.5, 2.0]]
    swept = built.sweep({"protocol.segment.heating.duration": [0.5, 1.0]}).exact()
    assert [point["work"].times[-1] for point in swept] == pytest.approx([3.6, 5.1])
    assert swept.last("work").mean.shape == (2,)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: otto(3).replace({"protocol.segment.heatng.duration": 1}), "cooling, compression, heating, expansion"),
        (lambda: otto(3).replace({"protocol.segment.heating.durtion": 1}), "did you mean `duration`"),
        (lambda: otto(3).replace({"protocol.segment.heating.duration": np.arange(2)}), "to vary it, sweep"),
        (lambda: otto(0), "a whole number from 1"),
        (lambda: otto(2, [*STROKES, STROKES[0]]), "a name of its own"),
        (lambda: sj.curve([0, 1], [1]), "a value for each time"),
        (lambda: otto(3).steady(relative_error=0.1), "until steady"),
    ],
)
def test_what_is_no_protocol_is_told(wrong, words):
    with pytest.raises(sj.ScenarioError, match=words):
        wrong()


def test_the_checks_of_a_protocol_say_what_it_changes():
    text = repr(otto(3).check(100))
    assert "4 segments in 1.2, 3 cycles" in text and "compression, 0.1: frequency 1 to 2\n" in text
    assert "heating, 0.5: frequency 2; hot down 2.055, up 1.055" in text and "hot off at the start" in text
    assert "repeated until steady" in repr(otto("until steady").check())
    html = otto(3)._repr_html_()
    assert "protocol.segment.heating" in html and "{" not in html


def test_qutip_is_handed_operators_in_time():
    qutip = pytest.importorskip("qutip")
    warm = [*BATHS, sj.local("parasitic", rate=0.1, temperature=0.3)]
    bent = [sj.segment("bent", 0.2, frequency=sj.ramp(1.3), baths={"hot": {"rate": sj.curve([0, 0.1, 0.2], [0, 1, 0])}})]
    engine = otto(2, STROKES + bent, samples=9).replace(baths=warm, initial=sj.thermal(0.8))
    compared = sj.check(engine)
    assert compared.agrees and compared.worst.relative > 0
    assert {deviation.quantity for deviation in compared.deviations} >= {"heat_current", "intensity", "jz", "j_squared"}
    h, c_ops, rho0, e_ops = engine.to_qutip()
    assert all(isinstance(each, qutip.QobjEvo) for each in [h, *c_ops, e_ops["heat_current", "hot"]])
    # The end of a segment still belongs to it, and the quench back to the start comes after the last.
    jz = engine.to_qutip().e_ops["jz"]
    for time, frequency in [(0.3, 1.0), (0.55, 1.5), (1.1, 2.0), (1.4, 1.3), (1.45, 1.0), (2.8, 1.3)]:
        assert (h(time) - frequency * jz).norm() < 1e-9
    # The rate of a hot bath at its peak, and off again: (1 + n) gamma.
    peak, off = c_ops[0](1.3), c_ops[0](0.7)
    assert (peak.dag() * peak).norm() > 1 and c_ops[0](0.2).norm() == 0 and off.norm() > 0
    with pytest.raises(ValueError, match="stretches"):
        otto(10_000_000, until=3, samples=3).to_qutip()


def test_a_protocol_needs_no_times_and_its_work_is_that_of_its_heats():
    engine = otto(3, samples=7)
    run = engine.run(trajectories=4000)
    assert run["jz"].times[-1] == pytest.approx(3.6)
    assert abs(run["work"].z[-1]) < 5
    solved = otto(3, samples=7).exact()
    assert np.isfinite(solved["work"].mean).all()
    rows = run.trajectories.to_pandas()
    gained = rows.work + rows.heat_hot + rows.heat_cold
    # It begins and ends at the frequency 1, and from M = -1.
    assert np.allclose(gained, rows.final_m + 1, atol=1e-12)
    assert "engine" in run.machine and any("exponential_work" in note for note in run.notes)
    assert "an engine" in run._repr_html_() and "exponential_work" in run._repr_html_()
    cycles, segments = run.cycles.to_pandas(), run.segments.to_pandas()
    assert set(cycles.cycle) == {0, 1, 2} and set(segments.segment) == {0, 1, 2, 3}
    assert cycles[cycles.quantity == "work"]["mean"].sum() == pytest.approx(run.last("work").mean)
    assert run.trajectory_cycles is None
    few = otto(3, record={"cycles": True, "jumps": True}).run(trajectories=10)
    assert len(few.trajectory_cycles) == 30
    with pytest.raises(ValueError, match="protocol"):
        few.plot.bursts()
    result = few.to_qutip()
    assert ("hot", "emission") in result.channels and min(map(min, filter(None, result.col_which))) >= 0


def test_a_limit_cycle_has_half_of_each_quantum_as_work():
    solved = otto("until steady").exact()
    assert solved["efficiency"].exact == pytest.approx(0.5, abs=1e-9)
    sampled = otto("until steady").steady(bath="hot", relative_error=0.1)
    assert sampled.converged and abs(sampled["work"].z[-1]) < 5
