"""Three ways to hold a conversation, by the bodies that they send."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, Complete, Done, InvalidRequest, Message, Messages, Text, tool
from chat_core.testing import FakeTransport
from chat_responses import ResponsesBuilder, ResponsesClient

pytestmark = pytest.mark.anyio

SEALED = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA=="}
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "add",
    "arguments": '{"a":1,"b":2}',
    "status": "completed",
}
ANSWERED = {"type": "function_call_output", "call_id": "call_1", "output": "3"}
FORGOTTEN = {
    "error": {"code": "previous_response_not_found", "message": "Previous response with id 'r1' not found."}
}


def builder(transport: FakeTransport) -> ResponsesBuilder[Any]:
    return ResponsesBuilder().with_base_url("http://localhost/v1").with_model("m").with_transport(transport)


def said(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {
        "type": "message",
        "id": f"msg_{text}",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }


def response(id: str, *output: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "object": "response", "status": "completed", "model": "m", "output": list(output)}


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def talk(client: ResponsesClient) -> Messages:
    """A question that takes a tool, and one after it."""
    chat = ChatBuilder().with_model(client).with_tools([add]).build()
    messages = Messages.from_system("Be brief.").add_user("1+2?")
    await chat.complete(messages)
    await chat.complete(messages.add_user("Thanks"))
    return messages


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


async def test_by_default_the_server_stores_nothing_and_gets_everything() -> None:
    transport = FakeTransport()
    transport.answer(response("r1", SEALED, CALL)).answer(response("r2", said("3"))).answer(
        response("r3", said("Bye"))
    )
    await talk(builder(transport).build())

    assert [body["store"] for body in transport.bodies] == [False] * 3
    assert [body["instructions"] for body in transport.bodies] == ["Be brief."] * 3
    assert all("previous_response_id" not in body for body in transport.bodies)
    assert transport.bodies[0]["input"] == [user("1+2?")]
    assert transport.bodies[1]["input"] == [user("1+2?"), SEALED, CALL, ANSWERED]
    assert transport.bodies[2]["input"] == [user("1+2?"), SEALED, CALL, ANSWERED, said("3"), user("Thanks")]


async def test_with_store_only_what_is_new_is_sent() -> None:
    transport = FakeTransport()
    transport.answer(response("r1", SEALED, CALL)).answer(response("r2", said("3"))).answer(
        response("r3", said("Bye"))
    )
    await talk(builder(transport).with_store().build())

    assert [body["store"] for body in transport.bodies] == [True] * 3
    assert [body.get("previous_response_id") for body in transport.bodies] == [None, "r1", "r2"]
    assert [body["instructions"] for body in transport.bodies] == ["Be brief."] * 3  # they are not inherited
    assert all(body["tools"] for body in transport.bodies)
    assert [body["input"] for body in transport.bodies] == [[user("1+2?")], [ANSWERED], [user("Thanks")]]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_response_that_the_server_has_forgotten_costs_the_full_history_and_a_notice(
    stream: bool,
) -> None:
    transport = (
        FakeTransport()
        .answer(response("r1", said("Hi")))
        .answer(FORGOTTEN, status=400)
        .answer(response("r2", said("Bye")))
    )
    chat = ChatBuilder().with_model(builder(transport).with_store().build()).build()
    messages = Messages.from_user("Hello")
    await chat.complete(messages)
    messages.add_user("Bye?")
    if stream:
        async with chat.stream(messages) as events:
            [last] = [event.response async for event in events if isinstance(event, Done)]
    else:
        last = await chat.complete(messages)

    assert last.text == "Bye"
    assert [notice.about for notice in last.notices] == ["previous_response_id"]
    assert [body.get("previous_response_id") for body in transport.bodies] == [None, "r1", None]
    assert transport.last_body["input"] == [user("Hello"), said("Hi"), user("Bye?")]
    assert transport.last_body["store"] is True


async def test_another_error_is_not_answered_with_the_full_history() -> None:
    transport = (
        FakeTransport()
        .answer(response("r1", said("Hi")))
        .answer({"error": {"code": "x", "message": "no"}}, status=400)
    )
    chat = ChatBuilder().with_model(builder(transport).with_store().build()).build()
    messages = Messages.from_user("Hello")
    await chat.complete(messages)
    with pytest.raises(InvalidRequest, match="no"):
        await chat.complete(messages.add_user("Bye?"))
    assert len(transport.bodies) == 2


async def test_a_chain_begins_anew_after_a_turn_that_is_not_the_servers() -> None:
    transport = FakeTransport().answer(response("r1", said("Hi"))).answer(response("r2", said("Bye")))
    chat = ChatBuilder().with_model(builder(transport).with_store().build()).build()
    messages = Messages.from_user("Hello")
    await chat.complete(messages)
    messages.append(Message("model", [Text("I was somebody else.")])).add_user("Bye?")
    await chat.complete(messages)

    assert "previous_response_id" not in transport.last_body
    plain = {"role": "assistant", "content": "I was somebody else."}
    assert transport.last_body["input"] == [user("Hello"), said("Hi"), plain, user("Bye?")]


async def test_a_chain_survives_being_stored() -> None:
    transport = FakeTransport().answer(response("r1", said("Hi"))).answer(response("r2", said("Bye")))
    chat = ChatBuilder().with_model(builder(transport).with_store().build()).build()
    messages = Messages.from_user("Hello")
    await chat.complete(messages)
    await chat.complete(Messages.from_json(messages.to_json()).add_user("Bye?"))
    assert transport.last_body["previous_response_id"] == "r1"


async def test_a_conversation_of_the_servers_gets_only_what_is_new() -> None:
    transport = FakeTransport()
    transport.answer(response("r1", SEALED, CALL)).answer(response("r2", said("3"))).answer(
        response("r3", said("Bye"))
    )
    await talk(builder(transport).with_conversation("conv_1").build())

    assert [body["conversation"] for body in transport.bodies] == ["conv_1"] * 3
    assert all("store" not in body and "previous_response_id" not in body for body in transport.bodies)
    assert [body["input"] for body in transport.bodies] == [[user("1+2?")], [ANSWERED], [user("Thanks")]]


async def test_in_the_background_a_response_is_looked_at_until_it_has_ended() -> None:
    transport = FakeTransport().answer({**response("r1"), "status": "queued"})
    transport.answer({**response("r1"), "status": "in_progress"}).answer(response("r1", said("Hi")))
    chat = ChatBuilder().with_model(builder(transport).with_background(poll=0).build()).build()
    answer = await chat.complete(Messages.from_user("Hello"))

    assert answer.text == "Hi"
    assert (transport.bodies[0]["background"], transport.bodies[0]["store"]) == (True, True)
    assert [(request.method, request.url) for request in transport.requests[1:]] == [
        ("GET", "http://localhost/v1/responses/r1")
    ] * 2


async def test_tokens_are_counted_by_the_server_without_what_it_refuses() -> None:
    transport = FakeTransport().answer({"object": "response.input_tokens", "input_tokens": 14})
    client = builder(transport).with_service_tier("flex").build()
    assert await client.count_tokens(Messages.from_user("Hello")) == 14
    assert transport.requests[0].url == "http://localhost/v1/responses/input_tokens"
    assert transport.last_body == {"model": "m", "input": [user("Hello")]}


async def test_stored_responses_are_retrieved_cancelled_and_deleted() -> None:
    transport = (
        FakeTransport()
        .answer(response("r1", said("Hi")))
        .answer({**response("r1"), "status": "cancelled"})
        .answer({"deleted": True})
    )
    client = builder(transport).build()
    assert (await client.retrieve("r/1")).text == "Hi"
    cancelled = await client.cancel("r1")
    assert (cancelled.finish_reason, cancelled.raw_finish_reason) == ("other", "cancelled")
    await client.delete("r1")
    assert [(request.method, request.url.rpartition("/v1")[2]) for request in transport.requests] == [
        ("GET", "/responses/r%2F1"),
        ("POST", "/responses/r1/cancel"),
        ("DELETE", "/responses/r1"),
    ]


async def test_models_are_listed() -> None:
    transport = FakeTransport().answer({"data": [{"id": "gpt-5.6", "owned_by": "openai"}]})
    assert [model.id for model in await builder(transport).build().list_models()] == ["gpt-5.6"]


async def test_a_query_of_the_base_url_stays_at_the_end() -> None:
    transport = FakeTransport().answer(response("r1", said("Hi")))
    client = (
        ResponsesBuilder().with_base_url("https://x.openai.azure.com/openai?api-version=v1").with_model("m")
    )
    chat = (
        ChatBuilder().with_model(client.with_header("api-key", "k").with_transport(transport).build()).build()
    )
    await chat.complete(Messages.from_user("Hello"))
    assert transport.requests[0].url == "https://x.openai.azure.com/openai/responses?api-version=v1"
    assert transport.requests[0].headers["api-key"] == "k"
    assert not isinstance(chat, Complete)
