"""Hedging: where a member is slow, a second one gets the same request, and the first to answer wins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import inf
from typing import Generic, TypeAlias, TypeVar

import anyio
from anyio.abc import TaskGroup

from chat_core.routing.one_pass import Pass, Start
from chat_core.routing.trial import Trial
from chat_core.types.errors import ChatError

T = TypeVar("T")
Lose: TypeAlias = Callable[[Trial, T | None], Awaitable[None]]


async def hedged(run: Pass, start: Start[T], after: float, lose: Lose[T]) -> T:
    """Return what the first member gives that does not fail.

    Where none has answered for `after` seconds, one more is tried beside it; where one fails, the next. The
    others are cancelled, and have ended when this returns; `lose` takes each, with what it had given all the
    same. Raises the error of the pass.
    """
    race = _Race(run, start)
    try:
        async with anyio.create_task_group() as tasks:
            await race.decide(tasks, after)
            tasks.cancel_scope.cancel()
    except BaseException:  # cancelled from outside: what has won is given up too
        race.winner = None
        raise
    finally:
        race.note_failures()
        with anyio.CancelScope(shield=True):
            for trial in race.running:
                if trial is not race.winner:
                    await lose(trial, race.given.get(trial))
                    trial.ended(GeneratorExit())
    if race.winner is None:
        raise race.fault or run.error()
    return race.given[race.winner]


class _Race(Generic[T]):
    """Requests side by side. `given` are the results so far, in the order in which they came."""

    def __init__(self, run: Pass, start: Start[T]) -> None:
        self.run = run
        self.start = start
        self.running: list[Trial] = []
        self.given: dict[Trial, T] = {}
        self.failed: list[tuple[Trial, Exception]] = []
        self.winner: Trial | None = None
        self.fault: Exception | None = None
        self.changed = anyio.Event()

    async def decide(self, tasks: TaskGroup, after: float) -> None:
        """Try members until one has won, a failure ends the pass, or all have failed."""
        trials = self.run.trials()
        more = True
        while True:
            if more and (trial := next(trials, None)) is not None:
                self.running.append(trial)
                tasks.start_soon(self._try, trial)
            else:
                more = False
            if not self.running:
                return
            with anyio.move_on_after(after if more else inf):
                await self.changed.wait()
            self.changed = anyio.Event()
            if self.given:
                self.winner = next(iter(self.given))
                return
            self.note_failures()
            if self.fault is not None:
                return

    async def _try(self, trial: Trial) -> None:
        try:
            self.given[trial] = await self.start(trial)
        except Exception as error:  # raised by whoever waits for the race, not by its group of tasks
            self.failed.append((trial, error))
        self.changed.set()

    def note_failures(self) -> None:
        """Take out who has failed. The first failure that ends the pass is `fault`."""
        for trial, error in self.failed:
            self.running.remove(trial)
            try:
                if not isinstance(error, ChatError):
                    raise error
                self.run.failed(trial, error)
            except Exception as fault:  # it is raised where no member has answered
                self.fault = self.fault or fault
        self.failed.clear()
