"""What servers put into a native turn, whole and streamed: nothing is lost, nothing runs that was not
whole.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    Done,
    Messages,
    NotFound,
    Overloaded,
    ProviderError,
    RateLimited,
    tool,
)
from chat_core.testing import FakeTransport
from chat_ollama import OllamaBuilder

pytestmark = pytest.mark.anyio
PNG_BASE64 = "iVBORw0KGgo="


def last(message: Any = None, **fields: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "message": message or {"content": ""},
        "done": True,
        "done_reason": "stop",
        **fields,
    }


def line(**message: Any) -> dict[str, Any]:
    return {"model": "m", "message": message, "done": False}


def client(transport: FakeTransport) -> Any:
    return OllamaBuilder().with_model("m").with_native().with_transport(transport).build()


def transport_of(lines: list[dict[str, Any]]) -> FakeTransport:
    data = "".join(json.dumps(each) + "\n" for each in lines)
    return FakeTransport().answer(data, headers={"content-type": "application/x-ndjson"})


async def streamed(*lines: dict[str, Any]) -> ChatResponse:
    events: AsyncGenerator[Any] = client(transport_of(list(lines))).stream(
        ChatRequest(Messages.from_user("?"))
    )
    done = [event async for event in events][-1]
    assert isinstance(done, Done)
    return done.response


async def both(message: dict[str, Any], **fields: Any) -> list[ChatResponse]:
    """The turn of one message: as a whole response, and as a stream of two lines."""
    whole = await client(FakeTransport().answer(last(message, **fields))).complete(
        ChatRequest(Messages.from_user("?"))
    )
    return [whole, await streamed(line(**message), last(**fields))]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (6, "6"),
        (6.5, "6.5"),
        (True, "true"),
        ({"name": "Bern"}, '{"name": "Bern"}'),
        ([{"type": "text", "text": "a"}, "b"], "ab"),
        ([1, {"x": None}], '[1, {"x": null}]'),
        (None, ""),
        ([], ""),
    ],
)
async def test_content_of_another_type_becomes_its_text(content: Any, text: str) -> None:
    assert [response.text for response in await both({"content": content})] == [text, text]
    assert [response.reasoning for response in await both({"thinking": content})] == [text, text]


@pytest.mark.parametrize("name", ["thinking", "reasoning_content", "reasoning"])
async def test_reasoning_is_found_where_servers_put_it(name: str) -> None:
    for response in await both({name: "Hm", "content": "Hi"}):
        assert (response.reasoning, response.text) == ("Hm", "Hi")


@pytest.mark.parametrize(
    "calls",
    [
        [{"function": {"name": "add", "arguments": {"a": 1}}}],
        {"function": {"name": "add", "arguments": {"a": 1}}},
        [{"name": "add", "arguments": {"a": 1}}],
        [{"id": "c1", "type": "function", "function": {"index": 0, "name": "add", "arguments": '{"a": 1}'}}],
        [{"function": {"id": "c1", "name": "add", "arguments": '"{\\"a\\": 1}"'}}],
        [None, {}, {"function": {"name": "add", "arguments": {"a": 1}}}],
    ],
    ids=json.dumps,
)
async def test_a_call_is_read_with_or_without_its_envelope_and_sent_back_encoded_once(calls: Any) -> None:
    for response in await both({"tool_calls": calls}):
        [call] = response.tool_calls
        assert (call.name, call.arguments, response.finish_reason) == ("add", {"a": 1}, "tool_calls")
        call.complete(1)
        transport = FakeTransport().answer(last({"content": "1"}))
        await client(transport).complete(ChatRequest(Messages.from_user("?").append(response.message)))
        [sent] = transport.last_body["messages"][1]["tool_calls"]
        assert sent["function"]["arguments"] == {"a": 1}


@pytest.mark.parametrize("arguments", ["{", "[1]", "5", [1], "null", "nul", '{"a": 1e999}'])
async def test_arguments_that_are_no_object_never_run(arguments: Any) -> None:
    for response in await both({"tool_calls": [{"function": {"name": "add", "arguments": arguments}}]}):
        [call] = response.tool_calls
        assert call.failed
        assert call.arguments == {}


async def test_arguments_that_are_nested_too_deeply_never_run() -> None:
    text = '{"a": ' + "[" * 5000 + "]" * 5000 + "}"
    for response in await both({"tool_calls": [{"function": {"name": "add", "arguments": text}}]}):
        assert response.tool_calls[0].failed


@pytest.mark.parametrize("word", ["length", "max_tokens", "MAX_TOKENS", "model_length"])
async def test_a_turn_that_was_cut_is_recognised_by_any_word_and_runs_no_call_without_arguments(
    word: str,
) -> None:
    ran: list[str] = []

    @tool
    def wipe(path: str = "/") -> str:
        """Remove everything."""
        ran.append(path)
        return "done"

    cut = last({"tool_calls": [{"function": {"name": "wipe", "arguments": ""}}]}, done_reason=word)
    transport = FakeTransport().answer(cut).answer(last({"content": "Sorry"}))
    await (
        ChatBuilder()
        .with_model(client(transport))
        .with_tools([wipe])
        .build()
        .complete(Messages.from_user("?"))
    )
    assert ran == []
    for response in await both({"content": "a"}, done_reason=word):
        assert (response.finish_reason, response.raw_finish_reason) == ("length", word)


async def test_the_text_null_is_no_reason() -> None:
    for response in await both({"content": "a"}, done_reason="null"):
        assert (response.finish_reason, response.raw_finish_reason) == ("other", None)


async def test_a_call_that_a_later_line_repeats_runs_once() -> None:
    ran: list[int] = []

    @tool
    def add(a: int) -> int:
        """Add."""
        ran.append(a)
        return a

    call = {"id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}
    transport = transport_of([line(tool_calls=[call]), last({"content": "", "tool_calls": [call]})])
    transport.answer(json.dumps(last({"content": "1"})), headers={"content-type": "application/x-ndjson"})
    chat = ChatBuilder().with_model(client(transport)).with_tools([add]).build()
    async with chat.stream(Messages.from_user("?")) as events:
        async for _ in events:
            pass
    assert ran == [1]


async def test_unknown_fields_ride_on_their_call_and_go_back_with_it() -> None:
    call = {
        "id": "c1",
        "thought_signature": "eA==",
        "function": {"name": "add", "arguments": {}, "note": {"a": [1]}},
    }
    for response in await both({"tool_calls": [call]}):
        response.tool_calls[0].complete(1)
        history = Messages.from_user("?").append(response.message)
        transport = FakeTransport().answer(last({"content": "1"}))
        await client(transport).complete(ChatRequest(Messages.from_json(history.to_json())))
        assert transport.last_body["messages"][1]["tool_calls"] == [call]


async def test_images_that_a_model_makes_are_files() -> None:
    for response in await both({"content": "Here", "images": [PNG_BASE64, "no base64", 5]}):
        [file] = response.files
        assert (file.mimetype, file.data) == ("image/png", b"\x89PNG\r\n\x1a\n")


async def test_a_character_cut_between_two_lines_is_whole() -> None:
    data = '{"message":{"content":"hi \\ud83d"}}\n{"message":{"content":"\\ude00!"},"done":true}\n'
    transport = FakeTransport().answer(data, headers={"content-type": "application/x-ndjson"})
    events = [event async for event in client(transport).stream(ChatRequest(Messages.from_user("?")))]
    assert events[-1].response.text == "hi 😀!"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"error": "out of memory"}, ProviderError),
        ({"error": {"message": "slow down", "code": "429"}}, RateLimited),
        ({"error": "slow down", "status_code": 429}, RateLimited),
        ({"code": "DataInspectionFailed", "message": "refused"}, ProviderError),
        ({"detail": "gone", "status": "404"}, NotFound),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, Overloaded),
    ],
)
async def test_an_error_under_status_200_is_one_of_its_class_in_any_shape(error: Any, kind: Any) -> None:
    with pytest.raises(kind):
        await streamed(line(content="Half an answ"), error, last())
    with pytest.raises(kind):
        await client(FakeTransport().answer(error)).complete(ChatRequest(Messages.from_user("?")))
