"""What a client has to do where its server lists its models."""

from __future__ import annotations

from chat_core.provider import ModelListProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.side_requests import (
    require_failures,
    require_key_in_header,
    require_no_result,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.form import Exchange
from chat_core.transport import Transport
from chat_core.types.json_values import as_list
from chat_core.types.response import ModelInfo

_NO_LISTS = (b"null", b"<html>", b'{"error": {"message": "no"}}')


class ModelsSuite(ProviderSuite):
    """The server lists its models: `models.tape` has all pages, and expects `ids`."""

    def listing_client(self, transport: Transport) -> ModelListProvider:
        """Return a client that lists models. Raises `ConformanceFailure` where it has no `list_models`."""
        client = self.client(transport)
        if not isinstance(client, ModelListProvider):
            fail(f"{type(client).__name__} has no method list_models().")
        return client

    @check
    async def test_the_models_are_those_of_the_server(self) -> None:
        """`list_models` returns the models of all pages, by the ids that `with_model` takes, in the order of
        the server.
        """
        transport = WatchedTransport(self._model_exchanges())
        found = [model.id for model in await self._listed_models(transport)]
        require_equal("The ids", found, as_list(self.scenario("models").expected.get("ids")))
        require_equal("The number of requests", len(transport.requests), len(self._model_exchanges()))

    @check
    async def test_a_model_has_all_that_the_server_says(self) -> None:
        """Each model has what the server tells of it in `raw`."""
        models = await self._listed_models(WatchedTransport(self._model_exchanges()))
        bare = [model.id for model in models if not model.raw]
        require(not bare, f"{bare} have no `raw`.")

    @check
    async def test_failures_of_a_list_of_models_are_read(self) -> None:
        """A failure raises the error of its status, as for turns, and is sent once."""
        await require_failures(self._model_exchanges(), self._listed_models, self.key)

    @check
    async def test_a_body_without_models_is_an_error(self) -> None:
        """A body that is no list, or an error, raises a `ChatError`: it is no server without models.
        `read_page` of `chat_core.wire` looks for an error.
        """
        await require_no_result(self._model_exchanges(), self._listed_models, _NO_LISTS)

    @check
    async def test_the_key_of_a_list_of_models_is_in_a_header(self) -> None:
        """The request has the key in a header, and not in its URL or body."""
        transport = WatchedTransport(self._model_exchanges())
        await self._listed_models(transport)
        require_key_in_header(transport, self.key)

    def _model_exchanges(self) -> list[Exchange]:
        return list(self.scenario("models").exchanges)

    async def _listed_models(self, transport: WatchedTransport) -> list[ModelInfo]:
        return list(await self.listing_client(transport).list_models())
