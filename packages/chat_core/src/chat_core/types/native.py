"""A provider's own data, tagged with where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core.types.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class Origin:
    """Where native data comes from, and so the only place it is sent back to."""

    provider: str
    endpoint: str
    model: str


@dataclass(frozen=True, slots=True)
class Native:
    """A provider's own data, stored as received: signatures, sealed reasoning, item ids, whole blocks."""

    origin: Origin
    data: JsonObject = field(repr=False)

    def for_(self, origin: Origin) -> JsonObject | None:
        """The data, if `origin` is where it came from."""
        return self.data if origin == self.origin else None
