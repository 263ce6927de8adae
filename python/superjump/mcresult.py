"""The results of trajectories by the names that QuTiP has them by."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .results import Results

_NO_JUMPS = "jumps were not recorded: a scenario with record={\"jumps\": True} keeps them"

#: What a value is of: a quantity, or a quantity with its bath; as ``run[...]`` takes them.
Key = str | tuple[str, str]


class McResult:
    """The results of trajectories by the names that a ``McResult`` of QuTiP has them by.

    ``average_expect`` and ``std_expect`` are lists over the quantities in ``keys``, which are those of ``e_ops``;
    ``average_e_data`` and ``std_e_data`` have them by key, arrays of shape (T,). ``std_expect`` is, as QuTiP's, the spread
    of trajectories and not the error of the mean, which is ``run[...].std_error``; NaN where there is no spread by chance.

    Where jumps were recorded ``col_times`` and ``col_which`` are lists over trajectories, ``collapse`` both together,
    and ``photocurrent`` the jumps per unit of time between one time and the next, averaged. They count ``channels``,
    (bath, direction): those of collective baths are single operators of ``c_ops``, a local one stands for N of them.
    """

    solver = "superjump"

    def __init__(self, run: Results):
        self._run = run
        self.times, self.average_e_data, spread = _followed(run)
        self.keys = list(self.average_e_data)
        #: Trajectories; 0 where only exact values were solved for.
        self.num_trajectories: int = run.details["points"][0]["trajectories"]
        # An error of the mean is s/sqrt(n) with n - 1 under the spread s; QuTiP's spread has n there.
        scale = np.sqrt(max(self.num_trajectories - 1, 0))
        self.std_e_data = {key: error * scale for key, error in spread.items()}
        self.average_expect = list(self.average_e_data.values())
        self.std_expect = list(self.std_e_data.values())
        self.expect, self.e_data = self.average_expect, self.average_e_data
        changes = json.loads(run._parsed.model(run.details["points"][0]["index"])).get("protocol") is not None
        self.channels = [
            (bath["name"], direction)
            for bath in run.details["points"][0]["baths"]
            for direction, rate in [("emission", "down"), ("absorption", "up"), ("dephasing", "dephasing")]
            # A protocol may switch on later what is off at the start.
            if bath[rate] > 0 or changes
        ]

    @cached_property
    def _jumps(self) -> tuple[list[npt.NDArray[np.float64]], list[npt.NDArray[np.int64]]]:
        table = self._run.jumps
        if table is None:
            raise AttributeError(_NO_JUMPS)
        which = np.full(len(table), -1)
        for place, (bath, direction) in enumerate(self.channels):
            which[table.rows(bath=bath, direction=direction)] = place
        ends = np.searchsorted(table["trajectory"], np.arange(1, self.num_trajectories))
        return np.split(table["time"], ends), np.split(which, ends)

    @property
    def col_times(self) -> list[list[float]]:
        """The times of jumps, trajectory by trajectory."""
        return [times.tolist() for times in self._jumps[0]]

    @property
    def col_which(self) -> list[list[int]]:
        """The place in ``channels`` of each jump, trajectory by trajectory."""
        return [which.tolist() for which in self._jumps[1]]

    @property
    def collapse(self) -> list[list[tuple[float, int]]]:
        """(time, place in ``channels``) of each jump, trajectory by trajectory."""
        return [list(zip(*pair, strict=True)) for pair in zip(self.col_times, self.col_which, strict=True)]

    @property
    def photocurrent(self) -> list[npt.NDArray[np.float64]]:
        """Jumps per unit of time of each channel, averaged, between one time and the next: arrays of shape (T - 1,)."""
        times, which = (np.concatenate(found) for found in self._jumps)
        per = self.num_trajectories * np.diff(self.times)
        return [np.histogram(times[which == place], self.times)[0] / per for place in range(len(self.channels))]

    def __getattr__(self, name: str) -> Any:
        # What a property above raises ends up here.
        if self._run.jumps is None and name in ("col_times", "col_which", "collapse", "photocurrent"):
            raise AttributeError(_NO_JUMPS)
        if name.startswith(("runs_", "states", "average_states", "final_state", "average_final_state", "trajectories")):
            raise AttributeError(f"there is no {name}: averages are kept, and jumps where asked, but no states")
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"<Results of {self.num_trajectories:,} trajectories for QuTiP's eyes: {len(self.keys)} expectations>"


def _followed(run: Results) -> tuple[Any, dict[Key, Any], dict[Key, Any]]:
    """All times, and the means and errors of the quantities that are known at every one."""
    if len(run) != 1:
        raise ValueError(f"a sweep has {len(run)} results: run.at(0).to_qutip() has those of its first point")
    if run.series is None:
        raise ValueError("a steady state has no times: run[...] has its values")
    found = {key: run[key] for key in run.quantities}
    times = np.unique(np.concatenate([of.times for of in found.values() if of.times is not None]))
    kept: dict[Key, Any] = {
        (quantity if bath is None else (quantity, bath)): of
        for (quantity, bath), of in found.items()
        if of.times is not None and len(of.times) == len(times)
    }
    means = {key: estimate.mean for key, estimate in kept.items()}
    return times, means, {key: estimate.std_error for key, estimate in kept.items()}
