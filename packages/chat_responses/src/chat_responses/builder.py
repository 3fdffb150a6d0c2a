"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import Generic, Self
from urllib.parse import urlsplit

from chat_core import ConfigurationError, JsonObject, Timeouts, Transport
from chat_core.jsonvalue import as_json, as_object
from chat_core.typestate import HasModel, NoModel
from typing_extensions import TypeVar

from chat_responses.client import ResponsesClient, Settings
from chat_responses.memory import Chained, Conversation, Memory, Stateless
from chat_responses.options import ResponsesOptions

M = TypeVar("M", default=NoModel)


@dataclass(frozen=True, slots=True)
class Choices:
    """What has been chosen so far."""

    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeouts: Timeouts = Timeouts()
    transport: Transport | None = None
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    options: ResponsesOptions = ResponsesOptions()
    memory: Memory = Stateless()
    tools: tuple[JsonObject, ...] = field(default=(), repr=False)
    strict: bool = True
    poll: float | None = None
    dimensions: int | None = None
    embeds: bool = False


class Choosing:
    """What every builder of a Responses client can be told. Each `with_…` answers with a new builder, and does no I/O."""

    def __init__(self, _choices: Choices | None = None) -> None:
        self._choices = _choices or Choices()

    def with_api_key(self, api_key: str) -> Self:
        """Sent as `Authorization: Bearer`."""
        return self._with(replace(self._choices, api_key=api_key))

    def with_base_url(self, base_url: str) -> Self:
        """Where the server is, including the version: `http://localhost:8000/v1`."""
        return self._with(replace(self._choices, base_url=checked_url(base_url)))

    def with_header(self, name: str, value: str) -> Self:
        """One more header on every request; replaces one of the same name."""
        return self._with(replace(self._choices, headers={**self._choices.headers, name.lower(): value}))

    def with_timeout(
        self,
        total: float | EllipsisType | None = ...,
        *,
        connect: float | EllipsisType | None = ...,
        first_event: float | EllipsisType | None = ...,
        idle: float | EllipsisType | None = ...,
    ) -> Self:
        """Time limits in seconds, None for no limit; those not named stay. `Timeouts` says what each means, and its defaults."""
        given = {"connect": connect, "first_event": first_event, "idle": idle, "total": total}
        named = {name: seconds for name, seconds in given.items() if not isinstance(seconds, EllipsisType)}
        return self._with(replace(self._choices, timeouts=replace(self._choices.timeouts, **named)))

    def with_transport(self, transport: Transport) -> Self:
        """What carries the requests, instead of a new `HttpTransport`: a `WebSocketTransport` keeps one connection across turns."""
        return self._with(replace(self._choices, transport=transport))

    def with_extra_body(self, extra: Mapping[str, object]) -> Self:
        """Fields merged into every request body last: for what this library has no name for. Adds to those given before."""
        return self._with(replace(self._choices, extra={**self._choices.extra, **extra}))

    def with_options(self, options: ResponsesOptions) -> Self:
        """Options of this wire beyond the common ones."""
        return self._with(replace(self._choices, options=options))

    def with_strict_output(self, strict: bool) -> Self:
        """Whether the server holds the model to an output type word for word (default), or only asks it to try."""
        return self._with(replace(self._choices, strict=strict))

    def with_store(self, store: bool = True) -> Self:
        """Let the server remember: a request names the response before it and holds only what is new. Once the server has
        forgotten, the full history is sent. `store=False` continues only what a WebSocket connection remembers by itself."""
        return self._with(replace(self._choices, memory=Chained(store)))

    def with_conversation(self, id: str) -> Self:  # noqa: A002  the field's name
        """Carry on a conversation object of the server's, from `POST /conversations`: a request holds only what is new."""
        return self._with(replace(self._choices, memory=Conversation(id)))

    def with_background(self, poll: float = 2.0) -> Self:
        """Run in the background, where no connection has to last: `complete` looks every `poll` seconds. The server stores it."""
        return self._with(replace(self._choices, poll=poll))

    def with_native_tool(self, tool: Mapping[str, object]) -> Self:
        """A tool that the server runs, as its own wire says it: `{"type": "web_search"}`. Adds to those given before."""
        return self._with(replace(self._choices, tools=(*self._choices.tools, as_object(as_json(dict(tool))))))

    def with_reasoning(self, effort: str | None = None, *, summary: str | None = None) -> Self:
        """How much to think ("low", "high", …), and whether to tell of it ("auto", "concise", "detailed")."""
        return self.with_options(replace(self._choices.options, reasoning_effort=effort, reasoning_summary=summary))

    def with_verbosity(self, verbosity: str) -> Self:
        """How long an answer is to be: "low", "medium" or "high"."""
        return self.with_options(replace(self._choices.options, verbosity=verbosity))

    def with_service_tier(self, tier: str) -> Self:
        """How soon, at what price: "auto", "default", "flex", "priority", …"""
        return self.with_options(replace(self._choices.options, service_tier=tier))

    def with_prompt_cache_key(self, key: str) -> Self:
        """Requests with one key find each other's cached prompts."""
        return self.with_options(replace(self._choices.options, prompt_cache_key=key))

    def with_truncation(self, truncation: str) -> Self:
        """ "auto" lets the server drop the middle of a conversation that is too long; "disabled" makes that an error."""
        return self.with_options(replace(self._choices.options, truncation=truncation))

    def with_include(self, *names: str) -> Self:
        """What to add to the answer, such as "web_search_call.action.sources". Adds to those given before."""
        return self.with_options(replace(self._choices.options, include=(*self._choices.options.include, *names)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self._choices.model!r}, base_url={self._choices.base_url!r})"

    def _with(self, choices: Choices) -> Self:
        return type(self)(choices)


class ResponsesBuilder(Choosing, Generic[M]):
    """A client for any server that speaks the Responses wire. The base URL and the model have to be told; nothing is read from the
    environment."""

    def with_model(self, model: str) -> ResponsesBuilder[HasModel]:
        """The model's name, as the server knows it."""
        return ResponsesBuilder(replace(self._choices, model=model))

    def build(self: ResponsesBuilder[HasModel]) -> ResponsesClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        if not self._choices.base_url:
            raise ConfigurationError('ResponsesBuilder.build() needs .with_base_url("https://host/v1") first')
        return ResponsesClient(settings(self._choices, "ResponsesBuilder", self._choices.base_url, self._choices.api_key))


def settings(choices: Choices, builder: str, base_url: str, api_key: str | None) -> Settings:
    """What a client needs, of what was chosen. Raises `ConfigurationError` without a model."""
    if not choices.model:
        raise ConfigurationError(f'{builder}.build() needs .with_model("...") first')
    return Settings(
        model=choices.model,
        base_url=base_url,
        provider=_provider(base_url),
        transport=choices.transport or _default_transport(base_url),
        headers={"content-type": "application/json"} | bearer(api_key) | dict(choices.headers),
        timeouts=choices.timeouts,
        options=choices.options,
        memory=choices.memory,
        tools=choices.tools,
        strict=choices.strict,
        poll=choices.poll,
        extra=choices.extra,
    )


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


_PROVIDERS = {"openai.com": "openai", "azure.com": "azure", "x.ai": "xai", "groq.com": "groq", "openrouter.ai": "openrouter"}


def _provider(base_url: str) -> str:
    """The provider's name in the origin of native data."""
    host = urlsplit(base_url).hostname or ""
    return next((name for end, name in _PROVIDERS.items() if host == end or host.endswith("." + end)), host)


def _default_transport(base_url: str) -> Transport:
    from urllib.request import getproxies, proxy_bypass  # here, so that whoever brings a transport imports neither this nor httpx

    from chat_core.transport.http import HttpTransport

    host = urlsplit(base_url)
    proxies = getproxies()
    proxy = None if proxy_bypass(host.netloc) else proxies.get(host.scheme) or proxies.get("all")
    return HttpTransport(proxy=f"http://{proxy}" if proxy and "://" not in proxy else proxy)
