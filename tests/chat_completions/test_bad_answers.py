"""When the server is down, wrong, slow or hostile: the error says what to do, and the conversation keeps what
it had.
"""

from __future__ import annotations

import contextlib
import json
import socket
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.abc
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    AuthenticationError,
    Chat,
    ChatBuilder,
    ChatError,
    ConnectionFailed,
    Done,
    Failed,
    InvalidRequest,
    InvalidResponse,
    Messages,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    RetryPolicy,
    StepLimitReached,
    StreamTruncated,
    tool,
)
from chat_core.testing import Call, Failure, FakeTransport, LoopbackServer, Raw, Reply

pytestmark = pytest.mark.anyio

KEY = "sk-canary-0123456789"
NOW = RetryPolicy(base_delay=0)
NEVER = RetryPolicy(max_retries=0)


@asynccontextmanager
async def talking(url: str, *tools: Any, retry: RetryPolicy = NOW) -> AsyncIterator[Chat[Any, Any, Any]]:
    async with (
        ChatCompletionsBuilder().with_base_url(url).with_model("m").with_api_key(KEY).build() as client
    ):
        yield ChatBuilder().with_model(client).with_tools(tools).with_retry(retry).build()


async def failure(chat: Chat[Any, Any, Any], messages: Messages, *, stream: bool) -> ChatError:
    """What a call raises; nothing that it shows holds the key."""
    with pytest.raises(ChatError) as caught:
        await (through(chat, messages) if stream else chat.complete(messages))
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    return caught.value


async def through(chat: Chat[Any, Any, Any], messages: Messages) -> Any:
    """The response at the end of a stream."""
    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, Done):
                return event.response
    raise AssertionError("a stream ends in Done")


both_ways = pytest.mark.parametrize("stream", [False, True], ids=["complete", "stream"])


@both_ways
async def test_a_server_that_is_down_is_tried_again_and_then_named(stream: bool) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    messages = Messages.from_user("Hello")
    async with talking(f"http://127.0.0.1:{port}/v1") as chat:
        error = await failure(chat, messages, stream=stream)

    assert isinstance(error, ConnectionFailed)
    assert f"could not connect to http://127.0.0.1:{port}" in str(error)
    assert "is the server running, and is the base URL right?" in str(error)
    assert messages == Messages.from_user("Hello")


@both_ways
async def test_a_web_page_is_shown_and_asks_about_the_base_url(stream: bool) -> None:
    page = Raw(b"<!doctype html><html><title>Welcome!</title></html>", content_type="text/html")
    messages = Messages.from_user("Hello")
    with LoopbackServer([page]) as server:
        async with talking(server.url) as chat:
            error = await failure(chat, messages, stream=stream)

        assert len(server.requests) == 1
    assert isinstance(error, InvalidResponse)
    assert "is the base URL right?" in str(error)
    assert "Welcome!" in str(error)
    assert messages == Messages.from_user("Hello")


@both_ways
async def test_an_answer_without_end_is_refused_before_it_fills_the_memory(stream: bool) -> None:
    messages = Messages.from_user("Hello")
    async with _endless(
        b'data: {"choices":[{"delta":{"content":"' if stream else b'{"choices":[{"message":{"content":"'
    ) as url:
        async with talking(url) as chat:
            error = await failure(chat, messages, stream=stream)

    assert isinstance(error, InvalidResponse)
    assert "is larger than 134,217,728 bytes; HttpTransport(max_bytes=...) raises the limit" in str(error)
    assert messages == Messages.from_user("Hello")


async def test_an_answer_that_says_it_is_huge_is_refused_before_it_is_read() -> None:
    async with _endless(b"{", length=300 * 1024 * 1024) as url:
        async with talking(url) as chat:
            tracemalloc.start()
            try:
                error = await failure(chat, Messages.from_user("Hello"), stream=False)
                _, most = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()

    assert isinstance(error, InvalidResponse)
    assert most < 16 * 1024 * 1024


@asynccontextmanager
async def _endless(start: bytes, length: int | None = None) -> AsyncIterator[str]:
    """A server whose answer starts like this and then is 300 MB of one letter."""
    block = b"a" * (1 << 20)

    async def answer(client: anyio.abc.SocketStream) -> None:
        async with client:
            with contextlib.suppress(anyio.BrokenResourceError, anyio.EndOfStream):
                await client.receive()
                kind = (
                    b"content-type: text/event-stream"
                    if start.startswith(b"data")
                    else b"content-type: application/json"
                )
                size = b"content-length: %d" % length if length else b"connection: close"
                await client.send(b"HTTP/1.1 200 OK\r\n" + kind + b"\r\n" + size + b"\r\n\r\n" + start)
                for _ in range(300):
                    await client.send(block)

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(listener.serve, answer)
        yield f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}/v1"
        tasks.cancel_scope.cancel()


@both_ways
@pytest.mark.parametrize(
    ("answer", "kind", "asked"),
    [
        (Failure(400, "bad", "invalid_value"), InvalidRequest, 1),
        (Failure(401, "Incorrect API key provided", "invalid_api_key"), AuthenticationError, 1),
        (Failure(402, "pay"), QuotaExceeded, 1),
        (Failure(403, "not you"), PermissionDenied, 1),
        (Failure(404, "no such model", "model_not_found"), NotFound, 1),
        (Failure(413, "too much"), InvalidRequest, 1),
        (Failure(422, "bad"), InvalidRequest, 1),
        (Failure(429, "quota", "insufficient_quota"), QuotaExceeded, 1),
        (Failure(408, "late"), ProviderError, 3),
        (Failure(409, "conflict"), ProviderError, 3),
        (Failure(429, "slow down", "rate_limit_exceeded"), RateLimited, 3),
        (Failure(500, "oops"), ProviderError, 3),
        (Failure(503, "busy"), Overloaded, 3),
        (Failure(429, "come back tomorrow", retry_after=7200), RateLimited, 1),
        (Raw(b"<html>Bad Gateway</html>", "text/html", status=502), ProviderError, 3),
        (Raw(b"", status=500), ProviderError, 3),
    ],
    ids=lambda value: (
        f"{value.status} {getattr(value, 'code', '') or ''}" if isinstance(value, Failure | Raw) else ""
    ),
)
async def test_a_refused_request_is_an_error_and_retried_only_where_that_may_help(
    answer: Any, kind: type[ProviderError], asked: int, stream: bool
) -> None:
    messages = Messages.from_user("Hello")
    with LoopbackServer(lambda _: answer) as server:
        async with talking(server.url) as chat:
            error = await failure(chat, messages, stream=stream)

        assert len(server.requests) == asked
        assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in server.requests)
    assert type(error) is kind
    assert isinstance(error, ProviderError)
    assert (error.status, error.request_id) == (answer.status, f"req-{asked}")
    assert f"status {answer.status}" in str(error)
    assert messages == Messages.from_user("Hello")


@both_ways
async def test_a_key_that_the_server_quotes_back_is_not_shown(stream: bool) -> None:
    with LoopbackServer([Failure(401, f"Incorrect API key provided: {KEY}.", "invalid_api_key")]) as server:
        async with talking(server.url) as chat:
            error = await failure(chat, Messages.from_user("Hello"), stream=stream)

    assert isinstance(error, AuthenticationError)
    assert error.message.startswith("Incorrect API key provided: ")


@both_ways
async def test_a_failure_that_passes_is_mentioned_in_the_response(stream: bool) -> None:
    messages = Messages.from_user("Hello")
    with LoopbackServer(
        [Failure(503, "busy"), Failure(429, "slow down", retry_after=0.01), Reply("Hi")]
    ) as server:
        async with talking(server.url) as chat:
            response = await (through(chat, messages) if stream else chat.complete(messages))

    assert response.text == "Hi"
    assert [notice.about for notice in response.notices] == ["retry", "retry"]
    assert "Overloaded: busy" in response.notices[0].message
    assert [message.text for message in messages] == ["Hello", "Hi"]


async def test_a_stream_that_is_cut_before_its_first_word_is_requested_again() -> None:
    with LoopbackServer([Reply("Hi", cut_after=1), Reply("Hi")]) as server:
        async with talking(server.url) as chat:
            response = await through(chat, Messages.from_user("Hello"))

        assert len(server.requests) == 2
    assert response.text == "Hi"


async def test_a_stream_that_is_cut_after_its_first_word_is_not() -> None:
    messages = Messages.from_user("Hello")
    with LoopbackServer([Reply("Hello there", chunk=5, cut_after=2), Reply("Hi")]) as server:
        async with talking(server.url) as chat:
            error = await failure(chat, messages, stream=True)

        assert len(server.requests) == 1
    assert isinstance(error, StreamTruncated)
    assert error.partial.text == "Hello"
    assert messages[-1].interrupted


@both_ways
async def test_a_failure_after_a_tool_has_run_keeps_its_result_and_does_not_run_it_again(
    stream: bool,
) -> None:
    ran: list[int] = []

    @tool
    def pay(amount: int) -> str:
        """Pay."""
        ran.append(amount)
        return "paid"

    script = [
        Reply(calls=(Call("pay", {"amount": 5}),)),
        Failure(500, "oops"),
        Failure(400, "bad"),
        Reply("Done."),
    ]
    messages = Messages.from_user("Pay 5.")
    with LoopbackServer(script) as server:
        async with talking(server.url, pay) as chat:
            error = await failure(chat, messages, stream=stream)
            assert [call.outcome() for call in messages.calls] == ["paid"]
            response = await (through(chat, messages) if stream else chat.complete(messages))

        assert len(server.requests) == 4
        assert [message["role"] for message in _messages(server, 3)] == ["user", "assistant", "tool"]
    assert isinstance(error, InvalidRequest)
    assert error.usage is not None
    assert error.usage.total_tokens == 15
    assert response.text == "Done."
    assert ran == [5]


def _messages(server: LoopbackServer, request: int) -> Any:
    return server.requests[request].body["messages"]


@both_ways
async def test_an_unknown_tool_is_answered_to_the_model(stream: bool) -> None:
    @tool
    def add(a: int) -> int:
        """Add."""
        return a

    messages = Messages.from_user("Subtract.")
    with LoopbackServer(
        [Reply(calls=(Call("sub", {"a": 1}), Call("add", {"a": 1}))), Reply("Sorry.")]
    ) as server:
        async with talking(server.url, add) as chat:
            response = await (through(chat, messages) if stream else chat.complete(messages))

    assert response.text == "Sorry."
    assert [message["content"] for message in _messages(server, 1)[-2:]] == [
        "There is no tool 'sub'. There are: add.",
        "1",
    ]


@both_ways
async def test_what_a_tool_raises_is_answered_to_the_model(stream: bool) -> None:
    @tool
    def add(a: int) -> int:
        """Add."""
        raise RuntimeError("the abacus is broken")

    messages = Messages.from_user("Add.")
    with LoopbackServer([Reply(calls=(Call("add", {"a": 1}),)), Reply("Sorry.")]) as server:
        async with talking(server.url, add) as chat:
            await (through(chat, messages) if stream else chat.complete(messages))

    assert _messages(server, 1)[-1]["content"] == "RuntimeError: the abacus is broken"
    assert isinstance(messages.calls[0].status, Failed)


@both_ways
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"a": "one"}, "The arguments do not fit add, which was not run: a: Input should be a valid integer"),
        ({}, "The arguments do not fit add, which was not run: a: Field required"),
        (
            {"a": 1, "c": 2},
            "The arguments do not fit add, which was not run: c: Extra inputs are not permitted",
        ),
        ('{"a":', "The arguments of add are not a JSON object"),
        ("[1]", "The arguments of add are not a JSON object (it is list)"),
        ("null", "The arguments of add are not a JSON object (it is NoneType)"),
        ("one", "The arguments of add are not a JSON object"),
    ],
    ids=["type", "missing", "too many", "cut", "list", "null", "word"],
)
async def test_arguments_that_do_not_fit_are_answered_to_the_model_and_run_nothing(
    arguments: Any, told: str, stream: bool
) -> None:
    ran: list[int] = []

    @tool
    def add(a: int, b: int = 0) -> int:
        """Add."""
        ran.append(a)
        return a + b

    messages = Messages.from_user("Add.")
    with LoopbackServer([Reply(calls=(Call("add", arguments),)), Reply("Sorry.")]) as server:
        async with talking(server.url, add) as chat:
            response = await (through(chat, messages) if stream else chat.complete(messages))

    assert _messages(server, 1)[-1]["content"].startswith(told)
    assert json.loads(_messages(server, 1)[-2]["tool_calls"][0]["function"]["arguments"]) == (
        arguments if isinstance(arguments, dict) else {}
    )
    assert (ran, response.text) == ([], "Sorry.")


@both_ways
async def test_a_model_that_never_stops_calling_is_stopped_with_all_it_did_kept(stream: bool) -> None:
    with LoopbackServer(lambda _: Reply(calls=(Call("nobody", {}),))) as server:
        async with ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build() as client:
            chat: Chat[Any, Any, Any] = ChatBuilder().with_model(client).with_max_steps(3).build()
            messages = Messages.from_user("Go.")
            error = await failure(chat, messages, stream=stream)

        assert len(server.requests) == 3
    assert isinstance(error, StepLimitReached)
    assert "with_max_steps" in str(error)
    assert error.usage is not None
    assert error.usage.total_tokens == 45
    assert [call.resolved for call in messages.calls] == [True] * 3
    assert len({call.id for call in messages.calls}) == 3


@both_ways
async def test_a_body_that_cannot_be_read_leaves_the_conversation_as_it_was(stream: bool) -> None:
    messages = Messages.from_user("Hello")
    before = messages.to_json()
    with LoopbackServer([Raw(b'{"choices":[]}', content_type="application/json")]) as server:
        async with talking(server.url) as chat:
            error = await failure(chat, messages, stream=stream)

    assert isinstance(error, InvalidResponse)
    assert messages.to_json() == before


async def test_an_answer_cut_within_its_body_is_requested_again() -> None:
    transport = (
        FakeTransport()
        .fail(ConnectionFailed("hung up"))
        .answer({"choices": [{"message": {"content": "Hi"}}]})
    )
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    response = (
        await ChatBuilder().with_model(client).with_retry(NOW).build().complete(Messages.from_user("Hello"))
    )

    assert (response.text, len(transport.requests)) == ("Hi", 2)
