"""The client: which request goes where. The only file that touches the transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

from chat_core import ChatRequest, ChatResponse, TurnEvent
from chat_core.client import AnyRequest, Prepared, SchemaRules, TurnClient, as_request
from chat_core.wire import CallIds

from chat_acme.decode import decode
from chat_acme.encode import encode
from chat_acme.settings import Settings
from chat_acme.stream import AcmeStreamDecoder


class AcmeClient(TurnClient[Settings]):
    """A model of Acme's. It holds no conversation: any number of chats may share it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "acme")

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, _ = self._prepare(request, stream=False)
        read = partial(decode, ids=CallIds(request.messages), notices=encoded.notices)
        return await self._send("POST", path, read, encoded.body)

    def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, _ = self._prepare(request, stream=True)
        decoder = AcmeStreamDecoder(ids=CallIds(request.messages), notices=encoded.notices)
        return self._stream_response(path, decoder, encoded.body)

    @property
    def _schema_rules(self) -> SchemaRules:
        """Where the body has schemas, for `check_tools`: Acme reads those of tools; none is strict."""
        return SchemaRules(output=(), tools=("tools/*/schema",), tool_flag="")

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        defaults = self._settings.defaults
        return Prepared("/chat", encode(request, origin=self._origin, defaults=defaults, stream=stream))
