"""The events of a conversation as it goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from types import AsyncGeneratorType, TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self

import anyio
from typing_extensions import TypeVar

from chat_core.chat.inputs import Inputs, SentInput
from chat_core.types.errors import ConfigurationError
from chat_core.types.response import ChatResponse

if TYPE_CHECKING:
    from chat_core.chat.progress import Background
    from chat_core.tools.pause import ChatEvent
    from chat_core.types.parts import Part

V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)


_ONCE = "a stream is used once, and this one has ended: call chat.stream(messages) again"
_HOW = "a stream is not awaited: async with chat.stream(messages) as events: async for event in events: ..."


class ChatStream(Generic[V_co]):
    """Events to iterate inside `async with`: leaving the block, however it is left, closes the connection at
    once.

    While one task iterates, it or any other may `send` more of what the user writes, or `cancel`. Raises
    `ConfigurationError` where it is entered twice or iterated without its block, and for `with` and `for`
    without `async`.
    """

    def __init__(
        self,
        events: AsyncGenerator[ChatEvent[V_co]],
        background: Background | None = None,
        inputs: Inputs | None = None,
    ) -> None:
        self._events = events
        self._background = background
        self._inputs = inputs or Inputs()
        self._entered = False

    @property
    def inputs(self) -> Inputs:
        """What `send` and `cancel` put into, for code that drives a stream in another way."""
        return self._inputs

    def __aiter__(self) -> AsyncIterator[ChatEvent[V_co]]:
        if isinstance(self._events, AsyncGeneratorType) and self._events.ag_frame is None:
            raise ConfigurationError(_ONCE)
        return self._events

    async def send(self, *parts: Part | str, id: str | None = None) -> SentInput:
        """Send a message of the user's while the model answers: texts, files. It returns at once.

        A turn that is under way is cut off, and stays in `messages` as interrupted; tools that run are waited
        for, those that have not begun do not run; then the model answers the conversation with the message.
        What is sent together is answered together. An `InputDelivered` tells when, `sent.outcome` whether. An
        `id` that was sent before is not sent again. Raises `ConfigurationError` for what is no message.
        """
        sent, is_new = self._inputs.prepare(parts, id)
        if is_new:
            self._inputs.put(sent)
        return sent

    async def cancel(self) -> None:
        """Stop: the last event is `Cancelled`, or `Done` where the answer is whole already.

        It returns at once. The connection is closed when the next event is waited for. What had come is in
        `messages`, as after leaving the block; a tool that was running is `Unknown` there.
        """
        self._inputs.cancel()

    async def aclose(self) -> None:
        """Close the connection, as leaving the block does."""
        try:
            await self._events.aclose()
        finally:
            self._inputs.end("left")

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
