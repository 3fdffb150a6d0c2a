"""Groq's batches, which are OpenAI's with bodies of Chat Completions."""

from __future__ import annotations

from scenarios import Recorded, TapesOf
from side_tapes import audio_tapes, described, file_tapes
from wire_openai import ANSWER_OF_COMPLETIONS, batch_exchanges

TAPES = TapesOf(
    "/openai/v1/chat/completions",
    more={
        **file_tapes(
            "/openai/v1/files", {"object": "list", "data": [described("file-one")]}, purpose="batch"
        ),
        **audio_tapes("/openai/v1/audio"),
        "batch": Recorded(
            exchanges=batch_exchanges(ANSWER_OF_COMPLETIONS),
            expected={"results": {"first": "One.", "second": "InvalidRequest"}},
        ),
    },
)
