"""Batches from synchronous code: the methods of `chat.batches` without `await`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from chat_core import (
    Answered,
    BatchItem,
    BatchJob,
    BatchPart,
    ChatBuilder,
    ChatResponse,
    ConfigurationError,
    Message,
    Messages,
    NotRun,
    Text,
)
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider
from chat_core.types.batch import BatchRequests, pairs_of


@dataclass
class Server:
    """A provider whose batches are answered by the id of each request; it counts what has been read."""

    model: str = "m"
    read: int = 0
    closed: bool = False
    asked: list[str] = field(default_factory=list)
    error: Exception | None = None

    @property
    def batches(self) -> Server:
        return self

    async def aclose(self) -> None: ...

    async def submit(self, requests: BatchRequests, /) -> BatchJob:
        ids = tuple(id for id, _ in pairs_of(requests))
        self.asked.append("submit")
        return BatchJob("p", "u", "m", ids, (BatchPart("b", len(ids)),), datetime.now(UTC))

    async def status(self, job: BatchJob, /) -> BatchJob:
        self.asked.append("status")
        return replace(job, parts=tuple(replace(part, state="done") for part in job.parts))

    async def wait(self, job: BatchJob, /, *, progress: Callable[[BatchJob], object], **_: Any) -> BatchJob:
        job = await self.status(job)
        progress(job)
        return job

    async def cancel(self, job: BatchJob, /) -> BatchJob:
        return replace(job, parts=tuple(replace(part, state="cancelled") for part in job.parts))

    async def results(self, job: BatchJob, /) -> AsyncGenerator[BatchItem]:
        try:
            for id in job.ids:
                self.read += 1
                yield (
                    NotRun(id, "missing")
                    if id == "lost"
                    else Answered(id, ChatResponse(Message("model", [Text(f'{{"value": {len(id)}}}')])))
                )
            if self.error is not None:
                raise self.error
        finally:
            self.closed = True


def test_a_batch_is_submitted_waited_for_and_read() -> None:
    server = Server()
    chat = ChatBuilder().with_model(server).with_structured_output(int).build()
    shown: list[str] = []
    conversations = {"a": Messages.from_user("A"), "lost": Messages.from_user("B")}
    with SyncChat(chat) as sync:
        job = sync.batches.submit(conversations)
        assert job.state == "running"
        assert sync.batches.status(job).state == "done"
        job = sync.batches.wait(job, progress=lambda job: shown.append(job.state))
        with sync.batches.results(job, conversations) as items:
            found = {item.id: item for item in items}
        assert sync.batches.cancel(job).state == "cancelled"
    answered = found["a"]
    assert isinstance(answered, Answered)
    assert answered.response.value == 1
    assert found["lost"] == NotRun("lost", "missing")
    assert (len(conversations["a"]), len(conversations["lost"])) == (2, 1)
    assert (shown, server.asked) == (["done"], ["submit", "status", "status"])


def test_results_are_read_some_ahead_and_never_all() -> None:
    server = Server()
    chat = ChatBuilder().with_model(server).build()
    with SyncChat(chat) as sync:
        job = sync.batches.status(sync.batches.submit((f"r{number}", "Hi") for number in range(20_000)))
        with sync.batches.results(job) as items:
            assert next(items).id == "r0"
            assert server.read < 5_000
        assert server.closed
    with SyncChat(chat) as sync, sync.batches.results(job) as items:
        assert sum(1 for _ in items) == 20_000


def test_what_ends_the_results_is_raised_after_what_had_come() -> None:
    server = Server(error=ConfigurationError("cut"))
    with SyncChat(ChatBuilder().with_model(server).build()) as sync:
        job = sync.batches.status(sync.batches.submit({"a": "A", "b": "B"}))
        seen: list[str] = []
        with pytest.raises(ConfigurationError, match="cut"), sync.batches.results(job) as items:
            seen.extend(item.id for item in items)
    assert server.closed


def test_a_chat_without_batches_says_so() -> None:
    chat: Any = ChatBuilder().with_model(ScriptedProvider([])).build()
    with SyncChat(chat) as sync, pytest.raises(ConfigurationError, match="ScriptedProvider has no batches"):
        _ = sync.batches
