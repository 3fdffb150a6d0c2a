"""What a client has to do where it tells what it would send."""

from __future__ import annotations

from typing import cast

from chat_core.chat.builder import ChatBuilder
from chat_core.provider import EncodingProvider, ExplainingProvider, SchemaCheckingProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal, skip
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import WEATHER, missing_texts, plain_request, tool_request
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.explanation import HIDDEN
from chat_core.types.json_values import JsonObject
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.parts import ToolCall
from chat_core.types.request import ChatRequest, ToolDefinition


class ExplainSuite(ProviderSuite):
    """What `explain`, `request_body`, `check_tools` and `check_output` tell is what would be sent.

    It is part of `ChatProviderSuite`: a client on `TurnClient` has all of them, and one without
    them skips it.
    """

    @check
    async def test_what_is_explained_is_what_is_sent(self) -> None:
        """`explain` tells the method, the URL and the body that a turn is sent with: make both of them by
        `_prepare`.
        """
        for stream in (False, True):
            scenario = self.scenario("text")
            exchanges = scenario.streamed if stream else scenario.whole
            if not exchanges:
                continue
            transport = WatchedTransport(exchanges)
            client = self._explaining(transport)
            explained = client.explain(plain_request(), stream=stream)
            require(not transport.requests, "Explaining sent something.")
            played = await (self.stream("text") if stream else self.complete("text"))
            sent = played.transport.requests[0]
            require_equal("The method", explained.method, sent.method)
            require_equal("The URL", explained.url, sent.url)
            require_equal("The body", explained.body, played.transport.bodies[0])
            missing = {name.lower() for name in sent.headers} - {name.lower() for name in explained.headers}
            require(not missing, f"The headers {sorted(missing)} are sent, and not explained.")

    @check
    async def test_an_explanation_shows_no_key(self) -> None:
        """The key is `***` in an explanation, whatever header it is in: use `explanation(…)`."""
        explained = self._explaining(WatchedTransport([])).explain(plain_request())
        shown = f"{explained!r} {explained} {explained.headers} {explained.url}"
        require(self.key not in shown, "The explanation shows the key.")
        has_key = any(HIDDEN in value for value in explained.headers.values())
        require(has_key or "test_the_key_is_in_a_header" in self.absent, "No header stands for the key.")

    @check
    async def test_what_cannot_be_sent_cannot_be_explained(self) -> None:
        """`explain` raises what sending raises, for a call without a result for example."""
        messages = Messages.from_user("canary-question-Wm8").append(
            Message("model", [ToolCall("call_a", "weather", {"city": "Bern"})])
        )
        client = self._explaining(WatchedTransport([]))
        try:
            client.explain(ChatRequest(messages))
        except ChatError:
            return
        fail("A call without a result was explained.")

    @check
    async def test_a_chat_explains(self) -> None:
        """`chat.explain` works on the client: `explain` takes a request, and `stream` by its name."""
        client = self._explaining(WatchedTransport([]))
        explained = ChatBuilder().with_model(client).build().explain("canary-question-Wm8")
        missing = missing_texts(explained.body, ["canary-question-Wm8"])
        require(not missing, f"{missing} are nowhere in the body.")

    @check
    async def test_the_body_of_a_request_is_what_is_sent(self) -> None:
        """`request_body` returns the body that a turn is sent with."""
        client: object = self.client(WatchedTransport([]))
        if not isinstance(client, EncodingProvider):
            skip("the client has no request_body")
        played = await self.complete("text")
        if played.transport.bodies:
            described = cast("JsonObject", client.request_body(plain_request()))
            require_equal("The body", dict(described), played.transport.bodies[0])

    @check
    async def test_schemas_are_checked_without_a_network(self) -> None:
        """`check_tools` tells what becomes of each schema, sends nothing, and changes no tool: the client's
        `_schema_rules` says where the bodies of the wire carry schemas.
        """
        transport = WatchedTransport([])
        client: object = self.client(transport)
        if not isinstance(client, SchemaCheckingProvider):
            skip("the client has no check_tools")
        if not any(base.__name__ == "ToolsSuite" for base in type(self).__mro__):
            skip("the provider has no tools")
        other = ToolDefinition(
            "canary_tool",
            "canary-about-Lm3",
            {"type": "object", "properties": {"canary_size": {"type": "integer", "minimum": 3}}},
        )
        before = repr(other)
        try:
            reports = client.check_tools([WEATHER, other])
        except ConfigurationError as error:
            skip(f"{error}")  # without rules a client checks no schemas, and says so
        require_equal("The number of reports", len(reports), 2)
        require(not transport.requests, "Checking sent something.")
        require_equal("The tool", repr(other), before)
        try:
            client.check_output(7)
        except ConfigurationError:
            return
        fail("check_output(7) is no schema, and was taken.")

    @check
    async def test_tools_are_explained(self) -> None:
        """The tools of a request are in its explanation, or refused as they are when sent."""
        client = self._explaining(WatchedTransport([]))
        try:
            explained = client.explain(tool_request())
        except ConfigurationError as error:
            claimed = any(base.__name__ == "ToolsSuite" for base in type(self).__mro__)
            require(not claimed, f"ToolsSuite is claimed, and explaining tools raised {error!r}.")
            return
        missing = missing_texts(explained.body, ["weather", "city"])
        require(not missing, f"{missing} are nowhere in the body.")

    def _explaining(self, transport: WatchedTransport) -> ExplainingProvider:
        client: object = self.client(transport)
        if not isinstance(client, ExplainingProvider):
            skip("the client does not tell what it would send")
        return client
