"""The span of one model turn, and its metrics and events."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from chat_core.middleware.telemetry.attributes import (
    Attributes,
    error_type,
    is_interruption,
    request_attributes,
    response_attributes,
    spent_by,
    usage_attributes,
)
from chat_core.middleware.telemetry.call import CallState
from chat_core.middleware.telemetry.content import as_json_text, request_content, response_content
from chat_core.middleware.telemetry.events import details_event, exception_event
from chat_core.middleware.telemetry.retries import both, note_retry
from chat_core.types.events import Done, TurnEvent
from chat_core.types.json_values import JsonValue
from chat_core.types.request import ChatRequest
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from opentelemetry.trace import Span


class TurnSpan:
    """One logical request with its retries, until its response has been received, has failed, or was left.

    The span is current while the request is opened, so that spans of the HTTP client hang under it, and never
    across a `yield`: the code of the consumer would otherwise run inside it.
    """

    def __init__(self, state: CallState, request: ChatRequest) -> None:
        self._state = state
        self._request = request
        target = state.target
        self._span: Span = state.recorder.tracer.start_span(
            f"{target.operation} {target.model}",
            state.context,
            SpanKind.INTERNAL if target.in_process else SpanKind.CLIENT,
            {**target.attributes, **state.shared},
            state.links,
        )
        self._began = time.perf_counter()
        self._last: float | None = None
        self._ended = False
        self._attributes: Attributes = {}
        self._error: BaseException | None = None
        self.usage: Usage = Usage()
        self._response_model: str | None = None
        self._output: dict[str, JsonValue] = {}
        if self._span.is_recording():
            self._span.set_attributes(request_attributes(request, streamed=state.streamed))

    async def events(
        self, source: Callable[[ChatRequest], AsyncGenerator[TurnEvent]]
    ) -> AsyncGenerator[TurnEvent]:
        """Yield the events of the turn as they come."""
        earlier = self._request.on_retry
        request = replace(self._request, on_retry=both(partial(note_retry, self._span), earlier))
        try:
            async with aclosing(source(request)) as events:
                with trace.use_span(self._span, record_exception=False, set_status_on_exception=False):
                    event = await anext(events, None)
                while event is not None:
                    self.received(event)
                    yield event
                    event = await anext(events, None)
        except BaseException as error:
            if not self._ended:
                self.failed(error)
            raise
        finally:
            self.end()

    def received(self, event: TurnEvent) -> None:
        """Take the times of a stream, and from its end what the response reports."""
        if not isinstance(event, Done):
            if self._state.streamed:
                self._measure()
            return
        response = event.response
        self.usage = response.usage
        self._response_model = response.model
        self._attributes = response_attributes(response)
        if self._state.capture.any_content:
            self._output = response_content(response)
        self.end()

    def failed(self, error: BaseException) -> None:
        """Note how the turn ended. One that was left or cancelled is no error."""
        self.usage = spent_by(error)
        self._attributes = usage_attributes(self.usage)
        if is_interruption(error):
            self._attributes["chat.interrupted"] = True
            return
        self._error = error
        self._attributes["error.type"] = error_type(error)
        if self._last is not None:  # it had begun
            self._attributes["gen_ai.response.finish_reasons"] = ["error"]

    def end(self) -> None:
        """End the span, and record what it took; done once, since nothing after `Done` belongs to it."""
        if self._ended:
            return
        self._ended = True
        ended = time.perf_counter()
        span, state = self._span, self._state
        content = self._content() if state.capture.any_content else {}
        if span.is_recording():
            span.set_attributes(self._attributes)
            if state.capture.on_spans:
                span.set_attributes({name: as_json_text(value) for name, value in content.items()})
            if self._error is not None:
                span.set_status(Status(StatusCode.ERROR, self._description(self._error)))
        self._emit(content if state.capture.in_events else {})
        span.end()
        state.count_turn(self.usage, span)
        if state.recorder.metrics is not None:
            failed = self._error is not None
            state.recorder.metrics.turn(ended - self._began, self.usage, self._dimensions(), failed=failed)

    def _measure(self) -> None:
        now, before = time.perf_counter(), self._last
        self._last = now
        metrics = self._state.recorder.metrics
        if before is None:
            seconds = now - self._began
            self._span.set_attribute("gen_ai.response.time_to_first_chunk", seconds)
            if metrics is not None:
                metrics.first_chunk(seconds, dict(self._state.target.attributes))
        elif metrics is not None:
            metrics.next_chunk(now - before, dict(self._state.target.attributes))

    def _dimensions(self) -> Attributes:
        known: Attributes = dict(self._state.target.attributes)
        if self._response_model is not None:
            known["gen_ai.response.model"] = self._response_model
        if self._error is not None:
            known["error.type"] = error_type(self._error)
        return known

    def _content(self) -> dict[str, JsonValue]:
        return {**request_content(self._request), **self._output}

    def _description(self, error: BaseException) -> str:
        """Return the text of the status: an error may quote what was sent, so only its class by default."""
        return str(error) if self._state.capture.any_content else error_type(error)

    def _emit(self, content: dict[str, JsonValue]) -> None:
        logger, capture = self._state.recorder.logger, self._state.capture
        if logger is None or not capture.events:
            return
        context = trace.set_span_in_context(self._span, self._state.context)
        state = self._state
        known: Attributes = {
            **state.target.attributes,
            **state.shared,
            **request_attributes(self._request, streamed=state.streamed),
            **self._attributes,
        }
        logger.emit(details_event(known, content, context))
        if self._error is not None:
            logger.emit(exception_event(self._error, self._dimensions(), context, capture))
