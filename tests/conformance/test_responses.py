"""`chat-responses` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from chat_core.provider import ChatModel
from chat_core.testing.conformance import (
    ChatProviderSuite,
    ConfiguredBuilder,
    ModelsSuite,
    ReasoningSuite,
    StructuredOutputSuite,
    TokenCountSuite,
    ToolsSuite,
    tapes_of,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.transport import Transport
from chat_responses import ResponsesBuilder
from over_websocket import over_websocket


class TestResponses(
    ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ReasoningSuite, TokenCountSuite, ModelsSuite
):
    tapes = tapes_of("responses")
    takes_blank_text = True
    absent = {"reused_index": "each call has an index of its own"}

    def builder(self) -> ConfiguredBuilder:
        return ResponsesBuilder().with_base_url("https://server.invalid/v1").with_model("m")


class TestResponsesOverWebSocket(ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ReasoningSuite):
    tapes = tapes_of("responses")
    takes_blank_text = True
    absent = {
        "reused_index": "each call has an index of its own",
        "test_what_is_explained_is_what_is_sent": "the transport makes a frame of the body that is explained",
        "test_the_body_of_a_request_is_what_is_sent": "the transport makes a frame of the body that is told",
        "test_a_body_that_is_no_turn_is_an_error": "an empty body is a lost connection",
    }

    def builder(self) -> ConfiguredBuilder:
        return ResponsesBuilder().with_base_url("https://server.invalid/v1").with_model("m")

    def client(self, transport: Transport) -> ChatModel:
        tape = transport if isinstance(transport, WatchedTransport) else WatchedTransport([])
        return super().client(over_websocket(tape))
