"""What a client was built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core.client import ClientSettings


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """What every request of a client carries; `extra` are fields that have no method here."""

    safe: bool = True
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with."""

    defaults: RequestDefaults = RequestDefaults()
