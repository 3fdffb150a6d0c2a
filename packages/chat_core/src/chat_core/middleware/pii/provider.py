"""A provider that a model's server sees placeholders through, and the application the data itself."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Never, cast

from typing_extensions import TypeVar

from chat_core.middleware.pii.patterns import PATTERNS, Find, Finder
from chat_core.middleware.pii.pseudonyms import Pseudonyms
from chat_core.middleware.pii.restore_stream import StreamRestorer
from chat_core.middleware.pii.rewrite import Redaction, refuse_unread, restored_message
from chat_core.middleware.provider_wrapper import ProviderWrapper
from chat_core.provider import (
    CompletionProvider,
    EmbeddingsProvider,
    ExplainingProvider,
    Provider,
    RerankProvider,
    StreamProvider,
    TokenCountProvider,
)
from chat_core.types.errors import ChatError, ConfigurationError, InvalidResponse
from chat_core.types.events import Done, TurnEvent
from chat_core.types.files import File
from chat_core.types.request import AnyRequest, ChatRequest, as_request
from chat_core.types.response import ChatResponse, Notice

if TYPE_CHECKING:
    from chat_core.types.embeddings import EmbeddingInput, EmbeddingsResponse
    from chat_core.types.explanation import Explanation
    from chat_core.types.messages import Messages
    from chat_core.types.request import ToolDefinition
    from chat_core.types.rerank import RerankResponse

P_co = TypeVar("P_co", bound=Provider, covariant=True, default=Provider)


class RedactingProvider(ProviderWrapper[P_co]):
    """Replaces personal data by placeholders such as `[EMAIL_1]` before a request leaves, and puts the data
    back into what comes.

    Texts, tool results, arguments and text files are searched. Conversations keep the data: nothing stored
    is changed, and the same history gets the same placeholders each time, so caches and signatures hold.
    """

    def __init__(
        self,
        inner: P_co,
        *,
        kinds: Iterable[str] = tuple(PATTERNS),
        patterns: Mapping[str, str | re.Pattern[str]] | None = None,
        find: Find | None = None,
        files: Literal["refuse", "send"] = "refuse",
    ) -> None:
        """`kinds` are those of the built-in patterns: KEY, EMAIL, IBAN, CARD, IP and PHONE, all by default.

        `patterns` are further regular expressions by kind, and `find` a function that yields start, end and
        kind of what it finds in a text, for names and addresses. `files` tells what becomes of those that
        nobody can look into, such as pictures: refused by default. Raises `ConfigurationError`.
        """
        super().__init__(inner)
        if files not in ("refuse", "send"):
            raise ConfigurationError(f'RedactingProvider(files={files!r}): it is "refuse" or "send"')
        self._finder = Finder(kinds, patterns or {}, find)
        self._files = files

    async def complete(self: RedactingProvider[CompletionProvider], given: AnyRequest, /) -> ChatResponse:
        """Return one model turn, with the data in place. Raises a `ChatError`; retries nothing."""
        request, redaction = self._redacted(as_request(given))
        typed = request.output is not None
        try:
            response = await self.inner.complete(request)
        except ChatError as error:
            _restore_error(error, redaction, typed=typed)
            raise
        return _restored(response, redaction, typed=typed)

    async def stream(
        self: RedactingProvider[StreamProvider], given: AnyRequest, /
    ) -> AsyncGenerator[TurnEvent]:
        """Yield a turn as it arrives, with the data in place; only what may be the begin of a placeholder
        waits for its rest. Raises a `ChatError`; retries nothing.
        """
        request, redaction = self._redacted(as_request(given))
        typed = request.output is not None
        restorer = StreamRestorer(redaction.pseudonyms, typed=typed)
        try:
            async with aclosing(self.inner.stream(request)) as events:
                async for event in events:
                    for restored in restorer.feed(event):
                        yield _noticed(restored, redaction)
        except ChatError as error:
            for chunk in restorer.rest():
                yield chunk
            _restore_error(error, redaction, typed=typed)
            raise

    async def embed(
        self: RedactingProvider[EmbeddingsProvider], inputs: Sequence[str], /
    ) -> EmbeddingsResponse:
        """Return one vector per input, made of the texts with placeholders. Raises a `ChatError`."""
        redact = self._pseudonyms().redact
        given = cast("Sequence[EmbeddingInput]", inputs)  # some clients take more than texts
        return await self.inner.embed(cast("Sequence[str]", [_redacted(one, redact) for one in given]))

    async def rerank(
        self: RedactingProvider[RerankProvider],
        query: str,
        documents: Sequence[str],
        /,
        *,
        top_n: int | None = None,
    ) -> RerankResponse:
        """Return the documents as they were given, best first, ranked with placeholders in them.

        Raises a `ChatError`.
        """
        pseudonyms = self._pseudonyms()
        texts = [pseudonyms.redact(text) for text in documents]
        response = await self.inner.rerank(pseudonyms.redact(query), texts, top_n=top_n)
        given = (replace(result, document=documents[result.index]) for result in response.results)
        return replace(response, results=tuple(given))

    async def count_tokens(
        self: RedactingProvider[TokenCountProvider],
        messages: Messages,
        tools: Sequence[ToolDefinition] = (),
    ) -> int:
        """Return the input tokens of a request, with placeholders. Raises a `ChatError`."""
        request, _ = self._redacted(ChatRequest(messages, tools))
        return await self.inner.count_tokens(request.messages, tools)

    def explain(
        self: RedactingProvider[ExplainingProvider], given: AnyRequest, /, *, stream: bool = False
    ) -> Explanation:
        """Return what would be sent for this turn, with placeholders. Raises as `complete` does."""
        request, redaction = self._redacted(as_request(given))
        explained = self.inner.explain(request, stream=stream)
        return replace(explained, notices=(*explained.notices, *_notices(redaction)))

    @property
    def batches(self) -> Never:
        """Raises `AttributeError`: what a batch holds is not searched, so there is none here."""
        raise AttributeError("RedactingProvider has no batches: their requests would not be searched")

    @property
    def files(self) -> Never:
        """Raises `AttributeError`: what is uploaded is not searched, so there is none here."""
        raise AttributeError("RedactingProvider has no files: uploads would not be searched")

    def _pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(self._finder)

    def _redacted(self, request: ChatRequest) -> tuple[ChatRequest, Redaction]:
        redaction = Redaction(self._pseudonyms())
        messages = redaction.messages(request.messages)
        if self._files == "refuse":
            refuse_unread(redaction.unread)
        return replace(request, messages=messages), redaction


def _restored(response: ChatResponse, redaction: Redaction, *, typed: bool) -> ChatResponse:
    message = restored_message(response.message, redaction.pseudonyms, typed=typed)
    return replace(response, message=message, notices=(*response.notices, *_notices(redaction)))


def _noticed(event: TurnEvent, redaction: Redaction) -> TurnEvent:
    if not isinstance(event, Done) or not redaction.unread:
        return event
    response = event.response
    return Done(replace(response, notices=(*response.notices, *_notices(redaction))))


def _notices(redaction: Redaction) -> Iterable[Notice]:
    if redaction.unread:
        count = len(redaction.unread)
        yield Notice("files", f"{count} of them were sent without a search for personal data")


def _restore_error(error: ChatError, redaction: Redaction, *, typed: bool) -> None:
    """Put the data back into the turn that an error holds."""
    if error.partial is not None:
        error.partial = _restored(error.partial, redaction, typed=typed)
    if isinstance(error, InvalidResponse) and error.response is not None:
        error.response = _restored(error.response, redaction, typed=typed)


def _redacted(given: EmbeddingInput, redact: Callable[[str], str]) -> EmbeddingInput:
    """Return an input to embed with placeholders in its texts; files and token ids stay as they are."""
    if isinstance(given, str):
        return redact(given)
    if isinstance(given, File):
        return given
    parts = cast("Sequence[str | File]", given)
    return [redact(part) if isinstance(part, str) else part for part in parts]
