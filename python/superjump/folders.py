"""Folders of campaigns: their results, and how they stand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from . import _superjump
from .errors import FolderError
from .run import Run
from .scenario import Scenario


def open_folder(folder: str | os.PathLike[str]) -> Run:
    """The results in a folder that the program or a run left, once they are seen to be as they were written.

    Raises
    ------
    FolderError
        A folder without results, or with damaged ones.
    """
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
