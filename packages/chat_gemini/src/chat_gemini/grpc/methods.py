"""Gemini's methods as gRPC has them, and their messages as the JSON that HTTP has.

The messages are those of the package `google-ai-generativelanguage`, generated from Google's public
definitions, version v1beta. Every one has a JSON form (protobuf's documentation, "ProtoJSON format"), which
is the body of the same method over HTTP, so encoding and decoding know of one form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import unquote, urlsplit

from chat_core import ConfigurationError, InvalidResponse, JsonObject
from chat_core.types.json_values import as_list, as_object

if TYPE_CHECKING:
    from google.protobuf.message import Message

_SERVICE = "google.ai.generativelanguage.v1beta.GenerativeService"
_METHOD = re.compile(r"/(?P<version>v\d[^/]*)/(?P<model>[^:]+):(?P<method>\w+)")
_ADVICE = ", version 0.12 of google-ai-generativelanguage: use HttpTransport, or a newer version of it"
_LARGEST_EXACT = 2**53  # of the whole numbers that a double holds
_NO_FIELD = re.compile(r'no field named "(\w+)" at "\w+\.([^"]*)"')
_LONGEST = 300  # characters of protobuf's complaint that an error shows


class _Part(Protocol):
    @property
    def function_call(self) -> Message: ...
    @property
    def thought_signature(self) -> bytes: ...
    def WhichOneof(self, group: str, /) -> str | None: ...  # noqa: N802  protobuf's name


class _Content(Protocol):
    @property
    def parts(self) -> Sequence[_Part]: ...


class _Candidate(Protocol):
    @property
    def content(self) -> _Content: ...


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its path, the classes of its messages, and whether its response is a stream."""

    path: str
    request: type[Message]
    response: type[Message]
    streams: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a call of a method. `model` is a resource name, such as `models/gemini-3-pro`."""

    method: Method
    model: str
    message: bytes


@cache
def methods() -> Mapping[str, Method]:
    """Return the methods by their names in a URL.

    Raises `ConfigurationError` where the package is missing.
    """
    try:
        from google.ai import generativelanguage_v1beta as google

        import_module("google.rpc.error_details_pb2")  # so that the details of errors can be read
    except ImportError as exc:
        raise ConfigurationError("GrpcTransport needs grpcio: pip install 'chat-gemini[grpc]'") from exc

    def method(name: str, response: str, *, request: str = "", streams: bool = False) -> Method:
        asks, answers = (getattr(google, each).pb() for each in (request or f"{name}Request", response))
        return Method(f"/{_SERVICE}/{name}", asks, answers, streams)

    whole = "GenerateContentResponse"
    return {
        "generateContent": method("GenerateContent", whole),
        "streamGenerateContent": method(
            "StreamGenerateContent", whole, request="GenerateContentRequest", streams=True
        ),
        "countTokens": method("CountTokens", "CountTokensResponse"),
        "embedContent": method("EmbedContent", "EmbedContentResponse"),
        "batchEmbedContents": method("BatchEmbedContents", "BatchEmbedContentsResponse"),
    }


def as_call(url: str, body: bytes) -> Call | None:
    """Return a request as a call, or None for one that has no method of `GenerativeService`.

    Raises `ConfigurationError` for Vertex, for another version of the API, and for what the messages have no
    field for: over HTTP it would be sent.
    """
    path = unquote(urlsplit(url).path)
    found = _METHOD.search(path)
    method = methods().get(found["method"]) if found is not None else None
    if found is None or method is None:
        return None
    model = found["model"]
    if not model.startswith(("models/", "tunedModels/", "dynamic/")):
        raise ConfigurationError("GrpcTransport speaks the Gemini API alone: use HttpTransport for Vertex")
    if found["version"] != "v1beta":
        raise ConfigurationError(
            f"GrpcTransport speaks v1beta alone, not {found['version']}: leave out .with_api_version(...), "
            "or use HttpTransport"
        )
    return Call(method, model, _serialized(method, cast("JsonObject", json.loads(body)) | {"model": model}))


def _serialized(method: Method, fields: JsonObject) -> bytes:
    from google.protobuf.json_format import ParseDict, ParseError

    try:
        return ParseDict(fields, method.request()).SerializeToString()
    except ParseError as exc:
        missing = _NO_FIELD.search(str(exc))
        what = f"no field for {missing[2]}.{missing[1]}" if missing else f"no place for {str(exc)[:_LONGEST]}"
        raise ConfigurationError(
            f"Gemini's gRPC messages have {what}: leave it out, or use HttpTransport"
        ) from None


def as_json(message: Message) -> JsonObject:
    """Return a message as the JSON that HTTP has for it.

    Raises `InvalidResponse` for a part or a call of which something has no field: it would be lost, and the
    call would run on other arguments. Fields that are not known beside a part's content are left out.
    """
    from google.protobuf.json_format import MessageToDict

    body = cast("JsonObject", MessageToDict(message))
    candidates = cast("Sequence[_Candidate]", getattr(message, "candidates", ()))
    for candidate, read in zip(candidates, as_list(body.get("candidates")), strict=False):
        parts = as_list(as_object(as_object(read).get("content")).get("parts"))
        for part, shown in zip(candidate.content.parts, parts, strict=False):
            _check_part(part)
            if call := as_object(as_object(shown).get("functionCall")):
                _with_integers(call)
    return body


def _check_part(part: _Part) -> None:
    from google.protobuf.unknown_fields import UnknownFieldSet

    kind = part.WhichOneof("data")
    if kind == "function_call" and len(UnknownFieldSet(part.function_call)):
        raise InvalidResponse(f"a call has what Gemini's gRPC messages have no field for{_ADVICE}")
    if kind is None and not part.thought_signature and len(UnknownFieldSet(cast("Message", part))):
        raise InvalidResponse(f"a part is of a kind that Gemini's gRPC messages do not have{_ADVICE}")


def _with_integers(call: JsonObject) -> None:
    """Make whole numbers of a call's arguments integers again: protobuf holds all numbers as doubles."""
    if "args" in call:
        call["args"] = json.loads(json.dumps(call["args"]), parse_float=_number)


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value
