"""A response or an error in the neutral form of the recordings' expectations."""

from __future__ import annotations

import hashlib

from chat_core import (
    ChatError,
    ChatResponse,
    EmbeddingsResponse,
    InvalidResponse,
    ProviderError,
    StreamTruncated,
)

# calls of tools that OpenAI defines: the recordings have them beside calls of functions
CLIENT_CALLS = ("shell_call", "local_shell_call", "apply_patch_call", "computer_call")


def message(response: ChatResponse) -> dict:
    usage = response.usage
    return {
        "kind": "message",
        "text": response.text,
        "reasoning_text": response.reasoning,
        "refusal": response.refusal,
        "tool_calls": [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            for call in response.tool_calls
            if call.native is None or call.native.data.get("type") not in CLIENT_CALLS
        ],
        "files": [
            {"size": len(file.data), "sha256": hashlib.sha256(file.data).hexdigest()}
            for file in response.files
            if file.data
        ],
        "finish_reason": response.raw_finish_reason,
        "usage": {
            "input": usage.input_tokens,
            "output": usage.output_tokens,
            "cached": usage.cache_read_tokens,
            "cache_write": usage.cache_write_tokens,
            "reasoning": usage.reasoning_tokens,
        },
        "response_id": response.id,
        "model": response.model,
    }


def embeddings(response: EmbeddingsResponse) -> dict:
    first = response.embeddings[0].vector
    return {
        "kind": "embeddings",
        "count": len(response.embeddings),
        "dimensions": len(first),
        "first": list(first[:3]),
    }


def failure(error: ChatError) -> dict:
    fields: dict[str, object] = {"status": None, "code": None, "message": str(error), "retry_after": None}
    if isinstance(error, ProviderError):
        fields = {
            "status": error.status,
            "code": error.code,
            "message": error.message,
            "retry_after": error.retry_after,
        }
    in_stream = isinstance(error, InvalidResponse) or fields["status"] == 200
    return {
        "kind": "error",
        "error": fields,
        "truncated": isinstance(error, StreamTruncated),
        "in_stream": in_stream,
    }
