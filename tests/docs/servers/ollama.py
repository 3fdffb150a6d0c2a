"""An Ollama server's `/v1`, which greets."""

from chat_core.jsonvalue import JsonObject
from chat_core.testing.loopback import Reply


def answer(body: JsonObject) -> Reply:
    return Reply("Hello from Ollama.")
