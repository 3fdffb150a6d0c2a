"""A model that draws, speaks, cites, thinks and reads files, each when it is asked to."""

import base64
import json

from chat_core.testing.loopback import Answer, Call, Raw, Reply
from chat_core.types.json_values import JsonObject, JsonValue

IMAGE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n...").decode()
SOUND = base64.b64encode(b"RIFF\x00\x00\x00\x00WAVE...").decode()
THOUGHT = "Better look first."


def answer(body: JsonObject) -> Answer:
    messages = body["messages"]
    assert isinstance(messages, list)
    match messages:
        case [*_, {"role": "assistant", **said}, {"role": "tool"}]:
            return Reply(f"My thought came back: {said.get('reasoning')}")
        case [*_, {"content": [*parts]}]:
            return Reply("I got " + ", ".join(described(part) for part in parts if isinstance(part, dict)))
        case [*_, {"content": str(asked)}] if "Draw" in asked:
            return whole({"content": "Here.", "images": [{"type": "image_url", "image_url": {"url": IMAGE}}]})
        case [*_, {"content": str(asked)}] if "aloud" in asked:
            return whole(
                {"content": None, "audio": {"id": "audio_1", "data": SOUND, "transcript": "Good morning!"}}
            )
        case [*_, {"content": str(asked)}] if "Look" in asked:
            return Reply(calls=(Call("look"),), reasoning=THOUGHT, completion_tokens=30, reasoning_tokens=22)
        case [*_, {"content": str(asked)}] if "Cite" in asked:
            cited = {"start_index": 0, "end_index": 12, "url": "https://example.com/bern", "title": "Bern"}
            return whole(
                {"content": "Bern it is.", "annotations": [{"type": "url_citation", "url_citation": cited}]}
            )
        case _:
            logprobs: JsonObject = {"content": [{"token": "Yes", "logprob": -0.01, "top_logprobs": []}]}
            return whole({"content": "Yes"}, logprobs)


def described(part: JsonObject) -> str:
    kind = str(part["type"])
    match part.get(kind):
        case {"url": str(told)} | {"file_data": str(told)}:
            return f"{kind} {told[:26]}"
        case {"format": str(told)} | {"file_id": str(told)}:
            return f"{kind} {told}"
        case _:
            return kind


def whole(message: JsonObject, logprobs: JsonValue = None) -> Raw:
    choice: JsonObject = {
        "index": 0,
        "message": {"role": "assistant", **message},
        "finish_reason": "stop",
        "logprobs": logprobs,
    }
    usage: JsonObject = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    answer: JsonObject = {"id": "chatcmpl-1", "model": "studio", "choices": [choice], "usage": usage}
    return Raw(json.dumps(answer).encode(), content_type="application/json")
