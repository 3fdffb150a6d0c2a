"""What every provider's client does with a request: send it under the time limits, and read the turn that comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Protocol, TypeAlias, TypeVar, cast

import anyio

from chat_core.client.deadlines import Deadlines
from chat_core.transport import Event, EventStream, Request, Response, Transport
from chat_core.types.errors import ChatError, ConnectionFailed, ProviderError
from chat_core.types.events import Done, TurnEvent
from chat_core.types.json_values import JsonValue

T = TypeVar("T")
DecodeError: TypeAlias = Callable[[int, Mapping[str, str], bytes], ProviderError]
"""What an answer that is not 2xx says: from its status, its headers (names in lower case) and its body."""

_LINGER = (
    0.25  # seconds for the end of the bytes after the terminal sign, so that the connection can be used again
)


class StreamDecoder(Protocol):
    """One turn of a wire: fed with events, asked at the end. It does no I/O."""

    @property
    def finished(self) -> bool:
        """Whether the wire's last event has been fed."""
        ...

    def feed(self, event: Event, /) -> Iterable[TurnEvent]:
        """What the event says, perhaps nothing. Raises where it cannot be read, or says that the turn failed."""
        ...

    def finish(self) -> Done:
        """The whole turn. Raises `StreamTruncated` if the terminal sign has not been fed."""
        ...


async def send_request(
    transport: Transport, request: Request, decode: Callable[[Response], T], decode_error: DecodeError
) -> T:
    """What `decode` makes of a whole answer. Raises what `decode_error` makes of one that is not 2xx, `TimedOut`, what `decode`
    raises, and what the transport raises."""
    try:
        with Deadlines(request.timeouts) as deadlines:
            answer = await deadlines.wait(transport.send(request))
        if not answer.ok:
            raise decode_error(answer.status, answer.headers, answer.body)
        return decode(answer)
    except ProviderError as error:
        scrub_secrets(error, request)
        raise


async def stream_response(
    transport: Transport, request: Request, decoder: StreamDecoder, decode_error: DecodeError
) -> AsyncGenerator[TurnEvent]:
    """Yield a turn as it arrives, ending with `Done`. Raises as `ask` does, and what the machine raises.

    A lost connection counts as the end of the bytes: whether the turn was whole by then is the machine's to judge.
    """
    lost: ConnectionFailed | None = None
    try:
        async with AsyncExitStack() as stack:
            deadlines = stack.enter_context(Deadlines(request.timeouts))
            answer = await deadlines.wait(stack.enter_async_context(transport.stream(request)))
            if not answer.ok:
                raise decode_error(answer.status, answer.headers, await deadlines.wait(answer.read()))
            async with aclosing(_bursts(answer)) as bursts:
                while True:
                    try:
                        burst = await deadlines.wait(anext(bursts))
                    except StopAsyncIteration:
                        break
                    except ConnectionFailed as exc:
                        lost = exc
                        break
                    for event in burst:
                        for part in decoder.feed(event):
                            deadlines.progress()
                            yield part
                        if decoder.finished:  # whatever follows is nobody's
                            break
                    if decoder.finished:
                        await _drain(bursts)
                        break
        done = decoder.finish()
    except ProviderError as error:
        scrub_secrets(error, request)
        raise
    except ChatError as error:
        if lost is not None:
            error.retryable = (
                error.retryable and lost.retryable
            )  # the transport may know that the turn was run
            raise error from lost
        raise
    yield done


def scrub_secrets(error: ProviderError, request: Request) -> None:
    """Some servers repeat the key that they refuse, and errors end up in logs."""
    for name, value in request.headers.items():
        secret = value.rpartition(" ")[2]  # what follows "Bearer"
        if len(secret) >= 8 and any(word in name.lower() for word in ("auth", "key", "token", "secret")):
            error.args = tuple(str(arg).replace(secret, "***") for arg in error.args)
            for attribute, text in vars(error).items():
                if isinstance(text, str):
                    setattr(error, attribute, text.replace(secret, "***"))
            error.body = cast(
                "JsonValue", json.loads(json.dumps(error.body).replace(json.dumps(secret)[1:-1], "***"))
            )


def _bursts(answer: EventStream) -> AsyncGenerator[Sequence[Event]]:
    """The events, those together that arrived together where the transport tells: a burst is waited for once."""
    bursts: Callable[[], AsyncGenerator[Sequence[Event]]] | None = getattr(answer, "bursts", None)
    return _singly(answer) if bursts is None else bursts()


async def _singly(answer: EventStream) -> AsyncGenerator[Sequence[Event]]:
    async with aclosing(aiter(answer)) as events:
        async for event in events:
            yield (event,)


async def _drain(bursts: AsyncGenerator[Sequence[Event]]) -> None:
    with anyio.move_on_after(_LINGER):
        try:
            async for _ in bursts:
                pass
        except ConnectionFailed:
            pass  # the turn is whole already
