"""A conversation is one trace: from the client over workflow and activity to the request of the model."""

from __future__ import annotations

from uuid import uuid4

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, Decision, JsonObject
from chat_core.testing import Call, LoopbackServer, Reply
from chat_temporal import ChatActivities, ConversationWorkflow, start_conversation
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.worker import Worker
from test_conversation import Office, RequireApproval, waiting

pytestmark = pytest.mark.anyio


def answer(body: JsonObject) -> Reply:
    """Charge and send, then sum up."""
    match body:
        case {"messages": [*_, {"role": "user"}]}:
            return Reply("", calls=(Call("charge", {"amount": 30}), Call("send", {"to": "Ada"})))
        case _:
            return Reply("Done.")


def above(span: ReadableSpan, spans: list[ReadableSpan]) -> list[str]:
    """Return the names of a span and of those around it, outwards."""
    by_id = {each.context.span_id: each for each in spans}
    names = [span.name]
    while span.parent is not None:
        span = by_id[span.parent.span_id]
        names.append(span.name)
    return names


async def test_client_workflow_activity_and_model_request_are_one_trace(temporal_address: str) -> None:
    exporter, tracers = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = tracers.get_tracer("test")
    temporal = await Client.connect(temporal_address, interceptors=[TracingInterceptor(tracer)])
    office, queue = Office(), f"traced-{uuid4()}"
    office.decides = {"send": RequireApproval()}
    with LoopbackServer(answer) as server:
        async with ChatCompletionsBuilder().with_base_url(server.url).with_model("m1").build() as client:
            builder = ChatBuilder().with_model(client).with_telemetry(tracers)
            activities = ChatActivities(builder, [office.tools])
            async with Worker(
                temporal, task_queue=queue, workflows=[ConversationWorkflow], activities=activities.all
            ):
                with tracer.start_as_current_span("a web request"):
                    conversation = await start_conversation(
                        temporal, "Do it.", id=f"traced-{uuid4()}", task_queue=queue
                    )
                view = await waiting(conversation)
                await conversation.decide([Decision(str(view.waiting[0]["id"]), "approve")])
                assert (await conversation.result())[-1].text == "Done."
    spans = list(exporter.get_finished_spans())
    by_name = {span.name: span for span in spans}
    begun = ["StartWorkflow:chat-conversation", "a web request"]
    assert above(by_name["RunWorkflow:chat-conversation"], spans)[1:] == begun
    assert above(by_name["chat m1"], spans) == [
        "chat m1",
        "RunActivity:chat-advance",
        "StartActivity:chat-advance",
        *begun,
    ]
    assert above(by_name["execute_tool charge"], spans)[1:3] == [
        "RunActivity:chat-run-tool",
        "StartActivity:chat-run-tool",
    ]
    [trace] = {span.context.trace_id for span in spans if span.name.startswith(("chat ", "execute_tool"))}
    assert trace == by_name["a web request"].context.trace_id
    assert [span.name for span in spans].count("chat m1") == 2
