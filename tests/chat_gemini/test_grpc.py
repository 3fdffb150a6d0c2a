"""Gemini over gRPC: what goes over the wire, and what becomes of every way in which a call can end."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import grpc
import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatError,
    ChatRequest,
    ConfigurationError,
    ConnectionFailed,
    Done,
    InvalidResponse,
    Messages,
    NotFound,
    Overloaded,
    RateLimited,
    StreamTruncated,
    TextChunk,
    TimedOut,
    ToolResult,
    tool,
)
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_gemini.grpc import GrpcTransport
from chat_gemini.grpc.methods import methods
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseDict
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status as RpcStatus
from grpc_server import Answering, Cut, Stall, Status, answering

pytestmark = pytest.mark.anyio
HI = ChatRequest(Messages.from_user("Hi"))


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Grpcio runs on asyncio."""
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
async def one_loop(anyio_backend: str) -> None:
    """Have all tests share an event loop: what grpcio still has to tell a loop that is closed fails the test
    that runs then.
    """


def turn(*parts: object, reason: str | None = "STOP") -> dict[str, Any]:
    ending = {"finishReason": reason} if reason else {}
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}} | ending]}


HEL = turn({"text": "Hel"}, reason=None)
LO = turn({"text": "lo"})


def builder(server: Answering | str) -> Any:
    address = server if isinstance(server, str) else server.address
    plain = GeminiBuilder().with_base_url(address).with_model("gemini-x").with_api_key("a-key")
    return plain.with_transport(GrpcTransport())


async def failure(*answers: object, stream: bool = False) -> ChatError:
    """The error of a turn that is answered with these."""
    async with answering(*answers) as server, builder(server).build() as client:
        try:
            if stream:
                async for _ in client.stream(HI):
                    pass
            else:
                await client.complete(HI)
        except ChatError as error:
            return error
    raise AssertionError("it did not fail")


async def test_a_turn_is_a_call_with_the_model_in_it_and_the_key_in_its_metadata() -> None:
    async with answering(turn({"text": "Hello"})) as server, builder(server).build() as client:
        response = await client.complete("Hi")
    assert response.text == "Hello"
    [asked] = server.requests
    assert asked.path == "/google.ai.generativelanguage.v1beta.GenerativeService/GenerateContent"
    assert asked.body == {
        "model": "models/gemini-x",
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
    }
    assert asked.metadata["x-goog-api-key"] == "a-key"
    assert asked.metadata["x-goog-request-params"] == "model=models/gemini-x"
    assert str(asked.metadata["user-agent"]).startswith("chat-core/")


async def test_a_streamed_turn_comes_message_by_message() -> None:
    async with answering(HEL, LO) as server, builder(server).build() as client:
        events = [event async for event in client.stream(HI)]
    assert events[:2] == [TextChunk("Hel"), TextChunk("lo")]
    assert isinstance(events[2], Done)
    assert server.requests[0].path.endswith("/StreamGenerateContent")


async def test_a_tool_runs_on_whole_numbers_as_the_model_wrote_them() -> None:
    given: list[object] = []

    @tool
    def add(numbers: list[int], factor: float) -> int:
        """Add numbers."""
        given.append((numbers, factor))
        return sum(numbers)

    call = {
        "functionCall": {"name": "add", "args": {"numbers": [1, 2], "factor": 1.5}},
        "thoughtSignature": "c2ln",
    }
    async with answering(turn(call)) as server, builder(server).build() as client:
        chat = ChatBuilder().with_model(client).with_tools([add]).build()
        async with chat.stream("Add.") as events:
            async for event in events:
                if isinstance(event, ToolResult):
                    server.answers = [LO]
    assert given == [([1, 2], 1.5)]
    sent = server.requests[1].body["contents"]
    assert sent[1]["parts"][0]["thoughtSignature"] == "c2ln"
    assert sent[2]["parts"][0]["functionResponse"]["name"] == "add"


async def test_tokens_are_counted_and_texts_embedded_over_grpc() -> None:
    async with answering({"totalTokens": 7}) as server, builder(server).build() as client:
        assert await client.count_tokens(Messages.from_user("Hi")) == 7
    vectors = {"embeddings": [{"values": [0.5, 0.25]}, {"values": [1.0, 2.0]}]}
    async with answering(vectors) as server, builder(server).with_embeddings().build() as client:
        found = await client.embed(["a", "b"])
    assert [list(each.vector) for each in found.embeddings] == [[0.5, 0.25], [1.0, 2.0]]
    assert server.requests[0].path.endswith("/BatchEmbedContents")


async def test_what_has_no_method_goes_over_http() -> None:
    http = FakeTransport().answer({"models": [{"name": "models/gemini-x"}]})
    plain = GeminiBuilder().with_model("gemini-x").with_api_key("a-key")
    async with plain.with_transport(GrpcTransport(http=http)).build() as client:
        [model] = await client.list_models()
    assert model.id == "gemini-x"
    assert http.requests[0].url.startswith("https://generativelanguage.googleapis.com/v1beta/models?")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("UNAUTHENTICATED", AuthenticationError),
        ("NOT_FOUND", NotFound),
        ("UNAVAILABLE", Overloaded),
        ("RESOURCE_EXHAUSTED", RateLimited),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_status_is_the_error_that_it_is_over_http(
    code: str, error: type[ChatError], stream: bool
) -> None:
    failed = await failure(Status(getattr(grpc.StatusCode, code), "not so"), stream=stream)
    assert type(failed) is error
    assert (failed.code, failed.message) == (code, "not so")  # type: ignore[attr-defined]
    assert failed.request_id == "req-1"  # type: ignore[attr-defined]


async def test_how_long_to_wait_is_read_from_the_details_of_a_status() -> None:
    details = AnyMessage()
    details.Pack(RetryInfo(retry_delay=Duration(seconds=7)))
    unknown = AnyMessage(type_url="type.googleapis.com/google.rpc.Unheard", value=b"\x08\x01")
    packed = RpcStatus(code=8, message="not so", details=[unknown, details]).SerializeToString()
    status = Status(grpc.StatusCode.RESOURCE_EXHAUSTED, "not so", (("grpc-status-details-bin", packed),))
    failed = await failure(status)
    assert isinstance(failed, RateLimited)
    assert failed.retry_after == 7


async def test_a_status_in_the_middle_of_a_stream_is_an_error_with_what_had_come() -> None:
    failed = await failure(HEL, Status(grpc.StatusCode.UNAVAILABLE, "overloaded"), stream=True)
    assert isinstance(failed, Overloaded)
    assert failed.partial is not None
    assert failed.partial.text == "Hel"


async def test_a_lost_connection_is_a_cut_stream_with_what_had_come() -> None:
    failed = await failure(HEL, Cut(), stream=True)
    assert isinstance(failed, StreamTruncated)
    assert isinstance(failed.__cause__, ConnectionFailed)
    assert failed.partial is not None
    assert failed.partial.text == "Hel"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_connection_that_is_lost_before_a_response_is_no_response(stream: bool) -> None:
    assert isinstance(await failure(Cut(), stream=stream), ConnectionFailed)


async def test_a_stream_that_ends_in_order_but_without_a_finish_reason_is_cut() -> None:
    assert isinstance(await failure(HEL, stream=True), StreamTruncated)


async def test_where_no_server_is_the_address_is_named() -> None:
    async with answering() as server:
        address = server.address
    async with builder(address).build() as client:
        with pytest.raises(ConnectionFailed, match=f"{address}.*is the server running"):
            await client.complete("Hi")


async def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener:
        limited = builder(f"http://127.0.0.1:{port}").with_timeout(connect=0.05)
        async with limited.build() as client:
            with pytest.raises(TimedOut, match="connect"):
                await client.complete("Hi")


async def test_leaving_a_stream_early_cancels_the_call_on_the_server() -> None:
    async with answering(HEL, Stall()) as server, builder(server).build() as client:
        async for _ in client.stream(HI):
            break
        with anyio.fail_after(10):
            await server.left.wait()


async def test_a_cancelled_task_cancels_the_call_on_the_server() -> None:
    async with answering(Stall()) as server, builder(server).build() as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.complete, HI)
            while not server.requests:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(10):
            await server.left.wait()


async def test_a_time_limit_ends_the_call_and_is_named() -> None:
    async with answering(Stall()) as server:
        limited = builder(server).with_timeout(first_event=0.05).build()
        async with limited as client:
            with pytest.raises(TimedOut, match="first_event"):
                await client.complete("Hi")
            with anyio.fail_after(10):
                await server.left.wait()


async def test_closing_the_transport_fails_what_is_read_and_cancels_no_task() -> None:
    async with answering(HEL, Stall()) as server, builder(server).build() as client:
        events = client.stream(HI)
        assert await anext(events) == TextChunk("Hel")
        await client.aclose()
        with pytest.raises(StreamTruncated) as caught:
            await anext(events)
    assert isinstance(caught.value.__cause__, ConnectionFailed)


async def test_a_closed_transport_can_be_used_again() -> None:
    async with answering(LO) as server, builder(server).build() as client:
        await client.complete("Hi")
        await client.aclose()
        assert (await client.complete("Hi")).text == "lo"


async def test_options_without_a_field_are_refused_before_anything_is_sent() -> None:
    async with answering(LO) as server:
        async with builder(server).with_thinking("low").build() as client:
            with pytest.raises(ConfigurationError, match=r"thinkingConfig\.thinkingLevel.*HttpTransport"):
                await client.complete("Hi")
    assert not server.requests


@pytest.mark.parametrize(
    ("base_url", "advice"),
    [
        ("https://host/v1", "v1beta"),
        ("https://aiplatform.googleapis.com/v1beta1/projects/p/locations/l/publishers/google", "Vertex"),
    ],
)
async def test_other_versions_and_vertex_are_refused(base_url: str, advice: str) -> None:
    async with builder(base_url).build() as client:
        with pytest.raises(ConfigurationError, match=advice):
            await client.complete("Hi")


@pytest.mark.parametrize("name", ["grpc-timeout", "x-mine-bin"])
async def test_headers_with_a_meaning_in_grpc_are_refused(name: str) -> None:
    async with answering(LO) as server, builder(server).with_header(name, "1").build() as client:
        with pytest.raises(ConfigurationError, match=name):
            await client.complete("Hi")


async def test_a_message_over_the_limit_is_refused() -> None:
    async with answering(turn({"text": "x" * 5000})) as server:
        plain = GeminiBuilder().with_base_url(server.address).with_model("gemini-x").with_api_key("a-key")
        async with plain.with_transport(GrpcTransport(max_bytes=1000)).build() as client:
            with pytest.raises(InvalidResponse, match="larger"):
                await client.complete("Hi")


def with_unknown_field(*parts: dict[str, Any], at: str) -> bytes:
    """A turn whose first part, or the call in it, has a field of a version to come."""
    message: Any = ParseDict(turn(*parts), methods()["generateContent"].response())
    part = message.candidates[0].content.parts[0]
    (part.function_call if at == "call" else part).MergeFromString(b"\xfa\x3f\x01x")
    return bytes(message.SerializeToString())


@pytest.mark.parametrize(
    ("part", "at", "words"),
    [({"functionCall": {"name": "f"}}, "call", "a call has"), ({}, "part", "a part is of a kind")],
)
async def test_a_call_or_a_part_that_has_lost_something_is_no_turn(
    part: dict[str, Any], at: str, words: str
) -> None:
    failed = await failure(with_unknown_field(part, at=at))
    assert isinstance(failed, InvalidResponse)
    assert words in str(failed)


async def test_a_text_with_an_unknown_field_beside_it_is_a_text() -> None:
    async with (
        answering(with_unknown_field({"text": "Hi"}, at="part")) as server,
        builder(server).build() as client,
    ):
        assert (await client.complete("Hi")).text == "Hi"


def test_on_trio_it_says_what_to_use() -> None:
    async def complete() -> None:
        async with builder("http://127.0.0.1:1").build() as client:
            await client.complete("Hi")

    with (
        ThreadPoolExecutor(1) as thread,  # in this one there is the loop of the module
        pytest.raises(ConfigurationError, match="asyncio only: use HttpTransport on trio"),
    ):
        thread.submit(partial(anyio.run, complete, backend="trio")).result()


def test_no_repr_shows_the_key_and_no_grpc_is_imported_without_the_transport() -> None:
    assert "a-key" not in repr(builder("http://127.0.0.1:1").build())
    program = "import chat_gemini, sys; raise SystemExit('grpc' in sys.modules or 'google' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
