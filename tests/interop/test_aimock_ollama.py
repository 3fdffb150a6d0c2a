"""Whole conversations on both of Ollama's surfaces with a server that other people wrote, over a real socket.

It has no `/api/pull`, `/api/show` or `/api/version`.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias
from uuid import uuid4

import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
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
from chat_ollama import OllamaBuilder
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

Way: TypeAlias = Literal["complete", "stream"]
NO_RETRIES = RetryPolicy(max_retries=0)
NOTE = 'she says "ü", then \\ and\na line, 中 🌊'
TWO = [{"city": "Rome", "unit": "celsius"}, {"city": "Bergen", "unit": "celsius"}]


@pytest.fixture(params=["complete", "stream"])
def way(request: pytest.FixtureRequest) -> Way:
    way: Way = request.param
    return way


@pytest.fixture(params=["/v1", "/api"])
def builder(aimock_url: str, request: pytest.FixtureRequest) -> Any:
    made = OllamaBuilder().with_host(aimock_url).with_model("qwen3:4b").with_header("X-Test-Id", uuid4().hex)
    return made.with_native() if request.param == "/api" else made


@tool
def get_weather(city: str, note: str | None = None, unit: str | None = None) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


@tool
def lookup(q: str) -> str:
    """Look something up."""
    return f"about {q}"


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


async def asked(
    builder: Any,
    question: str,
    way: Way,
    *tools: Any,
    output: type[Any] | None = None,
    retry: RetryPolicy = NO_RETRIES,
) -> tuple[Any, Messages]:
    """The response to a question, and the conversation that it came to."""
    messages = Messages.from_user(question)
    async with builder.build() as client:
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
async def test_it_answers(builder: Any, question: str, answer: str, way: Way) -> None:
    response, _ = await asked(builder, question, way)
    assert (response.text, response.finish_reason) == (answer, "stop")


async def test_it_thinks(builder: Any, way: Way) -> None:
    response, _ = await asked(builder, "think first", way)
    assert response.text == "It makes ten."
    assert response.reasoning in (
        "Three times three is nine. One more is ten.",
        "",
    )  # it knows which models think


@pytest.mark.parametrize(
    ("question", "answer", "arguments"),
    [
        ("weather", "Lisbon has 18 degrees.", [{"city": "Lisbon", "note": NOTE}]),
        ("weather here and there", "Rome is dry, Bergen is wet.", TWO),
    ],
)
async def test_it_calls_tools_and_reads_what_they_say(
    builder: Any, question: str, answer: str, arguments: list[dict[str, str]], way: Way
) -> None:
    response, messages = await asked(builder, question, way, get_weather)
    assert response.text == answer
    calls = messages.calls
    assert [call.arguments for call in calls] == arguments
    assert [call.outcome() for call in calls] == [f"18 degrees in {call.arguments['city']}" for call in calls]


async def test_its_output_is_typed(builder: Any, way: Way) -> None:
    response, _ = await asked(builder, "a person as data", way, output=Person)
    assert response.value == Person(name="Grace", age=45, tags=["compilers", "navy"])


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
async def test_its_errors_are_ours(builder: Any, status: int, kind: type[ProviderError], way: Way) -> None:
    with pytest.raises(kind) as failure:
        await asked(builder, f"fail with {status}", way)
    assert failure.value.status == status


async def test_it_is_requested_again(builder: Any, way: Way) -> None:
    response, _ = await asked(builder, "third time", way, retry=RetryPolicy(base_delay=0.0))
    assert response.text == "here at last"


async def test_a_connection_that_it_drops_is_a_cut(builder: Any) -> None:
    with pytest.raises(StreamTruncated) as cut:
        await asked(builder, "break off", "stream")
    assert "Here is a long answer".startswith(cut.value.partial.text[:20])
    assert cut.value.partial.message.interrupted


async def test_it_embeds_and_names_its_models(aimock_url: str) -> None:
    made = OllamaBuilder().with_host(aimock_url).with_model("nomic-embed-text").with_embeddings()
    async with made.build() as client:
        response = await client.embed(["a known vector"])
        assert list(response.embeddings[0].vector) == pytest.approx([0.5, -0.25, 0.125, -0.75])
        assert all(model.id for model in await client.list_models())
