"""Files of xAI's. Facts: xAI's documentation of its files, November 2026."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from chat_completions.files import CompletionFiles
from chat_core import JsonObject
from chat_core.types.json_values import as_text
from chat_core.types.uploads import UploadedFile


class XAIFiles(CompletionFiles):
    """The files of a team. Messages of a client `.with_responses()` name documents among them."""

    PURPOSE: ClassVar[str | None] = "assistants"

    def _query(self, cursor: str | None) -> dict[str, str]:
        return {"limit": "100"} | ({"pagination_token": cursor} if cursor else {})

    def _following(self, body: JsonObject, page: Sequence[UploadedFile], cursor: str | None) -> str | None:
        return as_text(body.get("pagination_token")) or None
