"""Rare currents through the package: large deviations, trajectories under a condition, rows that are left out."""

from __future__ import annotations

import numpy as np
import pytest

import superjump as sj


def test_trajectories_under_a_condition_carry_the_current_that_is_asked_for(valve: sj.Scenario) -> None:
    def until(end: float) -> sj.Scenario:
        condition = {"bath": "hot", "current": 1.0, "over": "long run"}
        return valve.replace({"evolution.times": [0.0, end - 20, end]}, condition=condition)

    short, long = (until(end).run(trajectories=1000, progress=False) for end in (60.0, 120.0))
    # The first interval has the way from the ground state in it.
    current = long["heat_current_interval", "hot"]
    assert current.exact[1] == pytest.approx(1.0, abs=1e-3) and abs(current.z[1]) < 5
    # Weighed back it grows with time as the largest eigenvalue of the tilted generator, beside what is of the ends.
    because = until(60.0).check(1000).because
    field = float(because.split("s = ")[1].split(",")[0])
    known = valve.exact(noise={"counting_fields": [field, 0.0]}, progress=False).noise.generating_function["hot"]
    first, last = (run["generating_function", "hot"] for run in (short, long))
    grown = (120 * last.mean - 60 * first.mean) / 60
    assert abs(grown - known.exact[known.times == field][0]) < 5 * np.hypot(120 * last.std_error, 60 * first.std_error) / 60
    with pytest.raises(ValueError, match="follow no Lindblad equation"):
        until(60.0).to_qutip()


def test_conditions_have_one_question_and_a_bath_that_there_is(valve: sj.Scenario) -> None:
    for condition, key in [({"bath": "hot"}, "condition"), ({"bath": "warm", "field": 0.1}, "condition.bath")]:
        with pytest.raises(sj.ScenarioError) as caught:
            valve.replace(condition=condition)
        assert caught.value.key == key


def test_cumulants_of_any_order_are_derivatives_of_the_generating_function(valve: sj.Scenario) -> None:
    fields = np.array([-1e-3, 0.0, 1e-3])
    noise = valve.exact(noise={"counting_fields": fields, "order": 4, "relaxation": 2}, progress=False).noise
    theta, cumulants = noise.generating_function["hot"], noise.cumulant["hot"]
    assert theta.times.tolist() == fields.tolist() and theta.exact[1] == pytest.approx(0, abs=1e-12)
    low, _, high = theta.exact
    assert cumulants.exact[0] == pytest.approx((high - low) / 2e-3, rel=1e-3)
    assert cumulants.exact[1] == pytest.approx((high + low) / 1e-6, rel=1e-3)
    assert len(cumulants.exact) == 4 and np.all(np.asarray(noise.relaxation_rate[None].exact) > 0)


def test_rows_of_trajectories_may_be_left_out(valve: sj.Scenario) -> None:
    whole = valve.run(trajectories=300, progress=False)
    few = valve.replace(record={"trajectories": 20}).run(trajectories=300, progress=False)
    none = valve.replace(record={"trajectories": False}).run(trajectories=300, progress=False)
    assert few.trajectories is not None and len(few.trajectories) == 20 and none.trajectories is None
    assert np.array_equal(few["jz"].mean, whole["jz"].mean) and np.array_equal(none["jz"].mean, whole["jz"].mean)
    assert none.to_qutip().num_trajectories == 300
    with pytest.raises(ValueError, match="no trajectories"):
        none.plot.histogram("jumps")
