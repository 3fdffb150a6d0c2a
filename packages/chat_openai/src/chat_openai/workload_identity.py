"""Workload identity: a token of the place where a program runs, in exchange for one of OpenAI's.

Facts: OpenAI's workload identity federation (an OAuth token exchange, RFC 8693), November 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Literal

from chat_core import AuthenticationError
from chat_core.client import Subject, TokenExchange

_URL: Final = "https://auth.openai.com/oauth/token"
_TYPES: Final = {"jwt": "jwt", "id": "id_token"}
_KUBERNETES: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"


def workload_identity(
    identity_provider_id: str,
    service_account_id: str,
    subject: Subject,
    *,
    token_type: Literal["jwt", "id"] = "jwt",
    url: str = _URL,
) -> TokenExchange:
    """Return a source of OpenAI's tokens, for `OpenAIBuilder.with_credentials`.

    `subject` returns the token of the place where the program runs, such as `token_file()` of a Kubernetes
    pod; "id" is the type of an OpenID Connect ID token, as Google's metadata server gives. The other two name
    the identity provider and the service account that are configured at OpenAI.
    """
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": f"urn:ietf:params:oauth:token-type:{_TYPES[token_type]}",
        "identity_provider_id": identity_provider_id,
        "service_account_id": service_account_id,
    }
    return TokenExchange(url, fields=fields, subject=subject, subject_field="subject_token")


def token_file(path: str | Path = _KUBERNETES) -> Callable[[], str]:
    """Return a function that reads a token from a file each time, by default that of a Kubernetes pod."""
    return partial(_read, Path(path))


def _read(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise AuthenticationError(f"the token file {path} cannot be read: {exc.strerror}") from exc
    if not token:
        raise AuthenticationError(f"the token file {path} is empty")
    return token
