"""Files at a provider: uploaded once, and named by their id afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.misuse import kind_of
from chat_core.types.native import Native, Origin
from chat_core.types.short_repr import ShortRepr

UploadState: TypeAlias = Literal["ready", "processing", "failed"]
"""Whether a file can be named in a message yet."""


@dataclass(frozen=True, slots=True, repr=False)
class UploadedFile(ShortRepr):
    """A file at a provider, as its server describes it.

    What the server does not tell is None: the size in bytes, the times, the purpose, and whether it can be
    downloaded. `raw` is the description as received.
    """

    id: str
    origin: Origin
    name: str | None = None
    mimetype: str | None = None
    size: int | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    state: UploadState = "ready"
    purpose: str | None = None
    downloadable: bool | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False)

    @property
    def file(self) -> File:
        """The file for a message. It is tagged with its provider: others refuse it, or leave it out."""
        return File(self.mimetype, id=self.id, name=self.name, native=Native(self.origin, {}))


FileRef: TypeAlias = UploadedFile | File | str
"""How a file at a provider is named: by what the upload returned, by a file of a message, or by its id."""


def file_id(given: FileRef, origin: Origin) -> str:
    """Return the id of a file at the provider of `origin`.

    Raises `ConfigurationError` for the file of another provider, and for a file without an id.
    """
    match given:
        case str() if given.strip():
            return given
        case UploadedFile():
            _check_owner(given.id, given.origin, origin)
            return given.id
        case File(id=str(id)) if id:
            if given.native is not None:
                _check_owner(id, given.native.origin, origin)
            return id
        case File():
            raise ConfigurationError("this file has no id: upload it with client.files.upload(file)")
        case _:
            raise ConfigurationError(f"a file at a provider is named by its id, not by {kind_of(given)}")


def foreign_owner(file: File, origin: Origin) -> str | None:
    """Return the provider that alone knows the id of a file, or None where it is this one, or unknown."""
    if file.id is None or file.native is None or file.native.origin.provider == origin.provider:
        return None
    return file.native.origin.provider


def refuse_foreign(file: File, provider: str) -> None:
    """Raise `ConfigurationError` for the id of a file that only another provider knows."""
    owner = foreign_owner(file, Origin(provider, "", ""))
    if owner is not None:
        raise ConfigurationError(
            f"file {(file.id or '')[:80]!r} is known to {owner}, not to {provider}: upload it there, or send "
            "its bytes"
        )


def _check_owner(id: str, owner: Origin, origin: Origin) -> None:
    if owner.provider != origin.provider:
        raise ConfigurationError(
            f"file {id[:80]!r} is at {owner.provider}, and this client at {origin.provider}"
        )
