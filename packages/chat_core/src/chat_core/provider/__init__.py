"""The protocols between the engine and a client.

A capability is a protocol, so that a client can be wrapped without losing any.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from types import TracebackType

    from chat_core.types.batch import BatchItem, BatchJob, BatchRequests
    from chat_core.types.embeddings import EmbeddingInput, EmbeddingsResponse
    from chat_core.types.events import TurnEvent
    from chat_core.types.explanation import Explanation
    from chat_core.types.files import File
    from chat_core.types.messages import Messages
    from chat_core.types.questions import DecisionResponse, Question
    from chat_core.types.request import AnyRequest, ChatRequest, HasDefinition, ToolDefinition
    from chat_core.types.rerank import RerankResponse
    from chat_core.types.response import ChatResponse, ModelInfo
    from chat_core.types.schema_findings import SchemaReport
    from chat_core.types.uploads import FileRef, UploadedFile


class Provider(Protocol):
    """What every client has."""

    @property
    def model(self) -> str:
        """The model that requests go to."""
        ...

    async def aclose(self) -> None:
        """Close what is open on the running event loop."""
        ...


@runtime_checkable
class CompletionProvider(Provider, Protocol):
    """A client that returns a turn whole."""

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """Return one model turn. Raises a `ChatError`; retries nothing."""
        ...


@runtime_checkable
class StreamProvider(Provider, Protocol):
    """A client that yields a turn as it arrives."""

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield a turn as it arrives, ending with exactly one `Done`.

        Raises a `ChatError`, `StreamTruncated` where the bytes end before the wire's terminal sign; retries
        nothing. Closing the generator frees the connection; it holds no cancel scope across a yield.
        """
        ...


@runtime_checkable
class ChatModel(CompletionProvider, StreamProvider, Protocol):
    """A client that completes, streams and closes: what an application annotates a client with."""


class OpenedModel(ChatModel, Protocol):
    """What `open_model` returns: a client that takes a text or a conversation too, and closes with its block.

    It sends one request for each: a chat has the retries, the tools and the conversation that goes on.
    """

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one model turn. Raises a `ChatError`; retries nothing, and appends to no messages."""
        ...

    def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield a turn as it arrives, ending with exactly one `Done`; as `complete` otherwise."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...


@runtime_checkable
class EmbeddingsProvider(Provider, Protocol):
    """A client that turns texts into vectors."""

    @property
    def embedding_batch(self) -> int | None:
        """How many inputs one request may hold; None where there is no limit."""
        ...

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """Return one vector per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        ...


@runtime_checkable
class InputEmbeddingsProvider(EmbeddingsProvider, Protocol):
    """A client that makes vectors of more than texts."""

    @property
    def embedding_inputs(self) -> frozenset[str]:
        """What it makes vectors of: "text", "tokens", "image", "audio", "video", "document", and "mixed"
        where texts and files together make one.
        """
        ...

    async def embed(self, inputs: Sequence[EmbeddingInput], /) -> EmbeddingsResponse:
        """Return one vector per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        ...


@runtime_checkable
class RerankProvider(Provider, Protocol):
    """A client that orders documents by how well they answer a query."""

    async def rerank(
        self, query: str, documents: Sequence[str], /, *, top_n: int | None = None
    ) -> RerankResponse:
        """Return the documents, best first, by one request; `top_n` limits how many. Raises a `ChatError`;
        retries nothing."""
        ...


@runtime_checkable
class DecisionProvider(Provider, Protocol):
    """A client that answers questions about a conversation, with probabilities."""

    async def decide(
        self, messages: Messages, questions: Mapping[str, Question], /
    ) -> DecisionResponse[float]:
        """Return an answer to each question, by one request. Raises a `ChatError`; retries nothing."""
        ...


@runtime_checkable
class BatchProvider(Provider, Protocol):
    """The batches of a client: many requests that the server runs when it has room."""

    async def submit(self, requests: BatchRequests, /) -> BatchJob:
        """Start a batch of requests by ids of the application's choice.

        Nothing is sent before all ids are checked and all requests encoded. Raises a `ChatError`.
        """
        ...

    async def status(self, job: BatchJob, /) -> BatchJob:
        """Return the job as it is now. Raises a `ChatError`."""
        ...

    def results(self, job: BatchJob, /) -> AsyncGenerator[BatchItem]:
        """Yield what became of each request of a finished job, in any order, as it arrives.

        Raises `ConfigurationError` while the job runs, and a `ChatError`.
        """
        ...

    async def cancel(self, job: BatchJob, /) -> BatchJob:
        """Stop what still runs, and return the job. Raises a `ChatError`."""
        ...

    async def wait(
        self,
        job: BatchJob,
        /,
        *,
        poll: float = 60.0,
        timeout: float | None = None,
        progress: bool | Callable[[BatchJob], object] = False,
    ) -> BatchJob:
        """Return the job once it has finished, or as it is after `timeout` seconds. Raises a `ChatError`.

        `poll` is the first pause between two requests for the state; `progress` shows a bar, or is called
        with the job.
        """
        ...


@runtime_checkable
class SupportsBatches(Provider, Protocol):
    """A client whose server runs batches."""

    @property
    def batches(self) -> BatchProvider:
        """The batches of the client's model."""
        ...


@runtime_checkable
class FilesProvider(Provider, Protocol):
    """The files of an account: uploaded once, and named in messages by their id."""

    async def upload(
        self, file: File, /, *, purpose: str | None = None, expires_in: float | None = None
    ) -> UploadedFile:
        """Upload the bytes of a file; `.file` of the result goes into messages. Raises a `ChatError`."""
        ...

    async def get(self, file: FileRef, /) -> UploadedFile:
        """Return what the server knows of a file. Raises `NotFound` where it has none."""
        ...

    def list(self) -> AsyncGenerator[UploadedFile]:
        """Yield the files of the account. Raises a `ChatError`."""
        ...

    async def delete(self, file: FileRef, /) -> None:
        """Delete a file. Raises `NotFound` where there is none."""
        ...

    async def download(self, file: FileRef, /) -> bytes:
        """Return the bytes of a file. Raises a `ChatError` where the server does not give them back."""
        ...

    async def wait(self, file: FileRef, /, *, timeout: float | None = None) -> UploadedFile:
        """Return a file once the server has processed it, or as it is after `timeout` seconds."""
        ...


@runtime_checkable
class SupportsFiles(Provider, Protocol):
    """A client whose server stores files."""

    @property
    def files(self) -> FilesProvider:
        """The files of the account."""
        ...


@runtime_checkable
class TokenCountProvider(Provider, Protocol):
    """A client whose server counts tokens."""

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return the input tokens of a request with these messages and tools. Raises a `ChatError`."""
        ...


@runtime_checkable
class EncodingProvider(Provider, Protocol):
    """A client that tells what it would send."""

    def request_body(self, request: ChatRequest, /, *, stream: bool = False) -> Mapping[str, object]:
        """Return the body that a request would be sent with. Raises `ConfigurationError` as sending does."""
        ...


@runtime_checkable
class ExplainingProvider(Provider, Protocol):
    """A client that tells the whole request that it would send."""

    def explain(self, request: ChatRequest, /, *, stream: bool = False) -> Explanation:
        """Return what `complete`, or `stream`, would send for this turn, without a network.

        Raises `ConfigurationError` as sending does.
        """
        ...


@runtime_checkable
class SchemaCheckingProvider(Provider, Protocol):
    """A client that tells what becomes of schemas on their way to its server."""

    def check_output(self, form: object, /) -> SchemaReport:
        """Return what becomes of an output type, or of a JSON schema. Nothing is sent.

        Raises `ConfigurationError` for what is neither.
        """
        ...

    def check_tools(
        self, tools: Sequence[HasDefinition | ToolDefinition], /, *, strict: bool | None = None
    ) -> Sequence[SchemaReport]:
        """Return what becomes of the parameters of each tool; `strict` in place of what each one says."""
        ...


@runtime_checkable
class ModelListProvider(Provider, Protocol):
    """A client whose server lists its models."""

    async def list_models(self) -> Sequence[ModelInfo]:
        """Return the models that the server offers. Raises a `ChatError`."""
        ...
