"""A turn of the model as Cohere takes it: its message, and a message per result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from chat_core import (
    ConfigurationError,
    File,
    JsonObject,
    JsonValue,
    Message,
    Notice,
    Opaque,
    Origin,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.types.json_values import as_list, as_object
from chat_core.wire import foreign_block, generated_file, part_text, unsent_file, wire_id, wire_name
from chat_core.wire.characters import sendable

from chat_cohere.encode.files import document_fields
from chat_cohere.wire import SentMessage

_NO_OUTPUT = "(no output)"


class TurnEncoder:
    """Encodes one turn of the model."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._messages: list[SentMessage] = []
        self._notices: list[Notice] = []

    def encode(self, message: Message) -> tuple[Sequence[SentMessage], Sequence[Notice]]:
        """Return the messages of a turn and its results, and what was not sent. Raises `UnresolvedTool`."""
        outcomes = message.outcomes()
        content: list[JsonObject] = []
        plan: list[str] = []
        citations: list[JsonObject] = []
        for part in message.parts:
            match part:
                case Text() if part.aside and outcomes:
                    plan += [part.text] if part.text.strip() else []
                case Text() | Structured():
                    citations += self._citations(part, len(content))
                    content += text_blocks(part)
                case Refusal(text):
                    content += [text_block(text)] if text.strip() else []
                case Reasoning():
                    content += self._thinking(part)
                case Opaque(native):
                    self._notices.append(foreign_block(native))
                case File():
                    self._notices.append(generated_file(part))
                case ToolCall():
                    pass
        self._append_turn(content, plan, citations, outcomes)
        return cast("list[SentMessage]", sendable(cast("JsonValue", self._messages))), self._notices

    def _append_turn(
        self,
        content: list[JsonObject],
        plan: list[str],
        citations: list[JsonObject],
        outcomes: list[tuple[ToolCall, str]],
    ) -> None:
        """Add a turn of the model and the results of its calls. A turn that says and calls nothing is left
        out."""
        turn: SentMessage = {"role": "assistant"}
        if any(block.get("type") == "text" for block in content) or (content and outcomes):
            turn["content"] = content
        if plan:
            turn["tool_plan"] = "".join(plan)
        if citations and "content" in turn:
            turn["citations"] = citations
        if outcomes:
            turn["tool_calls"] = [_call(call) for call, _ in outcomes]
        if turn.keys() & {"content", "tool_calls"}:
            self._messages.append(turn)
        self._messages += [self._result(call, text) for call, text in outcomes]

    def _thinking(self, part: Reasoning) -> list[JsonObject]:
        if part.native is None or not part.text.strip():
            return []
        if part.native.for_(self._origin) is None:
            self._notices.append(foreign_block(part.native))
            return []
        return [{"type": "thinking", "thinking": part.text}]

    def _citations(self, part: Text | Structured, index: int) -> list[JsonObject]:
        """Return the citations of a text that came from here, for the content block that it becomes."""
        native = part.native.for_(self._origin) if part.native else None
        if not native or not part_text(part).strip():
            return []
        found = [item for item in as_list(native.get("citations")) if isinstance(item, dict)]
        return [{**item, "content_index": index} for item in found if _is_citation(item)]

    def _result(self, call: ToolCall, text: str) -> SentMessage:
        """Return the message of a result. Text files stand in it as documents; other files are described."""
        documents: list[JsonObject] = []
        described: list[str] = []
        for file in call.files:
            try:
                documents.append({"type": "document", "document": {"data": document_fields(file)}})
            except ConfigurationError as exc:
                part, notice = unsent_file(file, exc)
                described.append(part.text)
                self._notices.append(notice)
        shown = "\n\n".join(filter(str.strip, (text, *described))) or _NO_OUTPUT
        content: str | list[JsonObject] = [text_block(shown), *documents] if documents else shown
        return {"role": "tool", "tool_call_id": wire_id(call.id), "content": content}


def _call(call: ToolCall) -> JsonObject:
    function: JsonObject = {"name": wire_name(call.name), "arguments": call.arguments_as_text()}
    return {"id": wire_id(call.id), "type": "function", "function": function}


def text_blocks(part: Text | Structured) -> Iterator[JsonObject]:
    """Yield the text of a part. Blank text is left out: it says nothing, and some models refuse it."""
    text = part_text(part)
    if text.strip():
        yield text_block(text)


def text_block(text: str) -> JsonObject:
    """Return a block of text."""
    return {"type": "text", "text": text}


def _is_citation(item: JsonObject) -> bool:
    """Return whether this is a citation as it is received: stored data may be anything."""
    sources = item.get("sources")
    return (
        isinstance(item.get("start"), int)
        and isinstance(item.get("end"), int)
        and isinstance(item.get("text"), str)
        and isinstance(sources, list)
        and all(_is_source(as_object(source)) for source in sources)
        and not item.keys() - {"start", "end", "text", "sources", "type", "content_index"}
    )


def _is_source(source: JsonObject) -> bool:
    match source:
        case {"type": "document", "document": dict()} | {"type": "tool", "tool_output": dict()}:
            return True
        case _:
            return False
