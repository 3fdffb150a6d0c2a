"""Workload identity: a token of the place where a program runs, in exchange for one of OpenAI's.

Facts: OpenAI's workload identity federation (an OAuth token exchange, RFC 8693), November 2026.
"""

from __future__ import annotations

from typing import Final, Literal

from chat_core.client import Subject, TokenExchange, token_file

__all__ = ["token_file", "workload_identity"]

_URL: Final = "https://auth.openai.com/oauth/token"
_TYPES: Final = {"jwt": "jwt", "id": "id_token"}


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
