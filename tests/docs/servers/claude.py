"""A model behind the Messages API: it thinks where asked to, calls what there is to call, searches, cites,
and declines.
"""

import json
from typing import Any, cast

from chat_core.testing.loopback import Raw
from chat_core.types.json_values import JsonObject

TOLD = {"type": "text", "text": "I was told: "}


def answer(body: JsonObject) -> Raw:
    asked = cast("dict[str, Any]", body)
    if "max_tokens" not in asked:
        return Raw(json.dumps({"input_tokens": 14}).encode(), "application/json")
    content, stop = _turn(asked)
    usage = {"input_tokens": 12, "output_tokens": 9}
    if "cache_control" in json.dumps(asked):
        usage |= {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 2048}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "content": content,
    }
    message |= {"stop_reason": stop, "usage": usage}
    if stop == "refusal":
        message["stop_details"] = {
            "type": "refusal",
            "category": "cyber",
            "explanation": "I do not help with that.",
        }
    return (
        Raw(_events(message).encode())
        if asked.get("stream")
        else Raw(json.dumps(message).encode(), "application/json")
    )


def _turn(asked: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    last = asked["messages"][-1]
    blocks = (
        [{"type": "text", "text": last["content"]}] if isinstance(last["content"], str) else last["content"]
    )
    text = " ".join(block["text"] for block in blocks if block["type"] == "text")
    tools = {tool.get("name") for tool in asked.get("tools", ())}
    thoughts = _thoughts(asked)
    match blocks:
        case [{"type": "tool_result", "content": told}, *_]:
            return [*thoughts, {"type": "text", "text": f"I was told: {told}."}], "end_turn"
        case [*_, {"type": "server_tool_use", "id": id}] if last["role"] == "assistant":
            return _found(id), "end_turn"
        case [{"type": "document", "citations": {"enabled": True}}, *_]:
            return _cited(), "end_turn"
        case _ if "exploit" in text:
            return [], "refusal"
        case _ if "web_search" in tools:
            search = {
                "type": "server_tool_use",
                "id": "srvtoolu_1",
                "name": "web_search",
                "input": {"query": "alpaca"},
            }
            return [search], "pause_turn"
        case _ if "format" in asked.get("output_config", {}):
            return [{"type": "text", "text": '{"city": "Bern", "people": 137000}'}], "end_turn"
        case _ if "add" in tools and "+" in text:
            call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 19, "b": 23}}
            return [*thoughts, call], "tool_use"
        case _:
            return [*thoughts, {"type": "text", "text": f"You said: {text}"}], "end_turn"


def _thoughts(asked: dict[str, Any]) -> list[dict[str, Any]]:
    if asked.get("thinking", {}).get("type") not in ("adaptive", "enabled"):
        return []
    return [{"type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmVk"}]


def _found(id: str) -> list[dict[str, Any]]:
    page = {
        "type": "web_search_result",
        "url": "https://example.org/alpaca",
        "title": "Alpaca",
        "encrypted_content": "eHl6",
    }
    place = {
        "type": "web_search_result_location",
        "url": page["url"],
        "title": "Alpaca",
        "encrypted_index": "MQ==",
    }
    citation = {**place, "cited_text": "The alpaca is a camelid."}
    return [
        {"type": "web_search_tool_result", "tool_use_id": id, "content": [page]},
        {"type": "text", "text": "An alpaca is a camelid.", "citations": [citation]},
    ]


def _cited() -> list[dict[str, Any]]:
    place = {
        "type": "char_location",
        "document_index": 0,
        "document_title": "Lease",
        "start_char_index": 0,
        "end_char_index": 21,
    }
    return [
        {"type": "text", "text": "The rent is "},
        {
            "type": "text",
            "text": "900 francs",
            "citations": [{**place, "cited_text": "The rent is 900 francs"}],
        },
        {"type": "text", "text": "."},
    ]


def _events(message: dict[str, Any]) -> str:
    said = [{"type": "message_start", "message": message | {"content": [], "stop_reason": None}}]
    for index, block in enumerate(message["content"]):
        shown = {"text": "text", "thinking": "thinking"}.get(block["type"])
        started = block | {shown: ""} if shown else block
        said.append({"type": "content_block_start", "index": index, "content_block": started})
        for piece in block[shown].split(" ") if shown else ():
            delta = {
                "type": f"{shown}_delta",
                shown: piece if piece == block[shown].split(" ")[0] else f" {piece}",
            }
            said.append({"type": "content_block_delta", "index": index, "delta": delta})
        said.append({"type": "content_block_stop", "index": index})
    said.append(
        {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"]}, "usage": message["usage"]}
    )
    said.append({"type": "message_stop"})
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in said)
