"""xAI counts reasoning beside `completion_tokens`, and not in it (recorded)."""

from __future__ import annotations

from scenarios import EXPECTED, Recorded, TapesOf, exchange
from side_tapes import described, file_tapes
from wire_chat_completions import chunk, whole

USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 5,
    "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 12},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
PAGES = [
    {"data": [described("file-one", purpose="assistants")], "pagination_token": "next"},
    {"data": [described("file-two", purpose="assistants")]},
]
TAPES = TapesOf(
    "/v1/chat/completions",
    more={
        **file_tapes("/v1/files", *PAGES, purpose="assistants"),
        "token_count": Recorded(
            exchanges=[exchange("/v1/tokenize-text", {"token_ids": [{"token_id": 7}, {"token_id": 8}]})],
            expected={"tokens": 2},
        ),
        "usage": Recorded(
            whole({"content": "Dry."}, usage=USAGE),
            [chunk({"content": "Dry."}), chunk({}, "stop", usage=USAGE), "[DONE]"],
            expected=EXPECTED["usage"],
        ),
    },
)
