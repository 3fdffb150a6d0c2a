"""All recorded Messages traffic: the official SDK reads the same from it, what is sent next holds the
recorded blocks unchanged, and no cut goes unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import anthropic
import anyio
import httpx2
import pytest
from chat_claude import ClaudeBuilder, ClaudeClient
from chat_claude.decode import decode
from chat_claude.encode import encode
from chat_claude.settings import RequestDefaults
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    Completed,
    Done,
    Messages,
    Origin,
    Paused,
    ProviderError,
    Reasoning,
    RequireApproval,
    ScopedCollection,
    StreamTruncated,
    Text,
    TextChunk,
    Tool,
    TurnEvent,
)
from chat_core.testing import FakeTransport, LoopbackServer, Raw, broken_laws
from chat_core.types.call_ids import CallIds

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
Judge = Callable[[Mapping[str, object] | bytes], dict[str, Any]]
ORIGIN = Origin("claude", "https://api.anthropic.com", "claude-opus-5-5")

if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)


@dataclass(frozen=True)
class Exchange:
    id: str
    sent: dict[str, Any]
    status: int
    body: bytes
    streamed: bool


@cache
def exchanges() -> list[Exchange]:
    return list(_exchanges()) if RECORDINGS.is_dir() else []


def _exchanges() -> Iterator[Exchange]:
    for entry in json.loads((RECORDINGS / "manifest.json").read_text()):
        recording = (
            json.loads((RECORDINGS / entry["file"]).read_text()) if "claude" in entry["provider"] else {}
        )
        for number, exchange in enumerate(recording.get("exchanges") or []):
            if exchange["wire"] != "claude-messages":
                continue
            answer, sent = exchange["response"], exchange["request"].get("json")
            yield Exchange(
                f"{entry['id']}[{number}]",
                sent if isinstance(sent, dict) else {},
                answer["status"],
                answer["body"].encode(),
                bool(answer.get("is_stream")),
            )


def answered() -> list[Exchange]:
    return [exchange for exchange in exchanges() if exchange.status == 200]


def streamed() -> list[Exchange]:
    return [exchange for exchange in answered() if exchange.streamed]


def check_each(check: Callable[[Exchange], None], found: Sequence[Exchange]) -> None:
    """Check each recording, and name those that fail."""
    with failures(len(found)) as failed:
        for exchange in found:
            with noted(failed, exchange):
                check(exchange)


@contextmanager
def failures(count: int) -> Iterator[dict[str, BaseException]]:
    """What failed, by recording; raised at the end, with the first as its cause."""
    if not count:
        pytest.skip("no recording of this kind is beside the project")
    failed: dict[str, BaseException] = {}
    yield failed
    if failed:
        raise AssertionError(f"{len(failed)} of {count} recordings: {', '.join(failed)}") from next(
            iter(failed.values())
        )


@contextmanager
def noted(failed: dict[str, BaseException], exchange: Exchange) -> Iterator[None]:
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        failed[exchange.id] = error


def client(transport: FakeTransport) -> ClaudeClient:
    builder = ClaudeBuilder().with_model(ORIGIN.model).with_api_key("k").with_base_url(ORIGIN.endpoint)
    return builder.with_transport(transport).with_continuations(0).build()


async def turn(exchange: Exchange) -> ChatResponse:
    """What our client makes of the answer."""
    transport = FakeTransport().answer(exchange.body, status=exchange.status)
    request = ChatRequest(Messages.from_user("Hi"))
    if not exchange.streamed:
        return await client(transport).complete(request)
    events = [event async for event in client(transport).stream(request)]
    assert broken_laws(events) == []
    assert isinstance(events[-1], Done)
    return events[-1].response


def read(exchange: Exchange) -> ChatResponse:
    """The same, in a loop of its own."""
    return anyio.run(turn, exchange)


def read_by_the_sdk(exchange: Exchange) -> dict[str, Any]:
    kind = "text/event-stream" if exchange.streamed else "application/json"
    answer = httpx2.Response(exchange.status, headers={"content-type": kind}, content=exchange.body)
    with httpx2.Client(transport=httpx2.MockTransport(lambda request: answer)) as http:
        sdk = anthropic.Anthropic(api_key="k", http_client=http, max_retries=0)
        asked: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
        if not exchange.streamed:
            return sdk.beta.messages.create(**asked).to_dict(mode="json")
        with sdk.beta.messages.stream(**asked) as stream:
            return stream.get_final_message().to_dict(mode="json")


def sent_next(response: ChatResponse, exchange: Exchange) -> list[dict[str, Any]]:
    """The model's turn as the next request sends it again, after the recorded history where it has one."""
    for call in response.tool_calls:
        call.status = Completed("done")
    messages = Messages.from_user("Hi")
    for said in exchange.sent.get("messages", ()) if response.message.parts else ():
        _remember(messages, said)
    messages.add_user("Well?").append(response.message).add_user("And then?")
    body = encode(ChatRequest(messages), origin=ORIGIN, defaults=RequestDefaults(), stream=False).body
    told = [message for message in json.loads(json.dumps(body["messages"])) if message["role"] == "assistant"]
    before = sum(said["role"] == "assistant" for said in exchange.sent.get("messages", ()))
    return told[-1]["content"] if len(told) > before else []


def sendable(blocks: list[dict[str, Any]], exchange: Exchange) -> list[dict[str, Any]]:
    """What may be sent again of a turn's blocks: no blank texts, no thinking at the end, and server tools in
    pairs.

    Some recordings have other ids in results than in calls, since their source has replaced them.
    """
    history = [block for said in exchange.sent.get("messages", ()) for block in _listed(said["content"])]
    called = {
        block["id"] for block in [*history, *blocks] if block["type"] in ("server_tool_use", "mcp_tool_use")
    }
    answered = {block.get("tool_use_id") for block in blocks}
    found: list[dict[str, Any]] = []
    for block in blocks:
        match block:
            case {"type": "text", "text": text} if not text.strip():
                continue
            case {"type": "server_tool_use" | "mcp_tool_use", "id": id} if id not in answered:
                continue
            case {"tool_use_id": id} if id not in called:
                continue
        found.append(block)
    while found and found[-1]["type"] in ("thinking", "redacted_thinking"):
        found.pop()
    return found


def plain(block: Mapping[str, Any]) -> dict[str, Any]:
    """Without what says nothing: the SDK adds and leaves out such fields as it likes."""
    return {
        key: value
        for key, value in block.items()
        if value is not None and not (key == "citations" and not value)
    }


def test_the_sdk_reads_the_same() -> None:
    readable = [exchange for exchange in answered() if b"[DONE]" not in exchange.body]  # there the SDK fails
    check_each(check_sdk, readable)


def check_sdk(exchange: Exchange) -> None:
    ours, theirs = read(exchange), read_by_the_sdk(exchange)

    assert (ours.id, ours.raw_finish_reason) == (theirs["id"], theirs["stop_reason"])
    text = "".join(block["text"] for block in theirs["content"] if block["type"] == "text")
    assert ours.text == text
    assert ours.reasoning == "".join(
        block["thinking"] for block in theirs["content"] if block["type"] == "thinking"
    )
    used = [
        (block["id"], block["name"], block["input"])
        for block in theirs["content"]
        if block["type"] == "tool_use"
    ]
    assert [(call.id, call.name, call.arguments) for call in ours.tool_calls] == used
    assert ours.usage.output_tokens == theirs["usage"]["output_tokens"]
    if ours.raw_finish_reason != "refusal":
        expected = sendable(theirs["content"], exchange)
        assert [plain(block) for block in sent_next(ours, exchange)] == [
            plain(_replayable(block)) for block in expected
        ]


def test_the_blocks_of_an_answer_are_sent_back_unchanged() -> None:
    check_each(check_blocks, [exchange for exchange in answered() if not exchange.streamed])


def check_blocks(exchange: Exchange) -> None:
    response = read(exchange)

    expected = [_replayable(block) for block in sendable(json.loads(exchange.body)["content"], exchange)]
    assert sent_next(response, exchange) == ([] if response.finish_reason == "refusal" else expected)


def test_a_recorded_history_is_sent_on_as_it_was(official: Judge) -> None:
    found = [exchange for exchange in exchanges() if "assistant" in json.dumps(exchange.sent.get("messages"))]
    check_each(partial(check_history, official), found)


def check_history(official: Judge, exchange: Exchange) -> None:
    messages = Messages()
    for said in exchange.sent["messages"]:
        _remember(messages, said)

    restored = Messages.from_json(messages.to_json())
    body = official(
        encode(ChatRequest(restored), origin=ORIGIN, defaults=RequestDefaults(), stream=False).body
    )

    recorded = [_listed(said["content"]) for said in exchange.sent["messages"] if said["role"] == "assistant"]
    assert [said["content"] for said in body["messages"] if said["role"] == "assistant"] == recorded


def _remember(messages: Messages, said: Mapping[str, Any]) -> None:
    blocks = _listed(said["content"])
    if said["role"] == "assistant":
        answer = json.dumps({"content": blocks, "stop_reason": "end_turn"}).encode()
        messages.append(decode(answer, origin=ORIGIN, ids=CallIds(messages), prefix=str).message)
        return
    for block in blocks:
        if block["type"] == "tool_result":  # whose id a recording may have replaced
            next(call for call in messages.calls if not call.resolved).complete("told")
    if texts := [Text(block["text"]) for block in blocks if block["type"] == "text"]:
        messages.add_user(*texts)


def loops() -> list[list[Exchange]]:
    """Recordings in which the model calls tools of the client, and answers once it has their results."""
    grouped: dict[str, list[Exchange]] = {}
    for exchange in exchanges():
        grouped.setdefault(exchange.id.partition("[")[0], []).append(exchange)
    found = [
        loop[:2] for loop in grouped.values() if len(loop) > 1 and all(one.status == 200 for one in loop[:2])
    ]
    found = [
        loop
        for loop in found
        if b"tool_use" in loop[0].body and b"tool_result" in json.dumps(loop[1].sent).encode()
    ]
    return [loop for loop in found if loop[0].streamed == loop[1].streamed]


@pytest.mark.anyio
async def test_a_recorded_tool_loop_runs_over_a_socket_with_a_restart_in_its_middle() -> None:
    found = [loop for loop in loops() if (await turn(loop[0])).finish_reason == "tool_calls"]
    with failures(len(found)) as failed:
        for loop in found:
            with noted(failed, loop[0]):
                await check_loop(loop)


async def check_loop(loop: list[Exchange]) -> None:
    kind = "text/event-stream" if loop[0].streamed else "application/json"
    named = {tool["name"] for tool in loop[0].sent.get("tools", ()) if "input_schema" in tool}
    tools = ScopedCollection(
        [Tool(name, "", {"type": "object"}, dict) for name in named], lambda call, meta: RequireApproval()
    )
    messages = Messages.from_user("Hi")

    async def run(made: ClaudeClient, messages: Messages) -> Any:
        chat = ChatBuilder().with_model(made).with_scoped_tools(tools).with_max_steps(1).build()
        if not loop[0].streamed:
            return await chat.complete(messages)
        async with chat.stream(messages) as events:
            return [event async for event in events][-1]

    with LoopbackServer([Raw(one.body, kind, chunk=64 if one.streamed else None) for one in loop]) as server:
        builder = (
            ClaudeBuilder()
            .with_base_url(server.url)
            .with_model("claude-opus-5-5")
            .with_changed_prefix("error")
        )
        async with builder.build() as made:
            assert isinstance(await run(made, messages), Paused)
        asked = sent_next(await turn(loop[0]), loop[0])
        messages = Messages.from_json(messages.to_json())
        for call in messages.pending:
            call.complete("told")
        async with builder.build() as made:
            outcome = await run(made, messages)

    second = server.requests[1].body["messages"]
    assert isinstance(second, list)
    assert second[1] == {"role": "assistant", "content": asked}
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": "told"} for call in messages[1].tool_calls
    ]
    assert second[2] == {"role": "user", "content": results}
    assert outcome.response.text == (await turn(loop[1])).text


def _listed(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _replayable(block: Mapping[str, Any]) -> dict[str, Any]:
    """What the reference says about citations: the file's id is for answers only, and a document's title has
    to be there.
    """
    if not block.get("citations") or block["type"] != "text":
        return dict(block)
    cited = [
        ({"document_title": None} if "document_index" in citation else {})
        | {k: v for k, v in citation.items() if k != "file_id"}
        for citation in block["citations"]
    ]
    return {**block, "citations": cited}


def test_a_stream_cut_at_any_event_is_an_error_that_holds_what_came() -> None:
    check_each(check_cuts, streamed())


def check_cuts(exchange: Exchange) -> None:
    frames = [frame for frame in exchange.body.replace(b"\r\n", b"\n").split(b"\n\n") if frame.strip()]
    last = next(at for at, frame in enumerate(frames) if b'"message_stop"' in frame)
    whole = read(exchange)

    async def collect(body: bytes, seen: list[TurnEvent]) -> None:
        async for event in client(FakeTransport().answer(body)).stream(ChatRequest(Messages.from_user("Hi"))):
            seen.append(event)  # noqa: PERF401  what came before the error is kept

    async def cut(at: int) -> None:
        head = b"".join(frame + b"\n\n" for frame in frames[:at])
        seen: list[TurnEvent] = []
        with pytest.raises(StreamTruncated) as caught:
            await collect(head or b": nothing\n\n", seen)
        said = "".join(event.text for event in seen if isinstance(event, TextChunk))
        partial = caught.value.partial
        assert partial.message.interrupted
        assert partial.text == said
        assert whole.text.startswith(partial.text)
        assert whole.reasoning.startswith(partial.reasoning)
        assert all(call.failed for call in partial.tool_calls)
        signed = [
            part.native for part in partial.message.parts if isinstance(part, Reasoning) and part.native
        ]
        assert (
            signed
            == [part.native for part in whole.message.parts if isinstance(part, Reasoning)][: len(signed)]
        )

    async def every_cut() -> None:
        for at in range(last + 1):
            await cut(at)

    anyio.run(every_cut)


def test_a_stream_cut_at_any_byte_is_an_error() -> None:
    smallest = sorted(
        (exchange for exchange in exchanges() if exchange.streamed), key=lambda exchange: len(exchange.body)
    )[:2]

    async def cut(body: bytes) -> None:
        with pytest.raises(StreamTruncated):
            async for _ in client(FakeTransport().answer(body)).stream(ChatRequest(Messages.from_user("Hi"))):
                pass

    async def every_cut() -> None:
        for exchange in smallest:
            terminal = exchange.body.index(b"}", exchange.body.rindex(b'"message_stop"'))
            for at in range(terminal):
                await cut(b"event: x\n" + exchange.body[:at])

    anyio.run(every_cut)


def test_recorded_errors_are_errors() -> None:
    check_each(check_error, [exchange for exchange in exchanges() if exchange.status != 200])


def check_error(exchange: Exchange) -> None:
    with pytest.raises(ProviderError) as caught:
        read(replace(exchange, streamed=False))
    told = json.loads(exchange.body)
    assert caught.value.message == told["error"]["message"]
    assert (caught.value.code, caught.value.request_id) == (told["error"]["type"], told["request_id"])
