"""The body of a Chat Completions request."""

from __future__ import annotations

from chat_core import ChatRequest, Notice, Origin
from chat_core.wire import Encoded

from chat_completions.encode.messages import encode_messages
from chat_completions.encode.options import encode_options, options_without_effect
from chat_completions.encode.output import output_in_words, response_format
from chat_completions.encode.tools import encode_tools
from chat_completions.settings import RequestDefaults


def encode(
    request: ChatRequest, *, origin: Origin, defaults: RequestDefaults, stream: bool = False
) -> Encoded:
    """Return the body of the request, and notices for what of it the body does not carry.

    Raises `ConfigurationError` for what the user asked for and the server cannot take, and `UnresolvedTool`
    for calls that have no outcome yet.
    """
    dialect, output = defaults.dialect, request.output
    notices: list[Notice] = []
    options = encode_options(request, defaults)
    messages = encode_messages(request, origin, dialect, notices, options)
    body: dict[str, object] = {"model": origin.model, "messages": messages, **options}
    if options:
        notices += options_without_effect(body, dialect)
    if request.tools and (tools := encode_tools(request, dialect, notices)):
        body["tools"] = tools
    if output is not None and dialect.fields.output == "schema":
        body["response_format"] = response_format(output, dialect, defaults.strict, notices)
    elif output is not None:
        body["response_format"] = {"type": "json_object"}
        body["messages"] = output_in_words(output, dialect, messages, notices)
    if stream:
        body["stream"] = True
        if dialect.fields.stream_usage:
            body["stream_options"] = {"include_usage": True}
    if defaults.extra:
        body |= defaults.extra
    return Encoded(body, tuple(dict.fromkeys(notices)) if notices else ())
