"""Play recorded exchanges of Bedrock's Converse, embeddings and token counts through `BedrockBuilder`."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from chat_bedrock import BedrockBuilder, block
from chat_core import (
    Action,
    ChatBuilder,
    ChatResponse,
    File,
    Messages,
    Opaque,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    StepLimitReached,
    Text,
    Tool,
    ToolCall,
    ToolDefinition,
)
from chat_core.client import HasModel

from players import neutral, turns

_NO_RETRIES = RetryPolicy(max_retries=0)
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
    for tool in _sent(exchange).get("toolConfig", {}).get("tools") or []:
        if name := tool.get("systemTool", {}).get("name"):
            builder = builder.with_system_tool(name)
    async with builder.build() as client:
        chat_builder = ChatBuilder().with_model(client).with_retry(_NO_RETRIES).with_max_steps(1)
        chat = chat_builder.with_scoped_tools(ScopedCollection(_tools(exchange), _ask)).build()
        messages = _conversation(_sent(exchange))
        try:
            response = await turns.turn(chat, messages, stream)
        except StepLimitReached:  # no call of the turn can run, so the model would be told at once
            response = ChatResponse(messages[-1])
    # the wire's bodies have no id, and expectations have none
    return neutral.message(response) | {"response_id": None}


async def embeddings(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = _sent(exchange)
    params = sent.get("singleEmbeddingParams") or {}
    dimensions = sent.get("dimensions") or sent.get("output_dimension") or params.get("embeddingDimension")
    builder = _builder(exchange, base_url).with_embeddings(
        dimensions,
        purpose=sent.get("input_type") or params.get("embeddingPurpose"),
        normalize=sent.get("normalize"),
    )
    inputs = sent.get("texts") or [sent.get("inputText") or params.get("text", {}).get("value") or "a text"]
    async with builder.build() as client:
        answer = await ChatBuilder().with_model(client).with_retry(_NO_RETRIES).build().embed(inputs)
    first = answer.embeddings[0].vector
    return {
        "kind": "embeddings",
        "count": len(answer.embeddings),
        "dimensions": len(first),
        "first": list(first[:3]),
    }


async def token_count(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = _sent(exchange).get("input", {}).get("converse") or {}
    tools = [ToolDefinition(spec["name"], spec.get("description") or "") for spec in _specs(sent)]
    async with _builder(exchange, base_url).build() as client:
        return {"kind": "token-count", "tokens": await client.count_tokens(_conversation(sent), tools)}


def _builder(exchange: dict, base_url: str) -> BedrockBuilder[HasModel]:
    path = urlsplit(exchange["request"]["url"]).path
    model = unquote(path.partition("/model/")[2].rpartition("/")[0]) or "a-model"
    return BedrockBuilder().with_base_url(base_url).with_api_key("test-key").with_model(model)


def _sent(exchange: dict) -> dict:
    sent = exchange["request"].get("json")
    return sent if isinstance(sent, dict) else {}


def _ask(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval()


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares for the client, none of which is ever run."""
    return [
        Tool(spec["name"], spec.get("description") or "", {"type": "object"}, dict)
        for spec in _specs(_sent(exchange))
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
    return messages if any(message.role == "user" for message in messages) else messages.add_user("Hello")


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
