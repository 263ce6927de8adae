"""A quantity: what was estimated, beside the exact value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _superjump

#: Numbers of one value, or of many.
Numbers = Any


@dataclass(frozen=True, repr=False)
class Estimate:
    """A quantity: what was estimated, and the exact value beside it.

    Of one point of a sweep the arrays have shape (T,), of a sweep of P points (P, T), with T times; what is of the
    steady state or of a whole run is a number, or (P,). NaN stands where there is no value.
    """

    #: The name of the quantity, the bath it is of, and its unit ("1" for a pure number).
    quantity: str
    bath: str | None
    unit: str
    #: The times (T,); None of what is of the steady state or of a whole run.
    times: npt.NDArray[np.float64] | None
    #: The mean over trajectories; of what was solved for without any, the exact value.
    mean: Numbers
    #: Its standard error. NaN where there is none: no spread by chance, or nothing was sampled.
    std_error: Numbers
    #: The exact value.
    exact: Numbers
    #: (mean - exact)/std_error. NaN where that says nothing.
    z: Numbers
    #: Whether the means are from trajectories.
    sampled: bool = True
    #: Half the width of the interval that a steady run converged by; NaN of everything else.
    half_width: Numbers = float("nan")

    @property
    def interval(self) -> tuple[Numbers, Numbers]:
        """Where the true value is, as often as the steady run was asked for (``Run.confidence``): of the heat current
        that it was to find, and NaN of everything else."""
        return self.mean - self.half_width, self.mean + self.half_width

    def __repr__(self) -> str:
        name = f"{self.quantity}{f' ({self.bath})' if self.bath is not None else ''}"
        unit = "" if self.unit == "1" else f" {self.unit}"
        if np.ndim(self.mean) > 0:
            return f"<Estimate {name}, shape {np.shape(self.mean)}{unit}>"
        value = _superjump.with_error(self.mean, self.std_error)
        beside = f", exact {_superjump.shown(self.exact)}" if self.sampled and not np.isnan(self.exact) else ""
        z = f", z = {self.z:+.1f}" if not np.isnan(self.z) else ""
        return f"<Estimate {name}: {value}{unit}{beside}{z}>"
