"""What figures are made of: curves with their errors, exact values beside them, and labels with units."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _superjump

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from .estimate import Estimate
    from .results import Results

Array = npt.NDArray[Any]

#: Okabe and Ito's colours, which colour-blind readers can tell apart; and that of what is exact.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_INK = "#1a1a1a"


class Curve(NamedTuple):
    """What is drawn against one axis: estimates with their errors, and exact values."""

    label: str
    x: Array
    mean: Array
    std_error: Array
    exact: Array

    @classmethod
    def of(cls, label: str, x: Array, estimate: Estimate) -> Curve:
        return cls(label, x, *map(np.asarray, (estimate.mean, estimate.std_error, estimate.exact)))


def axes(ax: Axes | None) -> Axes:
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        how = "pip install matplotlib, or pip install 'superjump[plot]'"
        raise ImportError(f"figures are drawn by matplotlib: {how}") from None
    if ax is not None:
        return ax
    _, made = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    made.grid(alpha=0.25, linewidth=0.6)
    return made


def dashed() -> dict[str, Any]:
    return {"color": _INK, "linestyle": "--", "linewidth": 1.2, "label": "exact"}


def faint() -> dict[str, Any]:
    return {"color": COLOURS[0], "alpha": 0.3, "linewidth": 0.7}


def _shades(ax: Axes, count: int, ordered: bool) -> list[Any]:
    """Colours for things without an order, those first that are not on the axes yet; and for those of a sweep."""
    if not ordered or count <= 1:
        taken = {line.get_color() for line in ax.get_lines()}
        left = [colour for colour in COLOURS if colour not in taken] or list(COLOURS)
        return [left[place % len(left)] for place in range(count)]
    from matplotlib import colormaps

    return [colormaps["viridis"](0.88 * place / (count - 1)) for place in range(count)]


def lines(ax: Axes, curves: list[Curve], run: Results, style: Mapping[str, Any]) -> None:
    """Curves in time: means with bands, and exact ones over them."""
    sampled = run.sampled
    for curve, colour in zip(curves, _shades(ax, len(curves), run._is_sweep), strict=True):
        label = curve.label or (f"{_trajectories(run)}" if sampled else "exact")
        line = curve.mean if sampled else curve.exact
        (drawn,) = ax.plot(curve.x, line, **{"color": colour, "label": label, **style})
        if sampled and np.isfinite(curve.std_error).any():
            # Where there is no error by chance the band has no width.
            error = np.where(np.isfinite(curve.std_error), curve.std_error, 0.0)
            low, high = line - 2 * error, line + 2 * error
            ax.fill_between(curve.x, low, high, color=drawn.get_color(), alpha=0.25, linewidth=0)
    if sampled:
        if any(np.isfinite(curve.std_error).any() for curve in curves):
            once = _once(ax, "± 2 standard errors")
            ax.fill_between([], [], [], color="#808080", alpha=0.25, linewidth=0, label=once)
        _exact(ax, curves, [_INK] * len(curves), "--")
    _legend(ax, curves)


def points(ax: Axes, curves: list[Curve], run: Results, style: Mapping[str, Any], joined: bool = True) -> None:
    """Estimates with error bars, and exact values: joined, where there is something between them."""
    markers = "oDs^vP"
    shades = _shades(ax, len(curves), ordered=False)
    for place, (curve, colour) in enumerate(zip(curves, shades, strict=True)):
        marker = markers[place % len(markers)]
        if run.sampled:
            how = {"color": colour, "linestyle": "", "marker": marker, "markersize": 4, "capsize": 2}
            error = np.where(np.isfinite(curve.std_error), curve.std_error, 0.0)
            label = curve.label or _trajectories(run)
            ax.errorbar(curve.x, curve.mean, error, **{**how, "label": label, **style})
        else:
            how = {"color": colour, "linestyle": "-" if joined else "", "marker": marker, "markersize": 4}
            ax.plot(curve.x, curve.exact, **{**how, "label": curve.label or "exact", **style})
    if run.sampled:
        _exact(ax, curves, shades if len(curves) > 1 else [_INK], "--" if joined else "")
    _legend(ax, curves)


def stretch(ax: Axes, curves: list[Curve]) -> None:
    """A logarithmic axis for what spans decades."""
    heights = np.concatenate([np.where(np.isfinite(curve.exact), curve.exact, curve.mean) for curve in curves])
    heights = heights[np.isfinite(heights)]
    if len(heights) > 0 and np.all(heights > 0) and heights.max() > 100 * heights.min():
        ax.set_yscale("log")


def _exact(ax: Axes, curves: list[Curve], colours: list[Any], between: str) -> None:
    """Exact values, in ink or in the colours of what they are beside; the legend has one line for all."""
    known = [pair for pair in zip(curves, colours, strict=True) if np.isfinite(pair[0].exact).any()]
    how = {**dashed(), "linestyle": between, **({} if between else {"marker": "_", "markersize": 12})}
    for curve, colour in known:
        ax.plot(curve.x, curve.exact, **{**how, "color": colour, "label": None})
    if known:
        ax.plot([], [], **{**how, "label": _once(ax, "exact")})


def _once(ax: Axes, label: str) -> str | None:
    """A label that the legend does not have yet."""
    return None if label in ax.get_legend_handles_labels()[1] else label


def _legend(ax: Axes, curves: list[Curve]) -> None:
    many = len(curves) > 6
    ax.legend(fontsize="small" if many else None, ncols=2 if many else 1)


def _trajectories(run: Results) -> str:
    counts = {point["trajectories"] for point in run._points}
    least, most = min(counts), max(counts)
    return f"{least:,} trajectories" if least == most else f"{least:,} to {most:,} trajectories"


def is_logarithmic(x: Array) -> bool:
    """Whether values go by factors rather than by steps."""
    of = np.unique(x[x > 0])
    return len(of) > 2 and bool(of[-1] > 50 * of[0]) and bool(of[len(of) // 2] < 0.25 * of[-1])


def math(words: str) -> str:
    """The subscripts of labels as matplotlib has them."""
    return re.sub(r"([_^])\{([^}]*)\}", r"$\1{\\mathrm{\2}}$", words.replace("$", r"\$"))


def with_unit(what: str, unit: str) -> str:
    shown = math(_superjump.unit_label(unit))
    return f"{what} ({shown})" if shown else what


def quantity_label(name: str, baths: list[Any], unit: str) -> str:
    of = f", {baths[0]} bath" if len(baths) == 1 and baths[0] else ""
    return with_unit(math(_superjump.quantity_label(name)) + of, unit)


def key_label(key: str, units: str) -> str:
    label, unit = _superjump.key_label(key, units)
    return math(f"{label} ({unit})" if unit else label)


def value_words(key: str, value: Any) -> str:
    return f"{math(_superjump.key_label(key, 'natural')[0])} = {word(value)}"


def word(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value).removeprefix("state=").replace("$", r"\$")


def time_words(value: float, unit: str) -> str:
    shown = _superjump.unit_label(unit)
    return f"{value:g}{shown.removeprefix('1')}" if shown.startswith("1/") else f"{value:g} {shown}"
