"""Play recorded Gemini and Gemini embeddings exchanges through `GeminiBuilder`."""

from __future__ import annotations

import base64
import json
import re

from chat_core import (
    ChatError,
    ChatResponse,
    File,
    Messages,
    Text,
    Tool,
)
from chat_gemini import GeminiBuilder

from players import neutral, turns


def _builder(exchange: dict, base_url: str) -> GeminiBuilder:
    """A client for the endpoint that the request went to."""
    url = exchange["request"]["url"]
    found = re.search(r"/models/([^:/?]+)", url)
    builder = GeminiBuilder().with_base_url(base_url).with_model(found[1] if found else "gemini-3.5-flash")
    if "aiplatform" in url:
        place = re.search(r"/projects/([^/]+)/locations/([a-z0-9-]+)/", url)
        if place is None:  # express mode
            return builder.with_vertex().with_api_key("test-key")
        return builder.with_vertex(place[1], place[2]).with_credentials(lambda: "test-token")
    return builder.with_api_key("test-key")


async def message(exchange: dict, base_url: str, *, stream: bool) -> dict:
    async with _builder(exchange, base_url).build() as client:
        response = await turns.turn(client, _tools(exchange), _conversation(exchange), stream)
    return _neutral(response)


def _neutral(response: ChatResponse) -> dict:
    result = neutral.message(response)
    if (result["finish_reason"] or "").isdigit():  # some recordings print enums as numbers
        result["finish_reason"] = int(result["finish_reason"])
    return result


async def embeddings(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = turns.sent(exchange)
    items = sent.get("requests") or sent.get("instances") or [sent]
    if not sent:  # the request was not recorded: embed as many texts as there are vectors
        received = json.loads(exchange["response"]["body"])
        items = [{}] * len(received.get("embeddings") or received.get("predictions") or [{}])
    async with _builder(exchange, base_url).with_embeddings().build() as client:
        response = await turns.embed(client, [_text(item) for item in items])
    return neutral.embeddings(response)


async def token_count(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = turns.sent(exchange)
    counted = sent.get("generateContentRequest") or sent.get("generate_content_request") or sent
    async with _builder(exchange, base_url).build() as client:
        tokens = await client.count_tokens(_conversation({**exchange, "request": {"json": counted}}))
    return {"kind": "token-count", "tokens": tokens}


def _text(request: dict) -> str:
    parts = (request.get("content") or {}).get("parts") if isinstance(request.get("content"), dict) else None
    return "\n".join(part.get("text") or "" for part in parts or []) or "a text"


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares, none of which is ever run."""
    declared = {}
    for entry in turns.sent(exchange).get("tools") or []:
        for function in entry.get("functionDeclarations") or entry.get("function_declarations") or []:
            schema = function.get("parametersJsonSchema") or function.get("parameters_json_schema")
            schema = schema or _lower(function.get("parameters") or {"type": "object"})
            if name := function.get("name"):
                declared[name] = Tool(name, function.get("description") or "", schema, dict)
    return list(declared.values())


def _lower(schema: object) -> object:
    """A schema of the older dialect as JSON Schema."""
    match schema:
        case dict():
            return {
                key: value.lower() if key == "type" and isinstance(value, str) else _lower(value)
                for key, value in schema.items()
            }
        case list():
            return [_lower(item) for item in schema]
        case _:
            return schema


def _conversation(exchange: dict) -> Messages:
    """The request's conversation, what the user says of it, as text and files."""
    messages = Messages()
    sent = turns.sent(exchange)
    instruction = sent.get("systemInstruction") or sent.get("system_instruction") or {}
    if parts := _parts(instruction.get("parts")):
        messages.add_system(*(part for part in parts if isinstance(part, Text)))
    for content in sent.get("contents") or []:
        if content.get("role", "user") == "user" and (parts := _parts(content.get("parts"))):
            messages.add_user(*parts)
    return turns.with_a_user(messages)


def _parts(items: object) -> list[Text | File]:
    parts: list[Text | File] = []
    for item in [items] if isinstance(items, dict) else items or []:
        blob, data = (
            item.get("inlineData") or item.get("inline_data"),
            item.get("fileData") or item.get("file_data"),
        )
        try:
            if item.get("text"):
                parts.append(Text(item["text"]))
            elif blob:
                raw = base64.b64decode(blob.get("data") or "", altchars=b"-_")
                parts.append(File.from_bytes(raw, blob.get("mimeType") or blob.get("mime_type")))
            elif data:
                parts.append(
                    File.from_url(
                        data.get("fileUri") or data["file_uri"], data.get("mimeType") or data.get("mime_type")
                    )
                )
        except (ChatError, ValueError, KeyError):  # a file that the recording replaced
            parts.append(Text("(a file)"))
    return parts
