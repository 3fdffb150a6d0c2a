"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

from chat_core import (
    ChatRequest,
    ChatResponse,
    Done,
    Message,
    Messages,
    ModelInfo,
    Notice,
    StreamTruncated,
    ToolDefinition,
    Turn,
    TurnEvent,
)
from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.types.call_ids import CallIds

from chat_claude.decode import decode, decode_count, decode_models
from chat_claude.encode import Encoded, encode, encode_count
from chat_claude.errors import decode_error
from chat_claude.options import Manner
from chat_claude.stream import ClaudeStreamDecoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with. `continuations` is how often a paused turn is carried on."""

    manner: Manner = Manner()
    continuations: int = 10


class ClaudeClient(ProviderClient[Settings]):
    """A Claude model behind the Messages API. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "claude", decode_error)

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole; where the server pauses it, it is carried on. Raises a `ChatError`; retries nothing."""
        before: ChatResponse | None = None
        for _ in range(self._settings.continuations + 1):
            encoded = self._encode(request, stream=False)
            read = partial(decode, origin=self._origin, ids=CallIds(request.messages), prefix=encoded.digest)
            response = await self._send(
                "POST", "/v1/messages", read, encoded.body, self._betas(encoded.betas)
            )
            response = replace(response, notices=encoded.notices + response.notices)
            before, said = _joined(before, response), response.message
            if not _paused(response):
                return before
            request = _continued(request, said)
        assert before is not None
        return _still_paused(before, self._settings.continuations)

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """One turn as it arrives, ending with `Done`; paused turns are carried on. Raises a `ChatError`; retries nothing."""
        before: ChatResponse | None = None
        for _ in range(self._settings.continuations + 1):
            whole: ChatResponse | None = None
            try:
                async with aclosing(self._one_stream(request)) as events:
                    async for event in events:
                        if isinstance(event, Done):
                            whole = event.response
                        else:
                            yield event
            except StreamTruncated as error:
                error.partial = _joined(before, error.partial)
                raise
            assert whole is not None, "stream_response() ends in Done"
            before, said = _joined(before, whole), whole.message
            if not _paused(whole):
                yield Done(before)
                return
            request = _continued(request, said)
        assert before is not None
        yield Done(_still_paused(before, self._settings.continuations))

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """How many tokens a request with these messages and tools, and all that the client adds, would take in."""
        encoded = encode_count(
            ChatRequest(messages, tools), origin=self._origin, manner=self._settings.manner
        )
        return await self._send(
            "POST", "/v1/messages/count_tokens", decode_count, encoded.body, self._betas(encoded.betas)
        )

    async def list_models(self) -> list[ModelInfo]:
        """The models that there are; what each can do stands in its `raw`."""
        models: list[ModelInfo] = []
        after: str | None = None
        while True:
            query = f"&after_id={quote(after, safe='')}" if after else ""
            headers = self._betas(self._settings.manner.betas)
            page, further = await self._send(
                "GET", f"/v1/models?limit=1000{query}", decode_models, headers=headers
            )
            models += page
            if further is None or further == after or not page:
                return models
            after = further

    def _one_stream(self, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        encoded = self._encode(request, stream=True)
        turn = ClaudeStreamDecoder(
            origin=self._origin, ids=CallIds(request.messages), prefix=encoded.digest, notices=encoded.notices
        )
        return self._stream_response("/v1/messages", turn, encoded.body, self._betas(encoded.betas))

    def _encode(self, request: ChatRequest, *, stream: bool) -> Encoded:
        return encode(
            request, origin=self._origin, manner=self._settings.manner, now=datetime.now(UTC), stream=stream
        )

    def _betas(self, betas: Iterable[str]) -> dict[str, str]:
        """The header that asks for these, and for those of the user's own."""
        own = self._settings.headers.get("anthropic-beta")
        named = dict.fromkeys([*([own] if own else []), *betas])
        return {"anthropic-beta": ",".join(named)} if named else {}


def _paused(response: ChatResponse) -> bool:
    return response.raw_finish_reason == "pause_turn" and not response.tool_calls


def _continued(request: ChatRequest, message: Message) -> ChatRequest:
    """The request with what the model has said so far: it goes on from there, without a word from the user."""
    return replace(request, messages=Messages([*request.messages, message]))


def _joined(before: ChatResponse | None, response: ChatResponse) -> ChatResponse:
    """Both as one turn."""
    if before is None:
        return response
    one, two = before.message, response.message
    turn = replace(two.turn or Turn(), usage=before.usage + response.usage)
    message = Message("model", [*one.parts, *two.parts], turn=turn, interrupted=two.interrupted)
    notices = tuple(dict.fromkeys(before.notices + response.notices))
    return ChatResponse(message, notices, response.raw)


def _still_paused(response: ChatResponse, continuations: int) -> ChatResponse:
    said = f"the turn is still paused after {continuations} continuations; complete(messages) again carries it on"
    return replace(response, notices=(*response.notices, Notice("pause_turn", said)))
