"""Runs that are under way, and the waiting for them."""

from __future__ import annotations

import json
import math
import numbers
import time
from collections.abc import Callable
from pathlib import Path

from . import _superjump
from .errors import Interrupted, Note, tell
from .progress import Display, Progress, Shown, of_event
from .run import Run

#: How often somebody who waits looks at what is new, in seconds.
_LOOK = 0.05


class Job:
    """A run that was started. It computes on threads of its own; Python goes on."""

    def __init__(self, job: _superjump.Job, asked: str, output: Path | None, made: Callable[[_superjump.Results], Run]):
        self.output = output
        self._job = job
        #: What is asked: "transient", "converge" or "solve"; and what is made of its results.
        self._asked, self._made = asked, made
        self._began = time.monotonic()
        self._progress: Progress | None = None
        self._run: Run | None = None
        self._error: Exception | None = None

    @property
    def progress(self) -> Progress | None:
        """Where it stands; None before anything is known."""
        event, notices = self._job.news()
        for notice in notices:
            tell(notice, Note)
        if event is not None:
            self._progress = of_event(json.loads(event), time.monotonic() - self._began)
        return self._progress

    @property
    def done(self) -> bool:
        """Whether it has ended, however."""
        return self._job.wait(0.0)

    def stop(self) -> None:
        """Ends it soon, with what there is; :meth:`wait` has that. It does not wait itself."""
        self._job.stop()

    def wait(self, timeout: float | None = None) -> Run:
        """Waits for the results, so many seconds at most.

        Raises
        ------
        TimeoutError
            Where it has not ended by then; it goes on.
        """
        end = None if timeout is None else time.monotonic() + timeout
        # In short waits, so that Ctrl-C is heard between them.
        while not self._job.wait(_LOOK if end is None else max(0.0, min(_LOOK, end - time.monotonic()))):
            if end is not None and time.monotonic() >= end:
                raise TimeoutError(f"the run has not ended within {timeout} s; it goes on")
        return self.result()

    def result(self) -> Run:
        """The results of a job that has ended, or what it failed by."""
        if not self.done:
            raise RuntimeError("the job has not ended: wait() does, or stop() ends it")
        if self._run is None and self._error is None:
            self.progress  # noqa: B018 - what is left to be said
            try:
                self._run = self._made(self._job.results())
            except Exception as error:
                self._error = error
        if self._error is not None:
            raise self._error
        assert self._run is not None
        return self._run

    def __repr__(self) -> str:
        where = f", into {self.output}" if self.output is not None else ""
        return f"<Job {'ended' if self.done else self.progress or 'begun'}{where}>"


def run_here(job: Job, shown: Shown) -> Run:
    """Waits for a job and shows how far it is. Ctrl-C ends it, and gives what there is; a second one does not wait."""
    display = Display(shown)
    try:
        try:
            while not job._job.wait(_LOOK):
                display.update(job.progress)
        except KeyboardInterrupt:
            job.stop()
            while not job._job.wait(_LOOK):
                pass
        except BaseException:
            # What shows the progress has failed: nobody waits for the run any more.
            job.stop()
            raise
        display.update(job.progress, last=True)
    finally:
        display.close()
    run = job.result()
    if run.interrupted:
        if run.is_empty:
            raise KeyboardInterrupt("interrupted before there were any results")
        keeps = job.output is not None or job._asked == "transient"
        again = "resume() of them goes on" if keeps else "with output= the same call would go on"
        tell(f"the results are partial; {again}", Interrupted)
    return run


def cores(threads: int | None) -> int:
    """How many threads are asked for; all cores where nothing is."""
    if threads is None:
        return _superjump.cores()
    number = int(threads) if isinstance(threads, numbers.Real) and math.isfinite(threads) else 0
    if number != threads or not 1 <= number <= 1024:
        raise ValueError(f"threads={threads!r}: a whole number from 1 to 1024")
    return number
