"""What answers with what it was asked beside the conversation, as JSON; with one tool call first, where a
tool is forced.
"""

import json

from chat_core.testing.loopback import Call, Reply
from chat_core.types.json_values import JsonObject


def answer(body: JsonObject) -> Reply:
    if isinstance(body.get("tool_choice"), dict):
        return Reply(calls=(Call("add", {"a": 1, "b": 2}),))
    asked = {
        name: value
        for name, value in body.items()
        if name not in ("model", "messages", "tools", "stream", "stream_options")
    }
    return Reply(json.dumps(asked, ensure_ascii=False))
