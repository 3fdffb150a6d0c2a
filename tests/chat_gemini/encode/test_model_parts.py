"""A model's parts go back as they came, to where they came from."""

from __future__ import annotations

import base64
import json

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
)
from chat_core.types.call_status import Completed
from chat_core.wire import dump
from chat_gemini.encode import encode
from chat_gemini.encode.model_parts import UNSIGNED
from gemini_requests import ELSEWHERE, HERE, OLDER, PLAIN, PNG, body


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
