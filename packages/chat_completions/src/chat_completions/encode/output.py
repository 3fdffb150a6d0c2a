"""The schema of a typed answer: as a field where the server takes one, else in words."""

from __future__ import annotations

import json

from chat_core import ConfigurationError, Notice, OutputSchema
from chat_core.wire import encoded_once, wire_name

from chat_completions.dialect import Dialect
from chat_completions.encode.tools import strict_for_server
from chat_completions.wire import JsonSchema, ResponseFormat, SentMessage, SystemMessage


def response_format(
    output: OutputSchema, dialect: Dialect, strict: bool, notices: list[Notice]
) -> ResponseFormat:
    """Return the `response_format` of a schema. Raises `ConfigurationError` for one that cannot be strict."""
    key = (_response_format, dialect, strict)
    sent, found = encoded_once(output, key, lambda: _response_format(output, dialect, strict))
    notices += found
    return sent


def _response_format(
    output: OutputSchema, dialect: Dialect, strict: bool
) -> tuple[ResponseFormat, list[Notice]]:
    notices: list[Notice] = []
    described = JsonSchema(name=wire_name(output.name), schema=output.schema)
    if strict and dialect.fields.strict != "none":
        try:
            described["schema"] = strict_for_server(output.schema, "the output type", dialect, notices)
        except ConfigurationError as exc:
            hint = ".with_strict_output(False) on the provider's builder asks the server only to try"
            raise ConfigurationError(f"{exc}; {hint}") from exc
        described["strict"] = True
    if output.description:
        described["description"] = output.description
    return ResponseFormat(type="json_schema", json_schema=described), notices


def output_in_words(
    output: OutputSchema, dialect: Dialect, messages: list[SentMessage], notices: list[Notice]
) -> list[SentMessage]:
    """Return the messages behind an instruction that states the schema, for servers that know only JSON.

    They want the word JSON to be in the messages.
    """
    about = f" It is: {output.description}" if output.description else ""
    schema = json.dumps(output.schema, ensure_ascii=False)
    words = (
        "Answer with one JSON object, and nothing around it, that is valid against this JSON schema."
        f"{about}\n{schema}"
    )
    why = f"{dialect.name} takes no schema for its answers, so the model was told it in words"
    notices.append(Notice("output", why))
    instruction: SystemMessage = {"role": dialect.messages.system_role, "content": words}
    match messages:
        case [{"role": "system" | "developer", "content": str(first)}, *rest] if (
            dialect.messages.system_first
        ):
            instruction["content"] = f"{words}\n\n{first}"
            return [instruction, *rest]
        case _:
            return [instruction, *messages]
