"""What a run would do and cost."""

from __future__ import annotations

from typing import Any

from . import _superjump, html
from .progress import count, duration


_RATES = ("down", "up", "dephasing")


class Check:
    """What a run of a scenario would do, and what it would cost; shows itself as a table.

    ``engine`` and ``because``, ``baths`` (each a dict with rates, temperature and occupation), ``warnings``, and of a
    transient ``jumps``, ``seconds`` and ``memory`` (bytes); everything is in ``details``.
    """

    def __init__(self, details: dict[str, Any]):
        self.details = details

    @property
    def engine(self) -> str:
        """The engine of the first point."""
        return self.details["engines"][0]["engine"]

    @property
    def because(self) -> str:
        """Why this engine, in words."""
        return self.details["engines"][0]["because"]

    @property
    def engines(self) -> dict[str, list[int]]:
        """The engines of a sweep, each with its points."""
        engines: dict[str, list[int]] = {}
        for point in self.details["engines"]:
            engines.setdefault(point["engine"], []).append(point["point"])
        return engines

    @property
    def baths(self) -> list[dict[str, Any]]:
        """The baths as the qubits of the first point see them."""
        return self.details["baths"]

    @property
    def warnings(self) -> list[str]:
        """What is likely not meant as it stands."""
        return self.details["warnings"]

    @property
    def jumps(self) -> float | None:
        """About how many jumps a transient takes."""
        return self.details.get("transient", {}).get("jumps")

    @property
    def seconds(self) -> float | None:
        """About how long a transient takes, where that is known."""
        return self.details.get("transient", {}).get("seconds")

    @property
    def memory(self) -> float | None:
        """About how many bytes a transient takes."""
        return self.details.get("transient", {}).get("memory")

    def rows(self) -> list[tuple[str, str]]:
        """What it says, as (what, words)."""
        told = self.details
        rows = [("kind", told["kind"])]
        if told["points"] > 1:
            rows.append(("points", f"{told['points']}"))
        for engine, points in self.engines.items():
            because = next(point["because"] for point in told["engines"] if point["engine"] == engine)
            at = "" if len(points) == told["points"] else f" at {len(points)} of {told['points']} points"
            rows.append(("engine", f"{engine}{at}: {because}"))
        units = told["units"]
        for bath in told["baths"]:
            rates = [f"{name} {_superjump.shown(bath[name])}" for name in _RATES if bath[name] > 0]
            where = " at point 0" if told["baths_differ"] else " at the start" if told["protocol"] else ""
            words = f"{bath['name']} ({bath['coupling']}): {', '.join(rates)} {units['rate']}" if rates else f"{bath['name']} off"
            rows.append(("bath", f"{words}{where}; {_scale(bath, units['temperature'])}"))
        if told["emitters"]:
            rows.append(("positions", _shared(told["emitters"])))
        if told["protocol"]:
            rows += _protocol(told["protocol"], [bath["name"] for bath in told["baths"]])
        if told["kind"].startswith("Exact transient"):
            rows.append(("trajectories", "none are asked for yet; check(trajectories=N) says what they cost"))
        if "transient" in told:
            rows += _transient(told["transient"], told["threads"], told["points"])
        for point in told.get("steady", []):
            rows.append((f"point {point['point']}", _forecast(point["forecast"])))
        return rows + [("warning", warning) for warning in told["warnings"]]

    def __repr__(self) -> str:
        return "\n".join([self.details["title"], *(f"  {what:<14} {words}" for what, words in self.rows())])

    def _repr_html_(self) -> str:
        return html.table(self.details["title"], [], [list(row) for row in self.rows()])


def _protocol(told: dict[str, Any], baths: list[str]) -> list[tuple[str, str]]:
    """Its segments, with what qubits and baths are at their ends."""
    times = "once" if told["cycles"] == 1 else f"{told['cycles']:,} cycles"
    passes = "repeated until steady" if told["until_steady"] else times
    stages = told["stages"]
    rows = [("protocol", f"{len(stages)} segments in {_short(told['period'])}, {passes}")]
    for stage in stages:
        acting = [
            f"{name} {', '.join(f'{rate} {_ends(ends)}' for rate, ends in bath.items() if max(ends) > 0)}"
            for name, bath in zip(baths, stage["baths"], strict=True)
            if any(max(ends) > 0 for ends in bath.values())
        ]
        words = [f"frequency {_ends(stage['frequency'])}", *acting, *(["driven"] if stage["driven"] else [])]
        rows.append(("segment", f"{stage['name']}, {_short(stage['duration'])}: {'; '.join(words)}"))
    return rows


def _shared(told: dict[str, Any]) -> str:
    """What qubits at points share, and what follows from it before anything is evolved."""
    g2 = told["g2"]
    burst = f"g2(0) of all inverted {_short(g2)}: {'a burst' if g2 > 1 else 'no burst'}"
    # What is below rounding is 0.
    rates = [rate if abs(rate) > 1e-12 else 0.0 for rate in told["rates"] or []]
    decays = f"one excitation decays at {_short(rates[0])} to {_short(rates[-1])} of the rate of one alone; " if rates else ""
    return f"{told['qubits']} qubits; {decays}{burst}"


def _ends(ends: list[float]) -> str:
    first, last = map(_short, ends)
    return first if first == last else f"{first} to {last}"


def _scale(bath: dict[str, Any], unit: str) -> str:
    ratio = "inf" if bath["temperature"] == 0 else _short(bath["energy_over_temperature"])
    temperature = f"{_short(bath['temperature'])} {unit}" if bath["temperature"] is not None else "-"
    return f"T = {temperature}, hbar omega_0/(k_B T) = {ratio}, n = {_short(bath['occupation'])}"


def _transient(told: dict[str, Any], threads: int, points: int) -> list[tuple[str, str]]:
    seconds = told["seconds"]
    missing = told["exact_missing"]
    on = f"{threads} thread{'' if threads == 1 else 's'}"
    return [
        ("time", f"to {_superjump.shown(told['until'])}, {told['samples']} samples"),
        ("trajectories", f"{told['trajectories']:,} in {told['parts']:,} part{'' if told['parts'] == 1 else 's'}"),
        ("jumps", f"{'up to' if told['bounded'] else 'about'} {count(told['jumps'])}"),
        ("duration", "not known" if seconds is None else f"about {duration(seconds)} on {on}"),
        ("memory", f"about {max(told['memory'] / 1e6, 1):.0f} MB"),
        ("exact", f"not for {len(missing)} of {points} points: {missing[0]}" if missing else "beside every estimate"),
    ]


def _forecast(told: dict[str, Any] | None) -> str:
    if told is None:
        return "its relaxation takes longer to be solved for than is waited here"
    return (
        f"relaxes in {_short(told['relaxation_time'])} ({told['relaxation_from'].lower()}); "
        f"first {told['trajectories']} trajectories of {_short(told['duration'])}, "
        f"up to {count(told['jumps_bound'])} jumps"
    )


def _short(value: float | None) -> str:
    """A number in four digits."""
    if value is None:
        return "-"
    digits = float(f"{value:.3e}")
    return _superjump.shown(digits) if digits == 0 or 1e-3 <= abs(digits) < 1e6 else f"{digits:g}"
