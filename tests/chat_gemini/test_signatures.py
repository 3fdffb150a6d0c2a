"""A loop of several steps sends back every signature, byte for byte, on the part that carried it and to
nobody else.
"""

import json
from typing import Any

import pytest
from chat_core import (
    Action,
    ChatBuilder,
    Complete,
    Message,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    Text,
    ToolCall,
    ToolCallChunk,
    tool,
)
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder, GeminiClient

pytestmark = pytest.mark.anyio

MODEL = "gemini-3.5-flash"


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def client(transport: FakeTransport, model: str = MODEL) -> GeminiClient:
    return GeminiBuilder().with_model(model).with_api_key("key").with_transport(transport).build()


def steps() -> list[list[dict[str, Any]]]:
    """Five steps, as the model says them: parallel calls with and without ids, thoughts and texts before
    them.
    """
    signed = {"thoughtSignature": "c3RlcCAx/+=="}
    return [
        [
            {"functionCall": {"id": "a", "name": "add", "args": {"a": 1, "b": 1}}, **signed},
            call(2, 2, id="b"),
        ],
        [
            {"text": "Thinking.", "thought": True},
            {**call(3, 3), "thoughtSignature": "c3RlcCAy"},
            call(3, 3),
            call(3, 3),
        ],
        [
            {"text": "Next.", "thoughtSignature": "dGV4dA=="},
            {**call(4, 4, id="a"), "thoughtSignature": "_-8"},
        ],
        [{**call(5, 5), "thoughtSignature": "c3RlcCA0", "thought": True}],
        [
            {"executableCode": {"code": "1"}, "thoughtSignature": "Y29kZQ=="},
            {**call(6, 6), "thoughtSignature": "c3RlcCA1"},
        ],
    ]


def call(a: int, b: int, **id: str) -> dict[str, Any]:
    return {"functionCall": {"name": "add", "args": {"a": a, "b": b}, **id}}


def answer(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}


def history(body: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The model's turns as they were sent back, without the order of keys mattering."""
    return [content["parts"] for content in body["contents"] if content["role"] == "model"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_five_steps_go_back_as_they_came(streamed: bool) -> None:
    transport = FakeTransport()
    for parts in steps():
        transport.answer(
            [answer([part]) if part is parts[-1] else piece(part) for part in parts]
            if streamed
            else answer(parts)
        )
    transport.answer([answer([{"text": "Done."}])] if streamed else answer([{"text": "Done."}]))

    chat = ChatBuilder().with_model(client(transport)).with_tools([add]).build()
    messages = Messages.from_user("Add much.")
    if streamed:
        async with chat.stream(messages) as events:
            async for _ in events:
                pass
    else:
        await chat.complete(messages)

    assert messages[-1].text == "Done."
    for number, body in enumerate(transport.bodies):
        assert history(body) == steps()[:number]
    last = transport.last_body["contents"]
    assert isinstance(last, list)
    told = [
        part
        for content in last
        if content["role"] == "user"
        for part in content["parts"]
        if "functionResponse" in part
    ]
    assert [part["functionResponse"]["response"]["output"] for part in told] == [2, 4, 6, 6, 6, 8, 10, 12]
    assert [part["functionResponse"].get("id") for part in told] == [
        "a",
        "b",
        None,
        None,
        None,
        "a",
        None,
        None,
    ]
    assert len({made.id for made in messages.calls}) == 8


def piece(part: dict[str, Any]) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [part]}}]}


def ask(made: ToolCall, meta: object) -> Action:
    return RequireApproval()


async def test_they_survive_being_stored_between_any_two_steps() -> None:
    stored = Messages.from_user("Add much.").to_json()
    for number, parts in enumerate([*steps(), [{"text": "Done."}]]):
        transport = FakeTransport().answer(answer(parts))
        chat = (
            ChatBuilder()
            .with_model(client(transport))
            .with_scoped_tools(ScopedCollection([add], ask))
            .build()
        )
        messages = Messages.from_json(stored)
        for waiting in messages.pending:
            waiting.approve()

        outcome = await chat.complete(messages)
        assert isinstance(outcome, Paused if number < 5 else Complete)
        assert history(transport.last_body) == steps()[:number]
        stored = messages.to_json()
    assert json.loads(stored)["messages"][-1]["parts"][0]["text"] == "Done."


@pytest.mark.parametrize("other", ["gemini-3.1-pro-preview", "gemini-2.5-flash"])
async def test_another_model_is_sent_none_of_them_and_they_are_still_there_afterwards(other: str) -> None:
    first = FakeTransport().answer(answer(steps()[0])).answer(answer([{"text": "Four."}]))
    messages = Messages.from_user("Add.")
    await ChatBuilder().with_model(client(first)).with_tools([add]).build().complete(messages)

    second = FakeTransport().answer(answer([{"text": "Hello."}]))
    await (
        ChatBuilder()
        .with_model(client(second, other))
        .with_tools([add])
        .build()
        .complete(messages.add_user("And?"))
    )
    assert "c3RlcCAx" not in json.dumps(second.last_body)

    third = FakeTransport().answer(answer([{"text": "Hello again."}]))
    await (
        ChatBuilder().with_model(client(third)).with_tools([add]).build().complete(messages.add_user("And?"))
    )
    assert history(third.last_body)[0] == steps()[0]


async def test_a_turn_that_was_left_is_carried_on() -> None:
    """Its call never ran, and its signature is lost with the turn: Google's word for that stands in its
    place.
    """
    transport = FakeTransport().answer([piece({**call(1, 1), "thoughtSignature": "eA=="})])
    chat = ChatBuilder().with_model(client(transport)).with_tools([add]).build()
    messages = Messages.from_user("Add.")
    async with chat.stream(messages) as events:
        assert isinstance(await anext(aiter(events)), ToolCallChunk)

    transport.answer(answer([{"text": "Sorry."}]))
    await chat.complete(messages.add_user("Go on."))
    [[sent]] = history(transport.last_body)
    assert sent["thoughtSignature"] == "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
    assert messages[-1] == Message("model", [Text("Sorry.")], turn=messages[-1].turn)
