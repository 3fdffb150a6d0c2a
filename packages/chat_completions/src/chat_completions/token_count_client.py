"""Counts of tokens, at the servers of this wire that have them.

Facts: the documentation of vLLM and llama.cpp, November 2026. Both have these paths beside `/v1`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from chat_core import ChatRequest, Messages, ToolDefinition
from chat_core.client import without_end

from chat_completions.client import ChatCompletionsClient
from chat_completions.decode.token_count import decode_count, decode_prompt

T = TypeVar("T")


class CountingClient(ChatCompletionsClient):
    """A client whose server counts the tokens of conversations, with the model's own template."""

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return the input tokens of a request with these messages and tools. Raises a `ChatError`; retries
        nothing.

        llama.cpp takes two requests: for the text that the template makes, and for its tokens.
        """
        body = self.request_body(ChatRequest(messages, tools))
        conversation = {name: body[name] for name in ("messages", "tools") if name in body}
        if self._settings.dialect.fields.token_count == "messages":
            counted = {"model": self.model, **conversation, "add_generation_prompt": True}
            return await self._send_beside("/tokenize", counted, decode_count)
        prompt = await self._send_beside("/apply-template", conversation, decode_prompt)
        # the template leaves out the first token, which the server adds to each prompt
        text = {"content": prompt, "add_special": True, "parse_special": True}
        return await self._send_beside("/tokenize", text, decode_count)

    async def _send_beside(self, path: str, body: Mapping[str, object], decode: Callable[[bytes], T]) -> T:
        """Send a request to a path that is not under the version."""
        root = without_end(self._settings.base_url, "/v1")
        beside = ChatCompletionsClient(replace(self._settings, base_url=root))
        return await beside._send("POST", path, decode, body)
