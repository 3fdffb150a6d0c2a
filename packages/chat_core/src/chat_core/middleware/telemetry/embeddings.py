"""The span of one request for embeddings."""

from __future__ import annotations

import time
from functools import partial

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from chat_core.middleware.hooks import SendEmbeddings
from chat_core.middleware.telemetry.attributes import (
    Attributes,
    error_type,
    is_interruption,
    usage_attributes,
)
from chat_core.middleware.telemetry.recorder import Recorder
from chat_core.middleware.telemetry.retries import both, note_retry
from chat_core.middleware.telemetry.target import target_of
from chat_core.provider import Provider
from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.request import OnRetry
from chat_core.types.usage import Usage


async def observed_embeddings(
    recorder: Recorder, provider: Provider, send: SendEmbeddings, on_retry: OnRetry | None
) -> EmbeddingsResponse:
    """Return the response of `send`; its span is current while the request is under way."""
    target = target_of(provider, operation="embeddings")
    kind = SpanKind.INTERNAL if target.in_process else SpanKind.CLIENT
    dimensions: Attributes = dict(target.attributes)
    span = recorder.tracer.start_span(f"embeddings {target.model}", None, kind, dimensions)
    began, usage = time.perf_counter(), Usage()
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            response = await send(both(partial(note_retry, span), on_retry))
        usage = response.usage
        if response.model is not None:
            dimensions["gen_ai.response.model"] = response.model
        span.set_attributes({**dimensions, **usage_attributes(usage)})
        return response
    except BaseException as error:
        if is_interruption(error):
            span.set_attribute("chat.interrupted", True)
        else:
            dimensions["error.type"] = error_type(error)
            span.set_attribute("error.type", error_type(error))
            span.set_status(Status(StatusCode.ERROR, error_type(error)))
        raise
    finally:
        span.end()
        if recorder.metrics is not None:
            recorder.metrics.embeddings(time.perf_counter() - began, usage, dimensions)
