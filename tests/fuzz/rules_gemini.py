"""The rules of Gemini's wire on request bodies, as sentences.

Facts: Google's API reference and SDK, and what its servers answered in recorded traffic, November 2026.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
BESIDE = frozenset({"thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"})
DATA = frozenset(
    {
        *("text", "inlineData", "fileData", "functionCall", "functionResponse"),
        *("executableCode", "codeExecutionResult", "toolCall", "toolResponse"),
    }
)
ROLE_OF = {
    "functionCall": "model",
    "functionResponse": "user",
    "toolCall": "model",
    "executableCode": "model",
}
IN_RESULTS = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"})
TOP = frozenset(
    {
        *("contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig"),
        *("cachedContent", "labels", "serviceTier", "store", "continuationToken"),
    }
)


def broken_rules(body: Any, *, signs_calls: bool = True, files_in_results: bool = True) -> list[str]:
    """Return the rules that a body breaks.

    The model refuses unsigned calls and takes files in results, or does not.
    """
    broken = [f"the request has no field {name}" for name in body.keys() - TOP]
    contents = body.get("contents") or []
    if not contents:
        return [*broken, "there is at least one content"]
    broken += _turns(contents)
    for content in contents:
        for part in content["parts"]:
            broken += _part(part, content["role"])
    broken += _pairs(contents)
    if signs_calls:
        broken += _signatures(contents)
    if not files_in_results:
        broken += [
            "this model takes no files in results"
            for part in _parts(contents, "functionResponse")
            if "parts" in part["functionResponse"]
        ]
    for part in (body.get("systemInstruction") or {}).get("parts", [{"text": "there is none"}]):
        if set(part) != {"text"} or not part["text"].strip():
            broken.append("instructions are texts that are not blank")
    return [*broken, *_tools(body)]


def _parts(contents: list[Any], field: str) -> Iterator[Any]:
    return (part for content in contents for part in content["parts"] if field in part)


def _turns(contents: list[Any]) -> Iterator[str]:
    if contents[0]["role"] != "user":
        yield "the first content is the user's"
    for content, following in pairwise(contents):
        if content["role"] == following["role"]:
            yield "neighbours have different roles"
    for content in contents:
        if content["role"] not in ("user", "model"):
            yield f"there is no role {content['role']}"
        if not content["parts"]:
            yield "a content has at least one part"


def _part(part: Any, role: str) -> Iterator[str]:
    data = part.keys() & DATA
    unknown = [name for name in part.keys() - DATA - BESIDE if isinstance(part[name], dict)]
    if len(data) > 1 or not (data or unknown):
        yield f"a part has exactly one field of data: {sorted(part)}"
    for name in data:
        if ROLE_OF.get(name, role) != role:
            yield f"{name} stands in a content of role {ROLE_OF[name]}"
    if "text" in part and not part["text"].strip() and not part.get("thoughtSignature"):
        yield "a text without a signature is not blank"
    if not isinstance(part.get("thought", False), bool):
        yield "thought is a boolean"
    if not isinstance(part.get("thoughtSignature", ""), str):
        yield "a signature is a text"
    for name in data - {"text"}:
        if not isinstance(part[name], dict):
            yield f"{name} is an object"
    yield from _file(part)
    match part:
        case {"functionCall": dict(call)}:
            yield from _call(call)
        case {"functionResponse": dict(response)}:
            yield from _response(response)
        case _:
            pass


def _file(part: Any) -> Iterator[str]:
    match part:
        case {"inlineData": {"mimeType": str(kind), "data": str(data)}}:
            if not re.fullmatch(r"[a-z]+/[a-zA-Z0-9.+;=-]+", kind):
                yield f"not a type: {kind!r}"
            base64.b64decode(data, validate=True)
        case {"inlineData": _}:
            yield "inline data has a type and base64"
        case {"fileData": {"fileUri": str(uri)}} if uri.partition("://")[0] in ("http", "https", "gs"):
            pass
        case {"fileData": _}:
            yield "a stored file has an address"
        case _:
            pass


def _call(call: Any) -> Iterator[str]:
    if not FUNCTION_NAME.fullmatch(str(call.get("name"))):
        yield f"not the name of a function: {call.get('name')!r}"
    if not isinstance(call.get("args"), dict):
        yield "arguments are an object"
    if not isinstance(call.get("id", "x"), str) or not call.get("id", "x"):
        yield "an id is a text that is not empty, or left out"


def _response(response: Any) -> Iterator[str]:
    if not FUNCTION_NAME.fullmatch(str(response.get("name"))):
        yield f"not the name of a function: {response.get('name')!r}"
    if not isinstance(response.get("response"), dict):
        yield "a function's response is an object"
    if _has_key(response.get("response"), "$ref"):
        yield "a function's response has no key $ref"
    for part in response.get("parts", []):
        [data] = part.values()
        if data["mimeType"] not in IN_RESULTS:
            yield f"a function's response holds no {data['mimeType']}"
        yield from _file(part)


def _has_key(value: Any, name: str) -> bool:
    if isinstance(value, dict):
        return name in value or any(_has_key(inner, name) for inner in value.values())
    return isinstance(value, list) and any(_has_key(inner, name) for inner in value)


def _pairs(contents: list[Any]) -> Iterator[str]:
    answered = 0
    for content, following in zip(contents, [*contents[1:], {"parts": []}], strict=True):
        calls = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        results = [part["functionResponse"] for part in following["parts"] if "functionResponse" in part]
        if not calls:
            continue
        answered += len(results)
        if [_pair(call) for call in calls] != [_pair(result) for result in results]:
            yield "the calls of a content are answered in the next one, in their order, by name and id"
        if any("functionResponse" not in part for part in following["parts"][: len(results)]):
            yield "the results come before anything else"
        ids = [call["id"] for call in calls if "id" in call]
        if len(set(ids)) < len(ids):
            yield "the ids of the calls of a content are different"
    if answered != sum(1 for _ in _parts(contents, "functionResponse")):
        yield "a result follows the content with its call"


def _pair(call: Any) -> tuple[str, str | None]:
    return call["name"], call.get("id")


def _signatures(contents: list[Any]) -> Iterator[str]:
    for content in contents:
        calls = [part for part in content["parts"] if "functionCall" in part]
        if calls and not calls[0].get("thoughtSignature"):
            yield "the first call of a content is signed"


def _tools(body: Any) -> Iterator[str]:
    entries = body.get("tools", [])
    declared = [tool["name"] for entry in entries for tool in entry.get("functionDeclarations", [])]
    if len(set(declared)) < len(declared):
        yield "functions have different names"
    for name in declared:
        if not FUNCTION_NAME.fullmatch(name):
            yield f"not the name of a function: {name!r}"
    calling = body.get("toolConfig", {}).get("functionCallingConfig")
    if calling is not None and not declared:
        yield "a function calling mode needs functions"
    if calling is not None and not set(calling.get("allowedFunctionNames", [])) <= set(declared):
        yield "the functions that are allowed are declared"
    if "cachedContent" in body and body.keys() & {"tools", "toolConfig", "systemInstruction"}:
        yield "beside cached content there are no tools and no instructions"
