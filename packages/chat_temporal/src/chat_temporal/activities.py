"""What workers do for a workflow: model turns, tool calls, and a look at decisions before they are taken."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeAlias, cast

from chat_core import (
    Action,
    ApprovalKey,
    AwaitingApproval,
    AwaitingResult,
    ChatBuilder,
    ChatError,
    ChatEvent,
    ChatResponse,
    Decision,
    Defer,
    Execute,
    FileStore,
    InvalidDecision,
    Message,
    Messages,
    ProviderError,
    RequireApproval,
    Scheduled,
    ScopedCollection,
    StreamProvider,
    TextChunk,
    ToolCall,
    TurnEvent,
    Unknown,
    decisions_from_json,
)
from chat_core.tools.scoped import AnyTool
from chat_core.types.json_event import call_json
from chat_core.types.request import AnyRequest
from chat_core.types.typestate import HasModel, NeverPauses
from temporalio import activity
from temporalio.exceptions import ApplicationError
from typing_extensions import TypeVar

from chat_temporal.names import ADVANCE, CHECK, RUN_TOOL, TO_RUN
from chat_temporal.values import Progress, Step

D = TypeVar("D", default=None)
P = TypeVar("P", bound=StreamProvider)
Publish: TypeAlias = Callable[[str, int, str], object]
"""Takes the workflow's id, the attempt at the turn, and an event as JSON; sync or async."""
_LOGGER = logging.getLogger("chat_temporal")
_HEARTBEATS = 3  # in the time after which a worker counts as lost


class ChatActivities(Generic[D]):
    """The activities of a chat: `Worker(client, task_queue=..., activities=activities.all, workflows=[...])`.

    `builder` has the model and all settings but the tools; `tools` are collections whose strategies decide as
    in any chat: what they let run becomes an activity of its own, with one attempt. `deps` go to the tools.
    `approval_key` seals approvals. `files` keeps the bytes of files outside Temporal's history, which takes
    2 MB at a time. `publish` is called with the events of model turns; a turn that is tried again begins
    again with a higher attempt. Where `publish` raises, that is logged, and the rest of the turn is not
    published: a model turn is not paid for twice because nobody could watch it.
    """

    def __init__(
        self,
        builder: ChatBuilder[HasModel, P, ChatResponse, NeverPauses, object],
        tools: Sequence[ScopedCollection[D]] = (),
        *,
        deps: D | None = None,
        approval_key: ApprovalKey | None = None,
        files: FileStore | None = None,
        publish: Publish | None = None,
    ) -> None:
        if approval_key is not None:
            builder = builder.with_approval_key(approval_key)
        self._deps = deps
        self._key = approval_key
        self._files = files
        self._publish = publish
        self._known: list[AnyTool] = []
        for each in tools:
            if not callable(each.tools):
                self._known += each.tools
        self._turns = _built(builder, [_waiting(collection) for collection in tools])
        self._runs = _built(builder.with_model(_NoModel()), tools)

    @property
    def all(self) -> Sequence[Callable[..., object]]:
        """The activities, for a `Worker`."""
        return (self.advance, self.run_tool, self.check)

    @activity.defn(name=ADVANCE)
    async def advance(self, step: Step) -> Progress:
        """Take in what has happened, and let the model go on unless something has to run or wait first.

        Raises `ApplicationError` for errors of the chat, which are tried again where they are retryable.
        """
        with _errors():
            messages = self._taken_in(step)
            progress = self._progress(messages)
            if progress.run or progress.waiting or not _asks_the_model(messages):
                return progress
            async with _beating():
                await self._turn(messages)
            return self._progress(messages)

    @activity.defn(name=RUN_TOOL)
    async def run_tool(self, state: str, id: str) -> str:
        """Run one call, and return it with its outcome, stored as a conversation of its own."""
        messages = self._load(state)
        call = messages.find_tool(id)
        if call.note == TO_RUN:
            messages.decide([Decision(id, "approve")], key=self._key)
        for other in messages.pending:
            if other is not call:
                other.status = AwaitingResult()  # it runs elsewhere
        async with _beating():
            with suppress(_ModelIsNext):  # where it was the last call that was open
                async with self._runs.stream(messages, deps=self._deps) as events:
                    async for _ in events:
                        pass
        return self._store(Messages([Message("model", [call])]))

    @activity.defn(name=CHECK)
    async def check(self, step: Step) -> None:
        """Raise `ApplicationError` where a decision cannot be taken."""
        with _errors():
            self._decide(self._load(step.state), step)

    def _taken_in(self, step: Step) -> Messages:
        messages = self._load(step.state)
        for outcome in step.outcomes:
            [ran] = self._load(outcome).calls
            call = messages.find_tool(ran.id)
            for field in ("status", "files", "attempts", "input_request", "seal", "expires"):
                setattr(call, field, getattr(ran, field))
        for id in step.unknown:
            messages.find_tool(id).status = Unknown()
        if step.decisions:
            self._decide(messages, step)
        if step.texts:
            messages.close_open_calls()
            for text in step.texts:
                messages.add_user(text)
        now = datetime.now(UTC)
        for call in messages.calls:
            if isinstance(call.status, Scheduled) and call.status.until <= now:
                call.status = AwaitingApproval(TO_RUN)
        return messages

    def _decide(self, messages: Messages, step: Step) -> None:
        messages.decide(decisions_from_json(step.decisions), tools=self._known, key=self._key)

    async def _turn(self, messages: Messages) -> None:
        publish = self._publish
        async with self._turns.stream(messages, deps=self._deps) as events:
            async for event in events:
                if publish is not None and not await _published(publish, event):
                    publish = None

    def _progress(self, messages: Messages) -> Progress:
        calls = [call for call in messages.calls if not call.resolved]
        run = [call for call in calls if call.note == TO_RUN or call.status.type == "approved"]
        wake = messages.next_wake()
        last = messages[-1] if len(messages) else None
        return Progress(
            state=self._store(messages),
            run=[call.id for call in run],
            waiting=[dict(call_json(call)) for call in calls if call not in run],
            wake=None if wake is None else wake.isoformat(),
            answer=last.text if last is not None and last.role == "model" and not calls else None,
        )

    def _load(self, state: str | None) -> Messages:
        return Messages() if state is None else Messages.from_json(state, files=self._files)

    def _store(self, messages: Messages) -> str:
        return messages.to_json(files=self._files)


async def _published(publish: Publish, event: ChatEvent[ChatResponse]) -> bool:
    """Publish an event, and return whether that went well."""
    info = activity.info()
    try:
        published = publish(info.workflow_id or "", info.attempt, event.to_json())
        if inspect.isawaitable(published):
            await published
    except Exception:
        failed = "publish failed for %s: the rest of the turn is not published"
        _LOGGER.warning(failed, info.workflow_id, exc_info=True)
        return False
    return True


class _Chat(Protocol):
    """A chat with tools, whatever they want."""

    def stream(
        self, messages: Messages, /, *, deps: object
    ) -> AbstractAsyncContextManager[AsyncGenerator[ChatEvent[ChatResponse]]]: ...


class _Builder(Protocol):
    def with_scoped_tools(self, collection: object, /) -> _Builder: ...
    def build(self) -> _Chat: ...


def _built(builder: object, tools: Sequence[ScopedCollection[D]]) -> _Chat:
    made = cast("_Builder", builder)
    for collection in tools:
        made = made.with_scoped_tools(collection)
    return made.build()


def _waiting(collection: ScopedCollection[D]) -> ScopedCollection[D]:
    """Return the same tools, whose calls wait where the strategy would let them run."""

    async def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
        given = collection.strategy(call, meta)
        action: Action = await given if inspect.isawaitable(given) else given
        match action:
            case Execute():
                return RequireApproval(TO_RUN)
            case Defer(until) if until <= datetime.now(UTC):
                return RequireApproval(TO_RUN)
            case _:
                return action

    return ScopedCollection(collection.tools, strategy)


class _ModelIsNext(ChatError):
    """A call has run and it is the model's turn, which another activity is for."""


class _NoModel:
    """A client of no model."""

    @property
    def model(self) -> str:
        """A name for messages."""
        return "none"

    async def aclose(self) -> None:
        """Do nothing."""

    async def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Raise: no turn is wanted here."""
        for _ in (given,):
            raise _ModelIsNext("the model is next")
        yield TextChunk("")


def _asks_the_model(messages: Messages) -> bool:
    last = messages[-1] if len(messages) else None
    return last is not None and (last.role != "model" or bool(last.tool_calls))


@contextmanager
def _errors() -> Generator[None]:
    """Turn errors of the chat into those of Temporal, which says by them whether to try again."""
    try:
        yield
    except ChatError as error:
        wait = error.retry_after if isinstance(error, ProviderError) else None
        faults = error.faults if isinstance(error, InvalidDecision) else ()
        raise ApplicationError(
            str(error),
            *([fault.call_id, fault.kind, fault.message] for fault in faults),
            type="InvalidDecision" if isinstance(error, InvalidDecision) else type(error).__name__,
            non_retryable=not error.retryable,
            next_retry_delay=None if wait is None else timedelta(seconds=wait),
        ) from error


@asynccontextmanager
async def _beating() -> AsyncGenerator[None]:
    """Tell Temporal that the worker is alive, as often as it wants to hear it."""
    limit = activity.info().heartbeat_timeout
    if limit is None:
        yield
        return

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(limit.total_seconds() / _HEARTBEATS)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
