"""Batches of the Gemini API.

Facts: google-genai 3.6.1, its issues 1482 and 1909, and recorded traffic, November 2026.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final, cast
from urllib.parse import urlsplit, urlunsplit

from chat_core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    EmbeddingsResponse,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Origin,
)
from chat_core.client import resource_path
from chat_core.client.batch_memory import ids_of, memory_of, notices_of
from chat_core.client.batch_spool import BatchLimits, json_array
from chat_core.client.batch_wire import EncodedItem, Kind, Outcome, counts_of, state_of
from chat_core.client.batches import Batches
from chat_core.client.embedding_batches import EmbeddingBatches
from chat_core.types.batch import BatchPart, BatchState, NotRun
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import read_object

from chat_gemini.decode import TurnAssembler, decode_error
from chat_gemini.decode.errors import check_frame
from chat_gemini.decode.response import unwrapped
from chat_gemini.embeddings import embeddings_of, encode_embeddings
from chat_gemini.encode import encode
from chat_gemini.names import model_path, renamed
from chat_gemini.settings import Settings

_FINAL: Final[Mapping[str, BatchState]] = {
    "SUCCEEDED": "done",
    "PARTIALLY_SUCCEEDED": "done",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "EXPIRED": "expired",
}
_METHODS: Final[Mapping[Kind, str]] = {
    "chat": "batchGenerateContent",
    "embeddings": "asyncBatchEmbedContent",
}
# HTTP statuses of the codes of google.rpc.Status, which the errors of single requests have
_STATUSES: Final = {
    1: 499,
    2: 500,
    3: 400,
    4: 504,
    5: 404,
    6: 409,
    7: 403,
    8: 429,
    9: 400,
    10: 409,
    11: 400,
    12: 501,
    13: 500,
    14: 503,
    15: 500,
    16: 401,
}


class GeminiBatches(Batches[Settings]):
    """The batches of a Gemini model. Vertex AI has another kind, over files in Google's storage.

    They go, and come back, in the body, which holds 20 MB: so at most 10,000 requests and 18 MB go into one.
    Results come in any order, and are matched by the ids that are sent along.
    """

    LIMITS: ClassVar[BatchLimits] = BatchLimits(10_000, 18_000_000)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "gemini", decode_error)

    def _check_server(self) -> None:
        if not self._settings.defaults.endpoint.has_batches:
            raise ConfigurationError(
                "batches of Vertex AI lie in Google's storage, which this library does not write: "
                "leave out .with_vertex(...) for those of the Gemini API"
            )

    def _encode_chat(self, request: ChatRequest) -> EncodedItem:
        defaults = self._settings.defaults
        encoded = encode(request, origin=self._origin, defaults=defaults, stream=False)
        memory = memory_of(request.messages, encoded.notices)
        if names := renamed(request.tools):
            memory["names"] = dict[str, JsonValue](names)
        return EncodedItem(encoded.body, memory)

    def _line(self, kind: Kind, id: str, body: Mapping[str, object]) -> Mapping[str, object]:
        return {"request": body, "metadata": {"key": id}}

    async def _create(self, kind: Kind, lines: bytes, size: int, features: tuple[str, ...]) -> BatchPart:
        body = b'{"batch":{"inputConfig":{"requests":{"requests":%b}}}}' % json_array(lines)
        model = resource_path(model_path(self.model, self._settings.defaults.endpoint))
        return await self._send("POST", f"/{model}:{_METHODS[kind]}", partial(decode_batch, size=size), body)

    async def _poll(self, part: BatchPart) -> BatchPart:
        return await self._send("GET", _path(part), partial(decode_batch, size=part.size))

    async def _cancel(self, part: BatchPart) -> BatchPart:
        await self._send("POST", f"{_path(part)}:cancel", len)
        return await self._poll(part)

    async def _result_lines(self, part: BatchPart) -> AsyncGenerator[JsonObject]:
        if "output" in part.files:
            async with aclosing(self._stream_file(part.files["output"])) as lines:
                async for line in lines:
                    yield line
            return
        results = await self._send("GET", _path(part), _inline_results)
        results.reverse()
        while results:  # each is let go once it has been read
            yield results.pop()

    def _stream_file(self, name: str) -> AsyncGenerator[JsonObject]:
        """Yield the lines of a file of results. Downloads have a folder of their own before the version."""
        parsed = urlsplit(self._settings.base_url)
        base, _, version = parsed.path.rpartition("/")
        address = urlunsplit(parsed._replace(path=f"{base}/download/{version}"))
        settings = replace(self._settings, base_url=address)
        return GeminiBatches(settings)._stream_lines(f"/{resource_path(name)}:download?alt=media")

    def _id_of(self, line: JsonObject) -> str:
        return as_text(as_object(line.get("metadata")).get("key")) or as_text(line.get("key"))

    def _outcome(self, id: str, line: JsonObject) -> Outcome:
        error, response = as_object(line.get("error")), line.get("response")
        if error:
            code = error.get("code")
            if code == 1:
                return NotRun(id, "cancelled")
            status = _STATUSES.get(code, code) if isinstance(code, int) else code
            check_frame({"error": {**error, "code": status}})
        if isinstance(response, dict):
            return response
        raise InvalidResponse(f"a result without a response: {str(line)[:300]}")

    def _decode(self, body: JsonObject, memory: JsonObject, origin: Origin) -> ChatResponse:
        names = {sent: as_text(own) for sent, own in as_object(memory.get("names")).items()}
        turn = TurnAssembler(origin, ids_of(memory), names)
        frame = unwrapped(body)
        check_frame(frame)
        turn.add(frame)
        if not turn.has_anything:
            raise InvalidResponse(f"a Gemini response without candidates: {str(body)[:300]}")
        return turn.finished(notices_of(memory), frame)


class EmbeddingGeminiBatches(GeminiBatches, EmbeddingBatches[Settings]):
    """The batches of a client built `.with_embeddings()`: one text for each id."""

    def _encode_embeddings(self, texts: Sequence[str]) -> Mapping[str, object]:
        if len(texts) > 1:
            raise ConfigurationError("a batch of Gemini's embeddings has one text for each id, not several")
        settings = self._settings
        _, body = encode_embeddings(
            texts,
            model=settings.model,
            options=settings.embeddings,
            endpoint=settings.defaults.endpoint,
            extra=settings.embeddings_extra,
        )
        return as_object(as_list(cast("JsonValue", body["requests"]))[0])

    def _decode_embeddings(self, body: JsonObject, count: int) -> EmbeddingsResponse:
        check_frame(body)
        settings = self._settings
        return embeddings_of(body, count=count, model=settings.model, options=settings.embeddings)


def decode_batch(body: bytes, *, size: int) -> BatchPart:
    """Return the state of a batch of `size` requests. Raises `InvalidResponse` for what is no batch."""
    operation = read_object(body, "a batch")
    about = as_object(operation.get("metadata"))
    name = as_text(operation.get("name")) or as_text(about.get("name"))
    if not name:
        raise InvalidResponse(f"a batch without a name: {body[:300].decode('utf-8', 'replace')}")
    word = as_text(about.get("state"))
    state = state_of(word.removeprefix("BATCH_STATE_").removeprefix("JOB_STATE_"), _FINAL)
    output = _output(operation)
    file = as_text(output.get("responsesFile"))
    error = as_text(as_object(operation.get("error")).get("message"))
    stats = as_object(about.get("batchStats"))
    succeeded, failed = _number(stats, "successfulRequestCount"), _number(stats, "failedRequestCount")
    counts = counts_of(state, size, succeeded, failed)
    return BatchPart(name, size, state, word, counts, {"output": file} if file else {}, error=error or None)


def _number(stats: JsonObject, name: str) -> int:
    """Return a count, which this wire writes as text."""
    value = stats.get(name)
    if isinstance(value, str):
        return int(value) if value.isdecimal() else 0
    return value if isinstance(value, int) else 0


def _output(operation: JsonObject) -> JsonObject:
    return as_object(operation.get("response")) or as_object(
        as_object(operation.get("metadata")).get("output")
    )


def _inline_results(body: bytes) -> list[JsonObject]:
    output = _output(read_object(body, "a batch"))
    found = output.get("inlinedResponses") or output.get("inlinedEmbedContentResponses")
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), None)
    return [as_object(item) for item in as_list(found)]


def _path(part: BatchPart) -> str:
    return f"/{resource_path(part.id)}"
