"""The client: which request goes where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from chat_core import (
    ChatError,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Done,
    Messages,
    ModelInfo,
    ProviderError,
    StreamTruncated,
    ToolDefinition,
    TurnEvent,
)
from chat_core.client import AnyRequest, Prepared, SchemaRules, TurnClient, as_request, begun
from chat_core.wire import CallIds

from chat_claude.betas import beta_header
from chat_claude.continuation import continued, joined, still_paused
from chat_claude.decode import decode, decode_count, decode_error, decode_models
from chat_claude.encode import EncodedRequest, encode, encode_count
from chat_claude.encode.thread import is_lost, stored_in_thread
from chat_claude.settings import RequestDefaults, Settings
from chat_claude.stream import ClaudeStreamDecoder
from chat_claude.wire import PAUSED

if TYPE_CHECKING:
    from chat_claude.batch import ClaudeBatches
    from chat_claude.files import ClaudeFiles

_SCHEMAS = SchemaRules(output=("output_config/format/schema",), tools=("tools/*/input_schema",))


class ClaudeClient(TurnClient[Settings]):
    """A Claude model behind the Messages API. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "claude", decode_error)

    @property
    def batches(self) -> ClaudeBatches:
        """Many requests that the server runs within a day, at half the price."""
        from chat_claude.batch import ClaudeBatches

        return ClaudeBatches(self._settings)

    @property
    def files(self) -> ClaudeFiles:
        """The files of the account."""
        from chat_claude.files import ClaudeFiles

        return ClaudeFiles(self._settings)

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn whole; where the server pauses it, it is continued.

        Raises a `ChatError`; retries nothing but a continuation, by `request.retry`. The error of a
        continuation holds the turn before it as `partial`.
        """
        request = as_request(given)
        before: ChatResponse | None = None
        for _ in range(self._settings.continuations + 1):
            try:
                if before is None:
                    response = await self._complete_once(request)
                else:
                    response = await request.retry(partial(self._complete_once, request))
            except ChatError as error:
                error.partial = error.partial if before is None else before
                raise
            before, message = joined(before, response), response.message
            if not self._is_paused(response):
                return before
            request = continued(request, message)
        assert before is not None
        return still_paused(before, self._settings.continuations)

    async def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`; paused turns are continued.

        Raises as `complete` does.
        """
        request = as_request(given)
        before: ChatResponse | None = None
        for _ in range(self._settings.continuations + 1):
            whole: ChatResponse | None = None
            async with aclosing(self._stream_after(before, request)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        whole = event.response
                    else:
                        yield event
            assert whole is not None, "stream_response() ends in Done"
            before, message = joined(before, whole), whole.message
            if not self._is_paused(whole):
                yield Done(before)
                return
            request = continued(request, message)
        assert before is not None
        yield Done(still_paused(before, self._settings.continuations))

    def _stream_after(self, before: ChatResponse | None, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        """Yield one response of a turn."""
        return self._stream_once(request) if before is None else self._stream_further(before, request)

    async def _stream_further(self, before: ChatResponse, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        """Yield a response that continues a turn. It is sent again if it fails before any event; errors have
        what came before it too.
        """
        try:
            first, rest = await request.retry(partial(begun, partial(self._stream_once, request)))
            async with aclosing(rest) as events:
                yield first
                async for event in events:
                    yield event
        except StreamTruncated as error:
            error.partial = joined(before, error.partial)
            raise
        except ChatError as error:
            error.partial = before
            raise

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return the number of input tokens of a request with these messages and tools, and all that the
        client adds. Raises `ConfigurationError` on a platform that does not count them, and with tools of
        MCP servers, which cannot be counted.
        """
        request = ChatRequest(messages, tools)
        encoded = encode_count(request, origin=self._origin, defaults=self._settings.defaults)
        headers = self._betas(encoded.betas)
        platform = self._settings.defaults.platform
        if platform.count is None:
            raise ConfigurationError(f"{platform.name} does not count tokens")
        path = platform.path(platform.count, self._settings.model)
        return await self._send("POST", path, decode_count, encoded.body, headers)

    async def list_models(self) -> list[ModelInfo]:
        """Return the models; `raw` tells what they can do. Raises `ConfigurationError` without a list."""
        platform = self._settings.defaults.platform
        if not platform.lists_models:
            raise ConfigurationError(f"{platform.name} does not list the models of Claude here")
        models: list[ModelInfo] = []
        after: str | None = None
        while True:
            query = f"&after_id={quote(after, safe='')}" if after else ""
            headers = self._betas(self._settings.defaults.betas)
            page, further = await self._send(
                "GET", f"/v1/models?limit=1000{query}", decode_models, headers=headers
            )
            models += page
            if further is None or further == after or not page:
                return models
            after = further

    async def _complete_once(self, request: ChatRequest) -> ChatResponse:
        prepared = self._prepare(request, stream=False)
        try:
            return await self._complete_prepared(request, prepared)
        except ProviderError as error:
            if not is_lost(error, prepared.encoded):
                raise
        return await self._complete_prepared(request, self._prepare_whole(request, stream=False))

    async def _complete_prepared(
        self, request: ChatRequest, prepared: Prepared[EncodedRequest]
    ) -> ChatResponse:
        path, encoded, headers = prepared
        read = partial(decode, origin=self._origin, ids=CallIds(request.messages), prefix=encoded.digest)
        response = await self._send("POST", path, read, encoded.body, headers)
        if encoded.notices:
            response = replace(response, notices=encoded.notices + response.notices)
        return stored_in_thread(response, encoded)

    def _stream_once(self, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        prepared = self._prepare(request, stream=True)
        if prepared.encoded.thread_key is None:
            return self._stream_prepared(request, prepared)
        return self._stream_in_thread(request, prepared)

    async def _stream_in_thread(
        self, request: ChatRequest, prepared: Prepared[EncodedRequest]
    ) -> AsyncGenerator[TurnEvent]:
        """Yield a response, whose turn the next one continues.

        Where the server does not continue the thread, nothing has come yet, and another one is begun.
        """
        has_begun = False
        try:
            async with aclosing(self._stream_prepared(request, prepared)) as events:
                async for event in events:
                    has_begun = True
                    yield _stored(event, prepared.encoded)
            return
        except ProviderError as error:
            if has_begun or not is_lost(error, prepared.encoded):
                raise
        whole = self._prepare_whole(request, stream=True)
        async with aclosing(self._stream_prepared(request, whole)) as events:
            async for event in events:
                yield _stored(event, whole.encoded)

    def _stream_prepared(
        self, request: ChatRequest, prepared: Prepared[EncodedRequest]
    ) -> AsyncGenerator[TurnEvent]:
        path, encoded, headers = prepared
        decoder = ClaudeStreamDecoder(
            origin=self._origin,
            ids=CallIds(request.messages),
            prefix=encoded.digest,
            notices=encoded.notices,
            encoded_chunks=self._settings.defaults.platform.encoded_chunks,
        )
        return self._stream_response(path, decoder, encoded.body, headers)

    @property
    def _schema_rules(self) -> SchemaRules:
        return _SCHEMAS

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared[EncodedRequest]:
        return self._prepare_with(self._settings.defaults, request, stream=stream)

    def _prepare_whole(self, request: ChatRequest, *, stream: bool) -> Prepared[EncodedRequest]:
        """Return the request with all of the conversation, for a server that does not continue its thread."""
        return self._prepare_with(replace(self._settings.defaults, full_history=True), request, stream=stream)

    def _prepare_with(
        self, defaults: RequestDefaults, request: ChatRequest, *, stream: bool
    ) -> Prepared[EncodedRequest]:
        platform = defaults.platform
        encoded = encode(request, origin=self._origin, defaults=defaults, stream=stream)
        if encoded.container_until is not None:
            encoded = encoded.at(datetime.now(UTC))
        path = platform.path(platform.stream if stream else platform.messages, self._settings.model)
        return Prepared(path, encoded, self._betas(encoded.betas))

    def _betas(self, betas: Collection[str]) -> dict[str, str]:
        """Return the header that names these betas, and those of a header that the user has set."""
        return beta_header(self._settings.headers, betas)

    def _is_paused(self, response: ChatResponse) -> bool:
        """Return whether the next request continues the turn.

        A compaction that the request asked for is its whole response.
        """
        word = response.raw_finish_reason
        if word not in PAUSED:
            return False
        if word == "compaction" and "compaction" in self._settings.defaults.extra:
            return False
        return not response.tool_calls


def _stored(event: TurnEvent, encoded: EncodedRequest) -> TurnEvent:
    """Return the event; the end of a turn with the thread that it is stored in."""
    return Done(stored_in_thread(event.response, encoded)) if isinstance(event, Done) else event
