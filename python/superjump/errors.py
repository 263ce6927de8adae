"""What goes wrong, in classes."""

from __future__ import annotations

import sys
import warnings
from typing import NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong with a scenario."""

    #: The key that it is about, such as ``bath.hot.rate``; None where it is about none.
    key: str | None
    #: What is wrong, with the key and the value.
    title: str
    #: What would be right.
    allowed: str
    #: The line of the file, from 1; None where there is no file.
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.title}; allowed: {self.allowed}" if self.allowed else self.title


class ScenarioError(ValueError):
    """A scenario that cannot be run, with all that is wrong with it in ``faults``.

    ``key``, ``allowed`` and ``line`` are those of the first fault.
    """

    faults: list[Fault]

    def __init__(self, faults: list[Fault] | list[tuple[str | None, str, str, int | None]], text: str | None = None):
        self.faults = [Fault(*fault) for fault in faults]
        several = len(self.faults) > 1
        lines = [f"- {fault}" if several else str(fault) for fault in self.faults]
        super().__init__("\n".join(lines) if text is None else text)
        self._text = text

    def __reduce__(self) -> tuple[type, tuple[list[Fault], str | None]]:
        return type(self), (self.faults, self._text)

    @property
    def key(self) -> str | None:
        """The key that the first fault is about."""
        return self.faults[0].key

    @property
    def allowed(self) -> str:
        """What would be right there."""
        return self.faults[0].allowed

    @property
    def line(self) -> int | None:
        """The line of the file, from 1; None where there is no file."""
        return self.faults[0].line


class RunError(RuntimeError):
    """A run that fails, or is asked for what cannot be."""


class FolderError(RunError):
    """A folder of results that cannot be used: it holds others, another process is at work there, it is damaged."""


class NotConverged(RunError):
    """A steady state that was asked for strictly and not reached. ``results`` has what there is."""

    def __init__(self, message: str, results: object = None):
        super().__init__(message)
        self.results = results


def tell(words: str, category: type[Warning]) -> None:
    """Warns whoever has called the package, at their line."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(f"{__package__}."):
        level, frame = level + 1, frame.f_back
    warnings.warn(words, category, stacklevel=level)


class Interrupted(UserWarning):
    """A run was interrupted: its results are partial."""


class Note(UserWarning):
    """Something that people should know of a run."""
