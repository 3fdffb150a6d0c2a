"""What the check of schemas has to know of a wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchemaRules:
    """Where the bodies of a wire carry schemas, and what its server makes of them.

    `output` and `tools` are paths in the body, with `*` for each item of a list. `output_flag` and
    `tool_flag` name the field beside a schema that says that the server holds the model to it; None where it
    always does, "" where it never does. `tools_field` is the field of the body that says so for all tools.
    `unread` are keywords that the server takes and does not hold to; `unrolls` is whether it follows
    references of a type to itself for some levels only.
    """

    output: tuple[str, ...]
    tools: tuple[str, ...]
    output_flag: str | None = None
    tool_flag: str | None = "strict"
    tools_field: str = ""
    unread: frozenset[str] = frozenset()
    unrolls: bool = False
