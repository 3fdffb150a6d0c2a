"""Which wire a request to a loopback server is on, and what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import parse_qsl, unquote

from chat_core.testing.loopback.chat_completions import CHAT_COMPLETIONS
from chat_core.testing.loopback.claude import CLAUDE
from chat_core.testing.loopback.gemini import GEMINI, GEMINI_ARRAY
from chat_core.testing.loopback.ollama import OLLAMA, OLLAMA_GENERATE
from chat_core.testing.loopback.responses import RESPONSES
from chat_core.testing.loopback.script import Received
from chat_core.testing.loopback.wire import Wire
from chat_core.types.json_values import JsonObject


class Want(Enum):
    """What a request wants."""

    TURN = auto()
    COUNT = auto()  # of tokens
    EMBEDDINGS = auto()
    MODELS = auto()
    ABOUT = auto()  # the server
    SCRIPTED = auto()  # what only `Raw` and `Failure` can answer
    NOTHING = auto()  # that is here


@dataclass(frozen=True, slots=True)
class Route:
    """What a request wants, on which wire; `body` is what the script is given, `model` from the path."""

    want: Want
    wire: Wire
    body: JsonObject
    stream: bool = False
    model: str | None = None


def route(received: Received) -> Route:
    """Return the route of a request. A base URL may have any path before the wire's own."""
    path, _, query_text = received.path.partition("?")
    query = dict(parse_qsl(query_text))
    segments = [unquote(segment) for segment in path.split("/")]
    if received.method == "GET":
        return _get(segments, query, received.headers)
    if received.method == "POST":
        return _post(segments, query, received.body)
    return Route(Want.NOTHING, CHAT_COMPLETIONS, received.body)


def _get(segments: list[str], query: Mapping[str, str], headers: Mapping[str, str]) -> Route:
    match segments:
        case [*_, "responses", response_id]:
            return Route(Want.SCRIPTED, RESPONSES, {"response_id": response_id, **query})
        case [*_, "messages", "batches", id] | [*_, "messages", "batches", id, "results"]:
            return Route(Want.SCRIPTED, CLAUDE, {"batch": id, "results": segments[-1] == "results"})
        case [*_, "operations", id]:
            return Route(Want.SCRIPTED, GEMINI, {"operation": id})
        case [*_, "models"] | [*_, "models", _]:
            return Route(Want.MODELS, _wire_by_headers(headers), {})
        case [*_, "api", "tags"]:
            return Route(Want.MODELS, OLLAMA, {})
        case [*_, "api", "version"] | ["", ""]:
            return Route(Want.ABOUT, OLLAMA, {})
        case _:
            return Route(Want.NOTHING, _wire_by_headers(headers), {})


def _post(segments: list[str], query: Mapping[str, str], body: JsonObject) -> Route:
    stream = body.get("stream") is True
    match segments:
        case [*_, "chat", "completions"]:
            return Route(Want.TURN, CHAT_COMPLETIONS, body, stream)
        case [*_, "responses"]:
            return Route(Want.TURN, RESPONSES, body, stream)
        case [*_, "responses", "input_tokens"]:
            return Route(Want.COUNT, RESPONSES, body)
        case [*_, "messages"]:
            return Route(Want.TURN, CLAUDE, body, stream)
        case [*_, "messages", "batches"]:
            return Route(Want.SCRIPTED, CLAUDE, body)
        case [*_, "messages", "count_tokens"]:
            return Route(Want.COUNT, CLAUDE, body)
        case [*_, "api", "chat" | "generate" as endpoint]:
            wire = OLLAMA if endpoint == "chat" else OLLAMA_GENERATE
            return Route(Want.TURN, wire, body, body.get("stream") is not False)
        case [*_, "api", "embed" | "embeddings"]:
            return Route(Want.EMBEDDINGS, OLLAMA, body)
        case [*_, "api", "show"]:
            return Route(Want.ABOUT, OLLAMA, body)
        case [*_, "embeddings"]:
            return Route(Want.EMBEDDINGS, CHAT_COMPLETIONS, body)
        case [*_, method] if ":" in method:
            return _google(method, query, body)
        case _:
            return _other(segments, body)


def _google(segment: str, query: Mapping[str, str], body: JsonObject) -> Route:
    """Return the route of a method as Google names them: `model:method`."""
    model, _, method = segment.rpartition(":")
    match method:
        case "generateContent":
            return Route(Want.TURN, GEMINI, body, model=model)
        case "streamGenerateContent":
            wire = GEMINI if query.get("alt") == "sse" else GEMINI_ARRAY
            return Route(Want.TURN, wire, body, True, model)
        case "countTokens":
            return Route(Want.COUNT, GEMINI, body, model=model)
        case "embedContent" | "batchEmbedContents":
            return Route(Want.EMBEDDINGS, GEMINI, body, model=model)
        case "rawPredict" | "streamRawPredict":  # Claude on Vertex
            return Route(Want.TURN, CLAUDE, body, body.get("stream") is True, model)
        case _:
            return Route(Want.SCRIPTED, GEMINI, body)


def _other(segments: list[str], body: JsonObject) -> Route:
    """Return the route of an endpoint whose answers the script has to spell out."""
    match segments:
        case (
            [*_, "converse" | "invoke" | "count-tokens" | "tokenize"]
            | [
                *_,
                "images",
                "generations" | "edits",
            ]
            | [*_, "audio", "speech" | "transcriptions"]
        ):
            return Route(Want.SCRIPTED, CHAT_COMPLETIONS, body)
        case [*_, "converse-stream"]:  # the body does not say so
            return Route(Want.SCRIPTED, CHAT_COMPLETIONS, {**body, "stream": True})
        case [*_, "v2", "chat" | "embed"] | [*_, "rerank"]:
            return Route(Want.SCRIPTED, CHAT_COMPLETIONS, body)
        case _:
            return Route(Want.NOTHING, CHAT_COMPLETIONS, body)


def _wire_by_headers(headers: Mapping[str, str]) -> Wire:
    if "anthropic-version" in headers:
        return CLAUDE
    return GEMINI if "x-goog-api-key" in headers or "x-goog-api-client" in headers else CHAT_COMPLETIONS
