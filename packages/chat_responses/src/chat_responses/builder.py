"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Generic, Self, cast

from chat_core import ConfigurationError
from chat_core.client import Connection, HasModel, NoModel, ResolvedServer, Server, checked_key
from typing_extensions import TypeVar

from chat_responses.client import ResponsesClient
from chat_responses.options_builder import Choices, OptionsBuilder
from chat_responses.servers import dialect_for, provider_name
from chat_responses.settings import RequestDefaults, Settings

M = TypeVar("M", default=NoModel)

_ANY = Server("a Responses server")


class ResponsesBuilder(OptionsBuilder[Choices], Generic[M]):
    """A client for any server that speaks the Responses wire.

    Each `with_…` returns a new builder and does no I/O.

    The base URL, which includes the version, and the model have no default. Nothing is read from the
    environment. The key is sent as `Authorization: Bearer`.
    """

    def __init__(self, server: Server | None = None) -> None:
        """`server` is a vendor's own, whose address and key need not be given."""
        super().__init__(Choices())
        self._server = server or _ANY

    @classmethod
    def for_server(cls, server: Server, connection: Connection, model: str | None) -> Self:
        """Return a builder for a vendor's Responses endpoint, with the connection and the model chosen so
        far.
        """
        begun = cls(server)._connected(replace(connection, extra={}, embeddings_extra={}))
        dialect = dialect_for(server.base_url or "")
        return begun._with(replace(begun._choices, model=model, dialect=dialect))

    def with_model(self, model: str) -> ResponsesBuilder[HasModel]:
        """Set the model's name, as the server knows it."""
        return cast("ResponsesBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def build(self: ResponsesBuilder[HasModel]) -> ResponsesClient:
        """Return the client. Raises `ConfigurationError` for what is missing or does not go together."""
        server = self._server.resolve(self._connection, os.environ, builder="ResponsesBuilder")
        return ResponsesClient(settings(self._choices, self._connection, "ResponsesBuilder", server))


def settings(choices: Choices, connection: Connection, builder: str, server: ResolvedServer) -> Settings:
    """Return the settings of a client of a server, with the key that goes there.

    Raises `ConfigurationError` without a model, and for what the server lacks.
    """
    if not choices.model:
        raise ConfigurationError(f'{builder}.build() needs .with_model("...") first')
    base_url, api_key = server.base_url, server.api_key
    dialect = choices.dialect or dialect_for(base_url)
    defaults = RequestDefaults(
        options=choices.options,
        memory=choices.memory,
        native_tools=choices.native_tools,
        strict_output=choices.strict_output,
        background=choices.poll is not None,
        extra=connection.extra,
        dialect=dialect,
    )
    if not dialect.stores and (defaults.server_remembers or defaults.background):
        raise ConfigurationError(
            f"{dialect.provider} stores nothing: leave out with_store, with_conversation and with_background"
        )
    bearer = {"authorization": f"Bearer {checked_key(api_key)}"} if api_key else {}
    return Settings(
        model=choices.model,
        base_url=base_url,
        provider=provider_name(dialect, base_url),
        transport=connection.open_transport(base_url),
        headers={"content-type": "application/json"} | bearer | dict(connection.headers),
        timeouts=connection.timeouts,
        key_advice=server.key_advice,
        defaults=defaults,
        poll=choices.poll,
        embeddings_extra=connection.embeddings_extra,
    )
