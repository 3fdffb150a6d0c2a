"""A cache of turns: an equal request is answered without the provider, a stream as a stream."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from chat_core.middleware.provider_wrapper import ProviderWrapper, wrap
from chat_core.middleware.replay import pieces, restored_turn, stored_turn
from chat_core.provider import ChatModel, EncodingProvider, Provider
from chat_core.types.events import Done, TurnEvent
from chat_core.types.native import Origin
from chat_core.types.parts import Part, ToolCall
from chat_core.types.plain_json import as_json
from chat_core.types.response import ChatResponse

if TYPE_CHECKING:
    from chat_core.middleware.cache_stores import CacheStore
    from chat_core.types.request import ChatRequest

P = TypeVar("P", bound=Provider)
_logger = logging.getLogger("chat_core")


class Cache:
    """Answers a request that equals an earlier one from a store: `client = Cache(store).around(client)`.

    Equal is what would be sent: the body as the client encodes it, the endpoint, the model, and `scope`. Only
    whole turns are stored. `complete` and `stream` share them: what was streamed is replayed in the same
    pieces. A replayed turn has a usage of 0 tokens, a cost of 0 and a notice about "cache".
    """

    def __init__(
        self,
        store: CacheStore,
        *,
        scope: str = "",
        when: Callable[[ChatRequest], bool] | None = None,
    ) -> None:
        """Arguments:
        store: a `MemoryStore`, a `SqliteStore`, or one of your own.
        scope: keeps apart what shall not be shared, such as tenants.
        when: returns whether a request may be answered from the store, and stored. Default: always.
        """
        self._store = store
        self._scope = scope
        self._when = when

    def around(self, client: P) -> P:
        """Return the client with the cache around it."""
        return wrap(client, partial(_CachedClient, cache=self))

    def key_of(self, client: Provider, request: ChatRequest) -> str | None:
        """Return the key of a request to a client; None where it is not to be cached."""
        if self._when is not None and not self._when(request):
            return None
        origin: object = getattr(client, "origin", None)
        named = origin if isinstance(origin, Origin) else Origin("", "", client.model)
        body: object = (
            client.request_body(request) if isinstance(client, EncodingProvider) else _plain(request)
        )
        from pydantic_core import to_json

        whole = to_json([self._scope, named.provider, named.endpoint, named.model, body])
        return hashlib.sha256(whole).hexdigest()

    async def load(self, key: str) -> tuple[ChatResponse, list[TurnEvent] | None] | None:
        """Return the stored turn and the events of its stream, or None. What the store raises is logged."""
        try:
            text = await self._store.get(key)
        except Exception as exc:
            _logger.warning("the cache could not be read: %s: %s", type(exc).__name__, exc)
            return None
        return None if text is None else restored_turn(text)

    async def save(self, key: str, response: ChatResponse, events: list[TurnEvent] | None = None) -> None:
        """Store a whole turn. What the store raises is logged."""
        try:
            await self._store.set(key, stored_turn(response, events))
        except Exception as exc:
            _logger.warning("the cache could not be written: %s: %s", type(exc).__name__, exc)


class _CachedClient(ProviderWrapper[ChatModel]):
    def __init__(self, inner: Provider, cache: Cache) -> None:
        super().__init__(cast("ChatModel", inner))  # it has what `inner` has, and no more
        self._cache = cache

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """Return a turn, from the store where it is there."""
        key = self._cache.key_of(self.inner, request)
        if key is None:
            return await self.inner.complete(request)
        found = await self._cache.load(key)
        if found is not None:
            return found[0]
        response = await self.inner.complete(request)
        await self._cache.save(key, response)
        return response

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield a turn, from the store where it is there."""
        key = self._cache.key_of(self.inner, request)
        found = None if key is None else await self._cache.load(key)
        if found is not None:
            response, stored = found
            for event in pieces(response.message) if stored is None else stored:
                yield event
            yield Done(response)
            return
        seen: list[TurnEvent] = []
        async with aclosing(self.inner.stream(request)) as events:
            async for event in events:
                if key is not None and isinstance(event, Done):
                    await self._cache.save(key, event.response, seen)
                elif key is not None:
                    seen.append(event)
                yield event


def _plain(request: ChatRequest) -> Mapping[str, object]:
    """Return what a request says, for a client that does not tell what it sends."""
    return {
        "messages": [
            [message.role, [_plain_part(part) for part in message.parts]] for message in request.messages
        ],
        "tools": as_json(request.tools),
        "options": as_json(request.options),
        "output": as_json(request.output),
    }


def _plain_part(part: Part) -> object:
    """Return a part without what is drawn or counted anew in each conversation."""
    if not isinstance(part, ToolCall):
        return as_json(part)
    outcome = part.outcome() if part.resolved else None
    return [part.id, part.name, part.arguments, outcome, [as_json(file) for file in part.files]]
