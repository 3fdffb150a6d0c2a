"""The base of every provider's files: what does not depend on the wire."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import anyio

from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.client.exchange import send_request
from chat_core.transport import Response
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonValue
from chat_core.types.misuse import checked_instance
from chat_core.types.uploads import FileRef, UploadedFile, file_id

S = TypeVar("S", bound=ClientSettings)
T = TypeVar("T")
_FIRST_POLL, _LONGEST_POLL = 1.0, 10.0  # seconds between two requests for the state of a file


class Files(ProviderClient[S], ABC):
    """The files of an account at one server; `client.files` is one of these."""

    async def upload(
        self, file: File, /, *, purpose: str | None = None, expires_in: float | None = None
    ) -> UploadedFile:
        """Upload the bytes of a file once, and return what names it: its `.file` goes into messages.

        `purpose` is the server's word for what it is for, where the server wants one; without it, what files
        of messages have. `expires_in` are seconds after which the server deletes it, where it does. Raises
        `ConfigurationError` for a file without bytes and for what the server does not take, and a
        `ChatError`; retries nothing.
        """
        checked_instance(file, File, "upload(...)", "write File.from_path('report.pdf')")
        self._check_server()
        if file.data is None:
            raise ConfigurationError(
                f"only bytes can be uploaded: read {file.url or file.id} and pass File.from_bytes(...)"
            )
        if expires_in is not None and not expires_in > 0:
            raise ConfigurationError(f"expires_in={expires_in} has to be more than 0 seconds")
        return await self._upload(file, file.data, purpose, expires_in)

    async def get(self, file: FileRef, /) -> UploadedFile:
        """Return what the server knows of a file. Raises `NotFound` for one that is not there."""
        return await self._get(self._id(file))

    async def list(self) -> AsyncGenerator[UploadedFile]:
        """Yield the files of the account, as the server orders them, page by page. Raises a `ChatError`."""
        self._check_server()
        cursor: str | None = None
        while True:
            page, following = await self._page(cursor)
            for file in page:
                yield file
            if not page or following is None or following == cursor:
                return
            cursor = following

    async def delete(self, file: FileRef, /) -> None:
        """Delete a file at the server. Raises `NotFound` for one that is not there."""
        await self._delete(self._id(file))

    async def download(self, file: FileRef, /) -> bytes:
        """Return the bytes of a file. Servers give back some files only: those that a model or a batch made,
        say. Raises a `ChatError` for the others.
        """
        return await self._download(self._id(file))

    async def wait(self, file: FileRef, /, *, timeout: float | None = None) -> UploadedFile:
        """Return a file once the server has processed it, or as it is after `timeout` seconds.

        Most servers are ready at once. Raises `ConfigurationError` where the server could not process it.
        """
        found = file if isinstance(file, UploadedFile) else await self.get(file)
        pause = _FIRST_POLL
        with anyio.move_on_after(timeout):
            while found.state == "processing":
                await anyio.sleep(pause)
                found = await self.get(found)
                pause = min(pause * 1.5, _LONGEST_POLL)
        if found.state == "failed":
            raise ConfigurationError(f"the server could not process the file {found.id!r}: send another one")
        return found

    def _id(self, file: FileRef) -> str:
        self._check_server()
        return file_id(file, self._origin)

    def _check_server(self) -> None:
        """Raise `ConfigurationError` where the wire has files, and this server of it has none."""

    def _address(self, path: str) -> str:
        """Return the address of a path under the base URL."""
        return self._request("POST", path).url

    async def _post_to(
        self,
        address: str,
        decode: Callable[[Response], T],
        body: Mapping[str, object] | bytes,
        headers: Mapping[str, str],
    ) -> T:
        """Send a request to another address of the same server, and return what `decode` makes of the whole
        response.
        """
        request = replace(self._request("POST", "", body, headers), url=address)
        return await send_request(self._settings.transport, request, decode, self._decode_error, self._logger)

    @abstractmethod
    async def _upload(
        self, file: File, data: bytes, purpose: str | None, expires_in: float | None
    ) -> UploadedFile:
        """Upload the bytes of a file."""

    @abstractmethod
    async def _get(self, id: str) -> UploadedFile:
        """Return the description of a file."""

    @abstractmethod
    async def _page(self, cursor: str | None) -> tuple[Sequence[UploadedFile], str | None]:
        """Return one page of descriptions, and the cursor of the next one, None after the last."""

    @abstractmethod
    async def _delete(self, id: str) -> None:
        """Delete a file."""

    @abstractmethod
    async def _download(self, id: str) -> bytes:
        """Return the bytes of a file."""


def moment(value: JsonValue) -> datetime | None:
    """Return the time that a server tells: in seconds since 1970, or as text of ISO 8601."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
