"""What notebooks show: tables like that of the report."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _superjump

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


def tables(title: str, shown: Mapping[str, Any]) -> str:
    """The tables of a scenario, and what is in them."""
    rows = []
    for name, value in shown.items():
        for item in value if isinstance(value, list) else [value]:
            segments = item.get("segment", {}) if isinstance(item, dict) else {}
            words = _words({key: of for key, of in item.items() if key != "segment"}) if isinstance(item, dict) else item
            rows.append([name, str(words)])
            rows += [[f"{name}.segment.{of}", _words(segment)] for of, segment in segments.items()]
    return table(title, [], rows)


def _words(item: Mapping[str, Any], path: str = "") -> str:
    """Keys with their values, those of inner tables by their paths."""
    each = (_words(of, f"{path}{key}.") if isinstance(of, Mapping) else f"{path}{key} = {_short(of)}" for key, of in item.items())
    return ", ".join(each)


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) > 4:
        return f"[{value[0]}, {value[1]}, ... {value[-1]}] ({len(value)})"
    return str(value)


def rows(columns: Mapping[str, npt.NDArray[Any]], count: int) -> str:
    """The first of so many rows of columns."""
    lines = [[_word(value) for value in row] for row in zip(*(of[:_MOST] for of in columns.values()), strict=True)]
    return table("", list(columns), lines, [f"{count:,} rows"])


def _word(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "-"
    if isinstance(value, float):
        return _superjump.shown(float(f"{value:.6g}"))
    return f"{len(value)} values" if isinstance(value, np.ndarray) else str(value)
