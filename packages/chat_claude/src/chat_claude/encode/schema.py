"""The strict schemas of one request, and the limits that they share."""

from __future__ import annotations

from chat_core import ConfigurationError, JsonObject

from chat_claude.encode.schema_subset import SubsetCompiler

_MAX_TOOLS, _MAX_OPTIONAL, _MAX_UNIONS = 20, 24, 16


class StrictSchemas:
    """The strict schemas of one request, which share its limits."""

    def __init__(self) -> None:
        self._tools = 0
        self._optional: list[str] = []
        self._unions: list[str] = []

    def tool(self, name: str, schema: JsonObject) -> JsonObject:
        """Return the schema of a strict tool's parameters. Raises as `output` does."""
        self._tools += 1
        return self._compile(f"tool {name}", schema)

    def output(self, schema: JsonObject) -> JsonObject:
        """Return the schema of the output.

        Raises `ConfigurationError`, which names every place that the subset cannot express, as JSON pointers.
        """
        return self._compile("the output type", schema)

    def check(self) -> None:
        """Raise `ConfigurationError` where all of them together exceed the limits."""
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

    def _compile(self, what: str, schema: JsonObject) -> JsonObject:
        compiler = SubsetCompiler(schema)
        compiled = compiler.compile()
        if compiler.faults:
            raise ConfigurationError(f"{what} cannot be held strictly: {'; '.join(compiler.faults[:8])}")
        self._optional += [f"{what} {at}" for at in compiler.optional]
        self._unions += [f"{what} {at}" for at in compiler.unions]
        return compiled
