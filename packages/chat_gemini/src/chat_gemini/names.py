"""Names and ids as the Gemini wire takes them: of models, functions and calls."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chat_core import ToolDefinition
from chat_core.wire import wire_name

# Facts: google-genai 3.4.0, `FunctionDeclaration.name`.
_FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")


def model_path(model: str) -> str:
    """Return a model as the wire names it: `models/…`, or the path that it has already."""
    return model if "/" in model else f"models/{model}"


def function_name(name: str) -> str:
    """Return a function's name as the wire takes it: itself where that is possible, else always the same other one."""
    sent = wire_name(name, _FUNCTION_NAME, length=64)
    return sent if _FUNCTION_NAME.fullmatch(sent) else f"_{sent}"


def renamed(tools: Iterable[ToolDefinition]) -> dict[str, str]:
    """Return the tools that have another name on the wire: the wire's name, and their own."""
    names = ((function_name(tool.name), tool.name) for tool in tools)
    return {sent: own for sent, own in names if sent != own}
