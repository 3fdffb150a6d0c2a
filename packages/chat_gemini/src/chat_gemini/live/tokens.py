"""Tokens that open sessions in place of a key. Facts: Google's SDK and reference, November 2026."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from chat_core import ConfigurationError, InvalidResponse
from chat_core.types.json_values import as_text
from chat_core.wire import read_object

_MOST_SECONDS = 20 * 3600


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A token, which is a secret, and when its sessions end; None where the server does not say."""

    value: str = field(repr=False)
    expires_at: datetime | None = None


def encode_token(expires: datetime, begins: datetime, uses: int, setup: object) -> dict[str, object]:
    """Return the body that asks for a token. `setup` are the settings that its sessions have, or None.

    Raises `ConfigurationError` for times that a token cannot have.
    """
    now = datetime.now(UTC)
    for name, time in (("expires_in", expires), ("begins_within", begins)):
        if not 0 <= (time - now).total_seconds() + 1 < _MOST_SECONDS:
            raise ConfigurationError(f"create_token({name}=...): from 0 to less than {_MOST_SECONDS} seconds")
    if uses < 0:
        raise ConfigurationError(f"create_token(uses={uses}): at least 1, or 0 for any number")
    body: dict[str, object] = {
        "expireTime": _written(expires),
        "newSessionExpireTime": _written(begins),
        "uses": uses,
    }
    if setup is not None:
        body["bidiGenerateContentSetup"] = setup
    return body


def decode_token(body: bytes) -> LiveToken:
    """Return the token of a response. Raises `InvalidResponse`, without what it holds."""
    answer = read_object(body, "a token")
    name = as_text(answer.get("name"))
    if not name:
        raise InvalidResponse("the server sent no token: the response has no `name`")
    return LiveToken(name, _read(as_text(answer.get("expireTime"))))


def _written(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(time: str) -> datetime | None:
    try:
        return datetime.fromisoformat(time)
    except ValueError:
        return None
