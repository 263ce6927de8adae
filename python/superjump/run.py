"""What a run gives to people: its results, figures of them, and their forms for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _superjump
from .correlations import Correlations
from .description import Description
from .grid import dataset
from .mcresult import McResult
from .noise import Statistics
from .plots import Plots
from .progress import Shown
from .results import Results

if TYPE_CHECKING:
    import xarray


class Runnable(Description):
    """A description that runs to results, which know it by this: :class:`superjump.Scenario`, the only one there is."""

    def run(self, *args: Any, **options: Any) -> Run:
        """As :meth:`superjump.Scenario.run`."""
        raise NotImplementedError

    def exact(self, *args: Any, **options: Any) -> Run:
        """As :meth:`superjump.Scenario.exact`."""
        raise NotImplementedError

    def _go_on(self, *args: Any, **options: Any) -> Run:
        raise NotImplementedError


class Run(Results):
    """The results of a run: of trajectories, of a steady state, or of exact values alone; of one point or a sweep.

    ``run["heat_current", "hot"]`` is an :class:`Estimate`; ``series``, ``trajectories``, ``jumps``, ``quanta`` and
    ``summary`` are tables (:class:`superjump.Table`), None where the run has none; ``noise`` has the counting
    statistics, ``correlations`` what [[correlate]] asks for.
    """

    def __init__(
        self, scenario: Runnable, parsed: _superjump.Parsed, results: _superjump.Results, folder: Path | None
    ):
        super().__init__(parsed, results, folder)
        #: The scenario as it was run.
        self.scenario = scenario

    @property
    def noise(self) -> Noise:
        """The counting statistics; called with ``windows=``, ``frequencies=`` or ``delays=`` it runs for them."""
        return Noise(self)

    @property
    def correlations(self) -> Correlations:
        """The correlations at two times that [[correlate]] asks for: ``run.correlations["light"].mean`` along its
        ``delays``; of one point, as ``run.at(3).correlations``. ``table`` has all of them."""
        return Correlations(self)

    @property
    def plot(self) -> Plots:
        """Figures by matplotlib: ``run.plot("heat_current", bath="hot")``, ``run.plot.bursts()``, ``run.plot.telegraph()``,
        ``run.plot.noise("spectrum")`` ...; each gives its axes, and takes ``ax=``."""
        return Plots(self)

    def to_qutip(self) -> McResult:
        """The same by the attribute names of a ``McResult``: ``times``, ``average_expect``, ``std_expect``, and where jumps
        were recorded ``col_times``, ``col_which``, ``photocurrent``. It needs no QuTiP."""
        return McResult(self)

    def to_xarray(self) -> xarray.Dataset:
        """All quantities as a Dataset over the swept keys, the bath and the time: ``heat_current``,
        ``heat_current_std_error`` (where there are trajectories) and ``heat_current_exact``. The value is the mean over
        trajectories, or the exact one where nothing was sampled. A sweep that is no grid has the dimension ``point``."""
        return dataset(self)

    def resume(
        self,
        trajectories: int | None = None,
        *,
        threads: int | None = None,
        progress: Shown = None,
        exact: bool = True,
    ) -> Run:
        """Goes on with a run that was interrupted, or grows it to more trajectories, to the bits of having run it at once:
        from its folder, or of a transient in memory from what is done. A steady state in memory begins again."""
        solve = self._parsed.asked == "solve"
        asked = self.scenario._with_trajectories(trajectories)
        return asked._go_on(self.folder, self._results, threads=threads, exact=exact, solve=solve, progress=progress)

    def status(self) -> dict[str, Any]:
        """How the campaign of the folder stands: trajectories of every point, processes, results."""
        return json.loads(_superjump.status(self._in_folder()))

    def report(self) -> Path:
        """Draws the figures and the page of the folder, as the program does; gives the path of the page."""
        page, _ = _superjump.report_folder(self._in_folder())
        return Path(page)

    def _in_folder(self) -> Path:
        if self.folder is None:
            raise ValueError("the results are in memory; run(output=...) has them in a folder")
        return self.folder


class Noise(Statistics):
    """The counting statistics of a run: ``noise.fano["hot"]``, ``noise.windowed_noise["hot"]`` (whose ``times`` are the
    windows), ``noise.spectrum``, ``noise.g2`` ...; of one point, as ``run.at(3).noise``. ``table`` has all of them.

    Called with ``windows=``, ``frequencies=``, ``delays=``, ``passage=`` with ``passage_times=`` or ``baths=`` it runs the
    scenario for these; with ``order=``, ``counting_fields=`` or ``relaxation=`` it has their exact values, with
    ``counts=`` of sums over baths, too.
    """

    _run: Run

    def __call__(
        self,
        *,
        windows: Any = None,
        frequencies: Any = None,
        delays: Any = None,
        passage: Any = None,
        passage_times: Any = None,
        order: Any = None,
        counting_fields: Any = None,
        relaxation: Any = None,
        counts: Any = None,
        baths: Any = None,
        **options: Any,
    ) -> Noise:
        """Runs the scenario for counting statistics; ``options`` are those of :meth:`superjump.Scenario.run`."""
        asked = {
            "windows": windows, "frequencies": frequencies, "delays": delays,
            "passage": passage, "passage_times": passage_times, "order": order,
            "counting_fields": counting_fields, "relaxation": relaxation, "counts": counts, "baths": baths,
        }
        given = {key: value for key, value in asked.items() if value is not None}
        if self._run.sampled:
            return self._run.scenario._settled({}, {}, given).run(**options).noise
        return self._run.scenario.exact(noise=given, **options).noise
