"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast, overload
from urllib.parse import urlsplit

from chat_core import ConfigurationError
from chat_core.client.builder import Connection, ProviderBuilder, checked_key, checked_url, default_transport
from chat_core.types.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from typing_extensions import TypeVar

from chat_completions.dialect import Dialect
from chat_completions.options import CompletionsOptions

if TYPE_CHECKING:
    from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient, Settings

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)


@dataclass(frozen=True, slots=True)
class Choices:
    """What has been chosen so far, besides the way to the server."""

    model: str | None = None
    dialect: Dialect | None = None
    options: CompletionsOptions = CompletionsOptions()
    strict: bool = True
    think_tags: Literal["text", "tags", "open"] | None = None
    embeds: bool = False
    dimensions: int | None = None


class Choosing(ProviderBuilder[Choices]):
    """What every builder of a Chat Completions client can be told."""

    def __init__(self) -> None:
        super().__init__(Choices())

    def with_options(self, options: CompletionsOptions) -> Self:
        """Options of this wire beyond the common ones."""
        return self._with(replace(self._choices, options=options))

    def with_strict_output(self, strict: bool) -> Self:
        """Whether the server holds the model to an output type word for word (default), or only asks it to try."""
        return self._with(replace(self._choices, strict=strict))

    def with_think_tags(self, *, opened: bool = False) -> Self:
        """Read `<think>…</think>` in the text as reasoning, where the server does not take it apart itself. `opened`: the model's
        template has written the opening tag already, so that an answer begins inside the thoughts."""
        return self._with(replace(self._choices, think_tags="open" if opened else "tags"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self._choices.model!r}, base_url={self._connection.base_url!r})"


class ChatCompletionsBuilder(Choosing, Generic[M, E]):
    """A client for any server that speaks Chat Completions. Answers each `with_…` with a new builder, and does no I/O.

    The base URL includes the version: `http://localhost:8000/v1`; its host also decides the dialect. Without one, the client talks
    to the dialect's own server; without either to `OPENAI_BASE_URL`, else to OpenAI. A key is read from the environment only for
    the server whose key it is, so that it never goes to another one unasked.
    """

    def with_model(self, model: str) -> ChatCompletionsBuilder[HasModel, E]:
        """The model's name, as the server knows it."""
        return cast("ChatCompletionsBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_dialect(self, dialect: Dialect) -> Self:
        """The server's ways, such as `Dialect.groq()`, where its host name does not tell."""
        return self._with(replace(self._choices, dialect=dialect))

    def with_embeddings(self, dimensions: int | None = None) -> ChatCompletionsBuilder[M, HasEmbeddings]:
        """A client that embeds; `dimensions` shortens the vectors where the model can."""
        made = self._with(replace(self._choices, embeds=True, dimensions=dimensions))
        return cast("ChatCompletionsBuilder[M, HasEmbeddings]", made)

    @overload
    def build(self: ChatCompletionsBuilder[HasModel, NoEmbeddings]) -> ChatCompletionsClient: ...
    @overload
    def build(self: ChatCompletionsBuilder[HasModel, HasEmbeddings]) -> EmbeddingChatCompletionsClient: ...
    def build(self) -> ChatCompletionsClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        # here: whoever only imports the builder does not import the wire, which is a quarter of the whole
        from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient

        made = settings(self._choices, self._connection, "ChatCompletionsBuilder", self._choices.dialect)
        return EmbeddingChatCompletionsClient(made) if self._choices.embeds else ChatCompletionsClient(made)


def settings(
    choices: Choices,
    connection: Connection,
    builder: str,
    dialect: Dialect | None = None,
    api_key: str | None = None,
) -> Settings:
    """What a client needs, of what was chosen and of the environment. `dialect`: None leaves it to the base URL. `api_key` is one
    that the builder has found elsewhere. Raises `ConfigurationError` for what is missing."""
    from chat_completions.client import Settings

    if not choices.model:
        raise ConfigurationError(f'{builder}.build() needs .with_model("...") first')
    home = dialect or Dialect.openai()  # whose server it is, unless another was named
    base_url = checked_url(connection.base_url or _address(home, builder))
    dialect = dialect or Dialect.for_url(base_url)
    api_key = connection.api_key or api_key
    if not api_key and (connection.base_url is None or _is_home(base_url, dialect)):
        api_key = os.environ.get((home if connection.base_url is None else dialect).key_variable or "")
    if not api_key and dialect.key_required and not connection.headers.keys() & {"authorization", "api-key"}:
        set_it = f"set {dialect.key_variable} or use " if dialect.key_variable else ""
        raise ConfigurationError(f"{dialect.name} needs an API key: {set_it}.with_api_key(...)")
    if choices.embeds and not dialect.embeddings:
        raise ConfigurationError(f"{dialect.name} has no embeddings: leave out .with_embeddings()")
    bearer = {"authorization": f"Bearer {checked_key(api_key)}"} if api_key else {}
    return Settings(
        model=choices.model,
        base_url=base_url,
        transport=connection.transport or default_transport(base_url),
        headers={"content-type": "application/json"} | bearer | dict(connection.headers),
        timeouts=connection.timeouts,
        dialect=replace(dialect, think_tags=choices.think_tags) if choices.think_tags else dialect,
        options=choices.options,
        strict=choices.strict,
        extra=connection.extra,
        dimensions=choices.dimensions,
    )


def _address(dialect: Dialect, builder: str) -> str:
    """Where the dialect's own server is: as the environment says, else as everybody knows."""
    if url := os.environ.get(dialect.url_variable or ""):
        return url
    if host := os.environ.get(dialect.host_variable or ""):
        whole = host if "://" in host else f"https://{host}"
        return (
            whole
            if urlsplit(whole).path.strip("/")
            else whole.rstrip("/") + urlsplit(dialect.base_url or "").path
        )
    if dialect.base_url is None:
        raise ConfigurationError(
            f'{builder}.build() needs .with_base_url("https://host/v1"): {dialect.name} has no known server'
        )
    return dialect.base_url


def _is_home(url: str, dialect: Dialect) -> bool:
    """Whether this is a server of the vendor's own, to which its key may go."""
    if dialect.base_url is not None and urlsplit(url).hostname == urlsplit(dialect.base_url).hostname:
        return True
    return Dialect.for_url(url).name == dialect.name
