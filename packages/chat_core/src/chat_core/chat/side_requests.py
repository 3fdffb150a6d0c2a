"""What a chat does beside turns: embeddings, ranking, batches, and telling what it would send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, Never, cast, overload

from typing_extensions import TypeVar, get_protocol_members

from chat_core.chat.conversation import conversation_of
from chat_core.chat.retry import retried
from chat_core.chat.setup import Setup
from chat_core.provider import (
    CompletionProvider,
    EmbeddingsProvider,
    Provider,
    RerankProvider,
    SupportsBatches,
)
from chat_core.provider.speech import SpeechProvider, TranscriptionProvider
from chat_core.types.errors import ConfigurationError
from chat_core.types.response import ChatResponse
from chat_core.types.short_repr import Shown

if TYPE_CHECKING:
    from chat_core.chat.batches import ChatBatches
    from chat_core.chat.embedding import Progress
    from chat_core.provider import DecisionProvider, ExplainingProvider, InputEmbeddingsProvider
    from chat_core.types.audio import Speech, Transcription
    from chat_core.types.embeddings import EmbeddingInput, EmbeddingsResponse
    from chat_core.types.explanation import Explanation
    from chat_core.types.files import File
    from chat_core.types.messages import Messages
    from chat_core.types.options import ChatOptions
    from chat_core.types.questions import DecisionResponse, Question
    from chat_core.types.rerank import RerankResponse

P_co = TypeVar("P_co", bound=Provider, covariant=True)
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
D_contra = TypeVar("D_contra", contravariant=True, default=object)


class SideRequests(Shown, Generic[P_co, R_co, V_co, D_contra]):
    """A client and a setup, and what carries no conversation on. The type parameters are those of `Chat`."""

    def __init__(self, provider: P_co, setup: Setup) -> None:
        self._provider = provider
        self._setup = setup
        self._found: set[type] = set()  # what the provider can do, as far as that has been looked up

    @property
    def provider(self) -> P_co:
        """The client it was built with."""
        return self._provider

    def explain(
        self: SideRequests[ExplainingProvider, object, V_co, Never],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        stream: bool = False,
    ) -> Explanation:
        """Return the request that `complete`, or `stream`, would send first, without sending it.

        Middleware is not run: a notice names what might change the request. Raises `ConfigurationError` for
        what cannot be sent, and where calls have to be decided or run before.
        """
        from chat_core.chat.explain import explain_turn
        from chat_core.provider import ExplainingProvider

        self._require(ExplainingProvider, "does not tell what it would send")
        setup = self._setup.now().with_options(options)
        conversation = conversation_of(messages, may_pause=setup.may_pause)
        return explain_turn(self._provider, setup, conversation, deps, stream=stream)

    @overload
    async def embed(
        self: SideRequests[InputEmbeddingsProvider, R_co, V_co, D_contra],
        inputs: str | File | Sequence[EmbeddingInput],
        *,
        concurrency: int = 4,
        progress: Progress = False,
    ) -> EmbeddingsResponse: ...
    @overload
    async def embed(
        self: SideRequests[EmbeddingsProvider, R_co, V_co, D_contra],
        inputs: str | Sequence[str],
        *,
        concurrency: int = 4,
        progress: Progress = False,
    ) -> EmbeddingsResponse: ...
    async def embed(
        self: SideRequests[EmbeddingsProvider, R_co, V_co, D_contra],
        inputs: str | File | Sequence[EmbeddingInput],
        *,
        concurrency: int = 4,
        progress: Progress = False,
    ) -> EmbeddingsResponse:
        """Return one vector per input, in order; one text or file is one input.

        An input is a text; where the client has it also a `File`, the ids of a text's tokens, or a list
        of texts and files that make one vector together. More inputs than a request may hold go in several,
        `concurrency` of them at once. `progress` shows a bar of tqdm (`pip install chat-core[progress]`), or
        is called with the number of inputs that are done, and of all. Raises `ConfigurationError` before
        anything is sent for what the client makes no vectors of, and a `ChatError` whose `usage` is that of
        the requests that succeeded.
        """
        from chat_core.chat.embedding import embed_all

        self._require(EmbeddingsProvider, "makes no embeddings: .with_embeddings() before .build()")
        return await embed_all(
            self._provider, inputs, self._setup, concurrency=concurrency, progress=progress
        )

    @overload
    async def decide(
        self: SideRequests[DecisionProvider, object, V_co, Never],
        messages: Messages | str,
        questions: Mapping[str, Question],
    ) -> DecisionResponse[float]: ...
    @overload
    async def decide(
        self: SideRequests[CompletionProvider, object, V_co, Never],
        messages: Messages | str,
        questions: Mapping[str, Question],
    ) -> DecisionResponse[None]: ...
    async def decide(
        self: SideRequests[Provider, object, V_co, Never],
        messages: Messages | str,
        questions: Mapping[str, Question],
    ) -> DecisionResponse[float] | DecisionResponse[None]:
        """Return an answer to each question about the conversation, which stays as it is.

        A client whose server makes decisions (`OpenAIClient.decisions`, `GeminiClient.decisions`) tells
        probabilities. Any other model is asked for its answers as JSON, without probabilities. The chat's
        retries and options hold; its tools are not offered. Raises `ConfigurationError` for what is no
        question, and a `ChatError`.
        """
        from chat_core.chat.deciding import decided, emulated
        from chat_core.provider import DecisionProvider
        from chat_core.types.questions import checked_questions
        from chat_core.types.request import messages_of

        by_name, conversation = checked_questions(questions), messages_of(messages)
        setup = self._setup.now()
        if isinstance(self._provider, DecisionProvider):
            return await decided(self._provider, conversation, by_name, setup)
        self._require(CompletionProvider, "neither decides nor completes")
        return await emulated(cast("CompletionProvider", self._provider), conversation, by_name, setup)

    async def rerank(
        self: SideRequests[RerankProvider, R_co, V_co, D_contra],
        query: str,
        documents: Sequence[str],
        *,
        top_n: int | None = None,
    ) -> RerankResponse:
        """Return the documents in the order of how well they answer the query, best first; `top_n` limits how
        many. Raises `ConfigurationError` where the client does not rerank.
        """
        provider = self._provider
        self._require(RerankProvider, "does not rank documents")
        return await retried(partial(provider.rerank, query, documents, top_n=top_n), self._setup.retry, [])

    async def transcribe(
        self: SideRequests[TranscriptionProvider, R_co, V_co, D_contra],
        file: File,
        *,
        model: str | None = None,
        language: str | None = None,
    ) -> Transcription:
        """Return what is said in a recording. `language` is what is spoken, such as "de".

        Raises `ConfigurationError` where the client does not transcribe.
        """
        self._require(TranscriptionProvider, "does not transcribe")
        action = partial(self._provider.transcribe, file, model=model, language=language)
        return await retried(action, self._setup.retry, [])

    async def speak(
        self: SideRequests[SpeechProvider, R_co, V_co, D_contra],
        text: str,
        *,
        voice: str,
        model: str | None = None,
        format: str | None = None,
    ) -> Speech:
        """Return a text as speech, in a `voice` that the server has and a `format` such as "mp3".

        Raises `ConfigurationError` where the client does not speak.
        """
        self._require(SpeechProvider, "does not speak")
        action = partial(self._provider.speak, text, voice=voice, model=model, format=format)
        return await retried(action, self._setup.retry, [])

    @property
    def batches(self: SideRequests[SupportsBatches, object, V_co, Never]) -> ChatBatches[V_co]:
        """Batches of conversations, with the tools, options and output type of the chat.

        Raises `ConfigurationError` where the client has no batches.
        """
        from chat_core.chat.batches import ChatBatches

        self._require(SupportsBatches, "has no batches")
        return ChatBatches(self._provider.batches, self._setup)

    def _require(self, capability: type, otherwise: str) -> None:
        """For callers without a type checker, who would otherwise read an AttributeError.

        Each capability is looked up once: a protocol takes 40 µs.
        """
        if capability in self._found:
            return
        # from Python 3.12 on `isinstance` finds a property that raises AttributeError too
        members = get_protocol_members(capability)
        if not (isinstance(self._provider, capability) and all(hasattr(self._provider, m) for m in members)):
            raise ConfigurationError(f"{type(self._provider).__name__} {otherwise}")
        self._found.add(capability)
