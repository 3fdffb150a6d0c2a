"""What every provider's client does with a request: send it under the deadlines, and decode what comes back.

I/O and decoding are two functions: `receive_bursts` yields the events of a response, and `stream_response`
feeds them to a stream decoder.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from logging import Logger
from typing import Protocol, TypeVar

import anyio
from typing_extensions import TypeVar as DefaultTypeVar

from chat_core.client.deadlines import Deadlines
from chat_core.client.endings import Ending, StallEnding, abilities
from chat_core.client.error_advice import DecodeError, decoded
from chat_core.client.request_log import LOGGER, RequestLog, is_logged, logged
from chat_core.client.secrets import drop_frames, scrub_secrets
from chat_core.transport import Event, Request, Response, Transport
from chat_core.types.errors import ChatError, ConnectionFailed, TimedOut
from chat_core.types.events import TurnEvent

T = TypeVar("T")
E = TypeVar("E")
E_co = DefaultTypeVar("E_co", covariant=True, default=TurnEvent)
_DRAIN = (
    0.25  # seconds for the end of the bytes after the terminal sign, so that the connection can be used again
)
_GRACE = 2.0  # seconds for the terminal sign, once the turn is complete without it
_FAILURES = (ChatError, OSError)  # of a transport
_PING_TYPES = frozenset(("ping", "keepalive", "keep-alive", "heartbeat"))
_PING = re.compile(r'\s*\{\s*"type"\s*:\s*"(?:ping|keepalive|keep-alive|heartbeat)"[^{}\[\]]*\}\s*')


class StreamDecoder(Ending, Protocol[E_co]):
    """The decoder of one streamed turn of a wire. It is fed events, and does no I/O.

    What is no turn, such as speech, has events of its own.
    """

    def feed(self, event: Event, /) -> Iterable[E_co]:
        """Return what one event of the wire adds to the turn.

        Raises where it cannot be read, or says that the turn failed.
        """
        ...

    def finish(self) -> E_co:
        """Return the whole turn, as `Done`. Raises `StreamTruncated` if the turn is not complete."""
        ...


async def send_request(
    transport: Transport,
    request: Request,
    decode: Callable[[Response], T],
    decode_error: DecodeError,
    logger: Logger = LOGGER,
) -> T:
    """Send the request and return what `decode` makes of the whole response.

    Raises what `decode_error` makes of a response that is not 2xx, `TimedOut`, what `decode` raises, and what
    the transport raises.
    """
    try:
        with Deadlines(request.timeouts) as deadlines:
            sending = deadlines.wait(transport.send(request))
            response = await (logged(sending, request, logger) if is_logged(logger) else sending)
    except _FAILURES as error:
        raise _transport_error(error, request)  # noqa: B904  it is that error, or has it as its cause
    try:
        if not response.ok:
            raise decode_error(response.status, response.headers, response.body)
        return decoded(response, decode, decode_error)
    except OSError as error:  # of an import
        raise _transport_error(error, request)  # noqa: B904
    except ChatError as error:
        scrub_secrets(error, request, (response.body,))
        raise


async def receive_bursts(
    transport: Transport,
    request: Request,
    decode_error: DecodeError,
    ending: Ending,
    logger: Logger = LOGGER,
) -> AsyncGenerator[Sequence[Event]]:
    """Send the request and yield the events of the response, those together that arrived together.

    The first burst is empty: it says that the status is 2xx. The stream ends with the bytes, when `ending`
    has finished, or when it is complete and 2 s bring nothing more. Any event but a ping restarts the idle
    limit. Raises as `send_request` does; once `ending` is complete, nothing.
    """
    async with AsyncExitStack() as stack:
        log = stack.enter_context(RequestLog(request, logger))
        deadlines = stack.enter_context(Deadlines(request.timeouts))
        try:
            response = await deadlines.wait(stack.enter_async_context(transport.stream(request)))
            log.status = response.status
            if not response.ok:
                raise decode_error(response.status, response.headers, await deadlines.wait(response.read()))
        except _FAILURES as error:
            raise _transport_error(error, request)  # noqa: B904
        reader, stalling = abilities(ending)
        if reader is not None:
            reader.read_headers(response.headers)
        yield ()
        bursts = await stack.enter_async_context(aclosing(response.bursts()))
        while (burst := await _next_burst(bursts, deadlines, request, ending, stalling)) is not None:
            if _shows_progress(burst):
                deadlines.progress()
            yield burst
            burst = ()  # tracebacks may show local variables
            if ending.finished:
                await _drain(bursts)
                return


async def _next_burst(
    bursts: AsyncGenerator[Sequence[Event]],
    deadlines: Deadlines,
    request: Request,
    ending: Ending,
    stalling: StallEnding | None,
) -> Sequence[Event] | None:
    """Return what comes next, or None at the end."""
    complete = ending.complete
    may_stall = stalling is not None and stalling.may_stall
    try:
        return await deadlines.wait(anext(bursts), at_most=_GRACE if complete or may_stall else None)
    except StopAsyncIteration:
        return None
    except TimedOut as error:
        if stalling is not None and may_stall:
            stalling.stall()
        elif not complete:
            raise _transport_error(error, request)  # noqa: B904
        return None
    except _FAILURES as error:
        if complete:
            return None
        raise _transport_error(error, request)  # noqa: B904


async def begun(
    open_stream: Callable[[], AsyncGenerator[TurnEvent]],
) -> tuple[TurnEvent, AsyncGenerator[TurnEvent]]:
    """Open a stream and return its first event, and the stream, which the caller closes.

    It can be retried as a whole: where there is no first event the stream is closed and the error raised.
    """
    events = open_stream()
    try:
        return await anext(events), events
    except BaseException:
        await events.aclose()
        raise


async def stream_response(
    transport: Transport,
    request: Request,
    decoder: StreamDecoder[E],
    decode_error: DecodeError,
    logger: Logger = LOGGER,
) -> AsyncGenerator[E]:
    """Yield a turn as it arrives, ending with `Done`. Raises as `send_request` does, and what the decoder
    raises.

    A connection that is lost in the middle counts as the end of the bytes: the decoder knows whether the turn
    was whole.
    """
    lost: ConnectionFailed | None = None
    accepted = False
    burst: Sequence[Event] = ()
    try:
        async with aclosing(receive_bursts(transport, request, decode_error, decoder, logger)) as bursts:
            async for burst in bursts:
                accepted = True
                for part in _feed(decoder, burst):
                    yield part
    except OSError as error:  # of an import
        raise _transport_error(error, request)  # noqa: B904
    except ConnectionFailed as error:
        if not accepted:
            raise
        lost = error
    except ChatError as error:
        scrub_secrets(error, request, [event.data for event in burst])
        burst = ()  # tracebacks may show local variables
        raise
    texts = [event.data for event in burst]
    burst = ()
    yield _finish(decoder, request, texts, lost)


def _finish(
    decoder: StreamDecoder[E], request: Request, texts: list[str], lost: ConnectionFailed | None
) -> E:
    """Return the whole turn. An error has the lost connection as its cause; `texts` are what came last."""
    try:
        return decoder.finish()
    except OSError as error:  # of an import
        raise _transport_error(error, request)  # noqa: B904
    except ChatError as error:
        scrub_secrets(error, request, texts)
        texts.clear()  # tracebacks may show local variables
        if lost is None:
            raise
        error.retryable = error.retryable and lost.retryable  # the transport may know that the turn was run
        raise error from lost


def _transport_error(error: ChatError | OSError, request: Request) -> ChatError:
    """Return the error that a transport raised, without secrets and without frames, in which there may be
    some.

    An error of the operating system, such as an import for which there is no file descriptor left, becomes
    its cause.
    """
    if isinstance(error, OSError):
        reason = error.strerror or str(error) or type(error).__name__
        failed = ConnectionFailed(f"the request failed: {reason}")
        failed.retryable = isinstance(error, ConnectionError)
        failed.__cause__ = error
        error = failed
    scrub_secrets(error, request)
    drop_frames(error)
    return error


def _feed(decoder: StreamDecoder[E], burst: Sequence[Event]) -> Iterator[E]:
    """Yield what the events of a burst add to the turn, up to the terminal sign."""
    for event in burst:
        yield from decoder.feed(event)
        if decoder.finished:
            return


def _shows_progress(burst: Sequence[Event]) -> bool:
    """Return whether a burst has more in it than pings and keep-alives."""
    for kind, data in burst:  # a generator takes longer, and mostly there is one event
        if kind not in _PING_TYPES and (len(data) >= 100 or not _PING.fullmatch(data)):
            return True
    return False


async def _drain(bursts: AsyncGenerator[Sequence[Event]]) -> None:
    """Read to the end of the bytes, for a moment. Errors are ignored: the turn is whole."""
    with anyio.move_on_after(_DRAIN):
        with suppress(*_FAILURES):
            async for _ in bursts:
                pass
