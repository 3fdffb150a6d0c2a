"""The strict schemas of one request, and the limits that they share."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from chat_core import ConfigurationError, JsonObject, OutputSchema, ToolDefinition
from chat_core.types.schema_findings import SchemaFault, SchemaRefused
from chat_core.wire import encoded_once

from chat_claude.encode.schema_subset import SubsetCompiler

Source: TypeAlias = ToolDefinition | OutputSchema

_MAX_TOOLS, _MAX_OPTIONAL, _MAX_UNIONS = 20, 24, 16


class StrictSchemas:
    """The strict schemas of one request, which share its limits."""

    def __init__(self) -> None:
        self._tools = 0
        self._optional: list[str] = []
        self._unions: list[str] = []

    def tool(self, name: str, schema: JsonObject, source: Source | None = None) -> JsonObject:
        """Return the schema of a strict tool's parameters. Raises as `output` does."""
        self._tools += 1
        return self._add(f"tool {name}", schema, source)

    def output(self, schema: JsonObject, source: Source | None = None) -> JsonObject:
        """Return the schema of the output; it is compiled once for its `source`.

        Raises `ConfigurationError`, which names every place that the subset cannot express, as JSON pointers.
        """
        return self._add("the output type", schema, source)

    def check(self) -> None:
        """Raise `ConfigurationError` where all of them together exceed the limits."""
        if not self._tools and not self._optional and not self._unions:
            return
        if self._tools > _MAX_TOOLS:
            raise ConfigurationError(
                f"{self._tools} strict tools in one request, {_MAX_TOOLS} at most: leave strict off some"
            )
        for found, most, what in (
            (self._optional, _MAX_OPTIONAL, "optional parameters"),
            (self._unions, _MAX_UNIONS, "parameters of several types"),
        ):
            if len(found) > most:
                raise ConfigurationError(
                    f"the strict schemas of this request have {len(found)} {what}, {most} at most, "
                    f"the last at {found[-1]}: "
                    "make some required or simpler, or leave strict off some tools"
                )

    def _add(self, what: str, schema: JsonObject, source: Source | None) -> JsonObject:
        compiled = encoded_once(source, (_compile,), lambda: _compile(schema)) if source else _compile(schema)
        if compiled.faults:
            raise SchemaRefused.at(f"{what} cannot be strict", compiled.faults)
        self._optional += [f"{what} {at}" for at in compiled.optional]
        self._unions += [f"{what} {at}" for at in compiled.unions]
        return compiled.schema


class _Compiled(NamedTuple):
    schema: JsonObject
    faults: list[SchemaFault]
    optional: list[str]
    unions: list[str]


def _compile(schema: JsonObject) -> _Compiled:
    compiler = SubsetCompiler(schema)
    return _Compiled(compiler.compile(), compiler.faults, compiler.optional, compiler.unions)
