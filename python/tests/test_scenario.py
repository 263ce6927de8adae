"""Scenarios: one text for one meaning, and words for what has none."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

import superjump as sj
from conftest import ROOT
from superjump import _superjump

HOT = {"rate": 1, "temperature": 3}


def with_(**keys: object) -> sj.Scenario:
    usual: dict[str, object] = {"qubits": 4, "baths": [sj.collective("hot", **HOT)], "initial": "ground", "until": 5}
    return sj.Scenario(**{**usual, **keys})  # type: ignore[arg-type]


def fingerprint(scenario: sj.Scenario) -> str:
    solve = not scenario.asks_for_steady and "trajectories" not in scenario.to_dict().get("evolution", {})
    return scenario._read(exact=solve).fingerprint


def test_the_text_is_one_for_the_same_values_of_whatever_type():
    plain = with_(qubits=4, until=5.0, seed=3, baths=[sj.collective("hot", rate=1.0, temperature=1 / 3)])
    baths = [{"coupling": "collective", "name": "hot", "rate": np.float64(1), "temperature": Fraction(1, 3)}]
    numpy = with_(qubits=np.array(4), until=np.float64(5), seed=np.int16(3), baths=baths)
    assert fingerprint(plain) == fingerprint(numpy)
    assert with_(times=[np.array(0), np.float32(2)], until=None).to_dict()["evolution"]["times"] == [0, 2.0]
    assert with_(times=np.linspace(0, 5, 101), until=None).to_toml() == with_(
        times=np.linspace(0, 5, 101).tolist(), until=None
    ).to_toml()


def test_every_shipped_scenario_is_read_and_written_to_the_same_meaning():
    paths = sorted((ROOT / "scenarios").glob("*.toml"))
    assert len(paths) > 15
    for path in paths:
        read = sj.load(path)
        built = sj.Scenario.from_dict(read.to_dict(), name=read.name)
        assert read.to_toml() == path.read_text()
        assert built.to_toml() != read.to_toml()
        # What asks for times and the steady state both may be read for exact values alone.
        assert built._read(exact=True).fingerprint == read._read(exact=True).fingerprint, path
        assert sj.Scenario.from_toml(built.to_toml()).to_dict() == read.to_dict(), path


def test_a_scenario_is_pickled_saved_and_loaded(tmp_path, valve):
    again = pickle.loads(pickle.dumps(valve))
    assert again == valve and again.to_toml() == valve.to_toml()
    saved = valve.save(tmp_path / "scenario.toml")
    assert sj.load(saved) == valve
    assert "<Scenario" in repr(valve) and "<table>" in valve._repr_html_()


def test_numbers_and_words_survive_the_text():
    odd = with_(title='a "quoted" \\ title\n\tµ \x7f', until=0.1 + 0.2, baths=[sj.collective("hot", rate=1e-7, temperature=3)])
    assert sj.Scenario.from_toml(odd.to_toml()).to_dict() == odd.to_dict()
    assert odd.to_dict()["evolution"]["until"] == 0.1 + 0.2


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ({"tlist": [0, 1]}, "tlist", "`times`, as `tlist` is called here"),
        ({"trajectoris": 5}, "trajectoris", "did you mean `trajectories`?"),
        ({"c_ops": []}, "c_ops", "jumps of your own"),
        ({"gamma": 1}, "gamma", "`baths` with `rate`"),
        ({"zzz": 1}, "zzz", "`baths`"),
        ({"qubits": 4.5}, "qubits.number", "whole number"),
        ({"qubits": np.arange(3)}, "qubits.number", "to vary it, sweep"),
        ({"seed": -1}, "evolution.seed", "whole number from 0"),
        ({"until": float("nan")}, "evolution.until", "positive, finite"),
        ({"until": lambda t: t}, "evolution.until", "positive, finite"),
        ({"until": None, "times": np.ones((3, 2))}, "evolution.times", "ascending"),
        ({"until": None, "times": np.ones(3) * 1j}, "evolution.times", "ascending"),
        ({"until": None, "times": np.array([0, 1], dtype="datetime64[s]")}, "evolution.times", "ascending"),
        ({"until": None, "times": [0, 2, 1]}, "evolution.times", "ascending"),
        ({"baths": [sj.collective("hot", rate=-1, temperature=3)]}, "bath.hot.rate", "from 0 up"),
        ({"baths": [sj.collective("hot", rate=np.nan, temperature=3)]}, "bath.hot.rate", "from 0 up"),
        ({"baths": [sj.collective("hot", gamma=1, temperature=3)]}, "bath.hot.gamma", "`rate`"),
        ({"initial": "excited"}, "initial.state", '"inverted"'),
        ({"temprature": 3}, "temprature", "`temperature` of one of the `baths`"),
        ({"until": 1j}, "evolution.until", "positive, finite"),
        ({"baths": "hot"}, "baths", "as collective("),
        ({"baths": None}, "baths", "as collective("),
    ],
)
def test_what_does_not_fit_is_refused_with_its_key_and_what_is_allowed(keys, key, words):
    with pytest.raises(sj.ScenarioError) as caught:
        with_(**keys)
    assert (caught.value.key, caught.value.line) == (key, None)
    assert words in caught.value.allowed and words in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ValueError, match="initial.state") as caught:
        with_(until=-3, initial="excited", seed=-1)
    assert [fault.key for fault in caught.value.faults] == ["initial.state", "evolution.until", "evolution.seed"]


def test_a_quantity_with_a_unit_is_refused():
    class Quantity:
        units, magnitude = "kelvin", 3

        def __str__(self) -> str:
            return "3 kelvin"

    with pytest.raises(sj.ScenarioError, match="mK") as caught:
        with_(baths=[sj.collective("hot", rate=1, temperature=Quantity())])
    assert caught.value.key == "bath.hot.temperature" and "the number alone" in caught.value.allowed


def test_errors_of_a_file_point_into_it(tmp_path):
    path = tmp_path / "valve.toml"
    path.write_text(with_().to_toml().replace("rate = 1", "rate = -1"))
    with pytest.raises(sj.ScenarioError) as caught:
        sj.load(path)
    assert caught.value.key == "bath.hot.rate"
    assert caught.value.line == 7 and f"{path}:7" in str(caught.value)
    with pytest.raises(sj.ScenarioError, match="not closed"):
        sj.Scenario.from_toml("[qubits\n")
    with pytest.raises(FileNotFoundError, match="nowhere.toml"):
        sj.load(tmp_path / "nowhere.toml")


def test_keys_are_replaced_by_their_names(valve):
    other = valve.replace({"bath.hot.temperature": 2, "qubits.number": 5}, drive={"amplitude": 0.1})
    data = other.to_dict()
    assert data["bath"][0]["temperature"] == 2 and data["qubits"]["number"] == 5 and data["drive"]["amplitude"] == 0.1
    assert valve.to_dict()["bath"][0]["temperature"] == 3
    assert "drive" not in other.replace(drive=None).to_dict()
    swept = valve.sweep({"qubits.number": range(1, 4), "bath.hot.temperature": np.array([1.0, 3.0])})
    assert swept.to_dict()["sweep"] == {"qubits.number": [1, 2, 3], "bath.hot.temperature": [1.0, 3.0]}
    assert "sweep" not in swept.replace({"qubits.number": 2, "bath.hot.temperature": 3}).to_dict()
    for keys, words in [({"bath.warm.rate": 1}, "hot, cold, parasitic"), ({"qubits.numbr": 1}, "number")]:
        with pytest.raises(sj.ScenarioError) as caught:
            valve.replace(keys)
        assert words in caught.value.allowed


def test_check_says_what_would_run_and_what_it_costs(valve):
    check = valve.check(1000)
    assert check.engine == "populations" and "fastest" in check.because
    assert check.baths[0]["occupation"] == pytest.approx(1 / np.expm1(1 / 3))
    assert check.jumps > 1e4 and check.seconds > 0 and check.warnings == []
    assert "engine" in repr(check) and "<table>" in check._repr_html_()
    assert "none are asked for yet" in repr(valve.check())
    assert "relaxes in" in repr(valve.replace(steady={}, evolution=None).check())
    frozen = with_(units="SI", qubits={"number": 2, "frequency": 5.0}, baths=[sj.collective("hot", rate=1, temperature=0.01)])
    assert "frozen" in frozen.check().warnings[0]


def test_the_keys_are_those_of_the_library():
    kinds = {path: kind for path, kind, _ in _superjump.scenario_keys()}
    assert kinds["evolution.times"] == "list of numbers" and kinds["qubits.number"] == "whole number"


def test_a_misspelt_or_missing_word_is_told_in_words() -> None:
    baths = [sj.collective("cold", rate=1, temperature=0)]
    for keywords, told in (
        ({"qbits": 3, "baths": baths}, "did you mean `qubits`"),
        ({"baths": baths}, r"no table \[qubits\]"),
        ({"qubits": 3}, r"as collective\("),
    ):
        with pytest.raises(sj.ScenarioError, match=told):
            sj.Scenario(initial="ground", times=[0, 1], **keywords)


def test_ensembles_are_tables_of_their_own() -> None:
    ensembles = [
        {"name": "large", "number": 4, "initial": "inverted"},
        {"name": "small", "number": 2, "initial": "ground"},
    ]
    baths = [sj.collective("cold", rate=1, temperature=0)]
    pure = sj.superposition(2, np.array([0, 0, 0.6, 0.8j, 0]))
    both = sj.Scenario(ensemble=ensembles, baths=baths, times=[0, 1, 2]).replace({"ensemble.large.initial": pure})
    assert both.to_dict()["ensemble"][0]["initial"]["amplitudes"][3] == [0.0, 0.8]
    assert both.exact(progress=False)["jz_large"].exact[0] == pytest.approx(0.64)
    with pytest.raises(sj.ScenarioError) as caught:
        both.replace({"ensemble.huge.number": 4})
    assert "is of an ensemble that there is not" in str(caught.value) and "large, small" in caught.value.allowed
    small = sj.Scenario(ensemble=ensembles, baths=baths, times=[0, 1, 2], seed=1).run(trajectories=500)["jz_small"]
    assert np.all(np.abs(small.mean - small.exact)[1:] < 5 * small.std_error[1:])
