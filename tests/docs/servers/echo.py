"""What answers a page that names no server: the last message's text, said again."""

from chat_core.testing.loopback import Reply
from chat_core.types.json_values import JsonObject


def answer(body: JsonObject) -> Reply:
    match body["messages"]:
        case [*_, {"content": str(text)}]:
            return Reply(f"You said: {text}")
        case [*_, {"content": [*_, {"type": "text", "text": str(text)}]}]:
            return Reply(f"You said: {text}")
        case _:
            return Reply("You said nothing that I can read.")
