"""One download of a model: its lines as they arrive."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat_core import ConnectionFailed, ProviderError, Request, Transport
from chat_core.client import receive_bursts
from chat_core.client.exchange import DecodeError
from chat_core.client.secrets import scrub_secrets

from chat_ollama.native.pull import PullDecoder, PullProgress


async def download(
    transport: Transport, request: Request, decode_error: DecodeError
) -> AsyncGenerator[PullProgress]:
    """Send a request to `/api/pull` and yield its progress, to the end.

    Raises `ConnectionFailed` where no response comes, `StreamTruncated` where one ends without success, and what
    the decoder raises.
    """
    decoder = PullDecoder()
    lost: ConnectionFailed | None = None
    accepted = False
    try:
        async with aclosing(receive_bursts(transport, request, decode_error, decoder)) as bursts:
            async for burst in bursts:
                accepted = True
                for event in burst:
                    for progress in decoder.feed(event):
                        yield progress
                    if decoder.finished:
                        break
    except ProviderError as error:
        scrub_secrets(error, request)
        raise
    except ConnectionFailed as exc:
        if not accepted:
            raise
        lost = exc
    if not decoder.finished:
        raise decoder.truncated() from lost
