"""Ollama's native API: what is sent, what is read, and what a cut or broken stream comes to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    Completed,
    ConfigurationError,
    Done,
    File,
    InvalidResponse,
    Messages,
    NotFound,
    ProviderError,
    StreamTruncated,
    ToolDefinition,
    tool,
)
from chat_core.testing import FakeTransport, broken_laws
from chat_ollama import OllamaBuilder, PullProgress, show_progress

ADD = ToolDefinition("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
PNG = File.from_bytes(b"\x89PNG\r\n\x1a\n...")
CALL = {"function": {"index": 0, "name": "add", "arguments": {"a": 1}}}
LINES: list[dict[str, Any]] = [
    {"model": "m", "message": {"role": "assistant", "content": "", "thinking": "Let me "}, "done": False},
    {"model": "m", "message": {"role": "assistant", "content": "", "thinking": "see."}, "done": False},
    {"model": "m", "message": {"role": "assistant", "content": "It is "}, "done": False},
    {"model": "m", "message": {"role": "assistant", "content": "sunny ☀."}, "done": False},
    {
        "model": "m",
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": "stop",
        "total_duration": 9,
        "prompt_eval_count": 7,
        "eval_count": 5,
    },
]


def lines(*objects: dict[str, Any]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in objects).encode()


def client(transport: FakeTransport) -> Any:
    return OllamaBuilder().with_native().with_model("m").with_transport(transport).build()


def embedder(transport: FakeTransport, dimensions: int | None = None) -> Any:
    return OllamaBuilder().with_model("m").with_transport(transport).with_embeddings(dimensions).build()


def streaming(data: bytes, kind: str = "application/x-ndjson") -> FakeTransport:
    return FakeTransport().answer(data, headers={"content-type": kind})


async def events_of(transport: FakeTransport, **request: Any) -> list[Any]:
    return [event async for event in client(transport).stream(ChatRequest(Messages.from_user("Hello"), **request))]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json"])
async def test_a_stream_of_lines_is_a_turn(kind: str) -> None:
    transport = streaming(lines(*LINES), kind)
    events = await events_of(transport)

    assert broken_laws(events) == []
    response = events[-1].response
    assert (response.reasoning, response.text) == ("Let me see.", "It is sunny ☀.")
    assert (response.finish_reason, response.raw_finish_reason, response.model) == ("stop", "stop", "m")
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.cache_read_tokens) == (7, 5, None)
    assert response.raw["total_duration"] == 9
    assert transport.last_body["stream"] is True


@pytest.mark.anyio
async def test_a_stream_cut_at_any_byte_is_never_done() -> None:
    calling = {"model": "m", "message": {"role": "assistant", "content": "", "tool_calls": [CALL]}, "done": False}
    data = lines(*LINES[:-1], calling, LINES[-1])
    for size in range(len(data) - 2):  # without its line end the last line is still whole
        with pytest.raises(StreamTruncated) as caught:
            await events_of(streaming(data[:size]))
        assert caught.value.partial.message.interrupted
        assert not any(call.status.type == "pending" for call in caught.value.partial.tool_calls)
    assert isinstance((await events_of(streaming(data[:-1])))[-1], Done)


@pytest.mark.anyio
async def test_an_error_among_the_lines_raises_and_so_does_a_broken_line() -> None:
    with pytest.raises(ProviderError, match="model runner has unexpectedly stopped") as caught:
        await events_of(streaming(lines(LINES[2], {"error": "model runner has unexpectedly stopped"})))
    assert caught.value.status == 200
    with pytest.raises(InvalidResponse, match="not a line of Ollama's stream"):
        await events_of(streaming(lines(LINES[2]) + b"<html>\n" + lines(LINES[-1])))
    with pytest.raises(InvalidResponse):
        await events_of(streaming(lines(LINES[2]) + b'{"message": {\n' + lines(LINES[-1])))


@pytest.mark.anyio
async def test_a_model_that_is_not_there_is_not_found() -> None:
    transport = FakeTransport().answer({"error": "model 'm' not found"}, status=404)
    with pytest.raises(NotFound, match="model 'm' not found"):
        await client(transport).complete(ChatRequest(Messages.from_user("Hello")))


@pytest.mark.anyio
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_loop_keeps_thoughts_ids_and_names(streamed: bool) -> None:
    asked = []

    @tool
    def add(a: int, b: int = 2) -> int:
        """Add."""
        asked.append((a, b))
        return a + b

    calls = [
        {"function": {"name": "add", "arguments": {"a": 1}}},
        {"id": "call_x", "function": {"name": "add", "arguments": {"a": 5}}},
    ]
    turn = {"role": "assistant", "content": "", "thinking": "Add.", "tool_calls": calls}
    transport = streaming(lines({"model": "m", "message": turn, "done": True, "done_reason": "stop"}))
    transport.answer(lines(*LINES), headers={"content-type": "application/x-ndjson"})
    if not streamed:
        whole = {"model": "m", "message": {"role": "assistant", "content": "3 and 7"}, "done": True, "done_reason": "stop"}
        transport = FakeTransport().answer({"model": "m", "message": turn, "done": True, "done_reason": "stop"}).answer(whole)
    chat = ChatBuilder().with_model(client(transport)).with_tools([add]).build()
    messages = Messages.from_user("Add.")
    if streamed:
        async with chat.stream(messages) as events:
            async for _ in events:
                pass
    else:
        await chat.complete(messages)

    assert sorted(asked) == [(1, 2), (5, 2)]
    assert messages[1].turn is not None
    assert messages[1].turn.finish_reason == "tool_calls"
    first, second = messages[1].tool_calls
    assert (first.id.startswith("call_"), second.id) == (True, "call_x")
    assert transport.last_body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "thinking": "Add.",
            "tool_calls": [
                {"id": first.id, "function": {"name": "add", "arguments": {"a": 1}}},
                {"id": "call_x", "function": {"name": "add", "arguments": {"a": 5}}},
            ],
        },
        {"role": "tool", "content": "3", "tool_name": "add", "tool_call_id": first.id},
        {"role": "tool", "content": "7", "tool_name": "add", "tool_call_id": "call_x"},
    ]


@pytest.mark.anyio
async def test_a_typed_answer_is_asked_for_by_its_schema() -> None:
    whole = {"model": "m", "message": {"content": '{"value": [1]}'}, "done": True, "done_reason": "stop"}
    transport = FakeTransport().answer(whole)
    chat = ChatBuilder().with_model(client(transport)).with_structured_output(list[int]).build()

    assert (await chat.complete(Messages.from_user("Count."))).value == [1]
    assert transport.last_body["format"]["properties"]["value"]["type"] == "array"


@pytest.mark.anyio
async def test_pictures_go_as_bare_base64() -> None:
    transport = FakeTransport().answer(LINES[-1])
    await client(transport).complete(ChatRequest(Messages.from_system("Brief.").add_user("Look.", PNG)))

    assert transport.last_body["messages"] == [
        {"role": "system", "content": "Brief."},
        {"role": "user", "content": "Look.", "images": [PNG.base64()]},
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (ChatRequest(Messages.from_user(File.from_url("https://a.example/cat.png"))), "ollama fetches no pictures"),
        (ChatRequest(Messages.from_user(File.from_bytes(b"%PDF-1.7"))), "ollama takes no document"),
        (ChatRequest(Messages.from_user("?"), [ADD], ChatOptions(tool_choice="add")), "cannot be made to call a tool"),
        (ChatRequest(Messages.from_user("?"), [ADD], ChatOptions(parallel_tool_calls=False)), "no parallel_tool_calls"),
        (ChatRequest(Messages.from_user("?"), options=ChatOptions(reasoning_effort="much")), "ollama knows none, low"),
    ],
)
async def test_what_cannot_be_said_is_refused(request_: ChatRequest, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        await client(FakeTransport()).complete(request_)


@pytest.mark.anyio
@pytest.mark.parametrize(("effort", "think"), [("none", False), ("minimal", "low"), ("high", "high"), ("xhigh", "max")])
async def test_an_effort_is_a_thought_of_that_length(effort: str, think: object) -> None:
    transport = FakeTransport().answer(LINES[-1])
    await client(transport).complete(
        ChatRequest(Messages.from_user("?"), [ADD], ChatOptions(reasoning_effort=effort, tool_choice="none"))
    )

    assert transport.last_body["think"] == think
    assert "tools" not in transport.last_body


@pytest.mark.anyio
async def test_embeddings_come_in_order_and_are_counted() -> None:
    transport = FakeTransport().answer({"model": "m", "embeddings": [[0.6, 0.8], [1.0, 0.0]], "prompt_eval_count": 4})
    chat = ChatBuilder().with_model(embedder(transport, 2)).build()
    answer = await chat.embed(["a", "b"])

    assert [list(embedding.vector) for embedding in answer.embeddings] == [[0.6, 0.8], [1.0, 0.0]]
    assert (answer.usage.input_tokens, answer.model) == (4, "m")
    assert transport.requests[0].url.endswith("/api/embed")
    assert transport.last_body == {"model": "m", "input": ["a", "b"], "dimensions": 2}
    with pytest.raises(InvalidResponse, match="1 embeddings came for 2 inputs"):
        await embedder(FakeTransport().answer({"embeddings": [[1.0]]})).embed(["a", "b"])


PULL: list[dict[str, Any]] = [
    {"status": "pulling manifest"},
    {"status": "pulling aaa", "digest": "sha256:aaa", "total": 100},
    {"status": "pulling aaa", "digest": "sha256:aaa", "total": 100, "completed": 50},
    {"status": "pulling bbb", "digest": "sha256:bbb", "total": 100, "completed": 100},
    {"status": "verifying sha256 digest"},
    {"status": "success"},
]


@pytest.mark.anyio
async def test_a_download_tells_how_far_it_is() -> None:
    transport = streaming(lines(*PULL))
    progress = [step async for step in client(transport).pull()]

    assert [step.fraction for step in progress] == [None, 0.0, 0.5, 0.75, 0.75, 1.0]
    assert progress[2] == PullProgress("pulling aaa", "sha256:aaa", 50, 100, 0.5)
    assert transport.requests[0].url.endswith("/api/pull")
    assert transport.last_body == {"model": "m", "stream": True}


@pytest.mark.anyio
async def test_a_download_that_fails_or_is_cut_raises() -> None:
    with pytest.raises(ProviderError, match="file does not exist"):
        [step async for step in client(streaming(lines(PULL[0], {"error": "pull model manifest: file does not exist"}))).pull()]
    data = lines(*PULL)
    for size in range(0, len(data) - 2, 7):
        with pytest.raises(ProviderError, match="ended before it was complete"):
            [step async for step in client(streaming(data[:size])).pull()]
    with pytest.raises(NotFound):
        [step async for step in client(FakeTransport().answer({"error": "no such model"}, status=404)).pull()]


@pytest.mark.anyio
async def test_a_download_has_a_bar_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    await show_progress(client(streaming(lines(*PULL))).pull())

    assert "success" in capsys.readouterr().err


@pytest.mark.anyio
async def test_what_the_server_knows_of_its_models() -> None:
    transport = FakeTransport().answer({"models": [{"name": "qwen3:8b", "size": 5}]}).answer({"version": "0.14.0"})
    transport.answer({"capabilities": ["completion", "tools"], "model_info": {"qwen3.context_length": 40960}})
    ollama = client(transport)

    assert [(model.id, model.raw["size"]) for model in await ollama.list_models()] == [("qwen3:8b", 5)]
    assert await ollama.ping() == "0.14.0"
    details = await ollama.show()
    assert (details.capabilities, details.context_length) == (("completion", "tools"), 40960)
    assert [request.url.partition("11434")[2] for request in transport.requests] == ["/api/tags", "/api/version", "/api/show"]
    assert transport.last_body == {"model": "m"}


@pytest.mark.anyio
async def test_a_call_that_was_resolved_elsewhere_goes_back_with_its_picture() -> None:
    transport = FakeTransport().answer({**LINES[-1], "message": {"content": "", "tool_calls": [CALL]}}).answer(LINES[-1])
    ollama = client(transport)
    messages = Messages.from_user("Draw.")
    message = (await ollama.complete(ChatRequest(messages, [ADD]))).message
    message.tool_calls[0].status = Completed("drawn")
    message.tool_calls[0].files = (PNG, File.from_bytes(b"%PDF-1.7"))
    response = await ollama.complete(ChatRequest(messages.append(message), [ADD]))

    assert transport.last_body["messages"][-1]["images"] == [PNG.base64()]
    assert [notice.about for notice in response.notices] == ["messages"]
