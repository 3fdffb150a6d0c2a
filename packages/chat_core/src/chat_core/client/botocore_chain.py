"""The whole chain in which AWS's tools look for credentials, by `botocore`, which is imported with its
first use.
"""

from __future__ import annotations

from importlib import import_module
from threading import Lock
from typing import Protocol, cast

from chat_core.client.sigv4 import AwsCredentials
from chat_core.types.errors import ConfigurationError


class _Frozen(Protocol):
    access_key: str
    secret_key: str
    token: str | None


class _Credentials(Protocol):
    def get_frozen_credentials(self) -> _Frozen: ...


class BotocoreChain:
    """Finds credentials once, and afterwards only refreshes those that expire. It may be called from several
    threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: _Credentials | None = None

    def find(self, profile: str | None) -> AwsCredentials | None:
        """Return the credentials of a profile, or of whatever the environment names; None where there are
        none.

        Raises `ConfigurationError` with the words of botocore.
        """
        try:
            with self._lock:
                if self._found is None:
                    session = import_module("botocore.session").Session(profile=profile)
                    self._found = cast("_Credentials | None", session.get_credentials())
                frozen = self._found.get_frozen_credentials() if self._found else None
        except Exception as exc:  # each provider of the chain has errors of its own, of several libraries
            raise ConfigurationError(f"botocore finds no AWS credentials: {exc}") from exc
        return AwsCredentials(frozen.access_key, frozen.secret_key, frozen.token) if frozen else None
