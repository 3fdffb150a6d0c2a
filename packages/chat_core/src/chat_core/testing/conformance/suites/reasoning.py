"""What a client has to do with reasoning, and with what a provider seals in its turns."""

from __future__ import annotations

from chat_core.testing.conformance.checks import check, require, skip
from chat_core.testing.conformance.provider_suite import (
    ConfiguredBuilder,
    Played,
    ProviderSuite,
)
from chat_core.testing.conformance.requests import missing_texts, plain_request
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.types.events import ReasoningChunk
from chat_core.types.json_values import JsonObject, as_list, as_text
from chat_core.types.messages import Messages
from chat_core.types.parts import Reasoning
from chat_core.types.request import ChatRequest


class ReasoningSuite(ProviderSuite):
    """Reasoning is kept apart from text, and what is sealed in it goes back to where it came from.

    `sent_back` of a tape's expectation has the texts, such as a signature, that the next request to the same
    model has to carry.
    """

    @check
    async def test_reasoning_is_no_text(self) -> None:
        """Readable reasoning is in `Reasoning` parts and in `ReasoningChunk`s, and not in the text."""
        await self.require_expected("reasoning")

    @check
    async def test_reasoning_is_streamed(self) -> None:
        """Reasoning is yielded as it arrives, as `ReasoningChunk`s, and not at the end."""
        played = await self.stream("reasoning")
        chunks = [event.text for event in played.events if isinstance(event, ReasoningChunk)]
        require(chunks or not played.turn.reasoning, "There was no ReasoningChunk.")
        require("".join(chunks) == played.turn.reasoning, f"The chunks are {chunks}.")

    @check
    async def test_reasoning_comes_before_its_text(self) -> None:
        """Reasoning stands in the message before the text that it led to."""
        for played in await self._reasoned_turns():
            kinds = [part.type for part in played.turn.message.parts]
            first_text = kinds.index("text") if "text" in kinds else len(kinds)
            require("reasoning" in kinds[:first_text] or not played.turn.reasoning, f"The parts are {kinds}.")

    @check
    async def test_what_is_sealed_goes_back(self) -> None:
        """Signatures and sealed reasoning go back to the model that they came from, byte for byte, in a
        restored conversation too: keep them as `Native(origin, data)` on their part.
        """
        sealed = self._sealed()
        for played in await self._reasoned_turns():
            body = await self._next_body(Messages.from_json(_conversation(played).to_json()))
            missing = missing_texts(body, sealed)
            require(not missing, f"{missing} are nowhere in the next request.")

    @check
    async def test_what_is_sealed_stays_with_its_origin(self) -> None:
        """What another model, or another address, has sealed is not sent: take it from
        `native.for_(origin)` alone.
        """
        sealed = self._sealed()
        for played in await self._reasoned_turns():
            builder = self.builder().with_base_url("https://another.invalid/v1")
            body = await self._next_body(_conversation(played), builder)
            there = [text for text in sealed if text not in missing_texts(body, sealed)]
            require(not there, f"{there} was sent to another address.")

    @check
    async def test_a_turn_of_reasoning_alone_can_be_sent(self) -> None:
        """A turn of which only the reasoning is left does not make the next request impossible."""
        for played in await self._reasoned_turns():
            message = played.turn.message
            message.parts = [part for part in message.parts if isinstance(part, Reasoning)]
            await self._next_body(_conversation(played))

    def _sealed(self) -> list[str]:
        expected = self.scenario("reasoning").expected
        sealed = [as_text(text) for text in as_list(expected.get("sent_back"))]
        if not sealed:
            skip("reasoning.tape expects nothing to be sent back")
        return sealed

    async def _reasoned_turns(self) -> list[Played]:
        scenario = self.scenario("reasoning")
        played = [await self.complete("reasoning")] if scenario.whole else []
        return [*played, *([await self.stream("reasoning")] if scenario.streamed else [])]

    async def _next_body(self, messages: Messages, builder: ConfiguredBuilder | None = None) -> JsonObject:
        """Send the next request of a conversation, and return its body."""
        transport = WatchedTransport(self.scenario("text").whole or self.scenario("text").streamed)
        chosen = (builder or self.builder()).with_api_key(self.key).with_transport(transport)
        await chosen.build().complete(ChatRequest(messages))
        return transport.last_body


def _conversation(played: Played) -> Messages:
    return plain_request().messages.append(played.turn.message).add_user("canary-next-Gf2")
