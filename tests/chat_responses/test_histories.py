"""A conversation can always go on: what entered it is encoded, or left out with a notice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    Completed,
    ConfigurationError,
    File,
    JsonObject,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Reasoning,
    Refusal,
    RetryPolicy,
    StreamTruncated,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    Turn,
)
from chat_core.testing import FakeTransport
from chat_core.wire import dump
from chat_responses import ResponsesBuilder, action_output, approval, approval_requests, requested_actions
from chat_responses.encode import EncodedTurn, encode
from chat_responses.memory import Chained
from chat_responses.servers import DEEPSEEK, GROQ
from chat_responses.settings import RequestDefaults

pytestmark = pytest.mark.anyio

ORIGIN = Origin("openai", "http://localhost/v1", "m")
CLAUDE = Origin("claude", "https://api.anthropic.com", "c")
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"


def encoded(messages: Messages, tools: Any = (), choice: str | None = None, **defaults: Any) -> EncodedTurn:
    request = ChatRequest(messages, tools, ChatOptions(tool_choice=choice))
    return encode(request, origin=ORIGIN, defaults=RequestDefaults(**defaults), stream=False)


def items(messages: Messages, **defaults: Any) -> list[Any]:
    listed: list[Any] = json.loads(dump(encoded(messages, **defaults).body))["input"]
    return listed


def turn(*parts: Any, **more: Any) -> Message:
    return Message("model", list(parts), **more)


def native(data: Any, origin: Origin = ORIGIN) -> Native:
    return Native(origin, data)


# -- who remembers


def said(text: str, id: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "id": f"msg_{id}", "role": "assistant", "content": content}
    return {"id": id, "status": "completed", "output": [item]}


def model(transport: FakeTransport, name: str = "gpt-5.6") -> ResponsesBuilder[Any]:
    made = ResponsesBuilder().with_base_url("http://localhost/v1").with_transport(transport)
    return made.with_model(name)


async def test_a_conversation_of_the_servers_is_carried_on_by_another_model_with_what_is_new() -> None:
    transport = FakeTransport().answer(said("Hi", "r1")).answer(said("Bye", "r2"))
    messages = Messages.from_user("Hello")
    for name in ("gpt-5.6", "gpt-5.6-mini"):
        client = model(transport, name).with_conversation("conv_1").build()
        await ChatBuilder().with_model(client).build().complete(messages)
        messages = Messages.from_json(messages.to_json()).add_user("And?")
    assert transport.last_body["input"] == [{"role": "user", "content": "And?"}]


async def test_turns_from_elsewhere_within_a_conversation_are_sent_and_those_before_are_not() -> None:
    transport = FakeTransport().answer(said("Hi", "r1")).answer(said("Bye", "r2"))
    client = model(transport).with_conversation("conv_1").build()
    chat = ChatBuilder().with_model(client).build()
    messages = Messages.from_user("Hello")
    await chat.complete(messages)
    messages.add_user("Ask somebody else").append(turn(Text("I am Claude", native=native({}, CLAUDE))))
    messages.append(turn(Text("cut"), interrupted=True)).add_user("And?")
    await chat.complete(messages)
    contents = [item["content"] for item in transport.last_body["input"]]  # type: ignore[union-attr,index,call-overload]
    assert contents == ["Ask somebody else", "I am Claude", "cut", "And?"]


async def test_a_turn_that_went_to_another_conversation_or_to_none_is_not_counted_as_known() -> None:
    for first in ("conv_0", None):
        transport = FakeTransport().answer(said("Hi", "r1")).answer(said("Bye", "r2"))
        messages = Messages.from_user("Hello")
        before = model(transport)
        client = (before.with_conversation(first) if first else before).build()
        await ChatBuilder().with_model(client).build().complete(messages)
        client = model(transport).with_conversation("conv_1").build()
        await ChatBuilder().with_model(client).build().complete(messages.add_user("And?"))
        assert len(transport.last_body["input"]) == 3  # type: ignore[arg-type]


async def test_a_chain_goes_on_with_another_model_and_after_a_cut_turn() -> None:
    transport = FakeTransport().answer(said("Hi", "r1")).answer(said("Bye", "r2"))
    messages = Messages.from_user("Hello")
    for name in ("gpt-5.6", "gpt-5.6-mini"):
        client = model(transport, name).with_store().build()
        await ChatBuilder().with_model(client).build().complete(messages)
        messages.append(turn(Text("cut"), interrupted=True)).add_user("And?")
    assert transport.last_body["previous_response_id"] == "r1"
    assert [item["content"] for item in transport.last_body["input"]] == ["cut", "And?"]  # type: ignore[union-attr,index,call-overload]


# -- background work keeps its id


@pytest.mark.parametrize(("status", "times"), [(404, 1), (503, 3)])
async def test_the_id_of_work_in_the_background_is_on_the_error_and_in_the_messages(
    status: int, times: int
) -> None:
    transport = FakeTransport().answer({"id": "resp_1", "status": "queued", "output": []})
    for _ in range(times):
        transport.answer({"error": {"message": "no"}}, status=status)
    messages = Messages.from_user("Hello")
    client = model(transport).with_background(poll=0).build()
    chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(base_delay=0)).build()
    with pytest.raises(Exception, match="no") as caught:
        await chat.complete(messages)
    assert caught.value.partial.id == "resp_1"  # type: ignore[attr-defined]
    assert messages[-1].interrupted
    assert messages[-1].turn is not None
    assert messages[-1].turn.id == "resp_1"
    assert sum(request.method == "POST" for request in transport.requests) == 1
    transport.answer(said("Bye", "r2"))
    assert (await chat.complete(messages.add_user("And?"))).text == "Bye"


async def test_polling_that_times_out_has_the_id_too() -> None:
    transport = FakeTransport()
    for _ in range(9):
        transport.answer({"id": "resp_1", "status": "queued", "output": []})
    made = model(transport).with_background(poll=10).with_timeout(total=0.01)
    messages = Messages.from_user("Hello")
    with pytest.raises(Exception, match=r"0\.01 s") as caught:
        await ChatBuilder().with_model(made.build()).build().complete(messages)
    assert caught.value.partial.id == "resp_1"  # type: ignore[attr-defined]
    assert messages[-1].turn is not None
    assert messages[-1].turn.id == "resp_1"


async def test_a_stream_in_the_background_that_is_lost_leaves_its_id_in_the_messages() -> None:
    begun = {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "output": []}}
    text = {"type": "response.output_text.delta", "sequence_number": 1, "output_index": 0, "delta": "Hel"}
    transport = FakeTransport().answer([begun, text]).answer({"error": {"message": "gone"}}, status=404)
    messages = Messages.from_user("Hello")
    chat = ChatBuilder().with_model(model(transport).with_background(poll=0).build()).build()
    with pytest.raises(StreamTruncated) as caught:
        async with chat.stream(messages) as events:
            [event async for event in events]
    assert caught.value.partial.id == "resp_1"
    assert messages[-1].text == "Hel"
    assert messages[-1].turn is not None
    assert messages[-1].turn.id == "resp_1"


# -- orphans


@pytest.mark.parametrize("stored", [False, True])
def test_reasoning_that_nothing_of_its_turn_follows_is_left_out(stored: bool) -> None:
    item: JsonObject = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    cut = turn(Reasoning("", native=native(item)), turn=Turn("length", "incomplete", id="r1"))
    messages = Messages.from_user("Hi").append(cut).add_user("And?")
    memory = {"memory": Chained(), "full_history": True} if stored else {}
    assert [each["role"] for each in items(messages, **memory)] == ["user", "user"]
    assert "reasoning" in encoded(messages, **memory).notices[0].message


def test_a_failed_picture_that_the_server_does_not_store_is_left_out() -> None:
    item: JsonObject = {"type": "image_generation_call", "id": "ig_1", "status": "failed", "result": None}
    messages = Messages.from_user("Draw").append(turn(Opaque(native(item)))).add_user("And?")
    assert len(items(messages)) == 2
    assert [notice.about for notice in encoded(messages).notices] == ["messages"]
    assert items(messages, memory=Chained(), full_history=False)[1] == item


# -- actions that wait for an answer

ASKED: JsonObject = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "f", "server_label": "s"}
SHELL: JsonObject = {"type": "local_shell_call", "id": "ls_1", "call_id": "c1"}


@pytest.mark.parametrize("action", [ASKED, SHELL], ids=lambda item: item["type"])
def test_going_on_without_the_answer_is_refused_with_a_sentence(action: JsonObject) -> None:
    message = turn(Opaque(native(action)))
    messages = Messages.from_user("Hi").append(message).add_user("And?")
    with pytest.raises(ConfigurationError, match=rf"waits for an answer to {action['type']}"):
        encoded(messages)
    [request] = requested_actions(message)
    answer = (
        approval(request)
        if request in approval_requests(message)
        else action_output(request, {"output": "x"})
    )
    assert items(messages.add_user(answer))[1] == action
    assert items(messages)[-1]["type"].startswith(("mcp_approval_response", "local_shell_call_output"))


def test_an_action_of_a_cut_turn_is_left_out() -> None:
    message = turn(Text("I "), Opaque(native(ASKED)), interrupted=True)
    messages = Messages.from_user("Hi").append(message).add_user("And?")
    assert len(items(messages)) == 3
    assert "mcp_approval_request" in encoded(messages).notices[0].message


async def test_a_typed_chat_whose_turn_waits_for_an_approval_does_not_read_a_value() -> None:
    body = {"id": "r1", "status": "completed", "output": [ASKED]}
    client = model(FakeTransport().answer(body)).build()
    response = (
        await ChatBuilder()
        .with_model(client)
        .with_structured_output(int)
        .build()
        .complete(Messages.from_user("Hi"))
    )
    assert response.finish_reason == "tool_calls"
    assert "mcpr_1" in response.notices[0].message


# -- other providers' blocks, names, ids, files


@pytest.mark.parametrize("role", ["user", "system", "model"])
def test_another_providers_block_is_left_out_in_every_role(role: Any) -> None:
    block = Opaque(native({"type": "search_result"}, CLAUDE))
    messages = Messages.from_user("Hi").append(Message(role, [block, Text("Look.")])).add_user("And?")
    sent = encoded(messages)
    assert "search_result" not in dump(sent.body).decode()
    assert "claude" in sent.notices[0].message


def test_names_and_ids_that_the_server_refuses_are_mapped_the_same_way_each_time() -> None:
    name = "get_weather<|channel|>commentary"
    item: JsonObject = {"type": "function_call", "id": "fc_1", "call_id": "a.b:0", "name": name}
    for call in (
        ToolCall("a.b:0", name, {}, Completed(1), native=native(item)),
        ToolCall("a.b:0", name, {}, Completed(1)),
    ):
        messages = Messages.from_user("Hi").append(turn(call))
        [_, sent, output] = items(messages)
        assert sent["call_id"] == output["call_id"] != "a.b:0"
        assert sent["name"] != name
        assert items(messages)[1] == sent
        assert call.name == name


def test_a_call_id_that_the_server_gave_twice_is_sent_once() -> None:
    item: JsonObject = {"type": "function_call", "id": "fc_1", "call_id": "call_0", "name": "add"}
    calls = [ToolCall(id, "add", {}, Completed(id), native=native(item)) for id in ("call_0", "call_x")]
    sent = items(Messages.from_user("Hi").append(turn(calls[0])).append(turn(calls[1])))
    ids = [each["call_id"] for each in sent[1:]]
    assert ids == ["call_0", "call_0", "call_x", "call_x"]


def test_a_function_with_the_name_of_a_native_tool_is_refused() -> None:
    tool = ToolDefinition("web_search", "", {"type": "object"})
    with pytest.raises(ConfigurationError, match="web_search"):
        encoded(Messages.from_user("Hi"), [tool], native_tools=({"type": "web_search"},))


def test_the_bytes_of_a_picture_count_for_its_type_and_other_names_are_the_usual_ones() -> None:
    for file in (File("image/png", JPEG), File("IMAGE/JPG; a=b", JPEG)):
        [message] = items(Messages.from_user(file))
        assert message["content"][0]["image_url"].startswith("data:image/jpeg;base64,")
    [message] = items(Messages.from_user(File(None, b"?")))
    assert message["content"][0]["file_data"].startswith("data:application/octet-stream;base64,")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (File.from_url("https://a.example/picture"), "mimetype="),
        (File.from_url("s3://bucket/a.png"), "http"),
        (File(id="file-1", native=native({}, CLAUDE)), "claude"),
        (File("audio/wav", b"RIFF0000WAVE"), "audio"),
    ],
    ids=["no type", "s3", "another provider's id", "sound"],
)
def test_a_file_that_cannot_be_sent_is_refused_to_the_user_and_described_in_a_result(
    file: File, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why):
        encoded(Messages.from_user(file))
    call = ToolCall("c1", "draw", {}, Completed("done"), files=(file,))
    messages = Messages.from_user("Hi").append(turn(call))
    [text, described] = items(messages)[-1]["output"]
    assert (text["text"], described["type"]) == ("done", "input_text")
    assert encoded(messages).notices[0].about == "messages"
    made = Messages.from_user("Hi").append(turn(file)).add_user("And?")
    assert len(items(made)) == 2
    assert encoded(made).notices[0].about == "messages"


# -- native data of any shape

HOSTILE: list[Any] = [
    {},
    {"type": 5},
    {"type": "message"},
    {"type": "message", "role": "assistant", "id": "msg_1", "content": []},
    {"type": "message", "role": "assistant", "id": "msg_1", "content": [None]},
    {"type": "message", "role": "user", "id": 5, "content": "x"},
    {"type": "function_call"},
    {"type": "function_call", "call_id": 5, "name": []},
    {"type": "function_call", "call_id": "", "id": "", "name": "add"},
    {"type": "custom_tool_call", "call_id": "c", "name": "sql"},
    {"type": "reasoning", "summary": 5},
    {"type": "reasoning", "id": "rs", "summary": [5], "content": "x", "encrypted_content": {}},
    {"type": "image_generation_call", "id": None},
    {"type": "web_search_call", "action": 5},
    {"type": "mcp_approval_request"},
]
PARTS: list[Any] = [
    lambda data: Text("Hi", native=data),
    lambda data: Refusal("No.", native=data),
    lambda data: Structured({"a": 1}, native=data),
    lambda data: Reasoning("Hm.", native=data),
    lambda data: ToolCall("c1", "add", {"a": 1}, Completed(1), native=data),
    lambda data: File("image/png", PNG, native=data),
    lambda data: File(None, url="https://a/b.png", native=data),
]


@pytest.mark.parametrize("part", range(len(PARTS)))
@pytest.mark.parametrize("data", HOSTILE, ids=json.dumps)
def test_native_data_that_fit_nothing_are_left_out(part: int, data: Any) -> None:
    message = turn(PARTS[part](native(data)), Text("Bye"))
    messages = Messages.from_json(Messages.from_user("Hi").append(message).add_user("And?").to_json())
    for item in items(messages):
        assert isinstance(item.get("type", ""), str)
    assert messages == Messages.from_json(messages.to_json())


@pytest.mark.parametrize("data", [{}, {"type": 5}], ids=json.dumps)
def test_a_block_without_a_type_is_left_out_with_a_notice(data: Any) -> None:
    for role in ("user", "model"):
        messages = Messages.from_user("Hi").append(Message(role, [Opaque(native(data))])).add_user("And?")  # type: ignore[arg-type]
        assert len(items(messages)) == 2
        assert encoded(messages).notices[0].about == "messages"


# -- servers


def test_where_calls_have_to_stand_last_they_do() -> None:
    call = ToolCall("c1", "add", {}, Completed(1))
    messages = Messages.from_user("Hi").append(turn(call, Text("So.")))
    kinds = [item.get("type", item.get("role")) for item in items(messages, dialect=DEEPSEEK)]
    assert kinds == ["user", "assistant", "function_call", "function_call_output"]


def test_what_a_server_lacks_is_not_sent_and_refused_where_it_is_chosen() -> None:
    made = ResponsesBuilder().with_base_url("https://api.groq.com/openai/v1").with_model("m")
    with pytest.raises(ConfigurationError, match="groq stores nothing"):
        made.with_store().build()
    with pytest.raises(ConfigurationError, match="groq has no truncation"):
        encoded(Messages.from_user("Hi"), dialect=GROQ, options=made.with_truncation("auto")._choices.options)
    assert "store" not in encoded(Messages.from_user("Hi"), dialect=GROQ).body


@pytest.mark.parametrize("id", ["..", ".", "", " "])
async def test_an_id_that_names_another_path_is_refused(id: str) -> None:
    client = model(FakeTransport()).build()
    for method in (client.retrieve, client.cancel, client.delete):
        with pytest.raises(ConfigurationError):
            await method(id)


# -- found by the history fuzz

SEALED = native({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"})
UNSEALED = native({"type": "reasoning", "id": "rs_2", "summary": [{"type": "summary_text", "text": "Hm."}]})
UNSTORED = Chained(store=False)


def test_reasoning_stays_right_before_what_it_led_to_where_a_file_goes_as_the_users() -> None:
    picture = File.from_url("https://example.com/cat.png", "image/png")
    reply = Text("A cat.", native=native(said("A cat.", "1")["output"][0]))

    made = items(Messages([turn(Reasoning("", native=SEALED), picture, reply)]).add_user("And?"))
    left_out = encoded(Messages([turn(Reasoning("", native=SEALED), picture)]).add_user("And?"))

    assert [item.get("type", item.get("role")) for item in made] == ["user", "reasoning", "message", "user"]
    assert made[2]["id"] == "msg_1"
    assert [item.get("role") for item in left_out.body["input"]] == ["user", "user"]
    assert "reasoning that nothing of its turn follows" in str(left_out.notices)


def test_what_only_a_server_that_stores_could_find_is_not_sent_to_one_that_does_not() -> None:
    picture = Opaque(native({"type": "image_generation_call", "id": "ig_1", "status": "completed"}))
    history = Messages([turn(picture, Reasoning("", native=UNSEALED), Text("Hi"))]).add_user("And?")

    assert [item.get("role") for item in items(history, memory=UNSTORED)] == ["assistant", "user"]
    stored = [item.get("type", item.get("role")) for item in items(history, memory=Chained())]
    assert stored == ["image_generation_call", "reasoning", "assistant", "user"]


def test_an_id_that_an_earlier_call_has_on_the_wire_is_not_given_twice() -> None:
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add"}
    first = ToolCall("toolu_1", "add", {}, Completed(1), native=native(item))
    history = Messages([turn(first, ToolCall("call_1", "add", {}, Completed(2)))])

    sent = items(history)

    calls = [item["call_id"] for item in sent if item["type"] == "function_call"]
    assert calls == [item["call_id"] for item in sent if item["type"] == "function_call_output"]
    assert len(set(calls)) == 2
    assert items(history) == sent


def test_a_message_of_many_contents_goes_back_as_one_and_is_not_changed_by_it() -> None:
    item = said("", "1")["output"][0]
    parts = [Text(f"{number}", native=native(item)) for number in range(300)]

    [message] = items(Messages([turn(*parts)]))

    assert [content["text"] for content in message["content"]] == [str(number) for number in range(300)]
    assert len(item["content"]) == 1


@pytest.mark.parametrize("type", ["mcp_approval_request", "computer_call", "local_shell_call"])
@pytest.mark.parametrize("id", [{}, {"id": None}, {"id": 7, "call_id": []}])
def test_an_action_without_an_id_asks_for_nothing_and_is_left_out(type: str, id: JsonObject) -> None:
    action = Opaque(native({"type": type, "name": "f", **id}))
    history = Messages([turn(action, Text("Hi"))]).add_user("And?")

    assert requested_actions(history[0]) == []
    assert [item.get("role") for item in items(history)] == ["assistant", "user"]
    assert "a block that fits no item of this wire" in str(encoded(history).notices)
    with pytest.raises(ConfigurationError, match="asks for an action"):
        action_output(action, {"output": "x"})


def test_the_id_of_an_action_is_the_one_that_its_answer_names() -> None:
    action = Opaque(native({"type": "local_shell_call", "id": "ls_1", "call_id": 5, "action": {}}))
    history = Messages([turn(action)]).add_user(action_output(action, {"output": "x"}))

    call, answer = items(history)

    assert call["call_id"] == answer["call_id"] == "ls_1"
