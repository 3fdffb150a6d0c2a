"""What a client has to do with texts that become vectors."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from chat_core.chat.builder import ChatBuilder
from chat_core.provider import EmbeddingsProvider, InputEmbeddingsProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.expected import usage_differences
from chat_core.testing.conformance.provider_suite import ConfiguredBuilder, ProviderSuite
from chat_core.testing.conformance.requests import in_order, missing_texts
from chat_core.testing.conformance.side_requests import is_sent
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.faults import Fault, Status
from chat_core.transport import Transport
from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.errors import ChatError, ConfigurationError, InvalidResponse, RateLimited
from chat_core.types.files import File
from chat_core.types.json_values import as_object

_TEXTS = ["canary-input-one", "canary-input-two"]
_PICTURES = [
    File.from_bytes(b"\x89PNG\r\n\x1a\n canary-picture-one", "image/png", name="one.png"),
    File.from_bytes(b"\x89PNG\r\n\x1a\n canary-picture-two", "image/png", name="two.png"),
]
EMBEDDING_KINDS = frozenset({"text", "tokens", "image", "audio", "video", "document", "mixed"})


@runtime_checkable
class _EmbeddingBuilder(Protocol):
    def with_embeddings(self) -> ConfiguredBuilder: ...


class EmbeddingsSuite(ProviderSuite):
    """One vector for each input, in order: two of them in `embeddings.tape`."""

    def embedding_builder(self) -> ConfiguredBuilder:
        """Return the builder with a model and `with_embeddings()`; without a key and a transport.

        Raises `ConformanceFailure` where it has no such method.
        """
        builder = self.builder()
        if not isinstance(builder, _EmbeddingBuilder):
            fail(f"{type(builder).__name__} has no with_embeddings(): write `embedding_builder()`.")
        return builder.with_embeddings()

    def embedding_client(self, transport: Transport) -> EmbeddingsProvider:
        """Return a client that makes embeddings.

        Raises `ConformanceFailure` where the client has no `embed`.
        """
        client = self.embedding_builder().with_api_key(self.key).with_transport(transport).build()
        if not isinstance(client, EmbeddingsProvider):
            fail(f"{type(client).__name__} has no `embed` and `embedding_batch`.")
        return client

    @check
    async def test_vectors_come_in_the_order_of_the_inputs(self) -> None:
        """There is one vector for each input, in the order of the inputs, whatever the order in the body."""
        response = await self._embedded(_TEXTS)
        require_equal("The number of vectors", len(response.embeddings), len(_TEXTS))
        vectors = [list(each.vector) for each in response.embeddings]
        expected = self.scenario("embeddings").expected.get("vectors")
        require_equal("The vectors", vectors, expected)

    @check
    async def test_the_inputs_are_sent(self) -> None:
        """All inputs are in the body, in the order in which they were given."""
        transport, _ = await self._embedding_request(_TEXTS)
        require(in_order(transport.last_body, _TEXTS), f"{missing_texts(transport.last_body, _TEXTS)}")

    @check
    async def test_a_missing_vector_is_an_error(self) -> None:
        """A response with fewer or more vectors than inputs raises `InvalidResponse`: use `check_count`."""
        for texts in (_TEXTS[:1], [*_TEXTS, "canary-input-three"]):
            try:
                response = await self._embedded(texts)
            except InvalidResponse:
                continue
            fail(f"{len(texts)} inputs and 2 vectors came out as {len(response.embeddings)} embeddings.")

    @check
    async def test_usage_of_embeddings_is_read(self) -> None:
        """The tokens of the inputs are in `usage`, and the model in `model`."""
        expected = self.scenario("embeddings").expected
        response = await self._embedded(_TEXTS)
        wrong = list(usage_differences(response.usage, as_object(expected.get("usage"))))
        require(not wrong, " ".join(wrong))
        if "model" in expected:
            require_equal("model", response.model, expected["model"])

    @check
    async def test_errors_of_embeddings_are_read(self) -> None:
        """A failure raises the error of its status, as for turns, and is sent once."""
        transport, error = await self._embedding_request(_TEXTS, Status(429))
        require(isinstance(error, RateLimited), f"Status 429 raised {error!r}.")
        require_equal("The requests", len(transport.requests), 1)

    @check
    async def test_a_body_without_vectors_is_an_error(self) -> None:
        """A body that has no vectors raises a `ChatError`, and no KeyError."""
        for body in (b"{}", b"[]", b"null", b"<html>", b'{"data": [{}]}', b'{"error": {"message": "no"}}'):
            _, error = await self._embedding_request(_TEXTS, Status(200, body))
            right = isinstance(error, ChatError) and not isinstance(error, ConfigurationError)
            require(right, f"The body {body!r} raised {error!r}.")

    @check
    async def test_many_inputs_take_several_requests(self) -> None:
        """`embedding_batch` is how many inputs one request may hold, or None: `chat.embed` goes by it."""
        client = self.embedding_client(WatchedTransport([]))
        size = client.embedding_batch
        require(size is None or size >= 1, f"embedding_batch is {size!r}.")

    @check
    async def test_other_inputs_than_texts_are_sent_or_refused(self) -> None:
        """What `embedding_inputs` names is sent, and `chat.embed` refuses the rest before anything is sent: a
        client without `embedding_inputs` takes texts alone.
        """
        transport = WatchedTransport(self.scenario("embeddings").exchanges)
        client = self.embedding_client(transport)
        kinds = (
            client.embedding_inputs if isinstance(client, InputEmbeddingsProvider) else frozenset({"text"})
        )
        require(kinds <= EMBEDDING_KINDS, f"embedding_inputs has {sorted(kinds - EMBEDDING_KINDS)}.")
        chat: Any = ChatBuilder().with_model(client).build()
        try:
            response: EmbeddingsResponse = await chat.embed(_PICTURES)
        except ConfigurationError as error:
            require("image" not in kinds, f"embedding_inputs has images, and they raised {error!r}.")
            require(not transport.requests, "They were refused after a request had been sent.")
            return
        require("image" in kinds, "A picture was sent, and embedding_inputs does not name images.")
        require_equal("The number of vectors", len(response.embeddings), len(_PICTURES))
        missing = [file.name for file in _PICTURES if not is_sent(transport, file.data or b"")]
        require(not missing, f"The bytes of {missing} are nowhere in what was sent.")

    @check
    async def test_a_chat_embeds(self) -> None:
        """`chat.embed` works on the client of `with_embeddings()`, and that client still completes."""
        transport = WatchedTransport(self.scenario("embeddings").exchanges)
        client = self.embedding_client(transport)
        response = await ChatBuilder().with_model(client).build().embed(_TEXTS)
        require_equal("The number of vectors", len(response.embeddings), 2)
        require(hasattr(client, "complete"), "The client has no complete.")

    @check
    async def test_the_key_of_embeddings_is_in_a_header(self) -> None:
        """A request for embeddings has the key in a header, and not in its URL or body."""
        transport, _ = await self._embedding_request(_TEXTS)
        request = transport.requests[-1]
        require(any(self.key in value for value in request.headers.values()), "No header has the key.")
        require(
            self.key not in request.url and self.key.encode() not in request.body,
            "It is in the URL or the body.",
        )

    async def _embedded(self, texts: list[str]) -> EmbeddingsResponse:
        _, error = await self._embedding_request(texts)
        if isinstance(error, ChatError):
            raise error
        return self._response

    async def _embedding_request(
        self, texts: list[str], *faults: Fault
    ) -> tuple[WatchedTransport, ChatError | None]:
        transport = WatchedTransport(self.scenario("embeddings").exchanges, *faults)
        try:
            self._response = await self.embedding_client(transport).embed(texts)
        except ChatError as error:
            return transport, error
        return transport, None

    _response: EmbeddingsResponse
