"""Files of the Gemini API. Facts: google-genai 3.6 and recorded traffic, November 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlencode, urlsplit, urlunsplit

from chat_core import ConfigurationError, File, InvalidResponse, JsonObject, Origin, Response
from chat_core.client import path_segment
from chat_core.client.files import Files, moment
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.types.uploads import UploadedFile, UploadState
from chat_core.wire import read_done, read_object, read_page

from chat_gemini.decode import decode_error
from chat_gemini.settings import Settings

_STATES: Mapping[str, UploadState] = {"PROCESSING": "processing", "FAILED": "failed"}
_UPLOAD_URL = "x-goog-upload-url"


class GeminiFiles(Files[Settings]):
    """The files of a project: up to 2 GB each, kept for 48 hours.

    Videos are processed for a while: `await client.files.wait(file)` before a message names one. Only what a
    model made is given back.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.defaults.endpoint.provider, decode_error)

    def _check_server(self) -> None:
        if not self._settings.defaults.endpoint.has_file_store:
            raise ConfigurationError(
                "Vertex has no uploaded files: put it into Cloud Storage, and File.from_url('gs://...')"
            )

    async def _upload(
        self, file: File, data: bytes, purpose: str | None, expires_in: float | None
    ) -> UploadedFile:
        if purpose is not None or expires_in is not None:
            raise ConfigurationError(
                "Gemini keeps every file for 48 hours, for any purpose: leave purpose and expires_in out"
            )
        mimetype = file.mimetype or "application/octet-stream"
        about: JsonObject = {"mimeType": mimetype}
        if file.name:
            about["displayName"] = file.name
        begin = _upload_address(self._address("/files"))
        goes_to = await self._post_to(begin, _upload_url, {"file": about}, _command("start", data, mimetype))
        headers = _command("upload, finalize", data, mimetype)
        address = _on_own_host(goes_to, begin)
        return await self._post_to(address, self._read_uploaded, data, headers)

    async def _get(self, id: str) -> UploadedFile:
        return await self._send("GET", _path(id), self._read)

    async def _page(self, cursor: str | None) -> tuple[Sequence[UploadedFile], str | None]:
        query = urlencode({"pageSize": "100"} | ({"pageToken": cursor} if cursor else {}))
        body = await self._send(
            "GET", f"/files?{query}", partial(read_page, what="a list of files", fields=("files",))
        )
        page = [_described(as_object(item), self._origin) for item in as_list(body.get("files"))]
        return page, as_text(body.get("nextPageToken")) or None

    async def _delete(self, id: str) -> None:
        await self._send("DELETE", _path(id), read_done)

    async def _download(self, id: str) -> bytes:
        return await self._send("GET", f"{_path(id)}:download?alt=media", bytes)

    def _read(self, body: bytes) -> UploadedFile:
        found = read_object(body, "an uploaded file")
        if not as_text(found.get("name")):
            raise InvalidResponse(f"a file without a name: {body[:300].decode('utf-8', 'replace')}")
        return _described(found, self._origin)

    def _read_uploaded(self, response: Response) -> UploadedFile:
        body = response.body
        file = as_object(read_object(body, "an uploaded file").get("file"))
        if not as_text(file.get("name")):
            raise InvalidResponse(f"an upload without a file: {body[:300].decode('utf-8', 'replace')}")
        return _described(file, self._origin)


def _described(found: JsonObject, origin: Origin) -> UploadedFile:
    size = as_text(found.get("sizeBytes"))
    return UploadedFile(
        as_text(found.get("name")),
        origin,
        as_text(found.get("displayName")) or None,
        as_text(found.get("mimeType")) or None,
        int(size) if size.isdecimal() else as_count(found.get("sizeBytes")),
        moment(found.get("createTime")),
        moment(found.get("expirationTime")),
        _STATES.get(as_text(found.get("state")), "ready"),
        downloadable=True if found.get("downloadUri") else None,
        raw=found,
    )


def _command(command: str, data: bytes, mimetype: str) -> dict[str, str]:
    """Return the headers of one step of an upload."""
    headers = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": command}
    if command == "start":
        return headers | {
            "x-goog-upload-header-content-length": str(len(data)),
            "x-goog-upload-header-content-type": mimetype,
        }
    return headers | {"x-goog-upload-offset": "0", "content-type": mimetype}


def _upload_url(response: Response) -> str:
    """Return where the bytes go."""
    address = response.headers.get(_UPLOAD_URL, "")
    if not address:
        raise InvalidResponse(f"the server began an upload without saying where it goes ({_UPLOAD_URL})")
    return address


def _upload_address(url: str) -> str:
    """Return the address at which an upload begins: under `/upload`, beside the API."""
    split = urlsplit(url)
    return urlunsplit(split._replace(path=f"/upload{split.path}"))


def _on_own_host(address: str, url: str) -> str:
    """Return an address of the server's on the host that the client was built for: the key goes nowhere
    else.
    """
    given = urlsplit(address)
    return urlunsplit(urlsplit(url)._replace(path=given.path, query=given.query))


def _path(id: str) -> str:
    """Return the path of a file, by its name, the last part of it, or its address."""
    return f"/files/{path_segment(id.rpartition('files/')[2])}"
