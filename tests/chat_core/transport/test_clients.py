"""A client of the user's own, of httpx or httpx2, sends the requests: its auth, hooks and mounts work, and it
stays open.
"""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import httpx2
import pytest
import respx
from chat_core.transport import Event, Request, Timeouts, events_from_bursts
from chat_core.transport.http import HttpTransport
from chat_core.types.errors import ChatError, ConfigurationError, ConnectionFailed, InvalidResponse, TimedOut

pytestmark = pytest.mark.anyio

URL = "https://api.test/v1"
REQUEST = Request("POST", URL, {"authorization": "Bearer key"}, b"{}")


@pytest.fixture(params=[httpx, httpx2])
def library(request: pytest.FixtureRequest) -> Any:
    return request.param


async def test_the_client_sends_the_request_as_it_is_with_its_own_headers_besides(library: Any, serve):
    peer = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ndata: 1\n\n")
    async with library.AsyncClient(
        headers={"x-mine": "1", "user-agent": "me"}, auth=("user", "word")
    ) as client:
        transport = HttpTransport(client=client)
        assert (await transport.send(peer.request(body=b"{}", X_Other="2"))).body == b"data: 1\n\n"
        async with transport.stream(peer.request()) as stream:
            assert [event async for event in events_from_bursts(stream.bursts())] == [Event("message", "1")]
        await transport.aclose()
        assert not client.is_closed
    for line in (
        b"x-mine: 1",
        b"user-agent: me",
        b"x-other: 2",
        b"content-length: 2",
        b"authorization: basic dxnlcjp3b3jk",
    ):
        assert b"\r\n" + line + b"\r\n" in peer.requests[0].lower()


async def test_hooks_that_read_the_answer_do_not_take_it_away(library: Any, serve):
    peer = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ndata: 1\n\n")
    read = []

    async def hook(response: Any) -> None:
        read.append(await response.aread())

    async with library.AsyncClient(event_hooks={"response": [hook]}) as client:
        transport = HttpTransport(client=client)
        assert (await transport.send(peer.request())).body == b"data: 1\n\n"
        async with transport.stream(peer.request()) as stream:
            assert [event async for event in events_from_bursts(stream.bursts())] == [Event("message", "1")]
    assert read == [b"data: 1\n\n"] * 2


async def test_the_limit_for_connecting_is_the_requests_covers_the_wait_for_a_slot_and_is_the_only_one(
    library: Any,
):
    seen = []

    def answer(request: Any) -> Any:
        seen.append(request.extensions["timeout"])
        return library.Response(200)

    async with library.AsyncClient(transport=library.MockTransport(answer), timeout=5) as client:
        await HttpTransport(client=client).send(Request("POST", URL, timeouts=Timeouts(connect=3)))
    assert seen == [{"connect": 3, "read": None, "write": None, "pool": 3}]


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        ("ConnectError", ConnectionFailed, "could not connect to https://api.test: oh no"),
        ("ReadError", ConnectionFailed, "https://api.test closed the connection before it responded: oh no"),
        ("WriteError", ConnectionFailed, "https://api.test closed the connection before it responded: oh no"),
        ("CloseError", ConnectionFailed, "https://api.test closed the connection before it responded: oh no"),
        (
            "ReadTimeout",
            ConnectionFailed,
            "https://api.test closed the connection before it responded: oh no",
        ),
        ("ProxyError", ConnectionFailed, "the proxy did not connect to https://api.test: oh no"),
        ("RemoteProtocolError", InvalidResponse, "the response of https://api.test is no HTTP: oh no"),
        ("DecodingError", InvalidResponse, "oh no"),
        ("TooManyRedirects", InvalidResponse, "https://api.test redirects without end"),
        ("UnsupportedProtocol", ConfigurationError, "oh no"),
        ("LocalProtocolError", ConfigurationError, "is no valid HTTP"),
        ("ConnectTimeout", TimedOut, "no connection within 10 s"),
        ("PoolTimeout", TimedOut, "no connection within 10 s"),
    ],
)
async def test_the_clients_errors_are_ours(library: Any, error: str, expected: type[ChatError], message: str):
    def fail(request: Any) -> Any:
        raise getattr(library, error)("oh no")

    async with library.AsyncClient(transport=library.MockTransport(fail)) as client:
        with pytest.raises(expected) as raised:
            await HttpTransport(client=client).send(REQUEST)
    assert message in str(raised.value)
    assert "key" not in str(raised.value)


async def test_a_stream_that_breaks_inside_the_client_is_ours_too(library: Any):
    class Breaking(library.AsyncByteStream):  # type: ignore[misc, name-defined]  # one of two libraries
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"data: 1\n\n"
            raise library.ReadError("gone")

    client = library.AsyncClient(
        transport=library.MockTransport(lambda _: library.Response(200, stream=Breaking()))
    )
    async with client, HttpTransport(client=client).stream(REQUEST) as stream:
        bursts = stream.bursts()
        assert (await anext(bursts))[0].data == "1"
        with pytest.raises(
            ConnectionFailed,
            match=r"https://api\.test closed the connection in the middle of the response: gone",
        ):
            await anext(bursts)


async def test_what_the_users_own_code_raises_comes_out_as_it_is(library: Any):
    async def hook(response: Any) -> None:
        response.raise_for_status()

    transport = library.MockTransport(lambda _: library.Response(500))
    async with library.AsyncClient(transport=transport, event_hooks={"response": [hook]}) as client:
        with pytest.raises(library.HTTPStatusError):
            await HttpTransport(client=client).send(REQUEST)


async def test_a_closed_client_is_a_configuration_error(library: Any):
    client = library.AsyncClient()
    await client.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await HttpTransport(client=client).send(REQUEST)


def test_a_client_and_a_proxy_are_too_many(library: Any):
    with pytest.raises(ConfigurationError, match="give the proxy to the client"):
        HttpTransport(client=library.AsyncClient(), proxy="http://proxy")


@pytest.mark.parametrize("make", [lambda: HttpTransport(client=httpx.AsyncClient()), HttpTransport])
async def test_respx_answers_for_the_server(make: Callable[[], HttpTransport]):
    with respx.mock:
        route = respx.post(URL).respond(
            200, content=b"data: 1\n\ndata: 2", headers={"content-type": "text/event-stream"}
        )
        transport = make()
        async with transport.stream(REQUEST) as stream:
            assert [event.data async for event in events_from_bursts(stream.bursts())] == ["1", "2"]
        route.respond(401, json={"error": 1})
        response = await transport.send(REQUEST)
        assert (response.status, json.loads(response.body)) == (401, {"error": 1})
        await transport.aclose()
    assert route.calls[0].request.headers["authorization"] == "Bearer key"
    assert route.calls[0].request.content == b"{}"


async def test_waiting_for_a_slot_of_a_pool_of_the_users_own_is_limited_by_connect(library: Any, serve):
    peer = serve(
        lambda connection: (connection.sendall(b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n"), connection.recv(1))
    )
    async with library.AsyncClient(limits=library.Limits(max_connections=1)) as client:
        transport = HttpTransport(client=client)
        async with transport.stream(peer.request()):
            with pytest.raises(TimedOut) as late:
                await transport.send(Request("POST", peer.origin, {}, b"{}", Timeouts(connect=0.1)))
    assert late.value.limit == "connect"


@pytest.mark.parametrize("coding", ["gzip, gzip", "br"])
async def test_a_coding_that_was_not_requested_is_refused(library: Any, coding: str, serve):
    peer = serve(f"HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: 2\r\n\r\nok".encode())
    async with library.AsyncClient() as client:
        with pytest.raises(InvalidResponse, match="content-encoding"):
            await HttpTransport(client=client).send(peer.request())
    assert b"accept-encoding: gzip, deflate\r\n" in peer.requests[0].lower()
