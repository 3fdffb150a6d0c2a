"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, Self, cast
from urllib.parse import urlsplit

from chat_core import ConfigurationError, JsonObject
from chat_core.client.builder import Connection, ProviderBuilder, checked_key, default_transport
from chat_core.types.json_values import as_json, as_object
from chat_core.types.typestate import HasModel, NoModel
from typing_extensions import TypeVar

from chat_responses.client import ResponsesClient, Settings
from chat_responses.memory import Chained, Conversation, Memory, Stateless
from chat_responses.options import ResponsesOptions

M = TypeVar("M", default=NoModel)


@dataclass(frozen=True, slots=True)
class Choices:
    """What has been chosen so far, besides the way to the server. A provider's own choices extend it."""

    model: str | None = None
    options: ResponsesOptions = ResponsesOptions()
    memory: Memory = Stateless()
    tools: tuple[JsonObject, ...] = field(default=(), repr=False)
    strict: bool = True
    poll: float | None = None


C = TypeVar("C", bound=Choices, default=Choices)


class Choosing(ProviderBuilder[C], Generic[C]):
    """What every builder of a Responses client can be told."""

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

    def with_conversation(self, id: str) -> Self:
        """Carry on a conversation object of the server's, from `POST /conversations`: a request holds only what is new."""
        return self._with(replace(self._choices, memory=Conversation(id)))

    def with_background(self, poll: float = 2.0) -> Self:
        """Run in the background, where no connection has to last: `complete` looks every `poll` seconds, and a stream that is cut
        goes on from its last event. The server stores the response."""
        return self._with(replace(self._choices, poll=poll))

    def with_native_tool(self, tool: Mapping[str, object]) -> Self:
        """A tool that the server runs, as its own wire says it: `{"type": "web_search"}`. Adds to those given before."""
        return self._with(
            replace(self._choices, tools=(*self._choices.tools, as_object(as_json(dict(tool)))))
        )

    def with_reasoning(self, effort: str | None = None, *, summary: str | None = None) -> Self:
        """How much to think ("low", "high", …), and whether to tell of it ("auto", "concise", "detailed")."""
        return self.with_options(
            replace(self._choices.options, reasoning_effort=effort, reasoning_summary=summary)
        )

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
        return self.with_options(
            replace(self._choices.options, include=(*self._choices.options.include, *names))
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self._choices.model!r}, base_url={self._connection.base_url!r})"


class ResponsesBuilder(Choosing[Choices], Generic[M]):
    """A client for any server that speaks the Responses wire. Answers each `with_…` with a new builder, and does no I/O.

    The base URL, which includes the version, and the model have to be told. Nothing is read from the environment. The key is sent
    as `Authorization: Bearer`.
    """

    def __init__(self) -> None:
        super().__init__(Choices())

    def with_model(self, model: str) -> ResponsesBuilder[HasModel]:
        """The model's name, as the server knows it."""
        return cast("ResponsesBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def build(self: ResponsesBuilder[HasModel]) -> ResponsesClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        base_url = self._connection.base_url
        if not base_url:
            raise ConfigurationError('ResponsesBuilder.build() needs .with_base_url("https://host/v1") first')
        return ResponsesClient(
            settings(self._choices, self._connection, "ResponsesBuilder", base_url, self._connection.api_key)
        )


def settings(
    choices: Choices, connection: Connection, builder: str, base_url: str, api_key: str | None
) -> Settings:
    """What a client needs, of what was chosen. Raises `ConfigurationError` without a model."""
    if not choices.model:
        raise ConfigurationError(f'{builder}.build() needs .with_model("...") first')
    bearer = {"authorization": f"Bearer {checked_key(api_key)}"} if api_key else {}
    return Settings(
        model=choices.model,
        base_url=base_url,
        provider=_provider(base_url),
        transport=connection.transport or default_transport(base_url),
        headers={"content-type": "application/json"} | bearer | dict(connection.headers),
        timeouts=connection.timeouts,
        options=choices.options,
        memory=choices.memory,
        tools=choices.tools,
        strict=choices.strict,
        poll=choices.poll,
        extra=connection.extra,
    )


_PROVIDERS = {
    "openai.com": "openai",
    "azure.com": "azure",
    "x.ai": "xai",
    "groq.com": "groq",
    "openrouter.ai": "openrouter",
}


def _provider(base_url: str) -> str:
    """The provider's name in the origin of native data."""
    host = urlsplit(base_url).hostname or ""
    return next((name for end, name in _PROVIDERS.items() if host == end or host.endswith("." + end)), host)
