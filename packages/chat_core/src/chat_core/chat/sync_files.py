"""The files of an account from synchronous code."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager

from chat_core.chat.sync_loop import SyncLoop
from chat_core.provider import FilesProvider
from chat_core.types.files import File
from chat_core.types.uploads import FileRef, UploadedFile


class SyncFiles:
    """The methods of `client.files` without `await`; `sync_client.files` is one of these."""

    def __init__(self, files: FilesProvider, loop: SyncLoop) -> None:
        self._files = files
        self._loop = loop

    def upload(
        self, file: File, /, *, purpose: str | None = None, expires_in: float | None = None
    ) -> UploadedFile:
        """Upload the bytes of a file, as `FilesProvider.upload` does."""
        return self._loop.run(self._files.upload, file, purpose=purpose, expires_in=expires_in)

    def get(self, file: FileRef, /) -> UploadedFile:
        """Return what the server knows of a file. Raises `NotFound` where it has none."""
        return self._loop.run(self._files.get, file)

    def list(self) -> AbstractContextManager[Generator[UploadedFile]]:
        """Yield the files of the account: `with files.list() as found: for file in found: ...`.

        They are requested page by page; leaving the block requests no more.
        """
        return self._loop.iterate(self._files.list)

    def delete(self, file: FileRef, /) -> None:
        """Delete a file. Raises `NotFound` where there is none."""
        self._loop.run(self._files.delete, file)

    def download(self, file: FileRef, /) -> bytes:
        """Return the bytes of a file. Raises a `ChatError` where the server does not give them back."""
        return self._loop.run(self._files.download, file)

    def wait(self, file: FileRef, /, *, timeout: float | None = None) -> UploadedFile:
        """Return a file once the server has processed it, or as it is after `timeout` seconds."""
        return self._loop.run(self._files.wait, file, timeout=timeout)
