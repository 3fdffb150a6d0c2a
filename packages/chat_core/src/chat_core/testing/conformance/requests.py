"""The requests that the suites make. Their texts are canaries: none of them stands in a body by chance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.request import ChatRequest, ToolDefinition

SYSTEM = "canary-instructions-Qv3"
QUESTION = "canary-question-Wm8"
WEATHER = ToolDefinition(
    "weather",
    "canary-description-Hd5",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def plain_request(options: ChatOptions | None = None) -> ChatRequest:
    """Return a request with instructions and a question."""
    messages = Messages.from_system(SYSTEM).add_user(QUESTION)
    return ChatRequest(messages, options=options or ChatOptions())


def tool_request(*tools: ToolDefinition, options: ChatOptions | None = None) -> ChatRequest:
    """Return a request with tools, by default the one that the tapes call."""
    messages = Messages.from_system(SYSTEM).add_user(QUESTION)
    return ChatRequest(messages, tools or (WEATHER,), options=options or ChatOptions())


def written(body: object) -> str:
    """Return a body as JSON text."""
    return json.dumps(body, ensure_ascii=False)


def texts_in(value: JsonValue) -> Iterator[str]:
    """Yield all texts of a JSON value in order, the names of fields included. A text that is itself JSON is
    followed by the texts in it.
    """
    match value:
        case str():
            yield value
            yield from _texts_within(value)
        case Mapping():
            for name, each in value.items():
                yield name
                yield from texts_in(each)
        case list():
            for each in value:
                yield from texts_in(each)
        case _:
            pass


def numbers_in(value: JsonValue) -> Iterator[int | float]:
    """Yield all numbers of a JSON value."""
    match value:
        case bool() | None | str():
            return
        case int() | float():
            yield value
        case Mapping():
            for each in value.values():
                yield from numbers_in(each)
        case list():
            for each in value:
                yield from numbers_in(each)


def missing_texts(body: JsonObject, wanted: Iterable[str]) -> list[str]:
    """Return the texts that stand nowhere in a body."""
    found = list(texts_in(body))
    return [text for text in wanted if not any(text in each for each in found)]


def in_order(body: JsonObject, wanted: Iterable[str]) -> bool:
    """Return whether the texts stand in a body one after the other."""
    found = list(texts_in(body))
    places = [next((at for at, text in enumerate(found) if each in text), -1) for each in wanted]
    return -1 not in places and places == sorted(places)


def _texts_within(text: str) -> Iterator[str]:
    if not text.lstrip().startswith(("{", "[")):
        return
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return
    yield from texts_in(value)
