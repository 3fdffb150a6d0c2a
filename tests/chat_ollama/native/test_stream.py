"""A native turn: what is sent, what is read, and that a cut or failed one never passes for whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatError,
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    Done,
    Event,
    File,
    InvalidResponse,
    Message,
    Messages,
    Origin,
    OutputSchema,
    ProviderError,
    Reasoning,
    ReasoningChunk,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCall,
    ToolDefinition,
    tool,
)
from chat_core.testing import FakeTransport, broken_laws
from chat_core.types.call_ids import CallIds
from chat_ollama import OllamaBuilder
from chat_ollama.native.stream import OllamaStreamDecoder

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n"
LINES: Sequence[dict[str, Any]] = (
    {"model": "m", "message": {"role": "assistant", "content": "", "thinking": "Hm"}, "done": False},
    {"model": "m", "message": {"role": "assistant", "content": "Grüß"}, "done": False},
    {"model": "m", "message": {"role": "assistant", "content": " dich"}, "done": False},
    {
        "model": "m",
        "message": {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": "add", "arguments": {"a": 1, "b": 2}}}],
        },
        "done": False,
    },
    {
        "model": "m",
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": "stop",
        "total_duration": 5,
        "eval_count": 7,
    },
)


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def written(lines: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def streamed(data: bytes, kind: str = "application/x-ndjson") -> FakeTransport:
    return FakeTransport().answer(data, headers={"content-type": kind})


def client(transport: FakeTransport) -> Any:
    return OllamaBuilder().with_model("m").with_native().with_transport(transport).build()


async def events_of(transport: FakeTransport) -> list[Any]:
    return [event async for event in client(transport).stream(ChatRequest(Messages.from_user("Hello")))]


async def body_of(request: ChatRequest) -> dict[str, Any]:
    transport = FakeTransport().answer({**LINES[-1], "message": {"content": "Hi"}})
    await client(transport).complete(request)
    return transport.last_body


async def test_a_streamed_turn_keeps_the_laws_and_its_parts() -> None:
    transport = streamed(written(LINES))
    events = await events_of(transport)
    assert broken_laws(events) == []
    assert [event.text for event in events if isinstance(event, ReasoningChunk)] == ["Hm"]
    assert [event.text for event in events if isinstance(event, TextChunk)] == ["Grüß", " dich"]
    response = events[-1].response
    assert (response.text, response.reasoning, response.model) == ("Grüß dich", "Hm", "m")
    [call] = response.tool_calls
    assert (call.name, call.arguments, call.id.startswith("call_")) == ("add", {"a": 1, "b": 2}, True)
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (None, 7)
    assert response.raw["total_duration"] == 5
    assert transport.last_body["stream"] is True


async def test_a_stream_under_another_content_type_and_a_whole_answer_are_read_too() -> None:
    for transport in (
        streamed(written(LINES), "application/json"),
        FakeTransport().answer({**LINES[1], "done": True}),
    ):
        assert (await events_of(transport))[-1].response.text.startswith("Grüß")


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json"])
async def test_a_stream_cut_at_any_byte_is_never_done(kind: str) -> None:
    whole = written(LINES)
    for length in range(len(whole) - 1):  # the last byte is the line's end
        if not whole[:length].endswith(b"}") or whole[:length].count(b"\n") < len(LINES) - 1:
            with pytest.raises(StreamTruncated) as cut:
                await events_of(streamed(whole[:length], kind))
            assert cut.value.partial.message.interrupted
            assert all(call.failed for call in cut.value.partial.tool_calls)


async def test_an_error_line_and_an_unreadable_one_are_errors() -> None:
    with pytest.raises(ProviderError, match="out of memory") as failed:
        await events_of(streamed(written([*LINES[:2], {"error": "out of memory"}])))
    assert failed.value.status == 200
    with pytest.raises(InvalidResponse):
        await events_of(streamed(written(LINES[:2]) + b"oops\n" + written(LINES[2:])))
    with pytest.raises(InvalidResponse):
        await events_of(streamed(b'{"message": {"cont\n' + written(LINES)))


async def test_a_whole_answer_cut_short_in_place_of_a_stream_is_a_cut() -> None:
    whole = json.dumps({**LINES[1], "done": True}, indent=1).encode()
    for length in range(2, len(whole)):
        with pytest.raises(StreamTruncated):
            await events_of(streamed(whole[:length], "application/json"))


@pytest.mark.parametrize(
    "body", [{"error": "no such thing"}, {"message": {"content": "H"}, "done": False}, {"a": 1}]
)
async def test_a_whole_answer_that_is_none_is_an_error(body: dict[str, Any]) -> None:
    with pytest.raises(ChatError):
        await client(FakeTransport().answer(body)).complete(ChatRequest(Messages.from_user("Hello")))


def test_the_machine_does_without_a_network() -> None:
    turn = OllamaStreamDecoder(origin=Origin("ollama", "here", "m"), ids=CallIds(Messages()))
    for line in LINES:
        turn.feed(Event("message", json.dumps(line)))
    assert turn.finished
    assert isinstance(turn.finish(), Done)


async def test_a_tool_runs_and_its_result_goes_back_under_its_name_with_the_thoughts_before_it() -> None:
    transport = FakeTransport().answer(
        {
            "model": "m",
            "done": True,
            "done_reason": "stop",
            "message": {**LINES[3]["message"], "thinking": "I add."},
        }
    )
    transport.answer({"model": "m", "done": True, "done_reason": "stop", "message": {"content": "3"}})
    chat = ChatBuilder().with_model(client(transport)).with_tools([add]).build()
    messages = Messages.from_user("1 + 2?")
    assert (await chat.complete(messages)).text == "3"
    [call] = messages.calls
    assert transport.last_body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "thinking": "I add.",
            "tool_calls": [{"id": call.id, "function": {"name": "add", "arguments": {"a": 1, "b": 2}}}],
        },
        {"role": "tool", "content": "3", "tool_name": "add", "tool_call_id": call.id},
    ]
    [offered] = transport.bodies[0]["tools"]
    assert offered["function"]["description"] == "Add two numbers."


async def test_thoughts_of_the_native_api_go_back_over_the_other_surface_too() -> None:
    answer = {
        "model": "m",
        "done": True,
        "done_reason": "stop",
        "message": {**LINES[3]["message"], "thinking": "I add."},
    }
    transport = FakeTransport().answer(answer)
    transport.answer({"choices": [{"index": 0, "message": {"content": "3"}, "finish_reason": "stop"}]})
    made = OllamaBuilder().with_model("m").with_transport(transport)
    messages = Messages.from_user("1 + 2?")
    response = await made.with_native().build().complete(ChatRequest(messages))
    messages.append(response.message)
    response.tool_calls[0].complete(3)
    await made.build().complete(ChatRequest(messages))
    assert transport.last_body["messages"][1]["reasoning"] == "I add."


async def test_thoughts_from_elsewhere_stay_here() -> None:
    call = ToolCall("c1", "add", {"a": 1, "b": 2})
    call.complete(3)
    messages = Messages.from_user("?").append(Message("model", [Reasoning("secret thoughts"), call]))
    assert "secret thoughts" not in json.dumps(await body_of(ChatRequest(messages)))


async def test_all_common_options_reach_the_wire() -> None:
    options = ChatOptions(
        temperature=0.1,
        top_p=0.2,
        max_tokens=3,
        stop="x",
        seed=4,
        top_k=5,
        frequency_penalty=0.6,
        presence_penalty=0.7,
        reasoning_effort="minimal",
    )
    body = await body_of(ChatRequest(Messages.from_user("Hello"), options=options))
    assert body["options"] == {
        "temperature": 0.1,
        "top_p": 0.2,
        "top_k": 5,
        "num_predict": 3,
        "stop": ["x"],
        "seed": 4,
        "frequency_penalty": 0.6,
        "presence_penalty": 0.7,
    }
    assert body["think"] == "low"
    assert (
        await body_of(ChatRequest(Messages.from_user("Hello"), options=ChatOptions(reasoning_effort="none")))
    )["think"] is False


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        ChatOptions(tool_choice="required"),
        ChatOptions(tool_choice="add"),
        ChatOptions(parallel_tool_calls=True),
        ChatOptions(parallel_tool_calls=False),
    ],
)
async def test_what_ollama_ignores_is_refused_on_both_surfaces(native: bool, options: ChatOptions) -> None:
    made = OllamaBuilder().with_model("m").with_transport(FakeTransport())
    request = ChatRequest(Messages.from_user("Hello"), tools=[ToolDefinition("add")], options=options)
    with pytest.raises(ConfigurationError):
        await (made.with_native() if native else made).build().complete(request)


async def test_an_unknown_depth_of_thought_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="knows no thinking 'deep'"):
        await body_of(ChatRequest(Messages.from_user("Hello"), options=ChatOptions(reasoning_effort="deep")))


async def test_no_tools_are_named_where_none_may_be_called() -> None:
    tools = [ToolDefinition("add")]
    assert "tools" not in await body_of(
        ChatRequest(Messages.from_user("Hello"), tools=tools, options=ChatOptions(tool_choice="none"))
    )


async def test_an_output_type_is_the_format() -> None:
    schema: Any = {"type": "object", "properties": {"a": {"type": "integer"}}}
    body = await body_of(ChatRequest(Messages.from_user("Hello"), output=OutputSchema("answer", schema)))
    assert body["format"] == schema


async def test_pictures_are_bare_base64_and_order_is_kept() -> None:
    picture = File.from_bytes(PNG)
    messages = Messages.from_system("Be", "brief").add_user("one", "two", picture, "three", picture, picture)
    assert (await body_of(ChatRequest(messages)))["messages"] == [
        {"role": "system", "content": "Be\n\nbrief"},
        {"role": "user", "content": "one\n\ntwo", "images": [picture.base64()]},
        {"role": "user", "content": "three", "images": [picture.base64()] * 2},
    ]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (File.from_url("https://x.example/a.png"), "read https://x.example/a.png and pass"),
        (File.from_bytes(b"%PDF-1.7", "application/pdf"), "takes no document"),
    ],
)
async def test_what_it_cannot_see_is_refused(file: File, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        await body_of(ChatRequest(Messages.from_user("Look", file)))


async def test_a_file_that_a_tool_returned_follows_it_or_is_noticed() -> None:
    call = ToolCall(
        "c1", "draw", {}, files=(File.from_bytes(PNG), File.from_bytes(b"%PDF-1.7", "application/pdf"))
    )
    call.complete("done")
    messages = Messages.from_user("Draw").append(Message("model", [Text("Well."), call]))
    transport = FakeTransport().answer({**LINES[-1], "message": {"content": "Hi"}})
    response = await client(transport).complete(ChatRequest(messages))
    shown = [message for message in transport.last_body["messages"] if "images" in message]
    assert len(shown) == 1
    assert response.notices[0].about == "messages"


async def test_parts_keep_the_order_in_which_they_came() -> None:
    lines = [LINES[3], LINES[0], LINES[1], LINES[4]]
    events = await events_of(streamed(written(lines)))
    assert [part.type for part in events[-1].response.message.parts] == ["tool_call", "reasoning", "text"]


async def test_calls_without_an_id_or_with_one_twice_get_their_own() -> None:
    said = {"function": {"name": "add", "arguments": {"a": 1, "b": 2}}}
    calls = [said, {"id": "c1", **said}, {"id": "c1", **said}]
    transport = FakeTransport().answer(
        {"model": "m", "done": True, "done_reason": "stop", "message": {"tool_calls": calls}}
    )
    response = await client(transport).complete(ChatRequest(Messages.from_user("Hello")))
    ids = [call.id for call in response.tool_calls]
    assert len(set(ids)) == 3
    assert "c1" in ids


async def test_think_tags_are_read_natively_where_that_is_turned_on() -> None:
    transport = FakeTransport().answer(
        {"model": "m", "done": True, "message": {"content": "<think>Hm</think>Hi"}}
    )
    made = OllamaBuilder().with_model("m").with_native().with_think_tags().with_transport(transport)
    response = await made.build().complete(ChatRequest(Messages.from_user("Hello")))
    assert (response.reasoning, response.text) == ("Hm", "Hi")


def timed(second: int, **message: object) -> Event:
    line = {"model": "m", "created_at": f"2026-11-01T00:00:{second:02}Z", "message": message, "done": False}
    return Event("message", json.dumps(line))


async def test_lines_that_differ_in_text_and_time_are_not_parsed(parsed: list[str]) -> None:
    decoder = OllamaStreamDecoder(origin=Origin("ollama", "", "m"), ids=CallIds(Messages()))
    for second in range(10):
        decoder.feed(timed(second, role="assistant", content="", thinking=f"{second} "))
    for second in range(10, 30):
        decoder.feed(timed(second, role="assistant", content=f"{second} "))
    assert len(parsed) == 2

    with pytest.raises(StreamTruncated, match=r"00:00:29Z") as caught:
        decoder.finish()
    partial = caught.value.partial
    assert partial is not None
    assert partial.raw["created_at"] == "2026-11-01T00:00:29Z"
    assert partial.reasoning == "".join(f"{second} " for second in range(10))
    assert partial.text == "".join(f"{second} " for second in range(10, 30))
