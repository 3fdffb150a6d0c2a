"""The client: what goes where, paused turns, thinking and its prefix, counting, models, errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import pytest
from chat_claude import ClaudeBuilder, ClaudeClient, Thinking
from chat_core import (
    AuthenticationError,
    Chat,
    ChatBuilder,
    ChatError,
    ChatOptions,
    ChatRequest,
    ChatResponse,
    Completed,
    ConfigurationError,
    Done,
    Failed,
    InvalidRequest,
    InvalidResponse,
    Messages,
    NotFound,
    Opaque,
    Overloaded,
    PermissionDenied,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Reasoning,
    ReasoningChunk,
    RetryPolicy,
    StreamTruncated,
    TextChunk,
    ToolDefinition,
    tool,
)
from chat_core.testing import FakeTransport, LoopbackServer, Raw, broken_laws

pytestmark = pytest.mark.anyio

Judge = Callable[[Mapping[str, object] | bytes], dict[str, Any]]

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "llamas"}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [{"type": "web_search_result", "url": "https://a"}],
}
ADD = ToolDefinition("add", "", {"type": "object", "properties": {"a": {"type": "integer"}}})


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def client(
    transport: FakeTransport | None = None, model: str = "claude-opus-5-5", **more: Any
) -> ClaudeClient:
    builder = ClaudeBuilder().with_model(model).with_api_key("k")
    for name, value in more.items():
        builder = getattr(builder, name)(value)
    return builder.with_transport(transport or FakeTransport()).build()


def thought(text: str, signature: str = "c2ln") -> dict[str, Any]:
    return {"type": "thinking", "thinking": text, "signature": signature}


def said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def used(id: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": "add", "input": arguments}


def message(*content: dict[str, Any], stop: str = "end_turn", tokens: int = 5, **more: Any) -> dict[str, Any]:
    head = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": list(content),
    }
    return head | {"stop_reason": stop, "usage": {"input_tokens": 10, "output_tokens": tokens}} | more


def streamed(
    *content: dict[str, Any], stop: str = "end_turn", tokens: int = 5, **more: Any
) -> list[dict[str, Any]]:
    """The same as events."""
    whole = message(*content, stop=stop, tokens=tokens)
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": whole | {"content": [], "stop_reason": None}}
    ]
    for index, block in enumerate(content):
        match block:
            case {"type": "text", "text": text}:
                start, deltas = block | {"text": ""}, [{"type": "text_delta", "text": text}]
            case {"type": "thinking"}:
                start = block | {"thinking": "", "signature": ""}
                deltas = [
                    {"type": "thinking_delta", "thinking": block["thinking"]},
                    {"type": "signature_delta", "signature": block["signature"]},
                ]
            case {"type": "tool_use" | "server_tool_use", "input": arguments}:
                text = json.dumps(arguments)
                start = block | {"input": {}}
                deltas = [
                    {"type": "input_json_delta", "partial_json": piece} for piece in ("", text[:3], text[3:])
                ]
            case _:
                start, deltas = block, []
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    end = {"type": "message_delta", "delta": {"stop_reason": stop} | more, "usage": {"output_tokens": tokens}}
    return [*events, end, {"type": "message_stop"}]


def sse(events: list[dict[str, Any]]) -> bytes:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


async def turn(made: ClaudeClient, way: str, messages: Messages | None = None) -> ChatResponse:
    request = ChatRequest(messages or Messages.from_user("Hi"))
    if way == "complete":
        return await made.complete(request)
    events = [event async for event in made.stream(request)]
    assert broken_laws(events) == []
    assert isinstance(events[-1], Done)
    return events[-1].response


def answer(transport: FakeTransport, way: str, *content: dict[str, Any], **more: Any) -> FakeTransport:
    return transport.answer(message(*content, **more) if way == "complete" else streamed(*content, **more))


ways = pytest.mark.parametrize("way", ["complete", "stream"])


# -- what goes where


async def test_a_request_has_one_credential_the_version_and_the_betas() -> None:
    transport = FakeTransport().answer(message(said("Hi")))
    await turn(client(transport, with_beta="a-1", with_api_version="2026-10-21"), "complete")

    [request] = transport.requests
    assert (request.method, request.url) == ("POST", "https://api.anthropic.com/v1/messages")
    assert request.headers == {
        "content-type": "application/json",
        "anthropic-version": "2026-10-21",
        "x-api-key": "k",
        "anthropic-beta": "a-1",
    }


async def test_betas_of_a_header_and_of_features_are_joined() -> None:
    transport = FakeTransport().answer(message(said("Hi")))
    builder = (
        ClaudeBuilder()
        .with_model("m")
        .with_api_key("k")
        .with_header("Anthropic-Beta", "own")
        .with_transport(transport)
    )
    await (
        builder.with_mcp_server("w", "https://mcp.example")
        .build()
        .complete(ChatRequest(Messages.from_user("Hi")))
    )

    assert transport.requests[0].headers["anthropic-beta"] == "own,mcp-client-2025-11-20"


@ways
async def test_a_turn_with_all_its_fields(way: str) -> None:
    usage = {
        "input_tokens": 3,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 5,
        "output_tokens": 9,
    }
    whole = message(
        thought("hm"),
        said("So"),
        usage=usage | {"output_tokens_details": {"thinking_tokens": 2}},
        stop="stop_sequence",
    )
    events = streamed(thought("hm"), said("So"), stop="stop_sequence", stop_sequence="END")
    events[-2]["usage"] = usage | {"output_tokens_details": {"thinking_tokens": 2}}
    transport = FakeTransport().answer(whole | {"stop_sequence": "END"} if way == "complete" else events)

    response = await turn(client(transport), way)

    assert (response.text, response.reasoning) == ("So", "hm")
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "stop_sequence")
    assert (response.id, response.model) == ("msg_1", "claude-opus-5-5")
    assert (
        response.usage.input_tokens,
        response.usage.cache_read_tokens,
        response.usage.cache_write_tokens,
    ) == (12, 4, 5)
    assert (response.usage.output_tokens, response.usage.reasoning_tokens, response.usage.total_tokens) == (
        9,
        2,
        None,
    )
    assert (response.raw or {})["stop_sequence"] == "END"


@ways
@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "refusal"),
        ("something_new", "other"),
    ],
)
async def test_every_stop_reason_is_kept_as_it_is(stop: str, reason: str, way: str) -> None:
    response = await turn(client(answer(FakeTransport(), way, said("So"), stop=stop)), way)

    assert (response.finish_reason, response.raw_finish_reason) == (reason, stop)


@ways
async def test_a_refusal_without_any_content_is_a_response_that_says_why(way: str) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "That is not for me."}
    response = await turn(client(answer(FakeTransport(), way, stop="refusal", stop_details=details)), way)

    assert (response.text, response.refusal, response.finish_reason) == ("", "That is not for me.", "refusal")


@ways
async def test_a_call_in_a_turn_that_was_cut_at_the_limit_is_never_run(way: str) -> None:
    transport = answer(FakeTransport(), way, used("toolu_1", a=1, b=2), stop="max_tokens")
    answer(transport, way, said("I see."))
    messages = Messages.from_user("Add")

    await _chat(client(transport), way, messages)

    [call] = messages[1].tool_calls
    assert isinstance(call.status, Failed)
    assert transport.last_body["messages"][-1]["content"][0]["is_error"] is True  # type: ignore[index,call-overload]


async def test_arguments_cut_in_the_middle_fail_and_are_sent_back_as_none() -> None:
    events = streamed(used("toolu_1", a=1, b=2), stop="max_tokens")
    cut = [event for event in events if event.get("delta", {}).get("partial_json") != ': 1, "b": 2}']
    cut = [event for event in cut if "2}" not in json.dumps(event)]
    transport = FakeTransport().answer(cut).answer(streamed(said("I see.")))
    messages = Messages.from_user("Add")

    await _chat(client(transport), "stream", messages)

    assert isinstance(messages[1].tool_calls[0].status, Failed)
    assert messages[1].tool_calls[0].arguments == {}


async def _chat(made: ClaudeClient, way: str, messages: Messages, **more: Any) -> ChatResponse:
    chat: Chat[Any, ChatResponse] = (
        ChatBuilder().with_model(made).with_tools([add]).with_retry(RetryPolicy(max_retries=0)).build()
    )
    if way == "complete":
        return await chat.complete(messages)
    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, Done):
                return event.response
    raise AssertionError("a stream ends in Done")


# -- paused turns


@ways
async def test_a_paused_turn_is_carried_on_and_comes_as_one(way: str, official: Judge) -> None:
    transport = answer(
        FakeTransport(), way, thought("I look"), SEARCH, stop="pause_turn", container={"id": "container_1"}
    )
    answer(transport, way, FOUND, thought("I have it"), said("Llamas spit."), tokens=7)
    made = client(transport, with_native_tool={"type": "web_search_20250305", "name": "web_search"})
    messages = Messages.from_user("Look up llamas")

    response = await turn(made, way, messages)

    second = official(transport.last_body)["messages"]
    assert second[1] == {"role": "assistant", "content": [thought("I look"), SEARCH]}
    assert len(second) == 2
    assert (response.text, response.reasoning) == ("Llamas spit.", "I lookI have it")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (20, 12)
    assert response.raw_finish_reason == "end_turn"

    transport.answer(message(said("Yes.")))
    await made.complete(ChatRequest(messages.append(response.message).add_user("Really?")))
    third = official(transport.last_body)
    assert third["messages"][1]["content"] == [
        thought("I look"),
        SEARCH,
        FOUND,
        thought("I have it"),
        said("Llamas spit."),
    ]
    assert "block_binding" not in json.dumps(third)


@ways
async def test_a_turn_that_stays_paused_is_given_back_with_a_notice(way: str) -> None:
    transport = FakeTransport()
    for _ in range(3):
        answer(transport, way, said("…"), stop="pause_turn")

    response = await turn(client(transport, with_continuations=2), way)

    assert len(transport.requests) == 3
    assert (response.text, response.raw_finish_reason) == ("………", "pause_turn")
    assert response.notices[-1].about == "pause_turn"


async def test_a_cut_in_a_continuation_holds_what_came_before_it_too() -> None:
    transport = (
        FakeTransport().answer(streamed(said("One"), stop="pause_turn")).answer(streamed(said("Two"))[:3])
    )

    with pytest.raises(StreamTruncated) as caught:
        await turn(client(transport), "stream")
    assert caught.value.partial.text == "OneTwo"
    assert caught.value.partial.usage.input_tokens == 20


def _paused_chat(transport: FakeTransport, retries: int = 2) -> Chat[Any, ChatResponse]:
    made = client(transport, with_native_tool={"type": "web_search_20250305", "name": "web_search"})
    policy = RetryPolicy(max_retries=retries, base_delay=0.0)
    return ChatBuilder().with_model(made).with_retry(policy).build()


async def _run(chat: Chat[Any, ChatResponse], way: str, messages: Messages) -> ChatResponse:
    if way == "complete":
        return await chat.complete(messages)
    async with chat.stream(messages) as events:
        [*_, done] = [event async for event in events]
    assert isinstance(done, Done)
    return done.response


@ways
async def test_a_continuation_that_fails_is_sent_again_and_not_the_whole_turn(way: str) -> None:
    transport = answer(FakeTransport(), way, thought("I look"), SEARCH, stop="pause_turn")
    transport.answer(error("overloaded_error"), status=529)
    answer(transport, way, FOUND, said("Llamas spit."))
    messages = Messages.from_user("Look up llamas")

    response = await _run(_paused_chat(transport), way, messages)

    assert (response.text, response.usage.input_tokens) == ("Llamas spit.", 20)
    assert [len(body["messages"]) for body in transport.bodies] == [1, 2, 2]  # type: ignore[arg-type]
    assert transport.bodies[1] == transport.bodies[2]
    assert [notice.about for notice in response.notices] == ["retry"]


@ways
async def test_a_turn_whose_continuation_is_given_up_is_in_the_conversation_and_goes_on(way: str) -> None:
    transport = answer(FakeTransport(), way, thought("I look"), SEARCH, stop="pause_turn")
    for _ in range(2):
        transport.answer(error("overloaded_error"), status=529)
    messages = Messages.from_user("Look up llamas")
    chat = _paused_chat(transport, retries=1)

    with pytest.raises(Overloaded) as caught:
        await _run(chat, way, messages)
    assert len(transport.requests) == 3
    assert caught.value.usage is not None
    assert caught.value.usage.input_tokens == 10

    answer(transport, way, FOUND, said("Llamas spit."))
    response = await _run(chat, way, Messages.from_json(messages.to_json()))
    assert response.text == "Llamas spit."
    assert transport.last_body["messages"][1] == {"role": "assistant", "content": [thought("I look"), SEARCH]}  # type: ignore[index,call-overload]


@ways
async def test_a_stop_for_compaction_is_continued(way: str) -> None:
    compacted = {"type": "compaction", "content": "They spoke of llamas.", "encrypted_content": "eHk="}
    transport = answer(FakeTransport(), way, compacted, stop="compaction")
    answer(transport, way, said("Llamas spit."))

    response = await turn(client(transport), way)

    assert (response.text, response.raw_finish_reason) == ("Llamas spit.", "end_turn")
    assert transport.last_body["messages"][1] == {"role": "assistant", "content": [compacted]}  # type: ignore[index,call-overload]


@ways
async def test_a_requested_compaction_is_the_whole_turn_and_can_be_gone_on_from(way: str) -> None:
    compacted = {"type": "compaction", "content": "They spoke of llamas."}
    transport = answer(FakeTransport(), way, compacted, stop="compaction")
    made = client(transport, with_extra_body={"compaction": {"type": "summarize"}})
    messages = Messages.from_user("Hi")

    response = await turn(made, way, messages)

    assert (len(transport.requests), response.raw_finish_reason) == (1, "compaction")
    answer(transport, way, said("So"))
    assert (await turn(client(transport), way, messages.append(response.message))).text == "So"


async def test_leaving_a_stream_early_sends_nothing_more() -> None:
    transport = FakeTransport().answer(streamed(said("One"), stop="pause_turn"))
    events = client(transport).stream(ChatRequest(Messages.from_user("Hi")))
    assert await anext(events) == TextChunk("One")
    await events.aclose()
    assert len(transport.requests) == 1


# -- thinking and what it is bound to


@ways
async def test_a_tool_loop_sends_signed_thinking_back_untouched_also_after_a_restart(
    way: str, official: Judge
) -> None:
    script = [
        Raw(sse(streamed(thought("I add"), used("toolu_1", a=19, b=23), stop="tool_use")))
        if way == "stream"
        else Raw(
            json.dumps(message(thought("I add"), used("toolu_1", a=19, b=23), stop="tool_use")).encode(),
            "application/json",
        ),
        Raw(sse(streamed(thought("Done", "ZG9uZQ=="), said("42"))), chunk=1)
        if way == "stream"
        else Raw(json.dumps(message(thought("Done", "ZG9uZQ=="), said("42"))).encode(), "application/json"),
        Raw(json.dumps(message(said("Yes."))).encode(), "application/json"),
    ]
    with LoopbackServer(script) as server:
        builder = (
            ClaudeBuilder()
            .with_base_url(server.url)
            .with_model("claude-opus-5-5")
            .with_thinking(Thinking.adaptive())
        )
        messages = Messages.from_system("Be exact.").add_user("What is 19 + 23?")
        async with builder.build() as made:
            response = await _chat(made, way, messages)
        restored = Messages.from_json(messages.to_json()).add_user("Sure?")
        async with builder.build() as made:
            again = await _chat(made, "complete", restored)

    assert (response.text, again.text) == ("42", "Yes.")
    second, third = (official(request.body)["messages"] for request in server.requests[1:])
    assert second[1]["content"] == [thought("I add"), used("toolu_1", a=19, b=23)]
    assert second[2]["content"] == [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "42"}]
    assert third[1:4] == [
        *second[1:],
        {"role": "assistant", "content": [thought("Done", "ZG9uZQ=="), said("42")]},
    ]
    assert server.requests[0].path == "/v1/messages"
    assert not again.notices
    assert all("block_binding" not in json.dumps(request.body) for request in server.requests)


async def _thoughtful(**more: Any) -> tuple[FakeTransport, ClaudeClient, Messages]:
    """A conversation in which a model has thought, and its client."""
    transport = FakeTransport().answer(message(thought("hm"), said("So"))).answer(message(said("Well")))
    made = client(transport, **more)
    messages = Messages.from_system("Today is Monday.").add_user("Hi")
    messages.append((await made.complete(ChatRequest(messages, [ADD]))).message).add_user("And?")
    return transport, made, messages


def _changed(messages: Messages, how: str) -> ChatRequest:
    match how:
        case "system":
            return ChatRequest(Messages([*Messages.from_system("Today is Tuesday."), *messages[1:]]), [ADD])
        case "tools":
            return ChatRequest(messages, [])
        case _:
            return ChatRequest(Messages([messages[0], *Messages.from_user("Ho"), *messages[2:]]), [ADD])


changes = pytest.mark.parametrize("how", ["system", "tools", "an earlier message"])


@changes
async def test_a_changed_prefix_drops_the_thinking_with_a_notice(how: str, official: Judge) -> None:
    transport, made, messages = await _thoughtful()

    response = await made.complete(_changed(messages, how))

    body = official(transport.last_body)
    assert body["thinking"] == {
        "type": "adaptive",
        "block_binding": {"prefix_mismatch_behavior": "drop_block"},
    }
    assert transport.requests[-1].headers["anthropic-beta"] == "thinking-binding-controls-2026-08-01"
    assert thought("hm") in next(said for said in body["messages"] if said["role"] == "assistant")["content"]
    assert "left out from 1 of the model's turns" in response.notices[0].message


@changes
async def test_a_changed_prefix_is_an_error_where_requested(how: str) -> None:
    transport, made, messages = await _thoughtful(with_changed_prefix="error")

    with pytest.raises(
        ConfigurationError, match=r"have changed since the model thought.*with_changed_prefix\('drop'\)"
    ):
        await made.complete(_changed(messages, how))
    assert len(transport.requests) == 1


async def test_a_changed_prefix_is_sent_as_it_is_where_requested() -> None:
    transport, made, messages = await _thoughtful(with_changed_prefix="send")

    response = await made.complete(_changed(messages, "system"))
    assert "thinking" not in transport.last_body
    assert not response.notices


async def test_models_that_do_not_bind_their_thinking_are_sent_it_as_it_is() -> None:
    transport, made, messages = await _thoughtful(model="claude-opus-4-6")

    await made.complete(_changed(messages, "system"))
    assert "thinking" not in transport.last_body


async def test_where_the_server_cannot_drop_it_the_thinking_is_not_sent() -> None:
    transport, made, messages = await _thoughtful(with_thinking=Thinking.between_tools())

    response = await made.complete(_changed(messages, "system"))
    assert transport.last_body["messages"][1] == {"role": "assistant", "content": [said("So")]}  # type: ignore[index,call-overload]
    assert response.notices


async def test_an_unchanged_prefix_is_found_unchanged_after_a_restart_and_with_other_breakpoints() -> None:
    transport, _, messages = await _thoughtful()
    made = client(transport, with_prompt_caching="1h", with_changed_prefix="error")

    await made.complete(ChatRequest(Messages.from_json(messages.to_json()), [ADD]))
    assert thought("hm") in transport.last_body["messages"][1]["content"]  # type: ignore[index,call-overload,operator]


async def test_what_the_provider_dropped_is_noticed() -> None:
    changes = [{"type": "thinking_dropped", "path": "messages.1.content.0"}]
    for way in ("complete", "stream"):
        events = streamed(said("So"))
        events[-2]["input_transformations"] = changes
        transport = FakeTransport().answer(
            message(said("So"), input_transformations=changes) if way == "complete" else events
        )
        response = await turn(client(transport), way)
        assert response.notices[0].message.endswith("thinking_dropped at messages.1.content.0")


async def test_thinking_that_is_not_shown_is_kept_all_the_same() -> None:
    response = await turn(client(answer(FakeTransport(), "stream", thought(""), said("So"))), "stream")

    [reasoning, _] = response.message.parts
    assert isinstance(reasoning, Reasoning)
    assert reasoning.text == ""
    assert reasoning.native is not None
    assert reasoning.native.data["block"] == {"type": "thinking", "signature": "c2ln"}


# -- streams


async def test_a_stream_says_what_comes_as_it_comes() -> None:
    transport = answer(
        FakeTransport(), "stream", thought("hm"), said("So"), used("toolu_1", a=1), stop="tool_use"
    )
    events = [event async for event in client(transport).stream(ChatRequest(Messages.from_user("Hi")))]

    assert [event for event in events if isinstance(event, ReasoningChunk | TextChunk)] == [
        ReasoningChunk("hm"),
        TextChunk("So"),
    ]
    calls = [getattr(event, "arguments", None) for event in events if type(event).__name__ == "ToolCallChunk"]
    assert calls == ["", '{"a', '": 1}']


async def test_a_call_from_code_comes_with_its_input_at_the_start() -> None:
    block = used("toolu_1", a=1) | {"caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}}
    events = streamed(stop="tool_use")
    start = {"type": "content_block_start", "index": 0, "content_block": block}
    transport = FakeTransport().answer(
        [events[0], start, {"type": "content_block_stop", "index": 0}, *events[1:]]
    )
    response = await turn(client(transport), "stream")

    [call] = response.tool_calls
    assert call.arguments == {"a": 1}
    call.status = Completed(2)
    messages = Messages.from_user("Hi").append(response.message)
    transport.answer(message(said("2")))
    await client(transport).complete(ChatRequest(messages))
    assert transport.last_body["messages"][1]["content"] == [block]  # type: ignore[index,call-overload]


async def test_unknown_events_blocks_and_deltas_are_kept() -> None:
    events = streamed(said("So"))
    start = {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "new_block", "content": None},
    }
    deltas = [
        {"type": "new_delta", "content": "a", "list": [1]},
        {"type": "new_delta", "content": "b", "list": [2]},
    ]
    more = [{"type": "content_block_delta", "index": 1, "delta": delta} for delta in deltas]
    transport = FakeTransport().answer(
        [
            *events[:-2],
            start,
            *more,
            {"type": "content_block_stop", "index": 1},
            {"type": "new_event", "x": 1},
            *events[-2:],
        ]
    )

    response = await turn(client(transport), "stream")

    block = response.message.parts[1]
    assert isinstance(block, Opaque)
    assert block.native.data == {"type": "new_block", "content": "ab", "list": [1, 2]}
    assert (response.raw or {})["unknown_events"] == [{"type": "new_event", "x": 1}]


async def test_a_model_that_stepped_in_is_the_one_named() -> None:
    fallback = {"type": "fallback", "from": {"model": "claude-fable-5"}, "to": {"model": "claude-opus-4-8"}}
    for way in ("complete", "stream"):
        assert (
            await turn(client(answer(FakeTransport(), way, fallback, said("So"))), way)
        ).model == "claude-opus-4-8"


async def test_equal_ids_of_calls_are_made_distinct() -> None:
    for way in ("complete", "stream"):
        transport = answer(FakeTransport(), way, used("toolu_1", a=1), used("toolu_1", a=2), stop="tool_use")
        response = await turn(client(transport), way)
        assert len({call.id for call in response.tool_calls}) == 2


async def test_a_server_that_answers_whole_is_read_all_the_same() -> None:
    transport = FakeTransport().answer(
        message(thought("hm"), said("So"), used("toolu_1", a=1), stop="tool_use")
    )
    response = await turn(client(transport), "stream")

    assert (response.text, response.reasoning, response.tool_calls[0].arguments) == ("So", "hm", {"a": 1})


@pytest.mark.parametrize(
    "frame",
    [
        "nonsense",
        '{"type": "content_block_delta", "index": 4, "delta": {"type": "text_delta", "text": "x"}}',
        '{"type": "content_block_stop", "index": 4}',
        '{"type": "content_block_start", "content_block": {"type": "text"}}',
        "[1]",
    ],
)
async def test_an_unreadable_frame_is_an_error(frame: str) -> None:
    events: list[Any] = [streamed(said("So"))[0], frame, *streamed(said("So"))[1:]]
    with pytest.raises(InvalidResponse):
        await turn(client(FakeTransport().answer(events)), "stream")


async def test_a_frame_that_the_end_cuts_is_a_cut() -> None:
    events: list[Any] = [*streamed(said("So"))[:3], '{"type": "content_block_del']
    with pytest.raises(StreamTruncated) as caught:
        await turn(client(FakeTransport().answer(events)), "stream")
    assert caught.value.partial.text == "So"


# -- errors


def error(kind: str, text: str = "No.", **details: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"type": kind, "message": text} | ({"details": details} if details else {})
    return {"type": "error", "error": told, "request_id": "req_1"}


@pytest.mark.parametrize(
    ("status", "body", "expected", "retryable"),
    [
        (400, error("invalid_request_error"), InvalidRequest, False),
        (401, error("authentication_error"), AuthenticationError, False),
        (402, error("billing_error"), QuotaExceeded, False),
        (403, error("permission_error"), PermissionDenied, False),
        (404, error("not_found_error"), NotFound, False),
        (409, error("conflict_error"), ProviderError, True),
        (413, error("request_too_large"), InvalidRequest, False),
        (429, error("rate_limit_error"), RateLimited, True),
        (500, error("api_error"), ProviderError, True),
        (503, error("api_error"), Overloaded, True),
        (504, error("timeout_error"), ProviderError, True),
        (529, error("overloaded_error"), Overloaded, True),
        (429, error("rate_limit_error", error_code="enforced_spend_limit_reached"), QuotaExceeded, False),
        (503, error("api_error", error_code="cmek_context_unavailable"), Overloaded, True),
        (400, error("new_error"), InvalidRequest, False),
        (599, error("new_error"), ProviderError, True),
        (529, "<html>busy</html>", Overloaded, True),
        (200, error("overloaded_error"), Overloaded, True),
    ],
)
async def test_errors_by_their_code_then_type_then_status(
    status: int, body: Any, expected: type[ProviderError], retryable: bool
) -> None:
    transport = FakeTransport()
    for _ in range(2):
        transport.answer(body, status=status, headers={"retry-after": "7", "request-id": "req_1"})
    for way in ("complete", "stream"):
        with pytest.raises(ChatError) as caught:
            await turn(client(transport), way)
        raised = caught.value
        assert type(raised) is expected
        assert isinstance(raised, ProviderError)
        assert (raised.status, raised.retryable, raised.retry_after, raised.request_id) == (
            status,
            retryable,
            7.0 if status != 200 else None,
            "req_1",
        )


async def test_the_code_of_an_error_is_the_most_exact_one() -> None:
    transport = FakeTransport().answer(
        error("invalid_request_error", error_code="tool_name_conflict"), status=400
    )
    with pytest.raises(InvalidRequest) as caught:
        await turn(client(transport), "complete")
    assert (caught.value.code, caught.value.message) == ("tool_name_conflict", "No.")


async def test_an_error_within_a_stream_is_one() -> None:
    events = [*streamed(said("So"))[:3], error("overloaded_error", "Busy")]
    with pytest.raises(Overloaded) as caught:
        await turn(client(FakeTransport().answer(events)), "stream")
    assert (caught.value.status, caught.value.message, caught.value.retryable) == (200, "Busy", True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:09 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 9.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
async def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    transport = FakeTransport().answer(
        error("rate_limit_error"), status=429, headers=headers | {"x-should-retry": "false"}
    )
    with pytest.raises(RateLimited) as caught:
        await turn(client(transport), "complete")
    assert (caught.value.retry_after, caught.value.retryable) == (seconds, False)


async def test_a_body_that_is_no_message_is_an_error() -> None:
    for body in ({"hello": 1}, b"<html>", b"[]"):
        with pytest.raises(InvalidResponse):
            await turn(client(FakeTransport().answer(body)), "complete")


# -- counting and models


async def test_tokens_are_counted_of_what_would_be_sent(official: Judge) -> None:
    transport = FakeTransport().answer({"input_tokens": 42})
    made = client(transport, with_thinking=Thinking.adaptive("low"), with_extra_body={"metadata": {}})

    assert await made.count_tokens(Messages.from_system("Be brief.").add_user("Hi"), [ADD]) == 42
    assert transport.requests[0].url.endswith("/v1/messages/count_tokens")
    assert official(transport.last_body) == {
        "model": "claude-opus-5-5",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"name": "add", "input_schema": ADD.parameters}],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "low"},
    }


async def test_what_cannot_be_counted_is_refused() -> None:
    made = (
        ClaudeBuilder().with_model("m").with_api_key("k").with_mcp_server("w", "https://mcp.example").build()
    )
    with pytest.raises(ConfigurationError, match="cannot be counted"):
        await made.count_tokens(Messages.from_user("Hi"))
    with pytest.raises(InvalidResponse, match="without input_tokens"):
        await client(FakeTransport().answer({})).count_tokens(Messages.from_user("Hi"))


async def test_all_pages_of_models_are_read() -> None:
    transport = FakeTransport()
    transport.answer(
        {
            "data": [{"id": "claude-b", "max_tokens": 9}, {"id": "claude-a"}],
            "has_more": True,
            "last_id": "claude-a",
        }
    )
    transport.answer({"data": [{"id": "claude-0"}], "has_more": False, "last_id": "claude-0"})

    models = await client(transport).list_models()
    assert [model.id for model in models] == ["claude-b", "claude-a", "claude-0"]
    assert models[0].raw["max_tokens"] == 9
    assert [request.url.partition("?")[2] for request in transport.requests] == [
        "limit=1000",
        "limit=1000&after_id=claude-a",
    ]


async def test_one_client_serves_many_conversations_at_once() -> None:
    with LoopbackServer(
        lambda body: Raw(json.dumps(message(said(str(body["messages"])))).encode(), "application/json")
    ) as server:
        async with ClaudeBuilder().with_base_url(server.url).with_model("m").build() as made:
            told: dict[str, str] = {}

            async def ask(word: str) -> None:
                told[word] = (await turn(made, "complete", Messages.from_user(word))).text

            async with anyio.create_task_group() as tasks:
                for word in ("one", "two", "three"):
                    tasks.start_soon(ask, word)
    assert all(word in text for word, text in told.items())
    assert len(told) == 3


async def test_a_forced_choice_reaches_the_wire_for_the_first_turn_only() -> None:
    transport = (
        FakeTransport().answer(message(used("toolu_1", a=1, b=2), stop="tool_use")).answer(message(said("3")))
    )
    made = client(transport, model="claude-haiku-5-5")
    chat = (
        ChatBuilder().with_model(made).with_tools([add]).with_options(ChatOptions(tool_choice="add")).build()
    )

    assert (await chat.complete(Messages.from_user("Add"))).text == "3"
    assert [body.get("tool_choice") for body in transport.bodies] == [{"type": "tool", "name": "add"}, None]
