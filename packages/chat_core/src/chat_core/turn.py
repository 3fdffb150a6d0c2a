"""What every provider's client does with a streamed answer: read it under the time limits and feed it to the wire's machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Protocol

import anyio

from chat_core.errors import ConnectionFailed
from chat_core.events import Done, TurnEvent
from chat_core.limits import Patience
from chat_core.transport import Event, EventStream

_LINGER = 0.25  # seconds for the end of the bytes after the terminal sign, so that the connection can be used again


class TurnMachine(Protocol):
    """One turn of a wire: fed with events, asked at the end. It does no I/O."""

    @property
    def finished(self) -> bool:
        """Whether the wire's last event has been fed."""
        ...

    def feed(self, event: Event, /) -> Iterable[TurnEvent]:
        """What the event says, perhaps nothing. Raises where it cannot be read, or says that the turn failed."""
        ...

    def end(self) -> Done:
        """The whole turn. Raises `StreamTruncated` if the terminal sign has not been fed."""
        ...


async def read_turn(answer: EventStream, machine: TurnMachine, patience: Patience) -> AsyncGenerator[TurnEvent]:
    """Yield a turn as it arrives, ending with `Done`. A lost connection counts as the end of the bytes: the machine judges it."""
    lost: ConnectionFailed | None = None
    async with aclosing(aiter(answer)) as events:
        while not machine.finished:
            try:
                event = await patience.wait(anext(events))
            except StopAsyncIteration:
                break
            except ConnectionFailed as exc:
                lost = exc
                break
            for part in machine.feed(event):
                patience.content()
                yield part
        if machine.finished:
            await _drain(events)
    try:
        done = machine.end()
    except Exception as exc:
        raise exc from lost
    yield done


async def _drain(events: AsyncGenerator[Event]) -> None:
    with anyio.move_on_after(_LINGER):
        try:
            async for _ in events:
                pass
        except ConnectionFailed:
            pass  # the turn is whole already
