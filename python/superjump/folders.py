"""Folders of campaigns: their results, and how they stand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from . import _superjump
from .errors import FolderError
from .results import Run
from .scenario import Scenario


def status(self) -> dict[str, Any]:
        """How the campaign of the folder stands: trajectories of every point, processes, results."""
        return status(self._in_folder())

    def report(self) -> Path:
        """Draws the figures and the page of the folder, as the program does; gives the path of the page."""
        page, _ = _superjump.report_folder(self._in_folder())
        return Path(page)

    def _in_folder(self) -> Path:
        if self.folder is None:
            raise ValueError("the results are in memory; run(output=...) has them in a folder")
        return self.folder

    def __repr__(self) -> str:
        if self.is_empty:
            return "<Run without results>"
        partial = "" if self.complete else ", partial"
        where = f", in {self.folder}" if self.folder is not None else ""
        points = f", {len(self._points)} points" if self._is_sweep else ""
        verdict = "" if self.converged is None else ", converged" if self.converged else ", NOT CONVERGED"
        return f"<Run {self.details['title']!r}: {self.kind}{points}{partial}{verdict}{where}>"

    def _repr_html_(self) -> str:
        from .html import run

        return run(self)


class _Point(Run):
    """One point of a sweep."""

    def __init__(self, whole: Run, place: int):
        self.__dict__.update({key: value for key, value in whole.__dict__.items() if key != "series"})
        self._whole = whole
        self._place_of = place
        point = {**whole._points[place]}
        self.details = {**whole.details, "points": [point]}

    @property
    def points(self) -> list[dict[str, Any]]:
        return [dict(self._points[0]["parameters"])]

    @property
    def _is_sweep(self) -> bool:
        return False

    def table(self, name: str) -> Table | None:
        table = self._whole.series if name == "series" else self._whole.table(name)
        return None if table is None else table.of_point(self._points[0]["index"])


def open_folder(folder: str | os.PathLike[str]) -> Run:
    """The results in a folder that the program or a run left, once they are seen to be as they were written.

    Raises
    ------
    FolderError
        A folder without results, or with damaged ones.
    """
    from .errors import FolderError
    from .scenario import Scenario

    folder = Path(folder)
    results = _superjump.open(folder)
    if results is None:
        known = status(folder)
        done, of = sum(known["finished"]), sum(point["trajectories"] or 0 for point in known["points"])
        how = f"{done:,} of {of:,} trajectories" if of else f"{done:,} trajectories"
        raise FolderError(f"{folder} holds a campaign ({how}) and no results yet: running the scenario into it goes on")
    assert results.summary is not None
    details = json.loads(results.summary)
    scenario = Scenario._of_results(details["scenario_text"], details["scenario"])
    solved = not any(point["trajectories"] for point in details["points"])
    return Run(scenario, scenario._read(exact=solved), results, folder)


def status(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """How the campaign of a folder stands, also while another process works at it: ``finished`` trajectories of each of
    the ``points``, the ``processes``, and how the ``results`` stand."""
    return json.loads(_superjump.status(Path(folder)))
