"""What queues of conversations have in common: what comes is taken in once, and carried on.

A job has what somebody wrote or decided, and carries the conversation on until it ends or waits. Whatever
happens to its worker, the job is done again by another one: it finds in the table what has been taken in and
which calls were started.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from chat_core import (
    Chat,
    ChatError,
    ChatModel,
    ChatResponse,
    Complete,
    ConversationConflict,
    DecisionFault,
    InvalidDecision,
    JsonObject,
    Messages,
    Paused,
    ProviderError,
    decisions_from_json,
)
from chat_core.types.decisions import ArgumentsChecker
from psycopg import OperationalError
from store import Store

Save: TypeAlias = Callable[[Messages], Awaitable[None]]
TAKEN = "jobs"  # the metadata of a conversation: the jobs, or keys, whose texts and decisions are in it
ATTEMPTS = 8  # at a job whose error may pass


class Build(Protocol):
    """Makes the chat of a conversation, with `with_checkpoint(save)`."""

    def __call__(self, save: Save, /) -> Chat[ChatModel, Complete | Paused, ChatResponse, Store]: ...


@dataclass
class Given:
    """What somebody wrote or decided: texts, decisions, and how each call stood that was decided about.

    What comes twice under one `key` is taken in once.
    """

    texts: Sequence[str] = ()
    decisions: Sequence[JsonObject] = ()
    seen: Mapping[str, str] = field(default_factory=dict[str, str])
    key: str | None = None

    def as_json(self) -> JsonObject:
        """Return it as a job holds it."""
        return {
            "texts": [*self.texts],
            "decisions": [*self.decisions],
            "seen": {**self.seen},
            "key": self.key,
        }


class Conversations(ABC):
    """Conversations of a queue, by their ids; a worker carries them on.

    `tools` check arguments that a person has edited.
    """

    def __init__(self, store: Store, build: Build, tools: Sequence[ArgumentsChecker] = ()) -> None:
        self._store = store
        self._build = build
        self._tools = tools

    async def say(self, id: str, *texts: str, key: str | None = None) -> None:
        """Append what the user wrote, after closing calls that wait. A new id is a new conversation.

        With a `key`, such as the id of a web request, the same that comes once more changes nothing.
        """
        await self._add(id, Given(texts, key=key))

    async def decide(self, id: str, decisions: Sequence[JsonObject], *, key: str | None = None) -> None:
        """Decide about calls that wait, all or none. `decision_schema()` of chat_core describes a decision.

        With a `key`, the same that comes once more changes nothing. Raises `InvalidDecision` where one does
        not fit. They are checked again when their job runs; what no longer fits then is not applied, and
        `Store.error` tells why.
        """
        messages, _ = await self._store.load(id)
        if key in _taken(messages):
            return
        given = decisions_from_json(decisions)
        decided = {decision.call_id for decision in given}
        seen = {call.id: call.status.type for call in messages.calls if call.id in decided}
        messages.decide(given, tools=self._tools)  # of a copy
        await self._add(id, Given(decisions=decisions, seen=seen, key=key))

    async def go_on(self, id: str) -> None:
        """Carry a conversation on: after its error was mended, or because a call is due."""
        await self._add(id, Given())

    @abstractmethod
    async def busy(self, id: str) -> bool:
        """Return whether a job of a conversation runs, or is about to."""

    @abstractmethod
    async def work(self) -> None:
        """Carry conversations on until the process is stopped; what runs then has 20 seconds."""

    @abstractmethod
    async def _add(self, id: str, given: Given) -> None:
        """Add a job. Those of one conversation run one after the other."""

    async def _carry_on(self, job: str, id: str, given: Given) -> datetime | None:
        """Do a job, and return when the next call is due. An error is raised, and written down."""
        try:
            messages, known = await self._store.load(id)

            async def save(messages: Messages) -> None:
                nonlocal known
                known = await self._store.save(id, messages, known)

            if (given.texts or given.decisions) and _is_new(messages, given.key or job):
                self._take(messages, given)
                await save(messages)
            if _has_next_step(messages):
                await self._build(save).resume(messages, deps=self._store)
            return messages.next_wake()
        except ConversationConflict:
            # This worker was taken for lost, and another one has gone on. Both have marked the job as done
            # or will do so; a new one makes sure that the conversation goes on, whichever of them dies.
            await self.go_on(id)
            return None
        except ChatError as error:
            await self._store.note_error(id, f"{type(error).__name__}: {error}")
            raise

    def _take(self, messages: Messages, given: Given) -> None:
        for call_id, status in given.seen.items():
            # An approval of a call that waits is no approval to run it once more after it has been lost.
            if (now := messages.find_tool(call_id).status.type) != status:
                fault = f"call {call_id} was {status} when it was decided, and is {now} now"
                raise InvalidDecision([DecisionFault(call_id, "already_decided", fault)])
        messages.decide(decisions_from_json(given.decisions), tools=self._tools)
        if given.texts:
            messages.close_open_calls()
            messages.add_user(*given.texts)


def seconds_to_retry(error: BaseException, attempts: int) -> float | None:
    """Return how long to wait before a job is done again, or None where that would not help."""
    if isinstance(error, OperationalError) or (isinstance(error, ChatError) and error.retryable):
        wait = error.retry_after if isinstance(error, ProviderError) else None
        return None if attempts >= ATTEMPTS else wait or 2.0**attempts
    return None


def _is_new(messages: Messages, job: str) -> bool:
    """Return whether the input of a job is not in the conversation yet, and note that it now is."""
    taken = _taken(messages)
    if job in taken:
        return False
    messages.set_metadata(TAKEN, [*taken, job])
    return True


def _taken(messages: Messages) -> Sequence[object]:
    taken = messages.metadata.get(TAKEN)
    return taken if isinstance(taken, list) else ()


def _has_next_step(messages: Messages) -> bool:
    if not len(messages):
        return False
    last = messages[-1]
    return last.role != "model" or last.interrupted or bool(last.tool_calls)
