"""A client for synchronous code: everything that it can do beside the turns of a chat."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from chat_core.chat.sync_loop import SyncLoop
from chat_core.provider import (
    CompletionProvider,
    DecisionProvider,
    EmbeddingsProvider,
    InputEmbeddingsProvider,
    ModelListProvider,
    Provider,
    RerankProvider,
    StreamProvider,
    SupportsBatches,
    SupportsFiles,
    TokenCountProvider,
)
from chat_core.provider.speech import (
    SpeechProvider,
    SpeechStreamProvider,
    TranscriptionProvider,
    TranscriptionStreamProvider,
)
from chat_core.provider.video import SupportsVideos
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import kind_of
from chat_core.types.request import as_request

if TYPE_CHECKING:
    from chat_core.chat.sync_batches import SyncProviderBatches
    from chat_core.chat.sync_files import SyncFiles
    from chat_core.chat.sync_videos import SyncVideos
    from chat_core.types.audio import Speech, SpeechEvent, Transcription, TranscriptionEvent
    from chat_core.types.embeddings import EmbeddingInput, EmbeddingsResponse
    from chat_core.types.events import TurnEvent
    from chat_core.types.files import File
    from chat_core.types.messages import Messages
    from chat_core.types.questions import DecisionResponse, Question
    from chat_core.types.request import AnyRequest, ToolDefinition
    from chat_core.types.rerank import RerankResponse
    from chat_core.types.response import ChatResponse, ModelInfo

P_co = TypeVar("P_co", bound=Provider, covariant=True)


class SyncClient(SyncLoop, Generic[P_co]):
    """The methods of a client without `await`:

    `with SyncClient(client) as sync_client: sync_client.files.upload(file)`.

    What one provider has beside them, and further arguments of its own, go through `run` and `iterate`:
    `sync_client.run(client.transcribe, recording, prompt="...")`. Its event loop is that of a `SyncChat`.
    Each method sends one request, and retries nothing: a `SyncChat` has the retries.
    """

    _example = "SyncClient(client) as client"
    _within = "the client"

    def __init__(self, client: P_co) -> None:
        """Raises `ConfigurationError` for what is no client."""
        given: object = client
        if isinstance(given, type) or not (hasattr(given, "model") and hasattr(given, "aclose")):
            raise ConfigurationError(
                f"SyncClient(client) takes a client, not {kind_of(given)}: "
                "write OpenAIBuilder().with_model(...).build(), say"
            )
        super().__init__()
        self._client = client
        self._found: set[type] = set()

    @property
    def client(self) -> P_co:
        """The client it was made of."""
        return self._client

    @property
    def model(self) -> str:
        """The model that requests go to."""
        return self._client.model

    def complete(self: SyncClient[CompletionProvider], given: AnyRequest, /) -> ChatResponse:
        """Return one model turn, as `CompletionProvider.complete` does."""
        self._require(CompletionProvider, "does not complete: use .stream(messages)")
        client = self._client
        return self._call(lambda: client.complete(as_request(given)))

    def stream(
        self: SyncClient[StreamProvider], given: AnyRequest, /
    ) -> AbstractContextManager[Generator[TurnEvent]]:
        """Yield a turn as it arrives: `with client.stream("Hello") as events: for event in events: ...`."""
        self._require(StreamProvider, "does not stream: use .complete(messages)")
        client = self._client
        return self.iterate(lambda: client.stream(as_request(given)))

    def embed(
        self: SyncClient[EmbeddingsProvider], inputs: Sequence[EmbeddingInput], /
    ) -> EmbeddingsResponse:
        """Return one vector per input, by one request, as `InputEmbeddingsProvider.embed` does."""
        self._require(EmbeddingsProvider, "makes no embeddings: .with_embeddings() before .build()")
        client = self._client
        any_inputs = cast("InputEmbeddingsProvider", client)  # it looks itself
        return self._call(lambda: any_inputs.embed(inputs))

    def rerank(
        self: SyncClient[RerankProvider],
        query: str,
        documents: Sequence[str],
        /,
        *,
        top_n: int | None = None,
    ) -> RerankResponse:
        """Return the documents, best first, as `RerankProvider.rerank` does."""
        self._require(RerankProvider, "does not rank documents")
        client = self._client
        return self._call(lambda: client.rerank(query, documents, top_n=top_n))

    def decide(
        self: SyncClient[DecisionProvider], messages: Messages, questions: Mapping[str, Question], /
    ) -> DecisionResponse[float]:
        """Return an answer to each question, as `DecisionProvider.decide` does."""
        self._require(DecisionProvider, "makes no decisions: client.decisions may")
        client = self._client
        return self._call(lambda: client.decide(messages, questions))

    def count_tokens(
        self: SyncClient[TokenCountProvider], messages: Messages, tools: Sequence[ToolDefinition] = ()
    ) -> int:
        """Return the input tokens of a request, as `TokenCountProvider.count_tokens` does."""
        self._require(TokenCountProvider, "does not count tokens")
        client = self._client
        return self._call(lambda: client.count_tokens(messages, tools))

    def list_models(self: SyncClient[ModelListProvider]) -> Sequence[ModelInfo]:
        """Return the models that the server offers, as `ModelListProvider.list_models` does."""
        self._require(ModelListProvider, "lists no models")
        client = self._client
        return self._call(client.list_models)

    def transcribe(
        self: SyncClient[TranscriptionProvider],
        file: File,
        /,
        *,
        model: str | None = None,
        language: str | None = None,
    ) -> Transcription:
        """Return what is said in a recording, as `TranscriptionProvider.transcribe` does."""
        self._require(TranscriptionProvider, "does not transcribe")
        client = self._client
        return self._call(lambda: client.transcribe(file, model=model, language=language))

    def stream_transcription(
        self: SyncClient[TranscriptionStreamProvider],
        file: File,
        /,
        *,
        model: str | None = None,
        language: str | None = None,
    ) -> AbstractContextManager[Generator[TranscriptionEvent]]:
        """Yield a transcription while it is made: `with client.stream_transcription(file) as events`."""
        self._require(TranscriptionStreamProvider, "does not stream transcriptions")
        client = self._client
        return self.iterate(lambda: client.stream_transcription(file, model=model, language=language))

    def speak(
        self: SyncClient[SpeechProvider],
        text: str,
        /,
        *,
        voice: str,
        model: str | None = None,
        format: str | None = None,
    ) -> Speech:
        """Return a text as speech, as `SpeechProvider.speak` does."""
        self._require(SpeechProvider, "does not speak")
        client = self._client
        return self._call(lambda: client.speak(text, voice=voice, model=model, format=format))

    def stream_speech(
        self: SyncClient[SpeechStreamProvider],
        text: str,
        /,
        *,
        voice: str,
        model: str | None = None,
        format: str | None = None,
    ) -> AbstractContextManager[Generator[SpeechEvent]]:
        """Yield speech while it is made: `with client.stream_speech(text, voice="coral") as events`."""
        self._require(SpeechStreamProvider, "does not stream speech")
        client = self._client
        return self.iterate(lambda: client.stream_speech(text, voice=voice, model=model, format=format))

    @property
    def files(self: SyncClient[SupportsFiles]) -> SyncFiles:
        """The files of the account, as `client.files`, without `await`."""
        from chat_core.chat.sync_files import SyncFiles

        self._require(SupportsFiles, "has no files")
        return SyncFiles(self._client.files, self)

    @property
    def batches(self: SyncClient[SupportsBatches]) -> SyncProviderBatches:
        """The batches of the client's model, as `client.batches`, without `await`."""
        from chat_core.chat.sync_batches import SyncProviderBatches

        self._require(SupportsBatches, "has no batches")
        return SyncProviderBatches(self._client.batches, self)

    @property
    def videos(self: SyncClient[SupportsVideos]) -> SyncVideos:
        """The videos of the client's model, as `client.videos`, without `await`."""
        from chat_core.chat.sync_videos import SyncVideos

        self._require(SupportsVideos, "makes no videos")
        return SyncVideos(self._client.videos, self)

    def _require(self, capability: type, otherwise: str) -> None:
        """For callers without a type checker, who would otherwise read an AttributeError."""
        if capability not in self._found:
            if not isinstance(self._client, capability):
                raise ConfigurationError(f"{type(self._client).__name__} {otherwise}")
            self._found.add(capability)
