"""xAI counts reasoning beside `completion_tokens`, and not in it (recorded)."""

from __future__ import annotations

from scenarios import EXPECTED, Recorded, TapesOf
from wire_chat_completions import chunk, whole

USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 5,
    "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 12},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
TAPES = TapesOf(
    "/v1/chat/completions",
    more={
        "usage": Recorded(
            whole({"content": "Dry."}, usage=USAGE),
            [chunk({"content": "Dry."}), chunk({}, "stop", usage=USAGE), "[DONE]"],
            expected=EXPECTED["usage"],
        )
    },
)
