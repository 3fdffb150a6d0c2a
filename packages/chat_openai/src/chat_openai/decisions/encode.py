"""The body of a request for decisions.

Facts: OpenAI's API reference of `POST /decisions`, November 2026: 1 to 400 questions, of which each has
2 to 255 choices or levels; the input holds messages, calls and their outputs, texts and images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from chat_core import (
    ChatRequest,
    Choice,
    ConfigurationError,
    JsonObject,
    JsonValue,
    Messages,
    Origin,
    Question,
    Score,
    YesNo,
)
from chat_core.types.json_values import as_list, as_object
from chat_core.wire import Encoded
from chat_responses.encode import encode as encode_turn
from chat_responses.options import ResponsesOptions
from chat_responses.settings import RequestDefaults

_ELSEWHERE = Origin("decisions", "", "")  # items of the Responses API go as plain ones
_SHARED = ("prompt_cache_key", "prompt_cache_options", "safety_identifier")


def encode(
    messages: Messages, questions: Mapping[str, Question], *, model: str, options: ResponsesOptions
) -> Encoded:
    """Return the body. Raises `ConfigurationError` for what the endpoint does not read."""
    turn = encode_turn(ChatRequest(messages), origin=_ELSEWHERE, defaults=RequestDefaults(), stream=False)
    items = as_list(cast("JsonValue", turn.body["input"]))
    for item in items:
        _check(as_object(item))
    instructions = turn.body.get("instructions")
    first: list[JsonValue] = [{"role": "developer", "content": str(instructions)}] if instructions else []
    shared = {name: value for name, value in options.body().items() if name in _SHARED}
    listed = [_question(name, question) for name, question in questions.items()]
    return Encoded({"model": model, "input": [*first, *items], "questions": listed, **shared}, turn.notices)


def _check(item: JsonObject) -> None:
    for name in ("content", "output"):
        for part in as_list(item.get(name)):
            fields = as_object(part)
            if fields.get("type") == "input_file" or "file_id" in fields:
                raise ConfigurationError(
                    "decisions are made about texts and images, which are here as bytes or at a URL: "
                    "leave other files out, or ask a chat model"
                )


def _question(name: str, question: Question) -> JsonObject:
    match question:
        case YesNo():
            words = {"Yes": question.yes, "No": question.no}
            lines = [question.instructions, *(f"{word}: {text}" for word, text in words.items() if text)]
            return {"type": "predicate", "name": name, "instructions": "\n".join(lines)}
        case Choice():
            choices: list[JsonValue] = [
                {"value": value, **({"description": text} if text else {})}
                for value, text in question.described.items()
            ]
            return {
                "type": "choice",
                "name": name,
                "instructions": question.instructions,
                "choices": choices,
            }
        case Score():
            levels: list[JsonValue] = [{"label": level} for level in question.levels]
            return {"type": "score", "name": name, "instructions": question.instructions, "levels": levels}
