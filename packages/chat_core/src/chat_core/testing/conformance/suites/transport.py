"""What a transport has to do, over real sockets on this machine."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager

import anyio
import anyio.to_thread

from chat_core.testing.conformance.checks import Suite, check, fail, require, require_equal
from chat_core.testing.conformance.raw_server import RawServer, closed_port
from chat_core.testing.loopback import Failure, LoopbackServer, Raw
from chat_core.transport import Event, Request, Transport
from chat_core.types.errors import ConnectionFailed, InvalidResponse

_KEY = "canary-key-4Zx81QpLr7"
_BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Zürich"}]}).encode()
_EVENTS = [("message", '{"n": 1}'), ("named", '{"n": "☂"}'), ("message", "two\nlines"), ("message", "[DONE]")]
_STREAM = (
    'data: {"n": 1}\n\n: a comment\n\nevent: named\ndata: {"n": "☂"}\n\ndata: two\ndata: lines\n\n'
    "data: [DONE]\n\n"
).encode()
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_ONE_EVENT = b"d\r\ndata: first\n\n\r\n"


class TransportSuite(Suite):
    """A transport returns every status and raises none; it loses nothing and leaves nothing open."""

    virtual_clock = False

    def transport(self) -> Transport:
        """Return a new transport."""
        raise NotImplementedError(f"{type(self).__name__}.transport() returns the transport that is tested")

    def subject(self) -> object:
        """Return a transport."""
        return self.transport()

    @check
    async def test_a_request_arrives_as_it_was_made(self) -> None:
        """The method, the path, the query, the headers and the body of a request reach the server."""
        with LoopbackServer([Raw(b"{}", "application/json")]) as server:
            async with self._opened() as transport:
                await transport.send(
                    _request(f"{server.url}/chat/completions?a=1&b=%C3%BC", {"x-canary": "1"})
                )
            received = server.requests[0]
        require_equal("The method", received.method, "POST")
        require(received.path.endswith("/chat/completions?a=1&b=%C3%BC"), f"The path was {received.path}.")
        require_equal("The header", received.headers.get("x-canary"), "1")
        require_equal("The body", received.body, json.loads(_BODY))

    @check
    async def test_every_status_is_returned(self) -> None:
        """Every status is returned, with its body, and none is raised; redirects are not followed."""
        for status in (200, 201, 302, 400, 401, 404, 429, 500, 503, 529):
            with LoopbackServer([Raw(b'{"a": 1}', "application/json", status)] * 2) as server:
                async with self._opened() as transport:
                    response = await transport.send(_request(f"{server.url}/chat/completions"))
                    require_equal("send: the status", response.status, status)
                    require_equal("send: the body", response.body, b'{"a": 1}')
                    require_equal("send: ok", response.ok, status < 300)
                    async with transport.stream(_request(f"{server.url}/chat/completions")) as stream:
                        require_equal("stream: the status", stream.status, status)
                        require_equal("stream: the body", await stream.read(), b'{"a": 1}')

    @check
    async def test_header_names_are_in_lower_case(self) -> None:
        """The names of the response's headers are in lower case."""
        with LoopbackServer([Failure(429, "no", retry_after=3)]) as server:
            async with self._opened() as transport:
                response = await transport.send(_request(f"{server.url}/chat/completions"))
        require_equal("retry-after", response.headers.get("retry-after"), "3")
        require(all(name == name.lower() for name in response.headers), f"They are {list(response.headers)}.")

    @check
    async def test_events_come_as_the_server_sent_them(self) -> None:
        """Events come in order, with their types and their data: use `bursts_from_bytes`."""
        require_equal("The events", await self._events(Raw(_STREAM)), _EVENTS)

    @check
    async def test_the_pieces_of_the_bytes_make_no_difference(self) -> None:
        """Events are the same in any pieces of the bytes, also where a character is cut."""
        for size in (1, 7):
            require_equal(f"In pieces of {size}", await self._events(Raw(_STREAM, chunk=size)), _EVENTS)

    @check
    async def test_events_are_given_out_as_they_arrive(self) -> None:
        """An event is given out before the next one has come."""
        with RawServer(_HEAD + _ONE_EVENT) as server:
            async with self._opened() as transport, transport.stream(_request(server.url)) as stream:
                async with aclosing(stream.bursts()) as bursts:
                    async for burst in bursts:
                        if burst:
                            require_equal("The event", burst[0], Event("message", "first"))
                            break

    @check
    async def test_a_body_that_is_no_stream_is_one_event(self) -> None:
        """A JSON document in place of a stream is one event of type "body"."""
        found = await self._events(Raw(b'{"a": 1}', "application/json"))
        require_equal("The events", [(kind, json.loads(data)) for kind, data in found], [("body", {"a": 1})])

    @check
    async def test_a_connection_that_is_cut_is_an_error(self) -> None:
        """A response whose bytes end before it is whole raises `ConnectionFailed`, whole and streamed."""
        for answer in (_HEAD + _ONE_EVENT, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", b""):
            with RawServer(answer, closes=True) as server:
                await self._require_failure(server.url, streamed=True)
            with RawServer(answer, closes=True) as server:
                await self._require_failure(server.url, streamed=False)

    @check
    async def test_a_server_that_is_not_there_is_an_error(self) -> None:
        """A connection that is refused raises `ConnectionFailed`, without the headers of the request."""
        for streamed in (True, False):
            await self._require_failure(f"http://127.0.0.1:{closed_port()}/", streamed=streamed)

    @check
    async def test_what_is_no_http_is_an_error(self) -> None:
        """Bytes that are no HTTP raise `InvalidResponse` or `ConnectionFailed`."""
        with RawServer(b"220 mail.invalid ESMTP\r\n\r\n", closes=True) as server:
            await self._require_failure(server.url, streamed=False)

    @check
    async def test_leaving_a_stream_closes_its_connection(self) -> None:
        """Leaving the context of `stream` in the middle closes the connection at once."""
        with RawServer(_HEAD + _ONE_EVENT) as server:
            async with self._opened() as transport:
                async with transport.stream(_request(server.url)) as stream:
                    async with aclosing(stream.bursts()) as bursts:
                        await anext(bursts)
                require(await _happens(server), "The connection was still open.")

    @check
    async def test_cancelling_closes_the_connection(self) -> None:
        """A cancellation while the response is waited for closes the connection, and is not swallowed."""
        for streamed in (True, False):
            with RawServer(b"") as server:
                async with self._opened() as transport:
                    ended: list[bool] = []
                    async with anyio.create_task_group() as group:
                        group.start_soon(_use, transport, server.url, streamed, ended)
                        await anyio.to_thread.run_sync(server.requested.wait, 10)
                        group.cancel_scope.cancel()
                    require(not ended, "The cancellation was swallowed.")
                    require(await _happens(server), "The connection was still open.")

    @check
    async def test_many_requests_go_at_once(self) -> None:
        """One transport serves many requests at once, each with its own response."""
        found: dict[int, bytes] = {}

        async def ask(transport: Transport, url: str, number: int) -> None:
            body = json.dumps({"model": "m", "messages": [{"n": number}]}).encode()
            response = await transport.send(_request(url, body=body))
            found[number] = response.body

        with LoopbackServer(lambda body: Raw(json.dumps(body).encode(), "application/json")) as server:
            async with self._opened() as transport, anyio.create_task_group() as group:
                for number in range(20):
                    group.start_soon(ask, transport, f"{server.url}/chat/completions", number)
        mixed = [n for n, data in found.items() if json.loads(data)["messages"] != [{"n": n}]]
        require(len(found) == 20 and not mixed, f"{len(found)} came back; {mixed} have those of others.")

    @check
    async def test_it_works_on_one_event_loop_after_the_other(self) -> None:
        """A transport that was used on one event loop works on another one, and after `aclose()` too."""
        with LoopbackServer(lambda body: Raw(b"{}", "application/json")) as server:
            transport, url = self.transport(), f"{server.url}/chat/completions"

            async def ask() -> None:
                response = await transport.send(_request(url))
                require_equal("The status", response.status, 200)
                await transport.aclose()

            await ask()
            await anyio.to_thread.run_sync(anyio.run, ask)
            await ask()

    @check
    async def test_large_bodies_arrive(self) -> None:
        """A body of some megabytes arrives whole, both ways."""
        text = "Zürich " * 500_000
        body = json.dumps({"model": "m", "messages": [text]}).encode()
        with LoopbackServer(lambda body: Raw(json.dumps(body).encode(), "application/json")) as server:
            async with self._opened() as transport:
                response = await transport.send(_request(f"{server.url}/chat/completions", body=body))
        require(json.loads(response.body)["messages"] == [text], f"{len(response.body)} bytes came back.")

    @check
    async def test_no_repr_shows_the_headers(self) -> None:
        """Neither the transport nor what it returns shows the headers in its repr."""
        with LoopbackServer([Raw(b"{}", "application/json")]) as server:
            async with self._opened() as transport:
                response = await transport.send(_request(f"{server.url}/chat/completions"))
                shown = f"{transport!r} {response!r}"
        require(_KEY not in shown, f"It is in {shown.replace(_KEY, '***')}.")

    @asynccontextmanager
    async def _opened(self) -> AsyncGenerator[Transport]:
        transport = self.transport()
        try:
            yield transport
        finally:
            await transport.aclose()

    async def _events(self, answer: Raw) -> Sequence[tuple[str, str]]:
        with LoopbackServer([answer]) as server:
            async with self._opened() as transport:
                request = _request(f"{server.url}/chat/completions")
                async with transport.stream(request) as stream, aclosing(stream.bursts()) as bursts:
                    return [(event.type, event.data) async for burst in bursts for event in burst]

    async def _require_failure(self, url: str, *, streamed: bool) -> None:
        try:
            async with self._opened() as transport:
                await _use(transport, url, streamed, [])
        except (ConnectionFailed, InvalidResponse) as error:
            require(_KEY not in f"{error!r} {error.__cause__!r}", "The error, or its cause, shows the key.")
            return
        fail(f"{'A stream' if streamed else 'A request'} ended as if all had come.")


def _request(url: str, headers: Mapping[str, str] | None = None, *, body: bytes = _BODY) -> Request:
    sent = {"content-type": "application/json", "authorization": f"Bearer {_KEY}", **(headers or {})}
    return Request("POST", url, sent, body)


async def _use(transport: Transport, url: str, streamed: bool, ended: list[bool]) -> None:
    """Send a request and read its response to the end, and note that it has ended."""
    if streamed:
        async with transport.stream(_request(url)) as stream, aclosing(stream.bursts()) as bursts:
            async for _ in bursts:
                pass
    else:
        await transport.send(_request(url))
    ended.append(True)


async def _happens(server: RawServer) -> bool:
    """Return whether the client leaves within a few seconds."""
    return await anyio.to_thread.run_sync(server.left.wait, 5)
