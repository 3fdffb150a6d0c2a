"""A model that thinks before it answers."""

from chat_core.testing.loopback import Reply
from chat_core.types.json_values import JsonObject


def answer(body: JsonObject) -> Reply:
    thought = "s-t-r-a-w-b-e-r-r-y: one r after the t, two after the e."
    return Reply("There are three.", reasoning=thought, completion_tokens=31, reasoning_tokens=26)
