"""The body of a request for decisions.

Facts: the types of Google's SDK for `POST /v1beta/decisions`, November 2026: `input` is one list of texts and
files, not of turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chat_core import (
    Choice,
    File,
    JsonObject,
    JsonValue,
    Message,
    Messages,
    Notice,
    Question,
    Score,
    Structured,
    Text,
    ToolCall,
    YesNo,
)
from chat_core.wire import Encoded, foreign_block, part_text

_ROLES = {"system": "Instructions", "user": "User", "model": "Model"}


def encode(messages: Messages, questions: Mapping[str, Question], *, model: str) -> Encoded:
    """Return the body. A conversation of several messages goes as text that says whose each is."""
    notices: list[Notice] = []
    alone = len(messages) == 1
    contents = [content for message in messages for content in _contents(message, notices, alone=alone)]
    listed: dict[str, JsonValue] = {name: _question(question) for name, question in questions.items()}
    body: dict[str, object] = {"model": model, "input": contents, "questions": listed}
    return Encoded(body, tuple(dict.fromkeys(notices)))


def _contents(message: Message, notices: list[Notice], *, alone: bool) -> Iterator[JsonObject]:
    if not alone:
        yield {"type": "text", "text": f"{_ROLES[message.role]}:"}
    for part in message.parts:
        match part:
            case Text() | Structured():
                yield {"type": "text", "text": part_text(part)}
            case File():
                yield _file(part)
            case ToolCall():
                outcome = part.outcome() if part.resolved else "no result yet"
                yield {"type": "text", "text": f"{part.name}({part.arguments_as_text()}): {outcome}"}
            case _ if part.native is not None:
                notices.append(foreign_block(part.native))
            case _:
                pass


def _file(file: File) -> JsonObject:
    content: JsonObject = {"type": file.kind}
    if file.mimetype is not None:
        content["mime_type"] = file.mimetype
    if file.data is not None:
        return {**content, "data": file.base64()}
    return {**content, "uri": file.url or file.id}


def _question(question: Question) -> JsonObject:
    match question:
        case YesNo():
            fields: JsonObject = {"type": "noul", "instructions": question.instructions}
            named = {"true_description": question.yes, "false_description": question.no}
            criteria: JsonObject = {name: text for name, text in named.items() if text}
            return {**fields, "criteria": criteria} if criteria else fields
        case Choice():
            choices: dict[str, JsonValue] = {name: text or "" for name, text in question.described.items()}
            return {"type": "choice", "instructions": question.instructions, "criteria": choices}
        case Score():
            return {"type": "score", "instructions": question.instructions, "criteria": [*question.levels]}
