"""One model turn that is requested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as a model sees it; `parameters` is a JSON schema of an object. `strict` asks the provider to hold the model to it."""

    name: str
    description: str = ""
    parameters: JsonObject = field(default_factory=dict[str, JsonValue])
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The JSON schema that a turn's text has to satisfy; its root is an object."""

    name: str
    schema: JsonObject
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One model turn to be had. Encoders read it and change nothing."""

    messages: Messages
    tools: Sequence[ToolDefinition] = ()
    options: ChatOptions = ChatOptions()
    output: OutputSchema | None = None
