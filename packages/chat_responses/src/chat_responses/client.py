"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import quote

import anyio
from chat_core import (
    ChatError,
    ChatRequest,
    ChatResponse,
    Done,
    JsonObject,
    Messages,
    ModelInfo,
    Native,
    Notice,
    Opaque,
    ProviderError,
    TimedOut,
    ToolDefinition,
    TurnEvent,
)
from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.client.exchange import stream_response
from chat_core.types.call_ids import CallIds

from chat_responses.background import Tries, carried_on
from chat_responses.decode import UNFINISHED, decode, decode_count, decode_models
from chat_responses.encode import Encoded, counted, encode
from chat_responses.memory import Memory, Stateless
from chat_responses.options import ResponsesOptions
from chat_responses.stream import ResponsesStreamDecoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with. `poll`: seconds between two looks at a response in the background, None for the foreground."""

    provider: str
    options: ResponsesOptions = ResponsesOptions()
    memory: Memory = Stateless()
    tools: tuple[JsonObject, ...] = field(default=(), repr=False)
    strict: bool = True
    poll: float | None = None
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


class ResponsesClient(ProviderClient[Settings]):
    """A model behind a Responses endpoint. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.provider)

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn, whole. Raises a `ChatError`; retries nothing.

        A response that the server no longer has is not continued: the full history is sent instead, with a notice. A look after a
        response in the background that fails is repeated.
        """
        encoded = self._encode(request)
        try:
            return await self._complete(request, encoded)
        except ProviderError as error:
            if not _forgotten(error, encoded):
                raise
        whole = self._encode(request, whole=True)
        return await self._complete(request, replace(whole, notices=(*whole.notices, _FORGOTTEN)))

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """One turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing, but for what `complete` says.

        A stream in the background that loses its connection goes on over another one.
        """
        encoded = self._encode(request, stream=True)
        try:
            async with aclosing(self._stream(request, encoded)) as events:
                async for event in events:
                    yield event
            return
        except ProviderError as error:
            if not _forgotten(error, encoded):
                raise
        whole = self._encode(request, stream=True, whole=True)
        async with aclosing(
            self._stream(request, replace(whole, notices=(*whole.notices, _FORGOTTEN)))
        ) as events:
            async for event in events:
                yield event

    async def warm_up(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> ChatResponse:
        """Over a WebSocket: have instructions, tools and input loaded, and nothing generated.

        With `with_store()`, appending its `message` makes the next turn continue from it.
        """
        request = ChatRequest(messages, tools)
        encoded = self._encode(request, stream=True, extra={"generate": False})
        async with aclosing(self._stream(request, encoded)) as events:
            async for event in events:
                if isinstance(event, Done):
                    message = event.response.message
                    if not message.parts:  # else nothing in it would say where it is from
                        message.parts.append(Opaque(Native(self._origin, {"response": event.response.id})))
                    return event.response
        raise AssertionError("a turn ends in Done")

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """How many input tokens these messages are, as the server counts; nothing is generated."""
        encoded = self._encode(ChatRequest(messages, tools))
        return await self._send("POST", "/responses/input_tokens", decode_count, counted(encoded.body))

    async def retrieve(self, id: str) -> ChatResponse:
        """A stored response, as it stands now."""
        return await self._send("GET", _stored(id), self._reader(Messages()))

    async def cancel(self, id: str) -> ChatResponse:
        """Stop a response in the background; what it was by then."""
        return await self._send("POST", _stored(id) + "/cancel", self._reader(Messages()))

    async def delete(self, id: str) -> None:
        """Have the server forget a stored response."""
        await self._send("DELETE", _stored(id), len)

    async def list_models(self) -> list[ModelInfo]:
        """The models that the server offers."""
        return await self._send("GET", "/models", decode_models)

    async def _complete(self, request: ChatRequest, encoded: Encoded) -> ChatResponse:
        response = await self._send("POST", "/responses", self._reader(request.messages), encoded.body)
        if self._settings.poll is not None:
            response = await self._finished(response, request.messages, self._settings.poll)
        return replace(response, notices=response.notices + encoded.notices)

    async def _finished(self, response: ChatResponse, messages: Messages, poll: float) -> ChatResponse:
        """The response in the background, once it has ended."""
        total = self._settings.timeouts.total
        tries, wait = Tries(poll), poll
        with anyio.move_on_after(total):
            while response.raw_finish_reason in UNFINISHED and response.id:
                await anyio.sleep(wait)
                try:
                    response = await self._send("GET", _stored(response.id), self._reader(messages))
                except ChatError as error:
                    if (after := tries.after(error)) is None:
                        error.retryable = False  # asked again, the server would make another one
                        raise
                    wait = after
                else:
                    wait = poll
                    tries.succeeded()
            return response
        raise TimedOut("total", total or 0.0)

    def _stream(self, request: ChatRequest, encoded: Encoded) -> AsyncGenerator[TurnEvent]:
        turn = ResponsesStreamDecoder(
            origin=self._origin, ids=CallIds(request.messages), notices=encoded.notices
        )
        events = self._stream_response("/responses", turn, encoded.body)
        if self._settings.poll is None:
            return events
        return carried_on(
            turn, events, partial(self._stream_on, turn, anyio.current_time()), self._settings.poll
        )

    async def _stream_on(
        self, turn: ResponsesStreamDecoder, since: float, id: str, number: int
    ) -> AsyncGenerator[TurnEvent]:
        """The rest of a stored response's stream, after the event of this number. The total limit counts from `since`."""
        request = self._request("GET", f"{_stored(id)}?stream=true&starting_after={number}")
        total = request.timeouts.total
        if total is not None:
            left = max(0.0, since + total - anyio.current_time())
            request = replace(request, timeouts=replace(request.timeouts, total=left))
        try:
            async with aclosing(
                stream_response(self._settings.transport, request, turn, self._decode_error)
            ) as events:
                async for event in events:
                    yield event
        except TimedOut as error:
            if total is None or error.limit != "total":
                raise
            raise TimedOut("total", total) from None

    def _reader(self, messages: Messages) -> Callable[[bytes], ChatResponse]:
        return partial(decode, origin=self._origin, ids=CallIds(messages))

    def _encode(
        self,
        request: ChatRequest,
        *,
        stream: bool = False,
        whole: bool = False,
        extra: Mapping[str, object] | None = None,
    ) -> Encoded:
        settings = self._settings
        return encode(
            request,
            origin=self._origin,
            options=settings.options,
            memory=settings.memory,
            tools=settings.tools,
            strict=settings.strict,
            background=settings.poll is not None,
            extra={**settings.extra, **(extra or {})},
            stream=stream,
            whole=whole,
        )


_FORGOTTEN = Notice(
    "previous_response_id",
    "the server no longer has the response before this one, so the full history was sent",
)


def _forgotten(error: ProviderError, encoded: Encoded) -> bool:
    return error.code == "previous_response_not_found" and encoded.continues is not None


def _stored(id: str) -> str:
    return f"/responses/{quote(id, safe='')}"
