"""Results of calls: one for each, in order, with the files that a result may hold."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from chat_core import (
    ChatRequest,
    File,
    Message,
    Messages,
    Native,
    Text,
    ToolCall,
    UnresolvedTool,
)
from chat_core.types.call_status import Completed, Failed, Pending, Rejected
from chat_gemini.encode import encode
from gemini_requests import HERE, OLDER, PLAIN, PNG, SIGNED, body


def test_a_call_that_came_without_an_id_is_answered_without_one() -> None:
    turn = Message("model", [ToolCall("call_1", "add", {}, Completed("two"), native=Native(HERE, SIGNED))])
    contents = body(Messages([Message("user", [Text("Hi")]), turn]))["contents"]
    assert contents[1:] == [
        {"role": "model", "parts": [{"functionCall": {"name": "add", "args": {}}, **SIGNED}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {"output": "two"}}}]},
    ]


def test_all_calls_of_a_step_are_answered_in_one_content_in_their_order() -> None:
    calls = [
        ToolCall("1", "add", {}, Completed({"sum": 2}), native=Native(HERE, {})),
        ToolCall("2", "add", {}, Failed("no such number"), native=Native(HERE, {})),
        ToolCall("3", "add", {}, Rejected("not today"), native=Native(HERE, {})),
        ToolCall("4", "add", {}, Completed(None), native=Native(HERE, {})),
    ]
    messages = Messages([Message("user", [Text("Hi")]), Message("model", [*calls])]).add_user("And?")
    sent = body(messages)["contents"][2]
    told = [part["functionResponse"]["response"] for part in sent["parts"][:4]]
    assert told == [
        {"output": {"sum": 2}},
        {"error": "no such number"},
        {"error": "not today"},
        {"output": None},
    ]
    assert sent["parts"][4] == {"text": "And?"}


@pytest.mark.parametrize("result", [{"$ref": "#/a"}, [{"deep": {"$ref": "x"}}]])
def test_a_result_that_the_server_would_misread_goes_as_text(result: Any) -> None:
    call = ToolCall("1", "add", {}, Completed(result))
    sent = body(Messages([Message("user", [Text("Hi")]), Message("model", [call])]))["contents"]
    told = sent[2]["parts"][0]["functionResponse"]["response"]["output"]
    assert told == json.dumps(result)


def test_files_that_a_tool_returned_stand_in_its_answer_where_the_model_can_read_them() -> None:
    call = ToolCall(
        "1", "look", {}, Completed("see"), files=(File.from_bytes(PNG), File.from_bytes(b"x", "audio/wav"))
    )
    messages = Messages([Message("user", [Text("Hi")]), Message("model", [call])])
    image = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}}
    sound = {"inlineData": {"mimeType": "audio/wav", "data": "eA=="}}
    about = {"text": "What look returned for call 1:"}

    newer, older = (body(messages, origin)["contents"][2]["parts"] for origin in (HERE, OLDER))
    response = {"id": "1", "name": "look", "response": {"output": "see"}}
    assert newer == [{"functionResponse": {**response, "parts": [image]}}, about, sound]
    assert older == [{"functionResponse": response}, about, image, sound]


def test_a_call_without_an_outcome_cannot_be_sent() -> None:
    with pytest.raises(UnresolvedTool):
        body(
            Messages([Message("user", [Text("Hi")]), Message("model", [ToolCall("1", "add", {}, Pending())])])
        )


@pytest.mark.parametrize(
    "file", [File(None, b"?"), File("image/png", id="file-ABC"), File("image/png", url="s3://a/b")]
)
def test_a_file_of_a_result_that_the_wire_cannot_carry_is_described(file: File) -> None:
    call = ToolCall("1", "look", {}, Completed("see"), files=(file,))
    messages = Messages.from_user("Hi").append(Message("model", [call]))
    encoded = encode(ChatRequest(messages), origin=HERE, defaults=PLAIN, stream=False)
    contents: Any = encoded.body["contents"]
    assert [sorted(part) for part in contents[2]["parts"]] == [["functionResponse"], ["text"], ["text"]]
    assert "cannot be shown here" in contents[2]["parts"][2]["text"]
    assert [notice.about for notice in encoded.notices] == ["messages"]


@pytest.mark.parametrize("result", ["caf\udce9", {"name": "caf\udce9"}, ["\ud83d"]])
def test_half_a_character_in_a_result_does_not_stop_the_conversation(result: Any) -> None:
    call = ToolCall("1", "look", {}, Completed(result))
    sent = body(Messages.from_user("Hi").append(Message("model", [call])))["contents"][2]["parts"]
    assert "\ufffd" in str(sent[0]["functionResponse"]["response"]["output"])


def test_names_and_ids_that_the_wire_refuses_are_mapped_the_same_way_each_time() -> None:
    name = "get_weather<|channel|>commentary"
    call = ToolCall("call|1 é", name, {}, Completed("sunny"))
    messages = Messages.from_user("Hi").append(Message("model", [call]))
    first, second = (body(messages)["contents"] for _ in range(2))
    assert first == second
    sent, told = first[1]["parts"][0]["functionCall"], first[2]["parts"][0]["functionResponse"]
    assert (sent["name"], sent["id"]) == (told["name"], told["id"])
    assert re.fullmatch(r"get_weather_channel_commentary_[0-9a-f]{8}", sent["name"])
    assert re.fullmatch(r"call_[0-9a-f]{32}", sent["id"])
    assert (call.name, call.id) == (name, "call|1 é")
