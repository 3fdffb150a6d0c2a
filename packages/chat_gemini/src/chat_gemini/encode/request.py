"""From a core request to the body of a Gemini request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from chat_core import ChatRequest, ConfigurationError, Origin
from chat_core.wire import Encoded

from chat_gemini.capabilities import Capabilities
from chat_gemini.encode.contents import encode_contents
from chat_gemini.encode.generation_config import encode_generation_config
from chat_gemini.encode.tools import check_tools, encode_tool_config, encode_tools
from chat_gemini.names import model_path
from chat_gemini.settings import RequestDefaults


def encode(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults, stream: bool) -> Encoded:
    """Return the body of a request.

    The extra body is merged in last; streaming changes the path, not the body.

    Raises `ConfigurationError` for what the wire or the model cannot do, `UnresolvedTool` for calls without
    an outcome.
    """
    capabilities = Capabilities.of(origin.model)
    if request.options.tool_choice == "none":  # the mode of calling is about functions only
        defaults = replace(defaults, native_tools=())
    contents = encode_contents(request.messages, origin, capabilities, defaults.endpoint)
    if not contents.contents:
        raise ConfigurationError(
            "Gemini needs a message of the user's that is not blank: messages.add_user(...)"
        )
    has_tools = bool(request.tools or defaults.native_tools)
    check_tools(request, capabilities, defaults)
    notices = contents.notices
    body: dict[str, object] = {"contents": contents.contents}
    if contents.instructions:
        body["systemInstruction"] = {"parts": contents.instructions}
    if has_tools and (tools := encode_tools(request.tools, capabilities, defaults, notices)):
        body["tools"] = tools
    if tool_config := encode_tool_config(request, defaults, notices):
        body["toolConfig"] = tool_config
    if defaults.safety:
        body["safetySettings"] = [
            {"category": category, "threshold": threshold} for category, threshold in defaults.safety.items()
        ]
    if config := encode_generation_config(request, capabilities, defaults, notices):
        body["generationConfig"] = config
    body |= defaults.options.beside()
    _check_cache(body)
    if defaults.extra:
        body = merged(body, defaults.extra)
    return Encoded(body, tuple(dict.fromkeys(notices)) if notices else ())


_COUNTED = ("contents", "systemInstruction", "tools", "generationConfig")  # what Vertex counts


def encode_count(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults) -> Mapping[str, object]:
    """Return the body that asks how many tokens a request has."""
    body = encode(request, origin=origin, defaults=defaults, stream=False).body
    if defaults.endpoint.counts_whole_requests:
        return {"generateContentRequest": {"model": model_path(origin.model), **body}}
    return {name: body[name] for name in _COUNTED if name in body}


def merged(body: Mapping[str, object], extra: Mapping[str, object]) -> dict[str, object]:
    """Return the body with `extra` laid over it: objects are merged, anything else is replaced."""
    result = dict(body)
    for name, value in extra.items():
        before = result.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = merged(cast("Mapping[str, object]", before), cast("Mapping[str, object]", value))
        result[name] = value
    return result


def _check_cache(body: Mapping[str, object]) -> None:
    if "cachedContent" not in body:
        return
    taken = [name for name in ("systemInstruction", "tools", "toolConfig") if name in body]
    if taken:
        raise ConfigurationError(
            f"beside cached content Gemini takes no {', '.join(taken)}: put the instructions and tools "
            f"into the cache"
        )
