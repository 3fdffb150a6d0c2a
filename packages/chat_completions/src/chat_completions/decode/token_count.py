"""Numbers of tokens, and the text that a template makes of a conversation."""

from __future__ import annotations

from chat_core import InvalidResponse
from chat_core.types.json_values import as_count
from chat_core.wire import error_from_object, is_error_object, read_object


def decode_count(body: bytes) -> int:
    """Return the number of tokens: `count`, else how many `tokens` or `token_ids` there are.

    Raises `ProviderError`, `InvalidResponse`.
    """
    counted = read_object(body, "a count of tokens")
    count, tokens = as_count(counted.get("count")), counted.get("tokens", counted.get("token_ids"))
    if count is None and isinstance(tokens, list):
        return len(tokens)
    if count is None or count < 0:
        if is_error_object(counted):
            raise error_from_object(counted)
        raise InvalidResponse(f"not a count of tokens: {body[:300].decode('utf-8', 'replace')}")
    return count


def decode_prompt(body: bytes) -> str:
    """Return the text of a conversation. Raises `ProviderError`, `InvalidResponse`."""
    response = read_object(body, "a conversation in the template")
    prompt = response.get("prompt")
    if not isinstance(prompt, str):
        if is_error_object(response):
            raise error_from_object(response)
        raise InvalidResponse(f"not the text of a conversation: {body[:300].decode('utf-8', 'replace')}")
    return prompt
