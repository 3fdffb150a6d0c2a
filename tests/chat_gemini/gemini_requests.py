"""A request of the Gemini wire, encoded, for the tests of the encoder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chat_core import (
    ChatOptions,
    ChatRequest,
    Messages,
    Origin,
    OutputSchema,
    ToolDefinition,
)
from chat_core.wire import dump
from chat_gemini.encode import encode
from chat_gemini.settings import RequestDefaults

HERE = Origin("gemini", "https://host/v1beta", "gemini-3.5-flash")


OLDER = Origin("gemini", "https://host/v1beta", "gemini-2.5-flash")


ELSEWHERE = Origin("claude", "https://host/v1", "claude")


ADD = ToolDefinition(
    "add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
)


NO_OPTIONS, PLAIN = ChatOptions(), RequestDefaults()


SIGNED: dict[str, Any] = {"thoughtSignature": "eA=="}


PNG = b"\x89PNG\r\n\x1a\nrest"


def body(
    messages: Messages,
    origin: Origin = HERE,
    *,
    tools: Sequence[ToolDefinition] = (),
    options: ChatOptions = NO_OPTIONS,
    output: OutputSchema | None = None,
    defaults: RequestDefaults = PLAIN,
) -> Any:
    request = ChatRequest(messages, tools, options, output)
    return json.loads(dump(encode(request, origin=origin, defaults=defaults, stream=False).body))


def config(**given: Any) -> Any:
    return body(Messages.from_user("Hi"), **given).get("generationConfig")
