"""Emitters at points, matrices of decay and amplitudes of one's own: built from arrays, and held against QuTiP."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

import superjump as sj

LIGHT = sj.bath("light", "positions", rate=1, temperature=0)
CHAIN = {"kind": "free space", "lattice": "chain", "spacing": 0.1, "count": 3, "dipole": [0, 0, 1]}


def emitters(**keys: object) -> sj.Scenario:
    usual: dict[str, object] = {"positions": CHAIN, "baths": LIGHT, "initial": "inverted", "times": np.linspace(0, 2, 5)}
    return sj.Scenario(**{**usual, **keys})  # type: ignore[arg-type]


def of_a_chain(spacing: float, number: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Decay and exchange of dipoles across a chain, by the formulas of Lehmberg."""
    places = np.arange(number)
    x = 2 * np.pi * spacing * np.abs(np.subtract.outer(places, places))
    x[places, places] = 1.0
    decay = 1.5 * (np.sin(x) / x + np.cos(x) / x**2 - np.sin(x) / x**3)
    exchange = 0.75 * (-np.cos(x) / x + np.sin(x) / x**2 + np.cos(x) / x**3)
    decay[places, places], exchange[places, places] = 1.0, 0.0
    return decay, exchange


def test_a_chain_of_three_obeys_the_equation_that_anybody_writes() -> None:
    qutip = pytest.importorskip("qutip", reason="QuTiP is not installed: pip install qutip")
    decay, exchange = of_a_chain(0.1, 3)
    lower = [qutip.tensor([qutip.sigmam() if k == site else qutip.qeye(2) for k in range(3)]) for site in range(3)]
    pairs = [(i, j) for i in range(3) for j in range(3)]
    h = sum(exchange[i, j] * lower[i].dag() * lower[j] for i, j in pairs)
    # Not diagonal, as the equation is written: sum Gamma_ij (sigma_j rho sigma_i^+ - {sigma_i^+ sigma_j, rho}/2).
    damping = sum(decay[i, j] * qutip.lindblad_dissipator(lower[j], lower[i]) for i, j in pairs)
    photons = sum(decay[i, j] * lower[i].dag() * lower[j] for i, j in pairs)
    up = [site.dag() * site for site in lower]
    chain = emitters(initial=sj.bits("110"))
    rho0 = qutip.ket2dm(qutip.tensor(qutip.basis(2, 0), qutip.basis(2, 0), qutip.basis(2, 1)))
    solved = qutip.mesolve(
        qutip.liouvillian(h) + damping, rho0, np.linspace(0, 2, 5), e_ops=[photons, *up],
        options={"atol": 1e-12, "rtol": 1e-10, "progress_bar": ""},
    ).expect
    exact = chain.exact(progress=False)
    assert np.allclose(exact["intensity", "light"].exact, solved[0], atol=1e-8)
    for site in range(3):
        assert np.allclose(exact[f"jz_q{site + 1}"].exact + 0.5, solved[1 + site], atol=1e-8)
    run = chain.replace({"evolution.seed": 3}).run(trajectories=2000, progress=False)
    light = run["intensity", "light"]
    # Five standard errors: a false positive in 2e6 values.
    assert np.all(np.abs(light.mean - solved[0])[1:] < 5 * light.std_error[1:])


MATRIX = np.array([[1, 0.4 + 0.2j, 0], [0.4 - 0.2j, 0.8, 0.1j], [0, -0.1j, 0.5]])


@pytest.mark.parametrize(
    ("keys", "jumps"),
    [
        ({}, 3),
        ({"baths": sj.bath("light", "positions", rate=1, temperature=0.7), "initial": "ground"}, 6),
        # Of the light of a guide there is what goes to the left and to the right.
        ({"positions": {"kind": "chiral", "lattice": "chain", "spacing": 0.17, "count": 3, "right": 0.8}}, 2),
        ({"positions": {**CHAIN, "dipole": np.array([1, 1j, 0])}, "initial": sj.coherent(1.0, 0.3)}, 3),
        (
            {
                "positions": {"kind": "waveguide", "points": np.array([[0, 0, 0], [0.2, 0, 0], [0.3, 0, 0]])},
                "baths": [LIGHT, sj.local("loss", down=0.2, dephasing=0.1)],
                "initial": sj.thermal(1.0),
                "hamiltonian": {"terms": [{"operator": "0.5 * q1.Jx"}]},
            },
            2 + 3 + 3,
        ),
        ({"positions": None, "qubits": 3, "baths": None, "decay": [{"name": "shared", "matrix": MATRIX}]}, 3),
        (
            {
                "positions": None, "qubits": 3, "initial": sj.bits("101"),
                "baths": sj.collective("cavity", down=1, up=0.2, amplitudes=np.array([1, 1j, -0.5])),
            },
            2,
        ),
    ],
)
def test_operators_are_those_of_the_channels(keys: dict[str, object], jumps: int) -> None:
    pytest.importorskip("qutip", reason="QuTiP is not installed: pip install qutip")
    scenario = emitters(**keys)
    equation = scenario.to_qutip()
    assert equation.H.dims == [[2, 2, 2], [2, 2, 2]] and len(equation.c_ops) == jumps
    compared = sj.check(scenario)
    assert compared.agrees, compared
    assert {"jz_q1", "excited", "intensity"} <= {deviation.quantity for deviation in compared.deviations}


def test_complex_numbers_are_pairs_and_only_where_there_may_be_any() -> None:
    shared = emitters(positions=None, qubits=3, baths=None, decay=[{"name": "shared", "matrix": MATRIX}])
    assert shared.to_dict()["decay"][0]["matrix"][0] == [[1.0, 0.0], [0.4, 0.2], [0.0, 0.0]]
    rows = [list(row) for row in MATRIX]
    assert shared.replace({"decay.shared.matrix": rows}).to_dict() == shared.to_dict()
    assert shared.replace({"decay.shared.matrix": np.eye(3)}).to_dict()["decay"][0]["matrix"][1] == [0.0, 1.0, 0.0]
    for matrix, words in [(np.ones(3), "shape"), (2 * np.eye(2), "no 3 x 3 matrix"), (MATRIX.T @ MATRIX, "not Hermitian")]:
        with pytest.raises(sj.ScenarioError, match=words) as caught:
            shared.replace({"decay.shared.matrix": matrix})
        assert caught.value.key == "decay.shared.matrix" and "Hermitian" in caught.value.allowed
    with pytest.raises(sj.ScenarioError, match="positions.points"):
        emitters(positions={"kind": "waveguide", "points": np.eye(3) * 1j})
    with pytest.raises(sj.ScenarioError, match='a decay that there is not: "other"') as unknown:
        shared.replace({"decay.other.matrix": MATRIX})
    assert unknown.value.faults[0].allowed == "a decay of this scenario: shared"


def test_check_says_what_they_share() -> None:
    told = emitters().check(100)
    assert "3 qubits; one excitation decays at" in repr(told) and "a burst" in repr(told)
    shared = told.details["emitters"]
    decay, exchange = of_a_chain(0.1, 3)
    rates = -2 * np.linalg.eigvals(exchange - 0.5j * decay).imag
    assert shared["rates"] == pytest.approx(sorted(rates, reverse=True))
    assert shared["g2"] == pytest.approx(1 + (np.sum(decay**2) / 3 - 1 - 1) / 3)
    assert "no burst" in repr(emitters(positions={**CHAIN, "spacing": 0.4}).check(100))


def test_a_sweep_goes_over_places_and_trajectories_under_a_condition_over_fields() -> None:
    solved = emitters().sweep({"positions.spacing": [0.05, 0.3]}).exact(progress=False)
    first = [run["intensity", "light"].exact[1] for run in solved]
    assert first[0] > first[1]


def test_jumps_of_channels_are_those_of_their_bath() -> None:
    run = emitters(record={"jumps": True}).run(trajectories=200, progress=False)
    result = run.to_qutip()
    assert result.channels == [("light", "emission")]
    # Three photons, whatever the mode that each came from.
    assert max(len(found) for found in result.col_which) == 3 and {0} == {of for found in result.col_which for of in found}
    with pytest.raises(ValueError, match="no J in common"):
        run.plot.telegraph()


def test_one_bath_replaces_all_as_a_list_of_it_does() -> None:
    cavity = sj.collective("cavity", down=1, amplitudes=[1, 1j, -1])
    assert emitters().replace(baths=cavity) == emitters().replace(baths=[cavity]) == emitters(baths=cavity)
