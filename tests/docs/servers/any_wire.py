"""What echo answers, on the wires of Responses and Claude too: the last message's text, said again."""

from chat_core.testing.loopback import Reply
from chat_core.types.json_values import JsonObject


def answer(body: JsonObject) -> Reply:
    match body.get("messages", body.get("input")):
        case [*_, {"content": str(text)}] | [*_, {"content": [*_, {"text": str(text)}]}]:
            return Reply(f"You said: {text}")
        case _:
            return Reply("You said nothing that I can read.")
