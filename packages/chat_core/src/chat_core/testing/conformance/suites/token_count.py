"""What a client has to do where its server counts tokens."""

from __future__ import annotations

import base64
import re

from chat_core.provider import TokenCountProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.conversations import answered_call
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import QUESTION, SYSTEM, WEATHER, plain_request
from chat_core.testing.conformance.side_requests import (
    NO_BODIES,
    require_failures,
    require_key_in_header,
    require_no_result,
    sent_text,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.form import Exchange
from chat_core.transport import Transport
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.parts import Text


class TokenCountSuite(ProviderSuite):
    """The server counts what a turn would send: `token_count.tape` expects `tokens`."""

    def counting_client(self, transport: Transport) -> TokenCountProvider:
        """Return a client that counts tokens. Raises `ConformanceFailure` where it has no `count_tokens`."""
        client = self.client(transport)
        if not isinstance(client, TokenCountProvider):
            fail(f"{type(client).__name__} has no method count_tokens(messages, tools).")
        return client

    @check
    async def test_the_count_is_the_servers(self) -> None:
        """`count_tokens` returns the number that the server tells, and estimates nothing."""
        transport = self._count_transport()
        counted = await self.counting_client(transport).count_tokens(plain_request().messages)
        require_equal("The count", counted, self.scenario("token_count").expected.get("tokens"))
        require(transport.requests, "Nothing was sent.")

    @check
    async def test_what_is_counted_is_what_would_be_sent(self) -> None:
        """The messages and the tools are in the request, as in a turn: encode them with the same `encode`."""
        transport = self._count_transport()
        tools = self._may_have_tools()
        messages = plain_request().messages
        await self.counting_client(transport).count_tokens(messages, (WEATHER,) if tools else ())
        wanted = [SYSTEM, QUESTION, *(["weather", "canary-description-Hd5"] if tools else [])]
        missing = [text for text in wanted if text not in _sent(transport)]
        require(not missing, f"{missing} are nowhere in what was sent.")

    @check
    async def test_a_long_conversation_is_counted(self) -> None:
        """A conversation with turns of the model, and calls, can be counted, and stays as it is."""
        parts = (
            [answered_call("call_a", {"city": "canary-c0"}, "canary-r0")] if self._may_have_tools() else []
        )
        messages = Messages.from_user("canary-question-Wm8")
        messages.append(Message("model", [Text("canary-words-Aa3"), *parts])).add_user("canary-next-Gf2")
        before = messages.to_json()
        transport = self._count_transport()
        await self.counting_client(transport).count_tokens(messages)
        require_equal("The conversation", messages.to_json(), before)
        wanted = ["canary-words-Aa3", "canary-next-Gf2", *(["canary-r0"] if parts else [])]
        missing = [text for text in wanted if text not in _sent(transport)]
        require(not missing, f"{missing} are nowhere in what was sent.")

    @check
    async def test_failures_of_counting_are_read(self) -> None:
        """A failure raises the error of its status, as for turns, and is sent once."""
        await require_failures(self._count_exchanges(), self._counted, self.key)

    @check
    async def test_a_body_without_a_count_is_an_error(self) -> None:
        """A body that has no number raises a `ChatError`: it is not 0 tokens."""
        # An empty object is left out: wires of protocol buffers leave out a number that is zero.
        words = b'{"input_tokens": "many", "inputTokens": null, "totalTokens": true, "tokens": {}}'
        await require_no_result(self._count_exchanges(), self._counted, (*NO_BODIES[1:], words))

    @check
    async def test_the_key_of_counting_is_in_a_header(self) -> None:
        """The request has the key in a header, and not in its URL or body."""
        transport = self._count_transport()
        await self._counted(transport)
        require_key_in_header(transport, self.key)

    def _may_have_tools(self) -> bool:
        return any(base.__name__ == "ToolsSuite" for base in type(self).__mro__)

    def _count_exchanges(self) -> list[Exchange]:
        return list(self.scenario("token_count").exchanges)

    def _count_transport(self) -> WatchedTransport:
        return WatchedTransport(self._count_exchanges())

    async def _counted(self, transport: WatchedTransport) -> int:
        return await self.counting_client(transport).count_tokens(plain_request().messages)


def _sent(transport: WatchedTransport) -> str:
    """Return what was sent, and what stands in it in base64."""
    text = sent_text(transport)
    encoded = re.findall(r'"([A-Za-z0-9+/]{24,}={0,2})"', text)
    decoded = [base64.b64decode(each + "=" * (-len(each) % 4)).decode("utf-8", "replace") for each in encoded]
    return "\n".join([text, *decoded])
