"""What the spans of one `complete`, `resume` or `stream` share, and the span of the agent around them."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from chat_core.middleware.telemetry.attributes import (
    Attributes,
    error_type,
    is_interruption,
    usage_attributes,
)
from chat_core.middleware.telemetry.links import store_link
from chat_core.middleware.telemetry.recorder import Recorder
from chat_core.middleware.telemetry.settings import Capture
from chat_core.middleware.telemetry.target import Target
from chat_core.tools.pause import ChatEvent, Paused
from chat_core.types.events import Done
from chat_core.types.response import ChatResponse
from chat_core.types.run import Run
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, Span


@dataclass(slots=True, eq=False, repr=False)
class CallState:
    """One `complete`, `resume` or `stream`: where its spans hang, what is on each, and what they add up to.

    `links` lead to the pause that the call continues; the span of the agent has them, or, without an agent,
    every span of the call.
    """

    recorder: Recorder
    target: Target
    capture: Capture
    context: Context
    links: Sequence[Link]
    shared: Attributes
    streamed: bool
    agent: str | None = None
    usage: Usage = field(default=Usage(), init=False)
    turns: int = field(default=0, init=False)
    calls: int = field(default=0, init=False)
    last: Span | None = field(default=None, init=False)

    def count_turn(self, usage: Usage, span: Span) -> None:
        """Add a model turn that has ended."""
        self.turns += 1
        self.usage += usage
        self.last = span


async def observed(
    state: CallState, run: Run, source: Callable[[Run], AsyncGenerator[ChatEvent[ChatResponse]]]
) -> AsyncGenerator[ChatEvent[ChatResponse]]:
    """Yield the events of a call, inside the span of the agent where there is one.

    A pause ends that span well, and stores in the conversation what the resumed call links to.
    """
    agent = _AgentSpan(state) if state.agent is not None else None
    try:
        async with aclosing(source(run)) as events:
            async for event in events:
                if isinstance(event, Paused):
                    store_link(run.messages, agent.span if agent is not None else state.last)
                if agent is not None and isinstance(event, Paused | Done):
                    agent.end(paused=isinstance(event, Paused))
                yield event
    except BaseException as error:
        if agent is not None:
            agent.end(error)
        raise
    if agent is not None:
        agent.end()


class _AgentSpan:
    """The span of an agent: from its call to its response, its pause or its failure."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._attributes: Attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": state.agent or "",
        }
        self.span: Span = state.recorder.tracer.start_span(
            f"invoke_agent {state.agent}",
            state.context,
            SpanKind.INTERNAL,
            {**self._attributes, **state.shared},
            state.links,
        )
        self._began = time.perf_counter()
        self._ended = False
        state.context = trace.set_span_in_context(self.span, state.context)
        state.links = ()

    def end(self, error: BaseException | None = None, *, paused: bool = False) -> None:
        if self._ended:
            return
        self._ended = True
        state, dimensions = self._state, self._attributes
        self.span.set_attributes(usage_attributes(state.usage))
        if paused:
            self.span.set_attribute("chat.paused", True)
        elif error is not None and is_interruption(error):
            self.span.set_attribute("chat.interrupted", True)
        elif error is not None:
            word = error_type(error)
            dimensions = {**dimensions, "error.type": word}
            self.span.set_attribute("error.type", word)
            text = str(error) if state.capture.any_content else word
            self.span.set_status(Status(StatusCode.ERROR, text))
        self.span.end()
        if state.recorder.metrics is not None:
            seconds = time.perf_counter() - self._began
            state.recorder.metrics.agent(seconds, state.turns, state.calls, dimensions)
