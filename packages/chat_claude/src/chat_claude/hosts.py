"""The servers of each platform: addresses, keys, and which header a key goes in.

Facts: Anthropic's SDK 2.14 and the fact sheets on Bedrock and credentials, November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chat_core import ConfigurationError
from chat_core.client import Connection, ResolvedServer, Server, checked_key, checked_url, without_end

from chat_claude.platforms import ANTHROPIC, BEDROCK, FOUNDRY, Platform, vertex

if TYPE_CHECKING:
    from chat_core.client import AwsCredentials, AwsCredentialSource, AwsSigner, CredentialSource

_BUILDER = "ClaudeBuilder"
_KEY_HEADERS = frozenset({"authorization", "x-api-key"})
_OAUTH = "oauth-2025-04-20"
_FEDERATION_ADVICE = (
    "its token was exchanged for that of ANTHROPIC_IDENTITY_TOKEN_FILE or ANTHROPIC_IDENTITY_TOKEN, "
    "under the rule of ANTHROPIC_FEDERATION_RULE_ID"
)
_PART_OF_A_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)


class ResolvedHost(NamedTuple):
    """Where a client's requests go, with the header of its key, or the source of its tokens, or what signs
    them, and betas that the key needs.
    """

    platform: Platform
    base_url: str
    key_headers: Mapping[str, str]
    key_advice: str
    betas: tuple[str, ...] = ()
    credentials: CredentialSource | None = None
    signer: AwsSigner | None = None


class Host(Protocol):
    """Where Claude is served, as far as a builder was given it."""

    def resolve(self, connection: Connection, variables: Mapping[str, str]) -> ResolvedHost:
        """Return the server for a connection. `variables` is the environment. Raises `ConfigurationError`."""
        ...


@dataclass(frozen=True, slots=True)
class AnthropicHost:
    """Anthropic's own server, or one that speaks its wire."""

    def resolve(self, connection: Connection, variables: Mapping[str, str]) -> ResolvedHost:
        """Return the server for a connection.

        A key is sent as `x-api-key`, an OAuth token and `ANTHROPIC_AUTH_TOKEN` as a bearer. Without any of
        them, the variables of a workload identity count, under the same rule as those of a key.
        """
        server = Server(
            "Claude",
            "https://api.anthropic.com",
            url_variables=("ANTHROPIC_BASE_URL",),
            key_variables=("ANTHROPIC_API_KEY", "CLAUDE_API_KEY"),
            key_headers=_KEY_HEADERS,
        )
        found = server.resolve(connection, variables, builder=_BUILDER, checked=_without_version)
        is_oauth = (found.api_key or "").startswith("sk-ant-oat")
        header = _bearer if is_oauth else _api_key
        if found.api_key is None:
            tokens = replace(server, key_variables=("ANTHROPIC_AUTH_TOKEN",))
            found = tokens.resolve(connection, variables, builder=_BUILDER, checked=_without_version)
            is_oauth, header = (found.api_key or "").startswith("sk-ant-oat"), _bearer
        source = connection.credentials
        if found.api_key is None and source is None and not _KEY_HEADERS & connection.headers.keys():
            may_have_key = found.is_vendors_own or connection.base_url is None
            source = _workload_identity(variables, found.base_url) if may_have_key else None
            if source is None and found.is_vendors_own:
                raise server.missing_key()
            if source is not None:
                found = found._replace(key_advice=_FEDERATION_ADVICE)
        betas = (_OAUTH,) if is_oauth or (source is not None and found.is_vendors_own) else ()
        headers = header(found.api_key, connection)
        return ResolvedHost(ANTHROPIC, found.base_url, headers, found.key_advice, betas, source)


@dataclass(frozen=True, slots=True)
class BedrockHost:
    """Amazon Bedrock in a region, with credentials of AWS or the name of a profile that has some."""

    region: str | None
    credentials: AwsCredentials | AwsCredentialSource | None = field(default=None, repr=False)
    profile: str | None = None

    def resolve(self, connection: Connection, variables: Mapping[str, str]) -> ResolvedHost:
        """Return the server for a connection.

        A Bedrock API key is sent as a bearer; without one requests are signed.
        """
        region = self.region or variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION")
        address = f"https://bedrock-runtime.{_host_part(region)}.amazonaws.com" if region else None
        if (
            address is None
            and connection.base_url is None
            and not variables.get("ANTHROPIC_BEDROCK_BASE_URL")
        ):
            raise ConfigurationError(
                'Bedrock needs a region: set AWS_REGION, or use .with_bedrock("eu-central-1")'
            )
        found = Server(
            "Claude on Amazon Bedrock",
            address,
            url_variables=("ANTHROPIC_BEDROCK_BASE_URL",),
            key_variables=("AWS_BEARER_TOKEN_BEDROCK",),
            key_headers=_KEY_HEADERS,
        ).resolve(connection, variables, builder=_BUILDER)
        source = self._source(connection, variables, found)
        if source is None:
            return ResolvedHost(BEDROCK, found.base_url, _bearer(found.api_key, connection), found.key_advice)
        if region is None:
            raise ConfigurationError(
                'a signature is made for a region: set AWS_REGION, or use .with_bedrock("eu-central-1")'
            )
        from chat_core.client.aws_credentials import signing_advice  # most clients sign nothing
        from chat_core.client.aws_signer import AwsSigner

        signer = AwsSigner(source, region=_host_part(region), service="bedrock")
        return ResolvedHost(BEDROCK, found.base_url, {}, signing_advice(source), signer=signer)

    def _source(
        self, connection: Connection, variables: Mapping[str, str], found: ResolvedServer
    ) -> AwsCredentials | AwsCredentialSource | None:
        """Return what requests are signed with, or None where they carry a key or a token, or go to another
        server.
        """
        from chat_core.client.aws_credentials import ProfileCredentials, credentials_from_variables

        if self.credentials is not None:
            return self.credentials
        if self.profile is not None:
            return ProfileCredentials(variables, self.profile)
        has_key = found.api_key or connection.credentials or _KEY_HEADERS & connection.headers.keys()
        if has_key or (connection.base_url is not None and not found.is_vendors_own):
            return None
        return credentials_from_variables(variables) or ProfileCredentials(variables)


@dataclass(frozen=True, slots=True)
class VertexHost:
    """Vertex AI, in a project and a location of Google Cloud."""

    project: str | None
    location: str | None

    def resolve(self, connection: Connection, variables: Mapping[str, str]) -> ResolvedHost:
        """Return the server for a connection.

        The key is an access token, sent as a bearer. Without one, Google's own server gets the application
        default credentials of the machine.
        """
        project = (
            self.project
            or variables.get("ANTHROPIC_VERTEX_PROJECT_ID")
            or variables.get("GOOGLE_CLOUD_PROJECT")
        )
        location = (
            self.location
            or variables.get("CLOUD_ML_REGION")
            or variables.get("GOOGLE_CLOUD_LOCATION")
            or "global"
        )
        if not project:
            raise ConfigurationError(
                'Vertex needs a project: set GOOGLE_CLOUD_PROJECT, or use .with_vertex("my-project")'
            )
        found = Server(
            "Claude on Vertex AI",
            _vertex_address(_host_part(location)),
            url_variables=("ANTHROPIC_VERTEX_BASE_URL",),
            key_headers=_KEY_HEADERS,
        ).resolve(connection, variables, builder=_BUILDER)
        source = connection.credentials
        has_header = bool(_KEY_HEADERS & connection.headers.keys())
        headers, advice = dict(_bearer(found.api_key, connection)), found.key_advice
        if found.is_vendors_own and not (found.api_key or source or has_header):
            from chat_core.client.google_credentials import KEY_ADVICE, ApplicationDefault  # few need it

            source, advice = ApplicationDefault("chat-claude[vertex]"), KEY_ADVICE
            if quota_project := variables.get("GOOGLE_CLOUD_QUOTA_PROJECT"):
                headers["x-goog-user-project"] = checked_key(quota_project)
        platform = vertex(project, location)
        return ResolvedHost(platform, found.base_url, headers, advice, credentials=source)


@dataclass(frozen=True, slots=True)
class FoundryHost:
    """Microsoft Foundry, under the name of a resource."""

    resource: str | None

    def resolve(self, connection: Connection, variables: Mapping[str, str]) -> ResolvedHost:
        """Return the server for a connection. The key is sent as `x-api-key`."""
        resource = self.resource or variables.get("ANTHROPIC_FOUNDRY_RESOURCE")
        address = f"https://{_host_part(resource)}.services.ai.azure.com/anthropic" if resource else None
        if (
            address is None
            and connection.base_url is None
            and not variables.get("ANTHROPIC_FOUNDRY_BASE_URL")
        ):
            raise ConfigurationError(
                "Foundry needs a resource: set ANTHROPIC_FOUNDRY_RESOURCE, "
                'or use .with_foundry("my-resource")'
            )
        found = Server(
            "Claude on Microsoft Foundry",
            address,
            url_variables=("ANTHROPIC_FOUNDRY_BASE_URL",),
            key_variables=("ANTHROPIC_FOUNDRY_API_KEY",),
            key_required=True,
            key_headers=_KEY_HEADERS,
        ).resolve(connection, variables, builder=_BUILDER, checked=_without_version)
        headers = _api_key(found.api_key, connection)
        return ResolvedHost(FOUNDRY, found.base_url, headers, found.key_advice)


def _workload_identity(variables: Mapping[str, str], base_url: str) -> CredentialSource | None:
    from chat_claude.federation import workload_identity_from_variables  # most clients have a key

    return workload_identity_from_variables(variables, base_url)


def _vertex_address(location: str) -> str:
    if location == "global":
        return "https://aiplatform.googleapis.com/v1"
    if location in ("us", "eu"):
        return f"https://aiplatform.{location}.rep.googleapis.com/v1"
    return f"https://{location}-aiplatform.googleapis.com/v1"


def _host_part(name: str) -> str:
    """Return a name that becomes a part of a host's.

    Raises `ConfigurationError` for what would name another host.
    """
    if not _PART_OF_A_HOST.fullmatch(name.strip()):
        raise ConfigurationError(f"{name[:80]!r} is no name of a region or a resource")
    return name.strip().lower()


def _without_version(url: str) -> str:
    """Return a base URL without the part of the path that requests add. Raises `ConfigurationError`."""
    return without_end(checked_url(url), "/messages", "/v1")


def _api_key(api_key: str | None, connection: Connection) -> dict[str, str]:
    """Return the one header for a key: the server refuses two."""
    if not api_key or connection.headers.keys() & _KEY_HEADERS:
        return {}
    return {"x-api-key": checked_key(api_key)}


def _bearer(api_key: str | None, connection: Connection) -> dict[str, str]:
    if not api_key or connection.headers.keys() & _KEY_HEADERS:
        return {}
    return {"authorization": f"Bearer {checked_key(api_key)}"}
