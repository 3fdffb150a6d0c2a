"""The builder: options, the environment, and what is missing. It does no I/O."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Self, cast

from chat_core import ConfigurationError
from chat_core.client import HasModel, NoModel, ProviderBuilder, Server, checked_key
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_acme.client import AcmeClient

ACME = Server("Acme", "https://api.acme.example/v1", key_variables=("ACME_API_KEY",), key_required=True)
M = TypeVar("M", default=NoModel)


@dataclass(frozen=True, slots=True)
class Choices:
    """What has been chosen so far, beside the connection."""

    model: str | None = None
    safe: bool = True


class AcmeBuilder(ProviderBuilder[Choices], Generic[M]):
    """Builds a client for Acme. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to api.acme.example. `ACME_API_KEY` is read for that address only.
    """

    def __init__(self) -> None:
        super().__init__(Choices())

    def with_model(self, model: str) -> AcmeBuilder[HasModel]:
        """Set the model's name, such as "acme-1"."""
        return cast("AcmeBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def with_safe_mode(self, safe: bool) -> Self:
        """Set whether Acme filters what the model writes. It does by default."""
        return self._with(replace(self._choices, safe=safe))

    def build(self: AcmeBuilder[HasModel]) -> AcmeClient:
        """Return the client. Raises `ConfigurationError` naming what is missing."""
        # imported here: the builder alone imports no wire
        from chat_acme.client import AcmeClient
        from chat_acme.settings import RequestDefaults, Settings

        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError('AcmeBuilder.build() needs .with_model("...") first')
        server = ACME.resolve(connection, os.environ, builder="AcmeBuilder")
        key = {"authorization": f"Bearer {checked_key(server.api_key)}"} if server.api_key else {}
        return AcmeClient(
            Settings(
                model=choices.model,
                base_url=server.base_url,
                transport=connection.open_transport(server.base_url),
                headers={"content-type": "application/json", **key, **connection.headers},
                timeouts=connection.timeouts,
                key_advice=server.key_advice,
                defaults=RequestDefaults(safe=choices.safe, extra=connection.extra),
            )
        )
