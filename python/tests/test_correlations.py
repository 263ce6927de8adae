"""Correlations at two times, and ensembles and modes beside QuTiP."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import superjump as sj

#: A pumped ensemble that shines through a cavity.
LASER = {
    "ensemble": [{"name": "a", "number": 3, "frequency": 0.5, "initial": "inverted"}],
    "baths": [
        {"name": "cavity", "coupling": "collective", "down": 1.0},
        {"name": "pump", "coupling": "local", "up": 1.5},
    ],
    "correlate": [
        {"name": "light", "right": "a.Jm", "delays": [0.0, 0.5, 1.0]},
        {"name": "photons", "left": "a.Jp * a.Jm", "right": "a.Jm", "outer": "a.Jp", "delays": [0.0, 1.0]},
    ],
    "times": [0.0, 1.0, 2.0],
}


def test_correlations_have_estimates_beside_exact_values() -> None:
    run = sj.Scenario(**LASER, seed=1).run(trajectories=2000, progress=False)
    assert list(run.correlations) == ["light", "photons"]
    light = run.correlations["light"]
    assert light.time == 2.0 and light.delays.tolist() == [0.0, 0.5, 1.0]
    for values, exact, error in [
        (light.mean.real, light.exact.real, light.std_error.real), (light.mean.imag, light.exact.imag, light.std_error.imag)
    ]:
        # Five standard errors: a false positive in 2e6 values.
        assert np.all(np.abs(values - exact)[1:] < 5 * error[1:])
    assert np.abs(light.exact[1]) < light.exact[0].real and light.degree[0] == pytest.approx(1)
    assert run["light"].exact == pytest.approx(light.exact[0].real)
    with pytest.raises(KeyError, match="there is no correlation lamp, only light, photons"):
        run.correlations["lamp"]


def test_spectra_have_frequencies_and_lines() -> None:
    correlate = [{"name": "light", "right": "a.Jm", "frequencies": np.linspace(-4, 4, 17).tolist()}]
    run = sj.Scenario(**{**LASER, "correlate": correlate}, steady={}).exact(steady=True, progress=False)
    light = run.correlations["light"]
    assert light.time is None and len(light.spectrum) == 17 and light.unit == "1/omega_0"
    assert light.frequencies[np.argmax(light.spectrum)] == 0.5
    assert run["light_frequency"].exact == pytest.approx(0.5) and 1 < run["light_linewidth"].exact < 4


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"ensemble": [{"name": "a", "number": 3, "frequency": 0.5, "initial": {"state": "thermal", "temperature": 1.0}}]},
        {"ensemble": [{"name": "a", "number": 2, "frequency": 0.5, "initial": {"state": "product", "excited": 1}}],
         "correlate": None},
        {
            "ensemble": [
                {"name": "a", "number": 3, "initial": {"state": "coherent", "theta": 1.0, "phi": 0.4}, "coupling": [0.8, 0.3]},
                {"name": "b", "number": 2, "initial": {"state": "dicke", "j": 1.0, "m": 0.0}},
            ],
            "mode": [{"name": "c", "levels": 4, "initial": 1}],
            "baths": [
                {"name": "hot", "coupling": "collective", "rate": 0.3, "temperature": 1.0, "on": ["a", "b"]},
                {"name": "loss", "coupling": "local", "down": 0.3, "up": 0.1, "dephasing": 0.2, "on": ["a", "c"]},
            ],
            "parameters": {"g": 0.7},
            "hamiltonian": {"terms": [{"operator": "g * (a.Jp*c.a + a.Jm*c.ad) + 0.3*(c.a + c.ad) + 0.2*b.Jz^2"}]},
            "jump": [{"name": "own", "operator": "b.Jm * c.ad", "rate": 0.4}],
            "observe": {"field": "i*(c.a - c.ad)"},
            "correlate": None,
        },
    ],
)
def test_ensembles_obey_mesolve(keys: dict[str, object]) -> None:
    pytest.importorskip("qutip", reason="QuTiP is not installed: pip install qutip")
    scenario = sj.Scenario(**{**LASER, **keys})  # type: ignore[arg-type]
    compared = sj.check(scenario)
    assert compared.agrees, compared
    assert {"jz_a", "excited"} <= {deviation.quantity for deviation in compared.deviations}


def test_the_cavity_of_the_page_is_that_of_qutip() -> None:
    qutip = pytest.importorskip("qutip", reason="QuTiP is not installed: pip install qutip")
    page = (Path(__file__).parents[2] / "docs" / "qutip.md").read_text(encoding="utf-8")
    text = next(part.split("```")[0] for part in page.split("```toml\n") if '[[mode]]' in part.split("```")[0])
    script = next(part.split("```")[0] for part in page.split("```python\n") if "qt.jmat" in part.split("```")[0])
    scenario = sj.Scenario.from_toml(text)
    h, c_ops, rho0, e_ops = scenario.to_qutip()
    # No qubit is by itself: a spin J = 2 beside all the quanta that there may be.
    assert h.dims == [[5, 5], [5, 5]] and rho0.isket and len(c_ops) == 1
    times = np.linspace(0, 3, 31)
    solved = qutip.mesolve(h, rho0, times, c_ops, e_ops=[e_ops["n_c"]]).expect[0][10]
    said: list[float] = []
    exec(script, {"print": said.append})
    exact = scenario.exact(progress=False)["n_c"].exact[10]
    assert exact == pytest.approx(solved, rel=1e-4) and exact == pytest.approx(said[0], rel=1e-4)


def test_what_is_too_large_for_operators_is_refused() -> None:
    pytest.importorskip("qutip", reason="QuTiP is not installed: pip install qutip")
    large = {**LASER, "ensemble": [{"name": "a", "number": 12, "initial": "ground"}]}
    with pytest.raises(ValueError, match="4096 states of the product space"):
        sj.Scenario(**large).to_qutip()


def test_a_cut_that_grows_is_given_a_number_first() -> None:
    pytest.importorskip("qutip", reason="QuTiP is not installed: pip install qutip")
    driven = sj.Scenario(
        mode=[{"name": "c", "levels": {"most": 64}, "initial": {"alpha": 1.0 + 0.5j}}],
        hamiltonian={"terms": [{"operator": "0.3*(c.a + c.ad)"}]},
        baths=sj.local("loss", down=1, on=["c"]),
        times=[0.0, 1.0, 2.0],
    )
    assert driven.exact(progress=False)["n_c"].exact[0] == pytest.approx(1.25)
    with pytest.raises(ValueError, match='the mode c has a cut that grows.*"mode.c.levels": 40'):
        driven.to_qutip()
    compared = sj.check(driven.replace({"mode.c.levels": 25}))
    assert compared.agrees and "n_c" in {deviation.quantity for deviation in compared.deviations}, compared
