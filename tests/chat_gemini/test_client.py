"""The client over a fake network and over real sockets: what it asks, and what becomes of the answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    Done,
    File,
    Messages,
    Overloaded,
    RetryPolicy,
    StreamTruncated,
    Text,
    TextChunk,
    ToolDefinition,
    tool,
)
from chat_core.testing import FakeTransport, LoopbackServer, Raw, broken_laws
from chat_gemini import GeminiBuilder
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

BASE = GeminiBuilder().with_model("gemini-3.5-flash").with_api_key("a-key")


def turn(*parts: object, reason: str | None = "STOP", **beside: object) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}} | (
        {"finishReason": reason} if reason else {}
    )
    return {"candidates": [candidate | beside]}


async def test_a_question_goes_to_the_models_method_with_the_key_in_a_header() -> None:
    transport = FakeTransport().answer(turn({"text": "Hello"}))
    async with BASE.with_transport(transport).build() as client:
        response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hi"))
    assert response.text == "Hello"
    [sent] = transport.requests
    assert (sent.method, sent.url) == (
        "POST",
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.5-flash:generateContent",
    )
    assert sent.headers == {"content-type": "application/json", "x-goog-api-key": "a-key"}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("models/gemini-x", "/models/gemini-x"),
        ("tunedModels/mine", "/tunedModels/mine"),
        ("a b", "/models/a%20b"),
    ],
)
async def test_a_stream_is_requested_as_events_and_any_model_has_its_path(model: str, path: str) -> None:
    transport = FakeTransport().answer([turn({"text": "Hel"}, reason=None), turn({"text": "lo"})])
    client = BASE.with_model(model).with_transport(transport).build()
    async with ChatBuilder().with_model(client).build().stream(Messages.from_user("Hi")) as events:
        said = [event async for event in events]
    # without tools and types these are the events of a turn
    assert broken_laws(said) == []  # type: ignore[arg-type]
    assert said[:-1] == [TextChunk("Hel"), TextChunk("lo")]
    url = f"https://generativelanguage.googleapis.com/v1beta{path}:streamGenerateContent?alt=sse"
    assert transport.requests[0].url == url


def interrupted() -> list[dict[str, Any]]:
    first = turn({"text": "One, "}, reason="CONTINUATION", continuationToken="t1")
    second = turn({"text": "two, "}, reason="CONTINUATION", continuationToken="t2")
    answers = [first, second, turn({"text": "three."})]
    for number, answer in enumerate(answers, 1):
        counts = {"promptTokenCount": 10, "candidatesTokenCount": number, "totalTokenCount": 10 + number}
        answer |= {"usageMetadata": counts, "responseId": f"r{number}"}
    return answers


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_turn_that_the_server_interrupts_is_continued_and_is_one(streamed: bool) -> None:
    transport = FakeTransport()
    for answer in interrupted():
        transport.answer([answer] if streamed else answer)
    chat = ChatBuilder().with_model(BASE.with_transport(transport).build()).build()
    if streamed:
        async with chat.stream(Messages.from_user("Count.")) as events:
            said = [event async for event in events]
        assert said[:-1] == [TextChunk("One, "), TextChunk("two, "), TextChunk("three.")]
        assert isinstance(said[-1], Done)
        response = said[-1].response
    else:
        response = await chat.complete(Messages.from_user("Count."))
    assert (response.text, response.finish_reason, response.id) == ("One, two, three.", "stop", "r1")
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (
        30,
        6,
        36,
    )
    assert [body.pop("continuationToken", None) for body in transport.bodies] == [None, "t1", "t2"]
    first, *others = [
        {key: value for key, value in body.items() if key != "continuationToken"} for body in transport.bodies
    ]
    assert all(body == first for body in others)


BUSY = {"error": {"code": 503, "message": "Busy.", "status": "UNAVAILABLE"}}
SOON = RetryPolicy(max_retries=1, base_delay=0.001)


async def play(chat: Any, messages: Messages, streamed: bool) -> Any:
    """The response of a chat, whole or streamed."""
    if not streamed:
        return await chat.complete(messages)
    async with chat.stream(messages) as events:
        [response] = [event.response async for event in events if isinstance(event, Done)]
        return response


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_of_a_turn_of_several_requests_the_one_that_failed_is_sent_again(streamed: bool) -> None:
    first, second, third = interrupted()
    transport = FakeTransport()
    for answer in (first, second, BUSY, third):
        status = 503 if answer is BUSY else 200
        transport.answer([answer] if streamed and answer is not BUSY else answer, status=status)
    chat = ChatBuilder().with_model(BASE.with_transport(transport).build()).with_retry(SOON).build()
    response = await play(chat, Messages.from_user("Count."), streamed)
    assert (response.text, response.usage.input_tokens) == ("One, two, three.", 30)
    assert [body.get("continuationToken") for body in transport.bodies] == [None, "t1", "t2", "t2"]
    assert [notice.about for notice in response.notices] == ["retry"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_what_came_before_a_continuation_that_fails_stays_in_the_conversation(streamed: bool) -> None:
    signed = turn(
        {"text": "One, ", "thoughtSignature": "eA=="}, reason="CONTINUATION", continuationToken="t1"
    )
    signed |= {"usageMetadata": {"promptTokenCount": 10, "totalTokenCount": 10}}
    transport = FakeTransport().answer([signed] if streamed else signed)
    transport.answer(BUSY, status=503).answer(BUSY, status=503)
    chat = ChatBuilder().with_model(BASE.with_transport(transport).build()).with_retry(SOON).build()
    messages = Messages.from_user("Count.")
    with pytest.raises(Overloaded) as failure:
        await play(chat, messages, streamed)
    assert failure.value.usage is not None
    assert failure.value.usage.input_tokens == 10
    assert (messages[-1].text, messages[-1].interrupted) == ("One, ", True)
    native = messages[-1].parts[0].native
    assert native is not None
    assert native.data == {"thoughtSignature": "eA=="}
    assert len(transport.requests) == 3


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_turn_that_is_nothing_but_a_mistake_is_requested_again(streamed: bool) -> None:
    mistake = {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "print(add("}]}
    transport = FakeTransport()
    for answer in (mistake, turn({"text": "Hello"}), mistake, mistake):
        transport.answer([answer] if streamed else answer)
    chat = ChatBuilder().with_model(BASE.with_transport(transport).build()).with_retry(SOON).build()
    response = await play(chat, Messages.from_user("Hi"), streamed)
    assert (response.text, [notice.about for notice in response.notices]) == ("Hello", ["retry"])
    response = await play(
        chat, Messages.from_user("Hi"), streamed
    )  # and again in vain: then it is the response
    assert (response.text, response.raw_finish_reason) == ("", "MALFORMED_FUNCTION_CALL")
    assert [notice.about for notice in response.notices] == ["finish_reason", "retry"]
    assert len(transport.requests) == 4


async def test_tokens_are_counted_as_they_would_be_sent() -> None:
    transport = FakeTransport().answer({"totalTokens": 61})
    client = BASE.with_transport(transport).with_google_search().build()
    messages = Messages.from_system("Be terse.").add_user("What is the capital of France?")
    assert await client.count_tokens(messages, [ToolDefinition("add", "Add.")]) == 61
    assert transport.requests[0].url.endswith("/models/gemini-3.5-flash:countTokens")
    assert transport.last_body == {
        "generateContentRequest": {
            "model": "models/gemini-3.5-flash",
            "contents": [{"role": "user", "parts": [{"text": "What is the capital of France?"}]}],
            "systemInstruction": {"parts": [{"text": "Be terse."}]},
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": "add", "description": "Add.", "parametersJsonSchema": {}}
                    ]
                },
                {"googleSearch": {}},
            ],
            "toolConfig": {"includeServerSideToolInvocations": True},
        }
    }


async def test_models_are_listed_page_by_page() -> None:
    transport = (
        FakeTransport()
        .answer({"models": [{"name": "models/a"}], "nextPageToken": "a b"})
        .answer({"models": [{"name": "models/b"}]})
    )
    models = await BASE.with_transport(transport).build().list_models()
    assert [model.id for model in models] == ["a", "b"]
    base = "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000"
    assert [(request.method, request.url) for request in transport.requests] == [
        ("GET", base),
        ("GET", f"{base}&pageToken=a+b"),
    ]


async def test_an_error_has_the_servers_words_without_the_key() -> None:
    body = {
        "error": {
            "code": 400,
            "message": "API key a-secret-key not valid.",
            "status": "INVALID_ARGUMENT",
            "details": [{"reason": "API_KEY_INVALID"}],
        }
    }
    transport = FakeTransport().answer(body, status=400).answer(body, status=400)
    client = BASE.with_api_key("a-secret-key").with_transport(transport).build()
    chat = ChatBuilder().with_model(client).build()
    with pytest.raises(AuthenticationError) as failure:
        await chat.complete(Messages.from_user("Hi"))
    assert failure.value.message == "API key *** not valid."
    with pytest.raises(AuthenticationError):
        await client.list_models()


async def test_a_request_to_an_overloaded_server_is_retried_after_the_time_that_it_names() -> None:
    busy = {
        "error": {
            "code": 503,
            "message": "Busy.",
            "status": "UNAVAILABLE",
            "details": [{"retryDelay": "0.01s"}],
        }
    }
    transport = FakeTransport().answer(busy, status=503).answer(turn({"text": "Hello"}))
    policy = RetryPolicy(base_delay=0.001)
    chat = ChatBuilder().with_model(BASE.with_transport(transport).build()).with_retry(policy).build()
    response = await chat.complete(Messages.from_user("Hi"))
    assert (response.text, [notice.about for notice in response.notices]) == ("Hello", ["retry"])


async def test_what_was_not_sent_is_noticed_both_ways() -> None:
    transport = FakeTransport().answer(turn({"text": "Hello"})).answer([turn({"text": "Hello"})])
    client = BASE.with_function_calling_mode("AUTO").with_transport(transport).build()
    chat = ChatBuilder().with_model(client).build()
    whole = await chat.complete(Messages.from_user("Hi"))
    async with chat.stream(Messages.from_user("Hi")) as events:
        [flowing] = [event.response async for event in events if isinstance(event, Done)]
    assert (
        [notice.about for notice in whole.notices]
        == [notice.about for notice in flowing.notices]
        == ["function_calling_mode"]
    )


class City(BaseModel):
    """A city."""

    name: str
    country: str | None = None


async def test_typed_output_comes_out_typed_and_goes_back_as_it_came() -> None:
    said = '{"name": "Bern"}'
    pieces = [
        turn({"text": said[:5]}, reason=None),
        turn({"text": said[5:]}, reason=None),
        turn({"text": "", "thoughtSignature": "eA=="}),
    ]
    transport = FakeTransport().answer(pieces).answer(turn({"text": '{"name": "Rom"}'}))
    chat = (
        ChatBuilder().with_model(BASE.with_transport(transport).build()).with_structured_output(City).build()
    )
    messages = Messages.from_user("Which city?")
    async with chat.stream(messages) as events:
        [response] = [event.response async for event in events if isinstance(event, Done)]
    assert response.value == City(name="Bern")
    sent = transport.last_body["generationConfig"]
    assert sent == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {
            "type": "object",
            "description": "A city.",
            "properties": {
                "name": {"type": "string"},
                "country": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            },
            "required": ["name"],
        },
    }
    await chat.complete(messages.add_user("And another?"))
    contents: Any = transport.last_body["contents"]
    assert contents[1]["parts"] == [{"text": said}, {"text": "", "thoughtSignature": "eA=="}]


@tool
def look(place: str) -> list[object]:
    """Look at a place."""
    return [place, File.from_bytes(b"\x89PNG\r\n\x1a\n")]


async def test_a_tool_may_answer_with_a_picture() -> None:
    call = {
        "functionCall": {"id": "f1", "name": "look", "args": {"place": "Bern"}},
        "thoughtSignature": "eA==",
    }
    transport = FakeTransport().answer(turn(call)).answer(turn({"text": "A bear."}))
    chat = ChatBuilder().with_model(BASE.with_transport(transport).build()).with_tools([look]).build()
    response = await chat.complete(Messages.from_user("What is there?"))
    assert response.text == "A bear."
    contents: Any = transport.last_body["contents"]
    answer = contents[2]["parts"][0]["functionResponse"]
    assert answer["response"] == {"output": "Bern"}
    assert answer["parts"][0]["inlineData"]["mimeType"] == "image/png"


async def streamed(server: LoopbackServer, messages: Messages) -> list[object]:
    """The events of one turn of a client that is closed afterwards."""
    async with GeminiBuilder().with_base_url(server.url).with_model("gemini-3.5-flash").build() as client:
        chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=0)).build()
        async with chat.stream(messages) as events:
            return [event async for event in events]


def sse(*chunks: object, newline: str = "\r\n") -> bytes:
    return "".join(
        f"data: {json.dumps(chunk, ensure_ascii=False)}{newline}{newline}" for chunk in chunks
    ).encode()


@pytest.mark.parametrize("chunk", [1, 7, None])
@pytest.mark.parametrize(
    "written", [sse, lambda *chunks: json.dumps(chunks, indent=2).encode()], ids=["events", "array"]
)
async def test_a_real_stream_in_any_slices(chunk: int | None, written: Callable[..., bytes]) -> None:
    body = written(turn({"text": "Zü"}, reason=None), turn({"text": "rich 🏔"}))
    kind = "text/event-stream" if body.startswith(b"data") else "application/json"
    with LoopbackServer([Raw(body, kind, chunk=chunk)]) as server:
        said = await streamed(server, Messages.from_user("Where?"))
        assert server.requests[0].path == "/v1/models/gemini-3.5-flash:streamGenerateContent?alt=sse"
        assert "x-goog-api-key" not in server.requests[0].headers
    assert said[:-1] == [TextChunk("Zü"), TextChunk("rich 🏔")]


@pytest.mark.parametrize("cut_after", [1, 2])
async def test_a_real_stream_that_is_cut_raises_and_leaves_what_came(cut_after: int) -> None:
    body = sse(turn({"text": "Hel"}, reason=None), turn({"text": "lo"}))
    messages = Messages.from_user("Hi")
    with LoopbackServer([Raw(body, chunk=len(body) // 3, cut_after=cut_after)]) as server:
        with pytest.raises(StreamTruncated):
            await streamed(server, messages)
    assert messages[-1].role == "user" or (messages[-1].interrupted and messages[-1].text == "Hel")


async def test_an_error_that_stands_bare_among_the_events_is_that_error() -> None:
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    body = sse(turn({"text": "Hel"}, reason=None)) + json.dumps(error, indent=2).encode()
    with LoopbackServer([Raw(body)]) as server:
        with pytest.raises(Overloaded, match="The model is overloaded"):
            await streamed(server, Messages.from_user("Hi"))


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("named", [False, True], ids=["left out", "in the usage"])
async def test_the_tier_that_served_a_turn_is_in_its_usage_where_only_a_header_names_it(
    streamed: bool, named: bool
) -> None:
    usage = {"promptTokenCount": 3, **({"serviceTier": "flex"} if named else {})}
    frame = {
        "candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}],
        "usageMetadata": usage,
    }
    headers = {"x-gemini-service-tier": "priority"}
    transport = FakeTransport().answer([frame] if streamed else frame, headers=headers)
    client = (
        GeminiBuilder().with_api_key("k").with_model("gemini-3.8-flash").with_transport(transport).build()
    )
    if streamed:
        events = [event async for event in client.stream("Hello")]
        response = events[-1].response
    else:
        response = await client.complete("Hello")
    assert response.usage.raw == {**usage, "serviceTier": "flex" if named else "priority"}
    assert response.usage.input_tokens == 3


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_each_request_of_an_interrupted_turn_keeps_its_grounding(streamed: bool) -> None:
    transport = FakeTransport()
    for number, answer in enumerate([*interrupted()[:2], turn({"text": "three."})], 1):
        if number < 3:  # the last one has none
            chunks = [{"web": {"uri": f"https://example.com/{number}", "title": f"Page {number}"}}]
            answer["candidates"][0]["groundingMetadata"] = {"groundingChunks": chunks}
        transport.answer([answer] if streamed else answer)
    chat = ChatBuilder().with_model(BASE.with_transport(transport).build()).build()
    messages = Messages.from_user("Count.")
    await play(chat, messages, streamed)
    [text] = [part for part in messages[-1].parts if isinstance(part, Text)]
    assert [citation.url for citation in text.citations] == ["https://example.com/1", "https://example.com/2"]
