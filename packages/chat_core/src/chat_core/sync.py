"""A chat and a client for synchronous code, also where an event loop is running: notebooks, Django views."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Never, cast, overload

from typing_extensions import TypeVar

from chat_core.chat.chat import Chat
from chat_core.chat.chat_stream import ChatStream
from chat_core.chat.conversation import refuse_keywords
from chat_core.chat.sync_calls import SyncCalls
from chat_core.chat.sync_client import SyncClient as SyncClient
from chat_core.chat.sync_stream import SyncStream
from chat_core.provider import (
    CompletionProvider,
    DecisionProvider,
    EmbeddingsProvider,
    ExplainingProvider,
    InputEmbeddingsProvider,
    Provider,
    RerankProvider,
    StreamProvider,
    SupportsBatches,
)
from chat_core.provider.speech import SpeechProvider, TranscriptionProvider
from chat_core.types.audio import Speech, Transcription
from chat_core.types.embeddings import EmbeddingInput, EmbeddingsResponse
from chat_core.types.explanation import Explanation
from chat_core.types.files import File
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.rerank import RerankResponse
from chat_core.types.response import ChatResponse

if TYPE_CHECKING:
    from chat_core.chat.embedding import Progress
    from chat_core.chat.sync_batches import SyncBatches
    from chat_core.types.questions import DecisionResponse, Question

P_co = TypeVar("P_co", bound=Provider, covariant=True)
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
D_contra = TypeVar("D_contra", contravariant=True, default=object)
T = TypeVar("T")
V = TypeVar("V", bound=ChatResponse, default=ChatResponse)


class SyncChat(SyncCalls[P_co, R_co, V_co, D_contra]):
    """The methods of a `Chat`, without `await`:

    `with SyncChat(chat) as chat:`. Any number of threads may use one.

    Its event loop is run by the thread that waits, so nothing runs between two calls; only where another loop
    runs in that thread does it get a thread of its own. Leaving the block ends what still runs. A process
    that forks enters it after the fork: the loop does not come along.
    """

    @overload
    def complete(
        self: SyncChat[CompletionProvider, ChatResponse, V_co, None],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    def complete(
        self: SyncChat[CompletionProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    def complete(
        self: SyncChat[CompletionProvider, ChatResponse, V_co, D_contra],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    @overload
    def complete(
        self: SyncChat[CompletionProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    def complete(
        self: SyncChat[CompletionProvider, object, V_co, Never],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> object:
        """Do what `Chat.complete` does, and raise what it raises, such as `ConfigurationError`."""
        if unknown:
            refuse_keywords("complete", unknown)
        given = cast("Messages", messages)  # the chat looks whether it takes a text
        chat = cast("Chat[CompletionProvider, object, V_co]", self._chat)
        return self._call(lambda: chat.complete(given, options=options, deps=deps))

    @overload
    def resume(
        self: SyncChat[CompletionProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    def resume(
        self: SyncChat[CompletionProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    def resume(
        self: SyncChat[CompletionProvider, R_co, V_co, Never],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> R_co:
        """Do what `Chat.resume` does, and raise what it raises, such as `ConfigurationError`."""
        if unknown:
            refuse_keywords("resume", unknown)
        chat = cast("Chat[CompletionProvider, R_co, V_co]", self._chat)
        return self._call(lambda: chat.resume(messages, options=options, deps=deps))

    @overload
    def stream(
        self: SyncChat[StreamProvider, ChatResponse, V_co, None],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> AbstractContextManager[SyncStream[V_co]]: ...
    @overload
    def stream(
        self: SyncChat[StreamProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> AbstractContextManager[SyncStream[V_co]]: ...
    @overload
    def stream(
        self: SyncChat[StreamProvider, ChatResponse, V_co, D_contra],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> AbstractContextManager[SyncStream[V_co]]: ...
    @overload
    def stream(
        self: SyncChat[StreamProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> AbstractContextManager[SyncStream[V_co]]: ...
    def stream(
        self: SyncChat[StreamProvider, object, V_co, Never],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> AbstractContextManager[SyncStream[V_co]]:
        """Yield what `Chat.stream` yields: `with chat.stream(messages) as events: for event in events: ...`

        Any thread may call `events.send(...)` and `events.cancel()` meanwhile. The text of a turn is read
        ahead of the consumer; a tool runs, and a turn is begun, only when the consumer has taken the events
        before it. Raises `ConfigurationError` as `Chat.stream` does.
        """
        if unknown:
            refuse_keywords("stream", unknown)
        given = cast("Messages", messages)  # the chat looks whether it takes a text
        chat = cast("Chat[StreamProvider, object, V_co]", self._chat)
        return self._streamed(lambda: chat.stream(given, options=options, deps=deps))

    @contextmanager
    def _streamed(self, new_stream: Callable[[], ChatStream[V_co]]) -> Generator[SyncStream[V_co]]:
        loop = self._loop
        stream = new_stream()
        with self._read_ahead(stream) as events:
            yield SyncStream(events, stream.inputs, loop.soon)

    @property
    def batches(self: SyncChat[SupportsBatches, object, V_co, Never]) -> SyncBatches[V_co]:
        """The batches of the chat, as `Chat.batches`, without `await`."""
        from chat_core.chat.sync_batches import SyncBatches

        chat = cast("Chat[SupportsBatches, object, V_co]", self._chat)
        return SyncBatches(chat.batches, self)

    @overload
    def embed(
        self: SyncChat[InputEmbeddingsProvider, R_co, V_co, D_contra],
        inputs: str | File | Sequence[EmbeddingInput],
        *,
        concurrency: int = 4,
        progress: Progress = False,
    ) -> EmbeddingsResponse: ...
    @overload
    def embed(
        self: SyncChat[EmbeddingsProvider, R_co, V_co, D_contra],
        inputs: str | Sequence[str],
        *,
        concurrency: int = 4,
        progress: Progress = False,
    ) -> EmbeddingsResponse: ...
    def embed(
        self: SyncChat[EmbeddingsProvider, R_co, V_co, D_contra],
        inputs: str | File | Sequence[EmbeddingInput],
        *,
        concurrency: int = 4,
        progress: Progress = False,
    ) -> EmbeddingsResponse:
        """Do what `Chat.embed` does."""
        chat = cast("Chat[InputEmbeddingsProvider, R_co, V_co, D_contra]", self._chat)  # it looks itself
        return self._call(lambda: chat.embed(inputs, concurrency=concurrency, progress=progress))

    @overload
    def decide(
        self: SyncChat[DecisionProvider, object, V_co, Never],
        messages: Messages | str,
        questions: Mapping[str, Question],
    ) -> DecisionResponse[float]: ...
    @overload
    def decide(
        self: SyncChat[CompletionProvider, object, V_co, Never],
        messages: Messages | str,
        questions: Mapping[str, Question],
    ) -> DecisionResponse[None]: ...
    def decide(
        self: SyncChat[Provider, object, V_co, Never],
        messages: Messages | str,
        questions: Mapping[str, Question],
    ) -> DecisionResponse[float] | DecisionResponse[None]:
        """Do what `Chat.decide` does."""
        chat = cast("Chat[CompletionProvider, object, V_co]", self._chat)  # it looks itself
        return self._call(lambda: chat.decide(messages, questions))

    def rerank(
        self: SyncChat[RerankProvider, R_co, V_co, D_contra],
        query: str,
        documents: Sequence[str],
        *,
        top_n: int | None = None,
    ) -> RerankResponse:
        """`Chat.rerank`."""
        return self._call(lambda: self._chat.rerank(query, documents, top_n=top_n))

    def transcribe(
        self: SyncChat[TranscriptionProvider, R_co, V_co, D_contra],
        file: File,
        *,
        model: str | None = None,
        language: str | None = None,
    ) -> Transcription:
        """Do what `Chat.transcribe` does."""
        return self._call(lambda: self._chat.transcribe(file, model=model, language=language))

    def speak(
        self: SyncChat[SpeechProvider, R_co, V_co, D_contra],
        text: str,
        *,
        voice: str,
        model: str | None = None,
        format: str | None = None,
    ) -> Speech:
        """Do what `Chat.speak` does."""
        return self._call(lambda: self._chat.speak(text, voice=voice, model=model, format=format))

    def explain(
        self: SyncChat[ExplainingProvider, object, V_co, Never],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        stream: bool = False,
    ) -> Explanation:
        """Do what `Chat.explain` does."""
        chat = cast("Chat[ExplainingProvider, object, V_co]", self._chat)
        return chat.explain(messages, options=options, deps=deps, stream=stream)
