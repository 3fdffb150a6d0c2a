"""A response of the Gemini wire, decoded, for the tests of the decoder."""

from __future__ import annotations

import base64
import json
from typing import Any

from chat_core import (
    ChatResponse,
    Messages,
    Origin,
)
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode

HERE = Origin("gemini", "https://host/v1beta", "gemini-3.5-flash")


PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def answered(answer: object, messages: Messages | None = None) -> ChatResponse:
    assembly = TurnAssembler(HERE, CallIds(messages or Messages()))
    raw = decode(json.dumps(answer).encode(), assembly)
    return assembly.response((), raw)


def turn(*parts: object, reason: object = "STOP", **beside: object) -> dict[str, Any]:
    return {
        "candidates": [
            {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason, "index": 0, **beside}
        ]
    }
