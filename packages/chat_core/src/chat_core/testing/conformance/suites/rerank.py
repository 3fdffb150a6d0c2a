"""What a client has to do with documents that are ranked."""

from __future__ import annotations

from chat_core.provider import RerankProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import in_order, missing_texts, numbers_in
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.faults import Fault, Status
from chat_core.types.errors import ChatError, ConfigurationError, RateLimited
from chat_core.types.rerank import RerankResponse

_DOCUMENTS = ["canary-document-one", "canary-document-two", "canary-document-three"]
_QUERY = "canary-query-Rr1"


class RerankSuite(ProviderSuite):
    """Documents come back best first: `order` of `rerank.tape` has their numbers, `scores` the scores."""

    @check
    async def test_documents_come_best_first(self) -> None:
        """The documents are in the order of their scores, each with its number and its text."""
        _, response = await self._ranked()
        expected = self.scenario("rerank").expected
        require_equal("The order", [each.index for each in response.results], expected.get("order"))
        require_equal("The scores", [each.score for each in response.results], expected.get("scores"))
        texts = [_DOCUMENTS[each.index] for each in response.results]
        require_equal("The documents", [each.document for each in response.results], texts)

    @check
    async def test_the_query_and_the_documents_are_sent(self) -> None:
        """The query and all documents are in the body, in order."""
        transport, _ = await self._ranked()
        missing = missing_texts(transport.last_body, [_QUERY, *_DOCUMENTS])
        require(not missing, f"{missing} are nowhere in the body.")
        require(in_order(transport.last_body, _DOCUMENTS), "The documents are in another order.")

    @check
    async def test_the_number_of_results_is_sent(self) -> None:
        """`top_n` is in the body, and no more results come out."""
        transport, response = await self._ranked(top_n=2)
        require(2 in list(numbers_in(transport.last_body)), "top_n=2 is not in the body.")
        require(len(response.results) <= 2, f"There are {len(response.results)} results.")

    @check
    async def test_errors_of_ranking_are_read(self) -> None:
        """A failure raises the error of its status, and is sent once."""
        error = await self._rank_failure(Status(429))
        require(isinstance(error, RateLimited), f"Status 429 raised {error!r}.")

    @check
    async def test_a_body_without_results_is_an_error(self) -> None:
        """A body without results, or with one for a document that was not sent, raises a `ChatError`."""
        strange = b'{"results": [{"index": 99, "relevance_score": 1.0}]}'
        for body in (b"{}", b"null", b"<html>", strange):
            error = await self._rank_failure(Status(200, body))
            right = isinstance(error, ChatError) and not isinstance(error, ConfigurationError)
            require(right, f"The body {body!r} raised {error!r}.")

    async def _ranked(
        self, *faults: Fault, top_n: int | None = None
    ) -> tuple[WatchedTransport, RerankResponse]:
        transport = WatchedTransport(self.scenario("rerank").exchanges, *faults)
        client = self.builder().with_api_key(self.key).with_transport(transport).build()
        if not isinstance(client, RerankProvider):
            fail(f"{type(client).__name__} has no method rerank(query, documents, *, top_n).")
        return transport, await client.rerank(_QUERY, _DOCUMENTS, top_n=top_n)

    async def _rank_failure(self, fault: Fault) -> ChatError | None:
        try:
            await self._ranked(fault)
        except ChatError as error:
            return error
        return None
