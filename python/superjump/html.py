"""What notebooks show: tables like that of the report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _superjump

if TYPE_CHECKING:
    from .results import Run
    from .scenario import Scenario
    from .table import Table

#: Rows that are shown at most.
_MOST = 30


def table(caption: str, heads: list[str], rows: list[list[str]], notes: list[str] | None = None) -> str:
    """A table of words; what is not in the first column and looks like a number stands to the right."""
    head = "".join(f"<th style='text-align:left'>{escape(word)}</th>" for word in heads)
    body = "".join("<tr>" + "".join(_cell(word) for word in row) + "</tr>" for row in rows[:_MOST])
    more = [f"... and {len(rows) - _MOST} more"] if len(rows) > _MOST else []
    below = "".join(f"<div>{escape(note)}</div>" for note in more + (notes or []))
    header = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f"<div><strong>{escape(caption)}</strong><table>{header}<tbody>{body}</tbody></table>{below}</div>"


def _cell(word: str) -> str:
    number = word[:1] in "-+0123456789" and word != ""
    return f"<td style='text-align:{'right' if number else 'left'}'>{escape(word)}</td>"


def scenario(shown: Scenario) -> str:
    """A scenario: its tables, and what is in them."""
    rows = []
    for name, value in shown.to_dict().items():
        for item in value if isinstance(value, list) else [value]:
            words = ", ".join(f"{key} = {_short(of)}" for key, of in item.items()) if isinstance(item, dict) else item
            rows.append([name, str(words)])
    return table(shown.title, [], rows)


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) > 4:
        return f"[{value[0]}, {value[1]}, ... {value[-1]}] ({len(value)})"
    return str(value)


def run(shown: Run) -> str:
    """The answer of a run: its quantities, beside the swept keys where there are any."""
    if shown.is_empty:
        return "<p>no results</p>"
    keys = list(shown.points[0])
    sampled = shown.sampled
    rows = []
    for point in shown._points:
        swept = [str(value) for value in point["parameters"].values()]
        for row in point["quantities"]:
            if row["quantity"].startswith("photon_time_"):
                continue
            rows.append([*swept, row["quantity"], row["bath"] or "", *_values(row, sampled), _unit(row["unit"])])
    heads = [*keys, "quantity", "bath", *(["estimate", "exact", "z"] if sampled else ["exact"]), ""]
    notes = [f"{shown.details['title']}"] if shown.kind else []
    if not shown.complete:
        notes.append("Partial: the run was interrupted.")
    if shown.converged is False:
        notes.append(f"NOT CONVERGED: {'; '.join(shown.missing)}")
    return table(shown.kind or shown.details["title"], heads, rows, notes + shown.refused[:3] + shown.warnings)


def _values(row: dict[str, Any], sampled: bool) -> list[str]:
    exact = "-" if row["exact"] is None else _superjump.shown(row["exact"])
    if not sampled:
        return [exact]
    estimate = "-" if row["estimate"] is None else _superjump.with_error(row["estimate"], row["std_error"])
    return [estimate, exact, "-" if row["z"] is None else f"{row['z']:+.1f}"]


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def rows(shown: Table) -> str:
    """The first rows of a table."""
    columns = [shown[name][:_MOST] for name in shown.columns]
    lines = [[_word(value) for value in row] for row in zip(*columns, strict=True)]
    notes = [f"{len(shown):,} rows"]
    return table("", shown.columns, lines, notes)


def _word(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "-"
    if isinstance(value, float):
        return _superjump.shown(float(f"{value:.6g}"))
    return f"{len(value)} values" if isinstance(value, np.ndarray) else str(value)
