"""Tool calls and their results as content blocks, and the tools of a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from chat_core import Completed, ConfigurationError, JsonObject, Notice, ToolCall, ToolDefinition
from chat_core.wire import described_schema, unsent_file, wire_id, wire_name

from chat_bedrock.capabilities import Capabilities
from chat_bedrock.encode.files import Files, file_kind, plain_mimetype
from chat_bedrock.encode.output import UNSUPPORTED
from chat_bedrock.wire import Block

_IDS = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_IN_RESULTS = ("image", "document", "video")  # the kinds of files that a result may hold
_NO_OUTPUT = "(no output)"


def call_block(call: ToolCall) -> Block:
    """Return the block of a call, with the model's own arguments."""
    return {
        "toolUse": {
            "toolUseId": wire_id(call.id, _IDS),
            "name": wire_name(call.name),
            "input": call.arguments,
        }
    }


def result_block(
    call: ToolCall, text: str, files: Files, capabilities: Capabilities, notice: Callable[[Notice], None]
) -> Block:
    """Return the block of a result. A file that it cannot hold is described, with a notice."""
    content: list[Block] = [_content(call, text, capabilities)] if text.strip() else []
    for file in call.files:
        try:
            if (kind := file_kind(plain_mimetype(file))) not in _IN_RESULTS:
                raise ConfigurationError(f"a tool's result holds no {kind} on this wire")
            content.append(files.block(file))
        except ConfigurationError as exc:
            described, why = unsent_file(file, exc)
            content.append({"text": described.text})
            notice(why)
    result: JsonObject = {
        "toolUseId": wire_id(call.id, _IDS),
        "content": [*content] or [{"text": _NO_OUTPUT}],
    }
    if call.failed and capabilities.result_status:
        result["status"] = "error"
    return {"toolResult": result}


def _content(call: ToolCall, text: str, capabilities: Capabilities) -> Block:
    if not capabilities.json_results:
        return {"text": text}
    match call.status:
        case Completed(result=dict(value)):
            return {"json": value}
        case Completed(result=value):
            return {"json": {"result": value}}
        case _:
            return {"json": {"error": text}}


def tool_spec(tool: ToolDefinition) -> Block:
    """Return a tool as Converse declares it."""
    spec: JsonObject = {
        "name": wire_name(tool.name),
        "inputSchema": {"json": {"type": "object", **tool.parameters}},
    }
    if tool.description.strip():
        spec["description"] = tool.description
    if tool.strict:
        schema = described_schema({"type": "object", **tool.parameters}, UNSUPPORTED)
        spec |= {"inputSchema": {"json": schema}, "strict": True}
    return {"toolSpec": spec}


def system_tool(name: str) -> Block:
    """Return the declaration of a tool of Amazon's."""
    return {"systemTool": {"name": name}}


def past_tool(name: str) -> Block:
    """Return the declaration of a tool that earlier turns called and that this request does not offer.

    The wire refuses calls in a history without a declaration of any tool.
    """
    return {
        "toolSpec": {
            "name": wire_name(name),
            "description": "No longer available.",
            "inputSchema": {"json": {"type": "object"}},
        }
    }


def check_names(tools: Iterable[ToolDefinition], system_tools: Iterable[str]) -> None:
    """Raise `ConfigurationError` where a tool has the name of one of Bedrock's own, or of another tool."""
    seen = set(system_tools)
    for tool in tools:
        if (name := wire_name(tool.name)) in seen:
            raise ConfigurationError(f"there are two tools named {name!r}: rename yours")
        seen.add(name)
