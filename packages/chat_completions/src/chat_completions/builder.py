"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, overload
from urllib.parse import urlsplit

from chat_core import ConfigurationError, Timeouts, Transport
from chat_core.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from typing_extensions import TypeVar

from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient, Settings
from chat_completions.dialect import Dialect
from chat_completions.options import CompletionsOptions

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class _Choices:
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeouts: Timeouts = Timeouts()
    transport: Transport | None = None
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    dialect: Dialect | None = None
    options: CompletionsOptions = CompletionsOptions()
    strict: bool = True
    embeds: bool = False
    dimensions: int | None = None


class ChatCompletionsBuilder(Generic[M, E]):
    """A client for any server that speaks Chat Completions. Answers each `with_…` with a new builder, and does no I/O.

    Without `with_base_url` it talks to `OPENAI_BASE_URL`, else to OpenAI. `OPENAI_API_KEY` is read for those two only, so that the
    key never goes to another server unasked.
    """

    def __init__(self, _choices: _Choices | None = None) -> None:
        self._choices = _choices or _Choices()

    def with_model(self, model: str) -> ChatCompletionsBuilder[HasModel, E]:
        """The model's name, as the server knows it."""
        return ChatCompletionsBuilder(replace(self._choices, model=model))

    def with_api_key(self, api_key: str) -> ChatCompletionsBuilder[M, E]:
        """Sent as `Authorization: Bearer`."""
        return ChatCompletionsBuilder(replace(self._choices, api_key=api_key))

    def with_base_url(self, base_url: str) -> ChatCompletionsBuilder[M, E]:
        """Where the server is, including the version: `http://localhost:8000/v1`. Its host also decides the dialect."""
        return ChatCompletionsBuilder(replace(self._choices, base_url=checked_url(base_url)))

    def with_header(self, name: str, value: str) -> ChatCompletionsBuilder[M, E]:
        """One more header on every request; replaces one of the same name."""
        headers = {**self._choices.headers, name.lower(): value}
        return ChatCompletionsBuilder(replace(self._choices, headers=headers))

    def with_timeout(
        self,
        total: float | None = None,
        *,
        connect: float | None = Timeouts().connect,
        first_event: float | None = Timeouts().first_event,
        idle: float | None = Timeouts().idle,
    ) -> ChatCompletionsBuilder[M, E]:
        """The time limits in seconds, None for no limit; `Timeouts` says what each means. Default: 10, 300, 120, and no total."""
        return ChatCompletionsBuilder(replace(self._choices, timeouts=Timeouts(connect, first_event, idle, total)))

    def with_transport(self, transport: Transport) -> ChatCompletionsBuilder[M, E]:
        """What carries the requests, instead of a new `HttpTransport`."""
        return ChatCompletionsBuilder(replace(self._choices, transport=transport))

    def with_extra_body(self, extra: Mapping[str, object]) -> ChatCompletionsBuilder[M, E]:
        """Fields merged into every request body last: for what this library has no name for. Adds to those given before."""
        return ChatCompletionsBuilder(replace(self._choices, extra={**self._choices.extra, **extra}))

    def with_dialect(self, dialect: Dialect) -> ChatCompletionsBuilder[M, E]:
        """The server's ways, where its host name does not tell."""
        return ChatCompletionsBuilder(replace(self._choices, dialect=dialect))

    def with_options(self, options: CompletionsOptions) -> ChatCompletionsBuilder[M, E]:
        """Options of this wire beyond the common ones."""
        return ChatCompletionsBuilder(replace(self._choices, options=options))

    def with_strict_output(self, strict: bool) -> ChatCompletionsBuilder[M, E]:
        """Whether the server holds the model to an output type word for word (default), or only asks it to try."""
        return ChatCompletionsBuilder(replace(self._choices, strict=strict))

    def with_embeddings(self, dimensions: int | None = None) -> ChatCompletionsBuilder[M, HasEmbeddings]:
        """A client that embeds; `dimensions` shortens the vectors where the model can."""
        return ChatCompletionsBuilder(replace(self._choices, embeds=True, dimensions=dimensions))

    @overload
    def build(self: ChatCompletionsBuilder[HasModel, NoEmbeddings]) -> ChatCompletionsClient: ...
    @overload
    def build(self: ChatCompletionsBuilder[HasModel, HasEmbeddings]) -> EmbeddingChatCompletionsClient: ...
    def build(self) -> ChatCompletionsClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices = self._choices
        if not choices.model:
            raise ConfigurationError('ChatCompletionsBuilder.build() needs .with_model("...") first')
        own = choices.base_url is None
        base_url = checked_url(choices.base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI)
        dialect = choices.dialect or Dialect.for_url(base_url)
        api_key = choices.api_key or (
            os.environ.get("OPENAI_API_KEY") if own or urlsplit(base_url).hostname == "api.openai.com" else None
        )
        if not api_key and dialect.key_required and "authorization" not in choices.headers and "api-key" not in choices.headers:
            set_it = "set OPENAI_API_KEY or use " if dialect.name == "openai" else ""
            raise ConfigurationError(f"{dialect.name} needs an API key: {set_it}.with_api_key(...)")
        settings = Settings(
            model=choices.model,
            base_url=base_url,
            transport=choices.transport or _default_transport(base_url),
            headers={"content-type": "application/json"} | bearer(api_key) | dict(choices.headers),
            dialect=dialect,
            timeouts=choices.timeouts,
            options=choices.options,
            strict=choices.strict,
            extra=choices.extra,
            dimensions=choices.dimensions,
        )
        return EmbeddingChatCompletionsClient(settings) if choices.embeds else ChatCompletionsClient(settings)

    def __repr__(self) -> str:
        return f"ChatCompletionsBuilder(model={self._choices.model!r}, base_url={self._choices.base_url!r})"


def checked_url(url: str) -> str:
    """The URL without its trailing slash. Raises `ConfigurationError` for other schemes than http(s), and for credentials in it."""
    shown = url.rpartition("@")[2]  # what stands before it may be a password
    try:
        parsed = urlsplit(url.strip())
    except ValueError:  # it shows the whole
        raise ConfigurationError(f"not a base URL: {shown!r}; it looks like https://host/v1") from None
    if parsed.username or parsed.password:
        raise ConfigurationError(
            "a base URL holds no user or password, they would end up in logs: .with_header('Authorization', ...)"
        )
    if parsed.scheme not in ("http", "https") or not parsed.hostname:
        raise ConfigurationError(f"not a base URL: {shown!r}; it looks like https://host/v1")
    return url.strip().rstrip("/")


def bearer(api_key: str | None) -> dict[str, str]:
    """The header for a key. Raises `ConfigurationError` for one that no header can carry, without showing it."""
    if not api_key:
        return {}
    key = api_key.strip()
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError("the API key holds characters that no header can carry: was it pasted whole?")
    return {"authorization": f"Bearer {key}"}


def _default_transport(base_url: str) -> Transport:
    from urllib.request import getproxies, proxy_bypass  # here, so that whoever brings a transport imports neither this nor httpx

    from chat_core.transport.http import HttpTransport

    host = urlsplit(base_url)
    proxies = getproxies()
    proxy = None if proxy_bypass(host.netloc) else proxies.get(host.scheme) or proxies.get("all")
    return HttpTransport(proxy=f"http://{proxy}" if proxy and "://" not in proxy else proxy)
