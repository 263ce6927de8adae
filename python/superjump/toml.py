"""Python values as the text of a scenario, always the same text for the same values; what has no form there is refused
in words."""

from __future__ import annotations

import json
import numbers
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np

from . import _superjump
from .errors import Fault, ScenarioError

#: Lists of tables that go by their names.
BY_NAME = ("bath", "ensemble", "mode", "jump", "correlate", "decay")

#: Kinds of keys that take complex numbers, as pairs; of a value whatever it may be the library says whether it does.
_COMPLEX = ("list of numbers or pairs", "list of lists", "value")

#: How wide a line of a list may be.
_WIDTH = 110


@cache
def kinds() -> dict[str, str]:
    """The kind of every key of a scenario, such as "list of numbers"; a bath's stand under ``bath.*``."""
    return {path: kind for path, kind, _ in _superjump.scenario_keys()}


@cache
def allowed() -> dict[str, str]:
    """What every key of a scenario allows, in words."""
    return {path: words for path, _, words in _superjump.scenario_keys()}


def _kind(key: str) -> str:
    return kinds().get(generic(key), "")


def generic(key: str) -> str:
    """A key by the name that it has in the table of keys: ``bath.hot.rate`` is ``bath.*.rate``."""
    match key.split("."):
        case ["ensemble", _, "initial", *rest] if rest:
            return ".".join(["initial", *rest])
        case [table, _, *rest] if rest and (table in BY_NAME or table == "figure"):
            return ".".join([table, "*", *rest])
        case ["protocol", "segment", _, "bath", _, *rest] if rest:
            return ".".join(["protocol.segment.*.bath.*", *rest])
        case ["protocol", "segment", _, *rest]:
            return ".".join(["protocol.segment.*", *rest])
    return key


def refuse(key: str, what: str, instead: str | None = None) -> ScenarioError:
    """An error about the value of a key."""
    words = allowed().get(generic(key), "") if instead is None else instead
    return ScenarioError([Fault(key, f"`{key}` {what}", words)])


def plain(value: Any, key: str) -> Any:
    """A value as numbers, words, lists and dicts of Python; None where it stands for a key that is left out."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if hasattr(value, "scenario_value"):
        return plain(value.scenario_value(), key)
    if isinstance(value, Mapping):
        return {_name(k, key): plain(v, _below(key, k)) for k, v in value.items() if v is not None}
    if any(hasattr(value, unit) for unit in ("units", "unit")):
        raise refuse(key, f"has a unit ({value})", "the number alone, in the scenario's unit" + _unit(key))
    if isinstance(value, np.generic | np.ndarray):
        return _array(np.asarray(value), key)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real) or type(value).__name__ == "Decimal":
        return float(value)
    if isinstance(value, numbers.Complex):
        if _kind(key) not in _COMPLEX:
            raise refuse(key, f"is {_shown(value)}")
        return [float(value.real), float(value.imag)]
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        items = list(value)
        # A Series of pandas, a tensor: whatever says that it is an array is one.
        if hasattr(value, "__array__"):
            return _array(np.asarray(value), key)
        return [plain(item, _within(key, item, index)) for index, item in enumerate(items)]
    raise refuse(key, f"is {_shown(value)}, which has no form in a scenario")


def _name(name: Any, key: str) -> str:
    if isinstance(name, str):
        return name
    raise refuse(key, f"has the key {name!r}, which is no string")


def _below(key: str, name: object) -> str:
    return f"{key}.{name}" if key else str(name)


def _within(key: str, item: object, index: int) -> str:
    if key in BY_NAME:
        item = item.scenario_value() if hasattr(item, "scenario_value") else item
        return f"{key}.{item['name'] if isinstance(item, Mapping) and 'name' in item else index}"
    return key


def _shown(value: object) -> str:
    text = repr(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{text} ({type(value).__name__})"


def _unit(key: str) -> str:
    named = {"temperature": "temperature", "rate": "rate", "times": "time", "until": "time"}
    name = named.get(key.rsplit(".", 1)[-1])
    units = {
        "temperature": "hbar omega_0/k_B, or mK with units=\"SI\"",
        "rate": "omega_0, or 1e9/s with units=\"SI\"",
        "time": "1/omega_0, or ns with units=\"SI\"",
    }
    return f" ({units[name]})" if name else " (natural units, or those of units=\"SI\")"


def _array(array: np.ndarray, key: str) -> Any:
    kind = _kind(key)
    what = f"is an array of shape {array.shape} and dtype {array.dtype}"
    if array.dtype.kind not in "biufcU":
        raise refuse(key, what)
    if kind in ("number", "whole number", "true or false", "string") and array.ndim > 0:
        raise refuse(key, what, f"one value: {allowed().get(generic(key), '')}; to vary it, sweep({{\"{key}\": ...}})")
    if array.ndim == 0:
        return plain(array.item(), key)
    pairs = kind in _COMPLEX
    # Rows have a dimension more.
    rows = kind == "list of lists"
    fits = array.ndim == 1 + rows or (pairs and array.ndim == 2 + rows and array.shape[-1] == 2)
    if kind.startswith("list of") and not fits:
        raise refuse(key, what)
    if array.dtype.kind == "c" and not pairs:
        raise refuse(key, f"{what}: complex numbers")
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    return array.tolist()


def text(data: Mapping[str, Any]) -> str:
    """The text of a scenario of plain values: single keys first, then its tables."""
    single = {key: value for key, value in data.items() if not _is_table(value)}
    blocks = ["".join(f"{_key(key)} = {_value(value, len(key))}\n" for key, value in single.items())]
    for key, value in data.items():
        if not _is_table(value):
            continue
        if isinstance(value, Mapping):
            blocks += _blocks(_key(key), value)
        else:
            blocks += [f"[[{_key(key)}]]\n{_rows(table)}" for table in value]
    return "\n".join(block for block in blocks if block)


def _blocks(head: str, table: Mapping[str, Any]) -> list[str]:
    """A table, and after it the named tables that it has, such as the segments of a protocol."""
    named = {key: value for key, value in table.items() if _is_named(value)}
    rest = {key: value for key, value in table.items() if key not in named}
    blocks = [f"[{head}]\n{_rows(rest)}"] if rest or not named else []
    for key, tables in named.items():
        blocks += [f"[{head}.{_key(key)}.{_key(name)}]\n{_rows(inner)}" for name, inner in tables.items()]
    return blocks


def _rows(table: Mapping[str, Any], path: str = "") -> str:
    """A line for each key; what named tables hold has the whole path."""
    lines = ""
    for name, value in table.items():
        key = path + _key(name)
        if _is_named(value):
            lines += "".join(_rows(inner, f"{key}.{_key(of)}.") for of, inner in value.items())
        else:
            lines += f"{key} = {_value(value, len(key))}\n"
    return lines


def _is_named(value: Any) -> bool:
    """Whether it is a table of tables by their names."""
    return isinstance(value, Mapping) and len(value) > 0 and all(isinstance(of, Mapping) and of for of in value.values())


def _is_table(value: Any) -> bool:
    of_tables = isinstance(value, list) and len(value) > 0 and all(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping) or of_tables


def _key(name: str) -> str:
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isascii() and bare.isalnum() else _string(name)


def _string(word: str) -> str:
    # The escapes of JSON are those of TOML, but for one.
    return json.dumps(word, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any, indent: int = 0) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
        case str():
            return _string(value)
        case list():
            items = [_value(item) for item in value]
            line = f"[{', '.join(items)}]"
            return line if len(line) + indent <= _WIDTH else _lines(items)
        case Mapping():
            return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }" if value else "{}"
    raise TypeError(f"{value!r} is no plain value")


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    return repr(float(value))


def _lines(items: list[str]) -> str:
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > _WIDTH:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "[\n" + "\n".join([*lines, line]) + "\n]"
