"""Files of Anthropic's. Facts: its SDK 2.14 and recorded traffic, November 2026."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from chat_core import ConfigurationError, JsonObject
from chat_core.client.form_files import FormFiles
from chat_core.types.json_values import as_text
from chat_core.types.uploads import UploadedFile

from chat_claude.betas import beta_header
from chat_claude.decode import decode_error
from chat_claude.settings import Settings

_BETA = "files-api-2025-04-14"


class ClaudeFiles(FormFiles[Settings]):
    """The files of a workspace. Messages name images, PDF and texts among them, and containers any.

    `expires_in` is from an hour to 90 days. Only what a tool of Anthropic's made is given back.
    """

    PATH: ClassVar[str] = "/v1/files"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "claude", decode_error)

    def _check_server(self) -> None:
        platform = self._settings.defaults.platform
        if not platform.has_files:
            raise ConfigurationError(f"{platform.name} has no files of Claude: send their bytes")

    def _extra_headers(self) -> dict[str, str]:
        return beta_header(self._settings.headers, (*self._settings.defaults.betas, _BETA))

    def _fields(self, purpose: str | None, expires_in: float | None) -> dict[str, object]:
        if purpose is not None:
            raise ConfigurationError("Claude's files have no purpose: leave it out")
        return {"expires_in_seconds": None if expires_in is None else int(expires_in)}

    def _query(self, cursor: str | None) -> dict[str, str]:
        """Return the query of one page. Both of the ways to go on are known: by page, and after an id."""
        if cursor is None:
            return {"limit": "100"}
        return {"limit": "100", "page" if cursor.startswith("page_") else "after_id": cursor}

    def _following(self, body: JsonObject, page: Sequence[UploadedFile], cursor: str | None) -> str | None:
        return as_text(body.get("next_page")) or super()._following(body, page, cursor)
