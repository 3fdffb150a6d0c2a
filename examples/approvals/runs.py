"""Runs of conversations in the server: they go on when the browser is closed, and it may come back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup
from chat_core import (
    ChatError,
    ChatEvent,
    ChatResponse,
    Done,
    JsonObject,
    Messages,
    Paused,
    TextChunk,
    ToolCalled,
    ToolProgress,
    ToolResult,
)
from office import Office


@dataclass
class Run:
    """One `stream` of a conversation: what it has told so far, for any number of readers."""

    events: list[JsonObject] = field(default_factory=list[JsonObject])
    ended: bool = False
    _news: anyio.Event = field(default_factory=anyio.Event)

    def publish(self, event: JsonObject, *, last: bool = False) -> None:
        """Add an event, and wake the readers up."""
        self.events.append(event)
        self.ended = last
        news, self._news = self._news, anyio.Event()
        news.set()

    async def read(self) -> AsyncGenerator[JsonObject]:
        """Yield all events from the first, until the run has ended."""
        at = 0
        while True:
            while at < len(self.events):
                yield self.events[at]
                at += 1
            if self.ended:
                return
            await self._news.wait()


class Runs:
    """At most one run for each conversation."""

    def __init__(self, office: Office, tasks: TaskGroup) -> None:
        self._office = office
        self._tasks = tasks
        self._running: dict[str, Run] = {}

    def of(self, id: str) -> Run | None:
        """Return the run of a conversation that has not ended, or None."""
        return self._running.get(id)

    def start(self, id: str, change: Callable[[Messages], object] | None = None) -> Run:
        """Change a conversation, and carry it on in the background. One run at a time."""
        if id in self._running:
            return self._running[id]
        messages, known = self._office.load(id)
        if change is not None:
            change(messages)
        run = self._running[id] = Run()
        self._tasks.start_soon(self._carry_on, id, messages, known, run)
        return run

    async def _carry_on(self, id: str, messages: Messages, known: int | None, run: Run) -> None:
        try:
            async with self._office.chat(id, known).stream(messages, deps=self._office.store) as events:
                async for event in events:
                    if (described_event := described(event)) is not None:
                        run.publish(described_event)
        except ChatError as error:
            run.publish({"type": "error", "text": f"{type(error).__name__}: {error}"})
        finally:
            del self._running[id]
            run.publish({"type": "end"}, last=True)


def described(event: ChatEvent[ChatResponse]) -> JsonObject | None:
    """Return an event as the page reads it, or None where it shows nothing of it."""
    match event:
        case TextChunk(text):
            return {"type": "text", "text": text}
        case ToolCalled(call):
            return {"type": "called", "id": call.id, "name": call.name}
        case ToolProgress(call, value):
            return {"type": "progress", "id": call.id, "value": value}
        case ToolResult(call):
            return {"type": "result", "id": call.id}
        case Paused():
            return {"type": "paused"}
        case Done():
            return {"type": "done"}
        case _:
            return None
