"""Batches of Mistral's. Facts: Mistral's SDK 3.7 and recorded traffic, November 2026."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import ClassVar, Final

from chat_completions.batch import CompletionBatches, EmbeddingCompletionBatches
from chat_core import InvalidResponse, JsonObject
from chat_core.client import path_segment
from chat_core.client.batch_spool import BatchLimits, json_array
from chat_core.client.batch_wire import Kind, counts_of, state_of
from chat_core.types.batch import BatchPart, BatchState
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import read_object
from chat_core.wire.write import dump

_FINAL: Final[Mapping[str, BatchState]] = {
    "SUCCESS": "done",
    "FAILED": "failed",
    "TIMEOUT_EXCEEDED": "expired",
    "CANCELLED": "cancelled",
}
_INLINE_REQUESTS = 1_000  # of a batch that goes, and comes back, in the body
_INLINE_BYTES = 4_000_000


class MistralBatches(CompletionBatches):
    """The batches of a model at Mistral: small ones in the body of one request, others as an uploaded file.

    The model stands once on the batch, not on its requests.
    """

    LIMITS: ClassVar[BatchLimits] = BatchLimits(100_000, 200_000_000)

    def _line(self, kind: Kind, id: str, body: Mapping[str, object]) -> Mapping[str, object]:
        return {"custom_id": id, "body": {name: value for name, value in body.items() if name != "model"}}

    async def _create(self, kind: Kind, lines: bytes, size: int, features: tuple[str, ...]) -> BatchPart:
        job: dict[str, object] = {"endpoint": self.ENDPOINTS[kind], "model": self.model}
        if size <= _INLINE_REQUESTS and len(lines) <= _INLINE_BYTES:
            body = b'%b,"requests":%b}' % (dump(job)[:-1], json_array(lines))
        else:
            body = dump({**job, "input_files": [await self._upload(lines)]})
        return await self._send("POST", "/batch/jobs", partial(decode_job, size=size), body)

    async def _poll(self, part: BatchPart) -> BatchPart:
        return await self._send("GET", _path(part), partial(decode_job, size=part.size))

    async def _cancel(self, part: BatchPart) -> BatchPart:
        return await self._send("POST", f"{_path(part)}/cancel", partial(decode_job, size=part.size))

    async def _result_lines(self, part: BatchPart) -> AsyncGenerator[JsonObject]:
        if part.size <= _INLINE_REQUESTS:
            job = await self._send("GET", f"{_path(part)}?inline=true", _read_job)
            outputs = as_list(job.get("outputs"))
            for output in outputs:
                yield as_object(output)
            if outputs:
                files = {name: id for name, id in part.files.items() if name != "output"}
                part = BatchPart(part.id, part.size, files=files)
        async with aclosing(super()._result_lines(part)) as lines:
            async for line in lines:
                yield line


class EmbeddingMistralBatches(MistralBatches, EmbeddingCompletionBatches):
    """The batches of a client built `.with_embeddings()`."""


def decode_job(body: bytes, *, size: int) -> BatchPart:
    """Return the state of a batch of `size` requests. Raises `InvalidResponse` for what is no batch."""
    job = _read_job(body)
    word = as_text(job.get("status"))
    state = state_of(word, _FINAL)
    files = {
        name: as_text(job.get(f"{name}_file")) for name in ("output", "error") if job.get(f"{name}_file")
    }
    succeeded, failed = as_count(job.get("succeeded_requests")), as_count(job.get("failed_requests"))
    errors = [as_text(as_object(error).get("message")) for error in as_list(job.get("errors"))]
    return BatchPart(
        as_text(job.get("id")),
        size,
        state,
        word,
        counts_of(state, size, succeeded or 0, failed or 0),
        files,
        error="; ".join(errors)[:2000] or None,
    )


def _read_job(body: bytes) -> JsonObject:
    job = read_object(body, "a batch")
    if not as_text(job.get("id")):
        raise InvalidResponse(f"a batch without an id: {body[:300].decode('utf-8', 'replace')}")
    return job


def _path(part: BatchPart) -> str:
    return f"/batch/jobs/{path_segment(part.id)}"
