"""Plain httpx with hand-written parsing: what everybody else is measured against."""

import json
from array import array
from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender, Library, Turns

PATHS = {
    "chat": ("/v1/chat/completions",) * 2,
    "responses": ("/v1/responses",) * 2,
    "claude": ("/v1/messages",) * 2,
    "gemini": ("/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent?alt=sse"),
    "ollama": ("/api/chat",) * 2,
}


class ByHand(Contender):
    """What is the same whichever library carries the requests."""

    wire: str

    async def complete(self, turns: Turns) -> str:
        return await self.send(listed(self.wire, turns))

    def listed(self, turns: Turns) -> Any:
        return listed(self.wire, turns)

    async def typed(self) -> Any:
        try:
            from benchmarks.report import Report
        except ImportError:  # httpx alone
            raise NotImplementedError from None
        return Report.model_validate_json(await self.complete([("user", QUESTION)]))


class Client(ByHand):
    def __init__(self, server: str, library: Library) -> None:
        self.wire = library.wire
        self.sync = library.sync
        kept = None if "keeps all" in library.options else 100  # None is what `Limits` has without it
        options: dict[str, Any] = {
            "base_url": server,
            "headers": {"authorization": "Bearer key"},
            "timeout": httpx.Timeout(300, connect=10),
            "limits": httpx.Limits(max_connections=5000, max_keepalive_connections=kept),
        }
        self.http: Any = httpx.Client(**options) if library.sync else httpx.AsyncClient(**options)
        self.whole, self.streamed = PATHS[self.wire]

    async def send(self, messages: Any) -> str:
        sent = self.http.post(self.whole, json=body_of(self.wire, messages, stream=False))
        response = sent if self.sync else await sent
        response.raise_for_status()
        return text_of(self.wire, response.json())

    async def stream(self, *, first: bool = False) -> str:
        sent = body(self.wire, [("user", QUESTION)], stream=True)
        pieces = []
        if self.sync:
            with self.http.stream("POST", self.streamed, json=sent) as response:
                response.raise_for_status()
                for line in response.iter_lines():
                    if text := delta_of(self.wire, line):
                        pieces.append(text)
                        if first:
                            first = self.mark()
            return "".join(pieces)
        async with self.http.stream("POST", self.streamed, json=sent) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if text := delta_of(self.wire, line):
                    pieces.append(text)
                    if first:
                        first = self.mark()
        return "".join(pieces)

    async def tools(self) -> list[tuple[str, dict[str, Any]]]:
        sent = body(self.wire, [("user", QUESTION)], stream=True)
        names: dict[int, str] = {}
        arguments: dict[int, list[str]] = {}
        async with self.http.stream("POST", self.streamed, json=sent) as response:
            async for line in response.aiter_lines():
                for index, name, piece in call_deltas(self.wire, frame(self.wire, line)):
                    if name:
                        names[index] = name
                    arguments.setdefault(index, []).append(piece)
        return [(names[index], json.loads("".join(arguments[index]))) for index in sorted(names)]

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        sent = {"model": "m", "input": inputs, "encoding_format": "base64"}
        response = await self.http.post("/v1/embeddings", json=sent)
        response.raise_for_status()
        return [array("f", b64decode(item["embedding"])) for item in response.json()["data"]]

    async def aclose(self) -> None:
        if self.sync:
            self.http.close()
        else:
            await self.http.aclose()


def listed(wire: str, turns: Turns) -> list[dict[str, Any]]:
    if wire == "gemini":
        roles = {"user": "user", "assistant": "model"}
        return [{"role": roles[role], "parts": [{"text": text}]} for role, text in turns]
    return [{"role": role, "content": text} for role, text in turns]


def body(wire: str, turns: Turns, *, stream: bool) -> dict[str, Any]:
    return body_of(wire, listed(wire, turns), stream=stream)


def body_of(wire: str, listed: list[dict[str, Any]], *, stream: bool) -> dict[str, Any]:
    match wire:
        case "chat":
            more = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
            return {"model": "m", "messages": listed, **more}
        case "responses":
            return {"model": "m", "input": listed, "store": False, **({"stream": True} if stream else {})}
        case "claude":
            return {
                "model": "m",
                "max_tokens": 4096,
                "messages": listed,
                **({"stream": True} if stream else {}),
            }
        case "gemini":
            return {"contents": listed}
        case _:
            return {"model": "m", "messages": listed, "stream": stream}


def text_of(wire: str, answer: Any) -> str:
    match wire:
        case "chat":
            text: str = answer["choices"][0]["message"]["content"]
        case "responses":
            text = answer["output"][0]["content"][0]["text"]
        case "claude":
            text = answer["content"][0]["text"]
        case "gemini":
            text = answer["candidates"][0]["content"]["parts"][0]["text"]
        case _:
            text = answer["message"]["content"]
    return text


def frame(wire: str, line: str) -> Any:
    if wire == "ollama":
        return json.loads(line)
    if not line.startswith("data: ") or line == "data: [DONE]":
        return None
    return json.loads(line[6:])


def delta_of(wire: str, line: str) -> str:
    data = frame(wire, line)
    if data is None:
        return ""
    match wire:
        case "chat":
            text: str = data["choices"][0]["delta"].get("content") if data["choices"] else ""
        case "responses":
            text = data["delta"] if data["type"] == "response.output_text.delta" else ""
        case "claude":
            text = data["delta"].get("text", "") if data["type"] == "content_block_delta" else ""
        case "gemini":
            text = data["candidates"][0]["content"]["parts"][0]["text"]
        case _:
            text = data["message"]["content"]
    return text or ""


def call_deltas(wire: str, data: Any) -> Iterator[tuple[int, str, str]]:
    """Index, name (with the first) and a piece of the arguments."""
    match wire, data:
        case "chat", {"choices": [{"delta": {"tool_calls": list(calls)}}]}:
            for call in calls:
                yield call["index"], call["function"].get("name", ""), call["function"].get("arguments", "")
        case "responses", {"type": "response.output_item.added", "output_index": index, "item": item}:
            yield index, item["name"], ""
        case "responses", {"type": "response.function_call_arguments.delta", "output_index": index}:
            yield index, "", data["delta"]
        case "claude", {"type": "content_block_start", "index": index, "content_block": {"name": name}}:
            yield index, name, ""
        case "claude", {"type": "content_block_delta", "index": index}:
            yield index, "", data["delta"]["partial_json"]
        case _:
            pass
