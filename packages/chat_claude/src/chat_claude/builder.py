"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, NoReturn
from urllib.parse import urlsplit

from chat_core import ConfigurationError, JsonObject, JsonValue, Timeouts, Transport
from chat_core.jsonvalue import as_json
from chat_core.typestate import HasModel, NoModel
from typing_extensions import TypeVar

from chat_claude import native_tools
from chat_claude.client import ClaudeClient, Settings
from chat_claude.native_tools import CodeExecutionVersion, ToolSearchKind, WebFetchVersion, WebSearchVersion
from chat_claude.options import ApiVersion, CacheTtl, ClaudeOptions, Manner, NativeTool, PrefixPolicy, Thinking, cache_control

M = TypeVar("M", default=NoModel)

_ANTHROPIC = "https://api.anthropic.com"
_VERSIONS = ("2023-06-01", "2026-10-21")


@dataclass(frozen=True, slots=True)
class _Choices:
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeouts: Timeouts = Timeouts()
    transport: Transport | None = None
    manner: Manner = Manner()
    continuations: int = 10


class ClaudeBuilder(Generic[M]):
    """A client for Claude. Answers each `with_…` with a new builder, and does no I/O.

    Without `with_base_url` it talks to `ANTHROPIC_BASE_URL`, else to Anthropic. `ANTHROPIC_API_KEY`, then `CLAUDE_API_KEY`, is read
    for those two only, so that the key never goes to another server unasked. There are no embeddings.
    """

    def __init__(self, _choices: _Choices | None = None) -> None:
        self._choices = _choices or _Choices()

    def with_model(self, model: str) -> ClaudeBuilder[HasModel]:
        """The model's name, such as "claude-sonnet-5-5"."""
        return ClaudeBuilder(replace(self._choices, model=model))

    def with_api_key(self, api_key: str) -> ClaudeBuilder[M]:
        """Sent as `x-api-key`; an OAuth token (`sk-ant-oat…`) as `Authorization: Bearer`."""
        return ClaudeBuilder(replace(self._choices, api_key=api_key))

    def with_base_url(self, base_url: str) -> ClaudeBuilder[M]:
        """Where the server is. `/v1` at its end makes no difference."""
        return ClaudeBuilder(replace(self._choices, base_url=checked_url(base_url)))

    def with_header(self, name: str, value: str) -> ClaudeBuilder[M]:
        """One more header on every request; replaces one of the same name."""
        headers = {**self._choices.headers, name.lower(): value}
        return ClaudeBuilder(replace(self._choices, headers=headers))

    def with_timeout(
        self,
        total: float | None = None,
        *,
        connect: float | None = Timeouts().connect,
        first_event: float | None = Timeouts().first_event,
        idle: float | None = Timeouts().idle,
    ) -> ClaudeBuilder[M]:
        """The time limits in seconds, None for no limit; `Timeouts` says what each means. Default: 10, 300, 120, and no total."""
        return ClaudeBuilder(replace(self._choices, timeouts=Timeouts(connect, first_event, idle, total)))

    def with_transport(self, transport: Transport) -> ClaudeBuilder[M]:
        """What carries the requests, instead of a new `HttpTransport`."""
        return ClaudeBuilder(replace(self._choices, transport=transport))

    def with_extra_body(self, extra: Mapping[str, object]) -> ClaudeBuilder[M]:
        """Fields merged into every request body last: for what this library has no name for. Adds to those given before."""
        return self._with(replace(self._choices.manner, extra={**self._choices.manner.extra, **extra}))

    def with_api_version(self, version: ApiVersion) -> ClaudeBuilder[M]:
        """The `anthropic-version`. Default: 2023-06-01, which every model speaks, and under which those up to the 4.6 generation
        take `temperature`, `top_p` and `top_k`. Under 2026-10-21 no model does."""
        if version not in _VERSIONS:
            raise ConfigurationError(f"with_api_version({version!r}): there are {' and '.join(_VERSIONS)}")
        return self._with(replace(self._choices.manner, version=version))

    def with_beta(self, *betas: str) -> ClaudeBuilder[M]:
        """Beta features by name, for the `anthropic-beta` header. What a method here needs it adds by itself."""
        return self._with(replace(self._choices.manner, betas=(*self._choices.manner.betas, *betas)))

    def with_options(self, options: ClaudeOptions) -> ClaudeBuilder[M]:
        """Options of this wire beyond the common ones."""
        return self._with(replace(self._choices.manner, options=options))

    def with_thinking(self, thinking: Thinking) -> ClaudeBuilder[M]:
        """Whether and how the model thinks. Default: as the model does when nothing is said; the newer ones think then."""
        return self._with(replace(self._choices.manner, thinking=thinking))

    def with_changed_prefix(self, policy: PrefixPolicy) -> ClaudeBuilder[M]:
        """What to do when instructions, tools or earlier messages have changed under thinking that newer models bind to them.

        "drop" (default): leave that thinking out, with a `Notice`. "error": raise `ConfigurationError` before anything is sent.
        "send": send it as it is, and let the server judge.
        """
        if policy not in ("error", "drop", "send"):
            raise ConfigurationError(f"with_changed_prefix({policy!r}): 'error', 'drop' or 'send'")
        return self._with(replace(self._choices.manner, on_changed_prefix=policy))

    def with_prompt_caching(self, ttl: CacheTtl | None = None) -> ClaudeBuilder[M]:
        """Cache every request up to its last block, for five minutes or "1h". `cached(part)` marks a place of your own."""
        return self._with(replace(self._choices.manner, cache=cache_control(ttl)))

    def with_web_search(
        self,
        *,
        max_uses: int | None = None,
        allowed_domains: Sequence[str] | None = None,
        blocked_domains: Sequence[str] | None = None,
        user_location: Mapping[str, str] | None = None,
        version: WebSearchVersion = "20250305",
    ) -> ClaudeBuilder[M]:
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
    ) -> ClaudeBuilder[M]:
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

    def with_code_execution(self, *, version: CodeExecutionVersion = "20250825") -> ClaudeBuilder[M]:
        """The model may run code in a container, which a conversation keeps as long as it exists."""
        return self._tool(native_tools.code_execution(version=version))

    def with_tool_search(self, kind: ToolSearchKind = "bm25") -> ClaudeBuilder[M]:
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
    ) -> ClaudeBuilder[M]:
        """The model may use the tools of a remote MCP server, all or the allowed ones; Anthropic calls them."""
        return self._tool(
            native_tools.mcp_server(
                name, url, authorization_token=authorization_token, allowed_tools=allowed_tools, defer_loading=defer_loading
            )
        )

    def with_native_tool(self, declaration: Mapping[str, object], *, beta: str | None = None) -> ClaudeBuilder[M]:
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
    ) -> ClaudeBuilder[M]:
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
        return self._with(replace(self._choices.manner, tool_settings={**self._choices.manner.tool_settings, name: settings}))

    def with_continuations(self, most: int) -> ClaudeBuilder[M]:
        """How often a turn that the server pauses is carried on within one call. Default: 10."""
        if most < 0:
            raise ConfigurationError(f"with_continuations({most}): at least 0")
        return ClaudeBuilder(replace(self._choices, continuations=most))

    def build(self: ClaudeBuilder[HasModel]) -> ClaudeClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices = self._choices
        if not choices.model:
            raise ConfigurationError('ClaudeBuilder.build() needs .with_model("...") first')
        own = choices.base_url is None
        base_url = checked_url(choices.base_url or os.environ.get("ANTHROPIC_BASE_URL") or _ANTHROPIC)
        anthropic = urlsplit(base_url).hostname == "api.anthropic.com"
        api_key = choices.api_key or (_key() if own or anthropic else None)
        if not api_key and (own or anthropic) and not choices.headers.keys() & {"authorization", "x-api-key"}:
            raise ConfigurationError("Claude needs an API key: set ANTHROPIC_API_KEY or use .with_api_key(...)")
        fixed = {"content-type": "application/json", "anthropic-version": choices.manner.version}
        settings = Settings(
            model=choices.model,
            base_url=base_url,
            transport=choices.transport or _default_transport(base_url),
            headers=fixed | _credential(api_key, choices.headers) | dict(choices.headers),
            timeouts=choices.timeouts,
            manner=choices.manner,
            continuations=choices.continuations,
        )
        return ClaudeClient(settings)

    if not TYPE_CHECKING:  # to a checker the method is not there

        def with_embeddings(self, dimensions: int | None = None) -> NoReturn:
            """There are none: raises `ConfigurationError`."""
            raise ConfigurationError("Claude makes no embeddings: build another provider's client for them")

    def __repr__(self) -> str:
        return f"ClaudeBuilder(model={self._choices.model!r}, base_url={self._choices.base_url!r})"

    def _tool(self, tool: NativeTool) -> ClaudeBuilder[M]:
        return self._with(replace(self._choices.manner, tools=(*self._choices.manner.tools, tool)))

    def _with(self, manner: Manner) -> ClaudeBuilder[M]:
        return ClaudeBuilder(replace(self._choices, manner=manner))


def checked_url(url: str) -> str:
    """The URL without `/v1` and slashes at its end. Raises `ConfigurationError` for other schemes than http(s), and for
    credentials in it."""
    shown = url.rpartition("@")[2]  # what stands before it may be a password
    try:
        parsed = urlsplit(url.strip())
    except ValueError:  # it shows the whole
        raise ConfigurationError(f"not a base URL: {shown!r}; it looks like https://host") from None
    if parsed.username or parsed.password:
        raise ConfigurationError("a base URL holds no user or password, they would end up in logs: .with_header('X-Api-Key', ...)")
    if parsed.scheme not in ("http", "https") or not parsed.hostname or parsed.query or parsed.fragment:
        raise ConfigurationError(f"not a base URL: {shown!r}; it looks like https://host")
    return url.strip().rstrip("/").removesuffix("/v1").rstrip("/")


def _key() -> str | None:
    return os.environ.get("ANTHROPIC_API_KEY") or os.environ.get("CLAUDE_API_KEY")


def _credential(api_key: str | None, given: Mapping[str, str]) -> dict[str, str]:
    """The one header for a key: the server refuses two. Raises `ConfigurationError` for one that no header can carry, without
    showing it."""
    if not api_key or given.keys() & {"authorization", "x-api-key"}:
        return {}
    key = api_key.strip()
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError("the API key holds characters that no header can carry: was it pasted whole?")
    return {"authorization": f"Bearer {key}"} if key.startswith("sk-ant-oat") else {"x-api-key": key}


def _default_transport(base_url: str) -> Transport:
    from urllib.request import getproxies, proxy_bypass  # here, so that whoever brings a transport imports neither this nor httpx

    from chat_core.transport.http import HttpTransport

    host = urlsplit(base_url)
    proxies = getproxies()
    bypassed = proxy_bypass(host.hostname or "")
    return HttpTransport(proxy=None if bypassed else proxies.get(host.scheme) or proxies.get("all"))
