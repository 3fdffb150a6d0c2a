"""Items of the wire that the application writes itself, as parts of a user's message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from chat_core import ConfigurationError, JsonObject, JsonValue, Native, Opaque, ToolDefinition
from chat_core.types.json_values import as_object, as_text
from chat_core.types.plain_json import as_json

from chat_responses.encode.tools import function_tool
from chat_responses.items import CUSTOM


class HasDefinition(Protocol):
    """A tool of a chat."""

    @property
    def definition(self) -> ToolDefinition:
        """The tool as a model sees it."""
        ...


def input_item(item: Mapping[str, object]) -> Opaque:
    """Return any item of the wire, for `messages.add_user(input_item({...}))`. It is sent as it is.

    Other wires leave it out with a notice. Raises `ConfigurationError` for an item without a type.
    """
    given = as_object(as_json(dict(item)))
    if not as_text(given.get("type")):
        raise ConfigurationError('input_item({...}) takes an item with a type, such as {"type": "message"}')
    return Opaque(Native(CUSTOM, given))


def configuration_update(
    *, effort: str | None = None, text_format: Mapping[str, object] | None = None
) -> Opaque:
    """Return an item from which on the model thinks with another effort, or answers in another format.

    What stands before it stays in the cache. `text_format` is as the wire has it, such as `{"type":
    "json_schema", "name": ..., "schema": ..., "strict": True}`. Facts: OpenAI's API reference, November 2026.
    Raises `ConfigurationError` where neither is given.
    """
    item: dict[str, JsonValue] = {"type": "configuration_update"}
    if effort is not None:
        item["reasoning"] = {"effort": effort}
    if text_format is not None:
        item["text"] = {"format": as_json(dict(text_format))}
    if len(item) == 1:
        raise ConfigurationError(
            'configuration_update(effort="high") or configuration_update(text_format={...})'
        )
    return input_item(item)


def additional_tools(*tools: HasDefinition | ToolDefinition | Mapping[str, object]) -> Opaque:
    """Return an item from which on the model has further tools, without a change of what stands before it.

    A tool is one of the chat's, which has to know it too in order to run it, or a native one as the wire
    has it. Facts: OpenAI's API reference, November 2026. Raises `ConfigurationError` for no tools.
    """
    if not tools:
        raise ConfigurationError("additional_tools(tool, ...) takes at least one tool")
    declared: list[JsonValue] = [_declared(tool) for tool in tools]
    return input_item({"type": "additional_tools", "role": "developer", "tools": declared})


def _declared(tool: HasDefinition | ToolDefinition | Mapping[str, object]) -> JsonObject:
    if isinstance(tool, Mapping):
        return as_object(as_json(dict(tool)))
    return function_tool(tool if isinstance(tool, ToolDefinition) else tool.definition)
