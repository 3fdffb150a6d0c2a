"""Keys that expire, for sessions that a browser opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core import ConfigurationError, InvalidResponse, JsonObject, JsonValue
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.types.short_repr import ShortRepr
from chat_core.wire import read_object


@dataclass(frozen=True, slots=True, repr=False)
class ClientSecret(ShortRepr):
    """A key that expires: `RealtimeBuilder().with_api_key(secret.value)` opens sessions with it, and so does
    a browser.

    `expires_at` is in seconds since the epoch. `session` is what its sessions begin with, as the server has
    it.
    """

    value: str = field(repr=False)
    expires_at: int | None = None
    session: JsonObject = field(default_factory=dict[str, JsonValue], repr=False)


def secret_body(session: Mapping[str, object], model: str, seconds: int | None) -> Mapping[str, object]:
    """Return the body that requests a key. Raises `ConfigurationError` for a time that is not possible."""
    named = dict(session) if session.get("type") == "transcription" else {"model": model, **session}
    if seconds is None:
        return {"session": named}
    if not 10 <= seconds <= 7200:
        raise ConfigurationError(f"create_client_secret(seconds={seconds!r}): it is 10 to 7200")
    return {"session": named, "expires_after": {"anchor": "created_at", "seconds": seconds}}


def read_secret(body: bytes) -> ClientSecret:
    """Return the key of a response. Raises `InvalidResponse` where there is none."""
    received = read_object(body, "a client secret")
    value = as_text(received.get("value"))
    if not value:
        raise InvalidResponse("a client secret without its value")
    return ClientSecret(value, as_count(received.get("expires_at")), as_object(received.get("session")))
