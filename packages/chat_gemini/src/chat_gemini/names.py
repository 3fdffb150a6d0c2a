"""Names and ids as the Gemini wire takes them: of models, functions and calls."""

from __future__ import annotations

import re
from collections.abc import Collection

from chat_core import ToolDefinition
from chat_core.wire import wire_name

from chat_gemini.capabilities import GEMINI_API, Endpoint

# Facts: google-genai 3.4.0, `FunctionDeclaration.name`.
_FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")


_WHOLE_PATHS = ("models/", "publishers/", "endpoints/", "projects/")  # of Vertex


def model_path(model: str, endpoint: Endpoint = GEMINI_API) -> str:
    """Return a model as the wire names it: the path that it has already, or its name in the endpoint's
    folder.

    On the Gemini API that is `models/…`, on Vertex `publishers/google/models/…`; there `publisher/model` is a
    model of another publisher.
    """
    if "/" not in model:
        return f"{endpoint.models}/{model}"
    if endpoint.models == "models" or model.startswith(_WHOLE_PATHS):
        return model
    publisher, _, name = model.partition("/")
    return f"publishers/{publisher}/models/{name}"


def function_name(name: str) -> str:
    """Return a function's name as the wire takes it: itself where that is possible, else always the same
    other one.
    """
    sent = wire_name(name, _FUNCTION_NAME, length=64)
    return sent if _FUNCTION_NAME.fullmatch(sent) else f"_{sent}"


def renamed(tools: Collection[ToolDefinition]) -> dict[str, str]:
    """Return the tools that have another name on the wire: the wire's name, and their own."""
    if not tools:
        return {}
    names = ((function_name(tool.name), tool.name) for tool in tools)
    return {sent: own for sent, own in names if sent != own}
