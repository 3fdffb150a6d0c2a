"""Whole conversations with a server that other people wrote, over a real socket: its script row by row, and
its chaos.

Every test has an `X-Test-Id` of its own, so that counters, chaos and the journal of requests are its own too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias
from uuid import uuid4

import anyio
import httpx
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    AuthenticationError,
    Chat,
    ChatBuilder,
    ChatError,
    ChatEvent,
    ChatOptions,
    ChatResponse,
    Complete,
    Completed,
    ConnectionFailed,
    Done,
    EventStream,
    HttpTransport,
    InvalidRequest,
    InvalidResponse,
    Messages,
    NotFound,
    Overloaded,
    Paused,
    ProviderError,
    RateLimited,
    Reasoning,
    ReasoningChunk,
    Request,
    RequireApproval,
    Response,
    RetryPolicy,
    ScopedCollection,
    StreamTruncated,
    Structured,
    StructuredChunk,
    StructuredResponse,
    Text,
    TextChunk,
    TimedOut,
    Tool,
    ToolCall,
    ToolCallChunk,
    ToolCalled,
    ToolResult,
    Usage,
    tool,
)
from chat_core.sync import SyncChat
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

Way: TypeAlias = Literal["complete", "stream"]

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "quickstart.py"
KEY = "sk-interop-secret"
HELLO = "Good day! A script in this repository wrote this."
NOTE = 'she says "ü", then \\ and\na line, 中 🌊'
UNICODE = "Größe, déjà vu: 仮名と漢字 🧭👩🏽‍🚀, a \u0000, a tab\tand\ntwo lines"
CUT = "Here is a long answer that nobody reads to its end, since its server hangs up after the third piece."
NO_RETRIES = RetryPolicy(max_retries=0)
AT_ONCE = RetryPolicy(base_delay=0.0)


@dataclass(frozen=True)
class Aimock:
    """The server, as one test sees it."""

    url: str
    test_id: str
    http: httpx.Client

    @property
    def builder(self) -> ChatCompletionsBuilder[Any, Any]:
        made = (
            ChatCompletionsBuilder().with_base_url(f"{self.url}/v1").with_model("gpt-5.6").with_api_key(KEY)
        )
        return made.with_header("X-Test-Id", self.test_id)

    def journal(self) -> list[dict[str, Any]]:
        """The requests received, oldest first, each with what became of it."""
        entries: list[dict[str, Any]] = self._control(
            "GET", "journal", params={"testId": self.test_id, "path": "/v1/chat/completions"}
        )
        return entries

    def bodies(self) -> list[dict[str, Any]]:
        """What the requests asked for."""
        return [entry["body"] for entry in self.journal()]

    def chaos(self, **rates: float) -> None:
        """From now on this share of the requests goes wrong."""
        self._control("POST", "chaos", json=rates)

    def _control(self, method: str, path: str, **request: Any) -> Any:
        answer = self.http.request(
            method, f"{self.url}/__aimock/{path}", headers={"X-Test-Id": self.test_id}, **request
        )
        return answer.raise_for_status().json()


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def aimock(aimock_url: str, http: httpx.Client) -> Aimock:
    return Aimock(aimock_url, uuid4().hex, http)


@pytest.fixture(params=["complete", "stream"])
def way(request: pytest.FixtureRequest) -> Way:
    way: Way = request.param
    return way


async def events_of(
    chat: Chat[Any, Any, Any], messages: Messages, seen: list[ChatEvent[Any]] | None = None
) -> list[ChatEvent[Any]]:
    """All events of a stream; of one that fails, `seen` has those before."""
    seen = [] if seen is None else seen
    async with chat.stream(messages) as events:
        async for event in events:
            seen.append(event)
    return seen


async def converse(chat: Chat[Any, Any, Any], messages: Messages, way: Way) -> Any:
    """What the conversation comes to, either way: a response, or `Paused`."""
    if way == "stream":
        *_, last = await events_of(chat, messages)
    else:
        last = await chat.complete(messages)
    return last.response if isinstance(last, Done | Complete) else last


class Weather:
    """A tool, and what it was called with."""

    def __init__(self) -> None:
        self.ran: list[dict[str, str]] = []
        self.ids: Counter[tuple[int, str]] = Counter()

    def tool(self, conversation: int = 0) -> Tool[..., object]:
        @tool
        def get_weather(call: ToolCall, city: str, note: str | None = None, unit: str | None = None) -> str:
            """Tell the weather in a city.

            Args:
                city: Its name.
            """
            given = {"city": city, "note": note, "unit": unit}
            self.ran.append({name: value for name, value in given.items() if value is not None})
            self.ids[conversation, call.id] += 1
            return f"18 degrees in {city}"

        return get_weather


@tool
def lookup(q: str) -> str:
    """Look something up."""
    return f"about {q}"


# The quickstart


def test_the_quickstart_holds_its_conversation_with_it(aimock: Aimock) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "OPENAI_BASE_URL")
    }
    environment |= {"CHAT_QUICKSTART_URL": f"{aimock.url}/v1?testId={aimock.test_id}", "PYTHONUTF8": "1"}
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(QUICKSTART)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    for line in (
        "[model calls] forecast(city='Zürich')",
        "[model calls] send_message(to='Ada', text='A walk along the lake?')",
        "[model] A walk along the lake. Ada does not know yet.",
        "activity='a walk along the lake', outdoors=True, take_along=['an umbrella'], mood='careful')",
    ):
        assert line in ran.stdout
    one, two, three, four = aimock.bodies()
    assert one["stream"] is two["stream"] is three["stream"] is True
    assert {offered["function"]["name"] for offered in one["tools"]} == {"forecast", "send_message"}
    assert two["messages"][-1]["content"].startswith("Zürich: 18 degrees")
    assert three["messages"][-1] == {
        "role": "tool",
        "tool_call_id": "call_message",
        "content": "Nobody was there to approve it.",
    }
    assert four["response_format"]["type"] == "json_schema"
    assert [message["role"] for message in four["messages"]] == [
        *("system", "user", "assistant", "tool", "assistant", "tool", "assistant", "user"),
    ]


# What the script says


async def test_a_text_arrives_with_its_usage_model_and_id(aimock: Aimock, way: Way) -> None:
    messages = Messages.from_system("Be brief.").add_user("greet me")
    async with aimock.builder.build() as client:
        response = await converse(ChatBuilder().with_model(client).build(), messages, way)

    assert isinstance(response, ChatResponse)
    assert (response.text, response.finish_reason, response.raw_finish_reason) == (HELLO, "stop", "stop")
    assert response.model == "gpt-5.6"
    assert response.id is not None
    assert response.id.startswith("chatcmpl-")
    assert response.usage.raw
    assert (response.usage.output_tokens, response.usage.total_tokens) == (
        13,
        response.usage.raw["total_tokens"],
    )
    assert response.notices == ()
    assert [message.role for message in messages] == ["system", "user", "model"]
    assert messages[-1].text == HELLO
    [asked] = aimock.bodies()
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "greet me"},
    ]
    assert asked.get("stream", False) is (way == "stream")


async def test_a_stream_says_the_text_piece_by_piece(aimock: Aimock) -> None:
    async with aimock.builder.build() as client:
        events = await events_of(ChatBuilder().with_model(client).build(), Messages.from_user("greet me"))

    chunks = [event.text for event in events if isinstance(event, TextChunk)]
    assert len(chunks) > 1
    assert "".join(chunks) == HELLO
    assert isinstance(events[-1], Done)
    assert len(events) == len(chunks) + 1


async def test_the_conversation_goes_on_over_several_turns(aimock: Aimock, way: Way) -> None:
    messages = Messages.from_user("greet me")
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).build()
        await converse(chat, messages, way)
        response = await converse(chat, messages.add_user("now think first"), way)

    assert response.text == "It makes ten."
    assert [message["role"] for message in aimock.bodies()[-1]["messages"]] == ["user", "assistant", "user"]
    assert aimock.bodies()[-1]["messages"][1]["content"] == HELLO


def test_the_same_from_synchronous_code(aimock: Aimock) -> None:
    messages = Messages.from_user("greet me")
    with SyncChat(ChatBuilder().with_model(aimock.builder.build()).build()) as chat:
        assert chat.complete(messages).text == HELLO
        with chat.stream(messages.add_user("greet me again")) as events:
            assert "".join(event.text for event in events if isinstance(event, TextChunk)) == HELLO


async def test_a_tool_runs_on_exactly_the_arguments_sent_and_the_model_gets_the_result(
    aimock: Aimock, way: Way
) -> None:
    weather = Weather()
    messages = Messages.from_user("What is the weather in Lisbon?")
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_tools([weather.tool()]).build()
        response = await converse(chat, messages, way)

    assert response.text == "Lisbon has 18 degrees."
    assert weather.ran == [{"city": "Lisbon", "note": NOTE}]
    call = messages.find_tool("call_lisbon")
    assert (call.name, call.arguments) == ("get_weather", {"city": "Lisbon", "note": NOTE})
    assert call.status == Completed("18 degrees in Lisbon")
    first, second = aimock.bodies()
    [offered] = first["tools"]
    assert offered["function"]["name"] == "get_weather"
    assert offered["function"]["description"] == "Tell the weather in a city."
    assert set(offered["function"]["parameters"]["properties"]) == {"city", "note", "unit"}
    asked, told = second["messages"][-2:]
    assert json.loads(asked["tool_calls"][0]["function"]["arguments"]) == call.arguments
    assert told == {"role": "tool", "tool_call_id": "call_lisbon", "content": "18 degrees in Lisbon"}


async def test_a_streamed_tool_call_is_seen_to_come_whole_to_be_called_and_to_be_resolved(
    aimock: Aimock,
) -> None:
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_tools([Weather().tool()]).build()
        events = await events_of(chat, Messages.from_user("weather"))

    kinds = [type(event) for event in events]
    chunks = [event for event in events if isinstance(event, ToolCallChunk)]
    assert json.loads("".join(chunk.arguments for chunk in chunks)) == {"city": "Lisbon", "note": NOTE}
    assert {(chunk.id, chunk.name) for chunk in chunks} == {("call_lisbon", "get_weather")}
    assert list(dict.fromkeys(kinds)) == [ToolCallChunk, ToolCalled, ToolResult, TextChunk, Done]
    assert kinds.count(ToolCalled) == kinds.count(ToolResult) == kinds.count(Done) == 1


async def test_two_calls_of_one_turn_run_side_by_side_and_are_answered_in_their_order(
    aimock: Aimock, way: Way
) -> None:
    bergen_done = anyio.Event()

    @tool
    async def get_weather(city: str, unit: str) -> str:
        """Tell the weather in a city."""
        with anyio.fail_after(10):
            if city == "Rome":
                await bergen_done.wait()  # the first can end only while the second runs beside it
            else:
                bergen_done.set()
        return f"{city} in {unit}"

    messages = Messages.from_user("the weather here and there")
    async with aimock.builder.build() as client:
        response = await converse(
            ChatBuilder().with_model(client).with_tools([get_weather]).build(), messages, way
        )

    assert response.text == "Rome is dry, Bergen is wet."
    assert [call.id for call in messages.calls] == ["call_rome", "call_bergen"]
    first, second = (entry["body"] for entry in aimock.journal())
    assert len(first["messages"]) == 1
    assert [call["id"] for call in second["messages"][1]["tool_calls"]] == ["call_rome", "call_bergen"]
    assert second["messages"][2:] == [
        {"role": "tool", "tool_call_id": "call_rome", "content": "Rome in celsius"},
        {"role": "tool", "tool_call_id": "call_bergen", "content": "Bergen in celsius"},
    ]


async def test_a_tool_is_called_without_arguments(aimock: Aimock, way: Way) -> None:
    ran: list[str] = []

    @tool
    def current_time() -> str:
        """Tell the time."""
        ran.append("now")
        return "12:00"

    messages = Messages.from_user("what time is it")
    async with aimock.builder.build() as client:
        response = await converse(
            ChatBuilder().with_model(client).with_tools([current_time]).build(), messages, way
        )

    assert (response.text, ran) == ("It is noon.", ["now"])
    assert messages.find_tool("call_clock").arguments == {}


@pytest.mark.parametrize(
    ("said", "text", "query", "final"),
    [
        ("say, then call", "I look it up first.", "tides", "The tide turns at six."),
        ("call, then say", "The call stands before these words.", "moon", "The moon is new."),
    ],
)
async def test_a_turn_holds_text_and_a_call(
    aimock: Aimock, way: Way, said: str, text: str, query: str, final: str
) -> None:
    messages = Messages.from_user(said)
    async with aimock.builder.build() as client:
        response = await converse(
            ChatBuilder().with_model(client).with_tools([lookup]).build(), messages, way
        )

    assert response.text == final
    mixed = messages[1]
    assert (mixed.text, [call.arguments for call in mixed.tool_calls]) == (text, [{"q": query}])
    assert mixed.tool_calls[0].status == Completed(f"about {query}")
    sent_back = aimock.bodies()[-1]["messages"][1]
    assert sent_back["content"] == text
    assert len(sent_back["tool_calls"]) == 1


async def test_an_unknown_tool_is_answered_to_the_model(aimock: Aimock, way: Way) -> None:
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_tools([lookup]).build()
        response = await converse(chat, Messages.from_user("weather"), way)

    assert response.text == "Lisbon has 18 degrees."
    assert (
        aimock.bodies()[-1]["messages"][-1]["content"] == "There is no tool 'get_weather'. There are: lookup."
    )


async def test_reasoning_comes_apart_from_the_text(aimock: Aimock, way: Way) -> None:
    messages = Messages.from_user("think first")
    async with aimock.builder.build() as client:
        response = await converse(ChatBuilder().with_model(client).build(), messages, way)

    assert response.reasoning == "Three times three is nine. One more is ten."
    assert response.text == "It makes ten."
    assert [type(part) for part in messages[-1].parts] == [Reasoning, Text]
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (
        11,
        29,
        40,
    )


async def test_streamed_reasoning_comes_before_the_text(aimock: Aimock) -> None:
    async with aimock.builder.build() as client:
        events = await events_of(ChatBuilder().with_model(client).build(), Messages.from_user("think first"))

    assert list(dict.fromkeys(type(event) for event in events)) == [ReasoningChunk, TextChunk, Done]


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


GRACE = Person(name="Grace", age=45, tags=["compilers", "navy"])


async def test_a_structured_answer_is_a_value_of_the_requested_type(aimock: Aimock, way: Way) -> None:
    messages = Messages.from_user("a person as data")
    async with aimock.builder.build() as client:
        response = await converse(
            ChatBuilder().with_model(client).with_structured_output(Person).build(), messages, way
        )

    assert isinstance(response, StructuredResponse)
    assert response.value == GRACE
    [part] = messages[-1].parts
    assert isinstance(part, Structured)
    assert part.value == GRACE.model_dump()
    [asked] = aimock.bodies()
    assert asked["response_format"]["type"] == "json_schema"
    assert set(asked["response_format"]["json_schema"]["schema"]["properties"]) == {"name", "age", "tags"}


async def test_a_streamed_structured_answer_grows(aimock: Aimock) -> None:
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_structured_output(Person).build()
        events = await events_of(chat, Messages.from_user("a person as data"))

    snapshots = [event.value for event in events if isinstance(event, StructuredChunk)]
    assert len(snapshots) > 1
    assert snapshots[-1] == GRACE.model_dump()


async def test_an_answer_of_another_type_is_an_error_that_holds_it(aimock: Aimock, way: Way) -> None:
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_structured_output(Person).build()
        with pytest.raises(InvalidResponse, match="does not fit the type") as raised:
            await converse(chat, Messages.from_user("greet me"), way)

    assert raised.value.response is not None
    assert raised.value.response.text == HELLO


async def test_a_turn_cut_at_the_token_limit_says_so(aimock: Aimock, way: Way) -> None:
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).with_options(ChatOptions(max_tokens=3)).build()
        response = await converse(chat, Messages.from_user("run out of tokens"), way)

    assert (response.text, response.finish_reason) == ("No room for", "length")
    assert aimock.bodies()[0]["max_tokens"] == 3


async def test_unicode_arrives_as_it_was_sent(aimock: Aimock, way: Way) -> None:
    messages = Messages.from_user("odd characters")
    async with aimock.builder.build() as client:
        response = await converse(ChatBuilder().with_model(client).build(), messages, way)
        await converse(
            ChatBuilder().with_model(client).build(), messages.add_user("greet me 漢字 😀\u2028"), way
        )

    assert response.text == UNICODE
    *_, assistant, user = aimock.bodies()[-1]["messages"]
    assert (assistant["content"], user["content"]) == (UNICODE, "greet me 漢字 😀\u2028")
    assert Messages.from_json(messages.to_json()) == messages


async def test_id_model_fingerprint_and_usage_are_what_the_server_says(aimock: Aimock, way: Way) -> None:
    async with aimock.builder.build() as client:
        response = await converse(
            ChatBuilder().with_model(client).build(), Messages.from_user("fixed fields"), way
        )

    assert (response.text, response.id, response.model) == (
        "all fields are fixed",
        "chatcmpl-of-the-script",
        "model-of-the-script",
    )
    assert response.usage == Usage(input_tokens=90, output_tokens=30, total_tokens=120)
    assert response.raw is not None
    assert response.raw["system_fingerprint"] == "fp_script"


# Time limits, cuts and leaving


async def test_a_slow_stream_is_waited_for_within_the_limits(aimock: Aimock) -> None:
    async with aimock.builder.with_timeout(10.0, first_event=5.0, idle=5.0).build() as client:
        response = await converse(
            ChatBuilder().with_model(client).build(), Messages.from_user("drip slowly"), "stream"
        )

    assert response.text == "drip drip drip drip"


async def test_a_first_event_that_takes_too_long_times_out(aimock: Aimock) -> None:
    messages = Messages.from_user("drip slowly")
    async with aimock.builder.with_timeout(first_event=0.1).build() as client:
        with pytest.raises(TimedOut) as raised:
            await converse(ChatBuilder().with_model(client).build(), messages, "stream")

    assert (raised.value.limit, raised.value.seconds, raised.value.retryable) == ("first_event", 0.1, False)
    assert len(messages) == len(aimock.journal()) == 1


async def test_a_server_that_does_not_even_begin_to_answer_times_out(aimock: Aimock, way: Way) -> None:
    builder = aimock.builder.with_header("X-AIMock-Chaos-Latency", "10000").with_timeout(first_event=0.1)
    async with builder.build() as client:
        with anyio.fail_after(5), pytest.raises(TimedOut) as raised:
            await converse(ChatBuilder().with_model(client).build(), Messages.from_user("greet me"), way)

    assert (raised.value.limit, raised.value.seconds) == ("first_event", 0.1)


async def test_a_stream_that_pauses_after_its_first_frame_times_out(aimock: Aimock) -> None:
    messages = Messages.from_user("drip slowly")
    async with aimock.builder.with_timeout(idle=0.03, first_event=30).build() as client:
        with pytest.raises(TimedOut) as raised:
            await converse(ChatBuilder().with_model(client).build(), messages, "stream")

    assert (raised.value.limit, raised.value.seconds) == ("idle", 0.03)
    assert len(messages) == len(aimock.journal()) == 1  # the first frame names the role, and nothing else


async def test_a_stream_that_takes_too_long_times_out_and_what_came_is_kept(aimock: Aimock) -> None:
    messages = Messages.from_user("drip for long")
    async with aimock.builder.with_timeout(total=2).build() as client:
        with pytest.raises(TimedOut) as raised:
            await converse(ChatBuilder().with_model(client).build(), messages, "stream")

    assert (raised.value.limit, raised.value.seconds) == ("total", 2)
    assert messages[-1].interrupted
    assert ("drip " * 120).startswith(messages[-1].text)
    assert messages[-1].text
    assert len(aimock.journal()) == 1


async def test_a_cut_stream_is_an_error_with_what_came_and_the_conversation_can_go_on(aimock: Aimock) -> None:
    messages = Messages.from_user("break off")
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).build()
        seen: list[ChatEvent[Any]] = []
        with pytest.raises(StreamTruncated) as raised:
            await events_of(chat, messages, seen)
        assert len(aimock.journal()) == 1  # something had been seen, so it was not tried again

        response = await chat.complete(messages.add_user("greet me"))

    partial = "".join(event.text for event in seen if isinstance(event, TextChunk))
    assert partial
    assert CUT.startswith(partial)
    assert raised.value.partial.text == partial
    assert raised.value.partial.message.interrupted
    assert (messages[1].text, messages[1].interrupted) == (partial, True)
    assert response.text == HELLO
    assert [message.interrupted for message in messages] == [False, True, False, False]
    assert aimock.bodies()[-1]["messages"][1] == {"role": "assistant", "content": partial}


async def test_leaving_a_stream_keeps_what_came_and_the_client_goes_on(aimock: Aimock) -> None:
    messages = Messages.from_user("drip slowly")
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).build()
        async with chat.stream(messages) as events:
            async for _ in events:
                break
        assert (messages[-1].text, messages[-1].interrupted) == ("drip ", True)
        assert (await chat.complete(messages.add_user("greet me"))).text == HELLO


async def test_cancelling_a_stream_keeps_what_came(aimock: Aimock) -> None:
    messages = Messages.from_user("drip slowly")
    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).build()
        with anyio.CancelScope() as scope:
            async with chat.stream(messages) as events:
                async for _ in events:
                    scope.cancel()

    assert scope.cancelled_caught
    assert (messages[-1].text, messages[-1].interrupted) == ("drip ", True)


# Errors and retries


@pytest.mark.parametrize(
    ("status", "kind", "code", "message", "retryable"),
    [
        (400, InvalidRequest, "unknown_model", "There is no such model", False),
        (401, AuthenticationError, "authentication_error", "This key opens nothing", False),
        (429, RateLimited, "rate_limit_error", "Too many requests", True),
        (500, ProviderError, "server_error", "Something broke", True),
        (529, Overloaded, "overloaded_error", "Everybody is here", True),
    ],
)
async def test_an_error_status_is_the_error_it_means(
    aimock: Aimock, way: Way, status: int, kind: type[ProviderError], code: str, message: str, retryable: bool
) -> None:
    messages = Messages.from_user(f"fail with {status}")
    async with aimock.builder.build() as client:
        with pytest.raises(ProviderError) as raised:
            await converse(ChatBuilder().with_model(client).with_retry(NO_RETRIES).build(), messages, way)

    error = raised.value
    assert type(error) is kind
    assert (error.status, error.code, error.message, error.retryable) == (status, code, message, retryable)
    assert error.retry_after == (2.0 if status == 429 else None)
    assert KEY not in repr(error) + str(error)
    [entry] = aimock.journal()
    assert error.request_id == entry["headers"]["x-request-id"]
    assert entry["response"]["status"] == status
    assert len(messages) == 1


async def test_what_the_script_does_not_know_is_not_found(aimock: Aimock, way: Way) -> None:
    async with aimock.builder.build() as client:
        with pytest.raises(NotFound):
            await converse(ChatBuilder().with_model(client).build(), Messages.from_user("???"), way)


async def test_the_third_time_is_lucky(aimock: Aimock, way: Way) -> None:
    messages = Messages.from_user("third time")
    async with aimock.builder.build() as client:
        started = anyio.current_time()
        response = await converse(ChatBuilder().with_model(client).with_retry(AT_ONCE).build(), messages, way)
        took = anyio.current_time() - started

    assert response.text == "here at last"
    assert took >= 1.0  # Retry-After is the floor
    assert [entry["response"]["status"] for entry in aimock.journal()] == [429, 503, 200]
    assert [notice.about for notice in response.notices] == ["retry", "retry"]
    assert len(messages) == 2


@pytest.mark.parametrize(
    ("said", "policy", "requests"),
    [
        ("fail with 529", AT_ONCE, 3),
        ("fail with 500", RetryPolicy(max_retries=1, base_delay=0.0), 2),
        ("fail with 400", AT_ONCE, 1),
        ("fail with 429", RetryPolicy(base_delay=0.0, max_retry_after=1.0), 1),
    ],
)
async def test_a_failure_is_tried_again_only_as_often_as_may_help(
    aimock: Aimock, way: Way, said: str, policy: RetryPolicy, requests: int
) -> None:
    async with aimock.builder.build() as client:
        with pytest.raises(ProviderError):
            await converse(
                ChatBuilder().with_model(client).with_retry(policy).build(), Messages.from_user(said), way
            )

    bodies = aimock.bodies()
    assert len(bodies) == requests
    assert all(body == bodies[0] for body in bodies)


# Embeddings and models


async def test_embeddings_come_one_per_input(aimock: Aimock) -> None:
    async with aimock.builder.with_embeddings().build() as client:
        chat = ChatBuilder().with_model(client).build()
        known = await chat.embed("a known vector")
        others = await chat.embed(["one", "two"])
        again = await chat.embed(["one", "two"])

    [embedding] = known.embeddings
    assert list(embedding.vector) == [0.5, -0.25, 0.125, -0.75]
    one, two = others.embeddings
    assert len(one) == len(two) > 5
    assert [item.vector for item in others.embeddings] == [item.vector for item in again.embeddings]
    assert others.model == "gpt-5.6"


async def test_the_models_are_listed(aimock: Aimock) -> None:
    async with aimock.builder.build() as client:
        models = await client.list_models()

    assert {"gpt-4o", "text-embedding-3-small"} <= {model.id for model in models}
    assert all(model.raw["owned_by"] == "aimock" for model in models)


# Approval


def asking(weather: Weather, client: Any) -> Chat[Any, Any, Any]:
    """A chat whose tool waits for a person."""
    tools = ScopedCollection([weather.tool()], lambda call, meta: RequireApproval("is this city ours?"))
    return ChatBuilder().with_model(client).with_scoped_tools(tools).build()


async def test_an_approved_call_runs_after_a_restart_and_the_conversation_ends(
    aimock: Aimock, way: Way
) -> None:
    weather = Weather()
    messages = Messages.from_user("weather")
    async with aimock.builder.build() as client:
        paused = await converse(asking(weather, client), messages, way)
    assert isinstance(paused, Paused)
    assert [call.id for call in paused.reason.approvals] == ["call_lisbon"]
    assert paused.response.usage.output_tokens is not None
    assert weather.ran == []
    assert len(aimock.journal()) == 1

    restored = Messages.from_json(messages.to_json())
    assert restored == messages
    async with aimock.builder.build() as client:
        still = await converse(asking(weather, client), restored, way)
        assert isinstance(still, Paused)  # nobody has decided, so nothing is asked or run
        restored.find_tool("call_lisbon").approve(by="Ada")
        response = await converse(asking(weather, client), restored, way)

    assert response.text == "Lisbon has 18 degrees."
    assert weather.ran == [{"city": "Lisbon", "note": NOTE}]
    assert len(aimock.journal()) == 2


async def test_an_edited_approval_is_what_runs_and_what_the_model_reads(aimock: Aimock, way: Way) -> None:
    weather = Weather()
    messages = Messages.from_user("weather")
    async with aimock.builder.build() as client:
        await converse(asking(weather, client), messages, way)
        messages = Messages.from_json(messages.to_json())
        messages.find_tool("call_lisbon").approve({"city": "Bergen"})
        response = await converse(asking(weather, client), messages, way)

    assert isinstance(response, ChatResponse)
    assert weather.ran == [{"city": "Bergen"}]
    result = aimock.bodies()[-1]["messages"][-1]["content"]
    assert result.startswith("(A reviewer changed the arguments to")
    assert result.endswith("18 degrees in Bergen")


async def test_of_two_calls_one_is_approved_and_one_rejected_in_either_order(
    aimock: Aimock, way: Way
) -> None:
    weather = Weather()
    messages = Messages.from_user("weather here and there")
    async with aimock.builder.build() as client:
        chat = asking(weather, client)
        await converse(chat, messages, way)
        messages.find_tool("call_bergen").approve()
        still = await converse(chat, messages, way)
        assert isinstance(still, Paused)
        assert [call.id for call in still.reason.calls] == ["call_rome"]
        messages = Messages.from_json(messages.to_json())
        messages.find_tool("call_rome").reject("not ours")
        response = await converse(chat, messages, way)

    assert response.text == "Rome is dry, Bergen is wet."
    assert weather.ran == [{"city": "Bergen", "unit": "celsius"}]
    assert [message["content"] for message in aimock.bodies()[-1]["messages"][2:]] == [
        "not ours",
        "18 degrees in Bergen",
    ]


# Chaos


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("Drop", ProviderError),
        ("Malformed", InvalidResponse),
        ("Disconnect", ConnectionFailed),
        ("Ratelimit", RateLimited),
    ],
)
async def test_chaos_comes_out_as_what_it_is(
    aimock: Aimock, way: Way, mode: str, kind: type[ChatError]
) -> None:
    messages = Messages.from_user("greet me")
    async with aimock.builder.with_header(f"X-AIMock-Chaos-{mode}", "1.0").build() as client:
        chat = ChatBuilder().with_model(client).with_retry(NO_RETRIES).build()
        with pytest.raises(ChatError) as raised:
            await converse(chat, messages, way)

    assert type(raised.value) is kind
    assert KEY not in str(raised.value)
    if isinstance(raised.value, ProviderError):
        assert raised.value.status == (500 if mode == "Drop" else 429)
        assert raised.value.retryable
    assert len(messages) == len(aimock.journal()) == 1


@pytest.mark.parametrize(("mode", "requests"), [("Drop", 3), ("Malformed", 1), ("Disconnect", 3)])
async def test_only_what_may_pass_is_tried_again(aimock: Aimock, way: Way, mode: str, requests: int) -> None:
    async with aimock.builder.with_header(f"X-AIMock-Chaos-{mode}", "1.0").build() as client:
        chat = ChatBuilder().with_model(client).with_retry(AT_ONCE).build()
        with pytest.raises(ChatError):
            await converse(chat, Messages.from_user("greet me"), way)

    assert len(aimock.journal()) == requests


async def test_chaos_after_a_tool_ran_does_not_run_it_again(aimock: Aimock, way: Way) -> None:
    weather = Weather()
    messages = Messages.from_user("weather")
    async with aimock.builder.build() as client:
        chat = (
            ChatBuilder()
            .with_model(client)
            .with_tools([upset(aimock, weather.tool())])
            .with_retry(AT_ONCE)
            .build()
        )
        with pytest.raises(ProviderError) as raised:
            await converse(chat, messages, way)
        assert messages[1].turn is not None
        assert raised.value.usage is not None
        assert (
            raised.value.usage.total_tokens == messages[1].turn.usage.total_tokens
        )  # what had been spent by then
        messages = Messages.from_json(messages.to_json())
        aimock.chaos(dropRate=0)
        response = await converse(chat, messages, way)

    assert response.text == "Lisbon has 18 degrees."
    assert len(weather.ran) == 1
    assert [entry["response"]["status"] for entry in aimock.journal()] == [200, 500, 500, 500, 200]


def upset(aimock: Aimock, inner: Tool[..., object]) -> Tool[..., object]:
    """The same tool, after which the server drops every request."""

    @tool(name=inner.name)
    def troublesome(call: ToolCall, city: str, note: str | None = None) -> object:
        aimock.chaos(dropRate=1)
        return inner(call, city, note)

    return troublesome


@dataclass
class Counting:
    """A transport that counts what it is given."""

    inner: HttpTransport = field(default_factory=HttpTransport)
    requests: int = 0

    async def send(self, request: Request, /) -> Response:
        self.requests += 1
        return await self.inner.send(request)

    def stream(self, request: Request, /) -> AbstractAsyncContextManager[EventStream]:
        self.requests += 1
        return self.inner.stream(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


ASKED = {
    "greet me": (HELLO, set[str]()),
    "weather": ("Lisbon has 18 degrees.", {"call_lisbon"}),
    "weather here and there": ("Rome is dry, Bergen is wet.", {"call_rome", "call_bergen"}),
}


def conversations(count: int) -> Iterator[tuple[int, str, Way]]:
    """Each question both ways, over and over."""
    ways: tuple[Way, ...] = ("complete", "stream")
    cases = [(said, way) for said in ASKED for way in ways]
    return ((number, *cases[number % len(cases)]) for number in range(count))


async def test_amid_chaos_every_conversation_is_right_or_an_error_and_no_call_runs_twice(
    aimock: Aimock,
) -> None:
    weather = Weather()
    transport = Counting()
    errors: Counter[type[ChatError]] = Counter()
    turns = 0

    async def hold(number: int, said: str, way: Way) -> None:
        """Carry one conversation to its end, going on after every error."""
        nonlocal turns
        chat = ChatBuilder().with_model(client).with_tools([weather.tool(number)]).with_retry(AT_ONCE).build()
        messages = Messages.from_user(said)
        text, calls = ASKED[said]
        for _ in range(50):
            try:
                response = await converse(chat, messages, way)
            except ChatError as error:
                errors[type(error)] += 1
            else:
                assert (response.text, response.finish_reason) == (text, "stop")
                assert {call.id for call in messages.calls} == calls
                assert all(isinstance(call.status, Completed) for call in messages.calls)
                assert not any(message.interrupted for message in messages)
                turns += sum(message.role == "model" for message in messages)
                return
        raise AssertionError(f"{said!r} was not answered in 50 attempts")

    aimock.chaos(dropRate=0.2, malformedRate=0.1, disconnectRate=0.1)
    async with aimock.builder.with_transport(transport).build() as client:
        async with anyio.create_task_group() as tasks:
            for number, said, way in conversations(60):
                tasks.start_soon(hold, number, said, way)

    journal = aimock.journal()
    struck = Counter(entry["response"].get("chaosAction") for entry in journal)
    assert len(journal) == transport.requests
    assert struck.keys() == {None, "drop", "malformed", "disconnect"}
    assert struck[None] == turns == 60 // 3 * (1 + 2 + 2)  # a request that was answered was never sent again
    assert errors.keys() <= {ProviderError, InvalidResponse, ConnectionFailed}
    assert errors[InvalidResponse] == struck["malformed"]  # it is not tried again, so each came out
    assert set(weather.ids.values()) == {1}
    assert len(weather.ids) == 60 // 3 * (0 + 1 + 2)


async def test_of_many_streams_over_one_client_only_the_cut_ones_fail(aimock: Aimock) -> None:
    cut: list[str] = []
    whole: list[str] = []

    async def ask(said: str) -> None:
        try:
            whole.append((await converse(chat, Messages.from_user(said), "stream")).text)
        except StreamTruncated as error:
            cut.append(error.partial.text)

    async with aimock.builder.build() as client:
        chat = ChatBuilder().with_model(client).build()
        async with anyio.create_task_group() as tasks:
            for said in ("break off", "odd characters", "greet me") * 10:
                tasks.start_soon(ask, said)

    assert Counter(whole) == {UNICODE: 10, HELLO: 10}
    assert len(cut) == 10
    assert all(CUT.startswith(text) for text in cut)
