"""How a run shows that it is alive: a bar on a terminal, one in a notebook, or whatever one wants."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import _superjump

#: Runs that are over before nobody miss a bar; and how often it moves, in seconds.
_AFTER = 0.5
_EVERY = 0.2
#: Characters of the bar of a terminal.
_WIDTH = 20


@dataclass(frozen=True)
class Progress:
    """Where a run stands."""

    #: How many are done, of how many, and of what: "trajectories", "parts merged", "points".
    done: int
    of: int
    what: str
    #: Seconds since it began, and those that are left, once that can be told.
    seconds: float
    seconds_left: float | None = None
    #: Jumps so far.
    jumps: int = 0
    #: The running estimate of a current and its standard error, and what it is.
    estimate: float | None = None
    std_error: float | None = None
    watched: str = ""
    #: Of a steady state: how well the current is known, and how well it is to be.
    within: float | None = None
    asked: float | None = None

    @property
    def fraction(self) -> float:
        """Which part is done, from 0 to 1."""
        return self.done / self.of if self.of else 0.0

    def __str__(self) -> str:
        # Of a run that ends when it knows enough, what is done says nothing of what is left.
        share = "" if self.asked is not None else f"{100 * self.fraction:3.0f}%  "
        words = [f"{share}{self.done:,}/{self.of:,} {self.what}"]
        if self.seconds_left is not None:
            words.append(f"{duration(self.seconds_left)} left")
        if self.estimate is not None:
            words.append(f"{self.watched} {_superjump.with_error(self.estimate, self.std_error)}")
        if self.within is not None and self.asked is not None:
            words.append(f"within {self.within:.2g} (asked {self.asked:.2g})")
        if self.jumps and self.seconds > 0:
            words.append(f"{count(self.jumps / self.seconds)} jumps/s")
        return "  ".join(words)


def of_event(event: dict[str, Any] | None, seconds: float) -> Progress | None:
    """What an event of a run says."""
    match event:
        case {"progress": told}:
            current, within = told["current"] or {}, told["within"] or {}
            asked = within.get("asked")
            steady = within or (told["seconds_left"] is None and told["points"] == 0 and told["current"])
            return Progress(
                done=told["trajectories"], of=told["of"],
                what="trajectories to look at" if within else "trajectories",
                seconds=told["seconds"], seconds_left=told["seconds_left"], jumps=told["jumps"],
                estimate=current.get("mean"), std_error=current.get("std_error"),
                watched=told["watched"][0], within=within.get("reached") if steady else None,
                asked=next(iter(asked.values())) if asked else None,
            )
        case {"merging": told}:
            return Progress(done=told["parts"], of=told["of"], what="parts merged", seconds=seconds)
        case {"solved": told}:
            return Progress(done=told["points"], of=told["of"], what="points", seconds=seconds)
    return None


def count(value: float) -> str:
    """``950``, ``31.2 k``, ``40.1 million``."""
    for size, unit in ((1e9, " billion"), (1e6, " million"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.1f}{unit}"
    return f"{value:.0f}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min``, ``5.2 h``, ``2.1 days``."""
    for most, unit, digits, name in ((10, 1, 1, "s"), (120, 1, 0, "s"), (7200, 60, 0, "min"), (172_800, 3600, 1, "h")):
        if seconds < most:
            return f"{seconds / unit:.{digits}f} {name}"
    return f"{seconds / 86_400:.1f} days"


#: Where progress is shown: by itself on terminals and in notebooks (None), always, never, or by a function of its own.
Shown = bool | Callable[[Progress], object] | None


class Display:
    """Shows progress where ``shown`` says."""

    def __init__(self, shown: Shown):
        self._began = time.monotonic()
        self._last = 0.0
        self._show, self._close = _way(shown)
        self._after = 0.0 if callable(shown) else _AFTER

    def update(self, progress: Progress | None, *, last: bool = False) -> None:
        now = time.monotonic()
        if progress is None or now - self._began < self._after or (now - self._last < _EVERY and not last):
            return
        self._last = now
        self._show(progress)

    def close(self) -> None:
        self._close()


def _way(
    shown: Shown,
) -> tuple[Callable[[Progress], object], Callable[[], object]]:
    def nothing(*_: object) -> None:
        return None

    if callable(shown):
        return shown, nothing
    if not (shown is None or isinstance(shown, bool)):
        raise TypeError(f"progress={shown!r}: True, False, None, or a function of a Progress")
    if shown is False:
        return nothing, nothing
    if _in_notebook():
        return _notebook()
    if shown or sys.stderr.isatty():
        return _terminal()
    return nothing, nothing


def _in_notebook() -> bool:
    # Nobody who has not loaded IPython is in a notebook.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def _terminal() -> tuple[Callable[[Progress], object], Callable[[], object]]:
    drawn = False

    def show(progress: Progress) -> None:
        nonlocal drawn
        drawn = True
        import shutil

        filled = round(_WIDTH * progress.fraction)
        line = f"{'━' * filled}{'╌' * (_WIDTH - filled)} {progress}"
        # A line that is longer than the terminal is wide could not be wiped.
        line = line[: shutil.get_terminal_size().columns - 1]
        sys.stderr.write(f"\r\x1b[2K{line}")
        sys.stderr.flush()

    def close() -> None:
        if drawn:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    return show, close


def _notebook() -> tuple[Callable[[Progress], object], Callable[[], object]]:
    from IPython.display import HTML, display

    handle: Any = None

    def show(progress: Progress) -> None:
        nonlocal handle
        bar = f"<progress max=1 value={progress.fraction:.4f} style='width:20em;vertical-align:middle'></progress>"
        made = HTML(f"{bar} <code>{html.escape(str(progress))}</code>")
        if handle is None:
            handle = display(made, display_id=True)
        else:
            handle.update(made)

    def close() -> None:
        if handle is not None:
            handle.update(HTML(""))

    return show, close
