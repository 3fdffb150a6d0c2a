"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, NoReturn, Self, cast

from chat_core import ConfigurationError, JsonObject, JsonValue, Transport
from chat_core.client import Connection, HasModel, NoModel
from chat_core.types.misuse import checked_instance
from chat_core.types.plain_json import as_json
from typing_extensions import TypeVar

from chat_claude.client import ClaudeClient
from chat_claude.encode.thread import check_thread
from chat_claude.hosts import BedrockHost, FoundryHost, ResolvedHost, VertexHost
from chat_claude.native_tools import NativeToolsBuilder
from chat_claude.options import (
    ApiVersion,
    CacheTtl,
    ClaudeOptions,
    PrefixPolicy,
    Thinking,
    cache_control,
)
from chat_claude.settings import Choices, RequestDefaults, Settings

if TYPE_CHECKING:
    from chat_core.client import AwsCredentials, AwsCredentialSource

M = TypeVar("M", default=NoModel)

_VERSIONS = ("2023-06-01", "2026-10-21")


class ClaudeBuilder(NativeToolsBuilder, Generic[M]):
    """A client for Claude. Each `with_…` returns a new builder, and none does I/O.

    `/v1` at the end of a base URL makes no difference. Without one, the client talks to `ANTHROPIC_BASE_URL`,
    else to Anthropic. `ANTHROPIC_API_KEY`, then `CLAUDE_API_KEY`, is read for those two only, so that the key
    never goes to another server. It is sent as `x-api-key`, an OAuth token (`sk-ant-oat…`) as `Authorization:
    Bearer`, and so is what `ANTHROPIC_AUTH_TOKEN` holds where there is no key. There are no embeddings.
    """

    def __init__(self) -> None:
        super().__init__(Choices())

    def with_model(self, model: str) -> ClaudeBuilder[HasModel]:
        """Set the model's name, such as "claude-sonnet-5-5"."""
        return cast("ClaudeBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def with_api_version(self, version: ApiVersion) -> Self:
        """Set the `anthropic-version`. Default: 2023-06-01, which every model serves.

        Under it, models up to the 4.6 generation accept `temperature`, `top_p` and `top_k`. Under 2026-10-21
        no model does. Raises `ConfigurationError` for any other version.
        """
        if version not in _VERSIONS:
            raise ConfigurationError(f"with_api_version({version!r}): there are {' and '.join(_VERSIONS)}")
        return self._with_defaults(replace(self._choices.defaults, version=version))

    def with_beta(self, *betas: str) -> Self:
        """Add beta features by name, for the `anthropic-beta` header.

        Other methods add what they need by themselves.
        """
        return self._with_defaults(
            replace(self._choices.defaults, betas=(*self._choices.defaults.betas, *betas))
        )

    def with_options(self, options: ClaudeOptions) -> Self:
        """Set the options of this wire beyond the common ones.

        Raises `ConfigurationError` for anything but `ClaudeOptions`.
        """
        given = checked_instance(
            options, ClaudeOptions, "with_options", "ChatOptions go to ChatBuilder.with_options"
        )
        return self._with_defaults(replace(self._choices.defaults, options=given))

    def with_thinking(self, thinking: Thinking) -> Self:
        """Set whether and how the model thinks. Default: the model's own; the newer ones think."""
        return self._with_defaults(replace(self._choices.defaults, thinking=thinking))

    def with_changed_prefix(self, policy: PrefixPolicy) -> Self:
        """Set what happens when instructions, tools or earlier messages have changed under thinking that is
        bound to them.

        "drop" (default): that thinking is left out, with a `Notice`. "error": `ConfigurationError` before
        anything is sent. "send": it is sent as it is, and the server decides. Raises `ConfigurationError` for
        another word.
        """
        if policy not in ("error", "drop", "send"):
            raise ConfigurationError(f"with_changed_prefix({policy!r}): 'error', 'drop' or 'send'")
        return self._with_defaults(replace(self._choices.defaults, on_changed_prefix=policy))

    def with_prompt_caching(self, ttl: CacheTtl | None = None) -> Self:
        """Cache every request up to its last block, for five minutes or "1h".

        `cached(part)` marks a place of your own.
        """
        return self._with_defaults(replace(self._choices.defaults, cache=cache_control(ttl)))

    def with_thread(self) -> Self:
        """Let the server hold conversations: a request has only what is new, also no instructions and tools.

        Where these, the model, the betas or earlier messages have changed, or the server cannot continue, the
        whole conversation is sent and begins another thread, with a `Notice`. A beta, without batches,
        compaction and edits of the context: these are refused.
        """
        return self._with_defaults(replace(self._choices.defaults, thread=True))

    def with_tool_settings(
        self,
        name: str,
        *,
        defer_loading: bool | None = None,
        eager_input_streaming: bool | None = None,
        allowed_callers: Sequence[str] | None = None,
        input_examples: Sequence[Mapping[str, object]] | None = None,
        cached: bool = False,
    ) -> Self:
        """Set fields that only Claude has for the chat's tool of this name.

        `allowed_callers` are "direct" and versions of code execution. Raises `ConfigurationError` for a
        deferred tool with a cache point, which the server refuses.
        """
        fields: dict[str, JsonValue] = {
            "defer_loading": defer_loading,
            "eager_input_streaming": eager_input_streaming,
            "allowed_callers": as_json(allowed_callers),
            "input_examples": as_json(input_examples),
            "cache_control": cache_control() if cached else None,
        }
        if cached and defer_loading:
            raise ConfigurationError(f"with_tool_settings({name!r}): a deferred tool cannot be cached")
        given: JsonObject = {key: value for key, value in fields.items() if value is not None}
        return self._with_defaults(
            replace(
                self._choices.defaults, tool_settings={**self._choices.defaults.tool_settings, name: given}
            )
        )

    def with_bedrock(
        self,
        region: str | None = None,
        *,
        credentials: AwsCredentials | AwsCredentialSource | None = None,
        profile: str | None = None,
    ) -> Self:
        """Use Claude on Amazon Bedrock, in a region such as "eu-central-1", else `AWS_REGION` or
        `AWS_DEFAULT_REGION`.

        The model is named as there: "eu.anthropic.claude-haiku-4-5-20251001-v1:0". Requests carry the Bedrock
        API key of `with_api_key` or `AWS_BEARER_TOKEN_BEDROCK`. Without one they are signed: with
        `credentials`, or those of `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or of a `profile`, which
        is read with the first request.
        """
        return self._with(replace(self._choices, host=BedrockHost(region, credentials, profile)))

    def with_vertex(self, project: str | None = None, location: str | None = None) -> Self:
        """Use Claude on Vertex AI, in a project and a location of Google Cloud.

        Without them, `ANTHROPIC_VERTEX_PROJECT_ID` or `GOOGLE_CLOUD_PROJECT`, and `CLOUD_ML_REGION` or
        `GOOGLE_CLOUD_LOCATION`, else "global". The key is an access token, which `with_credentials` can
        renew; without either, google-auth finds the machine's own, where the extra `vertex` is installed.
        """
        return self._with(replace(self._choices, host=VertexHost(project, location)))

    def with_foundry(self, resource: str | None = None) -> Self:
        """Use Claude on Microsoft Foundry, under the name of a resource, else of
        `ANTHROPIC_FOUNDRY_RESOURCE`.

        The key is `ANTHROPIC_FOUNDRY_API_KEY`, or a token of Entra by `with_credentials`.
        """
        return self._with(replace(self._choices, host=FoundryHost(resource)))

    def with_continuations(self, most: int) -> Self:
        """Set how often a turn that the server pauses is continued within one call. Default: 10.

        Raises `ConfigurationError` below 0.
        """
        if most < 0:
            raise ConfigurationError(f"with_continuations({most}): at least 0")
        return self._with(replace(self._choices, continuations=most))

    def build(self: ClaudeBuilder[HasModel]) -> ClaudeClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError('ClaudeBuilder.build() needs .with_model("...") first')
        host = choices.host.resolve(connection, os.environ)
        defaults = choices.defaults
        headers = {"content-type": "application/json"}
        if host.platform.body_version is None:
            headers["anthropic-version"] = defaults.version
        defaults = replace(
            defaults,
            extra=connection.extra,
            betas=(*defaults.betas, *host.betas),
            platform=host.platform,
        )
        check_thread(defaults)
        settings = Settings(
            model=choices.model,
            base_url=host.base_url,
            transport=_transport(connection, host),
            headers=headers | dict(host.key_headers) | dict(connection.headers),
            timeouts=connection.timeouts,
            key_advice=host.key_advice,
            defaults=defaults,
            continuations=choices.continuations,
        )
        return ClaudeClient(settings)

    if not TYPE_CHECKING:  # to a checker the method is not there

        def with_embeddings(self, dimensions: int | None = None) -> NoReturn:
            """Raise `ConfigurationError`: there are none."""
            raise ConfigurationError("Claude makes no embeddings: build another provider's client for them")

    def _with_defaults(self, defaults: RequestDefaults) -> Self:
        return self._with(replace(self._choices, defaults=defaults))


def _transport(connection: Connection, host: ResolvedHost) -> Transport:
    transport = replace(connection, credentials=host.credentials or connection.credentials).open_transport(
        host.base_url
    )
    return transport if host.signer is None else host.signer.over(transport)
