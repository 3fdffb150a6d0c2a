"""Reprs are bounded, readable and without secrets, as text and with rich."""

from __future__ import annotations

import io

import pytest
import rich.console
from chat_claude import ClaudeBuilder
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatResponse,
    Execute,
    File,
    HttpTransport,
    Message,
    Messages,
    Reasoning,
    RetryPolicy,
    ScopedCollection,
    Text,
    Tool,
    ToolCall,
    tool,
)
from chat_core.client import ProviderBuilder
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_core.transport import AioHttpTransport
from chat_gemini import GeminiBuilder
from chat_openai import OpenAIBuilder
from chat_responses import WebSocketTransport


@tool
def weather(city: str) -> str:
    """The weather."""
    return city


@tool
def pay(amount: int) -> str:
    """Pay."""
    return str(amount)


def printed(thing: object) -> str:
    """What rich prints of a thing."""
    out = io.StringIO()
    rich.console.Console(file=out, width=100, color_system=None).print(thing)
    return out.getvalue()


def test_a_chat_shows_its_model_and_what_differs_from_the_defaults() -> None:
    model = ScriptedProvider(["Hi"])
    assert repr(ChatBuilder().with_model(model).build()) == (
        "Chat(ScriptedProvider(model='scripted', requests=0, lines_left=1))"
    )
    builder = (
        ChatBuilder()
        .with_model(model)
        .with_tools([weather])
        .with_scoped_tools(ScopedCollection([pay], lambda call, meta: Execute()))
        .with_options(ChatOptions(temperature=0.2))
        .with_structured_output(list[int])
        .with_max_steps(4)
        .with_retry(RetryPolicy(max_retries=0))
    )
    lines = [
        "    tools=[weather],",
        "    scoped_tools=[pay],",
        "    options={'temperature': 0.2},",
        "    output=list[int],",
        "    max_steps=4,",
        "    retry=RetryPolicy(max_retries=0),",
        ")",
    ]
    assert repr(builder.build()).splitlines()[2:] == lines
    assert repr(builder).splitlines()[2:] == lines
    assert "scoped_tools=[pay]" in printed(builder.build())


@pytest.mark.parametrize("make", [OpenAIBuilder, ClaudeBuilder, GeminiBuilder])
def test_a_builder_shows_that_there_is_a_key_and_not_which(make: type[ProviderBuilder[object]]) -> None:
    builder = (
        make()
        .with_api_key("sk-s3cret")
        .with_header("X-Session", "s3cret")
        .with_extra_body({"metadata": {"token": "s3cret"}})
        .with_base_url("https://host/v1")
        .with_timeout(5)
        .with_transport(FakeTransport())
    )
    for text in (repr(builder), printed(builder)):
        assert "s3cret" not in text
        assert "api_key=***" in text
        assert "headers=['x-session']" in text
        assert "extra_body=['metadata']" in text
        assert "total=5" in text
    assert repr(make()) == f"{make.__name__}()"


def test_transports_show_where_they_go_and_no_password() -> None:
    proxy = "http://ann:s3cret@proxy:3128"
    shown = [
        repr(HttpTransport(proxy=proxy)),
        repr(AioHttpTransport(proxy=proxy)),
        repr(WebSocketTransport(url="wss://host/v1/responses?token=s3cret", http=HttpTransport(proxy=proxy))),
    ]
    assert not any("s3cret" in text for text in shown)
    assert shown[0] == "HttpTransport(proxy='proxy:3128')"
    assert shown[2] == (
        "WebSocketTransport(url='https://host/v1/responses', http=HttpTransport(proxy='proxy:3128'))"
    )
    assert repr(HttpTransport()) == "HttpTransport()"


LARGE = 3_000_000


@pytest.mark.parametrize(
    "thing",
    [
        Text("x" * LARGE),
        Message("user", [Text("word ")] * 50_000),
        ChatResponse(Message("model", [Reasoning("x" * LARGE), Text("x" * LARGE)])),
        ToolCall("t1", "n", {"deep": [[[["x" * LARGE] * 3] * 3] * 3], "wide": list(range(LARGE))}),
        ToolCall("t1", "n", {str(number): number for number in range(50_000)}),
        Messages.from_user(*["x" * 1000] * 3000),
        Messages([Message("user", [Text("word " * 100)])] * 20_000),
        ChatBuilder().with_tools([Tool(f"tool{n}", "d", {"type": "object"}, dict) for n in range(10_000)]),
        OpenAIBuilder().with_model("m" * LARGE).with_extra_body({f"field{n}": n for n in range(10_000)}),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_a_repr_is_bounded_however_large_the_thing_is(thing: object) -> None:
    assert len(repr(thing)) < 3_000
    assert len(printed(thing)) < 40_000


def test_what_was_cut_says_how_long_it_is() -> None:
    assert repr(Text("x" * 5000)).endswith("x'… (5,000 characters))")
    assert repr(ToolCall("t1", "n", {"ids": list(range(30))})).endswith("19, … 10 more]})")


def test_a_conversation_is_a_few_lines() -> None:
    picture = File.from_bytes(b"\x89PNG\r\n\x1a\n", name="cat.png")
    messages = Messages.from_system("Be\nbrief.").add_user("What is this?" * 20, picture)
    messages.append(Message("model", [Reasoning(""), ToolCall("t1", "look", {"at": "cat.png"})]))
    messages.append(Message("model", [Text("A c")], interrupted=True))
    assert repr(messages).splitlines() == [
        "Messages(4 messages)",
        "  system: Be brief.",
        "  user: What is this?What is this?What is this?What is th… [image/png cat.png 8 bytes]",
        '  model: (reasoning) [look({"at": "cat.png"}): pending]',
        "  model (interrupted): A c",
    ]
    assert repr(Messages()) == "Messages(0 messages)"
    long = Messages(Message("user", [Text(str(number))]) for number in range(1000))
    assert repr(long).splitlines() == [
        "Messages(1,000 messages)",
        "  user: 0",
        "  user: 1",
        "  … 992 more …",
        *(f"  user: {number}" for number in range(994, 1000)),
    ]
    assert "Text('A c')" in printed(messages) or "text='A c'" in printed(messages)
