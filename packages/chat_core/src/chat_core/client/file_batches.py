"""Batches whose requests are the lines of an uploaded file: OpenAI's form, which several servers have.

Facts: OpenAI's reference and recorded traffic, November 2026.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Final, TypeVar

from chat_core.client.base import ClientSettings
from chat_core.client.batch_spool import BatchLimits
from chat_core.client.batch_wire import Kind, Outcome, counts_of, state_of
from chat_core.client.batches import Batches
from chat_core.client.paths import path_segment
from chat_core.types.batch import BatchPart, BatchState, NotRun
from chat_core.types.errors import InvalidResponse
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, as_count, as_list, as_object, as_text
from chat_core.wire.error_body import error_from_object
from chat_core.wire.multipart import encode_form
from chat_core.wire.read import read_object

S = TypeVar("S", bound=ClientSettings)
_FINAL: Final[Mapping[str, BatchState]] = {
    "completed": "done",
    "cancelled": "cancelled",
    "expired": "expired",
    "failed": "failed",
}


class FileBatches(Batches[S], ABC):
    """Batches of lines in an uploaded file, at `/files` and `/batches` under the base URL."""

    LIMITS: ClassVar[BatchLimits] = BatchLimits(50_000, 200_000_000)
    ENDPOINTS: ClassVar[Mapping[Kind, str]] = {"chat": "/v1/chat/completions", "embeddings": "/v1/embeddings"}
    WINDOW: ClassVar[str] = "24h"

    def _line(self, kind: Kind, id: str, body: Mapping[str, object]) -> Mapping[str, object]:
        return {"custom_id": id, "method": "POST", "url": self.ENDPOINTS[kind], "body": body}

    async def _create(self, kind: Kind, lines: bytes, size: int, features: tuple[str, ...]) -> BatchPart:
        file = await self._upload(lines)
        body = {
            "input_file_id": file,
            "endpoint": self.ENDPOINTS[kind],
            "completion_window": self.WINDOW,
        }
        return await self._send("POST", "/batches", partial(decode_batch, size=size), body)

    async def _poll(self, part: BatchPart) -> BatchPart:
        return await self._send("GET", _path(part), partial(decode_batch, size=part.size))

    async def _cancel(self, part: BatchPart) -> BatchPart:
        return await self._send("POST", f"{_path(part)}/cancel", partial(decode_batch, size=part.size))

    async def _result_lines(self, part: BatchPart) -> AsyncGenerator[JsonObject]:
        for name in ("output", "error"):
            if name in part.files:
                path = f"/files/{path_segment(part.files[name])}/content"
                async with aclosing(self._stream_lines(path)) as lines:
                    async for line in lines:
                        yield line

    def _id_of(self, line: JsonObject) -> str:
        return as_text(line.get("custom_id"))

    def _outcome(self, id: str, line: JsonObject) -> Outcome:
        return outcome_of_line(id, line)

    async def _upload(self, lines: bytes) -> str:
        """Upload the lines of a batch, and return the id of the file."""
        file = File("application/jsonl", lines, name="batch.jsonl")
        form = encode_form({"purpose": "batch"}, file)
        headers = {"content-type": form.content_type}
        return await self._send("POST", "/files", _decode_file, form.body, headers)


def outcome_of_line(id: str, line: JsonObject) -> Outcome:
    """Return the body of a result line, or why there is none. Raises the error that the line describes."""
    response = as_object(line.get("response"))
    status, body = as_count(response.get("status_code")) or 200, response.get("body")
    if status >= 400:
        raise error_from_object(body, status=status)
    if isinstance(body, dict) and not line.get("error"):
        return body
    error = error_from_object({"error": line.get("error")})
    match error.code:
        case "batch_expired":
            return NotRun(id, "expired", error)
        case "batch_cancelled":
            return NotRun(id, "cancelled", error)
        case _:
            if line.get("error"):
                raise error
            raise InvalidResponse(f"a result without a response: {str(line)[:300]}")


def decode_batch(body: bytes, *, size: int) -> BatchPart:
    """Return the state of a batch of `size` requests. Raises `InvalidResponse` for what is no batch."""
    batch = read_object(body, "a batch")
    id, word = as_text(batch.get("id")), as_text(batch.get("status"))
    if not id:
        raise InvalidResponse(f"a batch without an id: {body[:300].decode('utf-8', 'replace')}")
    state = state_of(word, _FINAL)
    files = {
        name: as_text(batch.get(f"{name}_file_id"))
        for name in ("input", "output", "error")
        if batch.get(f"{name}_file_id")
    }
    received = as_object(batch.get("request_counts"))
    succeeded, failed = as_count(received.get("completed")) or 0, as_count(received.get("failed")) or 0
    counts = counts_of(state, size, succeeded, failed)
    return BatchPart(id, size, state, word, counts, files, _time(batch), _error(batch) or None)


def _time(batch: JsonObject) -> datetime | None:
    seconds = as_count(batch.get("expires_at"))
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _error(batch: JsonObject) -> str:
    """Return why the whole batch failed, with the lines at fault."""
    errors = map(as_object, as_list(as_object(batch.get("errors")).get("data")))
    texts = [
        f"line {error['line']}: {as_text(error.get('message'))}"
        if error.get("line") is not None
        else as_text(error.get("message"))
        for error in errors
    ]
    return "; ".join(texts)[:2000]


def _path(part: BatchPart) -> str:
    return f"/batches/{path_segment(part.id)}"


def _decode_file(body: bytes) -> str:
    id = as_text(read_object(body, "an uploaded file").get("id"))
    if not id:
        raise InvalidResponse(f"an uploaded file without an id: {body[:300].decode('utf-8', 'replace')}")
    return id
