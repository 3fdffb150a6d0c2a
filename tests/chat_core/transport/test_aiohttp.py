"""What is `AioHttpTransport`'s own: asyncio only, sessions of the user's, and its place as the default of a
program.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiohttp
import anyio
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core.testing import FakeTransport
from chat_core.transport import (
    AioHttpTransport,
    Event,
    Request,
    Transport,
    events_from_bursts,
    set_default_transport,
)
from chat_core.types.errors import ConfigurationError, ConnectionFailed

pytestmark = pytest.mark.anyio
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
asyncio_only = pytest.mark.parametrize("anyio_backend", ["asyncio"])


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_on_trio_it_says_to_use_the_other_transport(serve: Callable[..., Any]) -> None:
    with pytest.raises(ConfigurationError, match="use HttpTransport on trio"):
        await AioHttpTransport().send(serve(OK).request())


@asyncio_only
async def test_a_session_of_the_users_own_keeps_its_headers_and_hooks_and_stays_open(
    serve: Callable[..., Any],
) -> None:
    seen: list[str] = []

    async def log(session: Any, context: Any, parameters: aiohttp.TraceRequestEndParams) -> None:
        seen.append(f"{parameters.method} {parameters.response.status}")

    hooks = aiohttp.TraceConfig()
    hooks.on_request_end.append(log)
    peer = serve(OK)
    async with aiohttp.ClientSession(
        headers={"x-mine": "1", "user-agent": "me"}, trace_configs=[hooks]
    ) as session:
        transport = AioHttpTransport(session=session)
        assert (await transport.send(peer.request(X_Other="2"))).body == b"ok"
        await transport.aclose()
        assert not session.closed
    assert seen == ["POST 200"]
    for line in (b"x-mine: 1", b"user-agent: me", b"x-other: 2", b"content-length: 2"):
        assert b"\r\n" + line + b"\r\n" in peer.requests[0].lower()


@asyncio_only
async def test_a_closed_session_is_a_configuration_error() -> None:
    session = aiohttp.ClientSession()
    await session.close()
    with pytest.raises(ConfigurationError, match="closed"):
        await AioHttpTransport(session=session).send(Request("POST", "http://h/", {}, b"{}"))


@asyncio_only
async def test_a_session_and_a_proxy_are_too_many() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ConfigurationError, match="give the proxy to the session"):
            AioHttpTransport(session=session, proxy="http://proxy")


@asyncio_only
async def test_events_that_arrived_before_the_reader_came_are_given_before_the_cut(
    serve: Callable[..., Any],
) -> None:
    def answer(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\ndata: 1\n\ndata: 2\n\n")

    peer = serve(answer)
    async with AioHttpTransport().stream(peer.request()) as stream:
        assert await anyio.to_thread.run_sync(peer.left.wait, 5)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        events = events_from_bursts(stream.bursts())
        assert [await anext(events), await anext(events)] == [Event("message", "1"), Event("message", "2")]
        with pytest.raises(ConnectionFailed):
            await anext(events)


@asyncio_only
@pytest.mark.parametrize("size", [0, 1, 32 << 10, (32 << 10) + 1, 500_000, 3_000_000])
async def test_a_body_of_any_size_is_sent_whole_and_without_a_warning(
    serve: Callable[..., Any], size: int
) -> None:
    peer = serve(OK)
    transport = AioHttpTransport()
    for _ in range(2):
        await transport.send(peer.request(body=b"x" * size))
    await transport.aclose()
    for received in peer.requests:
        head, _, body = received.partition(b"\r\n\r\n")
        assert body == b"x" * size
        assert head.lower().split(b"\r\n").count(b"content-length: %d" % size) == 1


@asyncio_only
@pytest.mark.parametrize(
    "headers", [{"content-type": "application/json", "X-Key": "k"}, {}, {"Host": "other"}]
)
@pytest.mark.parametrize("path", ["/v1", "/a%2Fb?x=1&y=%20", ""])
async def test_a_post_is_the_same_on_a_connection_alone_and_by_the_session(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], path: str
) -> None:
    peer = serve(OK)
    transport = AioHttpTransport()
    request = Request("POST", peer.origin + path, headers, b"{}")
    await transport.send(request)
    monkeypatch.setattr("chat_core.transport.aiohttp_request.plain_connector", lambda session: None)
    await transport.send(request)
    await transport.aclose()
    alone, by_session = peer.requests
    assert alone == by_session


@asyncio_only
async def test_what_is_kept_for_the_next_request_shows_no_key(serve: Callable[..., Any]) -> None:
    transport = AioHttpTransport()
    await transport.send(serve(OK).request(Authorization="Bearer canary-key"))
    await transport.aclose()
    [prepared] = transport._prepared._by_request.values()
    assert prepared.direct is not None
    assert "canary-key" not in f"{prepared!r} {prepared.direct!r} {prepared.direct.destination!r}"


@asyncio_only
async def test_a_library_that_stands_in_the_place_of_the_session_sees_the_request(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*given: object, **options: object) -> None:
        raise aiohttp.ClientConnectionError("nothing was recorded for this")

    peer = serve(OK)
    transport = AioHttpTransport()
    await transport.send(peer.request())
    with monkeypatch.context() as patched:
        patched.setattr(aiohttp.ClientSession, "_request", refuse)
        with pytest.raises(ConnectionFailed, match="nothing was recorded for this"):
            await transport.send(peer.request())
    await transport.send(peer.request())
    await transport.aclose()
    assert len(peer.requests) == 2


@asyncio_only
async def test_hooks_that_a_library_puts_into_every_session_see_the_request(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def log(session: Any, context: Any, parameters: aiohttp.TraceRequestEndParams) -> None:
        seen.append(f"{parameters.method} {parameters.response.status}")

    hooks = aiohttp.TraceConfig()
    hooks.on_request_end.append(log)
    begin = aiohttp.ClientSession.__init__
    monkeypatch.setattr(
        aiohttp.ClientSession,
        "__init__",
        lambda session, **options: begin(session, **options, trace_configs=[hooks]),
    )
    transport = AioHttpTransport()
    await transport.send(serve(OK).request())
    await transport.aclose()
    assert seen == ["POST 200"]


@asyncio_only
async def test_a_header_that_changes_how_a_request_is_sent_is_left_to_the_session(
    serve: Callable[..., Any],
) -> None:
    peer = serve(OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    transport = AioHttpTransport()
    for _ in range(2):
        assert (await transport.send(peer.request(Connection="close"))).body == b"ok"
    await transport.aclose()
    assert all(b"Connection: close" in request for request in peer.requests)


@asyncio_only
async def test_hints_before_the_response_are_passed_over(serve: Callable[..., Any]) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 2
    peer = serve(hints + OK, hints, OK)
    transport = AioHttpTransport()
    assert (await transport.send(peer.request())).body == b"ok"
    await transport.aclose()


@asyncio_only
async def test_requests_that_are_alike_differ_in_what_is_not(serve: Callable[..., Any]) -> None:
    peer = serve(OK)
    transport = AioHttpTransport()
    headers = {"authorization": "one", "content-type": "application/json"}
    request = Request("POST", f"{peer.origin}/a", headers, b"{}")
    await transport.send(request)
    await transport.send(replace(request, body=b"{1}"))
    headers["authorization"] = "two"
    await transport.send(request)
    await transport.send(replace(request, url=f"{peer.origin}/b", headers={**headers, "x": "3"}))
    await transport.send(replace(request, method="GET", body=b""))
    await transport.aclose()
    sent = [received.decode().split("\r\n") for received in peer.requests]
    assert [lines[0].removesuffix(" HTTP/1.1") for lines in sent] == [
        "POST /a",
        "POST /a",
        "POST /a",
        "POST /b",
        "GET /a",
    ]
    keys = [line.partition(": ")[2] for lines in sent for line in lines if line.startswith("authorization")]
    assert keys == ["one", "one", "two", "two", "two"]
    assert [lines[-1] for lines in sent] == ["{}", "{1}", "{}", "{}", ""]
    assert ["x: 3" in lines for lines in sent] == [False, False, False, True, False]


@asyncio_only
async def test_a_transport_keeps_what_it_sent_for_few_kinds_of_requests_and_shows_none(
    serve: Callable[..., Any],
) -> None:
    peer = serve(OK)
    transport = AioHttpTransport()
    for number in range(100):
        await transport.send(peer.request(Authorization=f"secret{number}"))
    await transport.aclose()
    kept = transport._prepared._by_request
    assert 0 < len(kept) <= 32
    assert "secret" not in f"{vars(transport)} {list(kept.values())}"


@pytest.mark.parametrize("connections", [1, 5])
def test_a_transport_that_is_a_local_of_main_leaves_nothing_open(
    serve: Callable[..., Any], connections: int
) -> None:
    peer = serve(OK)

    async def main() -> None:
        transport = AioHttpTransport()
        async with anyio.create_task_group() as group:
            for _ in range(connections):
                group.start_soon(transport.send, peer.request())

    anyio.run(main)
    gc.collect()  # a warning about anything left would be an error here


def test_one_loop_after_the_other_and_several_at_once_use_one_transport(serve: Callable[..., Any]) -> None:
    peer = serve(OK)
    transport = AioHttpTransport()
    bodies: list[bytes] = []

    async def often() -> None:
        bodies.extend([(await transport.send(peer.request())).body for _ in range(5)])

    anyio.run(often)
    threads = [threading.Thread(target=anyio.run, args=(often,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert bodies == [b"ok"] * 20
    assert len(transport._by_loop) == 0


def test_one_call_sets_the_transport_of_all_clients_that_are_built_without_one(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Any]
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    given: list[str | None] = []

    def make(*, proxy: str | None) -> Transport:
        given.append(proxy)
        return AioHttpTransport(proxy=proxy)

    far = ChatCompletionsBuilder().with_base_url("http://far.test/v1").with_model("m")
    set_default_transport(make)
    try:
        far.with_base_url(serve(OK).origin).build()
        far.build()
        far.with_transport(FakeTransport()).build()
    finally:
        set_default_transport(None)
    far.build()
    assert given == [None, "http://proxy.test:3128"]


def test_no_repr_shows_the_password_of_a_proxy() -> None:
    transport = AioHttpTransport(proxy="http://user:secret@host:3128")
    assert "secret" not in repr(vars(transport))


def test_without_aiohttp_it_names_the_extra_and_importing_it_imports_little() -> None:
    code = (
        "import sys; sys.modules['aiohttp'] = None\n"
        "import anyio\n"
        "from chat_core.transport import AioHttpTransport, Request\n"
        "try: anyio.run(AioHttpTransport().send, Request('POST', 'http://127.0.0.1:1/', {}, b'{}'))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
        "print(any(name in sys.modules for name in ('httpx', 'yarl')))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert (
        done.stdout
        == "ConfigurationError AioHttpTransport needs aiohttp: pip install chat-core[aiohttp]\nFalse\n"
    )
