"""What is to be simulated, as a value: built in Python or read from a file, changed key by key, and written as the text
that is the contract with the program."""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from . import _superjump, html, states, toml
from .errors import Fault, ScenarioError

#: Tables of a scenario in the order in which its text has them; others follow.
_ORDER = ("title", "units", "qubits", "bath", "drive", "initial", "protocol", "evolution", "record", "steady", "noise")

#: What decides how long a run goes on, and nothing of what a trajectory is.
_BUDGETS = {
    "evolution": ("trajectories",),
    "steady": ("relative_error", "absolute_error", "confidence", "max_jumps"),
}


class Description:
    """A scenario that is described and validated; :class:`superjump.Scenario` runs it."""

    def __init__(
        self,
        *,
        qubits: int | Mapping[str, Any] | None = None,
        baths: Iterable[Mapping[str, Any]] | Mapping[str, Any] | None = None,
        initial: Any = None,
        times: Iterable[float] | None = None,
        until: float | None = None,
        samples: int | None = None,
        trajectories: int | None = None,
        seed: int | None = None,
        engine: str | None = None,
        drive: Mapping[str, Any] | None = None,
        protocol: Mapping[str, Any] | None = None,
        record: Mapping[str, Any] | None = None,
        noise: Mapping[str, Any] | None = None,
        steady: Mapping[str, Any] | None = None,
        sweep: Mapping[str, Iterable[Any]] | None = None,
        units: str | None = None,
        title: str | None = None,
        name: str = "scenario",
        **more: Any,
    ):
        evolution = {
            "engine": engine, "until": until, "samples": samples, "times": times, "trajectories": trajectories,
            "seed": seed,
        }
        for word in [word for word in more if f"evolution.{word}" in toml.kinds()]:
            evolution[word] = more.pop(word)
        unknown = [word for word in more if word not in toml.kinds()]
        if unknown:
            raise ScenarioError([_unknown(word) for word in unknown])
        evolution = {key: value for key, value in evolution.items() if value is not None}
        # Ensembles and modes may have none, and emitters a matrix of decay in place of them.
        without = baths is None and (qubits is None or more.get("decay") is not None)
        tables = {
            "title": title, "units": units,
            "qubits": qubits if qubits is None or isinstance(qubits, Mapping) else {"number": qubits},
            "bath": [baths] if isinstance(baths, Mapping) else None if without else _baths(baths),
            "drive": drive, "protocol": protocol,
            "initial": states.table(initial, qubits),
            "evolution": {**evolution, **more.pop("evolution", {})} or None,
            "record": record, "steady": steady, "noise": noise, "sweep": sweep,
            **more,
        }
        self._begin(toml.plain(tables, ""), name=name)

    def _begin(self, data: dict[str, Any], name: str, text: str | None = None, path: str | None = None) -> None:
        known = {key: data[key] for key in _ORDER if data.get(key) is not None}
        self._data = {**known, **{key: value for key, value in data.items() if value is not None and key not in known}}
        self._text = toml.text(self._data) if text is None else text
        self._path = path
        self.name = name
        self._validate()

    @classmethod
    def _of(cls, data: dict[str, Any], name: str, text: str | None = None, path: str | None = None) -> Self:
        made = cls.__new__(cls)
        made._begin(data, name, text, path)
        return made

    @classmethod
    def from_toml(cls, text: str, *, name: str = "scenario", path: str | None = None) -> Self:
        """The scenario of the text of a scenario file; errors point into it, and call it ``path``."""
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            # The library says it better, with the line; and what it lets pass is no TOML all the same.
            _superjump.Parsed(name, path or f"{name}.toml", text, True)
            raise ScenarioError([Fault(None, f"no TOML: {error}", "")]) from None
        return cls._of(data, name, text, path or f"{name}.toml")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, name: str = "scenario") -> Self:
        """The scenario of a dict with the tables of a scenario file: ``{"qubits": {"number": 8}, "bath": [...], ...}``."""
        return cls._of(toml.plain(data, ""), name)

    @classmethod
    def _of_results(cls, text: str, name: str) -> Self:
        """That of results: its text, with what was set on the command line in comments below."""
        sets: list[str] = []
        while (cut := text.rpartition("\n# --set "))[1] and "\n" not in cut[2]:
            text, sets = cut[0], [cut[2], *sets]
        if not sets:
            return cls.from_toml(text, name=name)
        data = tomllib.loads(text)
        for key, _, value in (assignment.partition("=") for assignment in sets):
            key = key.strip()
            if key.startswith("sweep."):
                data.setdefault("sweep", {})[key.removeprefix("sweep.").strip('"')] = _value(value)
            else:
                _set(data, key, _value(value))
        return cls._of(data, name)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads a scenario file."""
        path = Path(path)
        try:
            text = _superjump.read_text(path)
        except OSError as error:
            raise type(error)(f"cannot read the scenario {path}: {error}") from None
        return cls.from_toml(text, name=path.stem.lstrip(".") or "scenario", path=str(path))

    def to_toml(self) -> str:
        """The text of a scenario file: what was read, or else what was built, always the same for the same values."""
        return self._text

    def to_dict(self) -> dict[str, Any]:
        """The tables of the scenario file as a dict of plain values."""
        return copy.deepcopy(self._data)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes a scenario file, which ``superjump run`` takes."""
        path = Path(path)
        path.write_text(self._text, encoding="utf-8")
        return path

    def replace(self, changes: Mapping[str, Any] | None = None, /, **tables: Any) -> Self:
        """The same scenario with other values: keys by their names in the file, as
        ``replace({"qubits.number": 16, "bath.hot.temperature": 2.5})``, or whole tables by keyword. None removes one."""
        data = self.to_dict()
        if "baths" in tables:
            baths = tables.pop("baths")
            tables["bath"] = [baths] if isinstance(baths, Mapping) else baths
        for key, value in {**tables, **(changes or {})}.items():
            if key == "initial":
                value = states.table(value, tables.get("qubits", data.get("qubits")))
            _set(data, key, None if value is None else toml.plain(value, key))
        return self._of(data, self.name)

    def sweep(self, keys: Mapping[str, Iterable[Any]]) -> Self:
        """The same scenario for every combination of values of its keys, the last key running fastest:
        ``sweep({"qubits.number": range(1, 11), "bath.hot.temperature": [1, 3]})``. Keys under ``"zip"`` go together."""
        swept = {key: toml.plain(values, "sweep" if isinstance(values, Mapping) else "") for key, values in keys.items()}
        data = self.to_dict()
        data["sweep"] = {**data.get("sweep", {}), **swept}
        return self._of(data, self.name)

    def _read(self, exact: bool) -> _superjump.Parsed:
        """What the library makes of it, for trajectories or for exact values."""
        try:
            return _superjump.Parsed(self.name, self._path or f"{self.name}.toml", self._text, exact)
        except ScenarioError as error:
            if self._path is not None:
                raise
            # Nobody has seen the text that was built: its lines say nothing.
            raise ScenarioError([fault._replace(line=None) for fault in error.faults]) from None

    def _validate(self) -> None:
        asked = self if self._is_timed or self.asks_for_steady or "protocol" in self._data else _bare(self)
        # Without times only trajectories to a steady state have use for the rest of what evolves.
        asked._read(exact=self._is_timed or "evolution" not in self._data)

    @property
    def title(self) -> str:
        """Its title, or its name where it has none."""
        return self._data.get("title", self.name)

    @property
    def asks_for_steady(self) -> bool:
        """Whether it asks for the steady state by itself."""
        return "steady" in self._data or "noise" in self._data or self._is_cyclic

    @property
    def _is_timed(self) -> bool:
        if any(key in self._data.get("evolution", {}) for key in ("times", "until")):
            return True
        # A protocol has an end, unless it is repeated until it is steady.
        return "protocol" in self._data and not self._is_cyclic

    @property
    def _is_cyclic(self) -> bool:
        return self._data.get("protocol", {}).get("cycles") == "until steady"

    def _with_trajectories(self, trajectories: int | None) -> Self:
        return self if trajectories is None else self.replace({"evolution.trajectories": trajectories})

    def _settled(
        self,
        steady: Mapping[str, Any],
        budget: Mapping[str, Any],
        noise: Mapping[str, Any] | None,
        keep: tuple[str, ...] = ("engine", "seed"),
    ) -> Self:
        """The same scenario, asked for its steady state."""
        data = self.to_dict()
        given = {key: toml.plain(value, f"steady.{key}") for key, value in steady.items() if value is not None}
        table = data.get("steady", {})
        if "relative_error" in given or "absolute_error" in given:
            table = {key: value for key, value in table.items() if not key.endswith("_error")}
        evolution = data.get("evolution", {})
        if not self.asks_for_steady:
            # Its times and trajectories are of a transient; as budgets nobody has meant them.
            evolution = {key: value for key, value in evolution.items() if key in keep}
        spent = {key: toml.plain(value, f"evolution.{key}") for key, value in budget.items() if value is not None}
        data["steady"] = {**table, **given}
        data["evolution"] = {**evolution, **spent} or None
        if noise is not None:
            data["noise"] = toml.plain(noise, "noise")
        return self._of(data, self.name)

    @property
    def _digest(self) -> str:
        """Tells scenarios apart whose trajectories, or points, differ."""
        data = {key: value for key, value in self._data.items() if key not in ("title", "figure")}
        for table, keys in _BUDGETS.items():
            if table in data:
                data[table] = {key: value for key, value in data[table].items() if key not in keys}
        canonical = json.dumps(data, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self._data, self.name, self._text, self._path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Description) and (self._data, self.name) == (other._data, other.name)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        qubits = self._data.get("qubits", {})
        number = qubits.get("number")
        whose = f"{number} qubits" if number is not None else "qubits"
        baths = [f"{bath.get('name', '?')} ({bath.get('coupling', '?')})" for bath in self._data.get("bath", [])]
        initial = self._data.get("initial", {}).get("state")
        parts = [whose, " between " + ", ".join(baths) if baths else "", f", from {initial}" if initial else ""]
        swept = list(self._data.get("sweep", {}))
        over = f", over {', '.join(swept)}" if swept else ""
        return f"<Scenario {self.title!r}: {''.join(parts)}{over}>"

    def _repr_html_(self) -> str:
        return html.tables(self.title, self.to_dict())


def _again(
    of: type[Description], data: dict[str, Any], name: str, text: str, path: str | None
) -> Description:
    return of._of(data, name, text, path)


def _bare(described: Description) -> Description:
    """A scenario without a question, with one that asks for nothing in particular; it is not validated."""
    made = Description.__new__(Description)
    made._data = {**described._data, "steady": {}}
    made._text, made._path, made.name = described._text + "\n[steady]\n", described._path, described.name
    return made


def _baths(baths: Iterable[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    if isinstance(baths, str) or not isinstance(baths, Iterable):
        raise ScenarioError([Fault("baths", f"`baths` is {baths!r}", "baths, as collective(name, rate=..., ...) makes one")])
    return list(baths)


def _set(data: dict[str, Any], key: str, value: Any) -> None:
    """Sets a key such as ``bath.hot.rate``; None removes it. What was swept over it is swept no more."""
    *path, last = key.split(".")
    table: Any = data
    while path:
        step = path.pop(0)
        if step in toml.BY_NAME and table is data:
            if not path:
                raise toml.refuse(key, f"does not say which key of the {step}", f"{step}.NAME.KEY, or `{step}` as a whole")
            name = path.pop(0)
            named = {one.get("name"): one for one in data.get(step, [])}
            if name not in named:
                words = ", ".join(map(str, named)) or "none"
                article = "an" if step == "ensemble" else "a"
                there = f"{article} {step} of this scenario: {words}"
                raise toml.refuse(key, f"is of {article} {step} that there is not: \"{name}\"", there)
            table = named[name]
        elif step == "segment" and path and table is data.get("protocol"):
            segments: dict[str, Any] = data["protocol"].get(step, {})
            if path[0] not in segments:
                words = ", ".join(segments)
                raise toml.refuse(key, f"is of a segment that there is not: \"{path[0]}\"", f"one of this protocol: {words}")
            table = segments
        else:
            table = table.setdefault(step, {})
            if not isinstance(table, dict):
                raise toml.refuse(key, f"is in no table: `{step}` is none")
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value
    data.get("sweep", {}).pop(key, None)
    if not data.get("sweep", True):
        del data["sweep"]


def _value(text: str) -> Any:
    """A value of a command line: TOML, or a bare word."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text.strip()


#: Keywords that stand for keys of a table.
_KEYWORDS = {"bath": "baths", "bath.*": "baths", "qubits.number": "qubits", "initial.state": "initial"}


def _unknown(word: str) -> Fault:
    """What is said of a keyword that is none."""
    for table in ("evolution", "", "qubits", "bath.*", "drive", "steady"):
        ours, told = _superjump.meant_by(table, word)
        if told is not None:
            return Fault(word, f"there is no keyword `{word}`", told)
        if ours is not None:
            key = f"{table}.{ours}" if table else ours
            flat = table in ("", "evolution") or key in _KEYWORDS
            keyword = _KEYWORDS.get(key) or _KEYWORDS.get(table) or (ours if flat else table)
            where = "" if flat else f" with `{ours}`"
            words = toml.allowed().get(key, "")
            return Fault(word, f"unknown keyword `{word}`", f"`{keyword}`{where}, as `{word}` is called here: {words}")
    known = {key.removeprefix("evolution.") for key in toml.kinds() if key.count(".") == key.startswith("evolution.")}
    known = (known - {"bath", "evolution"}) | {"baths", "name"}
    near = difflib.get_close_matches(word, sorted(known), n=1)
    of_bath = {key.removeprefix("bath.*."): key for key in toml.kinds() if key.count(".") == 2 and key.startswith("bath.*.")}
    if not near and (found := difflib.get_close_matches(word, sorted(of_bath), n=1)):
        words = toml.allowed()[of_bath[found[0]]]
        return Fault(word, f"unknown keyword `{word}`", f"did you mean `{found[0]}` of one of the `baths`? {words}")
    listed = ", ".join(f"`{name}`" for name in sorted(known))
    return Fault(word, f"unknown keyword `{word}`", f"did you mean `{near[0]}`? One of {listed}" if near else listed)
