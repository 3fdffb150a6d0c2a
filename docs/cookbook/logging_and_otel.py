"""Logging, and OpenTelemetry through httpx: a span for each answer, with the HTTP requests that it took
below it.
"""

import asyncio
import logging
import os

import httpx
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatModel, HttpTransport, Messages
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")
tracer = trace.get_tracer("my-application")


def short(span: ReadableSpan) -> str:
    """Return a line for a span: its name, its parent's id, and what it carries."""
    parent = f"{span.parent.span_id:016x}" if span.parent else "no parent"
    own = f"{span.context.span_id:016x}" if span.context else ""
    return f"span {own} in {parent}: {span.name} {dict(span.attributes or {})}\n"


async def ask(client: ChatModel, question: str) -> str:
    """Answer a question in a span, by the names that OpenTelemetry has for models."""
    with tracer.start_as_current_span(f"chat {client.model}") as span:
        span.set_attribute("gen_ai.operation.name", "chat")
        span.set_attribute("gen_ai.request.model", client.model)
        response = await ChatBuilder().with_model(client).build().complete(Messages.from_user(question))
        span.set_attribute("gen_ai.usage.input_tokens", response.total_usage.input_tokens or 0)
        span.set_attribute("gen_ai.usage.output_tokens", response.total_usage.output_tokens or 0)
        span.set_attribute("gen_ai.response.finish_reasons", [response.finish_reason])
        return response.text


async def main() -> None:
    """Show what is logged and traced of one question. Keys and contents are in neither."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in ("chat_core", "chat_completions"):
        logging.getLogger(name).setLevel(logging.INFO)  # DEBUG: what fields are sent, without contents

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=short)))  # yours: OTLP
    trace.set_tracer_provider(provider)

    async with httpx.AsyncClient() as http:
        HTTPXClientInstrumentor().instrument_client(http)
        builder = ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4")
        async with builder.with_transport(HttpTransport(client=http)).build() as client:
            print(await ask(client, "Hello"))


if __name__ == "__main__":
    asyncio.run(main())
