"""The arguments of a tool as its JSON schema describes them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Protocol

from chat_core.tools.context import ToolContext
from chat_core.tools.json_schema import faults
from chat_core.types.json_values import JsonObject
from chat_core.types.tool_call import ToolCall


class ArgumentsDoNotFit(ValueError):
    """The arguments of a call do not satisfy the tool's schema; the message is for the model."""


class Parameters(Protocol):
    """What a tool takes."""

    @property
    def wanted_deps(self) -> str | None:
        """The type of dependencies that the function cannot do without, or None."""
        ...

    def schema(self) -> JsonObject:
        """Return the JSON schema of an object."""
        ...

    def read(
        self, arguments: JsonObject, call: ToolCall, context: ToolContext[object]
    ) -> Mapping[str, object]:
        """Return the keywords for the function. Raises `ArgumentsDoNotFit`."""
        ...


class SchemaParameters:
    """Parameters as a JSON schema describes them; the function gets the JSON as it is."""

    wanted_deps: str | None = None

    def __init__(self, parameters: JsonObject) -> None:
        self._parameters: JsonObject = {"type": "object", "properties": {}, **parameters}

    def schema(self) -> JsonObject:
        """Return the schema as it was given."""
        return self._parameters

    def read(
        self, arguments: JsonObject, call: ToolCall, context: ToolContext[object]
    ) -> Mapping[str, object]:
        """Return a copy of the arguments: the function may change it, the call keeps what the model wrote."""
        if found := faults(arguments, self._parameters):
            raise ArgumentsDoNotFit("; ".join(found[:5]))
        return deepcopy(arguments)
