"""What every provider's client does with a request: send it under the time limits, and read the turn that comes back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Protocol, TypeAlias

import anyio

from chat_core.errors import ConnectionFailed, ProviderError, StreamTruncated
from chat_core.events import Done, TurnEvent
from chat_core.limits import Patience
from chat_core.transport import Event, Request, Response, Transport

DecodeError: TypeAlias = Callable[[int, Mapping[str, str], bytes], ProviderError]
"""What an answer that is not 2xx says: from its status, its headers (names in lower case) and its body."""

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


async def send(transport: Transport, request: Request, decode_error: DecodeError) -> Response:
    """A whole answer. Raises what `decode_error` makes of one that is not 2xx, `TimedOut`, and what the transport raises."""
    answer = await Patience(request.timeouts).wait(transport.send(request))
    if not answer.ok:
        raise decode_error(answer.status, answer.headers, _without_secrets(answer.body, request))
    return answer


async def stream_turn(
    transport: Transport, request: Request, machine: TurnMachine, decode_error: DecodeError
) -> AsyncGenerator[TurnEvent]:
    """Yield a turn as it arrives, ending with `Done`. Raises as `send` does, and what the machine raises.

    A lost connection counts as the end of the bytes: whether the turn was whole by then is the machine's to judge.
    """
    patience = Patience(request.timeouts)
    lost: ConnectionFailed | None = None
    async with AsyncExitStack() as stack:
        answer = await patience.wait(stack.enter_async_context(transport.stream(request)))
        if not answer.ok:
            body = _without_secrets(await patience.wait(answer.read()), request)
            raise decode_error(answer.status, answer.headers, body)
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
    except StreamTruncated as exc:
        if lost is not None and not lost.retryable:
            exc.retryable = False  # the transport knows that the turn may have been run
        raise exc from lost
    except Exception as exc:
        raise exc from lost
    yield done


def _without_secrets(body: bytes, request: Request) -> bytes:
    """An error without the keys of its request: some servers repeat the one that they refuse, and errors end up in logs."""
    for name, value in request.headers.items():
        secret = value.rpartition(" ")[2]  # what follows "Bearer"
        if len(secret) >= 8 and any(word in name.lower() for word in ("auth", "key", "token", "secret")):
            body = body.replace(secret.encode(), b"***")
    return body


async def _drain(events: AsyncGenerator[Event]) -> None:
    with anyio.move_on_after(_LINGER):
        try:
            async for _ in events:
                pass
        except ConnectionFailed:
            pass  # the turn is whole already
