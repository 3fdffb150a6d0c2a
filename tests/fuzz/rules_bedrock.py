"""The rules of the Converse API on request bodies: AWS's own service model, and what is written in no
model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

import botocore.session
from botocore.model import ServiceModel, Shape
from chat_bedrock import Capabilities

PLAIN = Capabilities()


@cache
def service() -> ServiceModel:
    """Botocore's model of `bedrock-runtime`."""
    return botocore.session.get_session().get_service_model("bedrock-runtime")


def broken_rules(
    body: object, capabilities: Capabilities = PLAIN, *, operation: str = "Converse"
) -> list[str]:
    """Return the rules that a body breaks, as sentences; an empty list for one that the API takes."""
    read = json.loads(json.dumps(body))
    if not isinstance(read, dict):
        return ["the body is no object"]
    shape = service().operation_model(operation).input_shape
    assert shape is not None
    faults = list(_model_faults({"modelId": "m", **read}, shape, "body"))
    if operation == "CountTokens":
        return faults
    return [*faults, *_message_faults(read, capabilities)]


def _model_faults(value: object, shape: Shape, at: str) -> Iterator[str]:
    """Yield where a value is not of its shape: types, required members, unions, lengths, patterns, enums."""
    if getattr(shape, "is_document_type", False):
        return
    match shape.type_name, value:
        case "structure", dict():
            yield from _structure_faults(value, shape, at)
        case "list", list():
            yield from _length_faults(len(value), shape, at)
            for index, item in enumerate(value):
                yield from _model_faults(item, shape.member, f"{at}[{index}]")
        case "map", dict():
            for key, item in value.items():
                yield from _model_faults(item, shape.value, f"{at}.{key}")
        case (("string" | "blob"), str()):
            yield from _length_faults(len(value), shape, at)
            if (pattern := shape.metadata.get("pattern")) and not re.fullmatch(pattern, value, re.DOTALL):
                yield f"{at} does not match {pattern}: {value[:80]!r}"
            if (words := shape.metadata.get("enum")) and value not in words:
                yield f"{at} is none of {words}: {value!r}"
        case "boolean", bool():
            pass
        case (("integer" | "long"), int()) if not isinstance(value, bool):
            yield from _length_faults(value, shape, at)
        case (("float" | "double"), int() | float()) if not isinstance(value, bool):
            yield from _length_faults(value, shape, at)
        case _:
            yield f"{at} has to be a {shape.type_name}, not {value!r:.80}"


def _structure_faults(value: Mapping[str, object], shape: Shape, at: str) -> Iterator[str]:
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield f"{at} has exactly one member, not {sorted(value)}"
    for name in shape.required_members:
        if name not in value:
            yield f"{at}.{name} is required"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{at}.{name} is no member"
        else:
            yield from _model_faults(item, shape.members[name], f"{at}.{name}")


def _length_faults(size: float, shape: Shape, at: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{at} is less than {low}"
    if high is not None and size > high:
        yield f"{at} is more than {high}"


def _message_faults(body: Mapping[str, list[dict]], capabilities: Capabilities) -> Iterator[str]:
    messages = body.get("messages") or []
    if not messages:
        yield "there is at least one message"
        return
    roles = [message.get("role") for message in messages]
    if roles[0] != "user" and not capabilities.assistant_first:
        yield "the first message is the user's"
    if roles[-1] != "user" and not capabilities.assistant_last:
        yield "the last message is the user's"
    for before, role in pairwise(roles):
        if before == role:
            yield f"two messages of {role} follow one another"
    for index, message in enumerate(messages):
        yield from _content_faults(index, message, capabilities)
    yield from _pair_faults(messages)
    names = [block["document"].get("name") for block in _all_blocks(messages) if "document" in block]
    if len(set(names)) != len(names):
        yield "two documents have the same name"
    if any(block.keys() & {"toolUse", "toolResult"} for block in _all_blocks(messages)) and not body.get(
        "toolConfig"
    ):
        yield "calls in the history need toolConfig"
    yield from _tool_faults(body)


def _all_blocks(messages: list[dict]) -> Iterator[dict]:
    for message in messages:
        for block in message.get("content") or []:
            yield block
            yield from block.get("toolResult", {}).get("content") or []


def _content_faults(index: int, message: dict, capabilities: Capabilities) -> Iterator[str]:
    blocks = message.get("content") or []
    kinds = [kind for block in blocks for kind in block]
    if not blocks:
        yield f"message {index} has no content"
    for block in blocks:
        if not block.get("text", "x").strip():
            yield f"message {index} has blank text"
        if "toolResult" in block:
            yield from _result_faults(index, block["toolResult"], capabilities)
    if "document" in kinds and "text" not in kinds:
        yield f"message {index} has a document without a text"
    if "toolResult" in kinds:
        others = {*kinds} - {"toolResult", "cachePoint"}
        if capabilities.beside_results == "nothing" and others:
            yield f"message {index} has {sorted(others)} beside results"
        if capabilities.beside_results == "no documents" and others & {"document", "video"}:
            yield f"message {index} has a document or a video beside results"
    if message.get("role") == "assistant":
        if {*kinds} & {"image", "document", "video", "toolResult", "guardContent"} - _server_results(blocks):
            yield f"message {index} is the model's and holds what only users send"
        if kinds and kinds[-1] == "reasoningContent":
            yield f"message {index} ends in reasoning"
    elif {*kinds} & {"toolUse", "reasoningContent", "citationsContent"}:
        yield f"message {index} is the user's and holds what only models send"
    for before, kind in pairwise(kinds):
        if kind == "cachePoint" and before in ("document", "video"):
            yield f"message {index} has a cache point right after a {before}"


def _server_results(blocks: list[dict]) -> set[str]:
    calls = {block["toolUse"]["toolUseId"] for block in blocks if block.get("toolUse", {}).get("type")}
    results = [block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block]
    return {"toolResult"} if results and calls.issuperset(results) else set()


def _result_faults(index: int, result: dict, capabilities: Capabilities) -> Iterator[str]:
    content = result.get("content") or []
    if not content:
        yield f"message {index} has a result without content"
    if any(not item.get("text", "x").strip() for item in content):
        yield f"message {index} has a result with blank text"
    if not capabilities.result_status and "status" in result:
        yield f"message {index} has a result with a status"
    if any("json" in item and not isinstance(item["json"], dict) for item in content):
        yield f"message {index} has a result whose json is no object"


def _pair_faults(messages: list[dict]) -> Iterator[str]:
    """Yield where results do not follow their calls in the next message, each exactly once."""
    seen: set[str] = set()
    for index, message in enumerate(messages):
        calls = [
            block["toolUse"]["toolUseId"]
            for block in message.get("content") or []
            if "toolUse" in block and not block["toolUse"].get("type")
        ]
        following = messages[index + 1].get("content") or [] if index + 1 < len(messages) else []
        results = [block["toolResult"]["toolUseId"] for block in following if "toolResult" in block]
        if message.get("role") == "assistant" and sorted(calls) != sorted(results):
            yield f"the calls of message {index} are not those that the next message answers"
        if seen & {*calls} or len({*calls}) != len(calls):
            yield f"message {index} repeats the id of a call"
        seen |= {*calls}


def _tool_faults(body: Mapping[str, object]) -> Iterator[str]:
    config = body.get("toolConfig")
    if not isinstance(config, dict):
        return
    specs = [tool["toolSpec"] for tool in config.get("tools") or [] if "toolSpec" in tool]
    names = [spec.get("name") for spec in specs]
    names += [tool["systemTool"].get("name") for tool in config.get("tools") or [] if "systemTool" in tool]
    if len(set(names)) != len(names):
        yield "two tools have the same name"
    if any(spec.get("inputSchema", {}).get("json", {}).get("type") != "object" for spec in specs):
        yield "the schema of a tool is of an object"
    chosen = (config.get("toolChoice") or {}).get("tool", {}).get("name")
    if chosen and chosen not in names:
        yield "the tool that is chosen is declared"
