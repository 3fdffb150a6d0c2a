"""The trace of a paused call, stored in the conversation so that the call that resumes it can link to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chat_core.types.messages import Messages

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_FIELDS = ("traceparent", "tracestate")


def store_link(messages: Messages, span: Span | None) -> None:
    """Store the trace context of a span in the metadata of the conversation, as W3C Trace Context has it."""
    if span is None:
        return
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, trace.set_span_in_context(span))
    for name in _FIELDS:
        messages.set_metadata(name, carrier.get(name))


def take_links(messages: Messages) -> Sequence[Link]:
    """Return the link to the pause that is stored in a conversation, and remove it there: it is used once."""
    stored = {name: str(value) for name in _FIELDS if (value := messages.metadata.get(name)) is not None}
    if not stored:
        return ()
    for name in stored:
        messages.set_metadata(name, None)
    context = trace.get_current_span(
        TraceContextTextMapPropagator().extract(stored, Context())
    ).get_span_context()
    return (Link(context, {"chat.link": "paused"}),) if context.is_valid else ()
