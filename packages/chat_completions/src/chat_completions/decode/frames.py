"""Where servers put the fields of a completion, or of a chunk of one: in their usual places and in others."""

from __future__ import annotations

import json

from chat_core import InvalidResponse, JsonObject, JsonValue
from chat_core.types.json_values import as_list, as_object
from chat_core.wire import error_from_object, is_error_object

from chat_completions.decode.usage import usage_object

_OF_MESSAGE = frozenset(
    {"content", "tool_calls", "function_call", "reasoning", "reasoning_content", "refusal"}
)  # fields that a few servers put beside the message instead of into it

_BESIDE_DELTA = ("error", "message", "native_finish_reason", "usage")


def checked(frame: JsonObject) -> JsonObject:
    """Return the frame.

    Raises the `ProviderError` that it describes where it is an error under status 200.
    """
    if frame.get("error") or (not frame.get("choices") and is_error_object(frame)):
        raise error_from_object(frame)
    return frame


def completion(response: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    """Return the completion that a body is, or holds: some gateways wrap it once; and its choices.

    Raises `ProviderError` for an error under status 200, and `InvalidResponse` where there is no choice.
    """
    if "choices" not in response and not response.get("error"):
        inner = (value for value in response.values() if isinstance(value, dict) and value.get("choices"))
        response = next(inner, response)
    checked(response)
    choices = choices_of(response)
    if not choices:
        raise InvalidResponse(f"a chat completion without choices: {json.dumps(response)[:300]}")
    return response, choices


def check_choice(choice: JsonObject) -> None:
    """Raise the error that stands in a choice, if there is one."""
    if error := choice.get("error"):
        raise error_from_object({"error": error})


def holds_more(choice: JsonObject) -> bool:
    """Return whether a choice of a stream has fields that count besides the usual ones: most that servers
    add, such as the results of content filters, do not.
    """
    return not _OF_MESSAGE.isdisjoint(choice) or any(map(choice.get, _BESIDE_DELTA))


def choices_of(frame: JsonObject) -> list[JsonObject]:
    """Return the choices of a frame: of a list, or a single object in its place."""
    choices = frame.get("choices")
    if type(choices) is list and len(choices) == 1 and type(choice := choices[0]) is dict:
        return [choice]
    if isinstance(choices, dict):
        return [choices] if choices else []
    return [choice for choice in as_list(choices) if isinstance(choice, dict)]


def delta_of(choice: JsonObject) -> JsonObject:
    """Return what a choice of a stream adds, with the fields that stand beside it instead of in it."""
    delta = choice.get("delta")
    return _with_outer(as_object(delta), choice)


def message_of(choice: JsonObject) -> JsonObject:
    """Return the whole message of a choice, wherever the server puts it."""
    message = choice.get("message")
    if message and type(message) is dict and _OF_MESSAGE.isdisjoint(choice):
        return message
    inner: JsonObject = as_object(message) or as_object(choice.get("delta"))
    if isinstance(message, str):
        inner = {"content": message}
    whole = _with_outer(inner, choice)
    if not whole and isinstance(text := choice.get("text"), str):
        return {"content": text}
    return whole


def _with_outer(inner: JsonObject, choice: JsonObject) -> JsonObject:
    outer = _OF_MESSAGE & choice.keys()
    if not outer:
        return inner
    return {**{name: choice[name] for name in outer if choice[name] is not None}, **inner}


def usage_of(frame: JsonObject, choices: list[JsonObject]) -> JsonValue:
    """Return the usage of a frame: at the top, in a choice (Moonshot), in its message, or of Groq's own
    field.
    """
    if used := frame.get("usage"):
        return used
    for choice in choices:
        for holder in (choice, choice.get("message"), choice.get("delta")):
            if isinstance(holder, dict) and "usage" in holder and (found := usage_object(holder["usage"])):
                return found
    return as_object(frame.get("x_groq")).get("usage")
