"""OpenTelemetry around a chat: a middleware of its calls, its model turns and its tool calls."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from opentelemetry import context

from chat_core.middleware.hooks import NextTurn, RunTool, SendEmbeddings
from chat_core.middleware.telemetry.attributes import Attributes
from chat_core.middleware.telemetry.call import CallState, observed
from chat_core.middleware.telemetry.embeddings import observed_embeddings
from chat_core.middleware.telemetry.links import take_links
from chat_core.middleware.telemetry.recorder import Recorders
from chat_core.middleware.telemetry.settings import Capture
from chat_core.middleware.telemetry.target import target_of
from chat_core.middleware.telemetry.tool import observed_tool
from chat_core.middleware.telemetry.turn import TurnSpan
from chat_core.provider import Provider
from chat_core.tools.pause import ChatEvent
from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.events import TurnEvent
from chat_core.types.request import ChatRequest, OnRetry
from chat_core.types.response import ChatResponse
from chat_core.types.run import Run
from chat_core.types.tool_call import ToolCall


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Telemetry:
    """What `ChatBuilder.with_telemetry` adds, outside all other middleware.

    Where nothing records, it hands everything through as it is.
    """

    recorders: Recorders
    capture: Capture
    agent: str | None = None
    conversation_id: str | None = None

    @property
    def records(self) -> bool:
        """Whether a provider of spans, metrics or events does anything."""
        return self.recorders.current() is not None

    def wrap_run(
        self, run: Run, next: Callable[[Run], AsyncGenerator[ChatEvent[ChatResponse]]], /
    ) -> AsyncGenerator[ChatEvent[ChatResponse]]:
        """Return the events of a call, in the span of the agent where there is one."""
        state = self._state(run)
        return next(run) if state is None else observed(state, run, next)

    def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Return the events of a model turn, in a span that holds all its attempts."""
        state = None if request.run is None else self._state(request.run)
        return next(request) if state is None else TurnSpan(state, request).events(next)

    async def wrap_tool(self, call: ToolCall, run: RunTool, /) -> ToolCall:
        """Return the call with its outcome, in a span of its own."""
        state = self._state(run.run)
        return await run(call) if state is None else await observed_tool(state, call, run)

    async def wrap_embeddings(
        self, provider: Provider, send: SendEmbeddings, on_retry: OnRetry | None, /
    ) -> EmbeddingsResponse:
        """Return the response of a request for embeddings, in a span that holds all its attempts."""
        recorder = self.recorders.current()
        if recorder is None:
            return await send(on_retry)
        return await observed_embeddings(recorder, provider, send, on_retry)

    def _state(self, run: Run) -> CallState | None:
        """Return what the spans of a call share, or None where nothing records."""
        found = run.state.get(self)
        if found is None:
            found = run.state[self] = self._new_state(run) or _NOTHING
        return found if isinstance(found, CallState) else None

    def _new_state(self, run: Run) -> CallState | None:
        recorder = self.recorders.current()
        if recorder is None or run.provider is None:
            return None
        shared: Attributes = {}
        if self.conversation_id is not None:
            shared["gen_ai.conversation.id"] = self.conversation_id
        return CallState(
            recorder,
            target_of(run.provider),
            self.capture,
            context.get_current(),
            take_links(run.messages),
            shared,
            run.streamed,
            self.agent,
        )


_NOTHING = object()
