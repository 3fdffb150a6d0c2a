"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, NoReturn, Self, cast
from urllib.parse import urlsplit

from chat_core import ConfigurationError, JsonObject, JsonValue
from chat_core.client.builder import ProviderBuilder, checked_key, checked_url, default_transport
from chat_core.types.json_values import as_json
from chat_core.types.typestate import HasModel, NoModel
from typing_extensions import TypeVar

from chat_claude import native_tools
from chat_claude.client import ClaudeClient, Settings
from chat_claude.native_tools import CodeExecutionVersion, ToolSearchKind, WebFetchVersion, WebSearchVersion
from chat_claude.options import (
    ApiVersion,
    CacheTtl,
    ClaudeOptions,
    Manner,
    NativeTool,
    PrefixPolicy,
    Thinking,
    cache_control,
)

M = TypeVar("M", default=NoModel)

_ANTHROPIC = "https://api.anthropic.com"
_VERSIONS = ("2023-06-01", "2026-10-21")


@dataclass(frozen=True, slots=True)
class _Choices:
    model: str | None = None
    manner: Manner = Manner()
    continuations: int = 10


class ClaudeBuilder(ProviderBuilder[_Choices], Generic[M]):
    """A client for Claude. Answers each `with_…` with a new builder, and does no I/O.

    `/v1` at the end of a base URL makes no difference. Without one, the client talks to `ANTHROPIC_BASE_URL`, else to Anthropic.
    `ANTHROPIC_API_KEY`, then `CLAUDE_API_KEY`, is read for those two only, so that the key never goes to another server unasked. It
    is sent as `x-api-key`, an OAuth token (`sk-ant-oat…`) as `Authorization: Bearer`. There are no embeddings.
    """

    def __init__(self) -> None:
        super().__init__(_Choices())

    def with_model(self, model: str) -> ClaudeBuilder[HasModel]:
        """The model's name, such as "claude-sonnet-5-5"."""
        return cast("ClaudeBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def with_api_version(self, version: ApiVersion) -> Self:
        """The `anthropic-version`. Default: 2023-06-01, which every model speaks, and under which those up to the 4.6 generation
        take `temperature`, `top_p` and `top_k`. Under 2026-10-21 no model does."""
        if version not in _VERSIONS:
            raise ConfigurationError(f"with_api_version({version!r}): there are {' and '.join(_VERSIONS)}")
        return self._mannered(replace(self._choices.manner, version=version))

    def with_beta(self, *betas: str) -> Self:
        """Beta features by name, for the `anthropic-beta` header. What a method here needs it adds by itself."""
        return self._mannered(replace(self._choices.manner, betas=(*self._choices.manner.betas, *betas)))

    def with_options(self, options: ClaudeOptions) -> Self:
        """Options of this wire beyond the common ones."""
        return self._mannered(replace(self._choices.manner, options=options))

    def with_thinking(self, thinking: Thinking) -> Self:
        """Whether and how the model thinks. Default: as the model does when nothing is said; the newer ones think then."""
        return self._mannered(replace(self._choices.manner, thinking=thinking))

    def with_changed_prefix(self, policy: PrefixPolicy) -> Self:
        """What to do when instructions, tools or earlier messages have changed under thinking that newer models bind to them.

        "drop" (default): leave that thinking out, with a `Notice`. "error": raise `ConfigurationError` before anything is sent.
        "send": send it as it is, and let the server judge.
        """
        if policy not in ("error", "drop", "send"):
            raise ConfigurationError(f"with_changed_prefix({policy!r}): 'error', 'drop' or 'send'")
        return self._mannered(replace(self._choices.manner, on_changed_prefix=policy))

    def with_prompt_caching(self, ttl: CacheTtl | None = None) -> Self:
        """Cache every request up to its last block, for five minutes or "1h". `cached(part)` marks a place of your own."""
        return self._mannered(replace(self._choices.manner, cache=cache_control(ttl)))

    def with_web_search(
        self,
        *,
        max_uses: int | None = None,
        allowed_domains: Sequence[str] | None = None,
        blocked_domains: Sequence[str] | None = None,
        user_location: Mapping[str, str] | None = None,
        version: WebSearchVersion = "20250305",
    ) -> Self:
        """The model may search the web. `user_location` has any of city, region, country, timezone."""
        return self._tool(
            native_tools.web_search(
                max_uses=max_uses,
                allowed_domains=allowed_domains,
                blocked_domains=blocked_domains,
                user_location=user_location,
                version=version,
            )
        )

    def with_web_fetch(
        self,
        *,
        max_uses: int | None = None,
        allowed_domains: Sequence[str] | None = None,
        blocked_domains: Sequence[str] | None = None,
        citations: bool = False,
        max_content_tokens: int | None = None,
        version: WebFetchVersion = "20250910",
    ) -> Self:
        """The model may read pages whose URL stands in the conversation."""
        return self._tool(
            native_tools.web_fetch(
                max_uses=max_uses,
                allowed_domains=allowed_domains,
                blocked_domains=blocked_domains,
                citations=citations,
                max_content_tokens=max_content_tokens,
                version=version,
            )
        )

    def with_code_execution(self, *, version: CodeExecutionVersion = "20250825") -> Self:
        """The model may run code in a container, which a conversation keeps as long as it exists."""
        return self._tool(native_tools.code_execution(version=version))

    def with_tool_search(self, kind: ToolSearchKind = "bm25") -> Self:
        """The model looks for tools by itself: for those that `with_tool_settings(name, defer_loading=True)` hides at first."""
        return self._tool(native_tools.tool_search(kind=kind))

    def with_mcp_server(
        self,
        name: str,
        url: str,
        *,
        authorization_token: str | None = None,
        allowed_tools: Sequence[str] | None = None,
        defer_loading: bool = False,
    ) -> Self:
        """The model may use the tools of a remote MCP server, all or the allowed ones; Anthropic calls them."""
        return self._tool(
            native_tools.mcp_server(
                name,
                url,
                authorization_token=authorization_token,
                allowed_tools=allowed_tools,
                defer_loading=defer_loading,
            )
        )

    def with_native_tool(self, declaration: Mapping[str, object], *, beta: str | None = None) -> Self:
        """Any other tool that Anthropic defines, by its entry in `tools`. One that your code executes, such as
        `memory_20250818`, also needs a chat tool of the same name."""
        return self._tool(native_tools.native_tool(declaration, beta))

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
        """What only Claude reads of the chat's tool of this name. `allowed_callers` are "direct" and versions of code execution."""
        said: dict[str, JsonValue] = {
            "defer_loading": defer_loading,
            "eager_input_streaming": eager_input_streaming,
            "allowed_callers": as_json(allowed_callers),
            "input_examples": as_json(input_examples),
            "cache_control": cache_control() if cached else None,
        }
        if cached and defer_loading:
            raise ConfigurationError(f"with_tool_settings({name!r}): a deferred tool cannot be cached")
        settings: JsonObject = {key: value for key, value in said.items() if value is not None}
        return self._mannered(
            replace(
                self._choices.manner, tool_settings={**self._choices.manner.tool_settings, name: settings}
            )
        )

    def with_continuations(self, most: int) -> Self:
        """How often a turn that the server pauses is carried on within one call. Default: 10."""
        if most < 0:
            raise ConfigurationError(f"with_continuations({most}): at least 0")
        return self._with(replace(self._choices, continuations=most))

    def build(self: ClaudeBuilder[HasModel]) -> ClaudeClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError('ClaudeBuilder.build() needs .with_model("...") first')
        own = connection.base_url is None
        base_url = checked_url(connection.base_url or os.environ.get("ANTHROPIC_BASE_URL") or _ANTHROPIC)
        base_url = base_url.removesuffix("/v1").rstrip("/")
        if "?" in base_url:
            raise ConfigurationError(
                "a base URL of Claude's has no query: .with_header(...) says what has to be said of every request"
            )
        own = own or urlsplit(base_url).hostname == "api.anthropic.com"
        api_key = connection.api_key or (_key() if own else None)
        if not api_key and own and not connection.headers.keys() & _CREDENTIALS:
            raise ConfigurationError(
                "Claude needs an API key: set ANTHROPIC_API_KEY or use .with_api_key(...)"
            )
        fixed = {"content-type": "application/json", "anthropic-version": choices.manner.version}
        settings = Settings(
            model=choices.model,
            base_url=base_url,
            transport=connection.transport or default_transport(base_url),
            headers=fixed | _credential(api_key, connection.headers) | dict(connection.headers),
            timeouts=connection.timeouts,
            manner=replace(choices.manner, extra=connection.extra),
            continuations=choices.continuations,
        )
        return ClaudeClient(settings)

    if not TYPE_CHECKING:  # to a checker the method is not there

        def with_embeddings(self, dimensions: int | None = None) -> NoReturn:
            """There are none: raises `ConfigurationError`."""
            raise ConfigurationError("Claude makes no embeddings: build another provider's client for them")

    def __repr__(self) -> str:
        return f"ClaudeBuilder(model={self._choices.model!r}, base_url={self._connection.base_url!r})"

    def _tool(self, tool: NativeTool) -> Self:
        return self._mannered(replace(self._choices.manner, tools=(*self._choices.manner.tools, tool)))

    def _mannered(self, manner: Manner) -> Self:
        return self._with(replace(self._choices, manner=manner))


_CREDENTIALS = frozenset({"authorization", "x-api-key"})


def _key() -> str | None:
    return os.environ.get("ANTHROPIC_API_KEY") or os.environ.get("CLAUDE_API_KEY")


def _credential(api_key: str | None, given: Mapping[str, str]) -> dict[str, str]:
    """The one header for a key: the server refuses two."""
    if not api_key or given.keys() & _CREDENTIALS:
        return {}
    key = checked_key(api_key)
    return {"authorization": f"Bearer {key}"} if key.startswith("sk-ant-oat") else {"x-api-key": key}
