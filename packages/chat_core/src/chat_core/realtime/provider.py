"""The protocol between a session and a client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from chat_core.provider import Provider

if TYPE_CHECKING:
    from chat_core.realtime.capabilities import RealtimeCapabilities
    from chat_core.realtime.inputs import RealtimeInput
    from chat_core.realtime.updates import RealtimeUpdate
    from chat_core.transport import Socket
    from chat_core.types.request import ChatRequest
    from chat_core.types.response import ChatResponse


class RealtimeCodec(Protocol):
    """The encoder and decoder of one connection of a session. It does no I/O.

    It is fed the messages of the server, and returns the messages to send. The engine calls it so:

    state     | call                    | what happens
    ----------|-------------------------|------------------------------------------------------------
    new       | `begin()`               | the settings are sent
    begun     | `feed(message)`         | until it has returned `SessionReady`
    ready     | `encode(History(...))`  | once, where there is one and the codec was opened without a handle
    ready     | `encode(input)`         | at any time, and what it returns is sent in this order
    ready     | `feed(message)`         | for each message; `ResponseStarted` … `Done` for each response
    any       | `partial()`             | where the connection has ended

    `Done.response.message` has the model's words as `Text` (the transcript, where it spoke), its speech as
    one `File`, and its calls, which are `Pending` or `Failed`; an interrupted response is marked so.
    What arrives of a response after `encode(Interrupt(...))` is dropped up to its end.
    """

    def begin(self) -> Sequence[str | bytes]:
        """Return the messages to send as soon as the connection is open. Raises `ConfigurationError`."""
        ...

    def feed(self, message: str | bytes, /) -> Sequence[RealtimeUpdate]:
        """Return what one message of the server says, in order.

        Raises `ProviderError` where the session or its settings were refused, and `InvalidResponse` for what
        cannot be read. A message of a kind that is not known is nothing.
        """
        ...

    def encode(self, given: RealtimeInput, /) -> Sequence[str | bytes]:
        """Return the messages to send for an input; none where the wire needs none.

        Raises `ConfigurationError` for what the wire cannot carry, or the model cannot do.
        """
        ...

    def partial(self) -> ChatResponse:
        """Return the response that has begun and not ended, as far as it has come; an empty one without any.

        It is marked interrupted, and none of its calls may run.
        """
        ...


@runtime_checkable
class RealtimeProvider(Provider, Protocol):
    """A client whose model talks both ways over one connection."""

    @property
    def realtime(self) -> RealtimeCapabilities:
        """What the model and the server can do."""
        ...

    async def connect(self) -> Socket:
        """Open a connection. Raises a `ChatError`; retries nothing."""
        ...

    def open_codec(self, request: ChatRequest, /, handle: str | None = None) -> RealtimeCodec:
        """Return the codec of a new connection.

        `request` has the system messages, the tools and the options of the session. `handle` is that of the
        last `Resumable` of the connection before, which has been closed: the server goes on where that one
        was, and no `History` is sent. Raises `ConfigurationError` for what the model cannot do.
        """
        ...
