"""What a router can do, which is what all of its members can: a class for each capability, put together as
the members have them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from chat_core.provider import (
    ChatModel,
    CompletionProvider,
    DecisionProvider,
    EmbeddingsProvider,
    EncodingProvider,
    ExplainingProvider,
    InputEmbeddingsProvider,
    ModelListProvider,
    Provider,
    RerankProvider,
    SchemaCheckingProvider,
    StreamProvider,
    TokenCountProvider,
)
from chat_core.provider.speech import (
    SpeechProvider,
    SpeechStreamProvider,
    TranscriptionProvider,
    TranscriptionStreamProvider,
)
from chat_core.routing.embedding import embed_with
from chat_core.routing.group import Group
from chat_core.routing.hedge import hedged
from chat_core.routing.member import Member
from chat_core.routing.offline import ChecksSchemas, Encodes, Explains
from chat_core.routing.one_pass import Pass
from chat_core.routing.side_requests import Counts, Decides, ListsModels, Reranks
from chat_core.routing.speech import Speaks, StreamsSpeech, StreamsTranscriptions, Transcribes
from chat_core.routing.trial import OpenStream, Trial, complete_with, open_stream
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.events import Done
from chat_core.types.messages import Messages
from chat_core.types.request import AnyRequest, ChatRequest, as_request

if TYPE_CHECKING:
    from chat_core.types.embeddings import EmbeddingInput, EmbeddingsResponse
    from chat_core.types.events import TurnEvent
    from chat_core.types.response import ChatResponse


G = TypeVar("G", bound=Group)


class ChatAndEmbeddings(ChatModel, EmbeddingsProvider, Protocol):
    """A client that completes, streams and embeds."""


class CountingChat(ChatModel, TokenCountProvider, ModelListProvider, Protocol):
    """A client that completes, streams, counts tokens and lists models."""


class Completes(Group):
    """What a router has whose members return whole turns."""

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return one turn of whichever member answers. Raises a `ChatError` after one pass over all."""
        run = await self._pass(as_request(given))
        start = partial(complete_with, run, self._options.reject)
        after = self._options.hedge_after
        try:
            response, member = await (
                run.in_turn(start)
                if after is None
                else hedged(run, start, after, partial(_lose_response, run))
            )
        except ChatError:
            if not run.rejected:
                raise
            response, member = run.rejected[-1]
        return run.finished(response, member)


class Streams(Group):
    """What a router has whose members stream."""

    async def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield a turn of whichever member begins one; from its first event on a failure is the caller's.

        Raises a `ChatError` after one pass over all members, and `ConfigurationError` where responses may be
        rejected: what has been shown cannot be.
        """
        if self._options.reject is not None:
            raise ConfigurationError("reject= judges whole responses, not streams: use .complete(...)")
        request = as_request(given)
        run = await self._pass(request)
        start = partial(open_stream, request)
        after = self._options.hedge_after
        opened = await (
            run.in_turn(start) if after is None else hedged(run, start, after, partial(_lose_stream, run))
        )
        async with aclosing(opened.rest()) as events:
            async for event in events:
                yield _accounted(run, opened.trial, event)


class Embeds(Group):
    """What a router has whose members embed."""

    @property
    def embedding_batch(self) -> int | None:
        """How many inputs one request may hold: what all members take."""
        sizes = [cast("EmbeddingsProvider", member.client).embedding_batch for member in self._members]
        return min((size for size in sizes if size is not None), default=None)

    @property
    def embedding_inputs(self) -> frozenset[str]:
        """What it makes vectors of: what all members do."""
        return frozenset[str].intersection(*(_inputs_of(member.client) for member in self._members))

    async def embed(self, inputs: Sequence[EmbeddingInput], /) -> EmbeddingsResponse:
        """Return one vector per input of whichever member answers.

        Raises `ConfigurationError` where members have different models, or vectors of different lengths:
        those cannot be compared; and a `ChatError` after one pass over all.
        """
        return await embed_with(await self._pass(ChatRequest(Messages())), self._members, inputs)


def _inputs_of(client: Provider) -> frozenset[str]:
    return client.embedding_inputs if isinstance(client, InputEmbeddingsProvider) else frozenset({"text"})


_KINDS: dict[type[Group], type] = {
    Completes: CompletionProvider,
    Streams: StreamProvider,
    Embeds: EmbeddingsProvider,
    Reranks: RerankProvider,
    Counts: TokenCountProvider,
    ListsModels: ModelListProvider,
    Decides: DecisionProvider,
    StreamsTranscriptions: TranscriptionStreamProvider,  # before the class that it extends
    Transcribes: TranscriptionProvider,
    StreamsSpeech: SpeechStreamProvider,
    Speaks: SpeechProvider,
    Explains: ExplainingProvider,
    Encodes: EncodingProvider,
    ChecksSchemas: SchemaCheckingProvider,
}
_CLASSES: dict[tuple[type, tuple[type, ...]], type] = {}


def with_capabilities(cls: type[G], clients: Sequence[Provider]) -> type[G]:
    """Return a subclass of `cls` that has what all of these clients have.

    Raises `ConfigurationError` where they have nothing in common.
    """
    bases = tuple(
        kind for kind, capability in _KINDS.items() if all(isinstance(one, capability) for one in clients)
    )
    if not bases:
        raise ConfigurationError("these clients have nothing in common: none does what all others do")
    if (cls, bases) not in _CLASSES:
        body = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
        _CLASSES[cls, bases] = type(cls.__name__, (cls, *bases), body)
    return cast("type[G]", _CLASSES[cls, bases])


async def _lose_response(run: Pass, trial: Trial, given: tuple[ChatResponse, Member] | None) -> None:
    run.lost(trial, given[0] if given is not None else None)


async def _lose_stream(run: Pass, trial: Trial, opened: OpenStream[TurnEvent] | None) -> None:
    if opened is not None:
        await opened.aclose()
    run.lost(trial, None)


def _accounted(run: Pass, trial: Trial, event: TurnEvent) -> TurnEvent:
    return Done(run.finished(event.response, trial.member)) if isinstance(event, Done) else event
