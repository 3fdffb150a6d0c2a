"""A model's parts go back as they came, to where they came from."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from chat_core import (
    ChatRequest,
    Citation,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Reasoning,
    Text,
    ToolCall,
    Turn,
)
from chat_core.types.call_status import Completed
from chat_core.wire import dump
from chat_gemini.encode import encode
from chat_gemini.encode.model_parts import UNSIGNED
from gemini_requests import ELSEWHERE, HERE, OLDER, PLAIN, PNG, SIGNED, body


def test_every_part_of_a_turn_goes_back_in_its_place_with_what_came_beside_it() -> None:
    turn = Message(
        "model",
        [
            Reasoning("Hm.", native=Native(HERE, {"thought": True})),
            Text("Plain.", (Citation("https://a.example"),)),
            Text("Signed.", native=Native(HERE, {"thoughtSignature": "c2ln"})),
            Opaque(Native(HERE, {"executableCode": {"code": "1"}, "thoughtSignature": "eA=="})),
            File("image/png", PNG, native=Native(HERE, {"thoughtSignature": "aW1n"})),
            ToolCall(
                "1",
                "add",
                {"a": 1},
                Completed(2),
                native=Native(HERE, {"thoughtSignature": "Y2FsbA==", "id": "w1"}),
            ),
            Reasoning("", native=Native(HERE, {"thoughtSignature": "ZW5k"})),
        ],
    )
    assert body(Messages([Message("user", [Text("Hi")]), turn]))["contents"] == [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {
            "role": "model",
            "parts": [
                {"text": "Hm.", "thought": True},
                {"text": "Plain."},
                {"text": "Signed.", "thoughtSignature": "c2ln"},
                {"executableCode": {"code": "1"}, "thoughtSignature": "eA=="},
                {
                    "inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()},
                    "thoughtSignature": "aW1n",
                },
                {
                    "functionCall": {"id": "w1", "name": "add", "args": {"a": 1}},
                    "thoughtSignature": "Y2FsbA==",
                },
                {"text": "", "thoughtSignature": "ZW5k"},
            ],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"id": "w1", "name": "add", "response": {"output": 2}}}],
        },
    ]


@pytest.mark.parametrize(
    "other",
    [ELSEWHERE, OLDER, Origin("gemini", "https://proxy/v1beta", "gemini-3.5-flash")],
    ids=lambda origin: origin.endpoint,
)
def test_what_came_from_elsewhere_goes_without_its_signatures(other: Origin) -> None:
    turn = Message(
        "model",
        [
            Reasoning("Hm.", native=Native(other, {"thoughtSignature": "eA=="})),
            Opaque(Native(other, {"toolCall": {}})),
            Text("Well.", native=Native(other, {"thoughtSignature": "eA=="})),
            ToolCall(
                "1",
                "add",
                {"a": 1},
                Completed(2),
                native=Native(other, {"thoughtSignature": "eA==", "id": "w1"}),
            ),
            ToolCall("2", "add", {"a": 2}, Completed(3), native=Native(other, {"thoughtSignature": "eA=="})),
        ],
    )
    encoded = encode(
        ChatRequest(Messages([Message("user", [Text("Hi")]), turn])),
        origin=HERE,
        defaults=PLAIN,
        stream=False,
    )
    sent = json.loads(dump(encoded.body))
    assert sent["contents"][1]["parts"] == [
        {"text": "Well."},
        {"functionCall": {"id": "1", "name": "add", "args": {"a": 1}}, "thoughtSignature": UNSIGNED},
        {"functionCall": {"id": "2", "name": "add", "args": {"a": 2}}},
    ]
    assert base64.b64decode(UNSIGNED) == b"skip_thought_signature_validator"
    assert [notice.message for notice in encoded.notices] == [
        f"a block that only {other.provider} ({other.model}) can read was not sent"
    ]


def test_models_that_check_no_signatures_are_sent_none() -> None:
    turn = Message("model", [ToolCall("1", "add", {}, Completed(2), native=Native(ELSEWHERE, {}))])
    contents = body(Messages([Message("user", [Text("Hi")]), turn]), OLDER)["contents"]
    assert contents[1]["parts"] == [{"functionCall": {"id": "1", "name": "add", "args": {}}}]


def test_what_the_model_called_stays_what_it_called_after_an_edit() -> None:
    call = ToolCall(
        "1", "add", {"a": 1}, Completed(3), edited={"a": 2}, native=Native(HERE, {"thoughtSignature": "eA=="})
    )
    contents = body(Messages([Message("user", [Text("Hi")]), Message("model", [call])]))["contents"]
    assert contents[1]["parts"][0]["functionCall"]["args"] == {"a": 1}


def test_a_signature_that_was_lost_on_its_way_is_replaced() -> None:
    """A gateway has dropped it: Gemini 3 would refuse the first call of the step without one, for ever."""
    calls = [
        ToolCall(str(number), "add", {}, Completed(number), native=Native(HERE, {})) for number in (1, 2)
    ]
    messages = Messages.from_user("Hi").append(Message("model", [Text("Adding."), *calls]))
    parts = body(messages)["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == [None, UNSIGNED, None]
    older = Messages.from_user("Hi").append(
        Message("model", [ToolCall("1", "add", {}, Completed(1), native=Native(OLDER, {}))])
    )
    assert "thoughtSignature" not in body(older, OLDER)["contents"][1]["parts"][0]


def test_a_field_of_a_call_that_has_no_word_here_goes_back() -> None:
    native = Native(HERE, {"functionCall": {"newField": {"a": 1}}, **SIGNED})
    turn = Message("model", [ToolCall("1", "add", {"a": 1}, Completed(1), native=native)])
    [part] = body(Messages.from_user("Hi").append(turn))["contents"][1]["parts"]
    assert part == {"functionCall": {"newField": {"a": 1}, "name": "add", "args": {"a": 1}}, **SIGNED}


HOSTILE: list[Any] = [
    {"thoughtSignature": 3},
    {"thought": "yes", "thoughtSignature": None},
    {"text": "other", "functionCall": {"name": "rm"}},
    {"functionResponse": {"name": "x"}},
    {"id": ["x"]},
    {"functionCall": "x"},
    {"inlineData": [1]},
]


@pytest.mark.parametrize("data", HOSTILE, ids=repr)
def test_native_data_that_do_not_fit_are_left_out(data: Any) -> None:
    """Somebody has changed a stored conversation: nothing but errors of ours leaves an encoder."""
    native = Native(HERE, data)
    parts = [
        Text("a", native=native),
        Reasoning("b", native=native),
        ToolCall("1", "c", {}, Completed(1), native=native),
    ]
    messages = Messages.from_json(Messages.from_user("Hi").append(Message("model", parts)).to_json())
    text, thought, call = body(messages)["contents"][1]["parts"]
    assert text == {"text": "a"}
    assert thought == {"text": "b", "thought": True}
    assert call["functionCall"] == {"name": "c", "args": {}}
    assert call["thoughtSignature"] == UNSIGNED


@pytest.mark.parametrize(
    "data", [{}, SIGNED, {"functionCall": {"name": "rm"}}, {"toolCall": []}, {"a": 1}], ids=repr
)
def test_a_stored_block_that_is_no_part_is_left_out_with_a_notice(data: Any) -> None:
    messages = Messages.from_user("Hi").append(Message("model", [Text("a"), Opaque(Native(HERE, data))]))
    encoded = encode(ChatRequest(messages), origin=HERE, defaults=PLAIN, stream=False)
    contents: Any = encoded.body["contents"]
    assert contents[1]["parts"] == [{"text": "a"}]
    assert [notice.about for notice in encoded.notices] == ["messages"]


@pytest.mark.parametrize(
    "cut_by",
    [{"interrupted": True}, {"turn": Turn("length", "MAX_TOKENS")}, {"turn": Turn("other", "OTHER")}],
)
def test_steps_of_googles_tools_that_a_cut_left_without_a_result_are_not_sent_back(cut_by: Any) -> None:
    step = {"toolCall": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "args": {}}}
    found = {"toolResponse": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB"}}
    code = {"executableCode": {"code": "1", "language": "PYTHON"}}
    other = {"toolCall": {"id": "t2", "toolType": "URL_CONTEXT", "args": {}}}
    blocks = [Opaque(Native(HERE, data)) for data in (step, found, other, code)]
    cut = Message("model", [*blocks, Text("So")], **cut_by)
    encoded = encode(
        ChatRequest(Messages.from_user("Hi").append(cut)), origin=HERE, defaults=PLAIN, stream=False
    )
    contents: Any = encoded.body["contents"]
    assert contents[1]["parts"] == [step, found, {"text": "So"}]
    assert [notice.about for notice in encoded.notices] == ["messages"]
    whole = Message("model", [*blocks, Text("So")], turn=Turn("stop", "STOP"))
    assert len(body(Messages.from_user("Hi").append(whole))["contents"][1]["parts"]) == 5


def test_calls_of_one_id_have_two_on_the_wire() -> None:
    calls = [
        ToolCall("1", "add", {"a": number}, Completed(number), native=Native(HERE, {"id": "f"}))
        for number in (1, 2)
    ]
    sent = body(Messages.from_user("Hi").append(Message("model", [*calls])))["contents"]
    ids = [part["functionCall"]["id"] for part in sent[1]["parts"]]
    assert ids[0] == "f"
    assert ids[1] != "f"
    assert [part["functionResponse"]["id"] for part in sent[2]["parts"]] == ids


@pytest.mark.parametrize(
    "arguments", [{"a": "\ud83d"}, {"\ud83d": 1}, {"a": float("nan")}, {"a": [[float("inf")]]}]
)
def test_arguments_that_no_request_can_hold_do_not_stop_the_conversation(arguments: Any) -> None:
    call = ToolCall("1", "add", {}, Completed(1))
    call.arguments = arguments  # made with them it would be refused, or have them repaired
    [part] = body(Messages.from_user("Hi").append(Message("model", [call])))["contents"][1]["parts"]
    assert list(part["functionCall"]["args"].values()) in (["\ufffd"], [1], [None], [[[None]]])
