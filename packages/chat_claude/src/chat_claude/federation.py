"""Workload identity: a token of the place where a program runs, in exchange for one of Anthropic's.

Facts: Anthropic's workload identity federation (an OAuth JWT bearer grant, RFC 7523) and its SDK 2.14,
November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chat_core import ConfigurationError
from chat_core.client import Subject, TokenExchange, joined_url, token_file

__all__ = ["token_file", "workload_identity", "workload_identity_from_variables"]

_URL: Final = "https://api.anthropic.com/v1/oauth/token"
_BETAS: Final = "oauth-2025-04-20,oidc-federation-2026-04-01"
_RULE, _ORGANIZATION = "ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID"
_TOKEN, _FILE = "ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_IDENTITY_TOKEN_FILE"


def workload_identity(
    federation_rule_id: str,
    organization_id: str,
    subject: Subject,
    *,
    service_account_id: str | None = None,
    workspace_id: str | None = None,
    url: str = _URL,
) -> TokenExchange:
    """Return a source of Anthropic's tokens, for `ClaudeBuilder.with_credentials`.

    `subject` returns the token of the place where the program runs, such as `token_file()` of a Kubernetes
    pod. The ids are those of the federation rule and of the organization that are configured at Anthropic; a
    `workspace_id` ("wrkspc_…" or "default") is needed where the rule is for several.
    """
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "federation_rule_id": federation_rule_id,
        "organization_id": organization_id,
    }
    optional = {"service_account_id": service_account_id, "workspace_id": workspace_id}
    fields |= {name: value for name, value in optional.items() if value}
    return TokenExchange(
        url, fields=fields, subject=subject, subject_field="assertion", headers={"anthropic-beta": _BETAS}
    )


def workload_identity_from_variables(variables: Mapping[str, str], base_url: str) -> TokenExchange | None:
    """Return the source that the environment describes, as Anthropic's SDK reads it, or None.

    Tokens are exchanged at the server of `base_url`: one of a deployment is valid there only. Raises
    `ConfigurationError` where a part is missing.
    """
    given = {name: variables.get(name, "").strip() for name in (_RULE, _ORGANIZATION, _TOKEN, _FILE)}
    if not given[_RULE]:
        return None
    if not given[_ORGANIZATION] or not (given[_TOKEN] or given[_FILE]):
        missing = _ORGANIZATION if not given[_ORGANIZATION] else f"{_FILE} or {_TOKEN}"
        raise ConfigurationError(f"{_RULE} is set but {missing} is not: workload identity needs both")
    return workload_identity(
        given[_RULE],
        given[_ORGANIZATION],
        token_file(given[_FILE]) if given[_FILE] else lambda: given[_TOKEN],
        service_account_id=variables.get("ANTHROPIC_SERVICE_ACCOUNT_ID"),
        workspace_id=variables.get("ANTHROPIC_WORKSPACE_ID"),
        url=joined_url(base_url, "/v1/oauth/token"),
    )
