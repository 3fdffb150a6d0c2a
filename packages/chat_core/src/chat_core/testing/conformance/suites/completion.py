"""What a client has to make of whole turns, and of the options and messages of a request."""

from __future__ import annotations

from typing import Any

import anyio

from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import (
    QUESTION,
    SYSTEM,
    in_order,
    missing_texts,
    numbers_in,
    plain_request,
    texts_in,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.parts import Text
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse

_PICTURE = b"\x89PNG\r\n\x1a\n canary picture"


class CompletionSuite(ProviderSuite):
    """A turn comes out as the server sent it, and a request goes out as the application made it."""

    @check
    async def test_a_turn_comes_out_as_it_came(self) -> None:
        """The text, the finish reason, the model, the id and the usage of `text.tape` come out as its first
        line expects: mend `decode`.
        """
        await self.require_expected("text")

    @check
    async def test_a_turn_that_ended_at_the_token_limit_says_so(self) -> None:
        """A turn that the token limit ended has the finish reason "length": map the wire's word for it."""
        await self.both("length", lambda played: _require_reason(played.turn, "length"))
        await self.require_expected("length")

    @check
    async def test_an_unknown_reason_is_other(self) -> None:
        """A finish reason that is not known is "other", with the word in `raw_finish_reason`, and never
        "stop": use `finish_reason(word)` of chat_core.wire.
        """
        await self.both("unknown_reason", lambda played: _require_reason(played.turn, "other"))
        await self.require_expected("unknown_reason")

    @check
    async def test_a_filtered_turn_says_so(self) -> None:
        """A turn that the provider's filter ended has the finish reason "content_filter", or "refusal" where
        the model itself declined.
        """
        await self.require_expected("content_filter")

    @check
    async def test_a_refusal_is_no_text(self) -> None:
        """Where the wire keeps a model's reason to decline apart from its text, it is in `refusal`, and not
        in the text.
        """
        await self.require_expected("refusal")

    @check
    async def test_usage_includes_what_the_cache_has(self) -> None:
        """`usage.input_tokens` includes cache reads and writes, `output_tokens` includes reasoning, and what
        the provider does not send is None: normalise the numbers in `decode`.
        """
        await self.require_expected("usage")

    @check
    async def test_unknown_content_is_kept(self) -> None:
        """Content of a type that is not known yet neither fails the turn nor is lost: keep it as `Opaque`, or
        in `response.raw`.
        """
        await self.require_expected("unknown_content")

    @check
    async def test_parts_keep_their_order(self) -> None:
        """The parts of a turn stay in the order in which they came."""
        await self.require_expected("order")

    @check
    async def test_the_body_is_kept_as_received(self) -> None:
        """`response.raw` is the body as received: give it to `ChatResponse`."""
        played = await self.complete("text")
        require(played.turn.raw, f"raw is {played.turn.raw!r}.")

    @check
    async def test_instructions_and_questions_are_sent(self) -> None:
        """The texts of system and user messages are in the body, each once: mend `encode`."""
        body = (await self.complete("text")).transport.last_body
        missing = missing_texts(body, [SYSTEM, QUESTION])
        require(not missing, f"{missing} are nowhere in the body.")
        twice = [text for text in (SYSTEM, QUESTION) if sum(text in each for each in texts_in(body)) > 1]
        require(not twice, f"{twice} are there more than once.")

    @check
    async def test_messages_are_sent_in_order(self) -> None:
        """All messages are sent, in their order, also neighbours of one role: merge them where the wire wants
        it, and drop none.
        """
        texts = ["canary-one-A1", "canary-two-B2", "canary-three-C3", "canary-four-D4"]
        messages = Messages.from_user(texts[0]).add_user(texts[1])
        messages.append(Message("model", [Text(texts[2])])).add_user(texts[3])
        body = (await self.complete("text", ChatRequest(messages))).transport.last_body
        require(in_order(body, texts), f"Sent were {[t for t in texts_in(body) if 'canary' in t]}.")

    @check
    async def test_sending_changes_nothing(self) -> None:
        """Encoding changes nothing in the messages, and completing appends nothing: an encoder only reads."""
        request = plain_request()
        before = request.messages.to_json()
        await self.complete("text", request)
        await self.stream("text", request)
        require_equal("The conversation afterwards", request.messages.to_json(), before)

    @check
    async def test_a_text_or_a_conversation_is_a_request(self) -> None:
        """`complete` and `stream` take a text and `Messages` too: begin with `as_request(given)`."""
        for given in ("canary-text-Ke4", Messages.from_user("canary-text-Ke4")):
            transport = WatchedTransport(self.scenario("text").whole)
            client: Any = self.client(transport)
            await client.complete(given)
            require(
                not missing_texts(transport.last_body, ["canary-text-Ke4"]),
                f"A {type(given).__name__} was not sent.",
            )

    @check
    async def test_sampling_options_reach_the_wire(self) -> None:
        """`temperature`, `top_p`, `top_k`, `seed` and the penalties are sent, or refused with
        `ConfigurationError`, or become a `Notice` about the option: none is dropped in silence.
        """
        for name, value in {
            "temperature": 0.4375,
            "top_p": 0.8125,
            "top_k": 37,
            "seed": 98127,
            "frequency_penalty": 0.3125,
            "presence_penalty": 0.1875,
        }.items():
            await self._require_sent(name, value)

    @check
    async def test_the_token_limit_reaches_the_wire(self) -> None:
        """`max_tokens` is sent, or refused with `ConfigurationError`, or becomes a `Notice`."""
        await self._require_sent("max_tokens", 4321)

    @check
    async def test_stop_sequences_reach_the_wire(self) -> None:
        """`stop` is sent, one sequence or several, or refused with `ConfigurationError`, or becomes a
        `Notice`.
        """
        await self._require_sent("stop", "canary-halt-P1")
        await self._require_sent("stop", ["canary-halt-P1", "canary-halt-P2"])

    @check
    async def test_reasoning_effort_reaches_the_wire(self) -> None:
        """`reasoning_effort` is sent, or refused with `ConfigurationError`, or becomes a `Notice`."""
        await self._require_sent("reasoning_effort", "high", translated=True)

    @check
    async def test_a_file_is_sent_or_refused(self) -> None:
        """A picture of the user's is sent, or refused with `ConfigurationError`: never left out."""
        file = File.from_bytes(_PICTURE, "image/png")
        request = ChatRequest(Messages.from_user("canary-look-Uz6", file))
        played = await self.complete("text", request)
        if isinstance(played.error, ConfigurationError):
            require(not played.transport.requests, "It was refused after a request had been sent.")
            return
        found = missing_texts(played.transport.last_body, [file.base64()]) == []
        require(found, "The bytes of the picture are nowhere in the body.")

    @check
    async def test_a_client_holds_no_conversation(self) -> None:
        """A client holds no conversation: what it sent once is not in the next request, and two requests at
        once do not mix.
        """
        transport = WatchedTransport([*self.scenario("text").whole[:1]] * 3)
        client = self.client(transport)
        await client.complete(ChatRequest(Messages.from_user("canary-first-X1")))
        async with anyio.create_task_group() as group:
            for name in ("canary-left-Y1", "canary-right-Z1"):
                group.start_soon(client.complete, ChatRequest(Messages.from_user(name)))
        for body in transport.bodies:
            there = [text for text in texts_in(body) if text.startswith("canary-")]
            require(len(there) == 1, f"One request has {there}.")

    async def _require_sent(
        self, name: str, value: str | float | list[str], *, translated: bool = False
    ) -> None:
        """Hold that an option is sent, refused or noticed."""
        request = plain_request(ChatOptions(**{name: value}))  # type: ignore[arg-type]  # by its name
        played = await self.complete("text", request)
        if isinstance(played.error, ConfigurationError):
            require(not played.transport.requests, f"{name} was refused after a request had been sent.")
            return
        body = played.transport.last_body
        if _is_sent(body, value):
            return
        if any(name in f"{notice.about} {notice.message}" for notice in played.turn.notices):
            return
        plain = (await self.complete("text")).transport.last_body
        if translated and body != plain:
            return  # a number of tokens, say, or a switch
        fail(f"{name}={value!r} is not in the body, was not refused, and no notice tells of it.")


def _is_sent(body: JsonObject, value: str | float | list[str]) -> bool:
    match value:
        case str():
            return not missing_texts(body, [value])
        case int() | float():
            return value in list(numbers_in(body))
        case list():
            return not missing_texts(body, value)


def _require_reason(turn: ChatResponse, reason: str) -> None:
    raw = turn.raw_finish_reason
    require(turn.finish_reason == reason, f"finish_reason is {turn.finish_reason!r} for the word {raw!r}.")
    require(reason != "other" or raw, "raw_finish_reason is empty.")
