"""Campaigns whose parts are computed by whatever one has."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path
from typing import NamedTuple

from . import _superjump
from .description import Description
from .errors import RunError
from .progress import Display, Progress, Shown

#: Parts that are with an executor at a time, at most.
_MOST = 1000


class Part(NamedTuple):
    """Consecutive trajectories of one point: what is computed at a time."""

    #: The place of the point in the sweep.
    point: int
    #: The first trajectory, and how many.
    first: int
    trajectories: int


class Round(NamedTuple):
    """A part of a round of a steady state: some of its trajectories, that are computed at a time."""

    #: The place of the point in the sweep.
    point: int
    #: What its file is called.
    name: str
    #: All that it takes to compute it, as JSON.
    told: str


def compute(scenario: Description, part: Part | Round, threads: int = 1) -> bytes:
    """Computes a part of a scenario, to the bytes that :meth:`Campaign.put` takes: anywhere, as both can be pickled.
    Whoever computes it, they are the same."""
    if isinstance(part, Round):
        return _superjump.compute_round(scenario._read(exact=False), part.told, threads)
    return _superjump.compute(scenario._read(exact=False), (part.point, part.first, part.trajectories), threads)


class Campaign:
    """The folder of a campaign whose parts others compute::

        with sj.Campaign(valve, "big/") as campaign:
            while parts := campaign.parts():
                for part in parts:
                    campaign.put(sj.compute(valve, part))   # here, or anywhere
        run = valve.run(output="big/")                      # folds them to results

    A transient has all its parts at once. A steady state goes on in rounds: once the parts of one are there, the next one
    has others, until the current is known. The folder is held until ``close``. Results are those of one machine, bit for
    bit.
    """

    def __init__(self, scenario: Description, output: str | os.PathLike[str], *, fresh: bool = False):
        self.scenario = scenario
        self.output = Path(output)
        parsed = scenario._read(exact=False)
        self._is_steady = parsed.asked == "converge"
        self._workshop = _superjump.Workshop(parsed, self.output, fresh)

    def parts(self) -> list[Part] | list[Round]:
        """The parts that are not there yet, in the order in which to compute them: of a steady state those of the round that
        each point is at."""
        if self._is_steady:
            return [Round(*part) for part in self._workshop.rounds()]
        return [Part(*part) for part in self._workshop.parts()]

    def put(self, data: bytes) -> Part | str:
        """Keeps a part, once its bytes are seen to be whole and of this campaign; says which it is, of a steady state by the
        name of its file."""
        return self._workshop.put_round(data) if self._is_steady else Part(*self._workshop.put(data))

    def close(self) -> None:
        """Lets go of the folder."""
        self._workshop.leave()

    def __enter__(self) -> Campaign:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def bring(executor: Executor, scenario: Description, output: Path | None, *, fresh: bool, progress: Shown) -> bool:
    """Has an executor compute all parts that are missing in a folder, and says whether it was interrupted."""
    if output is None:
        raise ValueError("an executor brings parts into a folder, from which they are folded: give output=")
    if not callable(getattr(executor, "submit", None)):
        raise TypeError(f"executor={executor!r}: any executor of PEP 3148, such as a ProcessPoolExecutor, which has submit()")
    with Campaign(scenario, output, fresh=fresh) as campaign, _shown(progress) as show:
        try:
            while parts := campaign.parts():
                _bring(campaign, parts, executor, show)
        except KeyboardInterrupt:
            return True
    return False


def _bring(
    campaign: Campaign, parts: Sequence[Part | Round], executor: Executor, show: Callable[[int, int], None]
) -> None:
    """Has an executor compute parts, and keeps each as it comes."""
    left = iter(parts)
    out: dict[Future[bytes], Part | Round] = {}
    done = 0
    try:
        while True:
            while len(out) < _MOST and (part := next(left, None)) is not None:
                out[executor.submit(compute, campaign.scenario, part)] = part
            if not out:
                return
            came, _ = wait(out, timeout=0.2, return_when=FIRST_COMPLETED)
            # Whatever has failed, what is done is kept.
            failed = {out.pop(future): future.exception() for future in came if future.exception() is not None}
            for future in came & out.keys():
                campaign.put(future.result())
                del out[future]
                done += 1
            for part, error in failed.items():
                kept = f"{done} parts are kept, and the same call goes on from them"
                raise RunError(f"the executor failed at {part}: {type(error).__name__}: {error}; {kept}") from error
            show(done, len(parts))
    except BaseException:
        for future in out:
            future.cancel()
        raise


@contextlib.contextmanager
def _shown(progress: Shown) -> Iterator[Callable[[int, int], None]]:
    display = Display(progress)

    def show(done: int, of: int) -> None:
        display.update(Progress(done=done, of=of, what="parts", seconds=0.0))

    try:
        yield show
    finally:
        display.close()
