"""Groq's batches, which are OpenAI's with bodies of Chat Completions."""

from __future__ import annotations

from scenarios import Recorded, TapesOf
from wire_openai import ANSWER_OF_COMPLETIONS, batch_exchanges

TAPES = TapesOf(
    "/openai/v1/chat/completions",
    more={
        "batch": Recorded(
            exchanges=batch_exchanges(ANSWER_OF_COMPLETIONS),
            expected={"results": {"first": "One.", "second": "InvalidRequest"}},
        )
    },
)
