"""The `text` object of a body: the schema of a typed output, and how long a response is to be."""

from __future__ import annotations

from chat_core import Notice, OutputSchema
from chat_core.wire import encoded_once

from chat_responses.encode.tools import strict_for_server
from chat_responses.settings import RequestDefaults
from chat_responses.wire import TextFormat


def text_fields(
    output: OutputSchema | None, defaults: RequestDefaults, notices: list[Notice]
) -> dict[str, object]:
    """Return the `text` field, or nothing where it would be empty.

    A notice names what the server does not know of the schema.

    Raises `ConfigurationError` for a schema that a strict server cannot hold the model to.
    """
    text: dict[str, object] = {}
    if output is not None:
        strict = defaults.strict_output
        form, found = encoded_once(output, (_format, strict), lambda: _format(output, strict=strict))
        notices += found
        text["format"] = form
    if defaults.options.verbosity is not None:
        text["verbosity"] = defaults.options.verbosity
    return {"text": text} if text else {}


def _format(output: OutputSchema, *, strict: bool) -> tuple[TextFormat, list[Notice]]:
    schema, notices = strict_for_server(output.schema, "the output type") if strict else (output.schema, [])
    form = TextFormat(type="json_schema", name=output.name, schema=schema, strict=strict)
    if output.description:
        form["description"] = output.description
    return form, notices
