"""What a client has to do with what it cannot do: refuse it, in a sentence, before anything is sent."""

from __future__ import annotations

from typing import Any

from chat_core.chat.builder import ChatBuilder
from chat_core.testing.conformance.checks import check, fail, require, skip
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import plain_request, tool_request
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.types.errors import ConfigurationError
from chat_core.types.request import ChatRequest, OutputSchema


class AbsentSuite(ProviderSuite):
    """What the test does not claim has to be refused: a capability whose suite it does not inherit."""

    @check
    async def test_tools_are_refused(self) -> None:
        """A provider without `ToolsSuite` refuses a request with tools with `ConfigurationError`: raise it in
        `encode`.
        """
        self._skip_if_claimed("ToolsSuite")
        await self._require_refused(tool_request(), "tools")

    @check
    async def test_typed_output_is_refused(self) -> None:
        """A provider without `StructuredOutputSuite` refuses `request.output` with `ConfigurationError`:
        raise it in `encode`.
        """
        self._skip_if_claimed("StructuredOutputSuite")
        output = OutputSchema("forecast", {"type": "object", "properties": {}})
        await self._require_refused(ChatRequest(plain_request().messages, output=output), "typed output")

    @check
    async def test_embeddings_are_refused(self) -> None:
        """A client without `EmbeddingsSuite` has no `embed`, so that `chat.embed` says how to get it."""
        self._skip_if_claimed("EmbeddingsSuite")
        await self._require_absent("embed", ["text"])

    @check
    async def test_ranking_is_refused(self) -> None:
        """A client without `RerankSuite` has no `rerank`, so that `chat.rerank` says that it is not there."""
        self._skip_if_claimed("RerankSuite")
        await self._require_absent("rerank", "query", ["document"])

    @check
    async def test_batches_are_refused(self) -> None:
        """A client without `BatchSuite` has no `batches`, so that `chat.batches` says so."""
        self._skip_if_claimed("BatchSuite")
        client: Any = self._client()
        chat: Any = ChatBuilder().with_model(client).build()
        try:
            found = chat.batches
        except ConfigurationError:
            return
        fail(f"chat.batches is {found!r}: inherit BatchSuite, or leave the attribute out.")

    @check
    async def test_sessions_are_refused(self) -> None:
        """A client without `RealtimeSuite` opens no sessions, so that `chat.session` says so."""
        self._skip_if_claimed("RealtimeSuite")
        client: Any = self._client()
        chat: Any = ChatBuilder().with_model(client).build()
        try:
            chat.session()
        except ConfigurationError:
            return
        fail("chat.session() opened one: inherit RealtimeSuite, or leave `connect` out.")

    def _skip_if_claimed(self, suite: str) -> None:
        if any(base.__name__ == suite for base in type(self).__mro__):
            skip(f"{suite} is claimed")

    def _client(self) -> object:
        return self.builder().with_api_key(self.key).with_transport(WatchedTransport([])).build()

    async def _require_refused(self, request: ChatRequest, what: str) -> None:
        for played in (await self.complete("text", request), await self.stream("text", request)):
            refused = isinstance(played.error, ConfigurationError)
            require(refused, f"A request with {what} came out as {played.error or played.response!r}.")
            require(not played.transport.requests, "It was refused after a request had been sent.")
            require(len(str(played.error)) >= 20, f"The refusal is only {str(played.error)!r}.")

    async def _require_absent(self, name: str, *arguments: object) -> None:
        chat: Any = ChatBuilder().with_model(self._client()).build()  # type: ignore[type-var]  # any client
        try:
            await getattr(chat, name)(*arguments)
        except ConfigurationError as error:
            require(len(str(error)) >= 20, f"The refusal is only {str(error)!r}.")
            return
        fail(f"chat.{name}(…) did something: inherit its suite, or leave the method out.")
