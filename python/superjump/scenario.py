"""Scenarios: what is to be simulated, built in Python or read from a file. Their text is the contract: what is built
here can be run by the program, and the other way round."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from . import _superjump
from .check import Check
from .errors import Interrupted, NotConverged, Note, tell
from .executor import bring
from .jobs import Job, cores, run_here
from .progress import Shown
from .qutip import Equation, equation
from .run import Run, Runnable


class Scenario(Runnable):
    """What is to be simulated: qubits between baths, from where and for how long.

    Every keyword has the name of its key, or table, in the scenario file; what a table holds is a dict. Wherever a
    number is wanted numpy scalars are taken, too, and arrays wherever there is a list.

    Parameters
    ----------
    qubits:
        Their number N, or a dict: ``number``, ``frequency`` (omega_0, or GHz), ``transmon``, ``frequencies``,
        ``exchange``, ``twisting``, ``group`` ...
    baths:
        :func:`superjump.collective` and :func:`superjump.local` baths, or dicts.
    positions, decay:
        Emitters: ``{"kind": "free space", "lattice": "chain", "spacing": 0.1, "count": 6, "dipole": [0, 0, 1]}`` for a
        ``bath("light", "positions", ...)``, ``points`` being an array of shape (N, 3); and
        ``[{"name": "shared", "matrix": gamma}]`` with a Hermitian array of shape (N, N), of rates.
    ensemble, mode, parameters, hamiltonian, jump, observe, correlate:
        Ensembles and modes and what acts on them: lists of dicts, or dicts, as the tables of the scenario file.
    initial:
        ``"ground"``, ``"inverted"``, ``"steady"``, or a state as :func:`superjump.dicke`, :func:`superjump.coherent` ...
        Or a ket, as a numpy vector or a Qobj of QuTiP: of the register (2^N) or of a ladder (2J + 1), in QuTiP's order.
    times:
        The times that are looked at, ascending from 0 (1/omega_0, or ns): an array of shape (T,). Or ``until`` with
        ``samples`` and ``spacing``.
    trajectories:
        How many; also an argument of :meth:`run`.
    seed:
        Of all random streams, 1 if left out.
    drive:
        ``{"amplitude": Omega, "detuning": Delta}``.
    protocol:
        What changes in time: :func:`superjump.protocol` of :func:`superjump.segment`, or a dict.
    record:
        ``{"jumps": True, "photons": 3}``: what is kept beside averages.
    noise, steady, condition, figure, sweep, units, title:
        As in the scenario file.

    Raises
    ------
    ScenarioError
        Keys that are unknown, missing or out of range: all of them at once.
    """

    def to_qutip(self, point: int | None = None) -> Equation:
        """``H, c_ops, rho0, e_ops`` for QuTiP, in the product space of all qubits: what this scenario solves, with the
        rates that the library takes, to be checked or to add a term to.

        Times, rates and currents are in the scenario's units; ``point`` is the place in a sweep. See
        :class:`superjump.qutip.Equation`.

        Raises
        ------
        ImportError
            Without QuTiP.
        ValueError
            More than 10 qubits, or 1,024 states of ensembles and modes; a cut that grows, a condition; or a sweep of which no
            point is named.
        """
        return equation(self, point)

    def check(self, trajectories: int | None = None, *, threads: int | None = None) -> Check:
        """What a run would do: the engine and why, the baths' occupations, what it costs (of so many trajectories), and
        what is likely a slip."""
        asked = self._with_trajectories(trajectories)
        sampled = asked.asks_for_steady or "trajectories" in asked._data.get("evolution", {})
        return Check(json.loads(asked._read(exact=not sampled).check(cores(threads))))

    def run(
        self,
        trajectories: int | None = None,
        *,
        output: str | os.PathLike[str] | None = None,
        cache: str | os.PathLike[str] | None = None,
        threads: int | None = None,
        progress: Shown = None,
        exact: bool = True,
        fresh: bool = False,
        executor: Executor | None = None,
    ) -> Run:
        """Simulates, and waits for the results. While it computes other Python threads run on. Ctrl-C ends it within a
        fraction of a second, and gives what there is, with a warning.

        Parameters
        ----------
        trajectories:
            How many, in place of what the scenario says.
        output:
            A folder: results, and what a later run of the same scenario goes on from, as the program leaves them. In
            memory where it is left out.
        cache:
            A folder of many such folders, in which the scenario finds its own.
        threads:
            All cores if left out. No result depends on it.
        progress:
            A bar on terminals and in notebooks (None), always or never, or a function of a :class:`Progress`.
        exact:
            Whether exact values are solved for beside the estimates, where they can be afforded.
        fresh:
            Replace what is in ``output``.
        executor:
            Any executor of PEP 3148, which computes the parts; needs ``output``.

        Raises
        ------
        ScenarioError
            What does not fit.
        FolderError
            A folder of other results, or one in which another process is at work.
        """
        asked = self._with_trajectories(trajectories)
        return asked._run(_folder(asked, output, cache), threads, exact, fresh, progress, executor)

    def start(
        self,
        trajectories: int | None = None,
        *,
        relative_error: float | None = None,
        absolute_error: float | None = None,
        bath: str | None = None,
        confidence: float | None = None,
        max_jumps: float | None = None,
        until: float | None = None,
        noise: Mapping[str, Any] | None = None,
        output: str | os.PathLike[str] | None = None,
        cache: str | os.PathLike[str] | None = None,
        threads: int | None = None,
        exact: bool = True,
        fresh: bool = False,
    ) -> Job:
        """Begins a :meth:`run` and does not wait for it; or, with any of the words that only :meth:`steady` has, that."""
        steady = {
            "relative_error": relative_error, "absolute_error": absolute_error, "bath": bath,
            "confidence": confidence, "max_jumps": max_jumps,
        }
        if noise is None and until is None and all(value is None for value in steady.values()):
            asked = self._with_trajectories(trajectories)
        else:
            asked = self._settled(steady, {"until": until, "trajectories": trajectories}, noise)
        return asked._start(_folder(asked, output, cache), threads, exact, fresh)

    def steady(
        self,
        *,
        relative_error: float | None = None,
        absolute_error: float | None = None,
        bath: str | None = None,
        confidence: float | None = None,
        max_jumps: float | None = None,
        until: float | None = None,
        trajectories: int | None = None,
        noise: Mapping[str, Any] | None = None,
        strict: bool = False,
        output: str | os.PathLike[str] | None = None,
        cache: str | os.PathLike[str] | None = None,
        threads: int | None = None,
        progress: Shown = None,
        exact: bool = True,
        fresh: bool = False,
        executor: Executor | None = None,
    ) -> Run:
        """The steady state, from as many trajectories as it takes until the current of ``bath`` is known.

        Parameters
        ----------
        relative_error, absolute_error:
            Half the width of the interval, over the current or in its unit; 0.01 of it if left out.
        bath:
            Whose heat current has to be known; the first that exchanges quanta if left out.
        confidence:
            How often the interval has to hold the true current, 0.95 if left out.
        max_jumps, until, trajectories:
            The most that may be spent. The times of the scenario are none: they are of transients.
        noise:
            ``{"windows": [...], "frequencies": [...], "delays": [...], "baths": [...]}``: counting statistics.
        strict:
            Raise :class:`NotConverged` where a budget ends before the error is met.

        The others are those of :meth:`run`.
        """
        steady = {
            "relative_error": relative_error, "absolute_error": absolute_error, "bath": bath,
            "confidence": confidence, "max_jumps": max_jumps,
        }
        budget = {"until": until, "trajectories": trajectories}
        asked = self._settled(steady, budget, noise)
        results = asked._run(_folder(asked, output, cache), threads, exact, fresh, progress, executor)
        if strict and not results.converged:
            what = "; ".join(results.missing)
            words = f"is not converged: missing {what}" if what else "was not reached: the run was interrupted"
            raise NotConverged(f"the steady state {words}", results)
        return results

    def exact(
        self,
        *,
        steady: bool | None = None,
        noise: Mapping[str, Any] | None = None,
        output: str | os.PathLike[str] | None = None,
        cache: str | os.PathLike[str] | None = None,
        threads: int | None = None,
        progress: Shown = None,
        fresh: bool = False,
    ) -> Run:
        """The exact values, without trajectories: at the scenario's times, or in the steady state (``steady=True``, and
        where there are no times).

        ``noise`` asks for counting statistics of the steady state; the others are arguments of :meth:`run`.
        """
        asked = self
        if steady is None and noise is None:
            steady = not (self.asks_for_steady or self._is_timed)
        if steady or noise is not None:
            # How trajectories are drawn means nothing here.
            asked = self._settled({}, {}, noise, keep=())
        elif steady is False:
            asked = self.replace(steady=None, noise=None)
        where = _folder(asked, output, cache, exact=True)
        return run_here(asked._start(where, threads, True, fresh, solve=True), progress)

    def _run(
        self,
        output: Path | None,
        threads: int | None,
        exact: bool,
        fresh: bool,
        progress: Shown,
        executor: Executor | None,
    ) -> Run:
        """Runs it, here or by an executor, and waits."""
        if executor is None:
            return run_here(self._start(output, threads, exact, fresh), progress)
        interrupted = bring(executor, self, output, fresh=fresh, progress=progress)
        run = run_here(self._start(output, threads, exact, merge=interrupted), progress)
        if interrupted:
            if run.is_empty:
                raise KeyboardInterrupt("interrupted before there were any results")
            tell("the results are partial; the same call goes on", Interrupted)
        return run

    def _start(
        self,
        output: Path | None,
        threads: int | None,
        exact: bool,
        fresh: bool = False,
        *,
        solve: bool = False,
        merge: bool = False,
        begun: _superjump.Results | None = None,
    ) -> Job:
        """Begins to run it; to ``merge`` is to fold what is in the folder, and to compute nothing."""
        if fresh and output is None:
            raise ValueError("fresh=True replaces what is in a folder: give it as `output`")
        parsed = self._read(exact=solve)
        for warning in parsed.warnings:
            tell(warning, Note)
        job = _superjump.Job(
            parsed, output=output, begun=begun, threads=cores(threads), exact=exact, fresh=fresh, merge=merge
        )
        return Job(job, parsed.asked, output, lambda results: Run(self, parsed, results, output))

    def _go_on(
        self,
        output: Path | None,
        begun: _superjump.Results,
        *,
        threads: int | None,
        exact: bool,
        solve: bool,
        progress: Shown,
    ) -> Run:
        """Goes on with what was begun, from its folder or in memory."""
        return run_here(self._start(output, threads, exact, solve=solve, begun=begun), progress)


def _folder(
    scenario: Runnable,
    output: str | os.PathLike[str] | None,
    cache: str | os.PathLike[str] | None,
    exact: bool = False,
) -> Path | None:
    if output is not None and cache is not None:
        raise ValueError("output= and cache=: give one of them")
    if cache is None:
        return None if output is None else Path(output)
    return Path(cache) / f"{scenario.name}-{scenario._digest}{'-exact' if exact else ''}"


