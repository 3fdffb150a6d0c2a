"""Play recorded requests about uploaded files, each alone."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from chat_claude import ClaudeBuilder
from chat_core import File, UploadedFile
from chat_gemini import GeminiBuilder
from chat_groq import GroqBuilder
from chat_mistral import MistralBuilder
from chat_openai import OpenAIBuilder
from chat_xai import XAIBuilder

BUILDERS: dict[str, Any] = {
    "openai": OpenAIBuilder,
    "claude": ClaudeBuilder,
    "gemini": GeminiBuilder,
    "mistral": MistralBuilder,
    "groq": GroqBuilder,
    "xai": XAIBuilder,
}
_PATH = re.compile(r"(?:/[a-z]+)?/v1(?:beta)?/files(?:/(?P<id>[^/:]+)(?P<content>/content|:download)?)?")
SAMPLE = File.from_bytes(b"%PDF-1.3\n", "application/pdf", name="sample.pdf")


def client_of(provider: str, base_url: str) -> Any:
    """The client of a provider, or None for one without files here."""
    if provider not in BUILDERS:
        return None
    builder = BUILDERS[provider]().with_base_url(base_url).with_api_key("test-key")
    return builder.with_model("claude-haiku-4-5" if provider == "claude" else "gemini-3.5-flash").build()


async def play(exchange: dict, base_url: str, *, stream: bool) -> dict | None:
    """One request about a file; None where nothing here sends such a request, as about stores of files."""
    client = client_of(exchange["provider"], base_url)
    method, path = exchange["request"]["method"], urlsplit(exchange["request"]["url"]).path
    found = _PATH.fullmatch(path)
    if client is None or found is None:
        return None
    id, content = unquote(found["id"] or ""), found["content"]
    async with client:
        match method:
            case "POST" if not id:
                return _described(await client.files.upload(SAMPLE))
            case "DELETE" if id:
                await client.files.delete(id)
                return {"kind": "json", "deleted": id}
            case "GET" if content:
                return {"kind": "other", "size": len(await client.files.download(id))}
            case "GET" if id:
                return _described(await client.files.get(id))
            case "GET":
                return {"kind": "json", "files": [_described(file) async for file in client.files.list()]}
            case _:
                return None


def _described(file: UploadedFile) -> dict:
    return {
        "kind": "json",
        "id": file.id,
        "name": file.name,
        "mimetype": file.mimetype,
        "size": file.size,
        "state": file.state,
    }
