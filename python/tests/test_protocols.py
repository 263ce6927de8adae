"""Protocols through the package: what the scenario file can say, and what comes of it."""

import numpy as np
import pytest
import superjump as sj

BATHS = [
    sj.collective("hot", rate=0, temperature=3),
    sj.collective("cold", rate=0, temperature=0.6),
]
STROKES = {
    "cooling": {"duration": 0.5, "bath": {"cold": {"rate": 1.0}}},
    "compression": {"duration": 0.1, "frequency": {"to": 2.0}, "bath": {"cold": {"rate": 0.0}}},
    "heating": {"duration": 0.5, "bath": {"hot": {"rate": 1.0}}},
    "expansion": {"duration": 0.1, "frequency": {"to": 1.0}, "bath": {"hot": {"rate": 0.0}}},
}


def otto(cycles, **more):
    return sj.Scenario(
        qubits=2, baths=BATHS, initial="ground", protocol={"cycles": cycles, "segment": STROKES}, seed=3, **more
    )


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


def test_a_limit_cycle_has_half_of_each_quantum_as_work():
    solved = otto("until steady").exact()
    assert solved["efficiency"].exact == pytest.approx(0.5, abs=1e-9)
    sampled = otto("until steady").steady(bath="hot", relative_error=0.1)
    assert sampled.converged and abs(sampled["work"].z[-1]) < 5
