"""Recorded conversations are sent as they were, and recorded streams are never whole when they are cut."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from chat_bedrock import block, document
from chat_bedrock.capabilities import capabilities_of
from chat_bedrock.encode import encode
from chat_bedrock.settings import RequestDefaults
from chat_bedrock.stream import BedrockStreamDecoder
from chat_core import (
    ChatOptions,
    ChatRequest,
    Completed,
    Failed,
    File,
    Message,
    Messages,
    Native,
    Origin,
    Part,
    Reasoning,
    StreamTruncated,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.transport.event_stream import EventStreamReader
from chat_core.wire import CallIds

RECORDINGS = Path(__file__).parents[3] / "shared/recordings"
MIMETYPES = {"pdf": "application/pdf", "txt": "text/plain", "jpeg": "image/jpeg", "png": "image/png"}

if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)


def exchanges() -> Iterator[tuple[str, dict]]:
    for path in sorted(RECORDINGS.rglob("*.json")):
        if path.name.endswith(".expected.json") or path.parent == RECORDINGS:
            continue
        recording = json.loads(path.read_text("utf-8"))
        for index, exchange in enumerate(recording.get("exchanges") or []):
            if exchange["wire"] == "bedrock-converse":
                yield f"{recording['id']}[{index}]", exchange


def origin_of(exchange: dict) -> Origin:
    path = urlsplit(exchange["request"]["url"]).path
    return Origin("bedrock", "https://host", unquote(path.partition("/model/")[2].rpartition("/")[0]))


class Unsupported(Exception):
    """The request holds what this library sends in another way."""


def conversation(sent: dict, origin: Origin) -> Messages:
    """The messages from which the recorded request would be made."""
    messages = Messages()
    for item in sent.get("system") or []:
        messages.add_system(Text(item["text"]) if "text" in item else block(item))
    for message in sent["messages"]:
        if message["role"] == "assistant":
            messages.append(Message("model", [_model_part(item, origin) for item in message["content"]]))
            continue
        for item in message["content"]:
            if "toolResult" in item:
                _resolve(messages, item["toolResult"])
        if parts := [_user_part(item) for item in message["content"] if "toolResult" not in item]:
            messages.add_user(*parts)
    return messages


def _model_part(item: dict, origin: Origin) -> Part:
    match item:
        case {"text": text}:
            return Text(text)
        case {"toolUse": call}:
            return ToolCall(call["toolUseId"], call["name"], call["input"])
        case {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}:
            return Reasoning(text, native=Native(origin, {"signature": signature}))
        case {"reasoningContent": {"redactedContent": sealed}}:
            return Reasoning("", native=Native(origin, {"redactedContent": sealed}))
        case _:
            raise Unsupported(item)


def _user_part(item: dict) -> Part:
    match item:
        case {"text": text} if text.strip():
            return Text(text)
        case {"cachePoint": _} | {"guardContent": _}:
            return block(item)
        case {"document": {"citations": {"enabled": True}} as file}:
            return document(_file(file), citations=True)
        case {"image": file} | {"document": file}:
            return _file(file)
        case _:
            raise Unsupported(item)


def _file(file: dict) -> File:
    mimetype = MIMETYPES.get(file["format"])
    match file["source"]:
        case {"bytes": data} if mimetype:
            try:
                return File.from_bytes(base64.b64decode(data, validate=True), mimetype, name=file.get("name"))
            except ValueError as exc:
                raise Unsupported(file) from exc
        case {"s3Location": {"uri": uri}}:
            return File.from_url(uri, mimetype)
        case _:
            raise Unsupported(file)


def _resolve(messages: Messages, result: dict) -> None:
    call = messages.find_tool(result["toolUseId"])
    texts = [item["text"] for item in result["content"] if "text" in item]
    rest = [item for item in result["content"] if "text" not in item]
    if len(texts) != 1 or rest:
        raise Unsupported(result)
    call.status = Failed(texts[0]) if result.get("status") == "error" else Completed(texts[0])


def comparable(messages: list[dict]) -> list[dict]:
    """Without what may differ: neighbours of one role, the names of documents, a status that says nothing."""
    read: list[dict] = []
    for message in json.loads(json.dumps(messages)):
        if read and read[-1]["role"] == message["role"]:
            read[-1]["content"] += message["content"]
        else:
            read.append(message)
    for message in read:
        for item in message["content"]:
            item.get("document", {}).pop("name", None)
            if item.get("toolResult", {}).get("status") == "success":
                del item["toolResult"]["status"]
    return read


def test_recorded_conversations_are_sent_as_they_were() -> None:
    equal = 0
    for id, exchange in exchanges():
        sent = exchange["request"].get("json")
        if not isinstance(sent, dict) or exchange["response"]["status"] != 200:
            continue
        origin = origin_of(exchange)
        try:
            messages = conversation(sent, origin)
        except (Unsupported, KeyError):
            continue
        inference = sent.get("inferenceConfig") or {}
        specs = [
            tool["toolSpec"] for tool in (sent.get("toolConfig") or {}).get("tools", []) if "toolSpec" in tool
        ]
        tools = [
            ToolDefinition(
                spec["name"], spec.get("description") or "", spec["inputSchema"]["json"], spec.get("strict")
            )
            for spec in specs
        ]
        options = ChatOptions(
            temperature=inference.get("temperature"),
            top_p=inference.get("topP"),
            max_tokens=inference.get("maxTokens"),
            stop=inference.get("stopSequences"),
        )
        body = encode(
            ChatRequest(messages, tools, options),
            origin=origin,
            defaults=RequestDefaults(capabilities_of(origin.model)),
            stream=False,
        ).body
        assert comparable(body["messages"]) == comparable(sent["messages"]), id
        assert body.get("system", []) == (sent.get("system") or []), id
        expected = {name: value for name, value in inference.items() if value != []}
        assert body.get("inferenceConfig", {}) == expected, id
        declared = [tool["toolSpec"] for tool in body.get("toolConfig", {}).get("tools", [])]
        assert declared == specs, id
        equal += 1
    assert equal > 0


def test_a_recorded_stream_that_is_cut_anywhere_is_never_whole() -> None:
    streams = 0
    for id, exchange in exchanges():
        response = exchange["response"]
        if response.get("stream_format") != "aws-eventstream":
            continue
        body = base64.b64decode(response["body"])
        terminal = body.index(b"messageStop")
        streams += 1
        for cut in range(0, terminal, max(7, terminal // 40)):
            decoder = BedrockStreamDecoder(origin=origin_of(exchange), ids=CallIds(Messages()))
            for event in EventStreamReader(1 << 24).feed(body[:cut]):
                list(decoder.feed(event))
            with pytest.raises(StreamTruncated) as caught:
                decoder.finish()
            assert all(call.failed for call in caught.value.partial.tool_calls), id
    assert streams > 0
