"""Beside QuTiP: the same equation, the same states, the same names."""

from __future__ import annotations

import numpy as np
import pytest

import superjump as sj

qutip = pytest.importorskip("qutip", reason="QuTiP is not installed: pip install qutip")

#: What has no error is off by what mesolve is, 1e-9 of the largest value or so.
QUIET = {"atol": 1e-11, "rtol": 1e-9, "nsteps": 10**6, "progress_bar": ""}


def small(**keys: object) -> sj.Scenario:
    usual: dict[str, object] = {
        "qubits": 3,
        "baths": [
            sj.collective("hot", rate=1, temperature=3, dephasing=0.3),
            sj.local("parasitic", rate=0.1, temperature=0.5, dephasing=0.2),
        ],
        "initial": "ground",
        "times": np.linspace(0, 4, 9),
    }
    return sj.Scenario(**{**usual, **keys})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"initial": sj.coherent(1, 0.4), "qubits": {"number": 3, "twisting": 0.2}},
        {"initial": sj.dicke(0.5, 0.5)},
        {"initial": sj.superposition(0.5, [0.6, 0.8j])},
        {"initial": sj.thermal(1)},
        {"initial": sj.product(1)},
        {"initial": sj.ghz(0.3)},
        {"initial": "steady"},
        {"initial": sj.angles([[1, 0.2], [0.3, 0.1], [2, 1]])},
        {"drive": {"amplitude": 0.7, "detuning": 0.2}, "initial": sj.coherent(1, 0.4)},
        {"qubits": {"number": 3, "spread": 0.3, "exchange": 0.1, "couplings": [1, 0.7, 0.4]}, "initial": sj.bits("011")},
        {"qubits": {"number": 3, "spread": 0.3, "exchange": 0.1}, "drive": {"amplitude": 0.7}},
        {"qubits": {"number": 3, "spread": 0.3}, "initial": sj.product(2)},
        {"qubits": {"group": [{"number": 2, "frequency": 1.0}, {"number": 1, "frequency": 2.0}]}},
        {
            "baths": [
                sj.collective("hot", rate=0.1, temperature=3, quantum=1.5),
                sj.local("cold", rate=0.1, temperature=0.5, quantum=0.8),
            ],
            "qubits": {"number": 3, "spread": 0.3, "exchange": 0.1},
        },
        {
            "units": "SI",
            "qubits": {"number": 2, "frequency": 5.0},
            "baths": [
                sj.collective("hot", rate=1, temperature=300, filter={"quality": 3, "resonance": 5.5}),
                sj.local("cold", rate=0.5, temperature=30),
            ],
            "initial": sj.coherent(1, 0.3),
        },
    ],
)
def test_both_solve_one_equation(keys):
    compared = sj.check(small(**keys))
    assert compared.agrees and compared.worst.relative < 1e-7, compared
    assert len(compared.deviations) >= 6
    assert "agrees to 1e-06" in repr(compared) and "<table>" in compared._repr_html_()


def test_a_comparison_can_fail():
    assert not sj.check(small(), options={"atol": 1e-2, "rtol": 1e-2}).agrees
    assert "DOES NOT AGREE" in repr(sj.check(small(), tolerance=1e-16))


def test_every_point_of_a_sweep_is_compared():
    compared = sj.check(small().sweep({"qubits.number": [1, 2]}))
    assert compared.agrees and {at.point for at in compared.deviations} == {0, 1}


def test_operators_are_those_of_the_product_space():
    h, c_ops, rho0, e_ops = small().to_qutip()
    assert h.dims == [[2, 2, 2], [2, 2, 2]] and rho0.isket and len(c_ops) == 3 + 3 * 3
    assert e_ops["jz"].tr() == 0 and qutip.expect(e_ops["jz"], rho0) == pytest.approx(-1.5)
    assert qutip.expect(e_ops["j_squared"], rho0) == pytest.approx(3.75)
    # Anybody may add a term.
    known = small()
    told = known.check().baths[0]
    assert c_ops[0].norm("fro") ** 2 == pytest.approx(told["down"] * 3 * 2**2)
    with pytest.raises(ValueError, match=r"2 equations: to_qutip\(point=0\)"):
        known.sweep({"qubits.number": [1, 2]}).to_qutip()
    assert known.sweep({"qubits.number": [1, 2]}).to_qutip(point=1).H.shape == (4, 4)
    with pytest.raises(ValueError, match="10 at most"):
        known.replace({"qubits.number": 11}).to_qutip()
    with pytest.raises(ValueError, match="6 at most"):
        sj.check(known.replace({"qubits.number": 7}))
    with pytest.raises(ValueError, match="times"):
        sj.check(small(times=None))


def kets() -> list[object]:
    rng = np.random.default_rng(1)
    one = [qutip.rand_ket(2, seed=int(seed)) for seed in rng.integers(0, 1000, 3)]
    return [
        qutip.tensor([qutip.basis(2, 0), qutip.basis(2, 1), qutip.basis(2, 1)]),
        qutip.tensor(one),
        qutip.w_state(3),
        qutip.ghz_state(3),
        qutip.tensor(qutip.singlet_state(), one[0]),
    ]


@pytest.mark.parametrize("ket", range(5))
def test_kets_of_the_register_evolve_as_they_would_in_qutip(ket):
    state = kets()[ket]
    scenario = small(initial=state)
    h, c_ops, _, e_ops = scenario.to_qutip()
    # From the ket itself, and not from what was made of it.
    solved = qutip.mesolve(h, state, np.linspace(0, 4, 9), c_ops, e_ops=dict(e_ops), options=QUIET)
    exact = scenario.exact()
    for key in [("heat_current", "hot"), ("intensity", "parasitic"), "jz", "j_squared"]:
        assert np.max(np.abs(exact[key].exact - solved.e_data[key])) < 1e-6 * e_ops[key].norm(), key
    assert small(initial=state.full()[:, 0]).to_toml() == scenario.to_toml()


def test_kets_of_a_ladder_begin_at_the_top():
    assert small(initial=qutip.basis(4, 0)).to_dict()["initial"] == {"state": "dicke", "j": 1.5, "m": 1.5}
    assert small(initial=np.array([0, 1])).to_dict()["initial"] == {"state": "dicke", "j": 0.5, "m": -0.5}
    pointed = small(initial=qutip.spin_coherent(1.5, 0.6, 0.3)).exact()
    named = small(initial=sj.coherent(0.6, 0.3)).exact()
    for quantity in ("jx", "jy", "jz"):
        assert np.allclose(pointed[quantity].exact, named[quantity].exact, atol=1e-10)
    assert small().replace(initial=np.array([1, 0, 0, 0])).to_dict()["initial"]["m"] == 1.5


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (np.zeros(4), "norm 0"),
        (np.full(4, np.nan), "norm nan"),
        (np.ones((2, 2)), "shape"),
        (np.ones(5), "length 5"),
        (np.array(["a", "b"]), "dtype"),
        ([1, 2, 3], "length 3"),
        (qutip.fock_dm(4, 1), "no ket"),
        (qutip.basis(8, 0), "dims"),
        (qutip.rand_ket([2, 2, 2], seed=1), "no form"),
    ],
)
def test_what_is_no_state_is_refused(state, words):
    with pytest.raises(sj.ScenarioError, match=words) as caught:
        small(initial=state)
    assert caught.value.key == "initial" and caught.value.allowed


def test_qubits_that_differ_are_not_permuted():
    apart = {"number": 3, "spread": 0.3}
    paired = qutip.tensor(qutip.singlet_state(), qutip.basis(2, 0))
    with pytest.raises(sj.ScenarioError, match="qubits that differ"):
        small(qubits=apart, initial=paired)
    assert small(qubits=apart, initial=qutip.w_state(3)).to_dict()["initial"]["m"] == 0.5


def test_results_have_the_names_of_a_mcresult():
    run = small(record={"jumps": True}).run(trajectories=200)
    ours = run.to_qutip()
    h, c_ops, rho0, e_ops = small().to_qutip()
    theirs = qutip.mcsolve(
        h, rho0, run["jz"].times, c_ops, e_ops=list(e_ops.values()), ntraj=3, options={"progress_bar": ""}
    )
    for name in ("times", "average_expect", "std_expect", "expect", "col_times", "col_which", "photocurrent", "e_data"):
        assert hasattr(theirs, name) and hasattr(ours, name), name
    assert ours.num_trajectories == 200 and len(ours.col_times) == len(ours.col_which) == 200
    assert set(ours.keys) >= set(e_ops) - {"jx", "jy"}
    jz = ours.keys.index("jz")
    assert np.array_equal(ours.average_expect[jz], run["jz"].mean)
    # The level at the end is that at the last time: its spread, and its jumps one by one.
    last = run.trajectories["final_m"]
    assert ours.std_expect[jz][-1] == pytest.approx(np.std(last), rel=1e-9)
    step = {"emission": -1, "absorption": 1, "dephasing": 0}
    steps = [sum(step[ours.channels[which][1]] for which in found) for found in ours.col_which]
    assert np.array_equal(-1.5 + np.array(steps), last)
    jumps = [len(found) for found in ours.col_times]
    assert sum(current @ np.diff(ours.times) for current in ours.photocurrent) == pytest.approx(np.mean(jumps))
    with pytest.raises(AttributeError, match="no states"):
        _ = ours.average_states
    with pytest.raises(AttributeError, match="record"):
        _ = small().run(trajectories=2).to_qutip().col_times
    with pytest.raises(ValueError, match=r"run\.at\(0\)"):
        small().sweep({"qubits.number": [1, 2]}).run(2).to_qutip()
    with pytest.raises(ValueError, match="no times"):
        small(times=None).exact().to_qutip()
