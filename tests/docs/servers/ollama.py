"""An Ollama server's `/v1`, which greets."""

from chat_core.testing.loopback import Reply
from chat_core.types.json_values import JsonObject


def answer(body: JsonObject) -> Reply:
    return Reply("Hello from Ollama.")
