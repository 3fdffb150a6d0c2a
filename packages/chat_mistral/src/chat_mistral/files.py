"""Files of Mistral's. Facts: Mistral's SDK 3.7, November 2026."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from chat_completions.files import CompletionFiles
from chat_core import JsonObject
from chat_core.types.json_values import as_count
from chat_core.types.uploads import UploadedFile

_PAGE = 100


class MistralFiles(CompletionFiles):
    """The files of an account. A message names those of the purpose "ocr"; others are "batch" and
    "fine-tune"."""

    PURPOSE: ClassVar[str | None] = "ocr"

    def _query(self, cursor: str | None) -> dict[str, str]:
        return {"page_size": str(_PAGE), "page": cursor or "0"}

    def _following(self, body: JsonObject, page: Sequence[UploadedFile], cursor: str | None) -> str | None:
        number = int(cursor or "0") + 1
        total = as_count(body.get("total"))
        more = len(page) == _PAGE if total is None else number * _PAGE < total
        return str(number) if more else None
