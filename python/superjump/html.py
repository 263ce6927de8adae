"""What notebooks show: tables like that of the report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _superjump

_NUMBER = re.compile(r"-|[-+]?\d[\d,]*(\.\d*)?(e[-+]?\d+)?( ± [\d.e+-]+)?")

#: Rows that are shown at most.
_MOST = 30


def table(caption: str, heads: list[str], rows: list[list[str]], notes: list[str] | None = None) -> str:
    """A table of words; columns of numbers stand to the right."""
    shown = rows[:_MOST]
    sides = ["right" if all(map(_is_number, column)) else "left" for column in zip(*shown, strict=True)]
    sides = sides or ["left"] * len(heads)
    head = "".join(_cell("th", word, side) for word, side in zip(heads, sides, strict=bool(heads)))
    body = "".join(
        f"<tr>{''.join(_cell('td', word, side) for word, side in zip(row, sides, strict=True))}</tr>" for row in shown
    )
    more = [f"... and {len(rows) - _MOST:,} more"] if len(rows) > _MOST else []
    below = "".join(f"<div>{escape(note)}</div>" for note in more + (notes or []))
    header = f"<thead><tr>{head}</tr></thead>" if heads else ""
    above = f"<strong>{escape(caption)}</strong>" if caption else ""
    return f"<div>{above}<table>{header}<tbody>{body}</tbody></table>{below}</div>"


def _is_number(word: str) -> bool:
    """Whether it is a number, with an error or without, or stands for one that there is not."""
    return _NUMBER.fullmatch(word) is not None


def _cell(kind: str, word: str, side: str) -> str:
    return f"<{kind} style='text-align:{side}'>{escape(word)}</{kind}>"


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
