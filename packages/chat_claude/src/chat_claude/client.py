"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

from chat_core import (
    ChatRequest,
    ChatResponse,
    Done,
    Message,
    Messages,
    ModelInfo,
    Notice,
    Origin,
    Request,
    StreamTruncated,
    Timeouts,
    ToolDefinition,
    Transport,
    Turn,
    TurnEvent,
)
from chat_core.calls import CallIds
from chat_core.turn import ask, stream_turn

from chat_claude.decode import decode, decode_count, decode_models
from chat_claude.encode import Encoded, encode, encode_count
from chat_claude.errors import decode_error
from chat_claude.options import Manner
from chat_claude.stream import ClaudeTurn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a client was built with. `continuations` is how often a paused turn is carried on."""

    model: str
    base_url: str
    transport: Transport
    headers: Mapping[str, str] = field(repr=False)
    timeouts: Timeouts = Timeouts()
    manner: Manner = Manner()
    continuations: int = 10


class ClaudeClient:
    """A Claude model behind the Messages API. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._origin = Origin("claude", settings.base_url, settings.model)

    @property
    def model(self) -> str:
        """The model it asks for."""
        return self._settings.model

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole; where the server pauses it, it is carried on. Raises a `ChatError`; retries nothing."""
        before: ChatResponse | None = None
        for _ in range(self._settings.continuations + 1):
            encoded = self._encode(request, stream=False)
            read = partial(decode, origin=self._origin, ids=CallIds(request.messages), prefix=encoded.digest)
            response = await self._ask("POST", "/v1/messages", read, encoded)
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
            assert whole is not None, "stream_turn() ends in Done"
            before, said = _joined(before, whole), whole.message
            if not _paused(whole):
                yield Done(before)
                return
            request = _continued(request, said)
        assert before is not None
        yield Done(_still_paused(before, self._settings.continuations))

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """How many tokens a request with these messages and tools, and all that the client adds, would take in."""
        encoded = encode_count(ChatRequest(messages, tools), origin=self._origin, manner=self._settings.manner)
        return await self._ask("POST", "/v1/messages/count_tokens", decode_count, encoded)

    async def list_models(self) -> list[ModelInfo]:
        """The models that there are; what each can do stands in its `raw`."""
        models: list[ModelInfo] = []
        after: str | None = None
        while True:
            query = f"&after_id={quote(after, safe='')}" if after else ""
            page, further = await self._ask("GET", f"/v1/models?limit=1000{query}", decode_models)
            models += page
            if further is None or further == after or not page:
                return models
            after = further

    async def aclose(self) -> None:
        """Close the connections that are open on the running event loop."""
        await self._settings.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self._settings.model!r}, base_url={self._settings.base_url!r})"

    def _one_stream(self, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        encoded = self._encode(request, stream=True)
        turn = ClaudeTurn(origin=self._origin, ids=CallIds(request.messages), prefix=encoded.digest, notices=encoded.notices)
        return stream_turn(self._settings.transport, self._request("POST", "/v1/messages", encoded), turn, decode_error)

    def _encode(self, request: ChatRequest, *, stream: bool) -> Encoded:
        return encode(request, origin=self._origin, manner=self._settings.manner, now=datetime.now(UTC), stream=stream)

    async def _ask(self, method: str, path: str, decode: Callable[[bytes], T], encoded: Encoded | None = None) -> T:
        request = self._request(method, path, encoded)
        return await ask(self._settings.transport, request, lambda answer: decode(answer.body), decode_error)

    def _request(self, method: str, path: str, encoded: Encoded | None) -> Request:
        headers = dict(self._settings.headers)
        betas = [*filter(None, [headers.get("anthropic-beta")]), *(encoded.betas if encoded else self._settings.manner.betas)]
        if betas:
            headers["anthropic-beta"] = ",".join(dict.fromkeys(betas))
        body = encoded.body if encoded else b""
        return Request(method, self._settings.base_url + path, headers, body, self._settings.timeouts)


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
