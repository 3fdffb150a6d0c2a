"""A body of JSON lines, read as it arrives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from logging import Logger

from chat_core.client.error_advice import DecodeError
from chat_core.client.exchange import receive_bursts
from chat_core.client.request_log import LOGGER
from chat_core.transport import Event, Request, Transport
from chat_core.types.json_values import JsonObject
from chat_core.wire.read import read_object


@dataclass(frozen=True, slots=True)
class _EndOfBytes:
    """Nothing in the lines tells that they are all: the body has to end by itself."""

    complete: bool = False
    finished: bool = False


async def stream_lines(
    transport: Transport,
    request: Request,
    decode_error: DecodeError,
    what: str,
    logger: Logger = LOGGER,
) -> AsyncGenerator[JsonObject]:
    """Send the request and yield the object on each line of the response; only one line is in memory.

    `what` names a line, for errors. Raises what `decode_error` makes of a response that is not 2xx,
    `InvalidResponse` for a line that is no object, `ConnectionFailed` where the body is cut.
    """
    request = replace(request, reads_as="application/jsonl")
    bursts = receive_bursts(transport, request, decode_error, _EndOfBytes(), logger)
    async with aclosing(bursts):
        async for burst in bursts:
            for line in _lines(burst):
                yield read_object(line, what)


def _lines(burst: Sequence[Event]) -> Iterator[str]:
    """Yield the lines that are not blank: one an event, unless the transport does not know `reads_as`."""
    for event in burst:
        yield from (line for line in event.data.split("\n") if line.strip())
