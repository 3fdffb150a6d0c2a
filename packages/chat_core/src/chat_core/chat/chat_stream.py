"""The events of a conversation as it goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from types import AsyncGeneratorType, TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self

import anyio
from typing_extensions import TypeVar

from chat_core.types.errors import ConfigurationError
from chat_core.types.response import ChatResponse

if TYPE_CHECKING:
    from chat_core.chat.progress import Background
    from chat_core.tools.pause import ChatEvent

V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)


_ONCE = "a stream is used once, and this one has ended: call chat.stream(messages) again"
_HOW = "a stream is not awaited: async with chat.stream(messages) as events: async for event in events: ..."


class ChatStream(Generic[V_co]):
    """Events to iterate inside `async with`: leaving the block, however it is left, closes the connection at
    once.
    """

    def __init__(self, events: AsyncGenerator[ChatEvent[V_co]], background: Background | None = None) -> None:
        self._events = events
        self._background = background
        self._entered = False

    def __aiter__(self) -> AsyncIterator[ChatEvent[V_co]]:
        if isinstance(self._events, AsyncGeneratorType) and self._events.ag_frame is None:
            raise ConfigurationError(_ONCE)
        return self._events

    async def aclose(self) -> None:
        """Close the connection, as leaving the block does."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        if self._entered:
            raise ConfigurationError(_ONCE)
        self._entered = True
        if self._background is not None:
            self._background.tasks = await anyio.create_task_group().__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.aclose()
        finally:
            if self._background is not None and self._background.tasks is not None:
                tasks, self._background.tasks = self._background.tasks, None
                await tasks.__aexit__(
                    None, None, None
                )  # nothing runs any more; the exception goes on as it is

    if not TYPE_CHECKING:  # for those who run no checker, which would take these uses for right ones

        def __await__(self) -> NoReturn:
            raise ConfigurationError(_HOW)

        def __iter__(self) -> NoReturn:
            raise ConfigurationError(_HOW)

        def __enter__(self) -> NoReturn:
            raise ConfigurationError(_HOW)

        def __exit__(self, *_: object) -> None: ...
