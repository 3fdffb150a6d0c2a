"""Message batches. Facts: Anthropic's SDK 2.14 and recorded traffic, November 2026."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from chat_core import ChatRequest, ChatResponse, ConfigurationError, InvalidResponse, JsonObject, Origin
from chat_core.client import path_segment
from chat_core.client.batch_memory import batch_body, ids_of, memory_of, with_notices
from chat_core.client.batch_spool import BatchLimits, json_array
from chat_core.client.batch_wire import EncodedItem, Kind, Outcome
from chat_core.client.batches import Batches
from chat_core.types.batch import BatchCounts, BatchPart, BatchState, NotRun
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire import read_object

from chat_claude.betas import beta_header
from chat_claude.decode import decode_error, decode_object
from chat_claude.decode.errors import event_error
from chat_claude.encode import encode
from chat_claude.settings import Settings

_PATH = "/v1/messages/batches"
_NOT_IN_BATCHES = frozenset({"stream", "speed"})
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ClaudeBatches(Batches[Settings]):
    """The batches of a Claude model: at most 100,000 requests and 256 MB go into one.

    It ends after a day at the latest, and its results can be read for 29 days. A turn that the server pauses
    is not continued: its finish reason is "other", and sending it again continues it.
    """

    LIMITS: ClassVar[BatchLimits] = BatchLimits(100_000, 255_000_000)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "claude", decode_error)

    def _check_server(self) -> None:
        platform = self._settings.defaults.platform
        if not platform.has_batches:
            raise ConfigurationError(f"{platform.name} has no message batches: use Anthropic's own API")

    def _check_id(self, id: object, taken: Mapping[str, None]) -> None:
        super()._check_id(id, taken)
        if not _ID.fullmatch(str(id)):
            raise ConfigurationError(
                f"{id!r} is no id of a request in a batch of Claude: up to 64 letters, digits, - and _"
            )

    def _encode_chat(self, request: ChatRequest) -> EncodedItem:
        defaults = self._settings.defaults
        if defaults.thread:
            raise ConfigurationError("a batch has no threads: build its client without with_thread()")
        encoded = encode(request, origin=self._origin, defaults=defaults, stream=False).at(datetime.now(UTC))
        body, notices = batch_body(encoded.body, _NOT_IN_BATCHES)
        memory = memory_of(request.messages, encoded.notices + notices)
        try:
            memory["prefix"] = encoded.digest()
        except UnicodeEncodeError as exc:
            raise ConfigurationError(f"the request cannot be written as JSON: {exc}") from exc
        return EncodedItem(body, memory, features=encoded.betas)

    def _line(self, kind: Kind, id: str, body: Mapping[str, object]) -> Mapping[str, object]:
        return {"custom_id": id, "params": body}

    async def _create(self, kind: Kind, lines: bytes, size: int, features: tuple[str, ...]) -> BatchPart:
        body = b'{"requests":%b}' % json_array(lines)
        headers = beta_header(self._settings.headers, features)
        return await self._send("POST", _PATH, partial(decode_batch, size=size), body, headers)

    async def _poll(self, part: BatchPart) -> BatchPart:
        return await self._send("GET", _path(part), partial(decode_batch, size=part.size))

    async def _cancel(self, part: BatchPart) -> BatchPart:
        return await self._send("POST", f"{_path(part)}/cancel", partial(decode_batch, size=part.size))

    def _result_lines(self, part: BatchPart) -> AsyncGenerator[JsonObject]:
        return self._stream_lines(f"{_path(part)}/results")

    def _id_of(self, line: JsonObject) -> str:
        return as_text(line.get("custom_id"))

    def _outcome(self, id: str, line: JsonObject) -> Outcome:
        result = as_object(line.get("result"))
        match result:
            case {"type": "succeeded", "message": dict(message)}:
                return message
            case {"type": "errored"}:
                raise event_error(result.get("error"))
            case {"type": "canceled"}:
                return NotRun(id, "cancelled")
            case {"type": "expired"}:
                return NotRun(id, "expired")
            case _:
                raise InvalidResponse(f"a result of an unknown type: {str(line)[:300]}")

    def _decode(self, body: JsonObject, memory: JsonObject, origin: Origin) -> ChatResponse:
        prefix = as_text(memory.get("prefix"))
        return with_notices(
            decode_object(body, origin=origin, ids=ids_of(memory), prefix=lambda: prefix), memory
        )


def decode_batch(body: bytes, *, size: int) -> BatchPart:
    """Return the state of a batch of `size` requests. Raises `InvalidResponse` for what is no batch."""
    batch = read_object(body, "a message batch")
    id, word = as_text(batch.get("id")), as_text(batch.get("processing_status"))
    if not id:
        raise InvalidResponse(f"a batch without an id: {body[:300].decode('utf-8', 'replace')}")
    received = as_object(batch.get("request_counts"))
    words = ("processing", "succeeded", "errored", "canceled", "expired")
    counts = BatchCounts(size, *(as_count(received.get(name)) or 0 for name in words))
    return BatchPart(id, size, _state(word, counts), word, counts, expires_at=_time(batch.get("expires_at")))


def _state(word: str, counts: BatchCounts) -> BatchState:
    if word != "ended":
        return "running"
    if counts.cancelled == counts.total:
        return "cancelled"
    return "expired" if counts.expired == counts.total else "done"


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _path(part: BatchPart) -> str:
    return f"{_PATH}/{path_segment(part.id)}"
