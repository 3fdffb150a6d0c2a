"""Turns over one WebSocket: the same as over SSE, on one connection, and none of them twice."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import Any

import anyio
import pytest
from chat_core import (
    AuthenticationError,
    Chat,
    ChatBuilder,
    ChatError,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    ConnectionFailed,
    Done,
    InvalidRequest,
    InvalidResponse,
    Messages,
    RateLimited,
    RetryPolicy,
    TextChunk,
    TimedOut,
    Tool,
)
from chat_core.testing import FakeTransport, broken_laws
from chat_responses import ResponsesBuilder, ResponsesClient, WebSocketTransport
from websockets.sync.server import ServerConnection

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
sys.path.insert(0, str(HERE))

from socketserver_ws import Connection, SocketServer, called, event, said, socket_server, turn  # noqa: E402

pytestmark = pytest.mark.anyio

Frame = dict[str, Any]


def client(server: SocketServer, **options: Any) -> ResponsesClient:
    return _builder(server, **options).build()


def _builder(server: SocketServer, **options: Any) -> Any:
    transport = WebSocketTransport(**options)
    return (
        ResponsesBuilder()
        .with_base_url(server.url)
        .with_model("m")
        .with_api_key("secret-key")
        .with_transport(transport)
    )


def chat(made: ResponsesClient) -> Chat[ResponsesClient, ChatResponse, ChatResponse]:
    return ChatBuilder().with_model(made).build()


def says(text: str) -> Callable[[Connection, Frame], None]:
    def answer(connection: Connection, frame: Frame) -> None:
        connection.send(*turn(f"r{len(connection.server.frames)}", said(text)))

    return answer


async def streamed(made: Chat[Any, Any, ChatResponse], messages: Messages) -> ChatResponse:
    async with made.stream(messages) as events:
        [last] = [event.response async for event in events if isinstance(event, Done)]
    return last


async def test_two_turns_go_over_one_connection_that_is_authenticated_once() -> None:
    with socket_server(says("Hi")) as server:
        async with client(server) as made:
            messages = Messages.from_user("Hello")
            first = await chat(made).complete(messages)
            second = await streamed(chat(made), messages.add_user("And?"))

        assert (first.text, second.text) == ("Hi", "Hi")
        [connection] = server.connections
        assert connection.path == "/v1/responses"
        assert connection.headers["authorization"] == "Bearer secret-key"
        one, two = connection.frames
        assert one == {
            "type": "response.create",
            "model": "m",
            "input": [{"role": "user", "content": "Hello"}],
            "store": False,
        }
        assert two["input"] == [*one["input"], said("Hi"), {"role": "user", "content": "And?"}]
        assert "stream" not in two


async def test_a_ten_step_tool_loop_uses_one_connection_and_runs_each_tool_once() -> None:
    ran: list[int] = []

    def answer(connection: Connection, frame: Frame) -> None:
        number = len(connection.frames)
        connection.send(*turn(f"r{number}", called(number) if number < 10 else said("Done")))

    def note(number: int) -> str:
        ran.append(number)
        return "noted"

    with socket_server(answer) as server:
        async with _builder(server).with_store().build() as made:
            agent = ChatBuilder().with_model(made).with_tools([Tool.from_function(note)]).build()
            response = await streamed(agent, Messages.from_user("Count"))

        assert response.text == "Done"
        assert ran == list(range(1, 10))
        [connection] = server.connections
        assert [frame.get("previous_response_id") for frame in connection.frames] == [
            None,
            *(f"r{n}" for n in range(1, 10)),
        ]
        outputs = [frame["input"] for frame in connection.frames[1:]]
        assert outputs == [
            [{"type": "function_call_output", "call_id": f"call_{n}", "output": "noted"}]
            for n in range(1, 10)
        ]


FIRST, SECOND = turn("r1", called(1)), turn("r2", said("Hi"))


@pytest.mark.parametrize("killed_after", range(len(FIRST) + len(SECOND)))
async def test_a_socket_killed_at_any_frame_runs_nothing_twice(killed_after: int) -> None:
    ran: list[int] = []
    left = [killed_after]

    def answer(connection: Connection, frame: Frame) -> None:
        outputs = [item for item in frame["input"] if item.get("type") == "function_call_output"]
        for one in SECOND if outputs else FIRST:
            if left[0] == 0:
                left[0] = -1
                connection.kill()
                return
            left[0] -= 1
            connection.send(one)

    with socket_server(answer) as server:
        async with client(server) as made:
            agent = (
                ChatBuilder()
                .with_model(made)
                .with_tools([Tool("note", "", {"type": "object"}, lambda number: ran.append(number))])
            )
            with pytest.raises(ChatError) as caught:
                await streamed(
                    agent.with_retry(RetryPolicy(base_delay=0)).build(), Messages.from_user("Hello")
                )
            assert not caught.value.retryable

    asked = [json.dumps(frame["input"]) for frame in server.frames]
    assert len(asked) == len(set(asked)), "a turn was sent twice"
    assert ran == ([1] if killed_after >= len(FIRST) else [])


async def test_after_a_lost_turn_the_next_one_opens_a_connection() -> None:
    def answer(connection: Connection, frame: Frame) -> None:
        if len(connection.server.connections) == 1:
            connection.kill()
        else:
            connection.send(*turn("r1", said("Hi")))

    with socket_server(answer) as server:
        async with client(server) as made:
            with pytest.raises(ConnectionFailed):
                await chat(made).complete(Messages.from_user("Hello"))
            assert (await chat(made).complete(Messages.from_user("Hello"))).text == "Hi"


async def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew() -> None:
    closed = anyio.Event()

    def answer(connection: Connection, frame: Frame) -> None:
        connection.send(*turn(f"r{len(connection.server.frames)}", said("Hi")))
        if len(connection.server.connections) == 1:
            connection.socket.close(1001, "idle")

    with socket_server(answer) as server:
        async with client(server) as made:
            await chat(made).complete(Messages.from_user("One"))
            with anyio.move_on_after(0.2):
                await closed.wait()  # never: the close is on its way
            assert (await chat(made).complete(Messages.from_user("Two"))).text == "Hi"
    assert [len(connection.frames) for connection in server.connections] == [1, 1]


async def test_a_connection_is_replaced_before_it_is_too_old() -> None:
    with socket_server(says("Hi")) as server:
        async with client(server, max_age=0.0) as made:
            await chat(made).complete(Messages.from_user("One"))
            await chat(made).complete(Messages.from_user("Two"))
    assert [len(connection.frames) for connection in server.connections] == [1, 1]


async def test_a_turn_that_the_server_refuses_for_the_connections_age_goes_over_another() -> None:
    too_old = {
        "type": "error",
        "status": 400,
        "error": {"code": "websocket_connection_limit_reached", "message": "60 minutes"},
    }

    def answer(connection: Connection, frame: Frame) -> None:
        if len(connection.server.connections) == 1:
            connection.send(too_old)
        else:
            connection.send(*turn("r1", said("Hi")))

    with socket_server(answer) as server:
        async with client(server) as made:
            assert (await streamed(chat(made), Messages.from_user("Hello"))).text == "Hi"
    assert [len(connection.frames) for connection in server.connections] == [1, 1]


async def test_a_server_that_refuses_every_connection_for_its_age_is_tried_three_times_and_no_more() -> None:
    too_old = {
        "type": "error",
        "status": 400,
        "error": {"code": "websocket_connection_limit_reached", "message": "60 minutes"},
    }
    with socket_server(lambda connection, frame: connection.send(too_old)) as server:
        async with client(server) as made:
            started = anyio.current_time()
            with pytest.raises(InvalidRequest, match="60 minutes"):
                await streamed(chat(made), Messages.from_user("Hello"))
            assert anyio.current_time() - started >= 0.5
    assert [len(connection.frames) for connection in server.connections] == [1, 1, 1]


async def test_two_turns_at_once_take_two_connections_which_are_both_kept() -> None:
    both = anyio.Event()
    seen: list[int] = []

    def answer(connection: Connection, frame: Frame) -> None:
        with connection.server.lock:
            seen.append(1)
        while len(seen) < 2:
            connection.socket.ping().wait(0.01)
        connection.send(*turn(f"r-{frame['input'][0]['content']}", said("Hi")))

    with socket_server(answer) as server:
        async with client(server) as made:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(chat(made).complete, Messages.from_user("One"))
                tasks.start_soon(chat(made).complete, Messages.from_user("Two"))
            await chat(made).complete(Messages.from_user("Three"))
            await chat(made).complete(Messages.from_user("Four"))
    assert len(server.connections) == 2
    assert len(server.frames) == 4
    assert not both.is_set()


async def test_a_chain_without_a_store_goes_on_over_the_connection_that_remembers_it() -> None:
    seen: list[int] = []

    def answer(connection: Connection, frame: Frame) -> None:
        with connection.server.lock:
            seen.append(1)
        while len(seen) < 2:
            connection.socket.ping().wait(0.01)
        asked = frame["input"][-1]["content"]
        connection.send(*turn(f"r-{asked}", said("Hi")))

    with socket_server(answer) as server:
        async with _builder(server).with_store(False).build() as made:
            one, two = Messages.from_user("One"), Messages.from_user("Two")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(chat(made).complete, one)
                tasks.start_soon(chat(made).complete, two)
            await chat(made).complete(one.add_user("1"))
            await chat(made).complete(two.add_user("2"))
    followed = {
        connection.frames[0]["input"][0]["content"]: connection.frames[1] for connection in server.connections
    }
    assert (followed["One"]["previous_response_id"], followed["Two"]["previous_response_id"]) == (
        "r-One",
        "r-Two",
    )
    assert all(frame["store"] is False for frame in server.frames)


async def test_a_turn_that_is_left_closes_its_connection() -> None:
    def answer(connection: Connection, frame: Frame) -> None:
        connection.send(
            *turn(f"r{len(connection.server.frames)}", said("Hello"))[
                : 4 if len(connection.server.frames) == 1 else 99
            ]
        )

    with socket_server(answer) as server:
        async with client(server) as made:
            messages = Messages.from_user("Hello")
            async with chat(made).stream(messages) as events:
                async for one in events:
                    assert one == TextChunk("H")
                    break
            assert messages[-1].interrupted
            assert (await chat(made).complete(Messages.from_user("Again"))).text == "Hello"
    assert [len(connection.frames) for connection in server.connections] == [1, 1]


async def test_a_server_that_falls_silent_runs_into_the_time_limit() -> None:
    def answer(connection: Connection, frame: Frame) -> None:
        connection.send(*turn("r1", said("Hello"))[:4])

    with socket_server(answer) as server:
        async with _builder(server).with_timeout(idle=0.1).build() as made:
            with pytest.raises(TimedOut) as caught:
                await streamed(chat(made), Messages.from_user("Hello"))
    assert caught.value.limit == "idle"


async def test_a_refused_handshake_is_the_providers_error() -> None:
    body = (
        b'{"error":{"code":"invalid_api_key","message":"Incorrect API key provided: secret-key"},'
        b'"status":401}'
    )
    with socket_server(says("Hi"), refusal=(401, body)) as server:
        async with client(server) as made:
            for attempt in (chat(made).complete, lambda messages: streamed(chat(made), messages)):
                with pytest.raises(AuthenticationError) as caught:
                    await attempt(Messages.from_user("Hello"))
                assert (caught.value.status, caught.value.code, caught.value.request_id) == (
                    401,
                    "invalid_api_key",
                    "req_1",
                )
                assert "secret-key" not in str(caught.value)
    assert server.refused == 2


async def test_an_error_frame_is_the_providers_error_and_the_connection_goes_on() -> None:
    limited = {
        "type": "error",
        "status": 429,
        "error": {"code": "rate_limit_exceeded", "message": "slow down", "headers": {"retry-after": "2"}},
    }

    def answer(connection: Connection, frame: Frame) -> None:
        connection.send(*([limited] if len(connection.frames) < 3 else turn("r1", said("Hi"))))

    with socket_server(answer) as server:
        async with client(server) as made:
            never = ChatBuilder().with_model(made).with_retry(RetryPolicy(max_retries=0)).build()
            for attempt in (never.complete, lambda messages: streamed(never, messages)):
                with pytest.raises(RateLimited) as caught:
                    await attempt(Messages.from_user("Hello"))
                assert (caught.value.retry_after, caught.value.retryable) == (2.0, True)
            assert (await never.complete(Messages.from_user("Hello"))).text == "Hi"
    assert len(server.connections) == 1


async def test_a_forgotten_response_costs_the_full_history_and_no_connection() -> None:
    forgotten = {
        "type": "error",
        "status": 400,
        "error": {"code": "previous_response_not_found", "message": "gone"},
    }

    def answer(connection: Connection, frame: Frame) -> None:
        connection.send(
            *(
                [forgotten]
                if "previous_response_id" in frame
                else turn(f"r{len(connection.frames)}", said("Hi"))
            )
        )

    with socket_server(answer) as server:
        async with _builder(server).with_store(False).build() as made:
            messages = Messages.from_user("Hello")
            await chat(made).complete(messages)
            response = await streamed(chat(made), messages.add_user("And?"))
    assert (response.text, [notice.about for notice in response.notices]) == ("Hi", ["previous_response_id"])
    [connection] = server.connections
    assert [len(frame["input"]) for frame in connection.frames] == [1, 1, 3]


async def test_the_last_word_on_a_turn_is_not_the_first_on_the_next() -> None:
    def answer(connection: Connection, frame: Frame) -> None:
        number = len(connection.frames)
        connection.send(
            *turn(f"r{number}", said(f"Hi {number}")),
            event("done", response={"id": f"r{number}", "status": "completed"}),
        )

    with socket_server(answer) as server:
        async with client(server) as made:
            texts = [(await chat(made).complete(Messages.from_user("Hello"))).text for _ in range(3)]
    assert texts == ["Hi 1", "Hi 2", "Hi 3"]
    assert len(server.connections) == 1


async def test_warming_up_generates_nothing_and_is_continued() -> None:
    def answer(connection: Connection, frame: Frame) -> None:
        connection.send(
            *turn(f"r{len(connection.frames)}", *([] if frame.get("generate") is False else [said("Hi")]))
        )

    with socket_server(answer) as server:
        async with _builder(server).with_store().build() as made:
            messages = Messages.from_system("Be brief.")
            messages.append((await made.warm_up(messages)).message).add_user("Hello")
            assert (await chat(made).complete(messages)).text == "Hi"
    [connection] = server.connections
    warm, first = connection.frames
    assert (warm["generate"], warm["instructions"]) == (False, "Be brief.")
    assert (first["previous_response_id"], first["input"]) == ("r1", [{"role": "user", "content": "Hello"}])


async def test_everything_else_goes_over_http() -> None:
    http = FakeTransport().answer({"data": [{"id": "m"}]}).answer({"input_tokens": 3})
    with socket_server(says("Hi")) as server:
        async with client(server, http=http) as made:
            assert [model.id for model in await made.list_models()] == ["m"]
            assert await made.count_tokens(Messages.from_user("Hello")) == 3
    assert server.connections == []


async def test_what_runs_in_the_background_goes_over_http() -> None:
    http = FakeTransport().answer({"id": "r1", "status": "completed", "output": [said("Hi")]})
    with socket_server(says("no")) as server:
        async with _builder(server, http=http).with_background().build() as made:
            assert (await chat(made).complete(Messages.from_user("Hello"))).text == "Hi"
    assert server.connections == []


async def test_a_message_that_is_too_large_is_refused() -> None:
    with socket_server(says("x" * 2000)) as server:
        async with client(server, max_bytes=1000) as made:
            with pytest.raises(InvalidResponse, match="max_bytes"):
                await chat(made).complete(Messages.from_user("Hello"))


async def test_a_server_that_is_not_there_is_a_connection_that_failed() -> None:
    transport = WebSocketTransport()
    made = (
        ResponsesBuilder()
        .with_base_url("http://127.0.0.1:1/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    never = ChatBuilder().with_model(made).with_retry(RetryPolicy(max_retries=0)).build()
    with pytest.raises(ConnectionFailed, match=r"could not connect to ws://127\.0\.0\.1:1") as caught:
        await never.complete(Messages.from_user("Hello"))
    assert caught.value.retryable  # nothing was sent


async def test_a_header_that_cannot_be_sent_is_refused_without_being_shown() -> None:
    with socket_server(says("Hi")) as server:
        made = _builder(server).with_header("x-key", "secret\r\nx: y").build()
        with pytest.raises(ConfigurationError, match="x-key") as caught:
            await chat(made).complete(Messages.from_user("Hello"))
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://a.example", "wss://user:pass@a.example/v1/responses", "a.example"])
async def test_a_url_that_is_no_sockets_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="wss://host"):
        WebSocketTransport(url=url)


async def test_the_socket_may_be_elsewhere_than_the_base_url() -> None:
    with socket_server(says("Hi")) as server:
        elsewhere = server.url.replace("http", "ws") + "/sockets"
        transport = WebSocketTransport(url=elsewhere)
        builder = (
            ResponsesBuilder()
            .with_base_url("http://127.0.0.1:1/v1")
            .with_model("m")
            .with_transport(transport)
        )
        async with builder.build() as made:
            assert (await chat(made).complete(Messages.from_user("Hello"))).text == "Hi"
    assert server.connections[0].path == "/v1/sockets"


def test_a_transport_serves_one_event_loop_after_another_and_leaves_nothing_open() -> None:
    with socket_server(says("Hi")) as server:
        made = client(server)
        for backend in ("asyncio", "trio", "asyncio"):
            assert anyio.run(chat(made).complete, Messages.from_user("Hello"), backend=backend).text == "Hi"
        gc.collect()
    assert len(server.connections) == 3


def test_no_log_shows_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    with socket_server(says("Hi")) as server:
        anyio.run(chat(client(server)).complete, Messages.from_user("Hello"))
    mine = [record for record in caplog.records if not record.name.startswith("websockets.server")]
    assert not any("secret-key" in record.getMessage() for record in mine)


@pytest.mark.parametrize("cancelled_after", range(12))
async def test_a_turn_cancelled_at_any_step_leaves_the_transport_in_order(cancelled_after: int) -> None:
    with socket_server(says("Hello, world")) as server:
        async with client(server) as made:
            with anyio.CancelScope() as scope:
                async with chat(made).stream(Messages.from_user("Hello")) as events:
                    coming = aiter(events)
                    for _ in range(cancelled_after):
                        await anext(coming)
                    scope.cancel()
                    await anext(coming)
            assert (await chat(made).complete(Messages.from_user("Again"))).text == "Hello, world"


@pytest.mark.parametrize("times", [1, 2, 3])
def test_native_cancellation_at_any_step_leaves_nothing(times: int) -> None:
    async def cancelled_at(made: ResponsesClient, step: int) -> bool:
        task = asyncio.create_task(streamed(chat(made), Messages.from_user("Hello")))
        for _ in range(step):
            await asyncio.sleep(0.0005)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with suppress(asyncio.CancelledError):
            await task
            return True
        return False

    async def every_step(made: ResponsesClient) -> None:
        async with made:
            for step in range(40):
                if await cancelled_at(made, step):
                    break
            assert (await chat(made).complete(Messages.from_user("Again"))).text == "Hello"
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with socket_server(says("Hello")) as server:
        asyncio.run(every_step(client(server)))
        gc.collect()  # a connection that was forgotten warns now


@pytest.mark.skipif("text" not in signature(ServerConnection.send).parameters, reason="websockets is older")
async def test_a_message_in_many_frames_is_one() -> None:
    def answer(connection: Connection, frame: Frame) -> None:
        for one in turn("r1", said("Grüße 😀")):
            data = json.dumps(one, ensure_ascii=False).encode()
            connection.socket.send(iter([data[:40], data[40:41], data[41:]]), text=True)

    with socket_server(answer) as server:
        async with client(server) as made:
            assert (await chat(made).complete(Messages.from_user("Hello"))).text == "Grüße 😀"


async def test_an_invalid_request_over_the_socket_is_one() -> None:
    wrong = {
        "type": "error",
        "status": 400,
        "error": {"type": "invalid_request_error", "code": None, "message": "no"},
    }
    with socket_server(lambda connection, frame: connection.send(wrong)) as server:
        async with client(server) as made:
            with pytest.raises(InvalidRequest, match="no"):
                await chat(made).complete(Messages.from_user("Hello"))


def _recorded() -> Iterator[Path]:
    for path in sorted((SHARED / "recordings").glob("*/*.json")):
        if (
            not path.name.endswith(".expected.json")
            and '"openai-responses-ws"' in path.read_text(encoding="utf-8")[:2000]
        ):
            yield path


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not beside the project")
@pytest.mark.parametrize("slices", ["whole", [7], [1]])
async def test_recorded_sockets_say_what_the_same_events_say_over_sse(
    slices: Any, anyio_backend_name: str
) -> None:
    if anyio_backend_name == "trio" and slices != [7]:
        pytest.skip("one slicing is enough on trio")
    sys.path.insert(0, str(SHARED / "tools"))
    from replay_server import ReplayServer

    played = 0
    for path in _recorded():
        recording = json.loads(path.read_text(encoding="utf-8"))
        turns = _turns(recording["frames"])
        with ReplayServer(recording, slices=slices) as server:
            builder = ResponsesBuilder().with_base_url(server.url + "/v1").with_model("m")
            async with builder.with_transport(WebSocketTransport()).build() as made:
                for frames in turns:
                    over_sse = builder.with_transport(FakeTransport().answer(frames)).build()
                    assert await _events(made) == await _events(over_sse), path.name
                    played += 1
            assert (server.connections, server.problems) == (1, []), path.name
    assert played


def _turns(frames: list[Frame]) -> list[list[Frame]]:
    turns: list[list[Frame]] = []
    for frame in frames:
        if frame["dir"] == "sent":
            turns.append([])
        else:
            turns[-1].append(frame["json"])
    return turns


async def _events(made: ResponsesClient) -> list[object]:
    """What a turn says, with its response, or what it raises."""
    told: list[Any] = []
    try:
        async for one in made.stream(ChatRequest(Messages.from_user("Hello"))):
            told.append(one)  # noqa: PERF401  what came before an error counts
    except ChatError as error:
        return [*told, type(error), str(error)]
    assert broken_laws(told) == []
    return told
