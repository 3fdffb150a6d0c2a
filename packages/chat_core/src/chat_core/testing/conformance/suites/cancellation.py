"""Leaving closes: what a client has to do when it is cancelled, or its stream is left."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio

from chat_core.provider import ChatModel
from chat_core.testing.conformance.checks import check, require, require_equal
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import plain_request
from chat_core.testing.conformance.stream_shape import Shape
from chat_core.testing.conformance.watched import OneEventEach, WatchedTransport
from chat_core.testing.tape.faults import Fault, Stall
from chat_core.types.events import Done, TextChunk, TurnEvent


class CancellationSuite(ProviderSuite):
    """A connection is free as soon as nobody reads from it, and no task goes on behind it."""

    @check
    async def test_leaving_a_stream_frees_the_connection(self) -> None:
        """Closing the generator of `stream` in the middle leaves the transport's stream at once: wrap each
        generator that you iterate in `aclosing`.
        """
        transport, client = self._streaming(OneEventEach())
        async with aclosing(client.stream(plain_request())) as stream:
            async for event in stream:
                if isinstance(event, TextChunk):
                    require(transport.open_streams == 1, "The connection was given up before the end.")
                    break
        require_equal("The streams that are still open", transport.open_streams, 0)

    @check
    async def test_a_stream_that_is_not_begun_sends_nothing(self) -> None:
        """`stream(request)` sends nothing before it is iterated, and can be closed as it is."""
        transport, client = self._streaming()
        stream = client.stream(plain_request())
        await stream.aclose()
        require(not transport.requests, "A request was sent.")

    @check
    async def test_cancelling_a_stalled_stream_frees_the_connection(self) -> None:
        """A cancellation while the stream waits for its next event frees the connection and is not
        swallowed.
        """
        shape = await Shape.of(self, "text")
        at = shape.bytes_up_to(shape.text_pieces[0])
        transport, client = self._streaming(Stall(at))
        ended = await _cancelled(client.stream(plain_request()))
        require(ended == "cancelled", f"The stream {ended}.")
        require_equal("The streams that are still open", transport.open_streams, 0)

    @check
    async def test_cancelling_before_the_response_frees_the_connection(self) -> None:
        """A cancellation while the response is waited for frees the connection, whole and streamed."""
        for whole in (True, False):
            scenario = self.scenario("text")
            exchanges = scenario.whole if whole else scenario.streamed
            if not exchanges:
                continue
            transport = WatchedTransport(exchanges, Stall(0))
            client = self.client(transport)
            ended: list[bool] = []
            async with anyio.create_task_group() as group:
                group.start_soon(_run, client, whole, ended)
                await anyio.wait_all_tasks_blocked()
                require_equal("The requests", len(transport.requests), 1)
                group.cancel_scope.cancel()
            require(not ended, "The cancellation was swallowed.")
            require_equal("The streams that are still open", transport.open_streams, 0)

    @check
    async def test_one_cancelled_stream_leaves_the_others(self) -> None:
        """Cancelling one stream does not touch another one of the same client."""
        shape = await Shape.of(self, "text")
        exchanges = self.scenario("text").streamed[:1]
        stalled = WatchedTransport(exchanges * 2, Stall(shape.bytes_up_to(shape.text_pieces[0])))
        transport = WatchedTransport(exchanges * 2, OneEventEach())
        client = self.client(transport)
        async with aclosing(client.stream(plain_request())) as first:
            async for event in first:
                if isinstance(event, TextChunk):
                    break
            await _cancelled(self.client(stalled).stream(plain_request()))
            async with aclosing(client.stream(plain_request())) as second:
                await anext(second)
            rest = [event async for event in first]
        require(isinstance(rest[-1], Done), f"The other stream ended in {rest[-1]!r}.")

    @check
    async def test_no_scope_is_open_across_a_yield(self) -> None:
        """Each step of a stream may be taken in a cancel scope of its own: hold no cancel scope and no task
        group across a `yield`.
        """
        transport, client = self._streaming(OneEventEach())
        stream = client.stream(plain_request())
        async with aclosing(stream):
            for _ in range(2):
                with anyio.CancelScope():
                    await anext(stream)
            rest = [event async for event in stream]
        require(isinstance(rest[-1], Done), f"The stream ended in {rest[-1]!r}.")
        require_equal("The streams that are still open", transport.open_streams, 0)

    @check
    async def test_a_failed_stream_leaves_nothing_open(self) -> None:
        """A stream that ends in an error has left the transport's stream."""
        played = await self.stream("error_event")
        require_equal("The streams that are still open", played.transport.open_streams, 0)

    def _streaming(self, *faults: Fault | OneEventEach) -> tuple[WatchedTransport, ChatModel]:
        transport = WatchedTransport(self.scenario("text").streamed, *faults)
        return transport, self.client(transport)


async def _run(client: ChatModel, whole: bool, ended: list[bool]) -> None:
    """Read a turn to its end, and note that it has ended."""
    if whole:
        await client.complete(plain_request())
    else:
        async with aclosing(client.stream(plain_request())) as stream:
            async for _ in stream:
                pass
    ended.append(True)


async def _cancelled(stream: AsyncGenerator[TurnEvent]) -> str:
    """Read a stream until it stalls, cancel the reader, and return what became of it."""
    ended = "went on"
    async with anyio.create_task_group() as group:

        async def read() -> None:
            nonlocal ended
            try:
                async with aclosing(stream) as events:
                    async for _ in events:
                        pass
                ended = "ended, as if it were whole"
            except anyio.get_cancelled_exc_class():
                ended = "cancelled"
                raise
            except Exception as exc:
                ended = f"raised {exc!r}"

        group.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    return ended
