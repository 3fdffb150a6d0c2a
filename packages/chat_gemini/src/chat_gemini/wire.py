"""The Gemini wire: what is sent, as types, and how what is received is read. Facts: Google's reference and SDK, November 2026."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Literal, NotRequired, TypeAlias, TypedDict, cast

from chat_core import InvalidResponse, JsonObject, JsonValue

# -- sent


class Blob(TypedDict):
    mimeType: str
    data: str


class FileData(TypedDict):
    fileUri: str
    mimeType: NotRequired[str]


class FunctionResponsePart(TypedDict, total=False):
    inlineData: Blob
    fileData: FileData


class FunctionCall(TypedDict):
    id: NotRequired[str]
    name: str
    args: JsonObject


class FunctionResponse(TypedDict):
    id: NotRequired[str]
    name: str
    response: JsonObject
    parts: NotRequired[list[FunctionResponsePart]]


class SentPart(TypedDict, total=False):
    """One of these, and what came beside it: `thought`, `thoughtSignature` and whatever else."""

    text: str
    inlineData: Blob
    fileData: FileData
    functionCall: FunctionCall
    functionResponse: FunctionResponse
    thought: bool
    thoughtSignature: str


class Content(TypedDict):
    role: Literal["user", "model"]
    parts: list[SentPart]


class SystemInstruction(TypedDict):
    parts: list[SentPart]


class FunctionDeclaration(TypedDict):
    name: str
    description: NotRequired[str]
    parameters: NotRequired[JsonObject]
    parametersJsonSchema: NotRequired[JsonObject]


class FunctionCallingConfig(TypedDict):
    mode: str
    allowedFunctionNames: NotRequired[list[str]]


class ToolConfig(TypedDict, total=False):
    functionCallingConfig: FunctionCallingConfig
    retrievalConfig: JsonObject
    includeServerSideToolInvocations: bool


# -- received


def read_json(data: str | bytes, what: str) -> JsonValue:
    """A JSON object or array. Raises `InvalidResponse`, which shows what came instead."""
    try:
        value = _parser()(data)
    except ValueError:
        value = _read_again(data, what)
    if not isinstance(value, dict | list):
        raise InvalidResponse(f"not {what}: {_head(data)}")
    return value


def read_object(data: str | bytes, what: str) -> JsonObject:
    """A JSON object. Raises `InvalidResponse`, which shows what came instead."""
    value = read_json(data, what)
    if not isinstance(value, dict):
        raise InvalidResponse(f"not {what}: {_head(data)}")
    return value


Parser: TypeAlias = Callable[[str | bytes], JsonValue]


@cache
def _parser() -> Parser:
    from pydantic_core import from_json  # at the first answer; it takes less than half the time of json.loads

    return from_json


def _read_again(data: str | bytes, what: str) -> JsonValue:
    """`json` takes what pydantic refuses: half a surrogate pair. It becomes U+FFFD, since it could neither be stored nor sent."""
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False)
        return cast("JsonValue", json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))
    except (ValueError, RecursionError) as exc:
        raise InvalidResponse(f"not {what}: {_head(data)}") from exc


def is_beginning(data: str) -> bool:
    """Whether more could make it a JSON document: it is what a cut leaves."""
    try:
        json.JSONDecoder().raw_decode(data.lstrip())
    except ValueError:
        return _begins_json(data)
    except RecursionError:
        pass
    return False  # it is whole, and something follows


def _begins_json(data: str) -> bool:
    from pydantic_core import from_json

    try:
        from_json(data, allow_partial="trailing-strings")
    except ValueError:
        return False
    return True


def _head(data: str | bytes) -> str:
    text = data[:1000].decode("utf-8", "replace") if isinstance(data, bytes) else data[:1000]
    return repr(text.strip()[:200])
