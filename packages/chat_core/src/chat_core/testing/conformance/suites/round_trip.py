"""A conversation can always go on: what a provider returned can be stored, restored, and sent to it again."""

from __future__ import annotations

from typing import ClassVar

from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.conversations import blank_histories, blank_texts
from chat_core.testing.conformance.provider_suite import Played, ProviderSuite, find_tape
from chat_core.testing.conformance.requests import missing_texts, plain_request, tool_request, written
from chat_core.testing.conformance.stream_shape import size_of
from chat_core.testing.tape.faults import Cut
from chat_core.types.call_status import Completed
from chat_core.types.errors import StreamTruncated
from chat_core.types.json_values import JsonObject
from chat_core.types.messages import Messages
from chat_core.types.parts import Text
from chat_core.types.request import ChatRequest

_SCENARIOS = (
    *("text", "length", "unknown_reason", "usage", "content_filter", "refusal", "unknown_content", "order"),
    *("tool_call", "parallel_calls", "broken_arguments", "cut_arguments", "call_without_arguments"),
    *("reasoning", "blank", "structured", "file"),
)


class RoundTripSuite(ProviderSuite):
    """Turns are stored, restored to equal values, and sent again.

    `takes_blank_text` is to be True where the servers of the wire take messages of white space alone.
    """

    takes_blank_text: ClassVar[bool] = False

    @check
    async def test_turns_are_stored_and_restored(self) -> None:
        """Every turn can be stored as JSON, and comes back equal: put plain JSON alone into `Native` data."""
        for name, played in await self._stored_turns():
            messages = _after(played)
            restored = Messages.from_json(messages.to_json())
            require(restored == messages, f"{name}: {restored!r} came back of {messages!r}.")

    @check
    async def test_restored_turns_are_sent_as_they_were(self) -> None:
        """A restored conversation makes the same request as the one that was stored."""
        for name, played in await self._stored_turns():
            messages = _after(played)
            body = await self._body_of(messages)
            again = await self._body_of(Messages.from_json(messages.to_json()))
            require_equal(f"{name}: the body of the restored conversation", written(again), written(body))

    @check
    async def test_turns_are_in_the_next_request(self) -> None:
        """The text of a turn is in the next request, or left out with a `Notice`, and sending it changes
        nothing in the messages.
        """
        for name, played in await self._stored_turns():
            messages = _after(played)
            before = messages.to_json()
            sent = await self._sent_again(messages)
            require_equal(f"{name}: the conversation afterwards", messages.to_json(), before)
            texts = [part.text for part in messages[-2].parts if isinstance(part, Text)]
            missing = missing_texts(sent.transport.last_body, [text for text in texts if text.strip()])
            require(not missing or sent.turn.notices, f"{name}: {missing} are not in the body.")

    @check
    async def test_a_blank_turn_is_not_sent(self) -> None:
        """A turn without content does not make the next request impossible: leave it out, since servers
        refuse blank text.
        """
        if find_tape(self.tapes, "blank") is not None and "blank" not in self.absent:
            played = await self.complete("blank")
            await self._body_of(_after(played))
        for what, messages in blank_histories().items():
            body = await self._body_of(messages)
            blank = [] if self.takes_blank_text else blank_texts(body)
            require(not blank, f"With {what} the body has the blank text {blank}.")
            missing = missing_texts(body, ["canary-question-Wm8", "canary-next-Gf2"])
            require(not missing, f"With {what}, {missing} are not in the body.")

    @check
    async def test_a_turn_that_was_cut_can_be_sent(self) -> None:
        """What is there of a turn that was cut can be stored and sent, with its calls closed."""
        for name in ("text", "tool_call"):
            if name not in self.absent and find_tape(self.tapes, name) is not None:
                for part in (0.3, 0.5, 0.7, 0.9):
                    await self._send_cut_turn(name, part)

    async def _send_cut_turn(self, name: str, part: float) -> None:
        """Send what is there of a turn whose stream ends after a part of its bytes."""
        played = await self.stream(name, None, Cut(int(size_of(self.scenario(name)) * part)))
        if not isinstance(played.error, StreamTruncated):
            return  # it was whole
        message = played.error.partial.message
        for call in message.tool_calls:
            require(call.resolved, f"{name}: a call of the cut turn is {call.status.type}.")
        messages = plain_request().messages.append(message).add_user("canary-next-Gf2")
        await self._body_of(Messages.from_json(messages.to_json()))

    async def _stored_turns(self) -> list[tuple[str, Played]]:
        """Return the turns of all scenarios, whole and streamed."""
        turns: list[tuple[str, Played]] = []
        for name in _SCENARIOS:
            if name in self.absent or find_tape(self.tapes, name) is None:
                continue
            scenario = self.scenario(name)
            if scenario.whole:
                turns.append((f"{name}, whole", await self.complete(name)))
            if scenario.streamed:
                turns.append((f"{name}, streamed", await self.stream(name)))
        return turns

    async def _body_of(self, messages: Messages) -> JsonObject:
        """Send a conversation, and return the body."""
        return (await self._sent_again(messages)).transport.last_body

    async def _sent_again(self, messages: Messages) -> Played:
        """Send a conversation."""
        tools = tool_request().tools if messages.calls else ()
        played = await self.complete("text", ChatRequest(messages, tools))
        if played.error is not None:
            fail(f"The conversation could not be sent: {played.error!r}")
        return played


def _after(played: Played) -> Messages:
    """Return the conversation after a turn, its calls resolved."""
    message = played.turn.message
    for call in message.tool_calls:
        if not call.resolved:
            call.status = Completed("done")
    return plain_request().messages.append(message).add_user("canary-next-Gf2")
