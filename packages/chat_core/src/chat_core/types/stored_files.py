"""Files of a stored conversation by reference: the JSON has their SHA-256, a store has their bytes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Protocol

from chat_core.types.errors import InvalidHistory
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object


class FileStore(Protocol):
    """Where the bytes of files are: a folder, a bucket, a table. The same bytes have the same digest."""

    def save(self, sha256: str, data: bytes, /) -> None:
        """Store bytes under their digest, in lower-case hexadecimal. They may be there already."""
        ...

    def load(self, sha256: str, /) -> bytes:
        """Return the bytes of this digest. Raises `KeyError` or `OSError` where there are none."""
        ...


def take_out(stored: JsonValue, store: FileStore) -> None:
    """Move the bytes of all files of a conversation, parsed, into the store."""
    for _, file in _files(stored):
        if isinstance(encoded := file.get("data"), str):
            data = base64.b64decode(encoded)
            digest = hashlib.sha256(data).hexdigest()
            store.save(digest, data)
            file["data"], file["sha256"] = None, digest


def put_back(stored: JsonValue, store: FileStore) -> None:
    """Bring the bytes back.

    Raises `InvalidHistory`, which names the place, where they are missing or others.
    """
    for place, file in _files(stored):
        if not isinstance(digest := file.pop("sha256", None), str):
            continue
        try:
            data = store.load(digest)
        except (KeyError, OSError) as exc:
            raise InvalidHistory(f"{place}: the store has no file {digest}") from exc
        if hashlib.sha256(data).hexdigest() != digest:
            raise InvalidHistory(f"{place}: the store has other bytes than those of {digest}")
        file["data"] = base64.b64encode(data).decode("ascii")


def _files(stored: JsonValue) -> Iterator[tuple[str, JsonObject]]:
    for at, message in enumerate(as_list(as_object(stored).get("messages"))):
        for number, part in enumerate(as_list(as_object(message).get("parts"))):
            yield from _files_of(as_object(part), f"messages.{at}.parts.{number}")


def _files_of(part: JsonObject, place: str) -> Iterator[tuple[str, JsonObject]]:
    if part.get("type") == "file":
        yield place, part
    for inner, file in enumerate(as_list(part.get("files"))):
        if isinstance(file, dict):
            yield f"{place}.files.{inner}", file
