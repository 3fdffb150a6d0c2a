"""Play recorded exchanges of Bedrock's Converse, embeddings and token counts through `BedrockBuilder`."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from chat_bedrock import BedrockBuilder, block
from chat_core import (
    File,
    Messages,
    Opaque,
    Text,
    Tool,
    ToolDefinition,
)
from chat_core.client import HasModel

from players import neutral, turns

_FILES = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


async def message(exchange: dict, base_url: str, *, stream: bool) -> dict:
    builder = _builder(exchange, base_url)
    for tool in turns.sent(exchange).get("toolConfig", {}).get("tools") or []:
        if name := tool.get("systemTool", {}).get("name"):
            builder = builder.with_system_tool(name)
    async with builder.build() as client:
        messages = _conversation(turns.sent(exchange))
        response = await turns.turn(client, _tools(exchange), messages, stream)
    # the wire's bodies have no id, and expectations have none
    return neutral.message(response) | {"response_id": None}


async def embeddings(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = turns.sent(exchange)
    params = sent.get("singleEmbeddingParams") or {}
    dimensions = sent.get("dimensions") or sent.get("output_dimension") or params.get("embeddingDimension")
    builder = _builder(exchange, base_url).with_embeddings(
        dimensions,
        purpose=sent.get("input_type") or params.get("embeddingPurpose"),
        normalize=sent.get("normalize"),
    )
    inputs = sent.get("texts") or [sent.get("inputText") or params.get("text", {}).get("value") or "a text"]
    async with builder.build() as client:
        answer = await turns.embed(client, inputs)
    return neutral.embeddings(answer)


async def token_count(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = turns.sent(exchange).get("input", {}).get("converse") or {}
    tools = [ToolDefinition(spec["name"], spec.get("description") or "") for spec in _specs(sent)]
    async with _builder(exchange, base_url).build() as client:
        return {"kind": "token-count", "tokens": await client.count_tokens(_conversation(sent), tools)}


def _builder(exchange: dict, base_url: str) -> BedrockBuilder[HasModel]:
    path = urlsplit(exchange["request"]["url"]).path
    model = unquote(path.partition("/model/")[2].rpartition("/")[0]) or "a-model"
    return BedrockBuilder().with_base_url(base_url).with_api_key("test-key").with_model(model)


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares for the client, none of which is ever run."""
    return [
        Tool(spec["name"], spec.get("description") or "", {"type": "object"}, dict)
        for spec in _specs(turns.sent(exchange))
    ]


def _specs(sent: dict) -> list[dict]:
    tools = (sent.get("toolConfig") or {}).get("tools") or []
    return [tool["toolSpec"] for tool in tools if "toolSpec" in tool]


def _conversation(sent: dict) -> Messages:
    """The request's instructions, and what its user sent, as text, files and blocks."""
    messages = Messages()
    if instructions := list(_parts(sent.get("system"))):
        messages.add_system(*instructions)
    for message in sent.get("messages") or []:
        if message.get("role") == "user" and (parts := list(_parts(message.get("content")))):
            messages.add_user(*parts)
    return turns.with_a_user(messages)


def _parts(content: object) -> Iterator[Text | File | Opaque]:
    for item in content if isinstance(content, list) else []:
        match item:
            case {"text": str(text)} if text.strip():
                yield Text(text)
            case {"image": dict(file)} | {"document": dict(file)} | {"video": dict(file)}:
                yield _file(file) or Text("(a file)")
            case {"guardContent": _} | {"cachePoint": _} | {"searchResult": _}:
                yield block(item)
            case _:
                pass


def _file(file: dict) -> File | None:
    """None for what the recording replaced."""
    mimetype = _FILES.get(file.get("format", ""))
    match file.get("source"):
        case {"s3Location": {"uri": str(uri)}}:
            return File.from_url(uri, mimetype)
        case {"bytes": str(data)} if mimetype:
            try:
                return File.from_bytes(base64.b64decode(data, validate=True), mimetype, name=file.get("name"))
            except ValueError:
                return None
        case _:
            return None
