"""Files at `/files` under the base URL, uploaded as a form: OpenAI's way, which several servers have.

Facts: OpenAI's reference and recorded traffic, November 2026.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, TypeVar
from urllib.parse import urlencode

from chat_core.client.base import ClientSettings
from chat_core.client.files import Files, moment
from chat_core.client.paths import path_segment
from chat_core.types.errors import ConfigurationError, InvalidResponse
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, as_count, as_list, as_object, as_text
from chat_core.types.native import Origin
from chat_core.types.uploads import UploadedFile, UploadState
from chat_core.wire.multipart import encode_form
from chat_core.wire.read import read_object
from chat_core.wire.side_bodies import read_done, read_page

S = TypeVar("S", bound=ClientSettings)
_STATES: Mapping[str, UploadState] = {"error": "failed", "failed": "failed", "pending": "processing"}
_PAGE = 100


class FormFiles(Files[S], ABC):
    """Files of a server that has them as OpenAI has.

    A subclass says what a file of a message is for (`PURPOSE`), and whether the server deletes files after a
    time (`EXPIRES`).
    """

    PATH: ClassVar[str] = "/files"
    PURPOSE: ClassVar[str | None] = "user_data"
    EXPIRES: ClassVar[bool] = False

    async def _upload(
        self, file: File, data: bytes, purpose: str | None, expires_in: float | None
    ) -> UploadedFile:
        form = encode_form(self._fields(purpose, expires_in), file)
        headers = {**self._extra_headers(), "content-type": form.content_type}
        uploaded = await self._send("POST", self.PATH, self._read, form.body, headers)
        return uploaded if uploaded.mimetype else _typed(uploaded, file.mimetype)

    async def _get(self, id: str) -> UploadedFile:
        return await self._send("GET", self._path(id), self._read, headers=self._extra_headers())

    async def _page(self, cursor: str | None) -> tuple[Sequence[UploadedFile], str | None]:
        path = f"{self.PATH}?{urlencode(self._query(cursor))}"
        read = partial(read_page, what="a list of files")
        body = await self._send("GET", path, read, headers=self._extra_headers())
        page = [self._described(as_object(item)) for item in as_list(body.get("data"))]
        return page, self._following(body, page, cursor)

    async def _delete(self, id: str) -> None:
        await self._send("DELETE", self._path(id), read_done, headers=self._extra_headers())

    async def _download(self, id: str) -> bytes:
        return await self._send("GET", f"{self._path(id)}/content", bytes, headers=self._extra_headers())

    def _path(self, id: str) -> str:
        return f"{self.PATH}/{path_segment(id)}"

    def _extra_headers(self) -> dict[str, str]:
        """Return headers that these requests have beside the client's."""
        return {}

    def _fields(self, purpose: str | None, expires_in: float | None) -> dict[str, object]:
        """Return the fields of the form beside the file."""
        if expires_in is not None and not self.EXPIRES:
            raise ConfigurationError(
                f"{self._origin.provider} keeps files until they are deleted: leave expires_in out"
            )
        fields: dict[str, object] = {"purpose": purpose or self.PURPOSE}
        if expires_in is not None:
            fields |= {"expires_after[anchor]": "created_at", "expires_after[seconds]": int(expires_in)}
        return fields

    def _query(self, cursor: str | None) -> dict[str, str]:
        """Return the query of one page."""
        return {"limit": str(_PAGE)} | ({"after": cursor} if cursor else {})

    def _following(self, body: JsonObject, page: Sequence[UploadedFile], cursor: str | None) -> str | None:
        """Return the cursor of the next page, None after the last one."""
        last = as_text(body.get("last_id")) or (page[-1].id if page else "")
        return last if body.get("has_more") is True and last else None

    def _read(self, body: bytes) -> UploadedFile:
        found = read_object(body, "an uploaded file")
        if not as_text(found.get("id")):
            raise InvalidResponse(f"a file without an id: {body[:300].decode('utf-8', 'replace')}")
        return self._described(found)

    def _described(self, found: JsonObject) -> UploadedFile:
        """Return what a description tells."""
        return described_file(found, self._origin)


def described_file(found: JsonObject, origin: Origin) -> UploadedFile:
    """Return what the description of a file tells, by the names of several servers."""
    downloadable = found.get("downloadable")
    size = as_count(found.get("bytes"))
    return UploadedFile(
        as_text(found.get("id")),
        origin,
        as_text(found.get("filename")) or None,
        as_text(found.get("mime_type")) or as_text(found.get("mimetype")) or None,
        as_count(found.get("size_bytes")) if size is None else size,
        moment(found.get("created_at")),
        moment(found.get("expires_at")),
        _STATES.get(as_text(found.get("status")), "ready"),
        as_text(found.get("purpose")) or None,
        downloadable if isinstance(downloadable, bool) else None,
        found,
    )


def _typed(file: UploadedFile, mimetype: str | None) -> UploadedFile:
    """Return the file with the type that it was uploaded as: the server does not repeat it."""
    return replace(file, mimetype=mimetype)
