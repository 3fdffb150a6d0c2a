"""The client: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

import anyio
from chat_core import (
    ChatError,
    ChatRequest,
    ChatResponse,
    Done,
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
from chat_core.client import AnyRequest, Prepared, SchemaRules, TurnClient, as_request, stream_response
from chat_core.wire import CallIds

from chat_responses.background import resume_when_cut, retries
from chat_responses.decode import UNFINISHED, decode, decode_count, decode_error, decode_models
from chat_responses.encode import EncodedTurn, countable, encode
from chat_responses.memory import Conversation
from chat_responses.paths import response_path
from chat_responses.settings import RequestDefaults, Settings
from chat_responses.stream import ResponsesStreamDecoder

_PATH = "/responses"
_SCHEMAS = SchemaRules(output=("text/format/schema",), tools=("tools/*/parameters",), output_flag="strict")


class ResponsesClient(TurnClient[Settings]):
    """A model behind a Responses endpoint. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.provider, decode_error)

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn, whole. Raises a `ChatError`; retries nothing.

        A response that the server no longer has is not continued: the full history is sent instead, with a
        notice. A request for the state of a response in the background that fails is repeated.
        """
        request = as_request(given)
        encoded = self._encode(request)
        try:
            return await self._complete(request, encoded)
        except ProviderError as error:
            if not _is_forgotten(error, encoded):
                raise
        return await self._complete(request, self._encode_full(request))

    async def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`.

        Raises a `ChatError`; retries only what `complete` does.

        A stream in the background that loses its connection goes on over another one.
        """
        request = as_request(given)
        encoded = self._encode(request, stream=True)
        try:
            async with aclosing(self._stream(request, encoded)) as events:
                async for event in events:
                    yield event
            return
        except ProviderError as error:
            if not _is_forgotten(error, encoded):
                raise
        async with aclosing(self._stream(request, self._encode_full(request, stream=True))) as events:
            async for event in events:
                yield event

    async def warm_up(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> ChatResponse:
        """Over a WebSocket: have the server load instructions, tools and input, and generate nothing.

        With `with_store()`, appending its `message` makes the next turn continue from it.
        """
        request = ChatRequest(messages, tools)
        defaults = self._settings.defaults
        encoded = self._encode(
            request, stream=True, defaults=replace(defaults, extra={**defaults.extra, "generate": False})
        )
        async with aclosing(self._stream(request, encoded)) as events:
            async for event in events:
                if isinstance(event, Done):
                    message = event.response.message
                    if not message.parts:  # else nothing in it would tell where it is from
                        message.parts.append(Opaque(Native(self._origin, {"response": event.response.id})))
                    return event.response
        raise AssertionError("a turn ends in Done")

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return how many input tokens these messages are, as the server counts; nothing is generated."""
        encoded = self._encode(ChatRequest(messages, tools))
        return await self._send("POST", "/responses/input_tokens", decode_count, countable(encoded.body))

    async def retrieve(self, id: str) -> ChatResponse:
        """Return a stored response in its present state."""
        return await self._send("GET", response_path(id), self._decoder(Messages()))

    async def cancel(self, id: str) -> ChatResponse:
        """Stop a response in the background, and return what there is of it."""
        return await self._send("POST", response_path(id) + "/cancel", self._decoder(Messages()))

    async def delete(self, id: str) -> None:
        """Delete a stored response on the server."""
        await self._send("DELETE", response_path(id), len)

    async def list_models(self) -> list[ModelInfo]:
        """Return the models that the server offers."""
        return await self._send("GET", "/models", decode_models)

    async def _complete(self, request: ChatRequest, encoded: EncodedTurn) -> ChatResponse:
        response = await self._send("POST", _PATH, self._decoder(request.messages), encoded.body)
        if self._settings.poll is not None:
            response = await self._poll(response, request, self._settings.poll)
        if not encoded.notices:
            return response
        return replace(response, notices=response.notices + encoded.notices)

    async def _poll(self, response: ChatResponse, request: ChatRequest, poll: float) -> ChatResponse:
        """Return the response in the background, once it has ended. Its id is on every error."""
        retry, decode_it = retries(request, poll), self._decoder(request.messages)
        total = self._settings.timeouts.total
        try:
            with anyio.move_on_after(total):
                while response.raw_finish_reason in UNFINISHED and response.id:
                    await anyio.sleep(poll)
                    response = await retry(partial(self._send, "GET", response_path(response.id), decode_it))
                return response
            raise TimedOut("total", total or 0.0)
        except ChatError as error:
            error.retryable = False  # sent again, the request would make another response
            error.partial = response
            raise

    def _stream(self, request: ChatRequest, encoded: EncodedTurn) -> AsyncGenerator[TurnEvent]:
        decoder = ResponsesStreamDecoder(
            origin=self._origin,
            ids=CallIds(request.messages),
            notices=encoded.notices,
            conversation=self._conversation,
        )
        events = self._stream_response(_PATH, decoder, encoded.body)
        if self._settings.poll is None:
            return events
        resume = partial(self._resume_stream, decoder, anyio.current_time())
        return resume_when_cut(decoder, events, resume, retries(request, self._settings.poll))

    async def _resume_stream(
        self, decoder: ResponsesStreamDecoder, since: float, id: str, number: int
    ) -> AsyncGenerator[TurnEvent]:
        """Yield the rest of a stored response's stream, after the event of this number.

        The total limit counts from `since`.
        """
        request = self._request("GET", f"{response_path(id)}?stream=true&starting_after={number}")
        total = request.timeouts.total
        if total is not None:
            left = max(0.0, since + total - anyio.current_time())
            request = replace(request, timeouts=replace(request.timeouts, total=left))
        rest = stream_response(self._settings.transport, request, decoder, self._decode_error)
        try:
            async with aclosing(rest) as events:
                async for event in events:
                    yield event
        except TimedOut as error:
            if total is None or error.limit != "total":
                raise
            raise TimedOut("total", total) from None

    @property
    def _conversation(self) -> str | None:
        memory = self._settings.defaults.memory
        return memory.id if isinstance(memory, Conversation) else None

    def _decoder(self, messages: Messages) -> Callable[[bytes], ChatResponse]:
        ids = CallIds(messages)
        return partial(decode, origin=self._origin, ids=ids, conversation=self._conversation)

    @property
    def _schema_rules(self) -> SchemaRules:
        return _SCHEMAS

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        return Prepared(_PATH, self._encode(request, stream=stream))

    def _encode(
        self, request: ChatRequest, *, stream: bool = False, defaults: RequestDefaults | None = None
    ) -> EncodedTurn:
        defaults = defaults or self._settings.defaults
        return encode(request, origin=self._origin, defaults=defaults, stream=stream)

    def _encode_full(self, request: ChatRequest, *, stream: bool = False) -> EncodedTurn:
        """Encode the full history, for a server that no longer has the response before."""
        defaults = replace(self._settings.defaults, full_history=True)
        encoded = self._encode(request, stream=stream, defaults=defaults)
        return replace(encoded, notices=(*encoded.notices, _FORGOTTEN))


_FORGOTTEN = Notice(
    "previous_response_id",
    "the server no longer has the response before this one, so the full history was sent",
)


def _is_forgotten(error: ProviderError, encoded: EncodedTurn) -> bool:
    return error.code == "previous_response_not_found" and encoded.continues is not None
