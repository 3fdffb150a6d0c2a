"""Logging, and OpenTelemetry: a span for each turn of the model, with the HTTP requests that it took below
it.
"""

import asyncio
import logging
import os

import httpx
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, HttpTransport
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")


def short(span: ReadableSpan) -> str:
    """Return a line for a span: its name, its parent's id, and what it carries."""
    parent = f"{span.parent.span_id:016x}" if span.parent else "no parent"
    own = f"{span.context.span_id:016x}" if span.context else ""
    return f"span {own} in {parent}: {span.name} {dict(span.attributes or {})}\n"


async def main() -> None:
    """Show what is logged and traced of one question. Keys and contents are in neither."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in ("chat_core", "chat_completions"):
        logging.getLogger(name).setLevel(logging.INFO)  # DEBUG: what fields are sent, without contents

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=short)))  # yours: OTLP

    async with httpx.AsyncClient() as http:
        HTTPXClientInstrumentor().instrument_client(http, tracer_provider=provider)
        builder = ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4")
        async with builder.with_transport(HttpTransport(client=http)).build() as client:
            chat = ChatBuilder().with_model(client).with_telemetry(provider).build()
            print((await chat.complete("Hello")).text)


if __name__ == "__main__":
    asyncio.run(main())
