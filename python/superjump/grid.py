"""Results as a Dataset of xarray: over the swept keys, the bath and the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .results import Results, swept_grid

if TYPE_CHECKING:
    import xarray

#: What there is of each quantity, beside its value.
_BESIDE = ("std_error", "exact")


def dataset(run: Results) -> xarray.Dataset:
    """The Dataset of a run."""
    import xarray

    # A point of a sweep that is looked at alone has its keys in its attributes, and not as dimensions.
    is_sweep = run._is_sweep
    grid = swept_grid(run.points) if is_sweep else {}
    axes = {key: len(values) for key, values in grid.items()} if grid is not None else {"point": len(run)}
    coords = _coordinates(run, grid)
    variables: dict[str, Any] = {}
    found = {
        quantity: {bath: _values(run, quantity, bath) for bath in baths} for quantity, baths in _baths(run).items()
    }
    # Averages over intervals begin later than values at times.
    times = [estimate.times for of in found.values() for estimate in of.values() if estimate.times is not None]
    time = np.unique(np.concatenate(times)) if times else None
    if time is not None:
        coords["time"] = ("time", time, {"units": _time_unit(run)})
    pairs = sorted({bath for of in found.values() for bath in of if bath is not None and bath not in run.baths})
    for quantity, of in found.items():
        kinds: dict[str | None, dict[str | None, Any]] = {}
        for bath, estimate in of.items():
            kinds.setdefault(None if bath is None else "bath" if bath in run.baths else "pair", {})[bath] = estimate
        for kind, of_kind in kinds.items():
            first = next(iter(of_kind.values()))
            along = _along(run, kind, pairs)
            dims = [*axes, *([kind] if kind else []), *(["time"] if first.times is not None else [])]
            if kind:
                coords[kind] = (kind, np.array(along, dtype=object))
            # Of the whole, and of each bath as well.
            called = f"{quantity}_{kind}" if kind and None in kinds else quantity
            for name in ("mean", *(_BESIDE if run.sampled else ())):
                rows = {bath: _on(time, estimate, name) for bath, estimate in of_kind.items()}
                missing = np.full(np.shape(next(iter(rows.values()))), np.nan)
                made = np.stack([rows.get(bath, missing) for bath in along])
                made = np.moveaxis(made, 0, int(is_sweep)) if kind else made[0]
                if is_sweep:
                    made = made.reshape(*axes.values(), *made.shape[1:])
                variables[called if name == "mean" else f"{called}_{name}"] = (dims, made, {"units": first.unit})
    attributes = {"title": run.details["title"], "kind": run.kind, "units": run.details["units"]}
    attributes |= {"seed": run.details["seed"], "version": run.details["version"]}
    return xarray.Dataset(variables, coords, attributes)


def _along(run: Results, kind: str | None, pairs: list[str]) -> list[str | None]:
    """What an axis goes along; of the whole there is one."""
    if kind is None:
        return [None]
    return [*run.baths] if kind == "bath" else [*pairs]


def _baths(run: Results) -> dict[str, list[str | None]]:
    """The quantities, each with the baths that it is of."""
    found: dict[str, list[str | None]] = {}
    for quantity, bath in run.quantities:
        found.setdefault(quantity, []).append(bath)
    return found


def _values(run: Results, quantity: str, bath: str | None) -> Any:
    try:
        return run[quantity, bath]
    except ValueError as error:
        raise ValueError(f"{error}; a Dataset has one time axis") from None


def _on(time: Any, estimate: Any, name: str) -> Any:
    """What there is of a quantity, on the axis of all times."""
    values = np.asarray(getattr(estimate, name), dtype=float)
    if estimate.times is None:
        return values
    all_times = np.full((*values.shape[:-1], len(time)), np.nan)
    all_times[..., np.searchsorted(time, estimate.times)] = values
    return all_times


def _coordinates(run: Results, grid: dict[str, list[Any]] | None) -> dict[str, Any]:
    if grid is not None:
        return {key: (key, values) for key, values in grid.items()}
    keys = run.points[0]
    return {"point": ("point", np.arange(len(run)))} | {
        key: ("point", [point[key] for point in run.points]) for key in keys
    }


def _time_unit(run: Results) -> str:
    series = run.series
    return series.units.get("time", "") if series is not None else ""
