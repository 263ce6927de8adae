"""Figures of results, drawn by matplotlib in the colours of the report: ``run.plot("heat_current", bath="hot")``,
``run.plot.bursts()``. Each gives the axes that it has drawn on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _superjump, drawing
from .drawing import COLOURS, Array, Curve
from .noise import Statistic, Statistics
from .results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from matplotlib.axes import Axes

#: Trajectories that are drawn one by one, and those that can be told apart.
_MANY, _FEW = 40, 3
#: The largest J up to which every one has its tick.
_LADDER = 12
#: Bars of a histogram.
_BARS = 60

#: What a statistic is a function of, and the key of its unit.
_ARGUMENTS = {
    "windowed_noise": ("window t", "time"), "entropy_production": ("window t", "time"),
    "fluctuation_theorem": ("window t", "time"), "fluctuation_symmetry": ("window t", "time"),
    "spectrum": ("angular frequency ω", "rate"), "g2": ("time τ", "time"), "waiting_time": ("time τ", "time"),
    "first_passage": ("time t", "time"), "first_passage_density": ("time t", "time"),
    "sector_probability": ("J", None), "sector_current": ("J", None), "sector_noise": ("J", None),
    "bright_dwell": ("J", None), "dark_dwell": ("J", None),
    "generating_function": ("counting field s", None), "conditioned_current": ("counting field s", None),
    "conditioned_noise": ("counting field s", None), "conditioned_bright": ("counting field s", None),
    "rate_function": ("net quanta per unit time c", "rate"), "gaussian_rate": ("net quanta per unit time c", "rate"),
    "cumulant": ("order", None), "cumulant_digits": ("order", None), "activity_cumulant": ("order", None),
    "first_passage_cumulant": ("order", None),
    "relaxation_rate": ("mode", None), "relaxation_frequency": ("mode", None),
    "relaxation_between_sectors": ("mode", None),
}


class Plots:
    """The figures of a run. ``ax`` is where to draw, a figure of its own if left out; the axes are given back."""

    def __init__(self, run: Results):
        self._run = run

    def __call__(
        self,
        quantity: str | None = None,
        bath: str | None = None,
        *,
        against: str | None = None,
        ax: Axes | None = None,
        **style: Any,
    ) -> Axes:
        """A quantity against time, of all baths if none is named: the mean with a band of two standard errors, and the
        exact curve in dashes. Of a sweep, and of what has no times, against a swept key, with error bars of one.

        Parameters
        ----------
        quantity:
            As ``run[...]`` takes it; the heat current if left out, or a statistic of ``run.noise``.
        bath:
            Of which bath.
        against:
            ``"time"``, or a swept key: the first if left out. What else is swept tells curves apart.
        style:
            Handed to matplotlib for what is drawn of estimates (of exact values, where nothing was sampled).
        """
        run = self._run
        name = quantity or next(iter(dict.fromkeys(known for known, _ in run.quantities)), "heat_current")
        known = {known for known, _ in run.quantities}
        if name not in known and name in Statistics(run).statistics:
            if against is not None:
                raise ValueError(f"{name} is a statistic, and has its own axis: leave out `against`")
            return self.noise(name, bath, ax=ax, **style)
        of: list[str | None] = [bath] if bath is not None else self._baths(name)
        swept = list(run.points[0]) if run._is_sweep else []
        timed = run.series is not None and len(run.series.rows(quantity=name)) > 0
        over = against or (swept[0] if swept else "time")
        if over != "time" and over not in swept:
            allowed = " or ".join(["time"] * timed + swept) or "left out"
            raise ValueError(f"`against` is \"{over}\", and may be {allowed}")
        if over == "time" and not timed:
            key = ", ".join(f'"{word}"' for word in (name, of[0]) if word)
            raise ValueError(f"{name} is known of the whole run alone, and not in time: run[{key}] has its value")
        if over == "time":
            return self._in_time(name, of, ax, style)
        return self._over(name, of, over, ax, style)

    def _baths(self, name: str) -> list[str | None]:
        baths = [bath for known, bath in self._run.quantities if known == name]
        if not baths:
            self._run[name]  # Says what there is.
        return baths

    def _in_time(self, name: str, baths: list[str | None], ax: Axes | None, style: Mapping[str, Any]) -> Axes:
        run, curves = self._run, []
        for bath in baths:
            estimate = run[name, bath]
            for place, point in enumerate(run.points):
                of_bath = [bath or ""] if len(baths) > 1 else []
                words = of_bath + [drawing.value_words(key, value) for key, value in point.items()]
                of = estimate if not run._is_sweep else run.at(place)[name, bath]
                if of.times is not None and np.isfinite(of.mean).any():
                    curves.append(Curve.of(", ".join(filter(None, words)), of.times, of))
        ax = drawing.axes(ax)
        drawing.lines(ax, curves, run, style)
        ax.set_xlabel(drawing.with_unit("time", self._time_unit))
        ax.set_ylabel(drawing.quantity_label(name, baths, run._unit(name)))
        if drawing.is_logarithmic(curves[0].x):
            ax.set_xscale("log")
        return ax

    def _over(self, name: str, baths: list[str | None], key: str, ax: Axes | None, style: Mapping[str, Any]) -> Axes:
        run = self._run
        points = run.points
        values = [point[key] for point in points]
        numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        names = list(dict.fromkeys(map(drawing.word, values)))
        x = np.array(values if numeric else [names.index(drawing.word(value)) for value in values], float)
        # Keys that go together with this one tell no curves apart.
        others = [other for other in points[0] if other != key] if len(np.unique(x)) < len(x) else []
        families: dict[str, list[int]] = {}
        for place, point in enumerate(points):
            words = ", ".join(drawing.value_words(other, point[other]) for other in others)
            families.setdefault(words, []).append(place)
        curves = []
        for bath in baths:
            estimate = run.last(name, bath)
            for words, places in families.items():
                order = np.array(sorted(places, key=lambda place: x[place]))
                label = ", ".join(filter(None, [bath or "" if len(baths) > 1 else "", words]))
                columns = (np.asarray(column)[order] for column in (estimate.mean, estimate.std_error, estimate.exact))
                curves.append(Curve(label, x[order], *columns))
        ax = drawing.axes(ax)
        drawing.points(ax, curves, run, style, joined=numeric)
        ax.set_xlabel(drawing.key_label(key, run.details["units"]))
        ax.set_ylabel(drawing.quantity_label(name, baths, run._unit(name)))
        if not numeric:
            ax.set_xticks(range(len(names)), names)
            ax.set_xlim(-0.5, len(names) - 0.5)
        elif drawing.is_logarithmic(x):
            ax.set_xscale("log")
            drawing.stretch(ax, curves)
        elif np.all(x == np.round(x)):
            ax.locator_params(axis="x", integer=True)
        return ax

    def noise(
        self, statistic: str = "windowed_noise", bath: str | None = None, *, ax: Axes | None = None, **style: Any
    ) -> Axes:
        """A statistic of the currents against its window, frequency, delay or J: estimates with error bars of one
        standard error, and exact curves. Of all baths if none is named."""
        run = self._one("noise")
        statistics = Statistics(run)
        if statistics.table is None:
            raise ValueError("no counting statistics were asked for: noise={\"windows\": [...]} asks for them")
        of: Statistic = getattr(statistics, statistic)
        found = {str(each or ""): of[each] for each in (of._baths if bath is None else [bath])}
        drawn = {label: (estimate.times, estimate) for label, estimate in found.items() if estimate.times is not None}
        if not drawn:
            raise ValueError(f"{statistic} is a number, and no function of anything: run.noise.{statistic} has it")
        several = len(drawn) > 1
        curves = []
        for label, (arguments, estimate) in drawn.items():
            x = np.atleast_1d(arguments)
            order = np.argsort(x)
            columns = (np.atleast_1d(column)[order] for column in (estimate.mean, estimate.std_error, estimate.exact))
            curves.append(Curve(label if several else "", x[order], *columns))
        ax = drawing.axes(ax)
        what, unit = _ARGUMENTS.get(statistic, ("argument", None))
        drawing.points(ax, curves, run, style, joined=what != "J")
        units = {"time": self._time_unit, "rate": self._rate_unit, None: "1"}
        ax.set_xlabel(drawing.with_unit(what, units[unit]))
        ax.set_ylabel(drawing.quantity_label(statistic, list(found), next(iter(found.values())).unit))
        if drawing.is_logarithmic(np.concatenate([curve.x for curve in curves])):
            ax.set_xscale("log")
        drawing.stretch(ax, curves)
        return ax

    def spectrum(self, bath: str | None = None, *, ax: Axes | None = None, **style: Any) -> Axes:
        """The noise spectrum of the currents."""
        return self.noise("spectrum", bath, ax=ax, **style)

    def quanta(
        self, bath: str | None = None, *, window: float | None = None, ax: Axes | None = None, **style: Any
    ) -> Axes:
        """How many quanta came from a bath, as a probability: in a ``window`` of those that were counted in, with errors
        and the exact distribution. Where it is left out in the longest of them, or, where there are none, over whole
        trajectories."""
        run = self._one("quanta")
        table = run.quanta
        if table is None and window is None and run.trajectories is not None:
            return self._net_quanta(run, bath, ax, style)
        if table is None:
            raise ValueError("quanta were counted in no windows: noise={\"windows\": [...]} asks for it")
        windows = np.unique(table["window"])
        chosen = windows[-1] if window is None else window
        if chosen not in windows:
            known = ", ".join(f"{each:g}" for each in windows)
            raise ValueError(f"quanta were counted in windows of {known}, and none of {window:g}")
        curves = []
        for of in dict.fromkeys(table["bath"]) if bath is None else [bath]:
            rows = table.rows(bath=of)
            rows = rows[table["window"][rows] == chosen]
            if len(rows) == 0:
                raise KeyError(f"no quanta of {of} were counted, only of {', '.join(dict.fromkeys(table['bath']))}")
            # A bin of several numbers has their probability: that of one stands beside that of bins of one.
            by = table["width"][rows]
            columns = (table[name][rows] / by for name in ("probability", "std_error", "exact"))
            curves.append(Curve(of, table["quanta"][rows] + (by - 1) / 2, *columns))
        ax = drawing.axes(ax)
        drawing.points(ax, curves, run, style)
        ax.set_xlabel(f"net quanta absorbed in a window of {drawing.time_words(chosen, self._time_unit)}")
        ax.set_ylabel("probability")
        return ax

    def _net_quanta(self, run: Results, bath: str | None, ax: Axes | None, style: Mapping[str, Any]) -> Axes:
        table = run.trajectories
        assert table is not None
        baths = [bath] if bath is not None else run.baths
        ax = drawing.axes(ax)
        for place, of in enumerate(baths):
            if f"net_{of}" not in table.columns:
                raise KeyError(f"there is no bath {of}, only {', '.join(run.baths)}")
            net = table[f"net_{of}"]
            low, high = int(net.min()), int(net.max())
            width = max(1, -(-(high - low + 1) // _BARS))
            edges = np.arange(low, high + width + 1, width) - 0.5
            heights = np.histogram(net, edges)[0] / (len(net) * width)
            ax.stairs(heights, edges, **{"color": COLOURS[place % len(COLOURS)], "label": of, **style})
        ax.set_xlabel("net quanta absorbed in a trajectory")
        ax.set_ylabel("probability")
        ax.set_ylim(bottom=0)
        ax.legend()
        return ax

    def histogram(self, column: str = "peak_time", *, bins: Any = None, ax: Axes | None = None, **style: Any) -> Axes:
        """How a column of ``run.trajectories`` is distributed, such as ``"peak_time"``, ``"final_j"`` or ``"jumps"``: as
        a probability density, or of what counts in steps of one as probabilities."""
        run = self._one("histogram")
        table = run.trajectories
        if table is None:
            raise ValueError("the run has no trajectories, of which there would be a histogram, or kept no rows of them")
        if column not in table.columns:
            raise KeyError(f"trajectories have no {column}, only {', '.join(table.columns[1:])}")
        values = table[column]
        if values.dtype == object:
            raise ValueError(f"{column} holds lists: photons() draws them")
        values = values[np.isfinite(values)]
        if len(values) == 0:
            raise ValueError(f"{column} has no value in any of {len(table):,} trajectories")
        counts = bool(np.all(values == np.round(values)))
        ax = drawing.axes(ax)
        if counts and bins is None and np.ptp(values) <= _BARS:
            found, times = np.unique(values, return_counts=True)
            ax.bar(found, times / len(values), **{"width": 0.9, "color": COLOURS[0], **style})
            ax.set_ylabel("probability")
        else:
            edges = bins if bins is not None else min(_BARS, max(10, len(np.histogram_bin_edges(values, "fd")) - 1))
            ax.hist(values, edges, **{"density": True, "color": COLOURS[0], **style})
            ax.set_ylabel("probability density")
        units = {"time": self._time_unit, "intensity": self._rate_unit, "width": self._time_unit}
        label = {"final_j": "final J", "final_m": "final M"}.get(column) or _superjump.quantity_label(column)
        ax.set_xlabel(drawing.with_unit(drawing.math(label), units.get(column.rsplit("_", 1)[-1], "1")))
        return ax

    def bursts(self, most: int = _MANY, *, ax: Axes | None = None, **style: Any) -> Axes:
        """The intensity of single trajectories as their jumps go, ``most`` of them, with the mean of all and the exact
        curve over them. Needs ``record={"jumps": True}`` and the engine ``populations``, whose level stays as it is
        between jumps."""
        run = self._one("bursts")
        point = run._points[0]
        model = json.loads(run._parsed.model(point["index"]))
        if point["engine"] != "populations" or len(model["groups"]) > 1:
            what = "of identical qubits of one group, by the engine `populations`"
            raise ValueError(f"bursts are drawn from the levels that jumps lead to: {what}")
        if model["protocol"]:
            raise ValueError("a protocol changes the rates in time, and single bursts are drawn of rates that stay")
        half = point["qubits"] / 2

        def intensity(j: Array, m: Array) -> Array:
            seen = {"local": half + m, "collective": (j + m) * (j - m + 1)}
            return np.asarray(sum(bath["down"] * seen[bath["coupling"]] for bath in point["baths"]))

        ax = drawing.axes(ax)
        self._single(run, ax, most, intensity, style)
        baths = [bath for name, bath in run.quantities if name == "intensity"]
        found = [run["intensity", bath] for bath in baths]
        if found and found[0].times is not None:
            # Intensities add.
            for kind, how in [("mean", {"color": COLOURS[1], "label": "mean of all"}), ("exact", drawing.dashed())]:
                total = np.sum([getattr(estimate, kind) for estimate in found], axis=0)
                if np.isfinite(total).any():
                    ax.plot(found[0].times, total, **how)
        ax.set_xlabel(drawing.with_unit("time", self._time_unit))
        ax.set_ylabel(drawing.with_unit("emitted intensity", self._rate_unit))
        ax.set_ylim(bottom=0)
        ax.legend()
        return ax

    def telegraph(self, most: int = _FEW, *, ax: Axes | None = None, **style: Any) -> Axes:
        """J of single trajectories in time: local jumps move them between bright sectors, of large J, and dark ones.
        Needs ``record={"jumps": True}``."""
        run = self._one("telegraph")
        if (engine := run._points[0]["engine"]) in ("register", "product"):
            what = "qubits one by one have no sharp J" if engine == "register" else "ensembles and modes have no J in common"
            raise ValueError(f"{what} between jumps: run[...] has averages such as j_squared")
        ax = drawing.axes(ax)
        for place, (number, times, j, _) in enumerate(self._paths(run, most)):
            steps = np.flatnonzero(np.diff(j, prepend=np.nan) != 0)
            ends = np.append(steps, len(j) - 1)
            how = {"color": COLOURS[place % len(COLOURS)], "label": f"trajectory {number}", **style}
            ax.step(times[ends], j[ends], where="post", **how)
        ax.set_xlabel(drawing.with_unit("time", self._time_unit))
        ax.set_ylabel("J")
        ax.set_ylim(bottom=0)
        highest = run._points[0]["qubits"] / 2
        if highest <= _LADDER:
            ax.set_yticks(np.arange(highest % 1, highest + 1))
        ax.legend()
        return ax

    def photons(self, most: int = _MANY, *, ax: Axes | None = None, **style: Any) -> Axes:
        """The photons that single trajectories have emitted, as staircases, with the mean time of each and the exact
        one. Needs ``record={"photons": N}``."""
        run = self._one("photons")
        table = run.trajectories
        if table is None or "photon_times" not in table.columns:
            raise ValueError("photon times were not recorded: record={\"photons\": 50} keeps the first fifty")
        ax = drawing.axes(ax)
        for place, times in enumerate(table["photon_times"][:most]):
            label = "single trajectories" if place == 0 else None
            steps = np.concatenate([[0.0], times])
            ax.step(steps, range(len(steps)), where="post", **{**drawing.faint(), "label": label, **style})
        means = [(int(name.rsplit("_", 1)[1]), run.last(name)) for name, _ in run.quantities if "photon_time_" in name]
        of_mean = {"color": COLOURS[1], "label": "mean time of the k-th"}
        for kind, how in [("mean", of_mean), ("exact", drawing.dashed())]:
            at = np.array([getattr(estimate, kind) for _, estimate in means], float)
            if np.isfinite(at).any():
                ax.plot(at, [photon for photon, _ in means], **how)
        ax.set_xlabel(drawing.with_unit("time", self._time_unit))
        ax.set_ylabel("photons emitted")
        ax.legend()
        return ax

    def _single(
        self, run: Results, ax: Axes, most: int, value: Callable[[Array, Array], Array], style: Mapping[str, Any]
    ) -> None:
        for place, (_, times, j, m) in enumerate(self._paths(run, most)):
            label = "single trajectories" if place == 0 else None
            ax.step(times, value(j, m), where="post", **{**drawing.faint(), "label": label, **style})

    def _paths(self, run: Results, most: int) -> Iterable[tuple[int, Array, Array, Array]]:
        """The levels of the first trajectories that jump: number, times, J and M from each time on, up to the end."""
        table = run.jumps
        if table is None:
            raise ValueError("jumps were not recorded: a scenario with record={\"jumps\": True} keeps them")
        if len(table) == 0:
            raise ValueError("no trajectory has jumped")
        numbers = table["trajectory"]
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))[:most]
        ends = np.append(np.flatnonzero(np.diff(numbers)) + 1, len(numbers))[:most]
        local = {bath["name"] for bath in run._points[0]["baths"] if bath["coupling"] == "local"}
        before = {"emission": 1.0, "absorption": -1.0}
        until = run._points[0]["time"]
        for start, end in zip(starts, ends, strict=True):
            rows = slice(start, end)
            times, j, m = table["time"][rows], table["j"][rows], table["m"][rows]
            # A collective jump keeps J, so that the level before it is known.
            if table["bath"][start] not in local:
                first = m[0] + before.get(table["direction"][start], 0.0)
                times, j, m = np.append(0.0, times), np.append(j[0], j), np.append(first, m)
            yield int(numbers[start]), np.append(times, until), np.append(j, j[-1]), np.append(m, m[-1])

    def _one(self, name: str) -> Results:
        if len(self._run) != 1:
            raise ValueError(f"the figure is of one point: run.at(0).plot.{name}() is that of the first")
        return self._run

    @property
    def _time_unit(self) -> str:
        return "ns" if self._run.details["units"] == "SI" else "1/omega_0"

    @property
    def _rate_unit(self) -> str:
        return "1e9/s" if self._run.details["units"] == "SI" else "omega_0"

    def __repr__(self) -> str:
        return "<Plots: plot(quantity, bath=...), or one of " + ", ".join(f".{name}()" for name in self._NAMES) + ">"

    _NAMES = ("bursts", "telegraph", "photons", "noise", "spectrum", "quanta", "histogram")
