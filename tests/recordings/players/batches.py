"""Play recorded batches: each exchange alone, or the whole way of one."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Literal

from chat_claude import ClaudeBuilder
from chat_core import BatchItem, BatchJob, BatchPart
from chat_gemini import GeminiBuilder
from chat_groq import GroqBuilder
from chat_mistral import MistralBuilder
from chat_openai import OpenAIBuilder

BUILDERS: dict[str, Any] = {
    "openai": OpenAIBuilder,
    "claude": ClaudeBuilder,
    "gemini": GeminiBuilder,
    "mistral": MistralBuilder,
    "groq": GroqBuilder,
}


def client_of(provider: str, base_url: str) -> Any:
    """The client of a provider, or None for one without batches here."""
    if provider not in BUILDERS:
        return None
    builder = BUILDERS[provider]().with_base_url(base_url).with_api_key("test-key")
    return builder.with_model("claude-haiku-4-5" if provider == "claude" else "gemini-3.5-flash").build()


async def play(exchange: dict, base_url: str, *, stream: bool) -> dict | None:
    """One exchange of a batch; None where nothing here sends such a request."""
    client = client_of(exchange["provider"], base_url)
    url, method = exchange["request"]["url"], exchange["request"]["method"]
    if client is None:
        return None
    async with client:
        if method == "POST" and not url.endswith("cancel"):
            job = await client.batches.submit({"0": "What is 2 + 2?", "1": "And 3 + 3?"})
            return {"kind": "json", "state": job.state}
        ends = exchange["response"].get("is_stream") or "inline=true" in url
        job = _job(client, "done" if ends else "running")
        if ends:
            return {"kind": "other", "items": len(await items_of(client, job))}
        if method == "POST":
            return {"kind": "json", "state": (await client.batches.cancel(job)).state}
        return {"kind": "json", "state": (await client.batches.status(job)).state}


async def items_of(client: Any, job: BatchJob) -> dict[str, BatchItem]:
    """What became of each request."""
    async with aclosing(client.batches.results(job)) as items:
        return {item.id: item async for item in items}


def _job(client: Any, state: Literal["done", "running"]) -> BatchJob:
    origin = client.origin
    part = BatchPart("a-batch", 2, state)
    return BatchJob(origin.provider, origin.endpoint, origin.model, ("0", "1"), (part,), datetime.now(UTC))
