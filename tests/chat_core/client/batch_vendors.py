"""Batch servers of each vendor, as far as clients see them: scripted, in memory."""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio.lowlevel
from chat_claude import ClaudeBuilder
from chat_core import Event, EventStream, Request, Response
from chat_core.transport import bursts_from_bytes
from chat_gemini import GeminiBuilder
from chat_groq import GroqBuilder
from chat_mistral import MistralBuilder
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder

Turn = Callable[[str], dict[str, Any]]


@dataclass
class Script:
    """What becomes of a batch: ids that fail, that never ran, that are lost; and how it ends."""

    errors: frozenset[str] = frozenset()
    unrun: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    ending: str = "done"
    polls: int = 1
    unknown: int = 0  # requests that are answered with 404 first
    turn: Callable[[str], dict[str, Any]] | None = None  # text, calls of a turn, by id
    refuse_part: int | None = None  # the part that is not taken


@dataclass
class Batch:
    items: list[tuple[str, dict[str, Any]]]
    polls: int = 0
    cancelled: bool = False


@dataclass
class Vendor:
    """The server of one vendor. `seen` are the requests: method, path, and body."""

    script: Script = field(default_factory=Script)
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    batches: dict[str, Batch] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    written: int = 0  # result lines that have been asked for

    def respond(self, method: str, url: str, body: bytes) -> tuple[int, str, Iterator[bytes]]:
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        self.seen.append((method, path, body))
        if method == "GET" and self.script.unknown:
            self.script.unknown -= 1
            return 404, "application/json", iter([b'{"error": {"message": "no such batch"}}'])
        return self.route(method, path, query, body)

    def route(self, method: str, path: str, query: Any, body: bytes) -> tuple[int, str, Iterator[bytes]]:
        raise NotImplementedError

    def create(self, items: list[tuple[str, dict[str, Any]]]) -> str:
        if self.script.refuse_part == len(self.batches):
            raise Refusal
        id = f"batch_{len(self.batches)}"
        self.batches[id] = Batch(items)
        return id

    def ended(self, id: str, poll: bool = True) -> bool:
        batch = self.batches[id]
        batch.polls += poll
        return batch.cancelled or batch.polls > self.script.polls

    def ending(self, id: str) -> str:
        return "cancelled" if self.batches[id].cancelled else self.script.ending

    def shuffled(self, id: str) -> list[str]:
        ids = [id for id, _ in self.batches[id].items if id not in self.script.lost]
        random.Random(7).shuffle(ids)
        return ids

    def kind(self, id: str) -> str:
        if id in self.script.errors:
            return "error"
        return "unrun" if id in self.script.unrun else "turn"

    def turn(self, id: str) -> dict[str, Any]:
        return self.script.turn(id) if self.script.turn else {"text": f"answer to {id}"}

    def count(self, id: str, kind: str) -> int:
        return sum(self.kind(item) == kind for item, _ in self.batches[id].items)


class Refusal(Exception):
    """The part that the script refuses."""


def json_body(value: object, status: int = 200) -> tuple[int, str, Iterator[bytes]]:
    return status, "application/json", iter([json.dumps(value).encode()])


def completion(turn: dict[str, Any]) -> dict[str, Any]:
    calls = [
        {
            "id": c["id"],
            "type": "function",
            "function": {"name": c["name"], "arguments": json.dumps(c["arguments"])},
        }
        for c in turn.get("calls", ())
    ]
    message = {"role": "assistant", "content": turn.get("text")} | ({"tool_calls": calls} if calls else {})
    return {
        "id": "c1",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def responses_turn(turn: dict[str, Any]) -> dict[str, Any]:
    output: list[dict[str, Any]] = [
        {
            "type": "function_call",
            "id": f"fc_{c['id']}",
            "call_id": c["id"],
            "name": c["name"],
            "arguments": json.dumps(c["arguments"]),
            "status": "completed",
        }
        for c in turn.get("calls", ())
    ]
    if "text" in turn:
        content = [{"type": "output_text", "text": turn["text"], "annotations": []}]
        output.append(
            {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": content}
        )
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    return {
        "id": "r1",
        "object": "response",
        "status": "completed",
        "model": "m",
        "output": output,
        "usage": usage,
    }


def claude_turn(turn: dict[str, Any]) -> dict[str, Any]:
    content = [{"type": "text", "text": turn["text"]}] if "text" in turn else []
    content += [
        {"type": "tool_use", "id": c["id"], "name": c["name"], "input": c["arguments"]}
        for c in turn.get("calls", ())
    ]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": "tool_use" if turn.get("calls") else "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }


def gemini_turn(turn: dict[str, Any]) -> dict[str, Any]:
    parts = [{"text": turn["text"]}] if "text" in turn else []
    parts += [
        {"functionCall": {"id": c["id"], "name": c["name"], "args": c["arguments"]}}
        for c in turn.get("calls", ())
    ]
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
        "modelVersion": "m",
        "responseId": "g1",
    }


@dataclass
class FileVendor(Vendor):
    """OpenAI, Azure and Groq: files and batches."""

    body: Callable[[dict[str, Any]], dict[str, Any]] = completion

    def route(self, method: str, path: str, query: Any, body: bytes) -> tuple[int, str, Iterator[bytes]]:
        if method == "POST" and path.endswith("/files"):
            id = f"file_{len(self.files)}"
            self.files[id] = form_file(body)
            return json_body({"id": id, "object": "file", "purpose": "batch"})
        if found := re.search(r"/files/(batch_\d+)-(output|error)/content$", path):
            return 200, "application/octet-stream", self.lines(found[1], found[2])
        if method == "POST" and path.endswith("/batches"):
            lines = self.files[json.loads(body)["input_file_id"]].splitlines()
            try:
                id = self.create([(line["custom_id"], line) for line in map(json.loads, lines)])
            except Refusal:
                return json_body({"error": {"message": "too many batches", "code": "limit"}}, 400)
            return json_body(self.state(id, poll=False))
        found = re.search(r"/batches/(batch_\d+)(/cancel)?$", path)
        assert found, path
        if found[2]:
            self.batches[found[1]].cancelled = True
        return json_body(self.state(found[1]))

    def state(self, id: str, *, poll: bool = True) -> dict[str, Any]:
        ended = self.ended(id, poll)
        word = {"done": "completed"}.get(self.ending(id), self.ending(id)) if ended else "in_progress"
        failed = word == "failed"
        size = len(self.batches[id].items)
        done = size if ended and not failed else 0
        succeeded = min(done, self.count(id, "turn"))
        return {
            "id": id,
            "object": "batch",
            "status": word,
            "input_file_id": "file_0",
            "output_file_id": f"{id}-output" if ended and not failed else None,
            "error_file_id": f"{id}-error" if ended and not failed else None,
            "errors": {"data": [{"code": "invalid_json_line", "line": 1, "message": "is no request"}]}
            if failed
            else None,
            "expires_at": 1787236874,
            "request_counts": {
                "total": size,
                "completed": succeeded,
                "failed": min(done, self.count(id, "error")),
            },
        }

    def lines(self, batch: str, name: str) -> Iterator[bytes]:
        for id in self.shuffled(batch):
            kind = self.kind(id)
            if (kind == "unrun") == (name == "error"):
                self.written += 1
                yield json.dumps(self.line(id, kind, batch)).encode() + b"\n"

    def line(self, id: str, kind: str, batch: str) -> dict[str, Any]:
        if kind == "unrun":
            code = "batch_expired" if self.ending(batch) == "expired" else "batch_cancelled"
            return {
                "custom_id": id,
                "response": None,
                "error": {"code": code, "message": "This request was not run."},
            }
        if kind == "error":
            error = {
                "error": {
                    "message": f"{id} has too many tokens",
                    "type": "invalid_request_error",
                    "code": None,
                }
            }
            return {
                "custom_id": id,
                "response": {"status_code": 400, "request_id": "q", "body": error},
                "error": None,
            }
        return {
            "custom_id": id,
            "response": {"status_code": 200, "body": self.body(self.turn(id))},
            "error": None,
        }


@dataclass
class MistralVendor(FileVendor):
    def route(self, method: str, path: str, query: Any, body: bytes) -> tuple[int, str, Iterator[bytes]]:
        if method == "POST" and path.endswith("/batch/jobs"):
            sent = json.loads(body)
            requests = sent.get("requests")
            if requests is None:
                requests = [json.loads(line) for line in self.files[sent["input_files"][0]].splitlines()]
            try:
                id = self.create([(item["custom_id"], item) for item in requests])
            except Refusal:
                return json_body({"detail": "too many batches"}, 422)
            return json_body(self.state(id, poll=False))
        if found := re.search(r"/batch/jobs/(batch_\d+)(/cancel)?$", path):
            if found[2]:
                self.batches[found[1]].cancelled = True
            state = self.state(found[1])
            if "inline" in query:
                state["outputs"] = [json.loads(line) for line in self.lines(found[1], "output")]
            return json_body(state)
        return super().route(method, path, query, body)

    def state(self, id: str, *, poll: bool = True) -> dict[str, Any]:
        ended, size = self.ended(id, poll), len(self.batches[id].items)
        words = {
            "done": "SUCCESS",
            "expired": "TIMEOUT_EXCEEDED",
            "cancelled": "CANCELLED",
            "failed": "FAILED",
        }
        word = words[self.ending(id)] if ended else "RUNNING"
        has_files = ended and word != "FAILED"
        return {
            "id": id,
            "object": "batch",
            "status": word,
            "outputs": None,
            "output_file": f"{id}-output" if has_files else None,
            "error_file": f"{id}-error" if has_files else None,
            "errors": [{"message": "line 1: is no request", "count": 1}] if word == "FAILED" else [],
            "total_requests": size,
            "succeeded_requests": self.count(id, "turn") if has_files else 0,
            "failed_requests": self.count(id, "error") if has_files else 0,
        }


@dataclass
class ClaudeVendor(Vendor):
    def route(self, method: str, path: str, query: Any, body: bytes) -> tuple[int, str, Iterator[bytes]]:
        if method == "POST" and path.endswith("/batches"):
            try:
                id = self.create(
                    [(item["custom_id"], item["params"]) for item in json.loads(body)["requests"]]
                )
            except Refusal:
                return json_body(
                    {"type": "error", "error": {"type": "invalid_request_error", "message": "too many"}}, 400
                )
            return json_body(self.state(id, poll=False))
        found = re.search(r"/batches/(batch_\d+)(/cancel|/results)?$", path)
        assert found, path
        if found[2] == "/results":
            return 200, "application/x-jsonl", self.lines(found[1])
        if found[2]:
            self.batches[found[1]].cancelled = True
        return json_body(self.state(found[1]))

    def state(self, id: str, *, poll: bool = True) -> dict[str, Any]:
        ended, size = self.ended(id, poll), len(self.batches[id].items)
        unrun = self.count(id, "unrun")
        counts = {
            "processing": 0 if ended else size,
            "succeeded": self.count(id, "turn") if ended else 0,
            "errored": self.count(id, "error") if ended else 0,
            "canceled": unrun if ended and self.ending(id) == "cancelled" else 0,
            "expired": unrun if ended and self.ending(id) == "expired" else 0,
        }
        return {
            "id": id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts,
            "expires_at": "2026-08-20T14:44:51.493319+00:00",
        }

    def lines(self, batch: str) -> Iterator[bytes]:
        for id in self.shuffled(batch):
            self.written += 1
            yield json.dumps({"custom_id": id, "result": self.result(id, batch)}).encode() + b"\n"

    def result(self, id: str, batch: str) -> dict[str, Any]:
        match self.kind(id):
            case "error":
                error = {"type": "invalid_request_error", "message": f"{id} has too many tokens"}
                return {"type": "errored", "error": {"type": "error", "error": error}}
            case "unrun":
                return {"type": "expired" if self.ending(batch) == "expired" else "canceled"}
            case _:
                return {"type": "succeeded", "message": claude_turn(self.turn(id))}


@dataclass
class GeminiVendor(Vendor):
    def route(self, method: str, path: str, query: Any, body: bytes) -> tuple[int, str, Iterator[bytes]]:
        if method == "POST" and path.endswith((":batchGenerateContent", ":asyncBatchEmbedContent")):
            requests = json.loads(body)["batch"]["inputConfig"]["requests"]["requests"]
            try:
                id = self.create([(item["metadata"]["key"], item["request"]) for item in requests])
            except Refusal:
                return json_body(
                    {"error": {"code": 400, "message": "too many", "status": "FAILED_PRECONDITION"}}, 400
                )
            return json_body(self.state(id, poll=False))
        found = re.search(r"/batches/(batch_\d+)(:cancel)?$", path)
        assert found, path
        if found[2]:
            self.batches[found[1]].cancelled = True
            return json_body({})
        return json_body(self.state(found[1]))

    def state(self, id: str, *, poll: bool = True) -> dict[str, Any]:
        ended, size = self.ended(id, poll), len(self.batches[id].items)
        word = {"done": "SUCCEEDED"}.get(self.ending(id), self.ending(id).upper()) if ended else "RUNNING"
        stats = {"requestCount": str(size)}
        if ended and word != "FAILED":
            stats |= {
                "successfulRequestCount": str(self.count(id, "turn")),
                "failedRequestCount": str(self.count(id, "error")),
            }
        operation: dict[str, Any] = {
            "name": f"batches/{id}",
            "metadata": {"state": f"BATCH_STATE_{word}", "batchStats": stats},
        }
        if word == "FAILED":
            operation["error"] = {"code": 3, "message": "line 1: is no request"}
        elif ended:
            operation["response"] = {
                "inlinedResponses": {"inlinedResponses": [self.item(i) for i in self.shuffled(id)]}
            }
        return operation

    def item(self, id: str) -> dict[str, Any]:
        self.written += 1
        metadata = {"key": id}
        match self.kind(id):
            case "error":
                error = {"code": 3, "message": f"{id} has too many tokens", "status": "INVALID_ARGUMENT"}
                return {"error": error, "metadata": metadata}
            case "unrun":
                return {"error": {"code": 1, "message": "The operation was cancelled."}, "metadata": metadata}
            case _:
                return {"response": gemini_turn(self.turn(id)), "metadata": metadata}


def form_file(body: bytes) -> bytes:
    """Return the file in a form."""
    boundary = body.split(b"\r\n", 1)[0]
    part = next(part for part in body.split(boundary) if b'name="file"' in part)
    return part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")


class VendorTransport:
    """A transport whose server is a `Vendor`."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor

    async def send(self, request: Request, /) -> Response:
        await anyio.lowlevel.checkpoint()
        status, kind, body = self.vendor.respond(request.method, request.url, request.body)
        return Response(status, {"content-type": kind}, b"".join(body))

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        await anyio.lowlevel.checkpoint()
        yield _Stream(request, *self.vendor.respond(request.method, request.url, request.body))

    async def aclose(self) -> None:
        """Nothing is open."""


class _Stream:
    def __init__(self, request: Request, status: int, kind: str, body: Iterator[bytes]) -> None:
        self.status, self.headers, self._body = status, {"content-type": kind}, body
        self.ok = status < 300
        self._kind = request.reads_as or kind

    async def read(self) -> bytes:
        return b"".join(self._body)

    def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        return bursts_from_bytes(self._chunks(), content_type=self._kind, max_bytes=1 << 20)

    async def _chunks(self) -> AsyncGenerator[bytes]:
        for chunk in self._body:
            yield chunk


def _openai(transport: VendorTransport) -> Any:
    return OpenAIBuilder().with_model("m").with_api_key("k").with_transport(transport)


def _azure(transport: VendorTransport) -> Any:
    builder = AzureOpenAIBuilder().with_resource("res").with_deployment("m").with_api_key("k")
    return builder.with_transport(transport)


def _claude(transport: VendorTransport) -> Any:
    return ClaudeBuilder().with_model("claude-haiku-4-5").with_api_key("k").with_transport(transport)


def _gemini(transport: VendorTransport) -> Any:
    return GeminiBuilder().with_model("gemini-3.5-flash").with_api_key("k").with_transport(transport)


def _mistral(transport: VendorTransport) -> Any:
    return MistralBuilder().with_model("m").with_api_key("k").with_transport(transport)


def _groq(transport: VendorTransport) -> Any:
    return GroqBuilder().with_model("m").with_api_key("k").with_transport(transport)


VENDORS: Mapping[str, tuple[Callable[[], Vendor], Callable[[VendorTransport], Any]]] = {
    "openai": (lambda: FileVendor(body=responses_turn), _openai),
    "azure": (lambda: FileVendor(body=responses_turn), _azure),
    "claude": (ClaudeVendor, _claude),
    "gemini": (GeminiVendor, _gemini),
    "mistral": (MistralVendor, _mistral),
    "groq": (FileVendor, _groq),
}
