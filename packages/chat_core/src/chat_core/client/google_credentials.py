"""Google's application default credentials, by way of google-auth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Protocol, cast

from chat_core.types.errors import ConfigurationError

KEY_ADVICE = (
    "its token came from Google's application default credentials, which "
    "`gcloud auth application-default login` or the file of GOOGLE_APPLICATION_CREDENTIALS renews"
)
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class _GoogleCredentials(Protocol):
    """What is used of google-auth's credentials. `expiry` is in UTC, without a time zone."""

    token: str
    expiry: datetime | None

    def refresh(self, request: object) -> None: ...


class ApplicationDefault:
    """A source for `with_credentials`: what `gcloud auth application-default login`, a service account or the
    machine give.

    It blocks while it fetches a token, so it is called in a thread. google-auth is imported then. `extra` is
    what brings google-auth, such as "chat-gemini[vertex]". Raises `ConfigurationError` at once where
    google-auth is not installed.
    """

    def __init__(self, extra: str) -> None:
        self._credentials: _GoogleCredentials | None = None
        if not _is_installed():
            raise ConfigurationError(
                f"Vertex without a key needs google-auth: pip install '{extra}', "
                "or give a source of tokens: .with_credentials(...)"
            )

    def __call__(self) -> tuple[str, datetime | None]:
        """Return a new token, and when it expires."""
        import google.auth
        from google.auth.transport.requests import Request

        if self._credentials is None:
            # untyped
            default = google.auth.default  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            find = cast("Callable[..., tuple[object, object]]", default)
            self._credentials = cast("_GoogleCredentials", find(scopes=[_SCOPE])[0])
        self._credentials.refresh(Request())
        expiry = self._credentials.expiry
        return self._credentials.token, expiry.replace(tzinfo=UTC) if expiry is not None else None


def _is_installed() -> bool:
    try:
        return find_spec("google.auth") is not None and find_spec("requests") is not None
    except ModuleNotFoundError:  # of `google` itself
        return False
