"""Whole conversations on Gemini's wire with a server that other people wrote, over a real socket."""

from __future__ import annotations

import json
from typing import Any, Literal, TypeAlias
from uuid import uuid4

import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ConnectionFailed,
    Done,
    InvalidRequest,
    Messages,
    Overloaded,
    ProviderError,
    RateLimited,
    RetryPolicy,
    StreamTruncated,
    tool,
)
from chat_core.realtime import RealtimeSession
from chat_core.transport import HttpTransport, Request, Socket
from chat_gemini import GeminiBuilder
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

Way: TypeAlias = Literal["complete", "stream"]
NO_RETRIES = RetryPolicy(max_retries=0)


@pytest.fixture(params=["complete", "stream"])
def way(request: pytest.FixtureRequest) -> Way:
    way: Way = request.param
    return way


@tool
def get_weather(city: str, note: str | None = None, unit: str | None = None) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


@tool
def lookup(q: str) -> str:
    """Look something up."""
    return f"about {q}"


@tool
def current_time() -> str:
    """Tell the time."""
    return "noon"


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


async def asked(
    url: str,
    question: str,
    way: Way,
    *tools: Any,
    output: type[Any] | None = None,
    retry: RetryPolicy = NO_RETRIES,
) -> tuple[Any, Messages]:
    """The response to a question, and the conversation that it came to."""
    messages = Messages.from_user(question)
    builder = GeminiBuilder().with_base_url(url).with_model("gemini-3.5-flash").with_api_key("interop-secret")
    async with builder.with_header("X-Test-Id", uuid4().hex).build() as client:
        chat = ChatBuilder().with_model(client).with_tools([*tools]).with_retry(retry)
        built: Any = (chat if output is None else chat.with_structured_output(output)).build()
        if way == "complete":
            return await built.complete(messages), messages
        async with built.stream(messages) as events:
            [response] = [event.response async for event in events if isinstance(event, Done)]
            return response, messages


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("greet me", "Good day! A script in this repository wrote this."),
        ("odd characters", "Größe, déjà vu: 仮名と漢字 🧭👩🏽‍🚀, a \u0000, a tab\tand\ntwo lines"),
        ("drip slowly", "drip drip drip drip"),
    ],
)
async def test_it_answers(aimock_url: str, question: str, answer: str, way: Way) -> None:
    response, _ = await asked(aimock_url, question, way)
    assert (response.text, response.finish_reason) == (answer, "stop")


async def test_it_thinks(aimock_url: str, way: Way) -> None:
    response, _ = await asked(aimock_url, "think first", way)
    assert (response.reasoning, response.text) == (
        "Three times three is nine. One more is ten.",
        "It makes ten.",
    )


NOTE = 'she says "ü", then \\ and\na line, 中 🌊'
TWO = [{"city": "Rome", "unit": "celsius"}, {"city": "Bergen", "unit": "celsius"}]


@pytest.mark.parametrize(
    ("question", "answer", "arguments"),
    [
        ("weather", "Lisbon has 18 degrees.", [{"city": "Lisbon", "note": NOTE}]),
        ("weather here and there", "Rome is dry, Bergen is wet.", TWO),
    ],
)
async def test_it_calls_tools_and_reads_what_they_say(
    aimock_url: str, question: str, answer: str, arguments: list[dict[str, str]], way: Way
) -> None:
    response, messages = await asked(aimock_url, question, way, get_weather)
    assert response.text == answer
    calls = messages.calls
    assert [call.arguments for call in calls] == arguments
    assert [call.outcome() for call in calls] == [f"18 degrees in {call.arguments['city']}" for call in calls]


@pytest.mark.parametrize("question", ["say, then call", "call, then say"])
async def test_the_order_of_parts_is_kept(aimock_url: str, question: str, way: Way) -> None:
    _, messages = await asked(aimock_url, question, way, lookup)
    kinds = [part.type for part in messages[1].parts]
    assert kinds == (["text", "tool_call"] if question == "say, then call" else ["tool_call", "text"])


async def test_its_output_is_typed(aimock_url: str, way: Way) -> None:
    response, _ = await asked(aimock_url, "a person as data", way, output=Person)
    assert response.value == Person(name="Grace", age=45, tags=["compilers", "navy"])


async def test_it_stops_at_length(aimock_url: str, way: Way) -> None:
    response, _ = await asked(aimock_url, "run out of tokens", way)
    assert (response.text, response.finish_reason, response.raw_finish_reason) == (
        "No room for",
        "length",
        "MAX_TOKENS",
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationError),
        (429, RateLimited),
        (500, ProviderError),
        (529, Overloaded),
    ],
)
async def test_its_errors_are_ours(aimock_url: str, status: int, kind: type[ProviderError], way: Way) -> None:
    with pytest.raises(kind) as failure:
        await asked(aimock_url, f"fail with {status}", way)
    assert failure.value.status == status
    assert failure.value.retry_after == (2 if status == 429 else None)
    assert "interop-secret" not in repr(failure.value)


async def test_it_is_requested_again(aimock_url: str, way: Way) -> None:
    response, _ = await asked(aimock_url, "third time", way, retry=RetryPolicy(base_delay=0.0))
    assert response.text == "here at last"
    assert [notice.about for notice in response.notices] == ["retry", "retry"]


async def test_a_connection_that_it_drops_is_a_cut(aimock_url: str) -> None:
    with pytest.raises(StreamTruncated) as cut:
        await asked(aimock_url, "break off", "stream")
    assert "Here is a long answer".startswith(cut.value.partial.text[:20])
    assert cut.value.partial.message.interrupted
    assert isinstance(cut.value.__cause__, ConnectionFailed | None)


class CamelSocket:
    """A socket that sends the messages of a session under names in camel case, the only ones aimock knows."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self.receive, self.aclose = socket.receive, socket.aclose

    @property
    def close_code(self) -> int | None:
        return self._socket.close_code

    @property
    def close_reason(self) -> str:
        return self._socket.close_reason

    async def send(self, message: str | bytes, /) -> None:
        [(name, body)] = json.loads(message).items()
        first, *rest = name.split("_")
        await self._socket.send(json.dumps({first + "".join(map(str.capitalize, rest)): body}))


class CamelTransport(HttpTransport):
    """A transport of such sockets."""

    async def connect(self, request: Request, /) -> Any:
        return CamelSocket(await super().connect(request))


async def test_a_session_of_the_live_api_answers_a_text_and_a_tool(aimock_url: str) -> None:
    builder = (
        GeminiBuilder().with_model("gemini-3.1-flash-live-preview").with_base_url(f"{aimock_url}/v1beta")
    )
    live = builder.with_api_key("test-key").with_transport(CamelTransport()).with_realtime()
    async with live.build() as client:
        async with ChatBuilder().with_model(client).with_tools([get_weather]).build().session() as session:
            await session.send("greet me")
            assert (await _turns(session, 1)).endswith("A script in this repository wrote this.")
            await session.send("weather")
            assert await _turns(session, 2) == "Lisbon has 18 degrees."
        [call] = session.messages.calls
        assert (call.name, call.arguments["city"]) == ("get_weather", "Lisbon")
        assert call.outcome() == "18 degrees in Lisbon"
        assert [message.role for message in session.messages] == ["user", "model", "user", "model", "model"]


async def _turns(session: RealtimeSession, count: int) -> str:
    """The text of the last of some responses."""
    async for event in session:
        if isinstance(event, Done):
            count -= 1
            if not count:
                return event.response.text
    raise AssertionError("the session ended")
