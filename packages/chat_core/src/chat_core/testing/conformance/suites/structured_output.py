"""What a client has to do for typed output."""

from __future__ import annotations

from typing import Any

from chat_core.chat.builder import ChatBuilder
from chat_core.testing.conformance.checks import (
    ConformanceFailure,
    check,
    fail,
    require,
    require_equal,
)
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import missing_texts, plain_request
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.types.errors import OutputMismatch, OutputTruncated
from chat_core.types.events import Done
from chat_core.types.json_values import JsonObject
from chat_core.types.messages import Messages
from chat_core.types.request import ChatRequest, OutputSchema
from chat_core.types.response import StructuredResponse

SCHEMA: JsonObject = {
    "type": "object",
    "title": "Forecast",
    "description": "canary-forecast-Cc7",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}


class StructuredOutputSuite(ProviderSuite):
    """The schema is sent, and the value comes out: `{"city": …, "degrees": …}` in `structured.tape`."""

    @check
    async def test_the_schema_is_sent(self) -> None:
        """The schema of `request.output` is in the body, with all its fields."""
        request = ChatRequest(plain_request().messages, output=OutputSchema("forecast", SCHEMA))
        body = (await self.complete("structured", request)).transport.last_body
        missing = missing_texts(body, ["city", "degrees"])
        require(not missing, f"{missing} are nowhere in the body.")

    @check
    async def test_the_value_comes_out(self) -> None:
        """A typed answer is the turn's text, which the engine makes the value of, whole and streamed."""
        for streamed in (False, True):
            response = await self._answer("structured", streamed=streamed)
            value = response.value
            fits = isinstance(value, dict) and {"city", "degrees"} <= value.keys()
            require(fits, f"The value is {value!r}.")

    @check
    async def test_what_does_not_fit_is_an_error(self) -> None:
        """An answer that is no value of the schema raises `OutputMismatch`."""
        await self._require_error("text", OutputMismatch)

    @check
    async def test_a_value_that_was_cut_is_an_error(self) -> None:
        """A typed answer that the token limit cut raises `OutputTruncated`: report "length"."""
        await self._require_error("length", OutputTruncated)

    @check
    async def test_a_value_goes_back(self) -> None:
        """A typed answer is in the next request, as the text that the model wrote."""
        messages = plain_request().messages
        scenario = self.scenario("structured")
        transport = WatchedTransport([*scenario.whole[:1], *self.scenario("text").whole[:1]])
        client = self.client(transport)
        chat = ChatBuilder().with_model(client).with_structured_output(SCHEMA).build()
        response: StructuredResponse[Any] = await chat.complete(messages)
        messages.add_user("canary-next-Gf2")
        await client.complete(ChatRequest(Messages.from_json(messages.to_json())))
        city = str(response.value["city"])
        missing = missing_texts(transport.last_body, ["degrees", city])
        require(not missing, f"{missing} are nowhere in the next request.")

    @check
    async def test_the_schema_stays_as_it_is(self) -> None:
        """Encoding changes nothing in the schema, and makes the same body each time."""
        before = repr(SCHEMA)
        request = ChatRequest(plain_request().messages, output=OutputSchema("forecast", SCHEMA))
        first = (await self.complete("structured", request)).transport.last_body
        second = (await self.complete("structured", request)).transport.last_body
        require_equal("The second body", second, first)
        require_equal("The schema", repr(SCHEMA), before)

    async def _answer(self, name: str, *, streamed: bool) -> StructuredResponse[Any]:
        scenario = self.scenario(name)
        transport = WatchedTransport(scenario.streamed if streamed else scenario.whole)
        chat = ChatBuilder().with_model(self.client(transport)).with_structured_output(SCHEMA).build()
        if not streamed:
            response: StructuredResponse[Any] = await chat.complete(plain_request().messages)
            return response
        async with chat.stream(plain_request().messages) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.response
        raise ConformanceFailure("The stream ended without a typed response.")

    async def _require_error(self, name: str, kind: type[Exception]) -> None:
        for streamed in (False, True):
            try:
                response = await self._answer(name, streamed=streamed)
            except kind:
                continue
            fail(f"{name}.tape came out as the value {response.value!r}.")
