"""What the tests of durable conversations share: workers in processes of their own, which are killed, and a
count of what they did.
"""

# ruff: noqa: ASYNC110  what another process is at is asked for
from __future__ import annotations

import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

import anyio
import pytest
from chat_core import Messages

KILLS = int(os.environ.get("CHAT_KILLS", "1"))  # CHAT_KILLS=200 by hand
SEED = os.environ.get("CHAT_KILLS_SEED", "7")
LASTS = 0.2  # seconds of a model turn, and of a tool before and after its effect, while workers are killed


class Scene:
    """A folder by which a test and its workers tell each other what happens, and for how long."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self, effect: str) -> None:
        """Write down an effect of a tool."""
        self._append("effects", effect)

    async def pause(self, place: str) -> None:
        """Be in a place: for as long as the test makes it slow, else for a moment or no time."""
        self._append("places", place)
        while (self.folder / f"slow-{place}").exists():
            (self.folder / f"in-{place}").touch()
            await anyio.sleep(0.02)
        if (self.folder / "lasting").exists():
            await anyio.sleep(LASTS)
        self._append("places", f"past {place}")

    def slow(self, place: str) -> Path:
        """Make workers wait in a place until the file is deleted."""
        file = self.folder / f"slow-{place}"
        file.touch()
        return file

    async def reached(self, place: str) -> None:
        """Wait until a worker waits in a place."""
        with anyio.fail_after(60):
            while not (self.folder / f"in-{place}").exists():
                await anyio.sleep(0.01)

    @property
    def effects(self) -> Counter[str]:
        """How often each tool had its effect."""
        return Counter(line.split()[0] for line in self.lines("effects"))

    @property
    def place(self) -> str:
        """Where a worker went last."""
        return (self.lines("places") or ["start"])[-1]

    def lasting(self) -> None:
        """Have every place take a moment."""
        (self.folder / "lasting").touch()

    def clear(self) -> None:
        """Forget effects, places, and what workers have printed."""
        for name in ("effects", "places", "log"):
            (self.folder / name).unlink(missing_ok=True)

    def _append(self, name: str, line: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(line + "\n")

    def lines(self, name: str) -> list[str]:
        """Return what was written down under a name."""
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []


class Workers:
    """Processes that run a function, which takes the folder of a scene first.

    They are forked where the system can do that from a process that has imported `modules` already: what a
    worker imports takes seconds.
    """

    def __init__(
        self, run: Callable[..., None], modules: Sequence[str], folder: Path, *arguments: str
    ) -> None:
        methods = multiprocessing.get_all_start_methods()
        self._context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            self._context.set_forkserver_preload([*modules])
        self._call = (run, folder, *arguments)
        self.processes: list[BaseProcess] = []

    def start(self) -> BaseProcess:
        """Start one."""
        process = self._context.Process(target=_logged, args=self._call, daemon=True)
        process.start()
        self.processes.append(process)
        return process

    def kill(self) -> None:
        """Kill all with SIGKILL."""
        for process in self.processes:
            process.kill()
            process.join()
        self.processes.clear()


def _logged(run: Callable[..., None], folder: Path, *arguments: str) -> None:
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    run(folder, *arguments)


class Subject(Protocol):
    """Conversations of an engine, one after the other, that end with the model saying "Done."."""

    @property
    def scene(self) -> Scene: ...
    def start(self) -> object: ...  # a worker
    async def kill(self) -> None: ...  # all workers
    async def begin(self) -> None: ...  # the next conversation
    async def finish(self) -> dict[str, str]: ...  # decides until its end: how each waiting call stood last
    async def messages(self) -> Messages: ...
    async def trouble(self) -> object: ...  # what else is known, for the message of a failure


@dataclass
class Figures:
    """What came of kills."""

    kills: int = 0
    places: Counter[str] = field(default_factory=Counter[str])  # where a worker was when it was killed
    conversations: int = 0
    calls: Counter[str] = field(default_factory=Counter[str])  # how they ended, or that they were unknown
    twice: int = 0
    lost: int = 0  # effects that did not happen and that nobody was asked about
    seconds: float = 0.0


async def kill_at_random(subject: Subject, kills: int = KILLS, seed: str = SEED) -> Figures:
    """Kill workers at random moments of conversations, one conversation after the other, and count."""
    figures, moments, began = Figures(), random.Random(seed), time.monotonic()
    subject.scene.lasting()
    subject.start()
    try:
        while figures.kills < kills:
            await _kill_once(subject, moments.uniform(0.0, 2.5), figures)
    finally:
        figures.seconds = round(time.monotonic() - began, 1)
        print(figures, file=sys.__stderr__)
    return figures


async def _kill_once(subject: Subject, moment: float, figures: Figures) -> None:
    ended = anyio.Event()

    async def strike() -> None:
        await anyio.sleep(moment)
        figures.kills += 1
        figures.places["end" if ended.is_set() else subject.scene.place] += 1
        await subject.kill()
        subject.start()

    subject.scene.clear()
    await subject.begin()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(strike)
        seen = await subject.finish()
        ended.set()
    await _count(subject, seen, figures)


async def _count(subject: Subject, seen: dict[str, str], figures: Figures) -> None:
    messages = await subject.messages()
    effects = subject.scene.effects
    if not len(messages) or messages[-1].text != "Done.":
        log = "\n".join(subject.scene.lines("log")[-200:])
        pytest.fail(f"it has not ended: {messages.to_json()} {await subject.trouble()}\n{log}")
    figures.conversations += 1
    figures.calls["unknown"] += sum(status == "unknown" for status in seen.values())
    for call in messages.calls:
        figures.calls[call.status.type] += 1
        figures.twice += effects[call.name] > 1
        figures.lost += effects[call.name] == 0 and seen.get(call.name) != "unknown"
