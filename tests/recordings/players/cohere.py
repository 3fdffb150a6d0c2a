"""Play recorded exchanges of Cohere's chat, embeddings and rerank through `CohereBuilder`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chat_cohere import CohereBuilder, document
from chat_core import (
    ChatError,
    File,
    Messages,
    Opaque,
    Text,
    Tool,
)
from chat_core.client import HasModel

from players import neutral, turns


async def message(exchange: dict, base_url: str, *, stream: bool) -> dict:
    async with _builder(exchange, base_url).build() as client:
        messages = _conversation(turns.sent(exchange))
        response = await turns.turn(client, _tools(exchange), messages, stream)
    text = "".join(part.text for part in response.message.parts if isinstance(part, Text) and not part.aside)
    return neutral.message(response) | {"text": text}  # expectations hold a tool plan apart


async def embeddings(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = turns.sent(exchange)
    input_type = sent.get("input_type")
    builder = _builder(exchange, base_url).with_embeddings(
        sent.get("output_dimension"), input_type="search_document" if input_type == "image" else input_type
    )
    async with builder.build() as client:
        if images := sent.get("images"):
            answer = await client.embed_images([File.from_url(url) for url in images])
        else:
            answer = await turns.embed(client, sent.get("texts") or ["a text"] * _answered(exchange))
    return neutral.embeddings(answer)


def _answered(exchange: dict) -> int:
    """How many vectors came, where the request was not recorded."""
    found = json.loads(exchange["response"]["body"]).get("embeddings") or [1]
    return len(found.get("float", [1]) if isinstance(found, dict) else found)


def _builder(exchange: dict, base_url: str) -> CohereBuilder[HasModel]:
    model = turns.sent(exchange).get("model") or "a-model"
    return CohereBuilder().with_base_url(base_url).with_api_key("test-key").with_model(model)


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares, none of which is ever run."""
    functions = [tool.get("function") or {} for tool in turns.sent(exchange).get("tools") or []]
    return [
        Tool(function["name"], function.get("description") or "", {"type": "object"}, dict)
        for function in functions
        if function.get("name")
    ]


def _conversation(sent: dict) -> Messages:
    """The request's instructions, and what its user sent."""
    messages = Messages()
    for one in sent.get("messages") or []:
        parts = list(_parts(one.get("content")))
        if one.get("role") == "system" and parts:
            messages.add_system(*[part for part in parts if isinstance(part, Text)])
        elif one.get("role") == "user" and parts:
            messages.add_user(*parts)
    for item in sent.get("documents") or []:
        messages.add_user(document(item if isinstance(item, str) else item.get("data") or {"text": "-"}))
    return turns.with_a_user(messages)


def _parts(content: object) -> Iterator[Text | File | Opaque]:
    if isinstance(content, str) and content.strip():
        yield Text(content)
    for item in content if isinstance(content, list) else []:
        match item:
            case {"type": "text", "text": str(text)} if text.strip():
                yield Text(text)
            case {"type": "image_url", "image_url": {"url": str(url)}}:
                try:
                    yield File.from_url(url, None if url.startswith("data:") else "image/jpeg")
                except ChatError:
                    yield Text("(an image)")
            case _:
                pass
