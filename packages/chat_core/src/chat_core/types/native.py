"""A provider's own data, tagged with where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core.types.json_values import JsonObject
from chat_core.types.sealed import SealedData, peek, sealable
from chat_core.types.slot_setters import slot_setters


@dataclass(frozen=True, slots=True)
class Origin:
    """Where native data comes from, and so the only place it is sent back to."""

    provider: str
    endpoint: str
    model: str


@dataclass(frozen=True, slots=True)
class Native(SealedData):
    """A provider's own data, stored as received: signatures, sealed reasoning, item ids, whole blocks."""

    origin: Origin
    data: JsonObject = field(repr=False)

    def __init__(self, origin: Origin, data: JsonObject) -> None:
        _set_origin(self, origin)
        _set_data(self, data)

    def for_(self, origin: Origin) -> JsonObject | None:
        """The data, if `origin` is where it came from."""
        return self.data if origin == self.origin else None


_set_origin, _set_data = slot_setters(Native)
sealable(Native)


def sent_data(native: Native | None, origin: Origin) -> JsonObject | None:
    """Return the data, if `origin` is where they came from, for an encoder: they stay sealed, and must not be
    changed.
    """
    return peek(native) if native is not None and origin == native.origin else None
